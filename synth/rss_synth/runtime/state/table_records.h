/* The records of a table and how keys lead to them: state/table.h says when they are alive. */
#ifndef RSSC_TABLE_RECORDS_H
#define RSSC_TABLE_RECORDS_H

#include "nf/strategy.h"
#include "state/hash.h"
#include "state/lines.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define TABLE_NONE UINT32_MAX       /* no such flow, or no room */
#define TABLE_USED (UINT32_MAX - 2) /* `next` of a record in use */

/* Sizes in bytes; keys are whole words without padding, as they are compared and hashed as such. */
struct table_type {
    uint32_t key_bytes;
    uint32_t record_bytes;
};

struct table_record {
    int64_t last_seen; /* ns */
    uint32_t hash;
    uint32_t next; /* free record after this one, or TABLE_USED */
    /* key, value */
};

/* Initialises a `struct table_type` for keys and values of these sizes. A record never straddles cache lines. */
#define TABLE_TYPE(key_bytes, value_bytes) \
    { (key_bytes), TABLE_ROUND(sizeof(struct table_record) + (key_bytes) + (value_bytes)) }
#define TABLE_ROUND(bytes) ((bytes) <= 32 ? 32U : (uint32_t)WHOLE_LINES(bytes))

struct table_cell {
    uint32_t hash;
    uint32_t record; /* plus one; 0: empty */
};

struct table {
    uint8_t *records;
    struct table_cell *cells;
    int64_t *seen; /* NF_SHARED: by core, then record */
    uint64_t seed;
    int64_t expiry; /* ns */
    uint32_t mask;  /* cells - 1 */
    uint32_t capacity;
    uint32_t free;
    uint32_t hand; /* next record to look at for room */
    uint32_t sharers;
    uint32_t stride; /* entries of `seen` for each of them: whole cache lines */
};

/* Bytes for `table_init`, a multiple of 64. Capacities are 1 to MAX_CAPACITY. */
size_t table_bytes(struct table_type type, size_t capacity, unsigned sharers);

/* Makes an empty table in zeroed `memory`, aligned to 64 bytes. */
void table_init(struct table *table, void *memory, struct table_type type, size_t capacity, unsigned sharers,
                int64_t expiry, uint64_t seed);

static inline struct table_record *table_record(const struct table *table, struct table_type type, uint32_t flow)
{
    return (struct table_record *)(void *)(table->records + (size_t)flow * type.record_bytes);
}

static inline const void *table_key(const struct table *table, struct table_type type, uint32_t flow)
{
    return table_record(table, type, flow) + 1;
}

/* What is kept of a flow: zero when it is new. */
static inline void *table_value(const struct table *table, struct table_type type, uint32_t flow)
{
    return (uint8_t *)(table_record(table, type, flow) + 1) + type.key_bytes;
}

static inline uint64_t table_word(const void *bytes, uint32_t number)
{
    uint64_t word;
    memcpy(&word, (const uint8_t *)bytes + number * sizeof word, sizeof word);
    return word;
}

/* The hash under which a key is found. */
static inline uint32_t table_hash(const struct table *table, struct table_type type, const void *key)
{
    uint64_t hash = hash_words(table->seed, key, type.key_bytes / 8);
    return (uint32_t)(hash ^ hash >> 29);
}

static inline bool table_same_key(const void *left, const void *right, struct table_type type)
{
    uint64_t difference = 0;
    for (uint32_t i = 0; i < type.key_bytes / 8; i++)
        difference |= table_word(left, i) ^ table_word(right, i);
    return difference == 0;
}

/* Asks the memory for the cell of a hash. */
static inline void table_prefetch(const struct table *table, uint32_t hash)
{
    line_prefetch(&table->cells[hash & table->mask]);
}

/* Asks the memory for the record that the hash most likely leads to. */
static inline void table_fetch(const struct table *table, struct table_type type, uint32_t hash)
{
    uint32_t flow = table->cells[hash & table->mask].record - 1;
    if (flow != TABLE_NONE)
        line_prefetch(table_record(table, type, flow));
}

/* The record of a key, alive or not; TABLE_NONE where there is none. */
static inline uint32_t table_find(const struct table *table, struct table_type type, const void *key, uint32_t hash)
{
    for (uint32_t at = hash & table->mask;; at = (at + 1) & table->mask) {
        const struct table_cell *cell = &table->cells[at];
        if (cell->record == 0)
            return TABLE_NONE;
        if (cell->hash == hash && table_same_key(table_key(table, type, cell->record - 1), key, type))
            return cell->record - 1;
    }
}

/* Closes the gap at `hole`: moves back every later cell of the run that may stand there, so that no
 * tombstones are needed and probes end at the first empty cell. */
static inline void table_close_gap(struct table *table, uint32_t hole)
{
    for (uint32_t at = (hole + 1) & table->mask; table->cells[at].record; at = (at + 1) & table->mask) {
        uint32_t wanted = table->cells[at].hash & table->mask;
        if (((at - wanted) & table->mask) < ((at - hole) & table->mask))
            continue;
        table->cells[hole] = table->cells[at];
        hole = at;
    }
    table->cells[hole].record = 0;
}

/* Forgets a flow. For passes that may write. */
static inline void table_erase(struct table *table, struct table_type type, uint32_t flow)
{
    struct table_record *record = table_record(table, type, flow);
    uint32_t at = record->hash & table->mask;
    while (table->cells[at].record != flow + 1)
        at = (at + 1) & table->mask;
    table_close_gap(table, at);
    record->next = table->free;
    table->free = flow;
}

#endif
