/* Feeds captures to as many states as there are cores, choosing the core as the NIC would. */
#include "nf/config.h"
#include "common/files.h"
#include "common/message.h"
#include "nf/nf.h"
#include "replay/options.h"
#include "packet/packet.h"
#include "replay/presplit.h"
#include "steering/steering.h"
#include "replay/trace.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_USAGE = 2 };

/* One core: what it owns and what it has done. */
struct core {
    struct nf_core work;
    FILE *verdicts;
    uint64_t received[NF_PORTS];
    uint64_t dropped;
};

struct replay {
    const struct options *options;
    struct trace trace;
    struct steering steering[NF_PORTS];
    struct core *cores;
    uint64_t unhashed;
    FILE *output;
};

static bool make_core(struct core *core, const struct options *options, unsigned number)
{
    const struct nf_shape shape = {
        .capacity = options->capacity, .sharers = 1, .part = number, .parts = options->cores};
    void *memory = aligned_alloc(64, nf_state_bytes(&shape));
    if (!memory)
        return complain("no memory for %zu flows on core %u", options->capacity, number);
    memset(memory, 0, nf_state_bytes(&shape));
    core->work.state = nf_state_init(memory, &shape);
    if (!options->verdicts)
        return true;
    core->verdicts = files_open_verdicts(options->verdicts, number);
    return core->verdicts != NULL;
}

static bool make_cores(struct replay *replay)
{
    const struct options *options = replay->options;
    replay->cores = calloc(options->cores, sizeof *replay->cores);
    if (!replay->cores)
        return complain("out of memory");
    if (options->verdicts && !files_make_directory(options->verdicts))
        return false;
    for (unsigned i = 0; i < options->cores; i++)
        if (!make_core(&replay->cores[i], options, i))
            return false;
    return true;
}

static bool make_steering(struct replay *replay)
{
    const struct options *options = replay->options;
    for (unsigned i = 0; i < NF_PORTS; i++)
        if (!steering_init(&replay->steering[i], &nf_config, &nf_config.ports[i], options->keys[i], options->cores))
            return complain("out of memory");
    return true;
}

static bool open_output(struct replay *replay)
{
    const char *path = replay->options->output;
    replay->output = path ? fopen(path, "w") : stdout;
    return replay->output || complain("cannot write %s: %s", path, strerror(errno));
}

static struct packet parse(const struct replay *replay, const struct frame *frame)
{
    struct packet packet;
    packet_parse(&packet, replay->trace.bytes + frame->offset, frame->length, frame->port, frame->time);
    return packet;
}

static void assign_cores(struct replay *replay)
{
    for (size_t i = 0; i < replay->trace.count; i++) {
        struct frame *frame = &replay->trace.frames[i];
        struct packet packet = parse(replay, frame);
        struct steered steered = steer(&replay->steering[frame->port], &packet);
        frame->core = steered.core;
        replay->unhashed += !steered.hashed;
    }
}

static bool presplit(struct replay *replay)
{
    const struct options *options = replay->options;
    if (!options->presplit)
        return true;
    return presplit_retime(&replay->trace, options->cores) &&
           presplit_write(&replay->trace, options->cores, options->presplit);
}

static void print_hash(const struct replay *replay, const struct frame *frame, const struct packet *packet)
{
    struct steered steered = steer(&replay->steering[frame->port], packet);
    fprintf(replay->output, " %s ", packet_class_name(packet->kind));
    if (steered.hashed)
        fprintf(replay->output, "hash %08" PRIx32 " entry %" PRIu32, steered.hash, steered.entry);
    else
        fputs("unhashed", replay->output);
}

static void print_verdict(const struct replay *replay, const struct frame *frame, const struct packet *packet, int verdict)
{
    files_print_verdict(replay->output, frame->port, frame->number, verdict);
    if (replay->options->show_hash)
        print_hash(replay, frame, packet);
    if (replay->options->show_core)
        fprintf(replay->output, " core %u", frame->core);
    fputc('\n', replay->output);
}

static void process_frame(struct replay *replay, const struct frame *frame)
{
    struct core *core = &replay->cores[frame->core];
    struct packet packet = parse(replay, frame);
    int verdict;
    nf_burst(&core->work, &packet, &verdict, 1);
    core->received[frame->port]++;
    core->dropped += verdict == NF_DROP;
    print_verdict(replay, frame, &packet, verdict);
    if (core->verdicts) {
        files_print_verdict(core->verdicts, frame->port, core->received[frame->port], verdict);
        fputc('\n', core->verdicts);
    }
}

static void summarise(const struct replay *replay)
{
    uint64_t dropped = 0;
    for (unsigned i = 0; i < replay->options->cores; i++)
        dropped += replay->cores[i].dropped;
    fprintf(stderr, "%zu packets: %" PRIu64 " forwarded, %" PRIu64 " dropped, %" PRIu64 " unhashed\n",
            replay->trace.count, replay->trace.count - dropped, dropped, replay->unhashed);
    for (unsigned i = 0; i < replay->options->cores; i++) {
        const struct core *core = &replay->cores[i];
        struct nf_counters flows = core->work.counters;
        fprintf(stderr, "core %u: %" PRIu64 " packets, %" PRIu64 " dropped, flows: %" PRIu64 " created, %" PRIu64
                        " expired, %" PRIu64 " table full\n",
                i, core->received[0] + core->received[NF_PORTS - 1], core->dropped, flows.created, flows.expired,
                flows.table_full);
    }
}

static bool run(struct replay *replay)
{
    if (!trace_read(&replay->trace, replay->options) || !make_steering(replay) || !make_cores(replay))
        return false;
    assign_cores(replay);
    if (!presplit(replay) || !open_output(replay))
        return false;
    for (size_t i = 0; i < replay->trace.count; i++)
        process_frame(replay, &replay->trace.frames[i]);
    summarise(replay);
    return true;
}

/* Closes and frees everything; false where output was lost. */
static bool finish(struct replay *replay)
{
    const struct options *options = replay->options;
    bool written = !replay->output || files_close(replay->output, options->output ? options->output : "the verdicts");
    for (unsigned i = 0; replay->cores && i < options->cores; i++) {
        struct core *core = &replay->cores[i];
        written &= !core->verdicts || files_close(core->verdicts, options->verdicts);
        free(core->work.state);
    }
    free(replay->cores);
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
