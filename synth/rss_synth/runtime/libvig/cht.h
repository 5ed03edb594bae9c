/* A consistent-hash table after Maglev: for every hash an order of all backends, of which the first that is active
 * gets the flow. Backends that come and go move few other flows. */
#ifndef RSSC_LIBVIG_CHT_H
#define RSSC_LIBVIG_CHT_H

#include "libvig/chain.h"
#include "libvig/vector.h"

/* Fills `cht`, a vector of `cht_height * backend_capacity` cells of 32 bits. 0 where the height is no prime, not
 * larger than the number of backends, or memory is short. */
int cht_fill_cht(struct Vector *cht, uint32_t cht_height, uint32_t backend_capacity);

/* The first active backend in the order of a hash; 0 where none is active. */
static inline int cht_find_preferred_available_backend(uint64_t hash, struct Vector *cht,
                                                       struct DoubleChain *active_backends, uint32_t cht_height,
                                                       uint32_t backend_capacity, int *chosen_backend)
{
    uint32_t first = (uint32_t)(hash % cht_height) * backend_capacity;
    for (uint32_t place = 0; place < backend_capacity; place++) {
        uint32_t backend;
        memcpy(&backend, vector_read(cht, (int)(first + place)), sizeof backend);
        if (!dchain_is_index_allocated(active_backends, (int)backend))
            continue;
        *chosen_backend = (int)backend;
        return 1;
    }
    return 0;
}

#endif
