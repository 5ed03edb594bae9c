#include "dpdk/worker.h"

#include "common/files.h"
#include "dpdk/control.h"

#include <rte_ethdev.h>
#include <rte_prefetch.h>

static void print_verdict(const struct worker *worker, unsigned port, int verdict)
{
    files_print_verdict(worker->verdicts, port, worker->counts[port].received, verdict);
    fputc('\n', worker->verdicts);
}

static void deliver(struct worker *worker, const struct arrival *arrival, int verdict)
{
    struct counts *counts = &worker->counts[arrival->port];
    count_add(&counts->received, 1);
    if (worker->verdicts)
        print_verdict(worker, arrival->port, verdict);
    switch (verdict) {
    case NF_DROP:
        count_add(&counts->dropped, 1);
        rte_pktmbuf_free(arrival->mbuf);
        break;
    case NF_FLOOD:
        count_add(&counts->flooded, 1);
        sender_flood(&worker->sender, arrival->mbuf, arrival->port);
        break;
    default:
        sender_forward(&worker->sender, arrival->mbuf, (unsigned)verdict);
    }
}

/* Counts one packet of the burst, a different one each time, where its table entry is. */
static void sample(struct worker *worker, const struct packet *packets, unsigned count)
{
    if (!worker->samples[0])
        return;
    const struct packet *packet = &packets[worker->turn++ % count];
    const struct port_config *port = &nf_config.ports[packet->port];
    struct steered steered = steer_to_entry(&worker->steering[packet->port], packet);
    uint32_t entry = steered.hashed || port->default_from_table ? steered.entry : port->table_size;
    __atomic_fetch_add(&worker->samples[packet->port][entry], 1, __ATOMIC_RELAXED);
}

/* A packet of several segments is read as far as the first reaches, which is as far as headers are looked for. */
static void parse(struct packet *packet, const struct arrival *arrival)
{
    struct rte_mbuf *mbuf = arrival->mbuf;
    packet_parse(packet, rte_pktmbuf_mtod(mbuf, uint8_t *), rte_pktmbuf_data_len(mbuf), arrival->port, arrival->time);
    packet->size = rte_pktmbuf_pkt_len(mbuf);
}

static void process(struct worker *worker, const struct arrival *arrivals, unsigned count)
{
    struct packet packets[NF_BURST];
    int verdicts[NF_BURST];
    for (unsigned i = 0; i < count; i++)
        rte_prefetch0(rte_pktmbuf_mtod(arrivals[i].mbuf, const void *));
    for (unsigned i = 0; i < count; i++)
        parse(&packets[i], &arrivals[i]);
    sample(worker, packets, count);
    worker->program->burst(worker->work, packets, verdicts, count);
    for (unsigned i = 0; i < count; i++)
        deliver(worker, &arrivals[i], verdicts[i]);
    sender_flush(&worker->sender);
}

static void run_intake(struct worker *worker)
{
    struct arrival arrivals[NF_BURST];
    unsigned moments = 0;
    while (control_running() && !worker->intake.drained) {
        unsigned count = intake_take(&worker->intake, arrivals);
        if (count)
            process(worker, arrivals, count);
        else
            control_idle(&moments);
    }
    intake_free(&worker->intake);
}

/* --- packets from distributors ---------------------------------------------------------------------- */

/* Each distributor's times don't decrease, but one may be ahead of another. */
static struct arrival arrival_of(struct worker *worker, struct rte_mbuf *mbuf)
{
    const struct passed *passed = rte_mbuf_to_priv(mbuf);
    if (passed->time > worker->latest)
        worker->latest = passed->time;
    return (struct arrival){mbuf, worker->latest, passed->port};
}

/* All of it is in the distributor's cache. */
static void prefetch_mbuf(struct rte_mbuf *mbuf)
{
    rte_mbuf_prefetch_part1(mbuf);
    rte_mbuf_prefetch_part2(mbuf);
    rte_prefetch0(rte_mbuf_to_priv(mbuf));
}

static unsigned take_ring(struct worker *worker, struct rte_ring *ring)
{
    struct rte_mbuf *mbufs[NF_BURST];
    struct arrival arrivals[NF_BURST];
    unsigned count = rte_ring_sc_dequeue_burst(ring, (void **)mbufs, NF_BURST, NULL);
    if (count == 0)
        return 0;
    for (unsigned i = 0; i < count; i++)
        prefetch_mbuf(mbufs[i]);
    for (unsigned i = 0; i < count; i++)
        arrivals[i] = arrival_of(worker, mbufs[i]);
    process(worker, arrivals, count);
    __atomic_store_n(&worker->done, worker->done + count, __ATOMIC_RELEASE);
    return count;
}

/* What was in the rings before the last distributor finished is still processed. */
static void run_rings(struct worker *worker)
{
    unsigned moments = 0;
    for (bool finished = false, empty = false; !finished || !empty;) {
        finished = true;
        empty = true;
        for (unsigned i = 0; i < worker->distributors; i++)
            finished &= __atomic_load_n(worker->finished[i], __ATOMIC_ACQUIRE);
        for (unsigned i = 0; i < worker->distributors; i++)
            empty &= take_ring(worker, worker->rings[i]) == 0;
        if (empty)
            control_idle(&moments);
    }
}

void worker_run(struct worker *worker)
{
    if (worker->distributors)
        run_rings(worker);
    else
        run_intake(worker);
}
