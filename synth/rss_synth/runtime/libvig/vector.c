#include "libvig/vector.h"

#include "libvig/arena.h"

/* Elements up to 8 bytes stand at a multiple of the power of two they fill, larger ones at one of 8. */
static size_t stride_of(size_t bytes)
{
    size_t unit = 1;
    while (unit < bytes && unit < 8)
        unit *= 2;
    return (bytes + unit - 1) / unit * unit;
}

int vector_allocate(int elem_size, unsigned capacity, vector_init_elem *init_elem, struct Vector **vector_out)
{
    if (elem_size <= 0 || capacity == 0 || capacity > MAX_CAPACITY)
        return 0;
    size_t stride = stride_of((size_t)elem_size);
    struct Vector *vector = libvig_allocate(sizeof *vector);
    uint8_t *cells = libvig_allocate(stride * capacity);
    if (!vector || !cells)
        return 0;
    *vector = (struct Vector){.cells = cells, .stride = stride, .bytes = (size_t)elem_size, .capacity = capacity};
    for (unsigned index = 0; init_elem && index < capacity; index++)
        init_elem(cells + index * stride);
    *vector_out = vector;
    return 1;
}
