/* Traffic that is hard on a network function: few hosts and ports, so that flows collide; replies to what the
 * function sent, as it sent it; replies that are slightly off, packets on other ports than before; bursts of new
 * flows and scans; pauses about as long as flows live; every class of packet, and frames that are none. */
#ifndef RSSC_TRAFFIC_H
#define RSSC_TRAFFIC_H

#include "check/story.h"
#include "common/random.h"
#include "nf/traits.h"

struct traffic {
    struct random random;
    const struct nf_traits *traits;
    const struct story *story; /* so far */
    int64_t now;
    unsigned left; /* packets of the burst that goes on */
    bool scan;     /* it goes through the ports of one host */
    unsigned port; /* where it comes in */
    unsigned host;
    unsigned next; /* its packets so far, from a random number on */
};

void traffic_start(struct traffic *traffic, const struct nf_traits *traits, const struct story *story, uint64_t seed);

/* Makes the packet that follows the story, of at most STORY_MAX_FRAME bytes. */
struct event traffic_next(struct traffic *traffic, uint8_t *frame);

#endif
