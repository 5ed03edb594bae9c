/* Values by index that are also found by either of two keys inside them. */
#ifndef RSSC_LIBVIG_DOUBLE_MAP_H
#define RSSC_LIBVIG_DOUBLE_MAP_H

#include "libvig/map.h"
#include "libvig/vector.h"

typedef void uq_value_copy(void *destination, void *source) NF_TM_SAFE;
typedef void uq_value_destr(void *value) NF_TM_SAFE;
typedef void dmap_extract_keys(void *value, void **keya_out, void **keyb_out) NF_TM_SAFE;
typedef void dmap_pack_keys(void *value, void *keya, void *keyb) NF_TM_SAFE;

struct DoubleMap {
    struct Map *a;
    struct Map *b;
    struct Vector *values;
    uq_value_copy *copy;
    uq_value_destr *destroy;
    dmap_extract_keys *extract;
    dmap_pack_keys *pack;
};

/* 1, or 0 where there is no memory. Indices are below `keys_capacity`; up to `capacity` are in use at a time. */
int dmap_allocate(map_keys_equality *eq_a, map_key_hash *hsh_a, map_keys_equality *eq_b, map_key_hash *hsh_b,
                  int value_size, uq_value_copy *v_cpy, uq_value_destr *v_destr, dmap_extract_keys *dexk,
                  dmap_pack_keys *dpk, unsigned capacity, unsigned keys_capacity, struct DoubleMap **dmap_out);

static inline int dmap_get_a(struct DoubleMap *dmap, void *key, int *index)
{
    return map_get(dmap->a, key, index);
}

static inline int dmap_get_b(struct DoubleMap *dmap, void *key, int *index)
{
    return map_get(dmap->b, key, index);
}

/* Stores a copy of a value at an index that is not in use. */
static inline int dmap_put(struct DoubleMap *dmap, void *value, int index)
{
    void *cell, *a, *b;
    libvig_writes();
    vector_borrow(dmap->values, index, &cell);
    dmap->copy(cell, value);
    dmap->extract(cell, &a, &b);
    map_put(dmap->a, a, index);
    map_put(dmap->b, b, index);
    dmap->pack(cell, a, b);
    vector_return(dmap->values, index, cell);
    return 1;
}

/* Removes the value at an index that is in use. */
static inline int dmap_erase(struct DoubleMap *dmap, int index)
{
    void *cell, *a, *b, *trash;
    libvig_writes();
    vector_borrow(dmap->values, index, &cell);
    dmap->extract(cell, &a, &b);
    map_erase(dmap->a, a, &trash);
    map_erase(dmap->b, b, &trash);
    dmap->pack(cell, a, b);
    dmap->destroy(cell);
    vector_return(dmap->values, index, cell);
    return 1;
}

static inline void dmap_get_value(struct DoubleMap *dmap, int index, void *value_out)
{
    void *cell;
    vector_borrow(dmap->values, index, &cell);
    dmap->copy(value_out, cell);
    vector_return(dmap->values, index, cell);
}

static inline int dmap_size(struct DoubleMap *dmap)
{
    return (int)map_size(dmap->a);
}

#endif
