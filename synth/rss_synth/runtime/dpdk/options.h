/* The DPDK program's command line, behind EAL's `--`. */
#ifndef RSSC_DPDK_OPTIONS_H
#define RSSC_DPDK_OPTIONS_H

#include "common/arguments.h"
#include "nf/config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MAX_DISTRIBUTORS = NF_PORTS }; /* each receives from a port at least */

struct options {
    enum strategy strategy;
    unsigned distributors; /* lcores that steer in software, the first ones; 0: the devices steer */
    unsigned cores;        /* the other lcores, which process packets */
    bool captures;         /* devices play captures: packets' own times count, and there is an end */
    int64_t rebalance;     /* ns between rounds; 0: tables stay */
    size_t capacity;       /* flows that every state holds */
    const char *verdicts;  /* directory or NULL */
};

/* Reads the options, which don't depend on the EAL; says on stderr what is wrong with them. */
enum parsed options_parse(struct options *options, int count, char **arguments);

/* Deals `lcores` lcores out; says what they cannot do. */
bool options_fit(struct options *options, unsigned lcores);

void options_help(void);

/* Whether devices have to spread packets over queues. */
static inline bool options_need_rss(const struct options *options)
{
    return options->cores > 1 && !options->distributors && !options->captures;
}

#endif
