/* What headers are read by. Also for programs in the kernel: includes nothing. */
#ifndef RSSC_WIRE_H
#define RSSC_WIRE_H

/* VLAN tags and IPv6 extension headers looked through: more than any NIC does. */
enum { MAX_TAGS = 8, MAX_EXTENSIONS = 16 };

/* Bytes of headers, and where in them fields are. */
enum {
    MAC_BYTES = 6,
    ETHER_BYTES = 14,
    ETHER_TYPE_AT = 12,
    TAG_BYTES = 4,
    IPV4_BYTES = 20,
    IPV4_FRAGMENT_BITS = 0x3fff, /* MF and the offset */
    IPV4_CHECKSUM_AT = 10,
    IPV4_SOURCE_AT = 12,
    IPV4_DESTINATION_AT = 16,
    IPV6_BYTES = 40,
    IPV6_SOURCE_AT = 8,
    IPV6_DESTINATION_AT = 24,
    TCP_CHECKSUM_AT = 16,
    UDP_CHECKSUM_AT = 6,
};

enum {
    ETHER_IPV4 = 0x0800,
    ETHER_IPV6 = 0x86dd,
    ETHER_VLAN = 0x8100,
    ETHER_QINQ = 0x88a8,
};

enum {
    PROTO_HOP_BY_HOP = 0,
    PROTO_ICMP = 1,
    PROTO_TCP = 6,
    PROTO_UDP = 17,
    PROTO_ROUTING = 43,
    PROTO_FRAGMENT = 44,
    PROTO_ESP = 50,
    PROTO_AH = 51,
    PROTO_ICMP6 = 58,
    PROTO_DESTINATION_OPTIONS = 60,
    PROTO_SCTP = 132,
};

/* Bytes of the IPv6 extension header that a protocol number leads to, whose first two are `header`; 0 where it is none
 * that can be stepped over. */
static inline unsigned wire_extension_bytes(unsigned char protocol, const unsigned char *header)
{
    switch (protocol) {
    case PROTO_HOP_BY_HOP:
    case PROTO_ROUTING:
    case PROTO_DESTINATION_OPTIONS:
        return (header[1] + 1U) * 8;
    case PROTO_AH:
        return (header[1] + 2U) * 4;
    case PROTO_FRAGMENT:
        return 8;
    default:
        return 0;
    }
}

#endif
