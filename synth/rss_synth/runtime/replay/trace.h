/* Captures in memory, merged in time order. */
#ifndef RSSC_TRACE_H
#define RSSC_TRACE_H

#include "replay/inputs.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct frame {
    int64_t time;    /* ns since 1970 */
    size_t offset;   /* of its bytes in `struct trace` */
    uint64_t number; /* in its capture, from 1, as packet analysers count */
    uint32_t length; /* captured bytes */
    uint32_t size;   /* bytes of the whole frame */
    unsigned input;  /* which capture, in the order of the arguments */
    unsigned port;
    unsigned core;
};

struct trace {
    struct frame *frames;
    size_t count, frame_room;
    uint8_t *bytes;
    size_t used, byte_room;
};

/* Reads every capture and sorts the frames by time, then argument, then place. Prints what is wrong and
 * returns false where a capture can't be read to its end. */
bool trace_read(struct trace *trace, const struct inputs *inputs);

void trace_free(struct trace *trace);

#endif
