/* Which names two runs gave to the same flows: external ports of a NAT, for instance, each towards one remote end.
 *
 * What the runs send is the same up to these names, and what comes back is addressed to them. So every flow that
 * both name pairs two names, and a packet to a name of one run is, in the other, one to its partner; a name that
 * nobody has there, if nobody has it here. Names of flows that are alive are distinct. */
#ifndef RSSC_NAMES_H
#define RSSC_NAMES_H

#include "packet/packet.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Towards whom a name is one. */
struct names_scope {
    uint8_t remote[16];
    uint8_t remote_port[2];
    uint8_t protocol;
    uint8_t version;
    uint8_t port; /* of the network function */
    uint8_t zero[3];
};

/* Whose name it is. */
struct names_owner {
    uint8_t address[16];
    uint8_t l4_port[2];
    uint8_t port; /* it came in on */
};

enum names_run { NAMES_FIRST, NAMES_SECOND, NAMES_RUNS };

struct names {
    struct names_entry *entries;
    size_t count, room; /* room is a power of two, at most half of it used */
    int64_t expiry;
    uint64_t pairs;   /* seen for the first time */
    uint64_t renamed; /* those of two different names */
};

/* What became of a pair of names. */
enum names_verdict { NAMES_FINE, NAMES_TAKEN, NAMES_NO_MEMORY };

bool names_start(struct names *names, int64_t expiry);

/* Notes that both runs sent a packet of `owner` to `scope` under these names at `time`. NAMES_TAKEN where one of
 * them belongs to another flow that is alive. */
enum names_verdict names_pair(struct names *names, const struct names_scope *scope, const struct names_owner *owner,
                              const uint16_t name[NAMES_RUNS], int64_t time);

/* The second run's name for what the first one calls `name`. */
uint16_t names_partner(const struct names *names, const struct names_scope *scope, uint16_t name);

void names_free(struct names *names);

#endif
