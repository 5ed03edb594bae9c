/* Feeds captures to a network function on several cores, choosing the core as the NIC would. */
#include "common/files.h"
#include "common/message.h"
#include "packet/packet.h"
#include "replay/options.h"
#include "replay/outputs.h"
#include "replay/presplit.h"
#include "replay/trace.h"
#include "sharing/cores.h"
#include "sharing/rebalance.h"
#include "steering/steering.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_USAGE = 2 };

/* What was seen of one core. */
struct tally {
    uint64_t received[NF_PORTS];
    uint64_t dropped;
    uint64_t flooded;
};

struct replay {
    const struct options *options;
    struct trace trace;
    uint8_t *buffer; /* room for the largest frame: functions change packets in place */
    struct steering steering[NF_PORTS];
    struct cores cores;
    struct tally *tallies; /* of each core */
    struct outputs outputs;
    uint64_t unhashed;
    uint64_t moves; /* of table entries */
};

static bool make_cores(struct replay *replay)
{
    const struct options *options = replay->options;
    const struct cores_plan plan = {.program = program_for(options->strategy),
                                    .count = options->cores,
                                    .capacity = options->capacity,
                                    .steering = replay->steering};
    replay->tallies = calloc(options->cores, sizeof *replay->tallies);
    return (replay->tallies || complain("out of memory")) && cores_make(&replay->cores, &plan);
}

static bool make_buffer(struct replay *replay)
{
    size_t largest = 1;
    for (size_t i = 0; i < replay->trace.count; i++)
        if (replay->trace.frames[i].length > largest)
            largest = replay->trace.frames[i].length;
    replay->buffer = malloc(largest);
    return replay->buffer || complain("out of memory");
}

static bool make_steering(struct replay *replay)
{
    const struct options *options = replay->options;
    for (unsigned i = 0; i < NF_PORTS; i++)
        if (!steering_init(&replay->steering[i], &nf_config, &nf_config.ports[i], options->keys.of[i], options->cores))
            return complain("out of memory");
    return true;
}

/* A copy: functions may change the packet. */
static struct packet parse(const struct replay *replay, const struct frame *frame)
{
    struct packet packet;
    if (frame->length)
        memcpy(replay->buffer, replay->trace.bytes + frame->offset, frame->length);
    packet_parse(&packet, replay->buffer, frame->length, frame->port, frame->time);
    packet.size = frame->size;
    return packet;
}

static void assign_core(struct replay *replay, struct frame *frame, struct rebalance *rebalance)
{
    struct packet packet = parse(replay, frame);
    struct steered steered = steer(&replay->steering[frame->port], &packet);
    frame->core = steered.core;
    replay->unhashed += !steered.hashed;
    if (!rebalance)
        return;
    rebalance_note(rebalance, frame->port, &steered, 1, frame->time);
    rebalance->done[steered.core]++;
}

static void assign_cores(struct replay *replay, struct rebalance *rebalance)
{
    int64_t due = INT64_MIN;
    for (size_t i = 0; i < replay->trace.count; i++) {
        struct frame *frame = &replay->trace.frames[i];
        if (rebalance && frame->time >= due) {
            rebalance_round(rebalance, frame->time);
            due = frame->time + replay->options->rebalance;
        }
        assign_core(replay, frame, rebalance);
    }
}

static bool steer_frames(struct replay *replay)
{
    if (!replay->options->rebalance) {
        assign_cores(replay, NULL);
        return true;
    }
    struct rebalance rebalance;
    const struct rebalance_plan plan = {replay->cores.program, replay->steering, replay->options->cores};
    bool good = rebalance_init(&rebalance, &plan);
    if (good)
        assign_cores(replay, &rebalance);
    replay->moves = rebalance.moves;
    rebalance_free(&rebalance);
    return good;
}

static bool presplit(struct replay *replay)
{
    const struct options *options = replay->options;
    if (!options->presplit)
        return true;
    return presplit_retime(&replay->trace, options->cores) &&
           presplit_write(&replay->trace, options->cores, options->presplit);
}

static void print_hash(FILE *output, const struct steered *steered, enum packet_class kind)
{
    fprintf(output, " %s ", packet_class_name(kind));
    if (steered->hashed)
        fprintf(output, "hash %08" PRIx32 " entry %" PRIu32, steered->hash, steered->entry);
    else
        fputs("unhashed", output);
}

static void print_verdict(const struct replay *replay, const struct frame *frame, int verdict)
{
    files_print_verdict(replay->outputs.verdicts, frame->port, frame->number, verdict);
    if (replay->options->show_hash) {
        struct packet packet = parse(replay, frame);
        struct steered steered = steer(&replay->steering[frame->port], &packet);
        print_hash(replay->outputs.verdicts, &steered, packet.kind);
    }
    if (replay->options->show_core)
        fprintf(replay->outputs.verdicts, " core %u", frame->core);
    fputc('\n', replay->outputs.verdicts);
}

static void process_frame(struct replay *replay, const struct frame *frame)
{
    struct tally *tally = &replay->tallies[frame->core];
    struct packet packet = parse(replay, frame);
    int verdict;
    replay->cores.program->burst(&replay->cores.each[frame->core].work, &packet, &verdict, 1);
    tally->received[frame->port]++;
    tally->dropped += verdict == NF_DROP;
    tally->flooded += verdict == NF_FLOOD;
    print_verdict(replay, frame, verdict);
    outputs_of_core(&replay->outputs, frame, tally->received[frame->port], verdict);
    outputs_packet(&replay->outputs, frame, replay->buffer, verdict);
}

static void summarise_core(const struct replay *replay, unsigned number)
{
    const struct tally *tally = &replay->tallies[number];
    struct nf_counters flows = replay->cores.each[number].work.counters;
    uint64_t packets = 0;
    for (unsigned port = 0; port < NF_PORTS; port++)
        packets += tally->received[port];
    fprintf(stderr,
            "core %u: %" PRIu64 " packets, %" PRIu64 " dropped, flows: %" PRIu64 " created, %" PRIu64
            " expired, %" PRIu64 " table full",
            number, packets, tally->dropped, flows.created, flows.expired, flows.table_full);
    if (flows.over)
        fprintf(stderr, ", %" PRIu64 " over a limit", flows.over);
    if (replay->cores.program->traits->estimates)
        fprintf(stderr, ", %" PRIu64 " refused by shared counters", flows.doubtful);
    if (replay->cores.lock)
        fprintf(stderr, ", %" PRIu64 " as writer", flows.writes);
    fputc('\n', stderr);
}

static void summarise(const struct replay *replay)
{
    uint64_t dropped = 0, flooded = 0;
    for (unsigned i = 0; i < replay->options->cores; i++) {
        dropped += replay->tallies[i].dropped;
        flooded += replay->tallies[i].flooded;
    }
    fprintf(stderr, "%zu packets: %" PRIu64 " forwarded, ", replay->trace.count,
            replay->trace.count - dropped - flooded);
    if (flooded)
        fprintf(stderr, "%" PRIu64 " flooded, ", flooded);
    fprintf(stderr, "%" PRIu64 " dropped, %" PRIu64 " unhashed\n", dropped, replay->unhashed);
    if (replay->options->rebalance)
        fprintf(stderr, "%" PRIu64 " moves of table entries\n", replay->moves);
    program_tell(replay->options->strategy);
    for (unsigned i = 0; i < replay->options->cores; i++)
        summarise_core(replay, i);
}

static bool run(struct replay *replay)
{
    if (!trace_read(&replay->trace, &replay->options->inputs) || !make_buffer(replay) || !make_steering(replay) ||
        !make_cores(replay))
        return false;
    if (!steer_frames(replay) || !presplit(replay) || !outputs_open(&replay->outputs, replay->options))
        return false;
    for (size_t i = 0; i < replay->trace.count; i++)
        process_frame(replay, &replay->trace.frames[i]);
    summarise(replay);
    return true;
}

/* Closes and frees everything; false where output was lost. */
static bool finish(struct replay *replay)
{
    bool written = outputs_close(&replay->outputs, replay->options);
    cores_free(&replay->cores);
    free(replay->tallies);
    free(replay->buffer);
    for (unsigned i = 0; i < NF_PORTS; i++)
        steering_free(&replay->steering[i]);
    trace_free(&replay->trace);
    return written;
}

int main(int count, char **arguments)
{
    static struct options options; /* keys and prefixes are too large for some stacks */
    static struct replay replay;
    switch (options_parse(&options, count, arguments)) {
    case PARSED_HELP:
        options_help();
        return EXIT_SUCCESS;
    case PARSED_WRONG:
        return EXIT_USAGE;
    case PARSED_RUN:
        break;
    }
    replay.options = &options;
    bool done = run(&replay);
    done &= finish(&replay);
    return done ? EXIT_SUCCESS : EXIT_FAILURE;
}
