#include "replay/outputs.h"

#include "common/files.h"
#include "common/message.h"
#include "nf/nf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool open_verdicts(struct outputs *outputs, const char *path)
{
    outputs->verdicts = path ? fopen(path, "w") : stdout;
    return outputs->verdicts || complain("cannot write %s: %s", path, strerror(errno));
}

static bool open_verdicts_of_cores(struct outputs *outputs, const char *directory, unsigned cores)
{
    if (!directory)
        return true;
    outputs->of_core = calloc(cores, sizeof(FILE *));
    if (!outputs->of_core)
        return complain("out of memory");
    if (!files_make_directory(directory))
        return false;
    for (unsigned i = 0; i < cores; i++)
        if (!(outputs->of_core[i] = files_open_verdicts(directory, i)))
            return false;
    return true;
}

static bool open_packets(struct outputs *outputs, const char *directory)
{
    char path[FILES_MAX_PATH];
    if (!directory)
        return true;
    if (!files_make_directory(directory))
        return false;
    for (unsigned port = 0; port < NF_PORTS; port++)
        if (!files_path(path, "%s/%s.pcap", directory, nf_config.ports[port].name) ||
            !capture_open(&outputs->packets[port], path, CAPTURE_NANOSECONDS))
            return false;
    return true;
}

bool outputs_open(struct outputs *outputs, const struct options *options)
{
    return open_verdicts(outputs, options->output) &&
           open_verdicts_of_cores(outputs, options->verdicts, options->cores) &&
           open_packets(outputs, options->packets);
}

void outputs_of_core(const struct outputs *outputs, const struct frame *frame, uint64_t number, int verdict)
{
    if (!outputs->of_core)
        return;
    files_print_verdict(outputs->of_core[frame->core], frame->port, number, verdict);
    fputc('\n', outputs->of_core[frame->core]);
}

void outputs_packet(struct outputs *outputs, const struct frame *frame, const uint8_t *data, int verdict)
{
    for (unsigned port = 0; port < NF_PORTS; port++)
        if (outputs->packets[port].file && (verdict == (int)port || (verdict == NF_FLOOD && port != frame->port)))
            capture_add(&outputs->packets[port], frame->time, data, frame->length);
}

bool outputs_close(struct outputs *outputs, const struct options *options)
{
    const char *name = options->output ? options->output : "the verdicts";
    bool written = !outputs->verdicts || files_close(outputs->verdicts, name);
    for (unsigned i = 0; outputs->of_core && i < options->cores; i++)
        written &= !outputs->of_core[i] || files_close(outputs->of_core[i], options->verdicts);
    for (unsigned port = 0; port < NF_PORTS; port++)
        written &= capture_close(&outputs->packets[port]);
    free(outputs->of_core);
    return written;
}
