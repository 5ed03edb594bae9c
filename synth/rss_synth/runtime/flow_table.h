/* Flows by key, in the order of their last use. A fixed number of them; no allocation after the start. */
#ifndef RSSC_FLOW_TABLE_H
#define RSSC_FLOW_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FLOW_NONE UINT32_MAX

/* A connection as its inside end sees it: end 0 is on the LAN. No padding: compared and hashed as bytes. */
struct flow_key {
    uint8_t address[2][16]; /* IPv4 takes the first four bytes, the rest is zero */
    uint8_t port[2][2];
    uint8_t protocol;
    uint8_t version;
    uint8_t zero[2];
};

/* One cache line. */
struct flow {
    struct flow_key key;
    int64_t last_used; /* ns */
    uint32_t older;    /* neighbours in the order of use; `newer` also links free records */
    uint32_t newer;
    uint32_t hash;
    uint32_t reserved;
};

/* Index cell: the whole hash as tag, so that a probe seldom touches a foreign record. */
struct flow_slot {
    uint32_t tag;
    uint32_t flow; /* FLOW_NONE: empty */
};

struct flow_table {
    struct flow *flows;
    struct flow_slot *slots;
    uint64_t seed;
    uint32_t mask; /* cells - 1; a power of two, at least twice the capacity */
    uint32_t oldest;
    uint32_t newest;
    uint32_t free;
};

#define FLOW_TABLE_MAX_CAPACITY (UINT32_C(1) << 28)

/* Bytes of memory that `flow_table_init` needs for a capacity of 1 to FLOW_TABLE_MAX_CAPACITY. */
size_t flow_table_bytes(size_t capacity);

/* Makes an empty table in `memory`, aligned to 64 bytes, that the caller keeps. */
void flow_table_init(struct flow_table *table, void *memory, size_t capacity, uint64_t seed);

/* The hash under which a key is found and inserted. */
uint32_t flow_table_hash(const struct flow_table *table, const struct flow_key *key);

/* The flow of that key, FLOW_NONE if there is none. */
uint32_t flow_table_find(const struct flow_table *table, const struct flow_key *key, uint32_t hash);

/* Adds a flow that is not in the table as the newest; false if the table is full. */
bool flow_table_insert(struct flow_table *table, const struct flow_key *key, uint32_t hash, int64_t now);

/* Makes a flow the newest. */
void flow_table_touch(struct flow_table *table, uint32_t flow, int64_t now);

void flow_table_erase(struct flow_table *table, uint32_t flow);

#endif
