/* Packets as a NIC sees them: which class a frame belongs to, and a copy of its fields.
 *
 * A header that is cut short or contradicts itself is not read: the class is that of what precedes it. Reading
 * goes through bpf_xdp_load_bytes, which checks every access and reaches all buffers of a frame, so offsets need
 * no proof that the verifier can follow. */
#ifndef RSSC_HEADERS_H
#define RSSC_HEADERS_H

#include "classes.h"
#include "wire.h"

#include <linux/bpf.h>
#include <linux/types.h>

#include <bpf/bpf_helpers.h>
#include <stdbool.h>

/* Fields in network order; zero where the class has none. */
struct headers {
    __u32 length; /* bytes that may be read: padding is no part of a datagram */
    __u32 l3;
    __u32 l4;
    enum packet_class kind;
    __u8 mac_dst[6];
    __u8 mac_src[6];
    __u8 ether_type[2]; /* behind every VLAN tag */
    __u8 protocol[1];
    __u8 source[16]; /* an IPv4 address is in the first bytes */
    __u8 destination[16];
    __u8 transport[8];
};

static __always_inline __u32 read16(const __u8 *bytes)
{
    return (__u32)bytes[0] << 8 | bytes[1];
}

static __always_inline bool has(const struct headers *headers, __u32 at, __u32 bytes)
{
    return at + bytes <= headers->length;
}

static __always_inline bool load(struct xdp_md *frame, const struct headers *headers, __u32 at, void *to, __u32 bytes)
{
    return has(headers, at, bytes) && bpf_xdp_load_bytes(frame, at, to, bytes) == 0;
}

/* A length of 0 is what segmentation offload leaves. */
static __always_inline void trim(struct headers *headers, __u32 end, bool known)
{
    if (known && end < headers->length)
        headers->length = end;
}

/* The classes of IPv6 follow those of IPv4 in the same order. */
static __always_inline enum packet_class of_version(enum packet_class ipv4, __u32 version)
{
    return version == 4 ? ipv4 : ipv4 + (PACKET_IPV6_TCP - PACKET_IPV4_TCP);
}

static __always_inline enum packet_class read_transport(struct xdp_md *frame, struct headers *headers, __u32 version)
{
    enum packet_class kind = PACKET_IPV4_OTHER;
    switch (headers->protocol[0]) {
    case PROTO_TCP:
        kind = PACKET_IPV4_TCP;
        break;
    case PROTO_UDP:
        kind = PACKET_IPV4_UDP;
        break;
    case PROTO_ESP:
        kind = PACKET_IPV4_ESP;
        break;
    case PROTO_SCTP:
        if (load(frame, headers, headers->l4, headers->transport, 8))
            return of_version(PACKET_IPV4_SCTP, version);
    }
    if (kind != PACKET_IPV4_OTHER && !load(frame, headers, headers->l4, headers->transport, 4))
        kind = PACKET_IPV4_OTHER;
    return of_version(kind, version);
}

static __always_inline enum packet_class read_ipv4(struct xdp_md *frame, struct headers *headers)
{
    __u8 ip[IPV4_BYTES] = {0};
    if (!load(frame, headers, headers->l3, ip, sizeof ip) || ip[0] >> 4 != 4)
        return PACKET_L2;
    __u32 header_bytes = (ip[0] & 15U) * 4;
    __u32 total = read16(ip + 2);
    if (header_bytes < IPV4_BYTES || (total != 0 && total < header_bytes))
        return PACKET_L2;
    trim(headers, headers->l3 + total, total != 0);
    headers->l4 = headers->l3 + header_bytes;
    headers->protocol[0] = ip[9];
    __builtin_memcpy(headers->source, ip + IPV4_SOURCE_AT, 4);
    __builtin_memcpy(headers->destination, ip + IPV4_DESTINATION_AT, 4);
    if (read16(ip + 6) & IPV4_FRAGMENT_BITS)
        return PACKET_IPV4_FRAG;
    return read_transport(frame, headers, 4);
}

/* Steps over extension headers, up to and including a fragment header. False where there is none such; an
 * extension header that can't be read stays the protocol. */
static __always_inline bool skip_to_fragment(struct xdp_md *frame, struct headers *headers)
{
    for (int i = 0; i < MAX_EXTENSIONS; i++) {
        __u8 header[8] = {0};
        if (!load(frame, headers, headers->l4, header, sizeof header))
            return false;
        __u8 protocol = headers->protocol[0];
        __u32 bytes = wire_extension_bytes(protocol, header);
        if (bytes == 0)
            return false;
        headers->l4 += bytes;
        headers->protocol[0] = header[0];
        if (protocol == PROTO_FRAGMENT)
            return true;
    }
    return false;
}

static __always_inline enum packet_class read_ipv6(struct xdp_md *frame, struct headers *headers)
{
    __u8 ip[IPV6_BYTES] = {0};
    if (!load(frame, headers, headers->l3, ip, sizeof ip) || ip[0] >> 4 != 6)
        return PACKET_L2;
    __u32 payload = read16(ip + 4);
    trim(headers, headers->l3 + IPV6_BYTES + payload, payload != 0);
    headers->l4 = headers->l3 + IPV6_BYTES;
    headers->protocol[0] = ip[6];
    __builtin_memcpy(headers->source, ip + IPV6_SOURCE_AT, 16);
    __builtin_memcpy(headers->destination, ip + IPV6_DESTINATION_AT, 16);
    return skip_to_fragment(frame, headers) ? PACKET_IPV6_FRAG : read_transport(frame, headers, 6);
}

/* The EtherType behind the VLAN tags; that of the last tag that can be read where they don't end. */
static __always_inline void skip_tags(struct xdp_md *frame, struct headers *headers)
{
    __u32 at = ETHER_TYPE_AT;
    for (int i = 0; i < MAX_TAGS; i++) {
        __u32 type = read16(headers->ether_type);
        if (type != ETHER_VLAN && type != ETHER_QINQ)
            break;
        if (!load(frame, headers, at + TAG_BYTES, headers->ether_type, 2))
            break;
        at += TAG_BYTES;
    }
    headers->l3 = at + 2;
}

static __always_inline void read_headers(struct xdp_md *frame, struct headers *headers)
{
    __u8 ether[ETHER_BYTES] = {0};
    __builtin_memset(headers, 0, sizeof *headers);
    __u64 length = bpf_xdp_get_buff_len(frame);
    headers->length = length < PACKET_PARSE_LIMIT ? (__u32)length : PACKET_PARSE_LIMIT;
    if (!load(frame, headers, 0, ether, sizeof ether))
        return;
    __builtin_memcpy(headers->mac_dst, ether, 6);
    __builtin_memcpy(headers->mac_src, ether + 6, 6);
    __builtin_memcpy(headers->ether_type, ether + ETHER_TYPE_AT, 2);
    skip_tags(frame, headers);
    __u32 type = read16(headers->ether_type);
    if (type == ETHER_IPV4)
        headers->kind = read_ipv4(frame, headers);
    else if (type == ETHER_IPV6)
        headers->kind = read_ipv6(frame, headers);
}

#endif
