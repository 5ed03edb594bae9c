#include "replay/trace.h"

#include "common/array.h"
#include "common/message.h"
#include "packet/packet.h"

#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_SECOND 1000000000

static bool add_frame(struct trace *trace, struct frame frame, const uint8_t *data)
{
    void *frames = trace->frames, *bytes = trace->bytes;
    bool fits = array_reserve(&frames, &trace->frame_room, trace->count + 1, sizeof frame);
    trace->frames = frames;
    fits = fits && array_reserve(&bytes, &trace->byte_room, trace->used + frame.length, 1);
    trace->bytes = bytes;
    if (!fits)
        return false;
    frame.offset = trace->used;
    if (frame.length)
        memcpy(trace->bytes + trace->used, data, frame.length);
    trace->used += frame.length;
    trace->frames[trace->count++] = frame;
    return true;
}

/* Times that `now` can take: differences of any two fit 64 bits. */
static bool to_time(const struct pcap_pkthdr *header, int64_t *time)
{
    int64_t seconds = header->ts.tv_sec, nanoseconds = header->ts.tv_usec;
    if (seconds < 0 || seconds > INT64_MAX / NS_PER_SECOND - 1 || nanoseconds < 0 || nanoseconds >= NS_PER_SECOND)
        return false;
    *time = seconds * NS_PER_SECOND + nanoseconds;
    return true;
}

static uint32_t whole_size(const struct pcap_pkthdr *header)
{
    return header->len > header->caplen ? header->len : header->caplen;
}

static unsigned port_of(const struct inputs *inputs, const struct input *input, const uint8_t *data, size_t length)
{
    if (input->port != PORT_BY_SOURCE)
        return (unsigned)input->port;
    struct packet packet;
    packet_parse(&packet, (uint8_t *)(uintptr_t)data, length, 0, 0);
    return inputs_port(inputs, packet.version, packet.version ? packet_source(&packet) : NULL);
}

static bool read_frames(struct trace *trace, const struct inputs *inputs, unsigned index, pcap_t *pcap)
{
    const struct input *input = &inputs->files[index];
    struct pcap_pkthdr *header;
    const uint8_t *data;
    int status;
    for (uint64_t number = 1; (status = pcap_next_ex(pcap, &header, &data)) == 1; number++) {
        struct frame frame = {
            .number = number, .length = header->caplen, .size = whole_size(header), .input = index};
        if (!to_time(header, &frame.time))
            return complain("%s: packet %llu has an impossible time", input->file, (unsigned long long)number);
        frame.port = port_of(inputs, input, data, header->caplen);
        if (!add_frame(trace, frame, data))
            return false;
    }
    return status == PCAP_ERROR_BREAK || complain("%s: %s", input->file, pcap_geterr(pcap));
}

/* What libpcap says of a file that it cannot open begins with the name; of one that it cannot use, it doesn't. */
static bool complain_of(const char *file, const char *error)
{
    size_t length = strlen(file);
    bool named = strncmp(error, file, length) == 0 && strncmp(error + length, ": ", 2) == 0;
    return complain("%s: %s", file, named ? error + length + 2 : error);
}

static bool read_capture(struct trace *trace, const struct inputs *inputs, unsigned index)
{
    char error[PCAP_ERRBUF_SIZE] = "";
    const char *file = inputs->files[index].file;
    pcap_t *pcap = pcap_open_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_NANO, error);
    if (!pcap)
        return complain_of(file, error);
    const char *link = pcap_datalink_val_to_description(pcap_datalink(pcap));
    bool ethernet = pcap_datalink(pcap) == DLT_EN10MB;
    if (!ethernet)
        complain("%s: not an Ethernet capture (link type: %s)", file, link ? link : "unknown");
    bool complete = ethernet && read_frames(trace, inputs, index, pcap);
    pcap_close(pcap);
    return complete;
}

static int by_time(const void *left, const void *right)
{
    const struct frame *a = left, *b = right;
    if (a->time != b->time)
        return a->time < b->time ? -1 : 1;
    if (a->input != b->input)
        return a->input < b->input ? -1 : 1;
    return a->number < b->number ? -1 : a->number > b->number;
}

bool trace_read(struct trace *trace, const struct inputs *inputs)
{
    *trace = (struct trace){0};
    for (unsigned i = 0; i < inputs->count; i++)
        if (!read_capture(trace, inputs, i))
            return false;
    if (trace->count)
        qsort(trace->frames, trace->count, sizeof *trace->frames, by_time);
    return true;
}

void trace_free(struct trace *trace)
{
    free(trace->frames);
    free(trace->bytes);
    *trace = (struct trace){0};
}
