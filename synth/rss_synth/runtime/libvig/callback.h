/* What maps ask of keys. Functions that are given to them are declared NF_TM_SAFE, for transactions call them. */
#ifndef RSSC_LIBVIG_CALLBACK_H
#define RSSC_LIBVIG_CALLBACK_H

#include "nf/strategy.h"

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

/* A hash of bytes, for keys without padding; transactions may call it. */
static inline unsigned libvig_hash(const void *bytes, size_t count)
{
    const uint8_t *at = bytes;
    uint64_t hash = count;
    for (size_t size; count > 0; at += size, count -= size) {
        uint64_t word = 0;
        size = count < sizeof word ? count : sizeof word;
        memcpy(&word, at, size);
        hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        hash ^= hash >> 32;
    }
    return (unsigned)hash;
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
