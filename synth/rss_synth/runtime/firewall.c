/* The firewall: what the WAN sends passes if it answers a connection that the LAN opened. */
#include "flow_table.h"
#include "nf.h"

#include <string.h>

struct nf_state {
    const struct nf_config *config;
    struct nf_counters counters;
    struct flow_table flows;
};

enum {
    STATE_BYTES = (sizeof(struct nf_state) + 63) / 64 * 64,
    EXPIRE_PER_PACKET = 2, /* more than can be created, so the table drains without long pauses */
};

size_t nf_state_bytes(size_t capacity)
{
    return STATE_BYTES + flow_table_bytes(capacity);
}

struct nf_state *nf_state_init(void *memory, const struct nf_config *config, size_t capacity, uint64_t seed)
{
    struct nf_state *state = memory;
    *state = (struct nf_state){.config = config};
    flow_table_init(&state->flows, (uint8_t *)memory + STATE_BYTES, capacity, seed);
    return state;
}

struct nf_counters nf_counters(const struct nf_state *state)
{
    return state->counters;
}

static struct flow_key flow_key(unsigned port, const struct packet *packet)
{
    struct flow_key key = {.protocol = packet->protocol, .version = packet->version};
    size_t bytes = packet_address_bytes(packet);
    unsigned source = port == NF_LAN ? 0 : 1;
    memcpy(key.address[source], packet_source(packet), bytes);
    memcpy(key.address[1 - source], packet_destination(packet), bytes);
    memcpy(key.port[source], packet->data + packet->l4, 2);
    memcpy(key.port[1 - source], packet->data + packet->l4 + 2, 2);
    return key;
}

static bool is_expired(const struct nf_state *state, uint32_t flow, int64_t now)
{
    return now - state->flows.flows[flow].last_used > state->config->expiry;
}

static void expire(struct nf_state *state, uint32_t flow)
{
    flow_table_erase(&state->flows, flow);
    state->counters.expired++;
}

static void expire_oldest(struct nf_state *state, int64_t now)
{
    for (int i = 0; i < EXPIRE_PER_PACKET; i++) {
        uint32_t oldest = state->flows.oldest;
        if (oldest == FLOW_NONE || !is_expired(state, oldest, now))
            return;
        expire(state, oldest);
    }
}

/* Looks a flow up and refreshes it. One that has expired is gone, whether or not the list got to it: so a
 * verdict doesn't depend on the other packets that this core has seen. */
static bool refresh(struct nf_state *state, const struct flow_key *key, uint32_t hash, int64_t now)
{
    uint32_t flow = flow_table_find(&state->flows, key, hash);
    if (flow == FLOW_NONE)
        return false;
    if (is_expired(state, flow, now)) {
        expire(state, flow);
        return false;
    }
    flow_table_touch(&state->flows, flow, now);
    return true;
}

static void create(struct nf_state *state, const struct flow_key *key, uint32_t hash, int64_t now)
{
    if (flow_table_insert(&state->flows, key, hash, now))
        state->counters.created++;
    else
        state->counters.table_full++;
}

int nf_process(struct nf_state *state, unsigned port, const struct packet *packet, int64_t now)
{
    int other_port = port == NF_LAN ? NF_WAN : NF_LAN;
    if (!state->config->stateful[packet->kind])
        return state->config->pass_other ? other_port : NF_DROP;
    expire_oldest(state, now);
    struct flow_key key = flow_key(port, packet);
    uint32_t hash = flow_table_hash(&state->flows, &key);
    bool known = refresh(state, &key, hash, now);
    if (port == NF_WAN)
        return known ? NF_LAN : NF_DROP;
    if (!known)
        create(state, &key, hash, now);
    return NF_WAN;
}
