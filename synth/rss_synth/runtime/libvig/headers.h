/* Headers as Vigor's network functions name them, which take DPDK's of 2020; without DPDK. */
#ifndef RSSC_LIBVIG_HEADERS_H
#define RSSC_LIBVIG_HEADERS_H

#include "libvig/packet_io.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RTE_ETHER_TYPE_IPV4 0x0800
#define RTE_ETHER_ADDR_LEN 6

struct rte_ether_addr {
    uint8_t addr_bytes[RTE_ETHER_ADDR_LEN];
} __attribute__((aligned(2)));

struct rte_ether_hdr {
    struct rte_ether_addr d_addr;
    struct rte_ether_addr s_addr;
    uint16_t ether_type;
} __attribute__((aligned(2)));

struct rte_ipv4_hdr {
    uint8_t version_ihl;
    uint8_t type_of_service;
    uint16_t total_length;
    uint16_t packet_id;
    uint16_t fragment_offset;
    uint8_t time_to_live;
    uint8_t next_proto_id;
    uint16_t hdr_checksum;
    uint32_t src_addr;
    uint32_t dst_addr;
} __attribute__((packed));

/* What TCP and UDP have in common. */
struct tcpudp_hdr {
    uint16_t src_port;
    uint16_t dst_port;
} __attribute__((packed));

static inline uint16_t rte_bswap16(uint16_t value)
{
    return (uint16_t)(value << 8 | value >> 8);
}

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define rte_cpu_to_be_16(value) rte_bswap16(value)
#define rte_be_to_cpu_16(value) rte_bswap16(value)
#define rte_cpu_to_be_32(value) __builtin_bswap32(value)
#define rte_be_to_cpu_32(value) __builtin_bswap32(value)
#else
#define rte_cpu_to_be_16(value) (value)
#define rte_be_to_cpu_16(value) (value)
#define rte_cpu_to_be_32(value) (value)
#define rte_be_to_cpu_32(value) (value)
#endif

static inline void *nf_borrow_next_chunk(void *p, size_t length)
{
    void *chunk;
    packet_borrow_next_chunk(p, length, &chunk);
    return chunk;
}

static inline struct rte_ether_hdr *nf_then_get_ether_header(void *p)
{
    return nf_borrow_next_chunk(p, sizeof(struct rte_ether_hdr));
}

/* The IPv4 header; NULL where the packet has none or is too short. `ip_options` receives its options, or NULL. */
static inline struct rte_ipv4_hdr *nf_then_get_rte_ipv4_header(void *ether_header, void *p, uint8_t **ip_options)
{
    const struct rte_ether_hdr *ether = ether_header;
    *ip_options = NULL;
    if (!ether || ether->ether_type != rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4))
        return NULL;
    struct rte_ipv4_hdr *ip = nf_borrow_next_chunk(p, sizeof *ip);
    unsigned words = ip ? ip->version_ihl & 15U : 0;
    if (words < 5 || packet_get_unread_length(p) < (words - 5) * 4)
        return NULL;
    if (words > 5)
        *ip_options = nf_borrow_next_chunk(p, (words - 5) * 4);
    return ip;
}

/* The ports of a TCP or UDP packet; NULL where it is another, or too short. */
static inline struct tcpudp_hdr *nf_then_get_tcpudp_header(struct rte_ipv4_hdr *ip, void *p)
{
    enum { TCP = 6, UDP = 17 };
    if (ip->next_proto_id != TCP && ip->next_proto_id != UDP)
        return NULL;
    return nf_borrow_next_chunk(p, sizeof(struct tcpudp_hdr));
}

static inline void nf_return_chunk(void *p, void *chunk)
{
    packet_return_chunk(p, chunk);
}

static inline void nf_return_all_chunks(void *p)
{
    (void)p;
}

#endif
