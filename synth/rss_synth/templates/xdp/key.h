/* From a port's key to what the program looks up. */
#ifndef RSSC_KEY_H
#define RSSC_KEY_H

#include "layout.h"

#include <stddef.h>
#include <stdint.h>

/* The 32 key bits from bit `start`, the first one on the wire most significant; zero past the key's end. */
static inline uint32_t key_window(const uint8_t *key, size_t key_bytes, size_t start)
{
    uint64_t window = 0;
    for (size_t i = 0; i < 5; i++) {
        size_t at = start / 8 + i;
        window = window << 8 | (at < key_bytes ? key[at] : 0U);
    }
    return (uint32_t)(window >> (8 - start % 8));
}

static inline uint32_t half_byte_hash(const uint8_t *key, size_t key_bytes, size_t start, unsigned value)
{
    uint32_t hash = 0;
    for (unsigned bit = 0; bit < 4; bit++)
        if (value & 8U >> bit)
            hash ^= key_window(key, key_bytes, start + bit);
    return hash;
}

static inline void fill_key_tables(struct key_tables *tables, const uint8_t *key, size_t key_bytes)
{
    for (size_t at = 0; at < HASH_INPUT_ROOM; at++)
        for (unsigned value = 0; value < 16; value++) {
            tables->of[at][0][value] = half_byte_hash(key, key_bytes, 8 * at, value);
            tables->of[at][1][value] = half_byte_hash(key, key_bytes, 8 * at + 4, value);
        }
}

#endif
