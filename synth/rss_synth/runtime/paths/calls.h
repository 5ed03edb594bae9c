/* libVig's functions as code made of call paths calls them: with numbers that symbolic execution proved to be in
 * range where a packet's conditions hold, and that are looked at here again, for packets that it did not think of. */
#ifndef RSSC_PATHS_CALLS_H
#define RSSC_PATHS_CALLS_H

#include "libvig/libvig.h"
#include "paths/bits.h"

/* A chain and how many indices it has. */
struct paths_chain {
    struct DoubleChain *chain;
    uint32_t range;
};

/* What an object of `whole` cells in the symbolic run has here, where what the run's largest chain counts is limited
 * to `capacity`: objects of a multiple of `flows` cells belong to them, others don't. */
static inline unsigned paths_cells(unsigned whole, unsigned flows)
{
    size_t capacity = libvig_here.arena->shape->capacity;
    if (flows == 0 || whole % flows != 0 || capacity >= flows)
        return whole;
    return (unsigned)capacity * (whole / flows);
}

static inline bool paths_make_map(map_keys_equality *same, map_key_hash *hash, unsigned capacity, struct Map **map)
{
    return map_allocate(same, hash, capacity, map) != 0;
}

static inline bool paths_make_chain(unsigned range, struct paths_chain *chain)
{
    chain->range = range;
    return dchain_allocate((int)range, &chain->chain) != 0;
}

static inline bool paths_map_get(struct Map *map, uint8_t *key, uint32_t *value)
{
    int found = 0;
    int there = map_get(map, key, &found);
    *value = (uint32_t)found;
    return there != 0;
}

static inline void paths_map_erase(struct Map *map, uint8_t *key)
{
    void *trash;
    map_erase(map, key, &trash);
}

/* NULL where there is no such cell. */
static inline uint8_t *paths_borrow(struct Vector *vector, uint32_t index)
{
    void *cell = NULL;
    if (index < vector->capacity)
        vector_borrow(vector, (int)index, &cell);
    return cell;
}

/* The same for code that only reads, and returns nothing: no other code writes to the vector meanwhile. */
static inline const uint8_t *paths_look(const struct Vector *vector, uint32_t index)
{
    return index < vector->capacity ? vector_read(vector, (int)index) : NULL;
}

static inline void paths_return(struct Vector *vector, uint32_t index, uint8_t *cell)
{
    vector_return(vector, (int)index, cell);
}

static inline bool paths_chain_allocate(const struct paths_chain *chain, uint32_t *index, int64_t time)
{
    int found = 0;
    int done = dchain_allocate_new_index(chain->chain, &found, time);
    *index = (uint32_t)found;
    return done != 0;
}

static inline bool paths_chain_holds(const struct paths_chain *chain, uint32_t index)
{
    return index < chain->range && dchain_is_index_allocated(chain->chain, (int)index) != 0;
}

static inline bool paths_chain_renew(const struct paths_chain *chain, uint32_t index, int64_t time)
{
    return index < chain->range && dchain_rejuvenate_index(chain->chain, (int)index, time) != 0;
}

static inline bool paths_chain_free(const struct paths_chain *chain, uint32_t index)
{
    return index < chain->range && dchain_free_index(chain->chain, (int)index) != 0;
}

static inline bool paths_chain_expire_one(const struct paths_chain *chain, uint32_t *index, int64_t time)
{
    int found = 0;
    int done = dchain_expire_one_index(chain->chain, &found, time);
    *index = (uint32_t)found;
    return done != 0;
}

static inline uint32_t paths_expire(const struct paths_chain *chain, struct Vector *keys, struct Map *map, int64_t time,
                                    uint32_t offset)
{
    return (uint32_t)expire_items_single_map_offseted(chain->chain, keys, map, time, (int)offset);
}

/* Cells past the end are not there. */
static inline uint32_t paths_expire_range(struct Vector *keys, struct Map *map, uint32_t start, uint32_t count)
{
    if (start >= keys->capacity)
        return 0;
    uint32_t there = count < keys->capacity - start ? count : keys->capacity - start;
    return (uint32_t)expire_items_single_map_iteratively(keys, map, (int)start, (int)there);
}

static inline bool paths_choose_backend(uint64_t hash, struct Vector *cht, const struct paths_chain *active,
                                        uint32_t height, uint32_t capacity, uint32_t *chosen)
{
    int found = 0;
    int done = cht_find_preferred_available_backend(hash, cht, active->chain, height, capacity, &found);
    *chosen = (uint32_t)found;
    return done != 0;
}

/* The next `length` bytes of the packet, of which at least `looked_at` must be there; NULL where they are not. */
static inline uint8_t *paths_borrow_chunk(uint32_t length, uint32_t looked_at)
{
    void *chunk = NULL;
    if (length >= looked_at)
        packet_borrow_next_chunk(NULL, length, &chunk);
    return chunk;
}

/* The frame as the NIC saw it. */
static inline const struct packet *paths_frame(void)
{
    return libvig_here.frame;
}

/* Whether the NIC reads the ports of an IPv4 packet where a function does that does not know of options. */
static inline bool paths_is_plain(const struct packet *frame)
{
    return frame->version != 4 || (frame->data[frame->l3] & 15) == 5;
}

#endif
