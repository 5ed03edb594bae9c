/* The equivalence check: a network function on one core, and the same on several, must do the same.
 *
 * One core with the plain function and a packet at a time tells the *story*: what came in, what was decided, what
 * was sent (check/story.h). Generated traffic (check/traffic.h) is a closed loop: replies are made of what the
 * function sent. Every strategy and number of cores is then given the story's packets, in its order and in bursts,
 * and compared event by event (check/trial.h).
 *
 * What may differ is what the function's file declares (`struct nf_traits`, nf/traits.h):
 *
 * - Names that it chooses (`names_source_port`), such as a NAT's external ports: outputs are compared up to a
 *   pairing of names per remote end, and packets to such a name go, in the other run, to its partner
 *   (check/names.h). So that what comes back to the other run answers what that run has sent. Checksums over names
 *   must be as right as the story's.
 * - Nothing else where there is *room for all*: every state holds CHECK_ROOMY flows, whether or not it is one of
 *   many.
 * - With *little room* states of one core each divide CHECK_TIGHT flows, so that a core can be full where a single
 *   one is not. A packet may then be treated otherwise, and is counted, if one before it at the same table entry
 *   found no room or was refused by estimates that can be too high (`table_full`, `doubtful` of `struct
 *   nf_counters`), and what it left out was not forgotten since (check/blame.h). The first such pair is shown. Any
 *   other difference is one, and with a shared state each is.
 * - How tables hash: states of one core each get other seeds than the story's.
 *
 * Cores that share a state get their packets by keys made up at random, so that one flow's packets come to several:
 * with the spec's keys, they would seldom touch the same flows. Shared states run as real threads, too
 * (check/threads.h). Their order of effects is recorded, and the plain function must do exactly the same with the
 * packets in that order. Times then go back by as much as threads are apart. */
#ifndef RSSC_CHECK_H
#define RSSC_CHECK_H

enum {
    CHECK_ROOMY = 8192,
    CHECK_TIGHT = 16, /* fewer than the traffic's hosts: everything that remembers gets full */
};

#endif
