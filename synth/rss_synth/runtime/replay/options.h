/* The replay's command line. */
#ifndef RSSC_OPTIONS_H
#define RSSC_OPTIONS_H

#include "common/arguments.h"
#include "replay/inputs.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct options {
    struct inputs inputs;
    enum strategy strategy;
    unsigned cores;
    bool sequential;
    size_t capacity; /* flows that every state holds */
    int64_t rebalance; /* ns between rounds of rebalancing; 0: tables stay */
    const char *output;
    const char *presplit;
    const char *packets;
    const char *verdicts;
    bool show_core;
    bool show_hash;
    struct keys keys;
};

/* Reads the command line; says on stderr what is wrong with it. */
enum parsed options_parse(struct options *options, int count, char **arguments);

void options_help(void);

#endif
