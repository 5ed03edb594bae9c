/* The check's command line. */
#ifndef RSSC_CHECK_OPTIONS_H
#define RSSC_CHECK_OPTIONS_H

#include "common/arguments.h"
#include "nf/config.h"
#include "replay/inputs.h"

#include <stdbool.h>
#include <stddef.h>

enum { CHECK_MAX_COUNTS = 16, CHECK_STRATEGIES = STRATEGY_TM + 1 };

struct check_options {
    struct inputs inputs;
    struct keys keys;
    unsigned cores[CHECK_MAX_COUNTS]; /* numbers of them to check with */
    unsigned core_counts;
    bool strategies[CHECK_STRATEGIES];
    bool strategies_given;
    size_t packets; /* of generated traffic */
    size_t seed;
    bool no_threads;
};

enum parsed check_options_parse(struct check_options *options, int count, char **arguments);

void check_options_help(void);

#endif
