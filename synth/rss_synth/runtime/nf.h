/* A network function: one state per core, one verdict per packet. Both programs run this and nothing else. */
#ifndef RSSC_NF_H
#define RSSC_NF_H

#include "config.h"
#include "packet.h"

#include <stddef.h>
#include <stdint.h>

/* A verdict is the port to forward to, or this. */
enum { NF_DROP = -1 };

struct nf_state;

struct nf_counters {
    uint64_t created;    /* flows */
    uint64_t expired;    /* flows */
    uint64_t table_full; /* packets that found no room for their flow */
};

/* Bytes of one core's state. */
size_t nf_state_bytes(size_t capacity);

/* Makes a core's state in `memory`, aligned to 64 bytes, that the caller keeps. `seed` varies the table's hash. */
struct nf_state *nf_state_init(void *memory, const struct nf_config *config, size_t capacity, uint64_t seed);

/* The verdict on a packet that came in on `port` at `now` (ns). Times of one state don't decrease. */
int nf_process(struct nf_state *state, unsigned port, const struct packet *packet, int64_t now);

struct nf_counters nf_counters(const struct nf_state *state);

#endif
