/* A count-min sketch whose counters are forgotten one by one: a key has one in each row, and was counted at most as
 * often as the least of them says.
 *
 * A chain keeps the counters that are not zero, so that they expire as exactly as flows do, under every strategy. */
#ifndef RSSC_LIBVIG_SKETCH_H
#define RSSC_LIBVIG_SKETCH_H

#include "libvig/callback.h"
#include "libvig/chain.h"

enum { SKETCH_ROWS = 4 };

struct Sketch {
    map_key_hash *khash;
    uint64_t seed;
    uint32_t capacity; /* counters in a row */
    uint32_t threshold;
    uint32_t *counters; /* by row */
    struct DoubleChain *chain;
    struct sketch_key *keys; /* by core */
};

/* The key that a core's calls are about, as its counters. */
struct sketch_key {
    _Alignas(64) uint32_t counter[SKETCH_ROWS];
};

/* 1, or 0 where there is no memory for rows of `capacity` counters. */
int sketch_allocate(map_key_hash *khash, unsigned capacity, uint16_t threshold, struct Sketch **sketch_out);

static inline struct sketch_key *sketch_key(const struct Sketch *sketch)
{
    return &sketch->keys[libvig_here.core];
}

/* Chooses the key that the calls after this one are about, up to the end of the packet. */
static inline void sketch_compute_hashes(struct Sketch *sketch, void *key)
{
    uint32_t hash = libvig_ask_hash(sketch->khash, key, sketch->seed);
    for (uint32_t row = 0; row < SKETCH_ROWS; row++) {
        uint64_t place = libvig_spread(hash, sketch->seed + row);
        sketch_key(sketch)->counter[row] = row * sketch->capacity + (uint32_t)(place * sketch->capacity >> 32);
    }
}

/* Makes the key's counters young, those that are not zero. */
static inline void sketch_refresh(struct Sketch *sketch, vigor_time_t time)
{
    for (uint32_t row = 0; row < SKETCH_ROWS; row++)
        (void)dchain_rejuvenate_index(sketch->chain, (int)sketch_key(sketch)->counter[row], time);
}

/* Whether the key was counted more often than the threshold. */
static inline int sketch_fetch(struct Sketch *sketch)
{
    uint32_t least = UINT32_MAX;
    for (uint32_t row = 0; row < SKETCH_ROWS; row++) {
        uint32_t count = sketch->counters[sketch_key(sketch)->counter[row]];
        least = count < least ? count : least;
    }
    return least > sketch->threshold;
}

static inline void sketch_touch(struct Sketch *sketch, uint32_t counter, vigor_time_t time)
{
    if (chain_is_taken(sketch->chain, counter))
        chain_renew(sketch->chain, counter, time);
    else
        chain_take(sketch->chain, counter, time);
    if (sketch->counters[counter] != UINT32_MAX)
        sketch->counters[counter]++;
}

/* Counts the key, always with success. */
static inline int sketch_touch_buckets(struct Sketch *sketch, vigor_time_t time)
{
    libvig_writes();
    for (uint32_t row = 0; row < SKETCH_ROWS; row++)
        sketch_touch(sketch, sketch_key(sketch)->counter[row], time);
    return 1;
}

/* Sets back to zero the counters that were neither counted up nor refreshed since `time`. */
static inline void sketch_expire(struct Sketch *sketch, vigor_time_t time)
{
    uint32_t counter;
    while (chain_find_oldest(sketch->chain, time, &counter)) {
        libvig_writes();
        chain_free(sketch->chain, counter);
        sketch->counters[counter] = 0;
    }
}

#endif
