#include "replay/presplit.h"

#include "common/files.h"
#include "common/message.h"
#include "replay/capture.h"

#include <stdlib.h>

#define US_PER_SECOND 1000000

/* Where a core's captures have got to. */
struct clock {
    int64_t time; /* us */
    unsigned port;
};

static void advance(struct clock *clock, const struct frame *frame)
{
    int64_t time = frame->time / 1000;
    if (time > clock->time)
        *clock = (struct clock){time, frame->port};
    else if (frame->port < clock->port)
        *clock = (struct clock){clock->time + 1, frame->port};
    else
        clock->port = frame->port;
}

bool presplit_retime(struct trace *trace, unsigned cores)
{
    struct clock *clocks = calloc(cores, sizeof *clocks);
    if (!clocks)
        return complain("out of memory");
    for (size_t i = 0; i < trace->count; i++) {
        struct frame *frame = &trace->frames[i];
        advance(&clocks[frame->core], frame);
        frame->time = clocks[frame->core].time * 1000;
        frame->size = frame->length;
    }
    free(clocks);
    return true;
}

static bool write_capture(const struct trace *trace, const char *path, unsigned port, unsigned core)
{
    struct capture capture;
    if (!capture_open(&capture, path, CAPTURE_MICROSECONDS))
        return false;
    for (size_t i = 0; i < trace->count; i++) {
        const struct frame *frame = &trace->frames[i];
        if (frame->port == port && frame->core == core)
            capture_add(&capture, frame->time, trace->bytes + frame->offset, frame->length);
    }
    return capture_close(&capture);
}

static bool write_captures(const struct trace *trace, unsigned cores, const char *directory)
{
    char path[FILES_MAX_PATH];
    for (unsigned port = 0; port < NF_PORTS; port++)
        for (unsigned core = 0; core < cores; core++) {
            if (!files_path(path, "%s/%s-%u.pcap", directory, nf_config.ports[port].name, core))
                return false;
            if (!write_capture(trace, path, port, core))
                return false;
        }
    return true;
}

/* The times of the format are 32 bits, and DPDK reads them as signed ones. */
static bool fits_format(const struct trace *trace)
{
    for (size_t i = 0; i < trace->count; i++)
        if (trace->frames[i].time / 1000 / US_PER_SECOND > INT32_MAX)
            return complain("a packet's time does not fit the pcap format");
    return true;
}

bool presplit_write(const struct trace *trace, unsigned cores, const char *directory)
{
    if (!fits_format(trace) || !files_make_directory(directory))
        return false;
    return write_captures(trace, cores, directory);
}
