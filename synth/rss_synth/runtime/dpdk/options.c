#include "dpdk/options.h"

#include "common/message.h"
#include "common/parse.h"
#include "sharing/cores.h"

#include <stdio.h>

void options_help(void)
{
    char names[PORT_NAMES_ROOM];
    printf("usage: %s [EAL OPTION…] -- [OPTION…]\n\n", nf_config.name);
    printf("Runs %s on the ports %s, with one rx and tx queue per lcore and port. With more than one lcore the\n"
           "devices must take the spec's RSS keys, classes and tables, and answer with them when they are read back;\n"
           "otherwise the program refuses to run. SIGUSR1 prints statistics, SIGINT and SIGTERM end it. `--help` before\n"
           "`--` lists the EAL's options, such as -l for lcores and -a for devices.\n\n",
           nf_config.name, parse_port_names(names, "and"));
    printf("  --strategy NAME        how lcores share the state: shared-nothing, locks, tm or sequential (default %s)\n",
           strategy_name(nf_config.strategy));
    puts("  --distribute N         N lcores, the first ones, receive all packets, hash them in software and hand them to\n"
         "                         the others, for devices that cannot hash. Ports are dealt out to them in turn,\n"
         "                         so that N is at most the number of ports\n"
         "  --rebalance MS         every MS milliseconds, moves table entries from busy cores to others if their state\n"
         "                         can follow: with `--distribute 1`, or where cores share the state. With a state per\n"
         "                         core, tables of devices stay as they are: nobody knows what waits on a device's queues");
    printf("  --capacity-per-core N  flows that each state can hold; without it, the spec's capacity (%zu)%s\n",
           nf_config.capacity, nf_config.replicates ? "" : ", divided by\n                         states of one lcore each");
    puts("  --captures             devices play captures (net_pcap): ports are merged by the packets' own times, and the\n"
         "                         program ends when all are drained. Without --distribute packets are on their queues\n"
         "                         already, one capture per port and core: no RSS\n"
         "  --verdicts DIR         writes a verdict per packet to DIR/core-CORE.txt\n"
         "  --help                 this");
}

static bool add(void *options, const char *argument)
{
    (void)options;
    return complain("`%s` is no option (see `-- --help`)", argument);
}

static bool set_strategy(void *options, const char *value)
{
    return strategy_find(value, &((struct options *)options)->strategy) ||
           complain("no strategy `%s`, there are shared-nothing, locks, tm and sequential", value);
}

static bool set_distributors(void *options, const char *value)
{
    size_t count = 0;
    bool good = parse_number(value, "the number of distributors", 1, MAX_DISTRIBUTORS, &count);
    ((struct options *)options)->distributors = (unsigned)count;
    return good;
}

static bool set_rebalance(void *options, const char *value)
{
    size_t milliseconds = 0;
    bool good = parse_number(value, "the time between rounds", 1, UINT32_MAX, &milliseconds);
    ((struct options *)options)->rebalance = (int64_t)milliseconds * 1000000;
    return good;
}

static bool set_capacity(void *options, const char *value)
{
    return parse_number(value, "the capacity", 1, MAX_CAPACITY, &((struct options *)options)->capacity);
}

static bool set_captures(void *options, const char *value)
{
    (void)value;
    return ((struct options *)options)->captures = true;
}

static bool set_verdicts(void *options, const char *value)
{
    ((struct options *)options)->verdicts = value;
    return true;
}

static const struct known_option known[] = {
    {"--strategy", true, set_strategy},           {"--distribute", true, set_distributors},
    {"--rebalance", true, set_rebalance},         {"--capacity-per-core", true, set_capacity},
    {"--captures", false, set_captures},          {"--verdicts", true, set_verdicts},
};

static const struct syntax syntax = {known, sizeof known / sizeof *known, add};

/* Whether the strategy is right on that many cores. Keys that were solved for one queue prove nothing of more. */
static bool right_cores(const struct options *options)
{
    if (options->cores == 1)
        return true;
    if (options->strategy == STRATEGY_SEQUENTIAL)
        return complain("`sequential` is one core: give one lcore, not %u", options->cores);
    if (options->strategy == STRATEGY_SHARED_NOTHING && !nf_config.keys_serve)
        return complain("`shared-nothing` on %u cores: the spec's keys part packets that must meet; take "
                        "`--strategy locks`",
                        options->cores);
    if (options->strategy == STRATEGY_SHARED_NOTHING && nf_config.queues == 1)
        return complain("`shared-nothing` on %u cores: the spec's keys were solved for one queue", options->cores);
    return true;
}

static bool right_captures(const struct options *options)
{
    return !options->captures || options->distributors <= 1 ||
           complain("`--captures` merges all ports by time, which one lcore has to do: give `--distribute 1`");
}

static bool right_rebalancing(const struct options *options)
{
    if (!options->rebalance || options->distributors == 1)
        return true;
    if (options->distributors)
        return complain("`--rebalance` needs all packets counted in one place: give `--distribute 1`");
    if (options->captures)
        return complain("`--rebalance` with `--captures` needs `--distribute 1`: packets are on their queues already");
    if (!strategy_shares(options->strategy))
        return complain("`--rebalance` with a state per core needs `--distribute 1`: a device changes its table while "
                        "packets wait on the old queue");
    return true;
}

enum parsed options_parse(struct options *options, int count, char **arguments)
{
    *options = (struct options){.strategy = nf_config.strategy};
    return arguments_parse(&syntax, options, count, arguments);
}

bool options_fit(struct options *options, unsigned lcores)
{
    if (options->distributors >= lcores)
        return complain("`--distribute %u` leaves no lcore for the function: lcores are %u (see the EAL's -l)",
                        options->distributors, lcores);
    options->cores = lcores - options->distributors;
    if (options->capacity == 0)
        options->capacity = cores_share(&nf_config, options->strategy, nf_config.capacity, options->cores);
    return right_cores(options) && right_captures(options) && right_rebalancing(options);
}
