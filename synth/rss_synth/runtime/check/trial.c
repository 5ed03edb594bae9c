#include "check/trial.h"

#include "check/blame.h"
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

/* Packets that were refused for a reason that need not hold on other cores: no room, or an estimate too high. */
static uint64_t refused(const struct nf_counters *counters)
{
    return counters->table_full + counters->doubtful;
}

static uint64_t refused_by_all(const struct cores *cores)
{
    struct nf_counters counters = cores_counted(cores);
    return refused(&counters);
}

/* --- the story -------------------------------------------------------------------------------------- */

static void decide(struct story *story, struct cores *cores)
{
    struct event *event = &story->events[story->count - 1];
    struct packet packet = story_packet(story, story->count - 1, story_output(story, story->count - 1));
    cores->program->burst(&cores->each[0].work, &packet, &event->verdict, 1);
    event->reasons = (uint32_t)refused_by_all(cores);
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
    unsigned longest; /* burst */
    struct blame blame;
    size_t differences, explained;
    struct excused example; /* the first that is explained */
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

/* Whether differences can have a reason: where cores share the state none can, however little room there is. */
static bool has_excuses(const struct run *run)
{
    return !strategy_shares(run->trial->strategy) && (!run->trial->size->roomy || run->traits->estimates);
}

/* A packet can depend on what the one before it was named, and one that was refused has to be known. */
static unsigned longest_burst(const struct run *run)
{
    return compare_has_names(run->traits) || has_excuses(run) ? 1 : NF_BURST;
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
    run->longest = longest_burst(run);
    run->steered = calloc(trial->story->count + 1, sizeof *run->steered);
    if (!run->steered || !names_start(&run->names, run->traits->expiry) ||
        !blame_start(&run->blame, run->traits->expiry))
        return complain("out of memory");
    return trial_steer(trial, run->steering) && cores_make(&run->cores, &plan);
}

static void finish(struct run *run)
{
    cores_free(&run->cores);
    names_free(&run->names);
    blame_free(&run->blame);
    free(run->steered);
    for (unsigned port = 0; port < NF_PORTS; port++)
        steering_free(&run->steering[port]);
}

static void excuse(struct run *run, struct excused excused)
{
    if (run->explained++ == 0)
        run->example = excused;
}

static void judge(struct run *run, size_t event, const struct outcome *second, const struct refusal *refusal)
{
    const struct trial *trial = run->trial;
    enum difference difference = compare_outcomes(&run->names, run->traits, trial->story, event, *second);
    if (difference == SAME)
        return;
    if (difference == OUT_OF_MEMORY) {
        run->broken = true;
        complain("out of memory");
    } else if (refusal) {
        excuse(run, (struct excused){event, difference, second->verdict, *refusal});
    } else if (run->differences++ < SHOWN) {
        report_difference(trial, run->steered, event, difference, second);
    }
}

static void process(struct run *run)
{
    struct burst *burst = &run->burst;
    if (burst->count == 0)
        return;
    struct nf_core *core = &run->cores.each[burst->core].work;
    uint64_t before = refused(&core->counters);
    run->cores.program->burst(core, burst->packets, burst->verdicts, burst->count);
    bool refused_here = refused(&core->counters) > before;
    for (unsigned i = 0; i < burst->count; i++) {
        size_t event = burst->first + i;
        const struct outcome second = {burst->verdicts[i], burst->frames[i]};
        const struct refusal *refusal =
            has_excuses(run)
                ? blame_note(&run->blame, run->trial->story, event, &run->steered[event], refused_here)
                : NULL;
        judge(run, event, &second, refusal);
    }
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

static bool refused_in_either(const struct run *run)
{
    const struct story *story = run->trial->story;
    return refused_by_all(&run->cores) || (story->count && story->events[story->count - 1].reasons);
}

/* Events that functions only count must be as many, unless there is a reason for verdicts to differ. */
static void compare_counts(struct run *run)
{
    uint64_t over = cores_counted(&run->cores).over;
    if (over == run->trial->over || (has_excuses(run) && refused_in_either(run)))
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
        printf(", %zu differ after packets %s (%" PRIu32 " on one core, %" PRIu64 " here)", run->explained,
               run->traits->estimates ? "that found no room or were refused by shared counters" : "that found no room",
               story->events[story->count - 1].reasons, refused_by_all(&run->cores));
    if (run->names.pairs)
        printf(", %" PRIu64 " of %" PRIu64 " names others", run->names.renamed, run->names.pairs);
    putchar('\n');
    if (run->explained)
        report_excused(run->trial, run->steered, &run->example);
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
