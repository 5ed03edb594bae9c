#include "check/story.h"

#include "common/message.h"

#include <stdlib.h>
#include <string.h>

static bool make_room(void **items, size_t *room, size_t needed, size_t item_bytes)
{
    if (needed <= *room)
        return true;
    size_t larger = *room ? *room : 4096;
    while (larger < needed)
        larger *= 2;
    void *moved = realloc(*items, larger * item_bytes);
    if (!moved)
        return complain("out of memory");
    *items = moved;
    *room = larger;
    return true;
}

bool story_add(struct story *story, struct event event, const uint8_t *frame)
{
    void *events = story->events, *bytes = story->bytes;
    bool fits = make_room(&events, &story->event_room, story->count + 1, sizeof event);
    story->events = events;
    fits = fits && make_room(&bytes, &story->byte_room, story->used + 2U * event.length + 1, 1);
    story->bytes = bytes;
    if (!fits)
        return false;
    event.input = story->used;
    event.output = story->used + event.length;
    memcpy(story->bytes + event.input, frame, event.length);
    memcpy(story->bytes + event.output, frame, event.length);
    story->used += 2U * event.length;
    story->events[story->count++] = event;
    return true;
}

void story_free(struct story *story)
{
    free(story->events);
    free(story->bytes);
    *story = (struct story){0};
}
