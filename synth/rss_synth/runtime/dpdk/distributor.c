#include "dpdk/distributor.h"

#include "dpdk/control.h"
#include "dpdk/worker.h"

#include <rte_prefetch.h>

static unsigned push(const struct distributor *distributor, unsigned core)
{
    const struct outgoing *out = &distributor->outgoing[core];
    struct rte_ring *ring = distributor->rings[core];
    unsigned sent = 0, moments = 0;
    do {
        sent += rte_ring_sp_enqueue_burst(ring, (void *const *)(out->mbufs + sent), out->count - sent, NULL);
        if (sent == out->count || !distributor->intake.captures)
            break;
        control_idle(&moments);
    } while (control_running());
    return sent;
}

/* The core may have finished the packets by now, and freed them. */
static void note(struct distributor *distributor, const struct outgoing *out, const struct passed *passed,
                 unsigned sent)
{
    for (unsigned i = 0; distributor->rebalance && i < sent; i++)
        rebalance_note(distributor->rebalance, passed[i].port, &out->steered[i], 1, passed[i].time);
}

static void hand_over(struct distributor *distributor, unsigned core)
{
    struct outgoing *out = &distributor->outgoing[core];
    struct passed passed[NF_BURST];
    for (unsigned i = 0; i < out->count; i++)
        passed[i] = *(struct passed *)rte_mbuf_to_priv(out->mbufs[i]);
    unsigned sent = push(distributor, core);
    note(distributor, out, passed, sent);
    for (unsigned i = sent; i < out->count; i++)
        count_add(&distributor->counts[passed[i].port].lost, 1);
    rte_pktmbuf_free_bulk(out->mbufs + sent, out->count - sent);
    out->count = 0;
}

static void sort_out(struct distributor *distributor, const struct arrival *arrival)
{
    struct packet packet;
    struct rte_mbuf *mbuf = arrival->mbuf;
    packet_parse(&packet, rte_pktmbuf_mtod(mbuf, uint8_t *), rte_pktmbuf_data_len(mbuf), arrival->port, arrival->time);
    struct steered steered = steer(&distributor->steering[arrival->port], &packet);
    *(struct passed *)rte_mbuf_to_priv(mbuf) = (struct passed){arrival->time, arrival->port};
    struct outgoing *out = &distributor->outgoing[steered.core];
    out->mbufs[out->count] = mbuf;
    out->steered[out->count++] = steered;
    count_add(&distributor->counts[arrival->port].received, 1);
}

static void rebalance_when_due(struct distributor *distributor, int64_t now)
{
    if (!distributor->rebalance || now < distributor->due)
        return;
    distributor->due = now + distributor->period;
    for (unsigned core = 0; core < distributor->cores; core++)
        distributor->rebalance->done[core] = __atomic_load_n(distributor->done[core], __ATOMIC_ACQUIRE);
    rebalance_round(distributor->rebalance, now);
}

static void distribute(struct distributor *distributor, const struct arrival *arrivals, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        rte_prefetch0(rte_pktmbuf_mtod(arrivals[i].mbuf, const void *));
    rebalance_when_due(distributor, arrivals[0].time);
    for (unsigned i = 0; i < count; i++)
        sort_out(distributor, &arrivals[i]);
    for (unsigned core = 0; core < distributor->cores; core++)
        if (distributor->outgoing[core].count)
            hand_over(distributor, core);
}

void distributor_run(struct distributor *distributor)
{
    struct arrival arrivals[NF_BURST];
    unsigned moments = 0;
    while (control_running() && !distributor->intake.drained) {
        unsigned count = intake_take(&distributor->intake, arrivals);
        if (count)
            distribute(distributor, arrivals, count);
        else
            control_idle(&moments);
    }
    intake_free(&distributor->intake);
    __atomic_store_n(&distributor->finished, true, __ATOMIC_RELEASE);
}
