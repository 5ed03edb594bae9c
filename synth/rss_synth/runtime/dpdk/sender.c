#include "dpdk/sender.h"

#include <rte_ethdev.h>

static uint16_t transmit(struct outbox *outbox, unsigned port)
{
    if (outbox->lock)
        rte_spinlock_lock(outbox->lock);
    uint16_t device = nf_config.ports[port].device;
    uint16_t sent = rte_eth_tx_burst(device, outbox->queue, outbox->mbufs, outbox->count);
    if (outbox->lock)
        rte_spinlock_unlock(outbox->lock);
    return sent;
}

static void flush(struct sender *sender, unsigned port)
{
    struct outbox *outbox = &sender->outboxes[port];
    if (outbox->count == 0)
        return;
    uint16_t sent = transmit(outbox, port);
    unsigned left = (unsigned)(outbox->count - sent);
    rte_pktmbuf_free_bulk(outbox->mbufs + sent, left);
    count_add(&sender->counts[port].forwarded, sent);
    count_add(&sender->counts[port].unsent, left);
    outbox->count = 0;
}

void sender_forward(struct sender *sender, struct rte_mbuf *mbuf, unsigned port)
{
    struct outbox *outbox = &sender->outboxes[port];
    outbox->mbufs[outbox->count++] = mbuf;
    if (outbox->count == NF_BURST)
        flush(sender, port);
}

/* Nobody writes to the packet any more, and no port was set up to free mbufs without a look at their references
 * (RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE), so that ports can share it. */
void sender_flood(struct sender *sender, struct rte_mbuf *mbuf, unsigned from)
{
    if (NF_PORTS == 1) {
        rte_pktmbuf_free(mbuf);
        return;
    }
    rte_pktmbuf_refcnt_update(mbuf, NF_PORTS - 2);
    for (unsigned port = 0; port < NF_PORTS; port++)
        if (port != from)
            sender_forward(sender, mbuf, port);
}

void sender_flush(struct sender *sender)
{
    for (unsigned port = 0; port < NF_PORTS; port++)
        flush(sender, port);
}
