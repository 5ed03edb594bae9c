/* Arithmetic of call paths: unsigned numbers of any width up to 64 bits, as symbolic execution means them. */
#ifndef RSSC_PATHS_BITS_H
#define RSSC_PATHS_BITS_H

#include "state/hash.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Bytes as a little-endian machine loads them; call paths have no other. */
static inline uint64_t bits_load(const uint8_t *from, unsigned bytes)
{
    uint64_t value = 0;
    for (unsigned at = 0; at < bytes; at++)
        value |= (uint64_t)from[at] << 8 * at;
    return value;
}

static inline uint16_t bits_load16(const uint8_t *from)
{
    return (uint16_t)bits_load(from, 2);
}

static inline uint32_t bits_load32(const uint8_t *from)
{
    return (uint32_t)bits_load(from, 4);
}

static inline uint64_t bits_load64(const uint8_t *from)
{
    return bits_load(from, 8);
}

static inline void bits_store(uint8_t *to, uint64_t value, unsigned bytes)
{
    for (unsigned at = 0; at < bytes; at++)
        to[at] = (uint8_t)(value >> 8 * at);
}

/* The first `bytes` bytes the other way round. */
static inline uint64_t bits_swap(uint64_t value, unsigned bytes)
{
    uint64_t swapped = 0;
    for (unsigned at = 0; at < bytes; at++)
        swapped = swapped << 8 | (value >> 8 * at & 0xff);
    return swapped;
}

/* The highest of `width` bits repeated above them. */
static inline int64_t bits_signed(uint64_t value, unsigned width)
{
    return (int64_t)(value << (64 - width)) >> (64 - width);
}

static inline uint64_t bits_left(uint64_t value, uint64_t by)
{
    return by < 64 ? value << by : 0;
}

static inline uint64_t bits_right(uint64_t value, uint64_t by)
{
    return by < 64 ? value >> by : 0;
}

static inline uint64_t bits_right_signed(uint64_t value, uint64_t by, unsigned width)
{
    return (uint64_t)(bits_signed(value, width) >> (by < 63 ? by : 63));
}

/* Divisions by zero are on no path that is executed; what they give is what SMT-LIB says. */
static inline uint64_t bits_divide(uint64_t value, uint64_t by)
{
    return by ? value / by : UINT64_MAX;
}

static inline uint64_t bits_remainder(uint64_t value, uint64_t by)
{
    return by ? value % by : value;
}

static inline uint64_t bits_magnitude(int64_t value)
{
    return value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
}

static inline uint64_t bits_divide_signed(uint64_t value, uint64_t by, unsigned width)
{
    int64_t left = bits_signed(value, width), right = bits_signed(by, width);
    uint64_t quotient = bits_divide(bits_magnitude(left), bits_magnitude(right));
    return (left < 0) != (right < 0) ? 0 - quotient : quotient;
}

static inline uint64_t bits_remainder_signed(uint64_t value, uint64_t by, unsigned width)
{
    int64_t left = bits_signed(value, width);
    uint64_t rest = bits_remainder(bits_magnitude(left), bits_magnitude(bits_signed(by, width)));
    return left < 0 ? 0 - rest : rest;
}

/* Keys of maps. Comparing and hashing by numbers, as transactions may not call `memcmp`. */
static inline bool bits_same(const uint8_t *first, const uint8_t *second, unsigned bytes)
{
    uint64_t different = 0;
    unsigned at = 0;
    for (; at + 8 <= bytes; at += 8)
        different |= bits_load64(first + at) ^ bits_load64(second + at);
    for (; at < bytes; at++)
        different |= (uint64_t)(first[at] ^ second[at]);
    return different == 0;
}

/* Takes bytes into a hash that starts as the seed; strangers cannot make keys meet where that is secret. */
static inline uint64_t bits_hash(uint64_t hash, uint64_t seed, const uint8_t *from, unsigned bytes)
{
    const uint64_t factor = hash_factor(seed);
    unsigned at = 0;
    for (; at + 8 <= bytes; at += 8)
        hash = hash_mix(hash, bits_load64(from + at), factor);
    return at < bytes ? hash_mix(hash, bits_load(from + at, bytes - at), factor) : hash;
}

#endif
