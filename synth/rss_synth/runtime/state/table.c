#include "state/table.h"

/* Load at most one half keeps probe sequences short, for hits and misses alike. */
static size_t cell_count(size_t capacity)
{
    size_t cells = 2;
    while (cells < 2 * capacity)
        cells *= 2;
    return cells;
}

static size_t record_bytes(struct table_type type, size_t capacity)
{
    return WHOLE_LINES(capacity * type.record_bytes);
}

static size_t cell_bytes(size_t capacity)
{
    return WHOLE_LINES(cell_count(capacity) * sizeof(struct table_cell));
}

static size_t seen_stride(size_t capacity)
{
    return NF_SHARED ? WHOLE_LINES(capacity * sizeof(int64_t)) / sizeof(int64_t) : 0;
}

size_t table_bytes(struct table_type type, size_t capacity, unsigned sharers)
{
    return record_bytes(type, capacity) + cell_bytes(capacity) + seen_stride(capacity) * sharers * sizeof(int64_t);
}

void table_init(struct table *table, void *memory, struct table_type type, size_t capacity, unsigned sharers,
                int64_t expiry, uint64_t seed)
{
    uint8_t *cells = (uint8_t *)memory + record_bytes(type, capacity);
    *table = (struct table){
        .records = memory,
        .cells = (struct table_cell *)(void *)cells,
        .seen = (int64_t *)(void *)(cells + cell_bytes(capacity)),
        .seed = seed,
        .expiry = expiry,
        .mask = (uint32_t)(cell_count(capacity) - 1),
        .capacity = (uint32_t)capacity,
        .sharers = sharers,
        .stride = (uint32_t)seen_stride(capacity),
    };
    for (uint32_t flow = 0; flow < table->capacity; flow++)
        table_record(table, type, flow)->next = flow + 1 < table->capacity ? flow + 1 : TABLE_NONE;
}
