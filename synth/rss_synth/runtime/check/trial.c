#include "check/trial.h"

#include "check/report.h"
#include "common/message.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN = 3 }; /* differences that are printed in full */

/* Nothing visible may depend on how tables hash, which two states with different seeds would show. */
static uint64_t seed_of(enum strategy strategy)
{
    return strategy_shares(strategy) ? TRIAL_SEED : TRIAL_SEED + 1000;
}

/* What explains why a packet is treated otherwise on several cores: it found no room, or an estimate too high. */
static uint64_t reasons(const struct cores *cores)
{
    struct nf_counters counters = cores_counted(cores);
    return counters.table_full + counters.doubtful;
}

/* --- the story -------------------------------------------------------------------------------------- */

static void decide(struct story *story, struct cores *cores)
{
    struct event *event = &story->events[story->count - 1];
    struct packet packet = story_packet(story, story->count - 1, story_output(story, story->count - 1));
    cores->program->burst(&cores->each[0].work, &packet, &event->verdict, 1);
    event->reasons = (uint32_t)reasons(cores);
}

bool trial_tell(struct story *story, const struct size *size, struct nf_counters *counters,
                bool (*next)(void *source, struct story *story), void *source)
{
    struct cores cores;
    const struct cores_plan plan = {
        .program = &nf_program_plain, .count = 1, .capacity = size->capacity, .seed = TRIAL_SEED};
    bool made = cores_make(&cores, &plan);
    while (made && next(source, story))
        decide(story, &cores);
    if (made)
        *counters = cores_counted(&cores);
    cores_free(&cores);
    return made;
}

/* --- against it ------------------------------------------------------------------------------------- */

/* Consecutive packets of one core. */
struct burst {
    unsigned core, count;
    size_t first; /* event */
    struct packet packets[NF_BURST];
    int verdicts[NF_BURST];
    uint8_t frames[NF_BURST][STORY_MAX_FRAME];
};

struct run {
    const struct trial *trial;
    const struct nf_traits *traits;
    struct steering steering[NF_PORTS];
    struct cores cores;
    struct names names;
    struct steered *steered; /* of every event */
    struct burst burst;
    unsigned longest; /* burst; 1 where a packet can depend on what the one before it was named */
    size_t differences, explained;
    bool broken;
};

size_t trial_capacity(const struct trial *trial)
{
    return trial->size->roomy ? trial->size->capacity
                              : cores_share(&nf_config, trial->strategy, trial->size->capacity, trial->cores);
}

bool trial_steer(const struct trial *trial, struct steering steering[NF_PORTS])
{
    for (unsigned port = 0; port < NF_PORTS; port++)
        if (!steering_init(&steering[port], &nf_config, &nf_config.ports[port], trial->keys->of[port], trial->cores))
            return complain("out of memory");
    return true;
}

static bool start(struct run *run)
{
    const struct trial *trial = run->trial;
    const struct cores_plan plan = {.program = program_for(trial->strategy),
                                    .count = trial->cores,
                                    .capacity = trial_capacity(trial),
                                    .seed = seed_of(trial->strategy),
                                    .steering = run->steering};
    run->traits = plan.program->traits;
    run->longest = compare_has_names(run->traits) ? 1 : NF_BURST;
    run->steered = calloc(trial->story->count + 1, sizeof *run->steered);
    if (!run->steered || !names_start(&run->names, run->traits->expiry))
        return complain("out of memory");
    return trial_steer(trial, run->steering) && cores_make(&run->cores, &plan);
}

static void finish(struct run *run)
{
    cores_free(&run->cores);
    names_free(&run->names);
    free(run->steered);
    for (unsigned port = 0; port < NF_PORTS; port++)
        steering_free(&run->steering[port]);
}

/* Verdicts differ for a known reason once states of less room, or other estimates, had to refuse a packet. */
static bool explains(const struct run *run, const struct event *event)
{
    return !strategy_shares(run->trial->strategy) && (event->reasons || reasons(&run->cores));
}

static void judge(struct run *run, size_t event, int verdict, const uint8_t *frame)
{
    const struct trial *trial = run->trial;
    struct outcome second = {verdict, frame};
    enum difference difference = compare_outcomes(&run->names, run->traits, trial->story, event, second);
    if (difference == SAME)
        return;
    if (difference == OUT_OF_MEMORY) {
        run->broken = true;
        complain("out of memory");
    } else if (explains(run, &trial->story->events[event])) {
        run->explained++;
    } else if (run->differences++ < SHOWN) {
        report_difference(trial, run->steered, event, difference, &second);
    }
}

static void process(struct run *run)
{
    struct burst *burst = &run->burst;
    if (burst->count == 0)
        return;
    run->cores.program->burst(&run->cores.each[burst->core].work, burst->packets, burst->verdicts, burst->count);
    for (unsigned i = 0; i < burst->count; i++)
        judge(run, burst->first + i, burst->verdicts[i], burst->frames[i]);
    burst->count = 0;
}

/* The packet as it comes in to this run, behind those that the burst has. */
static struct packet receive(struct run *run, size_t number)
{
    const struct event *event = &run->trial->story->events[number];
    uint8_t *frame = run->burst.frames[run->burst.count];
    compare_translate(&run->names, run->traits, run->trial->story, number, frame);
    struct packet packet = story_packet(run->trial->story, number, frame);
    run->steered[number] = steer(&run->steering[event->port], &packet);
    return packet;
}

static void take(struct run *run, size_t number)
{
    struct burst *burst = &run->burst;
    if (burst->count == run->longest)
        process(run);
    struct packet packet = receive(run, number);
    unsigned core = run->steered[number].core;
    if (burst->count && burst->core != core) {
        process(run);
        packet = receive(run, number);
    }
    if (burst->count == 0) {
        burst->core = core;
        burst->first = number;
    }
    burst->packets[burst->count++] = packet;
}

/* Events that functions only count must be as many, unless there is a reason for verdicts to differ. */
static void compare_counts(struct run *run)
{
    const struct story *story = run->trial->story;
    uint64_t over = cores_counted(&run->cores).over;
    if (over == run->trial->over || (story->count && explains(run, &story->events[story->count - 1])))
        return;
    run->differences++;
    printf("  one core counts %" PRIu64 " packets over a limit, %u cores %" PRIu64 "\n", run->trial->over,
           run->trial->cores, over);
}

static void summarise(const struct run *run)
{
    const struct story *story = run->trial->story;
    report_heading(run->trial);
    if (run->differences)
        printf("%zu of %zu packets DIFFER", run->differences, story->count);
    else
        printf("%zu packets the same", story->count - run->explained);
    if (run->explained)
        printf(", %zu differ after packets that found no room or a doubtful estimate (%" PRIu32 " on one core, %" PRIu64
               " here)",
               run->explained, story->events[story->count - 1].reasons, reasons(&run->cores));
    if (run->names.pairs)
        printf(", %" PRIu64 " of %" PRIu64 " names others", run->names.renamed, run->names.pairs);
    putchar('\n');
}

enum outcome_of_trial trial_run(const struct trial *trial)
{
    struct run *run = calloc(1, sizeof *run);
    if (!run) {
        complain("out of memory");
        return TRIAL_BROKEN;
    }
    run->trial = trial;
    run->broken = !start(run);
    for (size_t number = 0; number < trial->story->count && !run->broken; number++)
        take(run, number);
    if (!run->broken) {
        process(run);
        compare_counts(run);
        summarise(run);
    }
    enum outcome_of_trial outcome = run->broken ? TRIAL_BROKEN : run->differences ? TRIAL_DIFFERENT : TRIAL_SAME;
    finish(run);
    free(run);
    return outcome;
}
