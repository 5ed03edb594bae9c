#include "libvig/map.h"

#include "libvig/arena.h"

int map_allocate(map_keys_equality *keq, map_key_hash *khash, unsigned capacity, struct Map **map_out)
{
    if (capacity == 0 || capacity > MAX_CAPACITY)
        return 0;
    uint32_t cells = 2;
    while (cells < 2 * capacity)
        cells *= 2;
    struct Map *map = libvig_allocate(sizeof *map);
    struct map_cell *memory = libvig_allocate(cells * sizeof *memory);
    if (!map || !memory)
        return 0;
    *map = (struct Map){.cells = memory,
                        .keq = keq,
                        .khash = khash,
                        .seed = libvig_seed(),
                        .mask = cells - 1,
                        .capacity = capacity};
    *map_out = map;
    return 1;
}

int map_keep_keys(struct Map *map, unsigned bytes)
{
    uint8_t *copies = libvig_allocate((size_t)map->capacity * bytes);
    uint32_t *vacant = libvig_allocate(map->capacity * sizeof *vacant);
    if (!copies || !vacant)
        return 0;
    for (unsigned each = 0; each < map->capacity; each++)
        vacant[each] = each;
    map->copies = copies;
    map->vacant = vacant;
    map->key_bytes = bytes;
    return 1;
}
