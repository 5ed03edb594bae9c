/* Packets as a NIC sees them: which class a frame belongs to and where its fields are. */
#ifndef RSSC_PACKET_H
#define RSSC_PACKET_H

#include "packet/classes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A frame that was parsed. Offsets count from its first byte; 0 is "not there". */
struct packet {
    uint8_t *data;
    int64_t time;        /* ns; the same for a burst of a live port */
    uint64_t order;      /* when it took effect on a shared state, see `struct nf_core` */
    uint16_t port;       /* it came in on */
    uint16_t length;     /* bytes that may be read */
    uint32_t size;       /* bytes of the frame, padding included */
    uint16_t ether_type; /* where the last EtherType is, behind every VLAN tag; 0 in less than a header */
    uint16_t l3;
    uint16_t l4;
    uint8_t version; /* 4, 6, or 0 where it has no valid IP header */
    uint8_t protocol;
    enum packet_class kind;
};

/* As `packet_parse`, which is quicker with what most packets are. */
void packet_parse_any(struct packet *packet, uint8_t *data, size_t length, unsigned port, int64_t time);

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

/* Copies an address into the first bytes of `room` (4: IPv4 only, or 16), whose rest is zero. */
static inline void packet_copy_source(const struct packet *packet, uint8_t *to, size_t room)
{
    if (room == 4 || packet->version == 4)
        memcpy(to, packet->data + packet->l3 + 12, 4);
    else
        memcpy(to, packet->data + packet->l3 + 8, 16);
}

static inline void packet_copy_destination(const struct packet *packet, uint8_t *to, size_t room)
{
    if (room == 4 || packet->version == 4)
        memcpy(to, packet->data + packet->l3 + 16, 4);
    else
        memcpy(to, packet->data + packet->l3 + 24, 16);
}

/* Whether a class has L4 source and destination ports, at `l4`. */
static inline bool packet_has_ports(enum packet_class kind)
{
    return kind == PACKET_IPV4_TCP || kind == PACKET_IPV4_UDP || kind == PACKET_IPV4_SCTP ||
           kind == PACKET_IPV6_TCP || kind == PACKET_IPV6_UDP || kind == PACKET_IPV6_SCTP;
}

/* Where the transport header of a packet without tags and options begins, and its protocol. */
struct packet_plain {
    uint16_t l4;
    uint16_t end; /* of the datagram, 0 where its length field says nothing */
    uint8_t version;
    uint8_t protocol;
};

/* Version 0: not so plain. */
static inline struct packet_plain packet_read_plain(const uint8_t *data)
{
    const uint8_t *ip = data + 14;
    if (data[12] == 0x08 && data[13] == 0x00 && ip[0] == 0x45 && ((ip[6] & 0x3f) | ip[7]) == 0)
        return (struct packet_plain){34, (uint16_t)(14 + (ip[2] << 8 | ip[3])), 4, ip[9]};
    if (data[12] == 0x86 && data[13] == 0xdd && ip[0] >> 4 == 6)
        return (struct packet_plain){54, (uint16_t)(54 + (ip[4] << 8 | ip[5])), 6, ip[6]};
    return (struct packet_plain){0};
}

/* Parses `length` captured bytes of a frame that came in on `port` at `time`; the packet refers to them and
 * lives no longer. TCP and UDP without tags and options are told here, everything else by `packet_parse_any`. */
static inline void packet_parse(struct packet *packet, uint8_t *data, size_t length, unsigned port, int64_t time)
{
    enum { TCP = 6, UDP = 17, LEAST_BYTES = 34 };
    struct packet_plain plain = length >= LEAST_BYTES ? packet_read_plain(data) : (struct packet_plain){0};
    size_t readable = length < plain.end ? length : plain.end;
    bool known = plain.version && (plain.protocol == TCP || plain.protocol == UDP);
    if (!known || readable < plain.l4 + 4U || readable > PACKET_PARSE_LIMIT) {
        packet_parse_any(packet, data, length, port, time);
        return;
    }
    bool tcp = plain.protocol == TCP;
    *packet = (struct packet){.data = data,
                              .time = time,
                              .port = (uint16_t)port,
                              .length = (uint16_t)readable,
                              .size = (uint32_t)length,
                              .ether_type = 12,
                              .l3 = 14,
                              .l4 = plain.l4,
                              .version = plain.version,
                              .protocol = plain.protocol,
                              .kind = plain.version == 4 ? (tcp ? PACKET_IPV4_TCP : PACKET_IPV4_UDP)
                                                         : (tcp ? PACKET_IPV6_TCP : PACKET_IPV6_UDP)};
}

#endif
