#include "replay/capture.h"

#include "common/message.h"

#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_SECOND 1000000000
#define SNAP_BYTES 262144

static void release(struct capture *capture)
{
    if (capture->pcap)
        pcap_close(capture->pcap);
    free(capture->path);
    *capture = (struct capture){0};
}

bool capture_open(struct capture *capture, const char *path, enum capture_unit unit)
{
    unsigned precision = unit == CAPTURE_NANOSECONDS ? PCAP_TSTAMP_PRECISION_NANO : PCAP_TSTAMP_PRECISION_MICRO;
    *capture = (struct capture){.path = strdup(path), .unit = unit};
    capture->pcap = pcap_open_dead_with_tstamp_precision(DLT_EN10MB, SNAP_BYTES, precision);
    if (capture->path && capture->pcap)
        capture->file = pcap_dump_open(capture->pcap, path);
    if (capture->file)
        return true;
    complain("%s", capture->path && capture->pcap ? pcap_geterr(capture->pcap) : "out of memory");
    release(capture);
    return false;
}

void capture_add(struct capture *capture, int64_t time, const uint8_t *data, size_t length)
{
    struct pcap_pkthdr header = {.caplen = (bpf_u_int32)length, .len = (bpf_u_int32)length};
    header.ts.tv_sec = time / NS_PER_SECOND;
    header.ts.tv_usec = time % NS_PER_SECOND / (capture->unit == CAPTURE_NANOSECONDS ? 1 : 1000);
    pcap_dump((unsigned char *)capture->file, &header, data);
}

bool capture_close(struct capture *capture)
{
    if (!capture->file)
        return true;
    bool written = pcap_dump_flush(capture->file) == 0 && !ferror(pcap_dump_file(capture->file));
    pcap_dump_close(capture->file);
    if (!written)
        complain("cannot write %s", capture->path);
    release(capture);
    return written;
}
