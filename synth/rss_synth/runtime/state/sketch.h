/* A count-min sketch whose counters expire: how often keys were added, in a fixed number of counters.
 *
 * A key has one counter in each of SKETCH_ROWS rows and shares them with whoever hashes there. Adding it counts all
 * of them up; its estimate is the smallest, which is never less than its own count. A counter that nobody has
 * added to or refreshed for longer than the expiry is zero, whether or not it was looked at since.
 *
 * Counters know whether all that was added to them since they were zero was one key. An estimate with such a counter
 * is exact, so that only those without one can differ where other cores count the other keys.
 *
 * Where cores share the sketch, each writes the ages that it knows to a place of its own, as in state/table.h. */
#ifndef RSSC_SKETCH_H
#define RSSC_SKETCH_H

#include "nf/nf.h"
#include "state/hash.h"
#include "state/lines.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { SKETCH_ROWS = 4 };

struct sketch_cell {
    int64_t last_seen; /* ns */
    uint32_t count;
    uint32_t owner; /* a tag of the one key that was added, or SKETCH_SEVERAL */
};

#define SKETCH_SEVERAL UINT32_C(0)

struct sketch {
    struct sketch_cell *cells; /* row by row */
    int64_t *seen;             /* NF_SHARED: by core, then cell */
    uint64_t seed;
    int64_t expiry; /* ns */
    uint32_t bits;  /* log2 of a row's counters, at least 1 */
    uint32_t sharers;
};

enum sketch_answer {
    SKETCH_BELOW,
    SKETCH_REACHED,
    SKETCH_DOUBTFUL, /* reached, but every counter is several keys' */
    SKETCH_ASK,      /* only a pass that may write can tell: end this one with NF_AGAIN */
};

/* Bytes for `sketch_init`, a multiple of 64. `width` counters in a row are rounded up to a power of two. */
size_t sketch_bytes(size_t width, unsigned sharers);

/* Makes an empty sketch in zeroed `memory`, aligned to 64 bytes. */
void sketch_init(struct sketch *sketch, void *memory, size_t width, unsigned sharers, int64_t expiry, uint64_t seed);

/* What finds a key's counters. Keys are whole words of 8 bytes. */
static inline uint64_t sketch_hash(const struct sketch *sketch, const void *key, uint32_t key_bytes)
{
    return hash_words(sketch->seed, key, key_bytes / 8);
}

/* Odd factors: each turns other bits of the hash into a row's index. */
static inline uint64_t sketch_spread(uint64_t hash, unsigned row)
{
    static const uint64_t factors[SKETCH_ROWS + 1] = {
        UINT64_C(0x9e3779b97f4a7c15), UINT64_C(0xbf58476d1ce4e5b9), UINT64_C(0x94d049bb133111eb),
        UINT64_C(0xff51afd7ed558ccd), UINT64_C(0xc4ceb9fe1a85ec53),
    };
    return (hash ^ hash >> 29) * factors[row];
}

static inline uint32_t sketch_cell(const struct sketch *sketch, uint64_t hash, unsigned row)
{
    return (uint32_t)(row << sketch->bits | sketch_spread(hash, row) >> (64 - sketch->bits));
}

static inline uint32_t sketch_tag(uint64_t hash)
{
    return (uint32_t)(sketch_spread(hash, SKETCH_ROWS) >> 32) | 1; /* not SKETCH_SEVERAL */
}

/* Asks the memory for a key's counters. */
static inline void sketch_prefetch(const struct sketch *sketch, uint64_t hash)
{
    for (unsigned row = 0; row < SKETCH_ROWS; row++)
        line_prefetch(&sketch->cells[sketch_cell(sketch, hash, row)]);
}

/* Where core `core` writes when it saw a counter. */
static inline int64_t *sketch_own(const struct sketch *sketch, unsigned core, uint32_t cell)
{
    return &sketch->seen[((size_t)core * SKETCH_ROWS << sketch->bits) + cell];
}

static inline bool sketch_known_alive(const struct sketch *sketch, const struct nf_pass *pass, uint32_t cell)
{
    int64_t seen = sketch->cells[cell].last_seen;
    if (NF_SHARED && *sketch_own(sketch, pass->core, cell) > seen)
        seen = *sketch_own(sketch, pass->core, cell);
    return pass->now - seen <= sketch->expiry;
}

/* The same once all cores were asked, where that matters. For passes that may write. */
static inline bool sketch_is_alive(const struct sketch *sketch, const struct nf_pass *pass, uint32_t number)
{
    struct sketch_cell *cell = &sketch->cells[number];
    if (sketch_known_alive(sketch, pass, number))
        return true;
    for (unsigned core = 0; NF_SHARED && core < sketch->sharers; core++)
        if (*sketch_own(sketch, core, number) > cell->last_seen)
            cell->last_seen = *sketch_own(sketch, core, number);
    return pass->now - cell->last_seen <= sketch->expiry;
}

/* Keeps the counters of a key alive that was added to them when they were zero last or later. */
static inline void sketch_refresh(const struct sketch *sketch, const struct nf_pass *pass, uint64_t hash)
{
    for (unsigned row = 0; row < SKETCH_ROWS; row++) {
        uint32_t cell = sketch_cell(sketch, hash, row);
        int64_t *seen = NF_SHARED ? sketch_own(sketch, pass->core, cell) : &sketch->cells[cell].last_seen;
        if (pass->now > *seen)
            *seen = pass->now;
    }
}

/* Whether a key's estimate is `limit`, at least 1, or more. */
static inline enum sketch_answer sketch_reaches(const struct sketch *sketch, const struct nf_pass *pass, uint64_t hash,
                                                uint32_t limit)
{
    bool exact = false;
    for (unsigned row = 0; row < SKETCH_ROWS; row++) {
        uint32_t number = sketch_cell(sketch, hash, row);
        const struct sketch_cell *cell = &sketch->cells[number];
        if (cell->count < limit)
            return SKETCH_BELOW;
        exact |= cell->owner == sketch_tag(hash);
    }
    for (unsigned row = 0; row < SKETCH_ROWS; row++) {
        uint32_t number = sketch_cell(sketch, hash, row);
        if (sketch_known_alive(sketch, pass, number))
            continue;
        if (NF_SHARED && !nf_may_write(pass))
            return SKETCH_ASK;
        if (!NF_SHARED || !sketch_is_alive(sketch, pass, number))
            return SKETCH_BELOW;
    }
    return exact ? SKETCH_REACHED : SKETCH_DOUBTFUL;
}

/* Counts a key. For passes that may write. */
static inline void sketch_add(const struct sketch *sketch, const struct nf_pass *pass, uint64_t hash)
{
    for (unsigned row = 0; row < SKETCH_ROWS; row++) {
        uint32_t number = sketch_cell(sketch, hash, row);
        struct sketch_cell *cell = &sketch->cells[number];
        if (cell->count == 0 || !sketch_is_alive(sketch, pass, number)) {
            *cell = (struct sketch_cell){.last_seen = pass->now, .count = 1, .owner = sketch_tag(hash)};
            continue;
        }
        cell->count += cell->count < UINT32_MAX;
        if (cell->owner != sketch_tag(hash))
            cell->owner = SKETCH_SEVERAL;
        if (pass->now > cell->last_seen)
            cell->last_seen = pass->now;
    }
}

#endif
