/* Why several cores that divide the room may treat a packet otherwise than one core does: one before it was refused,
 * there or here, and what both rest on has not been forgotten since.
 *
 * Packets that rest on the same state meet, so they come to the same *place*: a table entry, the same for tied ports.
 * What is not hashed has a place for itself. Where the function chooses what its packets hash to, they come to other
 * entries than in the other run, and all there is is one place. */
#ifndef RSSC_BLAME_H
#define RSSC_BLAME_H

#include "check/story.h"
#include "steering/steering.h"

/* A packet that found no room, or that an estimate refused which was too high. */
struct refusal {
    size_t event;
    bool here; /* on one of several cores; otherwise on the single one */
};

struct place {
    bool blamed;
    struct refusal refusal; /* the first that still counts */
    int64_t seen;
};

struct blame {
    struct place *places;
    size_t first[NF_PORTS]; /* place of every port's entry 0 */
    size_t count;
    int64_t expiry;
};

/* False without memory. */
bool blame_start(struct blame *blame, int64_t expiry);

void blame_free(struct blame *blame);

/* Takes note of a packet, and of whether it was refused there or here; packets come in the story's order. The refusal
 * that excuses a difference, which can be its own; NULL where none does. */
const struct refusal *blame_note(struct blame *blame, const struct story *story, size_t event,
                                 const struct steered *steered, bool refused_here);

#endif
