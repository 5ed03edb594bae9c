#include "bench/options.h"

#include "common/message.h"
#include "common/parse.h"
#include "sharing/program.h"

#include <stdio.h>
#include <string.h>

void bench_options_help(void)
{
    printf("usage: %s-bench [OPTION…]\n\n", nf_config.name);
    puts("Feeds 60-byte UDP frames from memory in bursts of 32 and prints packets per second of processor time:\n"
         "the median of the rounds, the least and the most. Before the first one, answers to all frames come in on the\n"
         "other ports, and then the frames: that makes flows, stations and backends known.\n\n"
         "  --strategy NAME  sequential, shared-nothing, locks or tm; without it, the spec's\n"
         "  --cores N        threads, each pinned to a processor; packets are dealt by hash and table (1)\n"
         "  --port PORT      where they come in (the first port)\n"
         "  --flows N        (10000)\n"
         "  --zipf           flow k is seen in proportion to 1/k, otherwise all alike\n"
         "  --packets N      of a round (262144)\n"
         "  --rounds N       (9)\n"
         "  --idle           the loop without the function\n"
         "  --help           this");
}

static bool set_strategy(void *options, const char *value)
{
    return strategy_find(value, &((struct bench_options *)options)->strategy) ||
           complain("no strategy `%s`, there are shared-nothing, locks, tm and sequential", value);
}

static bool set_cores(void *options, const char *value)
{
    return parse_number(value, "the number of cores", 1, NF_MAX_SHARERS, &((struct bench_options *)options)->cores);
}

static bool set_packets(void *options, const char *value)
{
    return parse_number(value, "the number of packets", 1, 1U << 26, &((struct bench_options *)options)->packets);
}

static bool set_flows(void *options, const char *value)
{
    return parse_number(value, "the number of flows", 1, 1U << 24, &((struct bench_options *)options)->flows);
}

static bool set_rounds(void *options, const char *value)
{
    return parse_number(value, "the number of rounds", 1, BENCH_MAX_ROUNDS, &((struct bench_options *)options)->rounds);
}

static bool set_port(void *options, const char *value)
{
    for (unsigned port = 0; port < NF_PORTS; port++)
        if (strcmp(value, nf_config.ports[port].name) == 0) {
            ((struct bench_options *)options)->port = port;
            return true;
        }
    char names[PORT_NAMES_ROOM];
    return complain("no port `%s`, there are %s", value, parse_port_names(names, "and"));
}

static bool set_zipf(void *options, const char *value)
{
    (void)value;
    return ((struct bench_options *)options)->zipf = true;
}

static bool set_idle(void *options, const char *value)
{
    (void)value;
    return ((struct bench_options *)options)->idle = true;
}

static bool add(void *options, const char *argument)
{
    (void)options;
    return complain("`%s` is no option (see --help)", argument);
}

static const struct known_option known[] = {
    {"--strategy", true, set_strategy}, {"--cores", true, set_cores}, {"--port", true, set_port},
    {"--flows", true, set_flows},       {"--zipf", false, set_zipf},  {"--packets", true, set_packets},
    {"--rounds", true, set_rounds},     {"--idle", false, set_idle},
};

static const struct syntax syntax = {known, sizeof known / sizeof *known, add};

enum parsed bench_options_parse(struct bench_options *options, int count, char **arguments)
{
    *options = (struct bench_options){
        .strategy = nf_config.strategy, .cores = 1, .packets = 262144, .flows = 10000, .rounds = 9};
    return arguments_parse(&syntax, options, count, arguments);
}
