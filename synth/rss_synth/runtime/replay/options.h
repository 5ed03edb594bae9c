/* The replay's command line. */
#ifndef RSSC_OPTIONS_H
#define RSSC_OPTIONS_H

#include "nf/config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAX_INPUTS 64U
#define MAX_PREFIXES 64U
#define MAX_KEY_BYTES 256U

enum { PORT_BY_SOURCE = -1 };

struct input {
    const char *file;
    int port; /* or PORT_BY_SOURCE */
};

struct prefix {
    uint8_t address[16];
    uint8_t version; /* 4 or 6 */
    unsigned bits;
};

struct options {
    struct input inputs[MAX_INPUTS];
    unsigned input_count;
    struct prefix prefixes[MAX_PREFIXES];
    unsigned prefix_count;
    unsigned from_port; /* where sources in `prefixes` come in */
    unsigned cores;
    bool sequential;
    size_t capacity; /* flows per core */
    const char *output;
    const char *presplit;
    const char *verdicts;
    bool show_core;
    bool show_hash;
    uint8_t keys[NF_PORTS][MAX_KEY_BYTES];
};

enum parsed { PARSED_RUN, PARSED_HELP, PARSED_WRONG };

/* Reads the command line; says on stderr what is wrong with it. */
enum parsed options_parse(struct options *options, int count, char **arguments);

void options_help(void);

/* Whether an address (4 or 16 bytes) lies in one of the `--from` prefixes. */
bool options_match_source(const struct options *options, unsigned version, const uint8_t *address);

#endif
