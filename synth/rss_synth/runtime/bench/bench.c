/* How many packets a second the function decides on: frames in memory, bursts of 32, one thread for each core. */
#define _GNU_SOURCE
#include "bench/options.h"
#include "bench/stream.h"
#include "common/message.h"
#include "common/parse.h"
#include "sharing/cores.h"

#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { EXIT_USAGE = 2 };

/* One core at work. */
struct runner {
    _Alignas(64) pthread_t thread;
    unsigned number;
    const struct bench_options *options;
    struct cores *cores;
    pthread_barrier_t *start;
    struct stream stream;
    uint64_t forwarded;
    double rates[BENCH_MAX_ROUNDS]; /* packets per second of the thread's processor time */
};

static double seconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static int64_t nanoseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* As a NIC hands packets over: fresh copies, since functions change them, and the clock is read once. */
static void one_burst(struct runner *runner, size_t first, unsigned count, unsigned port)
{
    static _Thread_local _Alignas(64) uint8_t frames[NF_BURST][STREAM_ROOM];
    struct packet packets[NF_BURST];
    int verdicts[NF_BURST];
    int64_t now = nanoseconds();
    memcpy(frames, stream_frame(&runner->stream, first), (size_t)count * STREAM_ROOM);
    for (unsigned i = 0; i < count; i++) {
        if (port != runner->options->port)
            stream_turn(frames[i]);
        packet_parse(&packets[i], frames[i], STREAM_FRAME, port, now);
    }
    if (runner->options->idle)
        return;
    runner->cores->program->burst(&runner->cores->each[runner->number].work, packets, verdicts, count);
    for (unsigned i = 0; i < count; i++)
        runner->forwarded += verdicts[i] != NF_DROP;
}

static void one_round(struct runner *runner, unsigned port)
{
    for (size_t at = 0; at < runner->stream.count; at += NF_BURST) {
        size_t left = runner->stream.count - at;
        one_burst(runner, at, left < NF_BURST ? (unsigned)left : NF_BURST, port);
    }
}

/* Answers come in first, from whom a function may have to have heard; then the flows. Only those are counted. */
static void make_known(struct runner *runner)
{
    unsigned own = (unsigned)runner->options->port;
    for (unsigned port = 0; port < NF_PORTS; port++)
        if (port != own)
            one_round(runner, port);
    runner->cores->each[runner->number].work.counters = (struct nf_counters){0};
    runner->forwarded = 0;
    one_round(runner, own);
}

/* Where it may not be pinned, the system moves it: the rates then vary more. */
static void pin(unsigned core)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    (void)pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

static void *run(void *argument)
{
    struct runner *runner = argument;
    pin(runner->number);
    make_known(runner);
    for (size_t round = 0; round < runner->options->rounds; round++) {
        pthread_barrier_wait(runner->start);
        double start = seconds(CLOCK_THREAD_CPUTIME_ID);
        one_round(runner, (unsigned)runner->options->port);
        double spent = seconds(CLOCK_THREAD_CPUTIME_ID) - start;
        runner->rates[round] = spent > 0 ? (double)runner->stream.count / spent : 0;
    }
    return NULL;
}

/* --- what the cores get -------------------------------------------------------------------------------- */

static bool make_steering(struct steering *steering, const struct bench_options *options)
{
    struct keys keys;
    parse_default_keys(&keys);
    for (unsigned port = 0; port < NF_PORTS; port++)
        if (!steering_init(&steering[port], &nf_config, &nf_config.ports[port], keys.of[port],
                           (unsigned)options->cores))
            return complain("out of memory");
    return true;
}

static bool deal(struct runner *runners, const struct bench_options *options, const struct steering *steering)
{
    struct stream all;
    const struct stream_plan plan = {options->packets, options->flows, options->zipf};
    if (!stream_make(&all, &plan))
        return false;
    bool made = true;
    for (size_t core = 0; made && core < options->cores; core++)
        made = stream_reserve(&runners[core].stream, all.count);
    for (size_t i = 0; made && i < all.count; i++) {
        struct packet packet;
        packet_parse(&packet, stream_frame(&all, i), STREAM_FRAME, (unsigned)options->port, 0);
        unsigned core = options->cores == 1 ? 0 : steer(&steering[options->port], &packet).core;
        stream_add(&runners[core].stream, stream_frame(&all, i));
    }
    stream_free(&all);
    return made;
}

static void start(struct runner *runners, struct cores *cores, const struct bench_options *options)
{
    pthread_barrier_t barrier;
    pthread_barrier_init(&barrier, NULL, (unsigned)options->cores);
    size_t started = 0;
    for (; started < options->cores; started++) {
        struct runner *runner = &runners[started];
        runner->number = (unsigned)started;
        runner->options = options;
        runner->cores = cores;
        runner->start = &barrier;
        if (pthread_create(&runner->thread, NULL, run, runner) != 0) {
            complain("cannot start a thread for core %zu", started);
            exit(EXIT_FAILURE); /* the others wait for it */
        }
    }
    for (size_t core = 0; core < started; core++)
        pthread_join(runners[core].thread, NULL);
    pthread_barrier_destroy(&barrier);
}

/* --- what comes of it ---------------------------------------------------------------------------------- */

static int compare(const void *left, const void *right)
{
    double difference = *(const double *)left - *(const double *)right;
    return (difference > 0) - (difference < 0);
}

static void report(const struct runner *runners, const struct cores *cores, const struct bench_options *options)
{
    double rates[BENCH_MAX_ROUNDS] = {0};
    uint64_t forwarded = 0;
    for (size_t core = 0; core < options->cores; core++) {
        forwarded += runners[core].forwarded;
        for (size_t round = 0; round < options->rounds; round++)
            rates[round] += runners[core].rates[round];
    }
    qsort(rates, options->rounds, sizeof *rates, compare);
    struct nf_counters counted = cores_counted(cores);
    printf("%s %s cores %zu flows %zu %s: median %.1f Mpps (%.1f to %.1f), forwarded %" PRIu64 ", created %" PRIu64
           ", table full %" PRIu64 ", writes %" PRIu64 "\n",
           nf_config.name, strategy_name(options->strategy), options->cores, options->flows,
           options->zipf ? "zipf" : "uniform", rates[options->rounds / 2] / 1e6, rates[0] / 1e6,
           rates[options->rounds - 1] / 1e6, forwarded, counted.created, counted.table_full, counted.writes);
}

static struct runner *make_runners(size_t count)
{
    struct runner *runners = aligned_alloc(64, count * sizeof *runners);
    if (runners)
        memset(runners, 0, count * sizeof *runners);
    return runners;
}

static bool bench(const struct bench_options *options)
{
    static struct steering steering[NF_PORTS];
    struct runner *runners = make_runners(options->cores);
    struct cores cores;
    const struct cores_plan plan = {
        .program = program_for(options->strategy),
        .count = (unsigned)options->cores,
        .capacity = cores_share(&nf_config, options->strategy, nf_config.capacity, (unsigned)options->cores),
        .seed = 1,
        .steering = steering,
    };
    if (!runners || !make_steering(steering, options) || !cores_make(&cores, &plan))
        return complain("out of memory");
    bool done = deal(runners, options, steering);
    if (done) {
        program_tell(options->strategy);
        start(runners, &cores, options);
        report(runners, &cores, options);
    }
    for (size_t core = 0; core < options->cores; core++)
        stream_free(&runners[core].stream);
    for (unsigned port = 0; port < NF_PORTS; port++)
        steering_free(&steering[port]);
    cores_free(&cores);
    free(runners);
    return done;
}

int main(int count, char **arguments)
{
    struct bench_options options;
    switch (bench_options_parse(&options, count, arguments)) {
    case PARSED_HELP:
        bench_options_help();
        return EXIT_SUCCESS;
    case PARSED_WRONG:
        return EXIT_USAGE;
    case PARSED_RUN:
        break;
    }
    return bench(&options) ? EXIT_SUCCESS : EXIT_FAILURE;
}
