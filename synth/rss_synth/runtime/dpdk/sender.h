/* Packets as an lcore sends them: collected for each port, a burst at a time. */
#ifndef RSSC_DPDK_SENDER_H
#define RSSC_DPDK_SENDER_H

#include "dpdk/counts.h"
#include "nf/nf.h"

#include <rte_mbuf.h>
#include <rte_spinlock.h>

/* mbufs on their way out of one port. */
struct outbox {
    struct rte_mbuf *mbufs[NF_BURST];
    uint16_t count;
    uint16_t queue;
    rte_spinlock_t *lock; /* of a queue that cores share, or NULL */
};

struct sender {
    struct counts *counts; /* of each port */
    struct outbox outboxes[NF_PORTS];
};

/* Sends by `port`, at the latest with the next flush. */
void sender_forward(struct sender *sender, struct rte_mbuf *mbuf, unsigned port);

/* Sends by every port but `from`: one packet, with a reference for each. */
void sender_flood(struct sender *sender, struct rte_mbuf *mbuf, unsigned from);

/* Sends what was collected. What a device does not take is freed and counted. */
void sender_flush(struct sender *sender);

#endif
