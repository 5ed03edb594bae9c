/* A double chain for cores that share it.
 *
 * Each core writes the ages that it gives to a place of its own, so that renewing an index is no write that others
 * could notice. What the chain itself says of an index is never too young; it is brought up to date by writers, from
 * all cores, when it is the oldest and looks too old. Taken indices are a heap by what the chain says: while its top
 * is young enough all are, and a reader need look no further.
 *
 * A heap and not a list: where all that is known is old at once, after a while without new flows, a list would have
 * to be sorted by ages in any order. */
#ifndef RSSC_LIBVIG_CHAIN_HEAP_H
#define RSSC_LIBVIG_CHAIN_HEAP_H

#include "libvig/here.h"
#include "state/index_set.h"

struct chain_index {
    int64_t time;   /* that is known to writers */
    uint32_t place; /* in the heap, plus one; 0: free */
};

struct DoubleChain {
    struct chain_index *indices;
    uint32_t *heap;
    uint32_t taken;
    unsigned sharers;
    struct index_set free;
    int64_t *own;  /* times by core, then index */
    size_t stride; /* of a core's, whole cache lines */
};

static inline bool chain_is_taken(const struct DoubleChain *chain, uint32_t index)
{
    return chain->indices[index].place != 0;
}

static inline int64_t *chain_own(const struct DoubleChain *chain, unsigned core, uint32_t index)
{
    return &chain->own[core * chain->stride + index];
}

static inline bool chain_is_older(const struct DoubleChain *chain, uint32_t first, uint32_t second)
{
    int64_t left = chain->indices[first].time, right = chain->indices[second].time;
    return left < right || (left == right && first < second);
}

static inline void chain_set(struct DoubleChain *chain, uint32_t place, uint32_t index)
{
    chain->heap[place] = index;
    chain->indices[index].place = place + 1;
}

static inline void chain_rise(struct DoubleChain *chain, uint32_t place)
{
    uint32_t index = chain->heap[place];
    while (place > 0 && chain_is_older(chain, index, chain->heap[(place - 1) / 2])) {
        chain_set(chain, place, chain->heap[(place - 1) / 2]);
        place = (place - 1) / 2;
    }
    chain_set(chain, place, index);
}

static inline void chain_sink(struct DoubleChain *chain, uint32_t place)
{
    uint32_t index = chain->heap[place];
    for (uint32_t child = 2 * place + 1; child < chain->taken; child = 2 * place + 1) {
        if (child + 1 < chain->taken && chain_is_older(chain, chain->heap[child + 1], chain->heap[child]))
            child++;
        if (chain_is_older(chain, index, chain->heap[child]))
            break;
        chain_set(chain, place, chain->heap[child]);
        place = child;
    }
    chain_set(chain, place, index);
}

static inline void chain_take(struct DoubleChain *chain, uint32_t index, int64_t time)
{
    index_set_remove(&chain->free, index);
    for (unsigned core = 0; core < chain->sharers; core++)
        *chain_own(chain, core, index) = INT64_MIN;
    chain->indices[index].time = time;
    chain->heap[chain->taken] = index;
    chain_rise(chain, chain->taken++);
}

static inline void chain_renew(struct DoubleChain *chain, uint32_t index, int64_t time)
{
    libvig_renew(chain_own(chain, libvig_here.core, index), time);
}

static inline void chain_free(struct DoubleChain *chain, uint32_t index)
{
    uint32_t place = chain->indices[index].place - 1;
    uint32_t last = chain->heap[--chain->taken];
    chain->indices[index].place = 0;
    index_set_add(&chain->free, index);
    if (last == index)
        return;
    chain_set(chain, place, last);
    chain_rise(chain, place);
    chain_sink(chain, chain->indices[last].place - 1);
}

/* When any core renewed an index last. */
static inline int64_t chain_age(const struct DoubleChain *chain, uint32_t index)
{
    int64_t latest = chain->indices[index].time;
    for (unsigned core = 0; core < chain->sharers; core++)
        if (*chain_own(chain, core, index) > latest)
            latest = *chain_own(chain, core, index);
    return latest;
}

/* The oldest index, if it is older than `time`. A top that is as old as the chain says is the oldest of all: of no
 * other does the chain say too young an age. */
static inline bool chain_find_oldest(struct DoubleChain *chain, int64_t time, uint32_t *index)
{
    while (chain->taken > 0 && chain->indices[chain->heap[0]].time < time) {
        libvig_writes();
        *index = chain->heap[0];
        int64_t age = chain_age(chain, *index);
        if (age == chain->indices[*index].time)
            return true;
        chain->indices[*index].time = age;
        chain_sink(chain, 0);
    }
    return false;
}

#endif
