/* Cores as threads, on a state that they share: random packets of few flows, some of them answers. Prints what every
 * packet was and what became of it, in the order in which they took effect, for a model to follow: the port it came
 * in on, its time, which flow it was of, the verdict, and its IP header and ports afterwards.
 *
 *     threads CORES PACKETS SEED */
#include "nf/nf.h"
#include "sharing/lock.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { FRAME_BYTES = 60, BURST = 4, FLOWS = 12, STEP = 500000 };

struct event {
    uint8_t frame[FRAME_BYTES];
    struct packet packet;
    int verdict;
    unsigned flow;
};

struct worker {
    struct nf_core core;
    struct event *events;
    size_t count;
    uint64_t random;
    int64_t *clock;
    pthread_t thread;
};

static uint64_t draw(struct worker *worker, uint64_t below)
{
    worker->random = worker->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (worker->random >> 33) % below;
}

/* Flow `flow` is UDP from 10.0.0.`flow`, port 1000 + `flow`, to 93.0.0.1:53. */
static void make_packet(struct worker *worker, struct event *event, int64_t time)
{
    static const uint8_t ip[] = {0x45, 0, 0, 46, 0, 1, 0, 0, 64, 17, 0, 0};
    unsigned port = draw(worker, 2) ? NF_WAN : NF_LAN;
    uint8_t flow = (uint8_t)draw(worker, FLOWS), *at = event->frame;
    const uint8_t inside[] = {10, 0, 0, flow}, outside[] = {93, 0, 0, 1};
    const uint8_t inside_port[] = {1000 >> 8, (uint8_t)(1000 + flow)}, outside_port[] = {0, 53};
    memcpy(at + 12, "\x08\x00", 2);
    memcpy(at + 14, ip, sizeof ip);
    memcpy(at + 26, port == NF_LAN ? inside : outside, 4);
    memcpy(at + 30, port == NF_LAN ? outside : inside, 4);
    memcpy(at + 34, port == NF_LAN ? inside_port : outside_port, 2);
    memcpy(at + 36, port == NF_LAN ? outside_port : inside_port, 2);
    memcpy(at + 40, "\x12\x34", 2);
    event->flow = flow;
    packet_parse(&event->packet, event->frame, FRAME_BYTES, port, time);
}

static void *work(void *argument)
{
    struct worker *worker = argument;
    for (size_t done = 0; done < worker->count; done += BURST) {
        struct packet packets[BURST];
        int verdicts[BURST];
        int64_t time = __atomic_add_fetch(worker->clock, (int64_t)draw(worker, STEP), __ATOMIC_RELAXED);
        for (size_t i = 0; i < BURST; i++) {
            make_packet(worker, &worker->events[done + i], time);
            packets[i] = worker->events[done + i].packet;
        }
        nf_burst(&worker->core, packets, verdicts, BURST);
        for (size_t i = 0; i < BURST; i++) {
            worker->events[done + i].packet = packets[i];
            worker->events[done + i].verdict = verdicts[i];
        }
    }
    return NULL;
}

static int earlier(const void *left, const void *right)
{
    uint64_t first = ((const struct event *)left)->packet.order, second = ((const struct event *)right)->packet.order;
    return (first > second) - (first < second);
}

static void print(const struct event *event)
{
    printf("%d %lld %u %d ", (int)event->packet.port, (long long)event->packet.time, event->flow, event->verdict);
    for (int i = 14; i < 42; i++)
        printf("%02x", event->frame[i]);
    putchar('\n');
}

static void *zeroed(size_t bytes)
{
    bytes = (bytes + 63) / 64 * 64;
    void *memory = aligned_alloc(64, bytes);
    return memory ? memset(memory, 0, bytes) : NULL;
}

int main(int count, char **arguments)
{
    if (count != 4)
        return 2;
    unsigned cores = (unsigned)strtoul(arguments[1], NULL, 10);
    size_t packets = strtoul(arguments[2], NULL, 10) / BURST * BURST;
    const struct nf_shape shape = {.capacity = nf_config.capacity, .sharers = cores, .parts = 1};
    struct nf_state *state = nf_state_init(zeroed(nf_state_bytes(&shape)), &shape);
    struct nf_lock *lock = zeroed(sizeof *lock);
    struct worker *workers = zeroed(cores * sizeof *workers);
    struct event *events = zeroed(cores * packets * sizeof *events);
    if (!state || !lock || !workers || !events)
        return 1;
    uint64_t order = 0;
    int64_t clock = 1000000000;
    lock_init(lock, cores);
    for (unsigned i = 0; i < cores; i++) {
        workers[i] = (struct worker){.core = {.state = state, .lock = lock, .number = i, .order = &order},
                                     .events = events + i * packets,
                                     .count = packets,
                                     .random = strtoul(arguments[3], NULL, 10) * 1000 + i,
                                     .clock = &clock};
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
            return 1;
    }
    for (unsigned i = 0; i < cores; i++)
        pthread_join(workers[i].thread, NULL);
    if (NF_SHARED)
        qsort(events, cores * packets, sizeof *events, earlier);
    for (size_t i = 0; i < cores * packets; i++)
        print(&events[i]);
    struct nf_counters sum = {0};
    for (unsigned i = 0; i < cores; i++) {
        sum.created += workers[i].core.counters.created;
        sum.expired += workers[i].core.counters.expired;
        sum.table_full += workers[i].core.counters.table_full;
        sum.writes += workers[i].core.counters.writes;
    }
    fprintf(stderr, "%llu %llu %llu %llu\n", (unsigned long long)sum.created, (unsigned long long)sum.expired,
            (unsigned long long)sum.table_full, (unsigned long long)sum.writes);
    free(state), free(lock), free(workers), free(events);
    return 0;
}
