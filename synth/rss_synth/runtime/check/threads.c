#include "check/threads.h"

#include "check/report.h"
#include "common/message.h"
#include "common/random.h"

#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WINDOW = 96 }; /* events that a thread may be ahead of the slowest: what comes in at about the same time */

/* What a thread did with an event. */
struct deed {
    uint64_t order;
    size_t event;
    int verdict;
};

struct crowd {
    const struct trial *trial;
    struct steering steering[NF_PORTS];
    struct cores cores;
    uint64_t order;
    struct steered *steered; /* of every event */
    struct deed *deeds;
    uint8_t *bytes; /* as those of the story: outputs are changed in place */
    struct thread *threads;
    unsigned running; /* threads that were started */
};

struct thread {
    _Alignas(64) atomic_size_t reached; /* the event that it is about to process */
    pthread_t id;
    unsigned core;
    struct random random;
    struct crowd *crowd;
};

/* Waits until no other thread is far behind. */
static void keep_pace(const struct crowd *crowd, struct thread *thread, size_t event)
{
    atomic_store_explicit(&thread->reached, event, memory_order_relaxed);
    for (unsigned i = 0; i < crowd->cores.count; i++)
        while (atomic_load_explicit(&crowd->threads[i].reached, memory_order_relaxed) + WINDOW < event)
            sched_yield();
}

static void process(struct crowd *crowd, struct thread *thread, struct packet *packets, const size_t *events,
                    unsigned count)
{
    int verdicts[NF_BURST];
    if (count == 0)
        return;
    crowd->cores.program->burst(&crowd->cores.each[thread->core].work, packets, verdicts, count);
    for (unsigned i = 0; i < count; i++)
        crowd->deeds[events[i]] = (struct deed){packets[i].order, events[i], verdicts[i]};
}

static void *run_thread(void *argument)
{
    struct thread *thread = argument;
    struct crowd *crowd = thread->crowd;
    const struct story *story = crowd->trial->story;
    struct packet packets[NF_BURST];
    size_t events[NF_BURST];
    unsigned count = 0;
    uint64_t wanted = 1 + random_below(&thread->random, NF_BURST);
    for (size_t number = 0; number < story->count; number++) {
        const struct event *event = &story->events[number];
        if (crowd->steered[number].core != thread->core)
            continue;
        if (count && number - events[0] > WINDOW / 2)
            wanted = count;
        if (count == wanted) {
            process(crowd, thread, packets, events, count);
            count = 0;
            wanted = 1 + random_below(&thread->random, NF_BURST);
        }
        keep_pace(crowd, thread, count ? events[0] : number);
        events[count] = number;
        packets[count++] = story_packet(story, number, crowd->bytes + event->output);
    }
    process(crowd, thread, packets, events, count);
    atomic_store_explicit(&thread->reached, SIZE_MAX / 2, memory_order_relaxed);
    return NULL;
}

static bool start_threads(struct crowd *crowd)
{
    for (unsigned i = 0; i < crowd->cores.count; i++) {
        atomic_init(&crowd->threads[i].reached, 0);
        crowd->threads[i].core = i;
        crowd->threads[i].crowd = crowd;
        crowd->threads[i].random = random_of(i);
        crowd->cores.each[i].work.order = &crowd->order;
    }
    for (; crowd->running < crowd->cores.count; crowd->running++) {
        struct thread *thread = &crowd->threads[crowd->running];
        if (pthread_create(&thread->id, NULL, run_thread, thread) != 0)
            return complain("cannot start thread %u", crowd->running);
    }
    return true;
}

/* Every thread ends, also where not all could be started: those that don't run are waited for by nobody. */
static bool run_threads(struct crowd *crowd)
{
    bool started = start_threads(crowd);
    for (unsigned i = crowd->running; i < crowd->cores.count; i++)
        atomic_store_explicit(&crowd->threads[i].reached, SIZE_MAX / 2, memory_order_relaxed);
    for (unsigned i = 0; i < crowd->running; i++)
        pthread_join(crowd->threads[i].id, NULL);
    return started;
}

static bool prepare(struct crowd *crowd)
{
    const struct trial *trial = crowd->trial;
    const struct story *story = trial->story;
    const struct cores_plan plan = {.program = program_for(trial->strategy),
                                    .count = trial->cores,
                                    .capacity = trial_capacity(trial),
                                    .seed = TRIAL_SEED};
    crowd->steered = calloc(story->count + 1, sizeof *crowd->steered);
    crowd->deeds = calloc(story->count + 1, sizeof *crowd->deeds);
    crowd->bytes = malloc(story->used + 1);
    crowd->threads = aligned_alloc(64, trial->cores * sizeof *crowd->threads);
    if (!crowd->steered || !crowd->deeds || !crowd->bytes || !crowd->threads)
        return complain("out of memory");
    if (!trial_steer(trial, crowd->steering) || !cores_make(&crowd->cores, &plan))
        return false;
    for (size_t number = 0; number < story->count; number++) {
        const struct event *event = &story->events[number];
        memcpy(crowd->bytes + event->output, story_input(story, number), event->length);
        struct packet packet = story_packet(story, number, story_input(story, number));
        crowd->steered[number] = steer(&crowd->steering[event->port], &packet);
    }
    return true;
}

static void finish(struct crowd *crowd)
{
    cores_free(&crowd->cores);
    free(crowd->steered);
    free(crowd->deeds);
    free(crowd->bytes);
    free(crowd->threads);
    for (unsigned port = 0; port < NF_PORTS; port++)
        steering_free(&crowd->steering[port]);
}

/* --- in the recorded order -------------------------------------------------------------------------- */

static int by_order(const void *left, const void *right)
{
    const struct deed *a = left, *b = right;
    return (a->order > b->order) - (a->order < b->order);
}

/* Makes the story's verdicts and outputs anew from its inputs, in the threads' order. */
static bool replay(struct crowd *crowd, struct story *alone, struct nf_counters *counters)
{
    struct cores one;
    const struct cores_plan plan = {
        .program = &nf_program_plain, .count = 1, .capacity = trial_capacity(crowd->trial), .seed = TRIAL_SEED};
    bool made = cores_make(&one, &plan);
    for (size_t place = 0; made && place < alone->count; place++) {
        size_t number = crowd->deeds[place].event;
        struct event *event = &alone->events[number];
        memcpy(story_output(alone, number), story_input(alone, number), event->length);
        struct packet packet = story_packet(alone, number, story_output(alone, number));
        one.program->burst(&one.each[0].work, &packet, &event->verdict, 1);
    }
    if (made)
        *counters = cores_counted(&one);
    cores_free(&one);
    return made;
}

static bool copy_story(struct story *copy, const struct story *story)
{
    for (size_t number = 0; number < story->count; number++)
        if (!story_add(copy, story->events[number], story_input(story, number)))
            return false;
    return true;
}

/* How many events came out otherwise; prints the first, in the order in which they took effect. */
static size_t compare(struct crowd *crowd, const struct story *alone)
{
    size_t different = 0;
    struct trial shown = *crowd->trial;
    shown.story = alone;
    for (size_t place = 0; place < alone->count; place++) {
        const struct deed *deed = &crowd->deeds[place];
        const struct event *event = &alone->events[deed->event];
        struct outcome second = {deed->verdict, crowd->bytes + event->output};
        bool bytes = deed->verdict == NF_DROP ||
                     memcmp(second.bytes, story_output(alone, deed->event), event->length) == 0;
        if (event->verdict == deed->verdict && bytes)
            continue;
        if (different++ == 0)
            report_difference(&shown, crowd->steered, deed->event,
                              event->verdict == deed->verdict ? DIFFERENT_BYTES : DIFFERENT_VERDICT, &second);
    }
    return different;
}

static size_t compare_counts(const struct nf_counters *threads, const struct nf_counters *alone)
{
    if (threads->created == alone->created && threads->expired == alone->expired &&
        threads->table_full == alone->table_full && threads->over == alone->over)
        return 0;
    printf("  counters differ: created %" PRIu64 " and %" PRIu64 ", expired %" PRIu64 " and %" PRIu64
           ", table full %" PRIu64 " and %" PRIu64 ", over a limit %" PRIu64 " and %" PRIu64 "\n",
           threads->created, alone->created, threads->expired, alone->expired, threads->table_full, alone->table_full,
           threads->over, alone->over);
    return 1;
}

static enum outcome_of_trial judge(struct crowd *crowd)
{
    struct story alone = {0};
    struct nf_counters counters = {0};
    enum outcome_of_trial outcome = TRIAL_BROKEN;
    qsort(crowd->deeds, crowd->trial->story->count, sizeof *crowd->deeds, by_order);
    if (copy_story(&alone, crowd->trial->story) && replay(crowd, &alone, &counters)) {
        struct nf_counters counted = cores_counted(&crowd->cores);
        size_t different = compare(crowd, &alone) + compare_counts(&counted, &counters);
        outcome = different ? TRIAL_DIFFERENT : TRIAL_SAME;
        report_heading(crowd->trial);
        printf("as threads, %zu packets %s in the order in which they took effect", alone.count,
               different ? "DIFFER" : "the same");
        if (counted.writes)
            printf(", %" PRIu64 " as writers for %" PRIu64 " flows", counted.writes, counted.created);
        putchar('\n');
    }
    story_free(&alone);
    return outcome;
}

enum outcome_of_trial threads_run(const struct trial *trial)
{
    struct crowd crowd = {.trial = trial};
    bool done = prepare(&crowd) && run_threads(&crowd);
    enum outcome_of_trial outcome = done ? judge(&crowd) : TRIAL_BROKEN;
    finish(&crowd);
    return outcome;
}
