/* A NAT as it could be written for Vigor, careless of when it writes: what leaves gets the external address before a
 * port for it is known. */
#include "libvig/libvig.h"

enum { WAN = 1, MAX_FLOWS = 8, FIRST_PORT = 1000, EXPIRY = 1000000 };

struct Flow {
    uint32_t src_ip;
    uint32_t dst_ip;
    uint16_t src_port;
    uint16_t dst_port;
};

NF_TM_SAFE static bool Flow_eq(void *a, void *b)
{
    return libvig_equal(a, b, sizeof(struct Flow));
}

NF_TM_SAFE static unsigned Flow_hash(void *obj)
{
    return libvig_hash(obj, sizeof(struct Flow));
}

struct nf_objects {
    struct Map *map;
    struct Vector *flows;
    struct DoubleChain *chain;
};

bool nf_init(void)
{
    struct nf_objects *nat = nf_objects();
    return map_allocate(Flow_eq, Flow_hash, MAX_FLOWS, &nat->map) &&
           vector_allocate(sizeof(struct Flow), MAX_FLOWS, NULL, &nat->flows) &&
           dchain_allocate(MAX_FLOWS, &nat->chain);
}

static int leave(struct nf_objects *nat, struct rte_ipv4_hdr *ip, struct tcpudp_hdr *ports, vigor_time_t now)
{
    struct Flow flow = {ip->src_addr, ip->dst_addr, ports->src_port, ports->dst_port};
    int index;
    ip->src_addr = rte_cpu_to_be_32(0x01020304);
    if (map_get(nat->map, &flow, &index)) {
        dchain_rejuvenate_index(nat->chain, index, now);
    } else {
        if (!dchain_allocate_new_index(nat->chain, &index, now))
            return 0;
        struct Flow *cell;
        vector_borrow(nat->flows, index, (void **)&cell);
        *cell = flow;
        map_put(nat->map, cell, index);
        vector_return(nat->flows, index, cell);
    }
    ports->src_port = rte_cpu_to_be_16((uint16_t)(FIRST_PORT + index));
    return WAN;
}

static int enter(struct nf_objects *nat, struct rte_ipv4_hdr *ip, struct tcpudp_hdr *ports, vigor_time_t now)
{
    int index = rte_be_to_cpu_16(ports->dst_port) - FIRST_PORT;
    if (index < 0 || index >= MAX_FLOWS || !dchain_is_index_allocated(nat->chain, index))
        return WAN;
    dchain_rejuvenate_index(nat->chain, index, now);
    struct Flow *flow;
    vector_borrow(nat->flows, index, (void **)&flow);
    bool answers = flow->dst_ip == ip->src_addr && flow->dst_port == ports->src_port;
    if (answers) {
        ip->dst_addr = flow->src_ip;
        ports->dst_port = flow->src_port;
    }
    vector_return(nat->flows, index, flow);
    return answers ? 0 : WAN;
}

int nf_process(uint16_t device, uint8_t *packet, uint16_t packet_length, vigor_time_t now)
{
    (void)packet_length;
    struct nf_objects *nat = nf_objects();
    uint8_t *options;
    struct rte_ipv4_hdr *ip = nf_then_get_rte_ipv4_header(nf_then_get_ether_header(packet), packet, &options);
    struct tcpudp_hdr *ports = ip ? nf_then_get_tcpudp_header(ip, packet) : NULL;
    if (!ports)
        return device;
    expire_items_single_map(nat->chain, nat->flows, nat->map, now - EXPIRY);
    int to = device == WAN ? enter(nat, ip, ports, now) : leave(nat, ip, ports, now);
    if (to != device)
        nf_set_rte_ipv4_udptcp_checksum(ip, ports, packet);
    nf_return_all_chunks(packet);
    return to;
}

#include "libvig/entry.h"
