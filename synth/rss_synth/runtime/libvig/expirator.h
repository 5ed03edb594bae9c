/* Removes what a double chain says is too old, from the maps whose keys vectors hold. */
#ifndef RSSC_LIBVIG_EXPIRATOR_H
#define RSSC_LIBVIG_EXPIRATOR_H

#include "libvig/chain.h"
#include "libvig/double_map.h"
#include "libvig/map.h"
#include "libvig/vector.h"

static inline void libvig_forget(struct Vector *vector, struct Map *map, int index)
{
    void *key;
    vector_borrow(vector, index, &key);
    map_erase(map, key, &key);
    vector_return(vector, index, key);
}

/* Frees every index of the chain that is older than `time`, and removes the keys that cells `offset` further hold.
 * How many there were. */
static inline int expire_items_single_map_offseted(struct DoubleChain *chain, struct Vector *vector, struct Map *map,
                                                   vigor_time_t time, int offset)
{
    int count = 0;
    for (int index = 0; dchain_expire_one_index(chain, &index, time); count++)
        libvig_forget(vector, map, index + offset);
    return count;
}

static inline int expire_items_single_map(struct DoubleChain *chain, struct Vector *vector, struct Map *map,
                                          vigor_time_t time)
{
    return expire_items_single_map_offseted(chain, vector, map, time, 0);
}

static inline int expire_items(struct DoubleChain *chain, struct DoubleMap *map, vigor_time_t time)
{
    int count = 0;
    for (int index = 0; dchain_expire_one_index(chain, &index, time); count++)
        dmap_erase(map, index);
    return count;
}

/* Removes the keys of `n_elems` cells from `start` on, whatever their age. */
static inline int expire_items_single_map_iteratively(struct Vector *vector, struct Map *map, int start, int n_elems)
{
    for (int index = start; index < start + n_elems; index++)
        libvig_forget(vector, map, index);
    return n_elems;
}

#endif
