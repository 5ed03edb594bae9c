/* Longest prefix match: 16 bits of a 32-bit address lead to a slot, 8 more to one of a block, and 8 more.
 *
 * Exact in whatever order prefixes come: a slot remembers how long the prefix was that filled it. Unlike a table of
 * 2^24 entries it fits a core's cache for the few prefixes of most functions. */
#ifndef RSSC_LIBVIG_LPM_H
#define RSSC_LIBVIG_LPM_H

#include "libvig/here.h"

#ifndef LIBVIG_LPM_BLOCKS
#define LIBVIG_LPM_BLOCKS 8192U /* of 1 KiB: one for each /16 that has longer prefixes, and for each such /24 */
#endif

enum {
    LPM_NONE = 0xffff, /* what an address without a prefix has */
    LPM_ROOT = 1 << 16,
    LPM_BLOCK = 1 << 8,
};

struct lpm_slot {
    uint16_t content; /* a value, or a block */
    uint8_t length;   /* of the prefix that filled it, plus one; 0: none did */
    bool is_block;
};

struct lpm {
    struct lpm_slot *root;
    struct lpm_slot *blocks;
    uint32_t used; /* blocks */
};

/* 1, or 0 where there is no memory. */
int lpm_allocate(struct lpm **lpm_out);

/* Sets what a prefix says; bits behind it are not looked at. The address is a number, its first bit the highest. 0
 * for a prefix of more than 32 bits, and where there are no blocks left; then nothing has changed. For tables that a
 * function fills while it initialises itself. */
int lpm_update_elem(struct lpm *lpm, uint32_t prefix, uint8_t prefixlen, uint16_t value);

/* What the longest prefix of an address says; LPM_NONE where it has none. */
static inline int lpm_lookup_elem(struct lpm *lpm, uint32_t prefix)
{
    struct lpm_slot slot = lpm->root[prefix >> 16];
    for (int shift = 8; slot.is_block; shift -= 8)
        slot = lpm->blocks[(size_t)slot.content * LPM_BLOCK + (prefix >> shift & 0xff)];
    return slot.length ? slot.content : LPM_NONE;
}

#endif
