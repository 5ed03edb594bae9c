#include "common/array.h"

#include "common/message.h"

#include <stdlib.h>

bool array_reserve(void **items, size_t *room, size_t needed, size_t item_bytes)
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
