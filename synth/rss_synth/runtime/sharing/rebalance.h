/* Moving table entries from busy cores to others while packets flow, only where their state can follow.
 *
 * Packets that must meet have the same entry on every port of a component, larger tables repeating the smallest.
 * Such entries are a group, and move together. Where cores share the state any group may move. Where each has its
 * own, nothing of a group may be left that a packet could ask for: all its flows have expired, which is sure when
 * the group has been idle for longer than the function remembers. In both cases none of its packets may be on its
 * way to the old core, as later ones would overtake it. */
#ifndef RSSC_REBALANCE_H
#define RSSC_REBALANCE_H

#include "sharing/program.h"
#include "steering/steering.h"

/* Groups that one round moves at most, which bounds its time. */
enum { REBALANCE_MOVES = 32 };

struct rebalance_plan {
    const struct nf_program *program;
    struct steering *steering; /* of each port, for `cores` cores: their tables are changed */
    unsigned cores;
};

struct rebalance_group {
    uint64_t weight; /* of its packets, of which every round forgets a part */
    uint64_t ticket;  /* number of its last packet among those of its core; 0: none */
    int64_t seen;     /* time of its last packet, if it has `begun` */
    uint16_t core;
    bool begun;
};

struct rebalance {
    struct steering *steering;
    unsigned cores;
    bool idle_only; /* groups that have been idle for longer than `expiry` */
    int64_t expiry; /* ns */
    struct rebalance_group *groups;
    uint32_t count;
    uint32_t first[NF_PORTS]; /* group of a port's entry 0 */
    uint64_t *given;          /* packets that each core got */
    uint64_t *done;           /* how many of them it has finished: the caller keeps this up to date */
    uint64_t *fixed;          /* weight of each core's packets that have no entry */
    uint64_t *load;           /* of each core, in a round */
    uint64_t rounds;
    uint64_t moves;
};

/* Fails, saying why, where entries must not move at all or what is tied is not on one core to begin with. */
bool rebalance_init(struct rebalance *rebalance, const struct rebalance_plan *plan);

void rebalance_free(struct rebalance *rebalance);

/* Notes `packets` that were given to their core, the last of them at `now`. */
void rebalance_note(struct rebalance *rebalance, unsigned port, const struct steered *steered, uint64_t packets,
                    int64_t now);

/* Whether the group of entry `entry` may move. */
bool rebalance_may_move(const struct rebalance *rebalance, unsigned port, uint32_t entry, int64_t now);

/* Moves the group of an entry, in the tables of all its ports. Refuses, changing nothing, what may not move. */
bool rebalance_move(struct rebalance *rebalance, unsigned port, uint32_t entry, unsigned core, int64_t now);

/* Moves what evens out the cores' loads; returns how many groups. */
unsigned rebalance_round(struct rebalance *rebalance, int64_t now);

#endif
