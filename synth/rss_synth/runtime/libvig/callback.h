/* What maps ask of keys. Functions that are given to them are declared NF_TM_SAFE, for transactions call them. */
#ifndef RSSC_LIBVIG_CALLBACK_H
#define RSSC_LIBVIG_CALLBACK_H

#include "nf/strategy.h"

#include <stdbool.h>
#include <stdint.h>

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

#endif
