/* A table of flows for a Python test. */
#include "nf/nf.h"
#include "state/table.h"

#include <stdlib.h>

static const struct table_type type = TABLE_TYPE(8, 8);

static struct table *table;
static void *memory;
static struct nf_counters counters;

void test_start(unsigned capacity, unsigned sharers, int64_t expiry, uint64_t seed)
{
    free(table);
    free(memory);
    size_t bytes = table_bytes(type, capacity, sharers);
    table = calloc(1, sizeof *table);
    memory = aligned_alloc(64, bytes);
    memset(memory, 0, bytes);
    counters = (struct nf_counters){0};
    table_init(table, memory, type, capacity, sharers, expiry, seed);
}

static struct nf_pass pass_of(unsigned core, int writer, int64_t now)
{
    return (struct nf_pass){.counters = &counters, .now = now, .core = core, .writer = writer != 0};
}

/* With `fits` cells in all, hashes below it make probes run into each other. */
static uint32_t hash_of(uint64_t key, uint32_t modulus)
{
    return modulus ? (uint32_t)(key % modulus) : table_hash(table, type, &key);
}

int64_t test_look(unsigned core, int writer, int64_t now, uint64_t key, uint32_t modulus)
{
    struct nf_pass pass = pass_of(core, writer, now);
    return table_look(table, type, &pass, &key, hash_of(key, modulus));
}

int64_t test_refresh(unsigned core, int writer, int64_t now, uint64_t key, uint32_t modulus)
{
    struct nf_pass pass = pass_of(core, writer, now);
    return table_refresh(table, type, &pass, &key, hash_of(key, modulus));
}

int64_t test_check(unsigned core, int writer, int64_t now, uint32_t flow)
{
    struct nf_pass pass = pass_of(core, writer, now);
    return table_check(table, type, &pass, flow);
}

int64_t test_insert(unsigned core, int64_t now, uint64_t key, uint32_t modulus)
{
    struct nf_pass pass = pass_of(core, 1, now);
    return table_insert(table, type, &pass, &key, hash_of(key, modulus));
}

void test_erase(uint32_t flow)
{
    table_erase(table, type, flow);
}

uint64_t *test_value(uint32_t flow)
{
    return table_value(table, type, flow);
}

uint64_t test_full(void)
{
    return counters.table_full;
}

/* Of keys that are three words each. */
void test_hashes(const uint64_t *keys, unsigned count, uint64_t seed, uint32_t *hashes)
{
    static const struct table_type wide = TABLE_TYPE(24, 0);
    const struct table seeded = {.seed = seed};
    for (unsigned i = 0; i < count; i++)
        hashes[i] = table_hash(&seeded, wide, keys + 3 * (size_t)i);
}
