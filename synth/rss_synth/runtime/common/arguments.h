/* Command lines: options by name, and what is no option. */
#ifndef RSSC_ARGUMENTS_H
#define RSSC_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>

/* One option; `set` says what is wrong with the value and returns false. */
struct known_option {
    const char *name;
    bool has_value;
    bool (*set)(void *options, const char *value);
};

/* What a program takes; `add` is for arguments that are no options. */
struct syntax {
    const struct known_option *options;
    size_t count;
    bool (*add)(void *options, const char *argument);
};

enum parsed { PARSED_RUN, PARSED_HELP, PARSED_WRONG };

/* Reads a command line into `options`; says on stderr what is wrong with it. */
enum parsed arguments_parse(const struct syntax *syntax, void *options, int count, char **arguments);

#endif
