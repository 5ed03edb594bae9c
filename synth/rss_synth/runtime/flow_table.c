#include "flow_table.h"

#include <assert.h>
#include <string.h>

static_assert(sizeof(struct flow_key) == 40, "keys are compared as bytes");
static_assert(sizeof(struct flow) == 64, "a flow is one cache line");

/* Load at most one half keeps probe sequences short, for hits and misses alike. */
static size_t slot_count(size_t capacity)
{
    size_t slots = 2;
    while (slots < 2 * capacity)
        slots *= 2;
    return slots;
}

size_t flow_table_bytes(size_t capacity)
{
    return capacity * sizeof(struct flow) + slot_count(capacity) * sizeof(struct flow_slot);
}

void flow_table_init(struct flow_table *table, void *memory, size_t capacity, uint64_t seed)
{
    size_t slots = slot_count(capacity);
    *table = (struct flow_table){
        .flows = memory, .seed = seed, .mask = (uint32_t)(slots - 1), .oldest = FLOW_NONE, .newest = FLOW_NONE};
    table->slots = (struct flow_slot *)(void *)(table->flows + capacity);
    for (size_t i = 0; i < slots; i++)
        table->slots[i] = (struct flow_slot){0, FLOW_NONE};
    for (size_t i = 0; i < capacity; i++)
        table->flows[i].newer = i + 1 < capacity ? (uint32_t)(i + 1) : FLOW_NONE;
    table->free = 0;
}

uint32_t flow_table_hash(const struct flow_table *table, const struct flow_key *key)
{
    uint64_t words[sizeof *key / sizeof(uint64_t)];
    memcpy(words, key, sizeof words);
    uint64_t hash = table->seed;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        hash = (hash ^ words[i]) * UINT64_C(0x9e3779b97f4a7c15);
        hash ^= hash >> 29;
    }
    return (uint32_t)(hash >> 32 ^ hash);
}

static bool same_key(const struct flow *flow, const struct flow_key *key)
{
    return memcmp(&flow->key, key, sizeof *key) == 0;
}

uint32_t flow_table_find(const struct flow_table *table, const struct flow_key *key, uint32_t hash)
{
    for (uint32_t at = hash & table->mask;; at = (at + 1) & table->mask) {
        const struct flow_slot *slot = &table->slots[at];
        if (slot->flow == FLOW_NONE)
            return FLOW_NONE;
        if (slot->tag == hash && same_key(&table->flows[slot->flow], key))
            return slot->flow;
    }
}

static void append(struct flow_table *table, uint32_t flow)
{
    struct flow *entry = &table->flows[flow];
    entry->older = table->newest;
    entry->newer = FLOW_NONE;
    if (table->newest == FLOW_NONE)
        table->oldest = flow;
    else
        table->flows[table->newest].newer = flow;
    table->newest = flow;
}

static void unlink_flow(struct flow_table *table, uint32_t flow)
{
    const struct flow *entry = &table->flows[flow];
    if (entry->older == FLOW_NONE)
        table->oldest = entry->newer;
    else
        table->flows[entry->older].newer = entry->newer;
    if (entry->newer == FLOW_NONE)
        table->newest = entry->older;
    else
        table->flows[entry->newer].older = entry->older;
}

bool flow_table_insert(struct flow_table *table, const struct flow_key *key, uint32_t hash, int64_t now)
{
    uint32_t flow = table->free;
    if (flow == FLOW_NONE)
        return false;
    struct flow *entry = &table->flows[flow];
    table->free = entry->newer;
    entry->key = *key;
    entry->hash = hash;
    entry->last_used = now;
    append(table, flow);
    uint32_t at = hash & table->mask;
    while (table->slots[at].flow != FLOW_NONE)
        at = (at + 1) & table->mask;
    table->slots[at] = (struct flow_slot){hash, flow};
    return true;
}

void flow_table_touch(struct flow_table *table, uint32_t flow, int64_t now)
{
    table->flows[flow].last_used = now;
    if (table->newest == flow)
        return;
    unlink_flow(table, flow);
    append(table, flow);
}

/* Closes the gap at `hole`: moves back every later cell of the run that may stand there, so that no
 * tombstones are needed and probes end at the first empty cell. */
static void close_gap(struct flow_table *table, uint32_t hole)
{
    for (uint32_t at = (hole + 1) & table->mask; table->slots[at].flow != FLOW_NONE; at = (at + 1) & table->mask) {
        uint32_t wanted = table->slots[at].tag & table->mask;
        if (((at - wanted) & table->mask) < ((at - hole) & table->mask))
            continue;
        table->slots[hole] = table->slots[at];
        hole = at;
    }
    table->slots[hole].flow = FLOW_NONE;
}

void flow_table_erase(struct flow_table *table, uint32_t flow)
{
    uint32_t at = table->flows[flow].hash & table->mask;
    while (table->slots[at].flow != flow)
        at = (at + 1) & table->mask;
    close_gap(table, at);
    unlink_flow(table, flow);
    table->flows[flow].newer = table->free;
    table->free = flow;
}
