/* Bytes in headers: numbers of 16 bits in network order, and whether some are the same. */
#ifndef RSSC_BYTES_H
#define RSSC_BYTES_H

#include <stdbool.h>
#include <stdint.h>

static inline uint16_t bytes_get16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static inline void bytes_put16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

/* Transactions may call it, which may not call memcmp. */
static inline bool bytes_same(const uint8_t *left, const uint8_t *right, unsigned count)
{
    unsigned difference = 0;
    for (unsigned i = 0; i < count; i++)
        difference |= left[i] ^ right[i];
    return difference == 0;
}

#endif
