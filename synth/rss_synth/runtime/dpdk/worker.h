/* What a core does: take packets, ask the network function, send. */
#ifndef RSSC_DPDK_WORKER_H
#define RSSC_DPDK_WORKER_H

#include "dpdk/intake.h"
#include "dpdk/options.h"
#include "dpdk/sender.h"
#include "sharing/program.h"
#include "steering/steering.h"

#include <rte_common.h>
#include <rte_ring.h>
#include <stdio.h>

/* What a distributor tells of a packet, in the mbuf's private area. */
struct passed {
    int64_t time;
    unsigned port;
};

/* Everything a core owns, and what it gets from others. */
struct worker {
    unsigned core; /* its queue on every port */
    const struct nf_program *program;
    struct nf_core *work;
    struct intake intake;                    /* without distributors */
    unsigned distributors;                   /* otherwise: */
    struct rte_ring *rings[MAX_DISTRIBUTORS]; /* packets from each */
    const bool *finished[MAX_DISTRIBUTORS];  /* set when nothing more comes */
    int64_t latest;                          /* time of the last packet */
    struct sender sender;
    struct counts counts[NF_PORTS];
    uint64_t done;                   /* packets taken from rings and finished: read by the distributor */
    const struct steering *steering; /* of each port, for samples */
    uint32_t *samples[NF_PORTS];     /* or NULL: packets by table entry, the last for those without; read by others */
    unsigned turn;                   /* which of a burst is sampled */
    FILE *verdicts;                  /* or NULL */
} __rte_cache_aligned;

/* Runs until signalled, until captures are drained, or until the distributors have finished. */
void worker_run(struct worker *worker);

#endif
