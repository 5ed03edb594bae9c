/* Captures on a command line, and the ports that their packets came in on. */
#ifndef RSSC_INPUTS_H
#define RSSC_INPUTS_H

#include "common/parse.h"

#include <stdbool.h>
#include <stdint.h>

#define MAX_INPUTS 64U
#define MAX_PREFIXES 64U

enum { PORT_BY_SOURCE = -1 };

struct input {
    const char *file;
    int port; /* or PORT_BY_SOURCE */
};

/* Packets with such a source came in on the port. */
struct source {
    struct prefix prefix;
    unsigned port;
};

struct inputs {
    struct input files[MAX_INPUTS];
    unsigned count;
    struct source sources[MAX_PREFIXES];
    unsigned source_count;
    unsigned rest; /* where packets came in whose source no prefix has: the port without any */
};

/* `PORT=FILE`, or `FILE` for packets of several ports. */
bool inputs_add(struct inputs *inputs, const char *argument);

/* `PORT=PREFIX[,PREFIX…]`. */
bool inputs_add_sources(struct inputs *inputs, const char *value);

/* Whether the port of every packet is known; sets `rest`. Says what is missing. */
bool inputs_complete(struct inputs *inputs);

/* The port of a packet with this source; `version` is 4, 6, or 0 where it has no address. */
unsigned inputs_port(const struct inputs *inputs, unsigned version, const uint8_t *address);

#endif
