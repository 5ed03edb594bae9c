/* What the NIC would do, on an lcore: hash, look the core up, and hand packets over, in order. */
#ifndef RSSC_DPDK_DISTRIBUTOR_H
#define RSSC_DPDK_DISTRIBUTOR_H

#include "dpdk/counts.h"
#include "dpdk/intake.h"
#include "sharing/rebalance.h"
#include "steering/steering.h"

#include <rte_common.h>
#include <rte_ring.h>

/* Packets of a burst for one core. */
struct outgoing {
    struct rte_mbuf *mbufs[NF_BURST];
    struct steered steered[NF_BURST];
    unsigned count;
};

struct distributor {
    struct intake intake;
    unsigned cores;
    const struct steering *steering; /* of each port */
    struct rte_ring **rings;         /* to each core */
    struct outgoing *outgoing;       /* for each core */
    struct rebalance *rebalance;     /* or NULL */
    const uint64_t **done;           /* packets that each core has finished */
    int64_t period;                  /* ns between rounds */
    int64_t due;
    struct counts counts[NF_PORTS]; /* received, lost */
    bool finished;                  /* read by the cores */
} __rte_cache_aligned;

/* Runs until signalled or until captures are drained. Captures wait for room in rings, live packets are lost. */
void distributor_run(struct distributor *distributor);

#endif
