#include "dpdk/worker.h"

#include "common/files.h"
#include "common/message.h"

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_mbuf_dyn.h>
#include <rte_prefetch.h>
#include <stdatomic.h>

enum { IDLE_POLLS = 1000 }; /* empty polls after which a capture is drained */

static atomic_bool stopping;

void worker_stop_all(void)
{
    atomic_store(&stopping, true);
}

static bool running(void)
{
    return !atomic_load_explicit(&stopping, memory_order_relaxed);
}

static uint16_t device_of(unsigned port)
{
    return nf_config.ports[port].device;
}

/* Sends what is in an outbox; what the device does not take is freed and counted. */
static void flush(struct worker *worker, unsigned port)
{
    struct outbox *outbox = &worker->outboxes[port];
    if (outbox->count == 0)
        return;
    uint16_t sent = rte_eth_tx_burst(device_of(port), (uint16_t)worker->core, outbox->mbufs, outbox->count);
    unsigned left = (unsigned)(outbox->count - sent);
    rte_pktmbuf_free_bulk(outbox->mbufs + sent, left);
    worker->forwarded += sent;
    worker->unsent += left;
    outbox->count = 0;
}

static void deliver(struct worker *worker, struct rte_mbuf *mbuf, int verdict)
{
    if (verdict == NF_DROP) {
        rte_pktmbuf_free(mbuf);
        worker->dropped++;
        return;
    }
    struct outbox *outbox = &worker->outboxes[verdict];
    outbox->mbufs[outbox->count++] = mbuf;
    if (outbox->count == WORKER_BURST)
        flush(worker, (unsigned)verdict);
}

static void process(struct worker *worker, unsigned port, struct rte_mbuf *mbuf, int64_t now)
{
    struct packet packet;
    packet_parse(&packet, rte_pktmbuf_mtod(mbuf, uint8_t *), rte_pktmbuf_data_len(mbuf), port, now);
    int verdict;
    nf_burst(&worker->work, &packet, &verdict, 1);
    worker->received[port]++;
    if (worker->verdicts) {
        files_print_verdict(worker->verdicts, port, worker->received[port], verdict);
        fputc('\n', worker->verdicts);
    }
    deliver(worker, mbuf, verdict);
}

/* --- live: the clock is read once per burst --------------------------------------------------------- */

static int64_t clock_ns(void)
{
    uint64_t hz = rte_get_timer_hz(), cycles = rte_get_timer_cycles();
    return (int64_t)(cycles / hz * 1000000000 + cycles % hz * 1000000000 / hz);
}

static void poll_port(struct worker *worker, unsigned port)
{
    struct rte_mbuf *mbufs[WORKER_BURST];
    uint16_t count = rte_eth_rx_burst(device_of(port), (uint16_t)worker->core, mbufs, WORKER_BURST);
    if (count == 0)
        return;
    int64_t now = clock_ns();
    for (uint16_t i = 0; i < count; i++)
        rte_prefetch0(rte_pktmbuf_mtod(mbufs[i], const void *));
    for (uint16_t i = 0; i < count; i++)
        process(worker, port, mbufs[i], now);
    for (unsigned out = 0; out < NF_PORTS; out++)
        flush(worker, out);
}

static void run_live(struct worker *worker)
{
    while (running())
        for (unsigned port = 0; port < NF_PORTS; port++)
            poll_port(worker, port);
}

/* --- presplit: the packets' own times order them across ports, so that no reply overtakes its request - */

/* What was received on one port and not processed yet. */
struct inbox {
    struct rte_mbuf *mbufs[WORKER_BURST];
    uint16_t next, count;
    unsigned idle; /* empty polls in a row */
};

/* Whether the port's next packet is known, or known not to exist. */
static bool fill(const struct worker *worker, unsigned port, struct inbox *inbox)
{
    if (inbox->next < inbox->count || inbox->idle >= IDLE_POLLS)
        return true;
    inbox->next = 0;
    inbox->count = rte_eth_rx_burst(device_of(port), (uint16_t)worker->core, inbox->mbufs, WORKER_BURST);
    inbox->idle = inbox->count ? 0 : inbox->idle + 1;
    return inbox->count > 0 || inbox->idle >= IDLE_POLLS;
}

static int64_t time_of(const struct worker *worker, const struct rte_mbuf *mbuf)
{
    /* net_pcap counts microseconds */
    return (int64_t)*RTE_MBUF_DYNFIELD(mbuf, worker->timestamp, const rte_mbuf_timestamp_t *) * 1000;
}

/* The port whose next packet is the oldest, of equals the first; NF_PORTS where none has one. */
static unsigned oldest(const struct worker *worker, const struct inbox *inboxes)
{
    unsigned best = NF_PORTS;
    int64_t best_time = INT64_MAX;
    for (unsigned port = 0; port < NF_PORTS; port++) {
        const struct inbox *inbox = &inboxes[port];
        if (inbox->next == inbox->count)
            continue;
        int64_t time = time_of(worker, inbox->mbufs[inbox->next]);
        if (best == NF_PORTS || time < best_time) {
            best = port;
            best_time = time;
        }
    }
    return best;
}

static bool take_oldest(struct worker *worker, struct inbox *inboxes)
{
    unsigned port = oldest(worker, inboxes);
    if (port == NF_PORTS)
        return false;
    struct rte_mbuf *mbuf = inboxes[port].mbufs[inboxes[port].next++];
    if (mbuf->ol_flags & worker->timestamp_flag) {
        process(worker, port, mbuf, time_of(worker, mbuf));
        return true;
    }
    rte_pktmbuf_free(mbuf);
    worker->failed = true;
    return complain("--presplit needs packets with times, port %s has none", nf_config.ports[port].name);
}

static void run_presplit(struct worker *worker)
{
    struct inbox inboxes[NF_PORTS] = {0};
    while (running()) {
        bool ready = true;
        for (unsigned port = 0; port < NF_PORTS; port++)
            ready &= fill(worker, port, &inboxes[port]);
        if (ready && !take_oldest(worker, inboxes))
            break;
    }
    for (unsigned port = 0; port < NF_PORTS; port++)
        rte_pktmbuf_free_bulk(inboxes[port].mbufs + inboxes[port].next,
                              (unsigned)(inboxes[port].count - inboxes[port].next));
}

int worker_run(void *argument)
{
    struct worker *worker = argument;
    if (worker->presplit)
        run_presplit(worker);
    else
        run_live(worker);
    for (unsigned port = 0; port < NF_PORTS; port++)
        flush(worker, port);
    return 0;
}
