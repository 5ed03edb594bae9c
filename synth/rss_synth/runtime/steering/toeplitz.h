/* The Toeplitz hash by byte-indexed tables, made from the key once. */
#ifndef RSSC_TOEPLITZ_H
#define RSSC_TOEPLITZ_H

#include "nf/strategy.h"

#include <stddef.h>
#include <stdint.h>

#define TOEPLITZ_MAX_INPUT 64U /* bytes; every field that a hash input can have takes 63 */

struct toeplitz {
    uint32_t initial;
    uint32_t table[TOEPLITZ_MAX_INPUT][256];
};

/* `initial` is the hash of an empty input; the key reads as zero past its end. */
void toeplitz_init(struct toeplitz *hash, const uint8_t *key, size_t key_bytes, uint32_t initial);

/* Hash of at most TOEPLITZ_MAX_INPUT bytes. */
NF_TM_SAFE uint32_t toeplitz_hash(const struct toeplitz *hash, const uint8_t *input, size_t bytes);

#endif
