/* Bringing a port up with the proven key, classes and table, or not at all. */
#ifndef RSSC_DPDK_PORT_H
#define RSSC_DPDK_PORT_H

#include "nf/config.h"

#include <rte_mempool.h>
#include <stdbool.h>

/* How a port is used. */
struct port_plan {
    unsigned rx_queues, tx_queues;
    bool one_will_do;           /* one tx queue, where the device cannot have that many beside the rx queues */
    bool rss;                   /* packets are spread over the rx queues by the proven key and table */
    const uint16_t *table;      /* the queue of every entry */
    struct rte_mempool **pools; /* one per rx queue */
};

/* mbufs that the queues of a plan can hold at once. */
unsigned port_mbufs(unsigned rx_queues, unsigned tx_queues);

/* Configures and starts port `port` of nf_config. With RSS, fails unless the device reads back the key, the classes
 * and the table that were written. Returns how many tx queues it has, 0 where it failed. */
unsigned port_start(unsigned port, const struct port_plan *plan);

/* Frees what came in before the table was in place. */
void port_discard_early(unsigned port, unsigned rx_queues);

/* Writes the table of a running port and reads it back. */
bool port_write_table(unsigned port, const uint16_t *table);

/* Packets that came to a device and got no further. */
struct port_losses {
    uint64_t missed;     /* its queues were full */
    uint64_t no_memory;  /* no mbuf was free */
    uint64_t wrong;      /* damaged, or of a length that it does not take */
};

/* As the device counts them; zeros where it doesn't. */
struct port_losses port_losses(unsigned port);

void port_stop(unsigned port);

#endif
