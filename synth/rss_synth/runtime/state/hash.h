/* Hashes of keys that strangers choose. Both the start and the factor are secret where the seed is: with a known
 * factor and the low half of products alone, keys that differ in the high bits of two words can be made to have the
 * same hash whatever the start is. */
#ifndef RSSC_HASH_H
#define RSSC_HASH_H

#include <stdint.h>
#include <string.h>

static inline uint64_t hash_factor(uint64_t seed)
{
    return (seed ^ UINT64_C(0x9e3779b97f4a7c15)) | 1;
}

/* Takes a word into a hash. */
static inline uint64_t hash_mix(uint64_t hash, uint64_t word, uint64_t factor)
{
    __extension__ typedef unsigned __int128 product;
    product both = (product)(hash ^ word) * factor;
    return (uint64_t)both ^ (uint64_t)(both >> 64);
}

/* A hash of keys that are `words` words of 8 bytes. */
static inline uint64_t hash_words(uint64_t seed, const void *key, uint32_t words)
{
    const uint64_t factor = hash_factor(seed);
    uint64_t hash = seed;
    for (uint32_t i = 0; i < words; i++) {
        uint64_t word;
        memcpy(&word, (const uint8_t *)key + i * sizeof word, sizeof word);
        hash = hash_mix(hash, word, factor);
    }
    return hash;
}

#endif
