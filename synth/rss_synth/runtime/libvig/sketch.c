#include "libvig/sketch.h"

#include "libvig/arena.h"

int sketch_allocate(map_key_hash *khash, unsigned capacity, uint16_t threshold, struct Sketch **sketch_out)
{
    if (capacity == 0 || capacity > MAX_CAPACITY / SKETCH_ROWS)
        return 0;
    struct Sketch *sketch = libvig_allocate(sizeof *sketch);
    if (!sketch)
        return 0;
    *sketch = (struct Sketch){
        .khash = khash,
        .seed = libvig_seed(),
        .capacity = capacity,
        .threshold = threshold,
        .counters = libvig_allocate(SKETCH_ROWS * (size_t)capacity * sizeof *sketch->counters),
        .keys = libvig_allocate(libvig_sharers() * sizeof *sketch->keys),
    };
    if (!sketch->counters || !sketch->keys || !dchain_allocate((int)(SKETCH_ROWS * capacity), &sketch->chain))
        return 0;
    *sketch_out = sketch;
    return 1;
}
