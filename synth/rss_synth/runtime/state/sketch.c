#include "state/sketch.h"

static uint32_t row_bits(size_t width)
{
    uint32_t bits = 1;
    while ((size_t)1 << bits < width)
        bits++;
    return bits;
}

static size_t cell_count(size_t width)
{
    return (size_t)SKETCH_ROWS << row_bits(width);
}

/* Of each core: whole cache lines, as a row has two counters at least. */
static size_t seen_bytes(size_t width)
{
    return NF_SHARED ? cell_count(width) * sizeof(int64_t) : 0;
}

size_t sketch_bytes(size_t width, unsigned sharers)
{
    return WHOLE_LINES(cell_count(width) * sizeof(struct sketch_cell)) + seen_bytes(width) * sharers;
}

void sketch_init(struct sketch *sketch, void *memory, size_t width, unsigned sharers, int64_t expiry, uint64_t seed)
{
    uint8_t *seen = (uint8_t *)memory + WHOLE_LINES(cell_count(width) * sizeof(struct sketch_cell));
    *sketch = (struct sketch){
        .cells = memory,
        .seen = (int64_t *)(void *)seen,
        .seed = seed,
        .expiry = expiry,
        .bits = row_bits(width),
        .sharers = sharers,
    };
}
