/* A forwarder without state: what comes in on one port leaves by the other. */
#include "nf.h"

struct nf_state {
    const struct nf_config *config;
};

size_t nf_state_bytes(size_t capacity)
{
    (void)capacity;
    return sizeof(struct nf_state);
}

struct nf_state *nf_state_init(void *memory, const struct nf_config *config, size_t capacity, uint64_t seed)
{
    (void)capacity;
    (void)seed;
    struct nf_state *state = memory;
    state->config = config;
    return state;
}

struct nf_counters nf_counters(const struct nf_state *state)
{
    (void)state;
    return (struct nf_counters){0};
}

int nf_process(struct nf_state *state, unsigned port, const struct packet *packet, int64_t now)
{
    (void)state;
    (void)packet;
    (void)now;
    return port == NF_LAN ? NF_WAN : NF_LAN;
}
