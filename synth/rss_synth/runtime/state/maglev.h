/* Consistent hashing by Maglev's table (Eisenbud et al., NSDI 2016): every backend has nearly the same share of the
 * hashes, and where one is added or taken away, few hashes of the others change hands. Made once, read by all.
 *
 * Which hash goes to which backend depends on the backends' names alone, not on the order in which they are given. */
#ifndef RSSC_MAGLEV_H
#define RSSC_MAGLEV_H

#include "state/lines.h"

#include <stddef.h>
#include <stdint.h>

enum { MAGLEV_MAX_BACKENDS = 4096 };

struct maglev {
    uint16_t *entries; /* backends by number */
    uint32_t size;     /* a prime, a hundred times the backends or more: shares differ by 1% or so */
};

/* Bytes for `maglev_init`, a multiple of 64. */
size_t maglev_bytes(unsigned backends);

/* Makes the table of `backends`, 1 to MAGLEV_MAX_BACKENDS, in `memory`, aligned to 64 bytes. Names differ. */
void maglev_init(struct maglev *maglev, void *memory, const uint64_t *names, unsigned backends);

static inline const uint16_t *maglev_entry(const struct maglev *maglev, uint32_t hash)
{
    return &maglev->entries[(uint64_t)hash * maglev->size >> 32];
}

/* Asks the memory for the entry of a hash. */
static inline void maglev_prefetch(const struct maglev *maglev, uint32_t hash)
{
    line_prefetch(maglev_entry(maglev, hash));
}

/* The backend of a hash. */
static inline unsigned maglev_pick(const struct maglev *maglev, uint32_t hash)
{
    return *maglev_entry(maglev, hash);
}

#endif
