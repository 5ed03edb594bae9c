/* libVig's double chain: hands out indices, and takes back those that were not renewed since a time, oldest first.
 *
 * A new index is the smallest that is free, so which one depends only on which are taken. Times need not grow: an
 * index is as old as the latest time it was given, however calls are ordered, because cores that share a chain don't
 * agree on the time. Where several are equally old, libVig's order of calls decides (chain_list.h), and in a chain
 * that cores share the smallest index (chain_heap.h). */
#ifndef RSSC_LIBVIG_CHAIN_H
#define RSSC_LIBVIG_CHAIN_H

#include "libvig/here.h"
#include "state/index_set.h"

struct DoubleChain;

/* 1, or 0 where there is no memory for that many indices. */
int dchain_allocate(int index_range, struct DoubleChain **chain_out);

#if defined(NF_LOCKS) || defined(NF_TM)
#include "libvig/chain_heap.h"
#else
#include "libvig/chain_list.h"
#endif

/* Whether an index is taken. */
static inline int dchain_is_index_allocated(struct DoubleChain *chain, int index)
{
    return chain_is_taken(chain, (uint32_t)index);
}

/* A new index; 0 where all are taken. */
static inline int dchain_allocate_new_index(struct DoubleChain *chain, int *index_out, vigor_time_t time)
{
    if (index_set_is_empty(&chain->free)) {
        libvig_here.counters.table_full++;
        return 0;
    }
    libvig_writes();
    uint32_t index = index_set_first(&chain->free);
    chain_take(chain, index, time);
    libvig_here.counters.created++;
    *index_out = (int)index;
    return 1;
}

/* Makes an index as young as `time`; 0 where it is not taken. */
static inline int dchain_rejuvenate_index(struct DoubleChain *chain, int index, vigor_time_t time)
{
    if (!chain_is_taken(chain, (uint32_t)index))
        return 0;
    chain_renew(chain, (uint32_t)index, time);
    return 1;
}

/* Frees the oldest index if it is older than `time`, and says which; 0 where none is. */
static inline int dchain_expire_one_index(struct DoubleChain *chain, int *index_out, vigor_time_t time)
{
    uint32_t index;
    if (!chain_find_oldest(chain, time, &index))
        return 0;
    libvig_writes();
    chain_free(chain, index);
    libvig_here.counters.expired++;
    *index_out = (int)index;
    return 1;
}

/* Frees an index; 0 where it is not taken. */
static inline int dchain_free_index(struct DoubleChain *chain, int index)
{
    if (!chain_is_taken(chain, (uint32_t)index))
        return 0;
    libvig_writes();
    chain_free(chain, (uint32_t)index);
    return 1;
}

#endif
