/* An array of cells that are borrowed, changed in place and returned. */
#ifndef RSSC_LIBVIG_VECTOR_H
#define RSSC_LIBVIG_VECTOR_H

#include "libvig/callback.h"
#include "libvig/here.h"

struct Vector {
    uint8_t *cells;
    size_t stride; /* bytes from one to the next */
    size_t bytes;  /* of an element */
    unsigned capacity;
};

/* 1, or 0 where there is no memory. `init_elem`, if any, makes each cell of a zeroed one. */
int vector_allocate(int elem_size, unsigned capacity, vector_init_elem *init_elem, struct Vector **vector_out);

/* A cell to read: for code that does not change what it borrows, and need not return it. */
static inline const void *vector_read(const struct Vector *vector, int index)
{
    return vector->cells + (size_t)index * vector->stride;
}

#ifdef NF_LOCKS
/* A copy for a look that may only read, from the memory that one look can have borrowed. */
static inline void *libvig_lend(const void *cell, size_t bytes)
{
    struct libvig_here *here = &libvig_here;
    size_t room = (bytes + 15) / 16 * 16;
    if (room > LIBVIG_LENT - here->lent)
        libvig_end_look();
    void *copy = here->cells + here->lent;
    memcpy(copy, cell, bytes);
    here->lent += room;
    return copy;
}

/* Compares a copy with its cell: only one that was changed needs a writer. */
static inline void libvig_take_back(const void *cell, const void *copy, size_t bytes)
{
    struct libvig_here *here = &libvig_here;
    if (memcmp(cell, copy, bytes) != 0)
        libvig_end_look();
    size_t room = (bytes + 15) / 16 * 16;
    if ((const uint8_t *)copy + room == here->cells + here->lent)
        here->lent -= room;
}
#endif

/* Lends the cell at an index, until it is returned. */
static inline void vector_borrow(struct Vector *vector, int index, void **val_out)
{
    void *cell = vector->cells + (size_t)index * vector->stride;
#ifdef NF_LOCKS
    if (!libvig_here.writer)
        cell = libvig_lend(cell, vector->bytes);
#endif
    *val_out = cell;
}

/* Takes back what was borrowed. */
static inline void vector_return(struct Vector *vector, int index, void *value)
{
#ifdef NF_LOCKS
    if (!libvig_here.writer)
        libvig_take_back(vector_read(vector, index), value, vector->bytes);
#else
    (void)vector, (void)index, (void)value;
#endif
}

#endif
