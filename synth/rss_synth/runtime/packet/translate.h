/* Flows of IPv4 TCP and UDP, and other ends for their packets, checksums with them. Whoever includes this has defined
 * ADDRESS_BYTES as 4. */
#ifndef RSSC_TRANSLATE_H
#define RSSC_TRANSLATE_H

#include "packet/bytes.h"
#include "packet/checksum.h"
#include "packet/keys.h"
#include "packet/wire.h"

/* Whether a packet has everything that a translation changes; captures can cut it off. */
static inline bool translate_can(const struct packet *packet)
{
    if (packet->kind == PACKET_IPV4_TCP)
        return packet->length >= packet->l4 + TCP_CHECKSUM_AT + 2;
    return packet->kind == PACKET_IPV4_UDP && packet->length >= packet->l4 + UDP_CHECKSUM_AT + 2;
}

static inline void translate_end(const struct packet *packet, uint8_t *at_address, uint8_t *at_port,
                                 const uint8_t *address, const uint8_t *port)
{
    uint32_t gain = checksum_gain(at_address, address, 4);
    checksum_correct(packet->data + packet->l3 + IPV4_CHECKSUM_AT, gain);
    gain += checksum_gain(at_port, port, 2);
    uint8_t *l4 = packet->data + packet->l4;
    if (packet->kind == PACKET_IPV4_TCP)
        checksum_correct(l4 + TCP_CHECKSUM_AT, gain);
    else
        checksum_correct_udp(l4 + UDP_CHECKSUM_AT, gain);
    memcpy(at_address, address, 4);
    memcpy(at_port, port, 2);
}

/* Makes a packet come from 4 bytes of address and 2 of port. For packets that `translate_can`. */
static inline void translate_source(const struct packet *packet, const uint8_t *address, const uint8_t *port)
{
    uint8_t *at = packet->data + packet->l3 + IPV4_SOURCE_AT;
    translate_end(packet, at, packet->data + packet->l4, address, port);
}

/* Makes it go there. */
static inline void translate_destination(const struct packet *packet, const uint8_t *address, const uint8_t *port)
{
    uint8_t *at = packet->data + packet->l3 + IPV4_DESTINATION_AT;
    translate_end(packet, at, packet->data + packet->l4 + 2, address, port);
}

/* Whether a packet goes to that address. */
static inline bool translate_is_to(const struct packet *packet, const uint8_t *address)
{
    return bytes_same(packet->data + packet->l3 + IPV4_DESTINATION_AT, address, 4);
}

/* Whether a packet is from end 1 of a flow. */
static inline bool translate_answers(const struct flow_key *flow, const struct packet *packet)
{
    return flow->protocol == packet->protocol &&
           bytes_same(flow->address[1], packet->data + packet->l3 + IPV4_SOURCE_AT, 4) &&
           bytes_same(flow->port[1], packet->data + packet->l4, 2);
}

#endif
