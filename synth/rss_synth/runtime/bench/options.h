/* The benchmark's command line. */
#ifndef RSSC_BENCH_OPTIONS_H
#define RSSC_BENCH_OPTIONS_H

#include "common/arguments.h"
#include "nf/config.h"

#include <stdbool.h>
#include <stddef.h>

enum { BENCH_MAX_ROUNDS = 100 };

struct bench_options {
    enum strategy strategy;
    size_t cores, packets, flows, rounds, port;
    bool zipf, idle;
};

/* Reads the command line; says on stderr what is wrong with it. */
enum parsed bench_options_parse(struct bench_options *options, int count, char **arguments);

void bench_options_help(void);

#endif
