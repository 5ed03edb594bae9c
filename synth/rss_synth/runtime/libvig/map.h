/* Numbers by key. Keys stay where they are, in a cell of a vector as a rule, and must not change while they are in;
 * or the map keeps copies. */
#ifndef RSSC_LIBVIG_MAP_H
#define RSSC_LIBVIG_MAP_H

#include "libvig/callback.h"
#include "libvig/here.h"

struct map_cell {
    void *key; /* NULL: empty */
    uint32_t hash;
    int32_t value;
};

/* Cells are at most half full, and none stands behind a gap on its way: probes end at the first empty one. */
struct Map {
    struct map_cell *cells;
    map_keys_equality *keq;
    map_key_hash *khash;
    uint64_t seed;
    uint32_t mask; /* cells - 1 */
    unsigned capacity;
    unsigned size;
    uint8_t *copies;  /* `capacity` keys that it keeps itself; NULL: they stay where they are */
    uint32_t *vacant; /* the copies that are free: the first capacity - size */
    unsigned key_bytes;
};

/* 1, or 0 where there is no memory for `capacity` keys. */
int map_allocate(map_keys_equality *keq, map_key_hash *khash, unsigned capacity, struct Map **map_out);

/* Makes an empty map copy its keys, for callers that have them on the stack. 1, or 0 where there is no memory. */
int map_keep_keys(struct Map *map, unsigned bytes);

static inline uint32_t map_hash(const struct Map *map, void *key)
{
    return libvig_spread(libvig_ask_hash(map->khash, key, map->seed), map->seed);
}

/* The cell of a key, or the empty one where it belongs. */
static inline uint32_t map_find(const struct Map *map, void *key, uint32_t hash)
{
    uint32_t at = hash & map->mask;
    while (map->cells[at].key && !(map->cells[at].hash == hash && map->keq(map->cells[at].key, key)))
        at = (at + 1) & map->mask;
    return at;
}

/* Whether the key is there; its number then. */
static inline int map_get(struct Map *map, void *key, int *value_out)
{
    const struct map_cell *cell = &map->cells[map_find(map, key, map_hash(map, key))];
    if (!cell->key)
        return 0;
    *value_out = cell->value;
    return 1;
}

static inline void *map_copy(struct Map *map, const void *key)
{
    uint8_t *copy = map->copies + (size_t)map->vacant[map->capacity - map->size - 1] * map->key_bytes;
    memcpy(copy, key, map->key_bytes);
    return copy;
}

/* Sets the number of a key. A full map stays as it is: libVig forbids the call. */
static inline void map_put(struct Map *map, void *key, int value)
{
    libvig_writes();
    uint32_t hash = map_hash(map, key);
    struct map_cell *cell = &map->cells[map_find(map, key, hash)];
    if (!cell->key && map->size == map->capacity)
        return;
    if (map->copies)
        key = cell->key ? cell->key : map_copy(map, key);
    map->size += !cell->key;
    *cell = (struct map_cell){.key = key, .hash = hash, .value = value};
}

/* Moves back every later cell of the run that may stand in the gap at `hole`. */
static inline void map_close_gap(struct Map *map, uint32_t hole)
{
    for (uint32_t at = (hole + 1) & map->mask; map->cells[at].key; at = (at + 1) & map->mask) {
        uint32_t wanted = map->cells[at].hash & map->mask;
        if (((at - wanted) & map->mask) < ((at - hole) & map->mask))
            continue;
        map->cells[hole] = map->cells[at];
        hole = at;
    }
    map->cells[hole].key = NULL;
}

/* Removes a key; `trash` receives where the map had it. */
static inline void map_erase(struct Map *map, void *key, void **trash)
{
    uint32_t at = map_find(map, key, map_hash(map, key));
    if (!map->cells[at].key)
        return;
    libvig_writes();
    *trash = map->cells[at].key;
    map_close_gap(map, at);
    map->size--;
    if (map->copies) {
        size_t offset = (size_t)((uint8_t *)*trash - map->copies);
        map->vacant[map->capacity - map->size - 1] = (uint32_t)(offset / map->key_bytes);
    }
}

static inline unsigned map_size(struct Map *map)
{
    return map->size;
}

#endif
