#include "check/frame.h"

#include "packet/bytes.h"
#include "packet/packet.h"

#include <string.h>

enum { LEAST_BYTES = 60 };

uint32_t frame_sum(const uint8_t *bytes, size_t count, uint32_t sum)
{
    for (size_t i = 0; i < count; i++)
        sum += (uint32_t)bytes[i] << (i % 2 ? 0 : 8);
    return sum;
}

uint16_t frame_fold(uint32_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)sum;
}

static uint8_t *put16(uint8_t *at, unsigned value)
{
    bytes_put16(at, value);
    return at + 2;
}

static uint8_t *put_ethernet(const struct recipe *recipe, uint8_t *at)
{
    memcpy(at, recipe->destination.mac, 6);
    memcpy(at + 6, recipe->source.mac, 6);
    at += 12;
    for (unsigned i = 0; i < recipe->tags; i++)
        at = put16(put16(at, i + 1 < recipe->tags ? 0x88a8 : 0x8100), recipe->vlan);
    return put16(at, recipe->version == 4 ? 0x0800 : 0x86dd);
}

static size_t header_bytes(uint8_t protocol)
{
    return protocol == PROTO_TCP ? 20 : protocol == PROTO_SCTP ? 12 : 8;
}

static void put_checksum(const struct recipe *recipe, uint8_t *start, size_t bytes)
{
    size_t address = recipe->version == 4 ? 4 : 16;
    size_t at = recipe->protocol == PROTO_TCP ? 16 : recipe->protocol == PROTO_UDP ? 6 : 2;
    bool pseudo = recipe->protocol == PROTO_TCP || recipe->protocol == PROTO_UDP || recipe->version == 6;
    if (recipe->protocol == PROTO_SCTP || recipe->protocol == PROTO_ESP || recipe->no_checksum)
        return;
    uint32_t sum = frame_sum(start, bytes, 0);
    if (pseudo) {
        sum = frame_sum(recipe->source.address, address, sum);
        sum = frame_sum(recipe->destination.address, address, sum);
        sum += recipe->protocol + (uint32_t)bytes;
    }
    uint16_t check = (uint16_t)~frame_fold(sum);
    put16(start + at, check == 0 && recipe->protocol == PROTO_UDP ? 0xffff : check);
}

/* The transport header and payload; a later fragment has payload in its place. */
static uint8_t *put_transport(const struct recipe *recipe, uint8_t *at)
{
    size_t bytes = header_bytes(recipe->protocol) + recipe->payload;
    memset(at, 0, bytes);
    for (size_t i = header_bytes(recipe->protocol); i < bytes; i++)
        at[i] = (uint8_t)(i * 7 + recipe->payload);
    bool icmp = recipe->protocol == PROTO_ICMP || recipe->protocol == PROTO_ICMP6;
    put16(at, icmp ? 0x0800 : recipe->source.port);
    put16(at + 2, icmp ? 0 : recipe->destination.port);
    if (recipe->protocol == PROTO_TCP)
        put16(at + 12, 0x5010);
    if (recipe->protocol == PROTO_UDP)
        put16(at + 4, (unsigned)bytes);
    put_checksum(recipe, at, bytes);
    return at + bytes;
}

static void put_ipv4(const struct recipe *recipe, uint8_t *header, size_t header_size, size_t total)
{
    memset(header, 0, 20);
    memset(header + 20, 1, header_size - 20);
    header[0] = (uint8_t)(0x40 | header_size / 4);
    put16(header + 2, (unsigned)total);
    put16(header + 6, (recipe->fragmented ? 0x2000U : 0) | recipe->fragment);
    header[8] = 64;
    header[9] = recipe->protocol;
    memcpy(header + 12, recipe->source.address, 4);
    memcpy(header + 16, recipe->destination.address, 4);
    put16(header + 10, (uint16_t)~frame_fold(frame_sum(header, header_size, 0)));
}

/* Extension headers, and a fragment header last; returns where the transport begins. */
static uint8_t *put_extensions(const struct recipe *recipe, uint8_t *next, uint8_t *at)
{
    for (unsigned i = 0; i < recipe->options; i++, at += 8) {
        memcpy(at, "\0\0\1\4\0\0\0\0", 8);
        *next = PROTO_DESTINATION_OPTIONS;
        next = at;
    }
    if (recipe->fragmented || recipe->fragment) {
        memset(at, 0, 8);
        put16(at + 2, recipe->fragment * 8U | recipe->fragmented);
        *next = PROTO_FRAGMENT;
        next = at;
        at += 8;
    }
    *next = recipe->protocol;
    return at;
}

static uint8_t *put_ipv6(const struct recipe *recipe, uint8_t *header)
{
    memset(header, 0, 40);
    header[0] = 0x60;
    header[7] = 64;
    memcpy(header + 8, recipe->source.address, 16);
    memcpy(header + 24, recipe->destination.address, 16);
    uint8_t *end = put_transport(recipe, put_extensions(recipe, header + 6, header + 40));
    put16(header + 4, (unsigned)(end - header - 40));
    return end;
}

size_t frame_build(const struct recipe *recipe, uint8_t *frame)
{
    uint8_t *header = put_ethernet(recipe, frame), *end;
    if (recipe->version == 4) {
        size_t bytes = 20 + 4U * recipe->options;
        end = put_transport(recipe, header + bytes);
        put_ipv4(recipe, header, bytes, (size_t)(end - header));
    } else {
        end = put_ipv6(recipe, header);
    }
    size_t length = (size_t)(end - frame);
    if (length >= LEAST_BYTES)
        return length;
    memset(end, 0, LEAST_BYTES - length);
    return LEAST_BYTES;
}

static void exchange(uint8_t *left, uint8_t *right, size_t bytes)
{
    uint8_t kept[16];
    memcpy(kept, left, bytes);
    memcpy(left, right, bytes);
    memcpy(right, kept, bytes);
}

void frame_turn(uint8_t *frame, size_t length)
{
    struct packet packet;
    packet_parse(&packet, frame, length, 0, 0);
    if (length >= 12)
        exchange(frame, frame + 6, 6);
    if (packet.version) {
        size_t bytes = packet_address_bytes(&packet);
        uint8_t *source = frame + (packet_source(&packet) - frame);
        exchange(source, source + bytes, bytes);
    }
    if (packet_has_ports(packet.kind))
        exchange(frame + packet.l4, frame + packet.l4 + 2, 2);
}
