#include "steering/toeplitz.h"

static uint64_t key_byte(const uint8_t *key, size_t key_bytes, size_t at)
{
    return at < key_bytes ? key[at] : 0;
}

/* The 40 key bits that byte `at` of an input meets: bit 39 is the first on the wire. */
static uint64_t key_window(const uint8_t *key, size_t key_bytes, size_t at)
{
    uint64_t window = 0;
    for (size_t i = 0; i < 5; i++)
        window = window << 8 | key_byte(key, key_bytes, at + i);
    return window;
}

static uint32_t byte_hash(uint64_t window, unsigned value)
{
    uint32_t hash = 0;
    for (unsigned bit = 0; bit < 8; bit++)
        if (value & 0x80U >> bit)
            hash ^= (uint32_t)(window >> (8 - bit));
    return hash;
}

void toeplitz_init(struct toeplitz *hash, const uint8_t *key, size_t key_bytes, uint32_t initial)
{
    hash->initial = initial;
    for (size_t at = 0; at < TOEPLITZ_MAX_INPUT; at++) {
        uint64_t window = key_window(key, key_bytes, at);
        for (unsigned value = 0; value < 256; value++)
            hash->table[at][value] = byte_hash(window, value);
    }
}

NF_TM_SAFE uint32_t toeplitz_hash(const struct toeplitz *hash, const uint8_t *input, size_t bytes)
{
    uint32_t result = hash->initial;
    for (size_t at = 0; at < bytes; at++)
        result ^= hash->table[at][input[at]];
    return result;
}
