/* The DPDK program: lcores, their states, memory and ports. */
#ifndef RSSC_DPDK_PROGRAM_H
#define RSSC_DPDK_PROGRAM_H

#include "dpdk/control.h"
#include "dpdk/distributor.h"
#include "dpdk/options.h"
#include "dpdk/worker.h"
#include "sharing/cores.h"
#include "sharing/rebalance.h"

#include <rte_lcore.h>
#include <rte_mempool.h>

struct program {
    struct options options;
    struct steering steering[NF_PORTS];
    struct cores_memory memory;
    struct cores cores;
    struct worker *workers[RTE_MAX_LCORE];                   /* by core */
    struct distributor *distributors[MAX_DISTRIBUTORS];
    struct rte_mempool *pools[RTE_MAX_LCORE];                /* of each lcore that receives */
    struct rte_ring *rings[MAX_DISTRIBUTORS][RTE_MAX_LCORE]; /* from each distributor to each core */
    const uint64_t *done[RTE_MAX_LCORE];
    struct rebalance rebalance;
    rte_spinlock_t tx_locks[NF_PORTS]; /* of tx queues that all cores share */
    unsigned started;                  /* ports */
};

/* Makes everything that lcores need. No port runs yet. Says what is missing. */
bool program_make(struct program *program);

/* Starts the ports. */
bool program_start(struct program *program);

/* Stops the ports and frees everything; false where verdicts were lost. */
bool program_free(struct program *program);

/* What one lcore does. */
void program_run_lcore(struct program *program);

/* A round of rebalancing the devices' tables by the cores' samples; false where a device did not take its table. */
bool program_rebalance(struct program *program);

#endif
