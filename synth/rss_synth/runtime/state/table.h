/* Flows by key, with an age each: a fixed number of records, no allocation after the start.
 *
 * Keys and values have sizes that the compiler knows (`struct table_type`), records are found through cells
 * that hold the whole hash, at a load of one half at most. A flow that has not been seen for the expiry is
 * not found, whether or not its room was taken back; that happens when someone asks for it who may write, or when
 * new flows need room.
 *
 * Where cores share the table, each writes the ages it knows to a place of its own, so that seeing a flow
 * again is no write that others could notice. The record's age is brought up to date by writers. */
#ifndef RSSC_TABLE_H
#define RSSC_TABLE_H

#include "nf/nf.h"
#include "state/table_records.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define TABLE_ASK (UINT32_MAX - 1) /* only a pass that may write can tell: end this one with NF_AGAIN */

enum {
    TABLE_HAND_STEPS = 4,  /* records that an insertion looks at to take back: more than it uses */
    TABLE_HAND_REACH = 64, /* where no record is free: bounds the time of one packet */
};

/* Where core `core` writes when it saw a flow. */
static inline int64_t *table_own(const struct table *table, unsigned core, uint32_t flow)
{
    return &table->seen[(size_t)core * table->stride + flow];
}

/* When any core saw a flow last, brought into its record. For passes that may write. */
static inline int64_t table_age(const struct table *table, struct table_type type, uint32_t flow)
{
    struct table_record *record = table_record(table, type, flow);
    for (unsigned core = 0; NF_SHARED && core < table->sharers; core++)
        if (*table_own(table, core, flow) > record->last_seen)
            record->last_seen = *table_own(table, core, flow);
    return record->last_seen;
}

/* Notes that a flow was seen. */
static inline void table_see(const struct table *table, struct table_type type, const struct nf_pass *pass,
                             uint32_t flow)
{
    int64_t *seen = NF_SHARED ? table_own(table, pass->core, flow) : &table_record(table, type, flow)->last_seen;
    if (pass->now > *seen)
        *seen = pass->now;
}

/* Whether a flow is alive as far as this core knows. */
static inline bool table_known_alive(const struct table *table, struct table_type type, const struct nf_pass *pass,
                                     uint32_t flow)
{
    int64_t seen = table_record(table, type, flow)->last_seen;
    if (NF_SHARED && *table_own(table, pass->core, flow) > seen)
        seen = *table_own(table, pass->core, flow);
    return pass->now - seen <= table->expiry;
}

/* What comes of a flow that this core takes for dead: others may have seen it. If none has it is forgotten, so that
 * whoever asks for it again makes no writers wait: TABLE_NONE. */
__attribute__((cold)) static inline uint32_t table_doubt(struct table *table, struct table_type type,
                                                          const struct nf_pass *pass, uint32_t flow)
{
    if (!nf_may_write(pass))
        return TABLE_ASK;
    if (pass->now - table_age(table, type, flow) <= table->expiry)
        return flow;
    table_erase(table, type, flow);
    pass->counters->expired++;
    return TABLE_NONE;
}

/* The flow of a key without noting that it was seen; TABLE_NONE where there is none or it has expired. */
static inline uint32_t table_look(struct table *table, struct table_type type, const struct nf_pass *pass,
                                  const void *key, uint32_t hash)
{
    uint32_t flow = table_find(table, type, key, hash);
    bool certain = flow == TABLE_NONE || table_known_alive(table, type, pass, flow);
    return certain ? flow : table_doubt(table, type, pass, flow);
}

/* The flow of a key, which thereby lives on; TABLE_NONE where there is none or it has expired. For functions that
 * don't ask for another pass once it is found: others must not see ages of packets that have yet to take effect, so
 * that those look first and see when all is certain. */
static inline uint32_t table_refresh(struct table *table, struct table_type type, const struct nf_pass *pass,
                                     const void *key, uint32_t hash)
{
    uint32_t flow = table_look(table, type, pass, key, hash);
    if (flow < TABLE_USED)
        table_see(table, type, pass, flow);
    return flow;
}

/* Whether a record holds a flow that is alive: for functions that come by its number, not by its key.
 * TABLE_ASK and TABLE_NONE as `table_look`, otherwise `flow`. */
static inline uint32_t table_check(struct table *table, struct table_type type, const struct nf_pass *pass,
                                   uint32_t flow)
{
    if (flow >= table->capacity || table_record(table, type, flow)->next != TABLE_USED)
        return TABLE_NONE;
    return table_known_alive(table, type, pass, flow) ? flow : table_doubt(table, type, pass, flow);
}

/* Asks the other cores only where what is known is too old: a full table must not cost a look at all of them. */
static inline bool table_is_expired(const struct table *table, struct table_type type, const struct nf_pass *pass,
                                    uint32_t flow)
{
    const struct table_record *record = table_record(table, type, flow);
    return record->next == TABLE_USED && pass->now - record->last_seen > table->expiry &&
           pass->now - table_age(table, type, flow) > table->expiry;
}

/* Takes back the room of flows that have expired, from where it was left, until that is enough. */
static inline void table_take_back(struct table *table, struct table_type type, const struct nf_pass *pass)
{
    for (uint32_t step = 0; step < TABLE_HAND_STEPS || (step < TABLE_HAND_REACH && table->free == TABLE_NONE); step++) {
        uint32_t flow = table->hand;
        table->hand = flow + 1 == table->capacity ? 0 : flow + 1;
        if (!table_is_expired(table, type, pass, flow))
            continue;
        table_erase(table, type, flow);
        pass->counters->expired++;
    }
}

static inline void table_forget_ages(const struct table *table, uint32_t flow)
{
    for (unsigned core = 0; NF_SHARED && core < table->sharers; core++)
        *table_own(table, core, flow) = INT64_MIN;
}

static inline void table_start(const struct table *table, struct table_type type, const struct nf_pass *pass,
                               uint32_t flow)
{
    struct table_record *record = table_record(table, type, flow);
    record->last_seen = pass->now;
    table_forget_ages(table, flow);
    memset((uint8_t *)(record + 1) + type.key_bytes, 0, type.record_bytes - sizeof *record - type.key_bytes);
    pass->counters->created++;
}

/* Adds the flow of a key for which `table_look` found none in this pass, seen now, its value zero. TABLE_NONE where
 * there is no room, which is counted. For passes that may write. */
static inline uint32_t table_insert(struct table *table, struct table_type type, const struct nf_pass *pass,
                                    const void *key, uint32_t hash)
{
    table_take_back(table, type, pass);
    uint32_t flow = table->free;
    if (flow == TABLE_NONE) {
        pass->counters->table_full++;
        return TABLE_NONE;
    }
    struct table_record *record = table_record(table, type, flow);
    table->free = record->next;
    record->next = TABLE_USED;
    record->hash = hash;
    memcpy(record + 1, key, type.key_bytes);
    table_start(table, type, pass, flow);
    uint32_t at = hash & table->mask;
    while (table->cells[at].record)
        at = (at + 1) & table->mask;
    table->cells[at] = (struct table_cell){hash, flow + 1};
    return flow;
}

#endif
