/* A set of numbers below a capacity that gives its smallest in a few steps: bits, and above each 64 of them one that
 * says whether any is set. What it gives depends on its members only, not on the order in which they came. */
#ifndef RSSC_INDEX_SET_H
#define RSSC_INDEX_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { INDEX_SET_LEVELS = 6 }; /* 2^36 numbers: more than a state holds */

struct index_set {
    uint64_t *levels[INDEX_SET_LEVELS]; /* bits first */
    unsigned height;                    /* levels in use; the last is one word */
};

/* Words of a level above `bits` bits. */
static inline size_t index_set_words(size_t bits)
{
    return (bits + 63) / 64;
}

/* Bytes for `index_set_init`. Capacities are at least 1. */
static inline size_t index_set_bytes(size_t capacity)
{
    size_t words = 0;
    for (size_t level = index_set_words(capacity);; level = index_set_words(level)) {
        words += level;
        if (level == 1)
            return words * sizeof(uint64_t);
    }
}

/* Makes an empty set in zeroed `memory`. */
static inline void index_set_init(struct index_set *set, void *memory, size_t capacity)
{
    uint64_t *words = memory;
    *set = (struct index_set){.height = 0};
    for (size_t level = index_set_words(capacity);; level = index_set_words(level)) {
        set->levels[set->height++] = words;
        words += level;
        if (level == 1)
            return;
    }
}

static inline bool index_set_has(const struct index_set *set, uint32_t number)
{
    return set->levels[0][number / 64] >> number % 64 & 1;
}

static inline bool index_set_is_empty(const struct index_set *set)
{
    return set->levels[set->height - 1][0] == 0;
}

static inline void index_set_add(const struct index_set *set, uint32_t number)
{
    for (unsigned level = 0; level < set->height; level++, number /= 64) {
        uint64_t *word = &set->levels[level][number / 64];
        bool known = *word != 0;
        *word |= UINT64_C(1) << number % 64;
        if (known)
            return;
    }
}

static inline void index_set_remove(const struct index_set *set, uint32_t number)
{
    for (unsigned level = 0; level < set->height; level++, number /= 64) {
        uint64_t *word = &set->levels[level][number / 64];
        *word &= ~(UINT64_C(1) << number % 64);
        if (*word != 0)
            return;
    }
}

/* The smallest member of a set that is not empty. */
static inline uint32_t index_set_first(const struct index_set *set)
{
    uint32_t number = 0;
    for (unsigned level = set->height; level-- > 0;)
        number = number * 64 + (uint32_t)__builtin_ctzll(set->levels[level][number]);
    return number;
}

#endif
