/* Cache lines: sizes of whole ones, and asking the memory for one. */
#ifndef RSSC_LINES_H
#define RSSC_LINES_H

/* Bytes of the cache lines that so many take: a macro, for sizes that are constants. */
#define WHOLE_LINES(bytes) (((bytes) + 63) / 64 * 64)

/* Asks the memory for a line. The empty statement keeps gcc from taking a function that does no more than this for one
 * without effects, whose calls it leaves out. */
static inline void line_prefetch(const void *at)
{
    __builtin_prefetch(at);
    __asm__ volatile("");
}

#endif
