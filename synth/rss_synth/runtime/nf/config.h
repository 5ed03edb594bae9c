/* What the spec decided: filled in by config.c, read by everything else. */
#ifndef RSSC_CONFIG_H
#define RSSC_CONFIG_H

#include "packet/packet.h"
#include "roles.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAX_CORES 1024U
#define MAX_HASH_FIELDS 12U
#define MAX_MASKS 16U
#define MAX_CAPACITY (UINT32_C(1) << 28)

/* Where a piece of a hash input is read. */
enum hash_field {
    FIELD_MAC_DST,
    FIELD_MAC_SRC,
    FIELD_ETHER_TYPE,
    FIELD_IP_PROTO,
    FIELD_IPV4_SRC,
    FIELD_IPV4_DST,
    FIELD_IPV6_SRC,
    FIELD_IPV6_DST,
    FIELD_L4_SRC,
    FIELD_L4_DST,
    FIELD_SCTP_VTAG,
    FIELD_ESP_SPI,
};

/* The hash input of one class: fields in wire order, packed. No fields: the class is not hashed. */
struct hash_input {
    size_t fields;
    enum hash_field field[MAX_HASH_FIELDS];
};

/* How a hash becomes a table entry. */
enum hash_index { INDEX_LOW_BITS, INDEX_MODULO, INDEX_XOR_BYTES, INDEX_HIGH_BITS };

struct port_config {
    const char *name;
    uint16_t device; /* DPDK port number */
    const uint8_t *key;
    size_t key_bytes;
    uint32_t hash_initial;
    enum hash_index index;
    const uint16_t *table; /* queue of every entry, for the spec's number of queues */
    uint32_t table_size;
    uint32_t table_period;    /* entries after which a table for another number of queues repeats */
    unsigned masks;           /* of `mask`; 0: such a table is round robin */
    uint32_t mask[MAX_MASKS]; /* otherwise an entry's odd overlaps with masks are its place, first ones first */
    unsigned component;       /* the first port whose entries belong with this one's: the same for tied ports */
    bool default_from_table;  /* unhashed packets go to table[0] rather than to queue 0 */
    struct hash_input inputs[PACKET_CLASSES];
};

/* How cores share the state, as the spec says or `auto` decided. The build may try others. */
enum strategy { STRATEGY_SEQUENTIAL, STRATEGY_SHARED_NOTHING, STRATEGY_LOCKS, STRATEGY_TM };

struct nf_config {
    const char *name;
    const char *spec;
    unsigned queues; /* the spec's, on each port */
    enum strategy strategy;
    bool keys_serve; /* the keys make all packets meet that the function needs to: shared-nothing is right */
    bool asks_tables; /* the function looks where tables send packets, so they must not change */
    size_t capacity; /* flows that one state holds; states of one core each hold their share of it … */
    bool replicates; /* … or each the whole */
    bool stateful[PACKET_CLASSES]; /* those that every port hashes and the function has state for */
    struct port_config ports[NF_PORTS];
};

extern const struct nf_config nf_config;

#endif
