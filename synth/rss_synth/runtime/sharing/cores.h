/* The cores of a network function: with a state each, or with one that they share. */
#ifndef RSSC_CORES_H
#define RSSC_CORES_H

#include "sharing/program.h"
#include "steering/steering.h"

/* Where states come from: zeroed memory aligned to 64 bytes, NULL where there is none. */
struct cores_memory {
    void *(*take)(const void *context, unsigned core, size_t bytes);
    void (*give)(void *memory);
    const void *context;
};

struct cores_plan {
    const struct nf_program *program;
    unsigned count;
    size_t capacity; /* flows that every state holds */
    uint64_t seed;
    const struct steering *steering; /* of each port, for `count` cores */
    const struct cores_memory *memory; /* NULL: the C library's */
};

struct one_core {
    _Alignas(64) struct nf_core work;
};

struct cores {
    const struct nf_program *program;
    unsigned count;
    struct one_core *each;
    struct nf_lock *lock; /* of a state that they share */
    const struct cores_memory *memory;
};

/* Makes states and cores; says what it had no memory for. The steering must outlive them. */
bool cores_make(struct cores *cores, const struct cores_plan *plan);

void cores_free(struct cores *cores);

/* Flows that every state holds of `capacity`: one that is shared all, and so does that of each core where the spec
 * replicates; otherwise its share, rounded up. */
static inline size_t cores_share(const struct nf_config *config, enum strategy strategy, size_t capacity,
                                 unsigned cores)
{
    return config->replicates || strategy_shares(strategy) ? capacity : (capacity + cores - 1) / cores;
}

/* What all cores together have counted. */
struct nf_counters cores_counted(const struct cores *cores);

#endif
