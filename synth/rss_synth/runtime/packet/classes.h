/* Classes of packets, in the order of the specs' catalogue. Also for programs in the kernel: includes nothing. */
#ifndef RSSC_CLASSES_H
#define RSSC_CLASSES_H

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

#endif
