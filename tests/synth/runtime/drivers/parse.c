/* Parses frames from standard input, each behind its length, and prints what it finds: to be run under sanitizers. */
#include "packet/packet.h"

#include <stdio.h>
#include <stdlib.h>

/* What functions may read of a class; the sum keeps the compiler from leaving it out. */
static unsigned touch(const struct packet *packet)
{
    unsigned sum = 0;
    if (packet->version != 0)
        for (size_t i = 0; i < packet_address_bytes(packet); i++)
            sum += packet_source(packet)[i] + (unsigned)packet_destination(packet)[i];
    if (packet_has_ports(packet->kind))
        for (size_t i = 0; i < 4; i++)
            sum += packet->data[packet->l4 + i];
    return packet->length > 0 ? sum + packet->data[packet->length - 1] : sum;
}

/* A packet that is told apart at once is as the general way has it. */
static int same(const struct packet *fast, const struct packet *any)
{
    return fast->kind == any->kind && fast->l3 == any->l3 && fast->l4 == any->l4 && fast->length == any->length &&
           fast->version == any->version && fast->protocol == any->protocol && fast->ether_type == any->ether_type;
}

int main(void)
{
    uint8_t head[2];
    while (fread(head, 1, sizeof head, stdin) == sizeof head) {
        size_t length = (size_t)(head[0] | head[1] << 8);
        uint8_t *frame = malloc(length ? length : 1);
        if (!frame || fread(frame, 1, length, stdin) != length)
            return 1;
        struct packet packet, any;
        packet_parse(&packet, frame, length, 0, 0);
        packet_parse_any(&any, frame, length, 0, 0);
        if (!same(&packet, &any))
            return 1;
        printf("%s %u %u %u\n", packet_class_name(packet.kind), packet.l3, packet.l4, touch(&packet) & 1);
        free(frame);
    }
    return 0;
}
