/* Captures that are written. */
#ifndef RSSC_CAPTURE_H
#define RSSC_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum capture_unit { CAPTURE_MICROSECONDS, CAPTURE_NANOSECONDS };

struct capture {
    char *path;
    enum capture_unit unit;
    struct pcap *pcap;
    struct pcap_dumper *file;
};

/* Makes an Ethernet capture with times in `unit`; false with a message where that fails. */
bool capture_open(struct capture *capture, const char *path, enum capture_unit unit);

/* `time` in nanoseconds: 0 to what 32 bits of seconds hold. */
void capture_add(struct capture *capture, int64_t time, const uint8_t *data, size_t length);

/* False with a message where anything was lost. Does nothing with one that is not open. */
bool capture_close(struct capture *capture);

#endif
