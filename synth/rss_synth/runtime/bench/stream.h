/* What the benchmark feeds: 60-byte UDP frames in memory, in an order that every round repeats. */
#ifndef RSSC_STREAM_H
#define RSSC_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    STREAM_ROOM = 64, /* bytes from one frame to the next: one cache line, as in buffers of a NIC */
    STREAM_FRAME = 60,
};

struct stream_plan {
    size_t packets;
    size_t flows;
    bool zipf; /* flow k is seen in proportion to 1/k, otherwise all are seen alike */
};

struct stream {
    uint8_t *frames;
    size_t count;
};

/* Flows differ in source, destination and source port. The same plan gives the same frames. */
bool stream_make(struct stream *stream, const struct stream_plan *plan);

/* Room for `count` frames, to be filled by `stream_add`. */
bool stream_reserve(struct stream *stream, size_t count);

void stream_add(struct stream *stream, const uint8_t *frame);

static inline uint8_t *stream_frame(const struct stream *stream, size_t number)
{
    return stream->frames + number * STREAM_ROOM;
}

/* Makes a frame its flow's answer. */
void stream_turn(uint8_t *frame);

void stream_free(struct stream *stream);

#endif
