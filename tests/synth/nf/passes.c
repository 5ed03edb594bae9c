/* Looks at packets as the lock's scheme does, one step at a time, and holds a network function to its contract:
 *
 * - a look that may only read and has to be repeated leaves state, packet and counters as they were;
 * - one that needs no other decides and sends what a writer would have, and changes no words of the state but ages,
 *   which become the packet's time;
 * - verdicts are ports or what nf/nf.h lists.
 *
 * Every packet stands at the end of memory of its own size, so that the sanitizers see each byte too many. */
#include "nf.c"

#include "check/traffic.h"

#include <stdio.h>
#include <stdlib.h>

enum { CORES = 3, CAPACITY = 24, SEED = 7 };

struct bench {
    struct nf_state *state;
    size_t bytes;
    uint8_t *before; /* the state before a look, and after one that only read */
    uint8_t *after;
    struct nf_counters counters;
    struct random random;
    struct story story;
    size_t again, decided;
};

struct look {
    int verdict;
    struct nf_counters counters;
};

_Noreturn static void fail(const struct bench *bench, const char *what)
{
    fprintf(stderr, "packet %zu: %s\n", bench->again + bench->decided, what);
    exit(1);
}

static void expect(const struct bench *bench, bool holds, const char *what)
{
    if (!holds)
        fail(bench, what);
}

static struct look look(struct bench *bench, struct packet *packet, unsigned core, bool writer)
{
    struct look look = {0};
    struct nf_hint hint;
    struct nf_pass pass = {
        .state = bench->state, .counters = &look.counters, .now = packet->time, .core = core, .writer = writer};
    nf_prepare(bench->state, packet, &hint);
    nf_fetch(bench->state, packet, &hint);
    look.verdict = nf_process(&pass, &hint, packet);
    return look;
}

static void only_ages_changed(const struct bench *bench, int64_t now)
{
    for (size_t at = 0; at < bench->bytes; at += sizeof now) {
        bool same = memcmp(bench->before + at, bench->after + at, sizeof now) == 0;
        expect(bench, same || memcmp(bench->after + at, &now, sizeof now) == 0, "a reader wrote what is no age of now");
    }
}

static bool same_counters(const struct nf_counters *left, const struct nf_counters *right)
{
    return left->created == right->created && left->expired == right->expired &&
           left->table_full == right->table_full && left->over == right->over && left->doubtful == right->doubtful;
}

static void write(struct bench *bench, struct packet *packet, unsigned core, int *verdict)
{
    *verdict = look(bench, packet, core, true).verdict;
    expect(bench, *verdict == NF_DROP || *verdict == NF_FLOOD || (*verdict >= 0 && *verdict < NF_PORTS),
           "a writer has no verdict");
}

/* Both ways from the same state; goes on from the reader's. */
static void compare(struct bench *bench, struct packet *packet, unsigned core, const uint8_t *input, int *verdict)
{
    uint8_t sent[STORY_MAX_FRAME];
    const struct look read = look(bench, packet, core, false);
    memcpy(bench->after, bench->state, bench->bytes);
    if (read.verdict == NF_AGAIN) {
        static const struct nf_counters nothing;
        expect(bench, memcmp(bench->before, bench->after, bench->bytes) == 0, "a look that is repeated changed the state");
        expect(bench, memcmp(packet->data, input, packet->size) == 0, "a look that is repeated changed the packet");
        expect(bench, same_counters(&read.counters, &nothing), "a look that is repeated counted");
        write(bench, packet, core, verdict);
        bench->again++;
        return;
    }
    only_ages_changed(bench, packet->time);
    memcpy(sent, packet->data, packet->size);
    memcpy(packet->data, input, packet->size);
    memcpy(bench->state, bench->before, bench->bytes);
    write(bench, packet, core, verdict);
    memcpy(bench->state, bench->after, bench->bytes);
    expect(bench, *verdict == read.verdict, "a writer decides otherwise");
    expect(bench, memcmp(packet->data, sent, packet->size) == 0, "a writer sends something else");
    bench->decided++;
}

/* Cuts some frames and changes bytes of others; times of cores are apart. */
static void disturb_frame(struct random *random, struct event *event, uint8_t *frame)
{
    if (random_once_in(random, 8))
        event->length = (uint16_t)random_below(random, event->length + 1U);
    for (uint64_t i = random_once_in(random, 6) ? random_below(random, 6) : 0; i > 0 && event->length > 0; i--)
        frame[random_below(random, event->length < 60U ? event->length : 60U)] = (uint8_t)random_next(random);
    event->size = event->length;
    event->time -= random_once_in(random, 3) ? (int64_t)random_below(random, 3000) : 0;
}

static bool step(struct bench *bench, struct traffic *traffic)
{
    uint8_t frame[STORY_MAX_FRAME];
    struct event event = traffic_next(traffic, frame);
    disturb_frame(&bench->random, &event, frame);
    uint8_t *data = malloc(event.length + (event.length == 0));
    if (!data)
        return false;
    memcpy(data, frame, event.length);
    struct packet packet;
    packet_parse(&packet, data, event.length, event.port, event.time);
    memcpy(bench->before, bench->state, bench->bytes);
    compare(bench, &packet, (unsigned)random_below(&bench->random, CORES), frame, &event.verdict);
    bool added = story_add(&bench->story, event, frame);
    if (added)
        memcpy(story_output(&bench->story, bench->story.count - 1), data, event.length);
    free(data);
    return added;
}

static bool make(struct bench *bench)
{
    const struct nf_shape shape = {.capacity = CAPACITY, .sharers = CORES, .parts = 1, .seed = SEED};
    bench->bytes = nf_state_bytes(&shape);
    void *memory = aligned_alloc(64, bench->bytes);
    bench->before = malloc(bench->bytes);
    bench->after = malloc(bench->bytes);
    if (!memory || !bench->before || !bench->after)
        return false;
    memset(memory, 0, bench->bytes);
    bench->state = nf_state_init(memory, &shape);
    return bench->state != NULL;
}

int main(int count, char **arguments)
{
    struct bench bench = {.random = random_of(1)};
    struct traffic traffic;
    bool well = count == 2 && make(&bench);
    traffic_start(&traffic, &nf_traits, &bench.story, 2);
    for (long left = well ? atol(arguments[1]) : 0; well && left > 0; left--)
        well = step(&bench, &traffic);
    printf("%zu decided by readers, %zu by writers\n", bench.decided, bench.again);
    story_free(&bench.story);
    free(bench.state);
    free(bench.before);
    free(bench.after);
    return well ? 0 : 2;
}
