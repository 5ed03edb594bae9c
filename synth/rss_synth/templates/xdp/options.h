/* The command line. */
#ifndef RSSC_OPTIONS_H
#define RSSC_OPTIONS_H

#include "ports.h"

#include <linux/types.h>
#include <stdbool.h>

enum { MAX_LINKS = 64, MAX_CPUS = 4096 };

/* A port of the spec and the interface that it is. */
struct place {
    const struct port *port;
    const char *interface;
    unsigned index; /* the interface's, from the kernel */
};

/* Numbers of CPUs; queue i goes to `cpu[i % count]`. */
struct cpu_list {
    uint32_t cpu[MAX_CPUS];
    size_t count;
};

struct options {
    struct place places[MAX_LINKS];
    size_t count;
    struct cpu_list cpus;
    unsigned stats_seconds; /* 0: only at the end */
    uint32_t ring;          /* packets that may wait for a CPU */
    __u32 attach_flags;
};

enum parsed { PARSED_RUN, PARSED_HELP, PARSED_WRONG };

/* Reads the command line; what is wrong goes to stderr. Without `--cpus`: all CPUs that are online. */
enum parsed options_parse(struct options *options, int count, char **arguments);

void options_help(const char *program);

#endif
