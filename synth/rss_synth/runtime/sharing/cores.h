/* The cores of a network function: with a state each, or with one that they share. */
#ifndef RSSC_CORES_H
#define RSSC_CORES_H

#include "sharing/program.h"
#include "steering/steering.h"

struct cores_plan {
    const struct nf_program *program;
    unsigned count;
    size_t capacity; /* flows that every state holds */
    uint64_t seed;
    const struct steering *steering; /* of each port, for `count` cores */
};

struct one_core {
    _Alignas(64) struct nf_core work;
};

struct cores {
    const struct nf_program *program;
    unsigned count;
    struct one_core *each;
    struct nf_lock *lock; /* of a state that they share */
};

/* Makes states and cores; says what it had no memory for. The steering must outlive them. */
bool cores_make(struct cores *cores, const struct cores_plan *plan);

void cores_free(struct cores *cores);

/* Flows that every state holds where `capacity` are wanted in all: a state for each core has its share, rounded up. */
static inline size_t cores_share(enum strategy strategy, size_t capacity, unsigned cores)
{
    return strategy_shares(strategy) ? capacity : (capacity + cores - 1) / cores;
}

/* What all cores together have counted. */
struct nf_counters cores_counted(const struct cores *cores);

#endif
