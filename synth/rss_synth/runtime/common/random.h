/* A generator of numbers that are the same everywhere: xorshift64* by Vigna. */
#ifndef RSSC_RANDOM_H
#define RSSC_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct random {
    uint64_t state; /* never 0 */
};

static inline struct random random_of(uint64_t seed)
{
    return (struct random){(seed + 1) * UINT64_C(0x9e3779b97f4a7c15) | 1};
}

static inline uint64_t random_next(struct random *random)
{
    random->state ^= random->state >> 12;
    random->state ^= random->state << 25;
    random->state ^= random->state >> 27;
    return random->state * UINT64_C(0x2545f4914f6cdd1d);
}

/* 0 to `below` - 1. */
static inline uint64_t random_below(struct random *random, uint64_t below)
{
    return (random_next(random) >> 11) % below;
}

/* True once in `times`. */
static inline bool random_once_in(struct random *random, unsigned times)
{
    return random_below(random, times) == 0;
}

#endif
