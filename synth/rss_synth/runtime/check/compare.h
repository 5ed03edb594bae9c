/* Whether two runs sent the same, up to the names that the function gives. */
#ifndef RSSC_COMPARE_H
#define RSSC_COMPARE_H

#include "check/names.h"
#include "check/story.h"

enum difference {
    SAME,
    DIFFERENT_VERDICT,
    DIFFERENT_BYTES,
    DIFFERENT_CHECKSUM, /* one is right where the other is wrong */
    DIFFERENT_NAMES,    /* one gave to a flow the name of another that is alive */
    OUT_OF_MEMORY,
};

/* What the second run does with an event of the story. */
struct outcome {
    int verdict;
    const uint8_t *bytes; /* as long as the event's */
};

/* Writes to `frame` what comes in to the second run. */
void compare_translate(const struct names *names, const struct nf_traits *traits, const struct story *story,
                       size_t event, uint8_t *frame);

/* Compares what the runs did with an event, and pairs the names that they gave. */
enum difference compare_outcomes(struct names *names, const struct nf_traits *traits, const struct story *story,
                                 size_t event, struct outcome second);

/* Whether the function gives any names. */
bool compare_has_names(const struct nf_traits *traits);

#endif
