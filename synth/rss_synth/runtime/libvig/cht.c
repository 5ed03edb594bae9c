#include "libvig/cht.h"

#include <stdlib.h>

static bool is_prime(uint32_t number)
{
    for (uint32_t divisor = 2; (uint64_t)divisor * divisor <= number; divisor++)
        if (number % divisor == 0)
            return false;
    return number > 1;
}

/* The row that a backend asks for at a turn: every row once in `height` turns, as the height is prime. */
static uint32_t wanted(uint32_t backend, uint64_t turn, uint32_t height)
{
    uint64_t start = (uint64_t)backend * 31;
    return (uint32_t)((start + turn * (start % (height - 1) + 1)) % height);
}

int cht_fill_cht(struct Vector *cht, uint32_t cht_height, uint32_t backend_capacity)
{
    if (backend_capacity == 0 || cht_height <= backend_capacity || !is_prime(cht_height) ||
        cht->bytes != sizeof(uint32_t) || (uint64_t)cht_height * backend_capacity > cht->capacity)
        return 0;
    uint32_t *filled = calloc(cht_height, sizeof *filled);
    if (!filled)
        return 0;
    libvig_writes();
    for (uint32_t turn = 0; turn < cht_height; turn++) {
        for (uint32_t backend = 0; backend < backend_capacity; backend++) {
            uint32_t row = wanted(backend, turn, cht_height);
            void *cell;
            int index = (int)(row * backend_capacity + filled[row]++);
            vector_borrow(cht, index, &cell);
            memcpy(cell, &backend, sizeof backend);
            vector_return(cht, index, cell);
        }
    }
    free(filled);
    return 1;
}
