/* Sends by devices that take only some of what they get, and keep that for a while. In the end all mbufs are back, each
 * once, and what was taken and what was not has been counted. */
#include "dpdk/sender.h"

#include <rte_eal.h>
#include <rte_ethdev.h>
#include <stdio.h>
#include <stdlib.h>

enum { MBUFS = 2047, ROUNDS = 3000, HELD = 64, SEGMENTS = 3 };

/* A device's queue. */
struct queue {
    struct rte_mbuf *held[HELD];
    unsigned count;
    uint64_t given, taken;
};

static unsigned below(unsigned bound)
{
    return (unsigned)rand() % bound;
}

static void finish(struct queue *queue)
{
    for (unsigned i = 0; i < queue->count; i++)
        rte_pktmbuf_free(queue->held[i]);
    queue->count = 0;
}

static uint16_t take_some(void *from, struct rte_mbuf **mbufs, uint16_t count)
{
    struct queue *queue = from;
    uint16_t taken = 0;
    for (unsigned wanted = below(count + 1U); taken < wanted && queue->count < HELD; taken++)
        queue->held[queue->count++] = mbufs[taken];
    queue->given += count;
    queue->taken += taken;
    if (below(3) == 0)
        finish(queue);
    return taken;
}

static void use(uint16_t device, void **queue)
{
    static void *no_callbacks[1];
    rte_eth_fp_ops[device].tx_pkt_burst = take_some;
    rte_eth_fp_ops[device].txq.data = queue;
    rte_eth_fp_ops[device].txq.clbk = no_callbacks;
}

/* A packet of one to SEGMENTS mbufs. */
static struct rte_mbuf *packet(struct rte_mempool *pool)
{
    struct rte_mbuf *first = rte_pktmbuf_alloc(pool);
    for (unsigned more = below(SEGMENTS); first && more; more--) {
        struct rte_mbuf *segment = rte_pktmbuf_alloc(pool);
        if (!segment || rte_pktmbuf_chain(first, segment) != 0)
            return NULL;
    }
    return first;
}

/* A burst; false where mbufs have run out. */
static bool send_burst(struct sender *sender, struct rte_mempool *pool)
{
    for (unsigned left = below(NF_BURST + 1); left; left--) {
        struct rte_mbuf *mbuf = packet(pool);
        if (!mbuf)
            return false;
        if (below(2))
            sender_flood(sender, mbuf, below(NF_PORTS));
        else
            sender_forward(sender, mbuf, below(NF_PORTS));
    }
    sender_flush(sender);
    return true;
}

/* Whether the pool gives out every mbuf once, whole. */
static bool all_back(struct rte_mempool *pool)
{
    unsigned count = 0;
    for (struct rte_mbuf *mbuf; (mbuf = rte_mbuf_raw_alloc(pool)) != NULL; count++) {
        bool *seen = rte_mbuf_to_priv(mbuf);
        if (*seen || mbuf->next || mbuf->nb_segs != 1)
            return false;
        *seen = true;
    }
    return count == MBUFS;
}

int main(int count, char **arguments)
{
    static struct queue queues[NF_PORTS];
    static struct counts counts[NF_PORTS];
    struct sender sender = {.counts = counts};
    void *places[NF_PORTS];
    if (rte_eal_init(count, arguments) < 0)
        return 70;
    struct rte_mempool *pool = rte_pktmbuf_pool_create("pool", MBUFS, 32, RTE_MBUF_PRIV_ALIGN, 128, SOCKET_ID_ANY);
    for (unsigned port = 0; port < NF_PORTS; port++) {
        places[port] = &queues[port];
        use(nf_config.ports[port].device, &places[port]);
    }
    bool sent = pool != NULL;
    for (unsigned round = 0; sent && round < ROUNDS; round++)
        sent = send_burst(&sender, pool);
    bool counted = true;
    for (unsigned port = 0; port < NF_PORTS; port++) {
        const struct queue *queue = &queues[port];
        counted &= counts[port].forwarded == queue->taken && counts[port].unsent == queue->given - queue->taken;
        counted &= counts[port].forwarded > ROUNDS && counts[port].unsent > ROUNDS;
        finish(&queues[port]);
    }
    printf("%s, %s, %s\n", sent ? "sent" : "out of mbufs", counted ? "counted" : "miscounted",
           pool && all_back(pool) ? "all back" : "not all back");
    return rte_eal_cleanup();
}
