/* Traffic, and what one core does with it: what everything else is compared with. */
#ifndef RSSC_STORY_H
#define RSSC_STORY_H

#include "nf/nf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STORY_MAX_FRAME 2048U /* longer frames of captures are cut */

struct event {
    int64_t time; /* ns; never decreases */
    size_t input; /* where the frame begins in `bytes` as it came in, and as it left */
    size_t output;
    uint32_t reasons; /* packets so far that found no room or an estimate too high: other cores may differ */
    uint32_t size; /* of the whole frame, of which `length` bytes are there */
    uint16_t length;
    uint16_t port;
    int verdict;
};

struct story {
    struct event *events;
    size_t count, event_room;
    uint8_t *bytes;
    size_t used, byte_room;
};

/* Adds what came in; its output is the same until somebody decides on it. False without memory. */
bool story_add(struct story *story, struct event event, const uint8_t *frame);

/* The packet of an event, whose bytes are `data`. */
static inline struct packet story_packet(const struct story *story, size_t number, uint8_t *data)
{
    const struct event *event = &story->events[number];
    struct packet packet;
    packet_parse(&packet, data, event->length, event->port, event->time);
    packet.size = event->size;
    return packet;
}

static inline uint8_t *story_input(const struct story *story, size_t event)
{
    return story->bytes + story->events[event].input;
}

static inline uint8_t *story_output(const struct story *story, size_t event)
{
    return story->bytes + story->events[event].output;
}

void story_free(struct story *story);

#endif
