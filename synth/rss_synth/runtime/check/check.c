/* Compares a network function on one core with itself on several, under every strategy. See check/check.h. */
#include "check/check.h"

#include "check/options.h"
#include "check/threads.h"
#include "check/traffic.h"
#include "check/trial.h"
#include "common/message.h"
#include "replay/trace.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    EXIT_USAGE = 2,
    MOST_THREADS = 4,
    LONGER = 8, /* times as much traffic for threads: what they get wrong is seldom */
};

static const struct size sizes[] = {
    {"room for all", CHECK_ROOMY, true},
    {"little room", CHECK_TIGHT, false},
};

struct check {
    const struct check_options *options;
    struct keys scrambled; /* these part what belongs together: a state that cores share must bear that */
    struct trace trace;    /* the captures */
    const struct size *size;
    struct story story;
    struct nf_counters counters; /* of the single core */
    bool broken, different;
};

/* --- where traffic comes from ----------------------------------------------------------------------- */

struct generator {
    struct traffic traffic;
    size_t left;
};

static bool generate(void *source, struct story *story)
{
    struct generator *generator = source;
    uint8_t frame[STORY_MAX_FRAME];
    if (generator->left == 0)
        return false;
    generator->left--;
    struct event event = traffic_next(&generator->traffic, frame);
    return story_add(story, event, frame);
}

struct player {
    const struct trace *trace;
    size_t next;
};

static bool play(void *source, struct story *story)
{
    struct player *player = source;
    if (player->next == player->trace->count)
        return false;
    const struct frame *frame = &player->trace->frames[player->next++];
    uint32_t length = frame->length < STORY_MAX_FRAME ? frame->length : STORY_MAX_FRAME;
    struct event event = {
        .time = frame->time, .port = (uint16_t)frame->port, .length = (uint16_t)length, .size = frame->size};
    return story_add(story, event, player->trace->bytes + frame->offset);
}

/* --- trials ----------------------------------------------------------------------------------------- */

static void note(struct check *check, enum outcome_of_trial outcome)
{
    check->broken |= outcome == TRIAL_BROKEN;
    check->different |= outcome == TRIAL_DIFFERENT;
}

static void try_cores(struct check *check, enum strategy strategy, unsigned cores, bool threads)
{
    const struct trial trial = {.story = &check->story,
                                .keys = strategy_shares(strategy) ? &check->scrambled : &check->options->keys,
                                .strategy = strategy,
                                .cores = cores,
                                .size = check->size,
                                .over = check->counters.over};
    if (!threads)
        note(check, trial_run(&trial));
    else if (strategy_shares(strategy) && cores > 1 && cores <= MOST_THREADS)
        note(check, threads_run(&trial));
}

static void try_all(struct check *check, bool threads)
{
    const struct check_options *options = check->options;
    for (enum strategy strategy = STRATEGY_SEQUENTIAL; strategy <= STRATEGY_TM; strategy++)
        for (unsigned i = 0; i < options->core_counts && options->strategies[strategy]; i++)
            if (strategy != STRATEGY_TM || program_has_transactions())
                try_cores(check, strategy, options->cores[i], threads);
}

static void print_story(const struct check *check, const char *what)
{
    const struct story *story = &check->story;
    size_t dropped = 0, flooded = 0;
    for (size_t i = 0; i < story->count; i++) {
        dropped += story->events[i].verdict == NF_DROP;
        flooded += story->events[i].verdict == NF_FLOOD;
    }
    printf("%s, %s: one core forwards %zu packets, floods %zu, drops %zu; %" PRIu64 " flows, %" PRIu64
           " packets found no room\n",
           what, check->size->name, story->count - dropped - flooded, flooded, dropped, check->counters.created,
           check->counters.table_full);
}

static bool check_generated(struct check *check, size_t packets, bool threads)
{
    struct generator generator = {.left = packets};
    traffic_start(&generator.traffic, nf_program_plain.traits, &check->story, check->options->seed);
    bool told = trial_tell(&check->story, check->size, &check->counters, generate, &generator);
    if (told) {
        print_story(check, "generated traffic");
        try_all(check, threads);
    }
    story_free(&check->story);
    return told;
}

static bool check_captures(struct check *check)
{
    struct player player = {.trace = &check->trace};
    bool told = trial_tell(&check->story, check->size, &check->counters, play, &player);
    if (told) {
        print_story(check, "captures");
        try_all(check, false);
        if (!check->options->no_threads)
            try_all(check, true);
    }
    story_free(&check->story);
    return told;
}

static void check_size(struct check *check, const struct size *size)
{
    const struct check_options *options = check->options;
    bool shared = options->strategies[STRATEGY_LOCKS] || options->strategies[STRATEGY_TM];
    check->size = size;
    check->broken |= !check_generated(check, options->packets, false);
    if (shared && !options->no_threads)
        check->broken |= !check_generated(check, LONGER * options->packets, true);
    if (options->inputs.count)
        check->broken |= !check_captures(check);
}

static void explain_omissions(const struct check_options *options)
{
    if (!options->strategies_given && !nf_config.keys_serve)
        puts("shared-nothing: left out, since the spec's keys part packets that must meet");
    if (options->strategies[STRATEGY_TM] && !program_has_transactions())
        puts("tm: left out, since it is the lock where a build has no transactions (-fgnu-tm, without sanitizers)");
}

static void scramble(struct keys *keys)
{
    struct random random = random_of(0);
    for (unsigned port = 0; port < NF_PORTS; port++)
        for (unsigned at = 0; at < MAX_KEY_BYTES; at++)
            keys->of[port][at] = (uint8_t)(random_next(&random) >> 32);
}

static int run(const struct check_options *options)
{
    struct check check = {.options = options};
    scramble(&check.scrambled);
    explain_omissions(options);
    check.broken = !trace_read(&check.trace, &options->inputs);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes && !check.broken; i++)
        check_size(&check, &sizes[i]);
    trace_free(&check.trace);
    puts(check.different ? "DIFFERENT" : check.broken ? "not checked" : "equivalent");
    return check.different || check.broken ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int count, char **arguments)
{
    static struct check_options options; /* too large for some stacks */
    switch (check_options_parse(&options, count, arguments)) {
    case PARSED_HELP:
        check_options_help();
        return EXIT_SUCCESS;
    case PARSED_WRONG:
        return EXIT_USAGE;
    case PARSED_RUN:
        break;
    }
    return run(&options);
}
