/* Arrays that grow. */
#ifndef RSSC_ARRAY_H
#define RSSC_ARRAY_H

#include <stdbool.h>
#include <stddef.h>

/* Makes room for `needed` items, geometrically. False with a message without memory; the array is then as before. */
bool array_reserve(void **items, size_t *room, size_t needed, size_t item_bytes);

#endif
