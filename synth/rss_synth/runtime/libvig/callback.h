/* What maps ask of keys. Functions that are given to them are declared NF_TM_SAFE, for transactions call them. */
#ifndef RSSC_LIBVIG_CALLBACK_H
#define RSSC_LIBVIG_CALLBACK_H

#include "libvig/here.h"
#include "state/hash.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef bool map_keys_equality(void *first, void *second) NF_TM_SAFE;
typedef unsigned map_key_hash(void *key) NF_TM_SAFE;
typedef void vector_init_elem(void *element); /* runs in `nf_init` only */

/* Spreads a hash that need not be good over all bits. */
static inline uint32_t libvig_spread(uint64_t hash, uint64_t seed)
{
    hash = (hash ^ seed) * UINT64_C(0x9e3779b97f4a7c15);
    hash = (hash ^ hash >> 32) * UINT64_C(0xd6e8feb86659fd93);
    return (uint32_t)(hash >> 32);
}

/* A hash of bytes, for keys without padding; transactions may call it. Asked by a map it depends on the map's secret,
 * so that strangers cannot choose keys that have the same one; called otherwise it is always the same. */
static inline unsigned libvig_hash(const void *bytes, size_t count)
{
    uint64_t hash = hash_words(libvig_here.seed, bytes, (uint32_t)(count / 8)), rest = 0;
    memcpy(&rest, (const uint8_t *)bytes + count / 8 * 8, count % 8);
    return (unsigned)hash_mix(hash, rest ^ (uint64_t)count << 56, hash_factor(libvig_here.seed));
}

/* The hash that a function gives for a key, spread over all bits. */
static inline uint32_t libvig_ask_hash(map_key_hash *of, void *key, uint64_t seed)
{
    libvig_here.seed = seed;
    uint32_t hash = of(key);
    libvig_here.seed = 0;
    return hash;
}

/* Whether bytes are the same; transactions may call it, which may not call memcmp. */
static inline bool libvig_equal(const void *first, const void *second, size_t count)
{
    const uint8_t *left = first, *right = second;
    uint8_t difference = 0;
    for (size_t i = 0; i < count; i++)
        difference |= left[i] ^ right[i];
    return difference == 0;
}

#endif
