/* What one lcore does: receive, ask the network function, send. */
#ifndef RSSC_DPDK_WORKER_H
#define RSSC_DPDK_WORKER_H

#include "nf/nf.h"

#include <rte_common.h>
#include <rte_mbuf.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { WORKER_BURST = 32 };

/* mbufs on their way out of one port. */
struct outbox {
    struct rte_mbuf *mbufs[WORKER_BURST];
    uint16_t count;
};

/* Everything a core owns. */
struct worker {
    unsigned core;  /* its queue on every port */
    bool presplit;  /* ports are merged by the packets' own times, until all captures are drained */
    size_t timestamp; /* offset of the time in an mbuf, and the flag that says it is there */
    uint64_t timestamp_flag;
    struct nf_core work;
    FILE *verdicts; /* or NULL */
    bool failed;
    struct outbox outboxes[NF_PORTS];
    uint64_t received[NF_PORTS];
    uint64_t forwarded;
    uint64_t dropped;
    uint64_t unsent;
} __rte_cache_aligned;

/* Runs until `worker_stop_all`, or in presplit mode until nothing more comes. `worker` is a struct worker. */
int worker_run(void *worker);

/* Asks every worker to stop. Safe in signal handlers. */
void worker_stop_all(void);

#endif
