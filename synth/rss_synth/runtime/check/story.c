#include "check/story.h"

#include "common/array.h"

#include <stdlib.h>
#include <string.h>

bool story_add(struct story *story, struct event event, const uint8_t *frame)
{
    void *events = story->events, *bytes = story->bytes;
    bool fits = array_reserve(&events, &story->event_room, story->count + 1, sizeof event);
    story->events = events;
    fits = fits && array_reserve(&bytes, &story->byte_room, story->used + 2U * event.length + 1, 1);
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
