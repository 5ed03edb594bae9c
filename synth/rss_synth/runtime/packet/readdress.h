/* Other destinations for IP packets, checksums with them. */
#ifndef RSSC_READDRESS_H
#define RSSC_READDRESS_H

#include "packet/checksum.h"
#include "packet/packet.h"
#include "packet/wire.h"

/* Adds a gain to the checksum of TCP or UDP, which cover addresses, if the capture goes as far. */
static inline void readdress_transport(const struct packet *packet, uint32_t gain)
{
    bool is_tcp = packet->kind == PACKET_IPV4_TCP || packet->kind == PACKET_IPV6_TCP;
    bool is_udp = packet->kind == PACKET_IPV4_UDP || packet->kind == PACKET_IPV6_UDP;
    uint8_t *l4 = packet->data + packet->l4;
    if (is_tcp && packet->length >= packet->l4 + TCP_CHECKSUM_AT + 2)
        checksum_correct(l4 + TCP_CHECKSUM_AT, gain);
    if (is_udp && packet->length >= packet->l4 + UDP_CHECKSUM_AT + 2)
        checksum_correct_udp(l4 + UDP_CHECKSUM_AT, gain);
}

/* Sends a packet to an address of its version and, one hop from here, to a station. */
static inline void readdress(const struct packet *packet, const uint8_t *address, const uint8_t *mac)
{
    bool is_short = packet->version == 4;
    unsigned bytes = is_short ? 4 : 16;
    uint8_t *header = packet->data + packet->l3;
    uint8_t *at = header + (is_short ? IPV4_DESTINATION_AT : IPV6_DESTINATION_AT);
    uint32_t gain = checksum_gain(at, address, bytes);
    if (is_short)
        checksum_correct(header + IPV4_CHECKSUM_AT, gain);
    readdress_transport(packet, gain);
    memcpy(at, address, bytes);
    memcpy(packet->data, mac, MAC_BYTES);
}

#endif
