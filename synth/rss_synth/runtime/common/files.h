/* Output directories and the verdict files in them. */
#ifndef RSSC_FILES_H
#define RSSC_FILES_H

#include <stdbool.h>
#include <stdio.h>

#define FILES_MAX_PATH 4096

#if defined(__GNUC__)
#define FILES_PRINTF __attribute__((format(printf, 2, 3)))
#else
#define FILES_PRINTF
#endif

/* Formats a path of at most FILES_MAX_PATH bytes; complains where it is longer. */
FILES_PRINTF bool files_path(char *path, const char *format, ...);

/* Makes a directory unless it exists. */
bool files_make_directory(const char *directory);

/* Opens `DIR/core-CORE.txt` for the verdicts of one core. NULL with a message where that fails. */
FILE *files_open_verdicts(const char *directory, unsigned core);

/* Writes `PORT NUMBER ` and `forward PORT`, `flood` or `drop`, without the line's end. */
void files_print_verdict(FILE *file, unsigned port, unsigned long long number, int verdict);

/* Closes a file that was written; false with a message where anything was lost. */
bool files_close(FILE *file, const char *what);

#endif
