/* Packets as a NIC sees them: which class a frame belongs to and where its fields are. */
#ifndef RSSC_PACKET_H
#define RSSC_PACKET_H

#include <stddef.h>
#include <stdint.h>

/* How far into a frame headers are looked for: what one buffer of a NIC holds. */
#define PACKET_PARSE_LIMIT 2048U

/* A header that is cut short or contradicts itself is not read: the class is that of what precedes it. */
enum packet_class {
    PACKET_L2,
    PACKET_IPV4_TCP,
    PACKET_IPV4_UDP,
    PACKET_IPV4_SCTP,
    PACKET_IPV4_ESP,
    PACKET_IPV4_FRAG,
    PACKET_IPV4_OTHER,
    PACKET_IPV6_TCP,
    PACKET_IPV6_UDP,
    PACKET_IPV6_SCTP,
    PACKET_IPV6_ESP,
    PACKET_IPV6_FRAG,
    PACKET_IPV6_OTHER,
    PACKET_CLASSES
};

/* A frame that was parsed. Offsets count from its first byte; 0 is "not there". */
struct packet {
    const uint8_t *data;
    uint16_t length;     /* bytes that may be read */
    uint16_t ether_type; /* where the last EtherType is, behind every VLAN tag; 0 in less than a header */
    uint16_t l3;
    uint16_t l4;
    uint8_t version; /* 4, 6, or 0 where it has no valid IP header */
    uint8_t protocol;
    enum packet_class kind;
};

/* Parses `length` captured bytes; the packet refers to them and lives no longer. */
void packet_parse(struct packet *packet, const uint8_t *data, size_t length);

/* Name of a class as specs write it. */
const char *packet_class_name(enum packet_class kind);

static inline const uint8_t *packet_source(const struct packet *packet)
{
    return packet->data + packet->l3 + (packet->version == 4 ? 12 : 8);
}

static inline const uint8_t *packet_destination(const struct packet *packet)
{
    return packet->data + packet->l3 + (packet->version == 4 ? 16 : 24);
}

/* Bytes of an address of an IP packet. */
static inline size_t packet_address_bytes(const struct packet *packet)
{
    return packet->version == 4 ? 4 : 16;
}

#endif
