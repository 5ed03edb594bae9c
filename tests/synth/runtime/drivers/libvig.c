/* libVig's functions for a Python test: every call is a look of its own, by a core at a time. */
#include "libvig/libvig.h"

#include <stdlib.h>

enum { ENDED = -3, ARENA_BYTES = 1 << 25 };

static struct nf_shape shape;
static struct libvig_arena arena;
static uint8_t *memory;
static unsigned modulus = 1; /* hashes are below it */

static struct nf_pass pass = {.writer = true};
static uint8_t nothing;
static struct packet packet = {.data = &nothing};

#ifdef NF_LOCKS
#define LOOK                              \
    libvig_begin(NULL, &pass, &packet);   \
    if (setjmp(libvig_here.look) != 0) {  \
        libvig_undo();                    \
        return ENDED;                     \
    }
#else
#define LOOK libvig_begin(NULL, &pass, &packet);
#endif

/* Forgets everything: what is allocated from now on is shared by `sharers` cores. */
void test_start(unsigned sharers, uint64_t seed, unsigned hashes)
{
    free(memory);
    memory = calloc(1, ARENA_BYTES + 64); /* pages that are not touched cost nothing */
    shape = (struct nf_shape){.capacity = 8, .sharers = sharers, .parts = 1, .seed = seed};
    arena = (struct libvig_arena){
        .shape = &shape, .memory = memory + (64 - (uintptr_t)memory % 64), .bytes = ARENA_BYTES};
    modulus = hashes;
    pass = (struct nf_pass){.writer = true};
    packet = (struct packet){.data = &nothing};
    libvig_begin(NULL, &pass, &packet);
    libvig_here.arena = &arena;
}

/* What follows is done by a core that may write or not. */
void test_pass(unsigned core, int writer)
{
    libvig_here.arena = NULL;
    pass = (struct nf_pass){.core = core, .writer = writer != 0};
}

NF_TM_SAFE static bool key_eq(void *first, void *second)
{
    return *(uint64_t *)first == *(uint64_t *)second;
}

NF_TM_SAFE static unsigned key_hash(void *key)
{
    return (unsigned)(*(uint64_t *)key % modulus);
}

NF_TM_SAFE static unsigned wide_hash(void *key)
{
    return libvig_hash(key, 20);
}

/* What a map of this seed makes of keys that are 20 bytes each; of keys that no map asks for where `alone`. */
void test_hashes(uint8_t *keys, unsigned count, uint64_t seed, int alone, uint32_t *hashes)
{
    for (unsigned i = 0; i < count; i++)
        hashes[i] = alone ? wide_hash(keys + 20 * i) : libvig_ask_hash(wide_hash, keys + 20 * i, seed);
}

/* --- double chain --- */

struct DoubleChain *test_chain(int range)
{
    struct DoubleChain *chain;
    return dchain_allocate(range, &chain) ? chain : NULL;
}

int test_chain_new(struct DoubleChain *chain, int *index, int64_t time)
{
    LOOK return dchain_allocate_new_index(chain, index, time);
}

int test_chain_renew(struct DoubleChain *chain, int index, int64_t time)
{
    LOOK return dchain_rejuvenate_index(chain, index, time);
}

int test_chain_expire(struct DoubleChain *chain, int *index, int64_t time)
{
    LOOK return dchain_expire_one_index(chain, index, time);
}

int test_chain_free(struct DoubleChain *chain, int index)
{
    LOOK return dchain_free_index(chain, index);
}

int test_chain_has(struct DoubleChain *chain, int index)
{
    LOOK return dchain_is_index_allocated(chain, index);
}

/* Renews one index and frees another: a reader's look ends in between. */
int test_chain_renew_and_free(struct DoubleChain *chain, int index, int64_t time, int other)
{
    LOOK dchain_rejuvenate_index(chain, index, time);
    return dchain_free_index(chain, other);
}

/* --- map, vector --- */

struct Map *test_map(unsigned capacity)
{
    struct Map *map;
    return map_allocate(key_eq, key_hash, capacity, &map) ? map : NULL;
}

void *test_copying_map(unsigned capacity)
{
    struct Map *map;
    return map_allocate(key_eq, key_hash, capacity, &map) && map_keep_keys(map, sizeof(uint64_t)) ? map : NULL;
}

int test_map_get(struct Map *map, uint64_t *key, int *value)
{
    LOOK return map_get(map, key, value);
}

int test_map_put(struct Map *map, uint64_t *key, int value)
{
    LOOK map_put(map, key, value);
    return 0;
}

int test_map_erase(struct Map *map, uint64_t *key, void **trash)
{
    LOOK map_erase(map, key, trash);
    return 0;
}

int test_map_size(struct Map *map)
{
    LOOK return (int)map_size(map);
}

struct Vector *test_vector(int bytes, unsigned capacity)
{
    struct Vector *vector;
    return vector_allocate(bytes, capacity, NULL, &vector) ? vector : NULL;
}

int test_vector_get(struct Vector *vector, int index, void *out)
{
    void *cell;
    LOOK vector_borrow(vector, index, &cell);
    memcpy(out, cell, vector->bytes);
    vector_return(vector, index, cell);
    return memcmp(out, vector_read(vector, index), vector->bytes) == 0;
}

int test_vector_set(struct Vector *vector, int index, const void *value)
{
    void *cell;
    LOOK vector_borrow(vector, index, &cell);
    memcpy(cell, value, vector->bytes);
    vector_return(vector, index, cell);
    return 0;
}

/* --- map with two keys --- */

struct pair {
    uint64_t a, b;
};

NF_TM_SAFE static void pair_copy(void *to, void *from)
{
    *(struct pair *)to = *(struct pair *)from;
}

NF_TM_SAFE static void pair_destroy(void *pair)
{
    *(struct pair *)pair = (struct pair){0};
}

NF_TM_SAFE static void pair_extract(void *pair, void **a, void **b)
{
    *a = &((struct pair *)pair)->a;
    *b = &((struct pair *)pair)->b;
}

NF_TM_SAFE static void pair_pack(void *pair, void *a, void *b)
{
    (void)pair, (void)a, (void)b;
}

struct DoubleMap *test_dmap(unsigned capacity)
{
    struct DoubleMap *map;
    return dmap_allocate(key_eq, key_hash, key_eq, key_hash, sizeof(struct pair), pair_copy, pair_destroy, pair_extract,
                         pair_pack, capacity, capacity, &map)
               ? map
               : NULL;
}

int test_dmap_put(struct DoubleMap *map, struct pair *pair, int index)
{
    LOOK return dmap_put(map, pair, index);
}

int test_dmap_get_a(struct DoubleMap *map, uint64_t *key, int *index)
{
    LOOK return dmap_get_a(map, key, index);
}

int test_dmap_get_b(struct DoubleMap *map, uint64_t *key, int *index)
{
    LOOK return dmap_get_b(map, key, index);
}

int test_dmap_value(struct DoubleMap *map, int index, struct pair *pair)
{
    LOOK dmap_get_value(map, index, pair);
    return dmap_size(map);
}

int test_dmap_expire(struct DoubleChain *chain, struct DoubleMap *map, int64_t time)
{
    LOOK return expire_items(chain, map, time);
}

/* --- sketch --- */

struct Sketch *test_sketch(unsigned capacity, uint16_t threshold)
{
    struct Sketch *sketch;
    return sketch_allocate(key_hash, capacity, threshold, &sketch) ? sketch : NULL;
}

/* A key's counter in each row. */
int test_sketch_places(struct Sketch *sketch, uint64_t *key, uint32_t *places)
{
    LOOK sketch_compute_hashes(sketch, key);
    memcpy(places, sketch_key(sketch)->counter, sizeof sketch_key(sketch)->counter);
    return 0;
}

int test_sketch_fetch(struct Sketch *sketch, uint64_t *key)
{
    LOOK sketch_compute_hashes(sketch, key);
    return sketch_fetch(sketch);
}

int test_sketch_touch(struct Sketch *sketch, uint64_t *key, int64_t time)
{
    LOOK sketch_compute_hashes(sketch, key);
    return sketch_touch_buckets(sketch, time);
}

int test_sketch_refresh(struct Sketch *sketch, uint64_t *key, int64_t time)
{
    LOOK sketch_compute_hashes(sketch, key);
    sketch_refresh(sketch, time);
    return 0;
}

int test_sketch_expire(struct Sketch *sketch, int64_t time)
{
    LOOK sketch_expire(sketch, time);
    return 0;
}

/* --- tables filled at the start --- */

int test_cht_fill(struct Vector *cht, uint32_t height, uint32_t backends)
{
    LOOK return cht_fill_cht(cht, height, backends);
}

int test_cht_find(uint64_t hash, struct Vector *cht, struct DoubleChain *active, uint32_t height, uint32_t backends)
{
    int chosen;
    LOOK return cht_find_preferred_available_backend(hash, cht, active, height, backends, &chosen) ? chosen : -1;
}

struct lpm *test_lpm(void)
{
    struct lpm *lpm;
    return lpm_allocate(&lpm) ? lpm : NULL;
}

int test_lpm_update(struct lpm *lpm, uint32_t prefix, uint8_t length, uint16_t value)
{
    LOOK return lpm_update_elem(lpm, prefix, length, value);
}

int test_lpm_lookup(struct lpm *lpm, uint32_t address)
{
    LOOK return lpm_lookup_elem(lpm, address);
}

/* --- index set --- */

struct index_set *test_set(unsigned capacity)
{
    struct index_set *set = libvig_allocate(sizeof *set);
    index_set_init(set, libvig_allocate(index_set_bytes(capacity)), capacity);
    return set;
}

void test_set_add(struct index_set *set, uint32_t number)
{
    index_set_add(set, number);
}

void test_set_remove(struct index_set *set, uint32_t number)
{
    index_set_remove(set, number);
}

int64_t test_set_first(struct index_set *set)
{
    return index_set_is_empty(set) ? -1 : (int64_t)index_set_first(set);
}

/* --- packets --- */

/* Writes another source address and port into a packet, inverts the last of `l4_bytes` borrowed bytes if there are
 * more than those ports, and corrects the checksums, `times` times. 0 where it has no such headers. A reader's look ends after that, if `then_write`. */
int test_translate(uint8_t *data, uint16_t length, const uint8_t *address, const uint8_t *port, uint16_t l4_bytes,
                   int times, int then_write)
{
    packet = (struct packet){.data = data, .length = length};
    LOOK uint8_t *options;
    struct rte_ipv4_hdr *ip = nf_then_get_rte_ipv4_header(nf_then_get_ether_header(data), data, &options);
    uint8_t *l4 = ip ? nf_borrow_next_chunk(data, l4_bytes) : NULL;
    if (!l4)
        return 0;
    memcpy(&ip->src_addr, address, 4);
    memcpy(l4, port, 2);
    if (l4_bytes > 4)
        l4[l4_bytes - 1] ^= 0xff;
    for (int i = 0; i < times; i++)
        nf_set_rte_ipv4_udptcp_checksum(ip, l4, data);
    nf_return_all_chunks(data);
    if (then_write)
        libvig_writes();
    return 1;
}

int test_chunks(uint8_t *data, uint16_t length, const uint16_t *lengths, int count, uint16_t *unread)
{
    packet = (struct packet){.data = data, .length = length};
    uint32_t total;
    LOOK packet_state_total_length(data, &total);
    for (int i = 0; i < count; i++) {
        void *chunk;
        packet_borrow_next_chunk(data, lengths[i], &chunk);
        if (chunk && chunk != data + (total - unread[i]))
            return -1;
        unread[i + 1] = (uint16_t)packet_get_unread_length(data);
        if (chunk)
            packet_return_chunk(data, chunk);
    }
    return (int)total;
}
