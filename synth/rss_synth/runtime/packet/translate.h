/* Connections of IPv4 TCP and UDP, and other ends for their packets, checksums with them. */
#ifndef RSSC_TRANSLATE_H
#define RSSC_TRANSLATE_H

#include "packet/checksum.h"
#include "packet/packet.h"

#include <stdbool.h>

enum {
    TRANSLATE_IPV4_CHECKSUM = 10, /* places in headers */
    TRANSLATE_IPV4_SOURCE = 12,
    TRANSLATE_IPV4_DESTINATION = 16,
    TRANSLATE_TCP_CHECKSUM = 16,
    TRANSLATE_UDP_CHECKSUM = 6,
};

/* Whether a packet has everything that a translation changes; captures can cut it off. */
static inline bool translate_can(const struct packet *packet)
{
    if (packet->kind == PACKET_IPV4_TCP)
        return packet->length >= packet->l4 + TRANSLATE_TCP_CHECKSUM + 2;
    return packet->kind == PACKET_IPV4_UDP && packet->length >= packet->l4 + TRANSLATE_UDP_CHECKSUM + 2;
}

static inline void translate_end(const struct packet *packet, uint8_t *at_address, uint8_t *at_port, const uint8_t *address,
                                 const uint8_t *port)
{
    uint32_t gain = checksum_gain(at_address, address, 4);
    checksum_correct(packet->data + packet->l3 + TRANSLATE_IPV4_CHECKSUM, gain);
    gain += checksum_gain(at_port, port, 2);
    uint8_t *l4 = packet->data + packet->l4;
    if (packet->kind == PACKET_IPV4_TCP)
        checksum_correct(l4 + TRANSLATE_TCP_CHECKSUM, gain);
    else
        checksum_correct_udp(l4 + TRANSLATE_UDP_CHECKSUM, gain);
    memcpy(at_address, address, 4);
    memcpy(at_port, port, 2);
}

/* A connection: end 0 is where its first packet came from. Whole words, as keys of tables are. */
struct connection {
    uint8_t address[2][4];
    uint8_t port[2][2];
    uint8_t protocol;
    uint8_t zero[3];
};

/* The connection whose first packet this could be. */
static inline struct connection connection_of(const struct packet *packet)
{
    struct connection made = {.protocol = packet->protocol};
    memcpy(made.address, packet->data + packet->l3 + TRANSLATE_IPV4_SOURCE, sizeof made.address);
    memcpy(made.port, packet->data + packet->l4, sizeof made.port);
    return made;
}

static inline bool translate_same(const uint8_t *left, const uint8_t *right, unsigned count)
{
    unsigned difference = 0;
    for (unsigned i = 0; i < count; i++)
        difference |= left[i] ^ right[i];
    return difference == 0;
}

/* Whether a packet comes from a connection's end 1. */
static inline bool connection_answers(const struct connection *connection, const struct packet *packet)
{
    return connection->protocol == packet->protocol &&
           translate_same(connection->address[1], packet->data + packet->l3 + TRANSLATE_IPV4_SOURCE, 4) &&
           translate_same(connection->port[1], packet->data + packet->l4, 2);
}

/* Makes a packet come from 4 bytes of address and 2 of port. For packets that `translate_can`. */
static inline void translate_source(const struct packet *packet, const uint8_t *address, const uint8_t *port)
{
    uint8_t *at = packet->data + packet->l3 + TRANSLATE_IPV4_SOURCE;
    translate_end(packet, at, packet->data + packet->l4, address, port);
}

/* Makes it go there. */
static inline void translate_destination(const struct packet *packet, const uint8_t *address, const uint8_t *port)
{
    uint8_t *at = packet->data + packet->l3 + TRANSLATE_IPV4_DESTINATION;
    translate_end(packet, at, packet->data + packet->l4 + 2, address, port);
}

#endif
