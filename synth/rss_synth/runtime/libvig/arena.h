/* Memory of a state, handed out while the network function initialises itself. */
#ifndef RSSC_LIBVIG_ARENA_H
#define RSSC_LIBVIG_ARENA_H

#include "libvig/here.h"

struct libvig_arena {
    const struct nf_shape *shape;
    uint8_t *memory; /* NULL: only to learn how much is needed */
    size_t bytes;    /* there */
    size_t used;
    struct libvig_block *blocks; /* that stand for memory while there is none */
};

/* Zeroed memory, aligned to 64 bytes, that lives as long as the state; NULL where there is no more. */
void *libvig_allocate(size_t bytes);

/* Runs the function's `nf_init` on an arena. */
bool libvig_initialise(bool (*init)(void), struct nf_objects *objects, struct libvig_arena *arena);

/* How much memory `nf_init` allocates, found out by running it on memory that is freed again. */
size_t libvig_measure(bool (*init)(void), struct nf_objects *objects, const struct nf_shape *shape);

/* Cores that share the state that is being initialised. */
static inline unsigned libvig_sharers(void)
{
    return libvig_here.arena->shape->sharers;
}

/* Varies the hashes of the state that is being initialised. */
static inline uint64_t libvig_seed(void)
{
    return libvig_here.arena->shape->seed;
}

/* This state's share of what all cores together can hold, for `nf_init`: whole where they share one state. */
unsigned libvig_share(unsigned whole);

#endif
