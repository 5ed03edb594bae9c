/* What the programs say on stderr. */
#ifndef RSSC_MESSAGE_H
#define RSSC_MESSAGE_H

#include <stdbool.h>

#if defined(__GNUC__)
#define PRINTF_LIKE __attribute__((format(printf, 1, 2)))
#else
#define PRINTF_LIKE
#endif

/* Prints a line and returns false, so that `return complain(…)` is a way to fail. */
PRINTF_LIKE bool complain(const char *format, ...);

#endif
