/* One comparison: a network function under some strategy on some cores, given the traffic of a story. */
#ifndef RSSC_TRIAL_H
#define RSSC_TRIAL_H

#include "check/compare.h"
#include "check/story.h"
#include "common/parse.h"
#include "sharing/cores.h"

/* How large states are. */
struct size {
    const char *name;
    size_t capacity; /* of a state that is the only one */
    bool roomy;      /* a part holds as much, so that no flow finds its state full; otherwise its share */
};

struct trial {
    const struct story *story;
    const struct keys *keys;
    enum strategy strategy;
    unsigned cores;
    const struct size *size;
    uint64_t over; /* what the single core counted of packets beyond a limit */
};

/* Makes the story's verdicts and outputs: the plain function on one core, a packet at a time. */
bool trial_tell(struct story *story, const struct size *size, struct nf_counters *counters,
                bool (*next)(void *source, struct story *story), void *source);

enum outcome_of_trial { TRIAL_SAME, TRIAL_DIFFERENT, TRIAL_BROKEN };

/* Compares and prints a line; where the runs differ without a reason, also the packets concerned. TRIAL_BROKEN
 * with a message where it could not be carried through. */
enum outcome_of_trial trial_run(const struct trial *trial);

/* Capacity of each state of a trial. */
size_t trial_capacity(const struct trial *trial);

/* What hashes the packets of every port to the trial's cores. */
bool trial_steer(const struct trial *trial, struct steering steering[NF_PORTS]);

/* Seed of states that must do the same to the last estimate. */
#define TRIAL_SEED UINT64_C(7)

#endif
