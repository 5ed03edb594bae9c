/* A firewall as it would be written for Vigor: what the WAN sends passes if it answers a flow that the LAN opened. */
#include "libvig/libvig.h"

struct nf_config {
    uint16_t wan_device;
    uint32_t max_flows;
    uint32_t expiration_time; /* us */
};

static struct nf_config config = {.wan_device = 1, .max_flows = 8, .expiration_time = 1000};

struct FlowId {
    uint16_t src_port;
    uint16_t dst_port;
    uint32_t src_ip;
    uint32_t dst_ip;
    uint8_t protocol;
};

NF_TM_SAFE static bool FlowId_eq(void *a, void *b)
{
    struct FlowId *left = a, *right = b;
    return left->src_port == right->src_port && left->dst_port == right->dst_port && left->src_ip == right->src_ip &&
           left->dst_ip == right->dst_ip && left->protocol == right->protocol;
}

NF_TM_SAFE static unsigned FlowId_hash(void *obj)
{
    struct FlowId *id = obj;
    return (id->src_ip ^ id->dst_ip) * 31 + (unsigned)(id->src_port ^ id->dst_port) + id->protocol;
}

static void FlowId_allocate(void *obj)
{
    *(struct FlowId *)obj = (struct FlowId){0};
}

struct FlowManager {
    struct Map *table;
    struct Vector *keys;
    struct DoubleChain *allocator;
};

struct nf_objects {
    struct FlowManager flows;
};

bool nf_init(void)
{
    struct FlowManager *flows = &nf_objects()->flows;
    unsigned max_flows = libvig_share(config.max_flows);
    return map_allocate(FlowId_eq, FlowId_hash, max_flows, &flows->table) &&
           vector_allocate(sizeof(struct FlowId), max_flows, FlowId_allocate, &flows->keys) &&
           dchain_allocate((int)max_flows, &flows->allocator);
}

static void open_or_renew(struct FlowManager *flows, struct FlowId *id, vigor_time_t now)
{
    int index;
    if (map_get(flows->table, id, &index)) {
        dchain_rejuvenate_index(flows->allocator, index, now);
        return;
    }
    if (!dchain_allocate_new_index(flows->allocator, &index, now))
        return;
    struct FlowId *key;
    vector_borrow(flows->keys, index, (void **)&key);
    *key = *id;
    map_put(flows->table, key, index);
    vector_return(flows->keys, index, key);
}

static bool renew(struct FlowManager *flows, struct FlowId *id, vigor_time_t now)
{
    int index;
    if (!map_get(flows->table, id, &index))
        return false;
    dchain_rejuvenate_index(flows->allocator, index, now);
    return true;
}

int nf_process(uint16_t device, uint8_t *packet, uint16_t packet_length, vigor_time_t now)
{
    (void)packet_length;
    struct FlowManager *flows = &nf_objects()->flows;
    uint8_t *options;
    struct rte_ether_hdr *ether = nf_then_get_ether_header(packet);
    struct rte_ipv4_hdr *ip = nf_then_get_rte_ipv4_header(ether, packet, &options);
    if (!ip)
        return device;
    struct tcpudp_hdr *ports = nf_then_get_tcpudp_header(ip, packet);
    if (!ports)
        return device;
    vigor_time_t last = now - (vigor_time_t)config.expiration_time * 1000;
    expire_items_single_map(flows->allocator, flows->keys, flows->table, last);
    struct FlowId id = {ports->src_port, ports->dst_port, ip->src_addr, ip->dst_addr, ip->next_proto_id};
    if (device == config.wan_device) {
        struct FlowId reply = {id.dst_port, id.src_port, id.dst_ip, id.src_ip, id.protocol};
        bool known = renew(flows, &reply, now);
        nf_return_all_chunks(packet);
        return known ? 1 - config.wan_device : device;
    }
    open_or_renew(flows, &id, now);
    nf_return_all_chunks(packet);
    return config.wan_device;
}

#include "libvig/entry.h"
