/* Other destinations for IP packets, checksums with them. */
#ifndef RSSC_READDRESS_H
#define RSSC_READDRESS_H

#include "packet/checksum.h"
#include "packet/packet.h"

#include <stdbool.h>

enum {
    READDRESS_IPV4_CHECKSUM = 10, /* places in headers */
    READDRESS_TCP_CHECKSUM = 16,
    READDRESS_UDP_CHECKSUM = 6,
};

/* Adds a gain to the checksum of TCP or UDP, which cover addresses, if the capture goes as far. */
static inline void readdress_transport(const struct packet *packet, uint32_t gain)
{
    bool is_tcp = packet->kind == PACKET_IPV4_TCP || packet->kind == PACKET_IPV6_TCP;
    bool is_udp = packet->kind == PACKET_IPV4_UDP || packet->kind == PACKET_IPV6_UDP;
    uint8_t *l4 = packet->data + packet->l4;
    if (is_tcp && packet->length >= packet->l4 + READDRESS_TCP_CHECKSUM + 2)
        checksum_correct(l4 + READDRESS_TCP_CHECKSUM, gain);
    if (is_udp && packet->length >= packet->l4 + READDRESS_UDP_CHECKSUM + 2)
        checksum_correct_udp(l4 + READDRESS_UDP_CHECKSUM, gain);
}

/* Sends a packet to an address of its version and, one hop from here, to a station. */
static inline void readdress(const struct packet *packet, const uint8_t *address, const uint8_t *mac)
{
    unsigned bytes = packet->version == 4 ? 4 : 16;
    uint8_t *at = packet->data + packet->l3 + (packet->version == 4 ? 16 : 24);
    uint32_t gain = checksum_gain(at, address, bytes);
    if (packet->version == 4)
        checksum_correct(packet->data + packet->l3 + READDRESS_IPV4_CHECKSUM, gain);
    readdress_transport(packet, gain);
    memcpy(at, address, bytes);
    memcpy(packet->data, mac, 6);
}

#endif
