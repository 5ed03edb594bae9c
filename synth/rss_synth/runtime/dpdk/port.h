/* Bringing a port up with the proven key, classes and table, or not at all. */
#ifndef RSSC_DPDK_PORT_H
#define RSSC_DPDK_PORT_H

#include "nf/config.h"

#include <rte_mempool.h>
#include <stdbool.h>

/* How the ports are used. */
struct port_plan {
    unsigned cores;             /* one rx and one tx queue each */
    bool presplit;              /* packets were put on queues before: no RSS */
    struct rte_mempool **pools; /* one per core */
};

/* mbufs that one core's queues on both ports can hold at once. */
unsigned port_mbufs_per_core(void);

/* Configures and starts port `port` of nf_config. With more than one core and without `presplit`, fails
 * unless the device reads back the key, the classes and the table that were written. */
bool port_start(unsigned port, const struct port_plan *plan);

/* Frees what came in before the table was in place. */
void port_discard_early(unsigned port, unsigned cores);

void port_stop(unsigned port);

#endif
