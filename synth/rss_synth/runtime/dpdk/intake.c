#include "dpdk/intake.h"

#include "common/message.h"

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_mbuf_dyn.h>

enum { IDLE_POLLS = 1000 }; /* empty polls after which a capture is drained */

static bool find_timestamps(struct intake *intake)
{
    int offset = rte_mbuf_dynfield_lookup(RTE_MBUF_DYNFIELD_TIMESTAMP_NAME, NULL);
    int flag = rte_mbuf_dynflag_lookup(RTE_MBUF_DYNFLAG_RX_TIMESTAMP_NAME, NULL);
    if (offset < 0 || flag < 0)
        return complain("--captures needs devices that give packets times, such as net_pcap");
    intake->timestamp = (size_t)offset;
    intake->timestamp_flag = UINT64_C(1) << flag;
    return true;
}

bool intake_init(struct intake *intake, uint16_t queue, unsigned first, unsigned step, bool captures)
{
    *intake =
        (struct intake){.queue = queue, .first = first, .step = step, .captures = captures, .turn = first};
    return !captures || find_timestamps(intake);
}

int64_t intake_clock(void)
{
    uint64_t hz = rte_get_timer_hz(), cycles = rte_get_timer_cycles();
    return (int64_t)(cycles / hz * 1000000000 + cycles % hz * 1000000000 / hz);
}

static uint16_t receive(const struct intake *intake, unsigned port, struct rte_mbuf **mbufs)
{
    return rte_eth_rx_burst(nf_config.ports[port].device, intake->queue, mbufs, NF_BURST);
}

/* --- live: the clock is read once per burst --------------------------------------------------------- */

static unsigned take_live(struct intake *intake, struct arrival *arrivals)
{
    struct rte_mbuf *mbufs[NF_BURST];
    unsigned port = intake->turn;
    intake->turn = port + intake->step < NF_PORTS ? port + intake->step : intake->first;
    uint16_t count = receive(intake, port, mbufs);
    if (count == 0)
        return 0;
    int64_t now = intake_clock();
    for (uint16_t i = 0; i < count; i++)
        arrivals[i] = (struct arrival){mbufs[i], now, port};
    return count;
}

/* --- captures: the packets' own times order them across ports, so that no reply overtakes its request - */

/* Whether the port's next packet is known, or known not to exist. */
static bool fill(struct intake *intake, unsigned port)
{
    struct inbox *inbox = &intake->inboxes[port];
    if (inbox->next < inbox->count || inbox->idle >= IDLE_POLLS)
        return true;
    inbox->next = 0;
    inbox->count = receive(intake, port, inbox->mbufs);
    inbox->idle = inbox->count ? 0 : inbox->idle + 1;
    return inbox->count > 0 || inbox->idle >= IDLE_POLLS;
}

static bool fill_all(struct intake *intake)
{
    bool ready = true;
    for (unsigned port = intake->first; port < NF_PORTS; port += intake->step)
        ready &= fill(intake, port);
    return ready;
}

static int64_t time_of(const struct intake *intake, const struct rte_mbuf *mbuf)
{
    /* net_pcap counts microseconds */
    return (int64_t)*RTE_MBUF_DYNFIELD(mbuf, intake->timestamp, const rte_mbuf_timestamp_t *) * 1000;
}

/* The port whose next packet is the oldest, of equals the first; NF_PORTS where none has one. */
static unsigned oldest(const struct intake *intake)
{
    unsigned best = NF_PORTS;
    int64_t best_time = INT64_MAX;
    for (unsigned port = intake->first; port < NF_PORTS; port += intake->step) {
        const struct inbox *inbox = &intake->inboxes[port];
        if (inbox->next == inbox->count)
            continue;
        int64_t time = time_of(intake, inbox->mbufs[inbox->next]);
        if (best == NF_PORTS || time < best_time) {
            best = port;
            best_time = time;
        }
    }
    return best;
}

static bool has_time(struct intake *intake, const struct rte_mbuf *mbuf, unsigned port)
{
    if (mbuf->ol_flags & intake->timestamp_flag)
        return true;
    intake->failed = intake->drained = true;
    return complain("--captures needs packets with times, port %s has none", nf_config.ports[port].name);
}

static unsigned take_oldest(struct intake *intake, struct arrival *arrivals)
{
    unsigned count = 0;
    while (count < NF_BURST && !intake->drained && fill_all(intake)) {
        unsigned port = oldest(intake);
        if (port == NF_PORTS) {
            intake->drained = true;
            break;
        }
        struct inbox *inbox = &intake->inboxes[port];
        struct rte_mbuf *mbuf = inbox->mbufs[inbox->next];
        if (!has_time(intake, mbuf, port))
            break;
        inbox->next++;
        arrivals[count++] = (struct arrival){mbuf, time_of(intake, mbuf), port};
    }
    return count;
}

unsigned intake_take(struct intake *intake, struct arrival *arrivals)
{
    return intake->captures ? take_oldest(intake, arrivals) : take_live(intake, arrivals);
}

void intake_free(struct intake *intake)
{
    for (unsigned port = 0; port < NF_PORTS; port++) {
        struct inbox *inbox = &intake->inboxes[port];
        rte_pktmbuf_free_bulk(inbox->mbufs + inbox->next, (unsigned)(inbox->count - inbox->next));
        inbox->next = inbox->count;
    }
}
