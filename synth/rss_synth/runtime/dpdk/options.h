/* The DPDK program's command line, behind EAL's `--`. */
#ifndef RSSC_DPDK_OPTIONS_H
#define RSSC_DPDK_OPTIONS_H

#include "common/arguments.h"
#include "nf/config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MAX_DISTRIBUTORS = 16 };

struct options {
    enum strategy strategy;
    unsigned distributors; /* lcores that steer in software, the first ones; 0: the devices steer */
    unsigned cores;        /* the other lcores, which process packets */
    bool captures;         /* devices play captures: packets' own times count, and there is an end */
    int64_t rebalance;     /* ns between rounds; 0: tables stay */
    size_t capacity;       /* flows that every state holds */
    const char *verdicts;  /* directory or NULL */
};

/* Reads the options for `lcores` lcores; says on stderr what is wrong with them. */
enum parsed options_parse(struct options *options, unsigned lcores, int count, char **arguments);

void options_help(void);

/* Whether devices have to spread packets over queues. */
static inline bool options_need_rss(const struct options *options)
{
    return options->cores > 1 && !options->distributors && !options->captures;
}

#endif
