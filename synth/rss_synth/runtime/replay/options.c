#include "replay/options.h"

#include "common/message.h"
#include "sharing/cores.h"

#include <stdio.h>

static unsigned default_cores(enum strategy strategy)
{
    return strategy == STRATEGY_SEQUENTIAL ? 1 : nf_config.queues;
}

static void print_usage(void)
{
    const char *name = nf_config.name;
    printf("usage: %s-replay [OPTION…]", name);
    for (unsigned port = 0; port < NF_PORTS; port++)
        printf(" %s=FILE", nf_config.ports[port].name);
    printf("\n       %s-replay [OPTION…] --from %s=PREFIX[,PREFIX…] FILE\n\n", name, nf_config.ports[0].name);
    printf("Feeds captures (pcap, pcapng; Ethernet) in time order to %s, with the capture's clock as time, and\n"
           "prints a verdict per packet: port, number of the packet in its capture, `forward PORT`, `flood` or\n"
           "`drop`.\n\n",
           name);
}

void options_help(void)
{
    print_usage();
    printf("  --strategy NAME      how cores share the state: shared-nothing, locks, tm or sequential (default %s)\n"
           "  --cores N            as many cores, chosen by hash and table (default %u; for any other number\n"
           "                       than %u tables are filled anew)\n",
           strategy_name(nf_config.strategy), default_cores(nf_config.strategy), nf_config.queues);
    puts("  --sequential         `--strategy sequential`: one core (not with --cores)\n"
         "  --from PORT=PREFIXES packets of FILE with a source in PREFIXES came in on PORT, the others on the\n"
         "                       port that has no such option\n"
         "  --key PORT=HEX       hash with this key instead of the spec's");
    printf("  --capacity-per-core N flows each state can hold; without it, the spec's capacity (%zu)%s.\n"
           "                       The summary counts packets that found no room as `table full`\n",
           nf_config.capacity,
           nf_config.replicates ? "" : ", divided by\n                       states of one core each");
    puts("  --rebalance MS       every MS milliseconds, moves table entries from busy cores to others, if their state\n"
         "                       can follow: any with locks and tm; with a state per core, those whose flows have all\n"
         "                       expired");
    puts("  -o FILE              verdicts to FILE instead of the standard output\n"
         "  --show-core          each verdict ends with the packet's core\n"
         "  --show-hash          each verdict ends with the packet's class and, where it is hashed, the hash\n"
         "  --packets-out DIR    writes DIR/PORT.pcap: what leaves by each port\n"
         "  --presplit-out DIR   writes DIR/PORT-CORE.pcap for each port and core, for the DPDK program's\n"
         "                       --captures; times are rounded down to the microseconds that it sees, and\n"
         "                       frames that a capture cut are as long as they were captured\n"
         "  --verdicts DIR       writes DIR/core-CORE.txt, as the DPDK program does\n"
         "  --help               this\n\n"
         "Exit status: 0 done, 1 unreadable input or output, 2 wrong usage.");
}

static bool add_input(void *options, const char *argument)
{
    return inputs_add(&((struct options *)options)->inputs, argument);
}

static bool set_from(void *options, const char *value)
{
    return inputs_add_sources(&((struct options *)options)->inputs, value);
}

static bool set_strategy(void *options, const char *value)
{
    return strategy_find(value, &((struct options *)options)->strategy) ||
           complain("no strategy `%s`, there are shared-nothing, locks, tm and sequential", value);
}

static bool set_cores(void *options, const char *value)
{
    size_t cores = 0;
    bool good = parse_number(value, "the number of cores", 1, MAX_CORES, &cores);
    ((struct options *)options)->cores = (unsigned)cores;
    return good;
}

static bool set_capacity(void *options, const char *value)
{
    return parse_number(value, "the capacity", 1, MAX_CAPACITY, &((struct options *)options)->capacity);
}

static bool set_rebalance(void *options, const char *value)
{
    size_t milliseconds = 0;
    bool good = parse_number(value, "the time between rounds", 1, UINT32_MAX, &milliseconds);
    ((struct options *)options)->rebalance = (int64_t)milliseconds * 1000000;
    return good;
}

static bool set_key(void *options, const char *value)
{
    return parse_port_key(value, &((struct options *)options)->keys);
}

static bool set_output(void *options, const char *value)
{
    ((struct options *)options)->output = value;
    return true;
}

static bool set_presplit(void *options, const char *value)
{
    ((struct options *)options)->presplit = value;
    return true;
}

static bool set_packets(void *options, const char *value)
{
    ((struct options *)options)->packets = value;
    return true;
}

static bool set_verdicts(void *options, const char *value)
{
    ((struct options *)options)->verdicts = value;
    return true;
}

static bool set_sequential(void *options, const char *value)
{
    (void)value;
    return ((struct options *)options)->sequential = true;
}

static bool set_show_core(void *options, const char *value)
{
    (void)value;
    return ((struct options *)options)->show_core = true;
}

static bool set_show_hash(void *options, const char *value)
{
    (void)value;
    return ((struct options *)options)->show_hash = true;
}

static const struct known_option known[] = {
    {"--cores", true, set_cores},           {"--sequential", false, set_sequential},
    {"--from", true, set_from},             {"--key", true, set_key},
    {"-o", true, set_output},               {"--capacity-per-core", true, set_capacity},
    {"--show-core", false, set_show_core},  {"--show-hash", false, set_show_hash},
    {"--verdicts", true, set_verdicts},     {"--presplit-out", true, set_presplit},
    {"--packets-out", true, set_packets},   {"--strategy", true, set_strategy},
    {"--rebalance", true, set_rebalance},
};

static const struct syntax syntax = {known, sizeof known / sizeof *known, add_input};

static bool complete(struct options *options)
{
    if (options->inputs.count == 0)
        return complain("no captures (see --help)");
    if (!inputs_complete(&options->inputs))
        return false;
    if (options->presplit && options->rebalance) /* the captures' rounded times could lie before an entry's move */
        return complain("`--presplit-out` cannot go with `--rebalance`");
    if (options->sequential && options->cores)
        return complain("`--sequential` is one core, so it cannot go with `--cores`");
    return true;
}

enum parsed options_parse(struct options *options, int count, char **arguments)
{
    *options = (struct options){.strategy = nf_config.strategy};
    parse_default_keys(&options->keys);
    enum parsed parsed = arguments_parse(&syntax, options, count, arguments);
    if (parsed != PARSED_RUN)
        return parsed;
    if (!complete(options))
        return PARSED_WRONG;
    if (options->sequential)
        options->strategy = STRATEGY_SEQUENTIAL;
    if (options->cores == 0)
        options->cores = default_cores(options->strategy);
    if (options->capacity == 0)
        options->capacity = cores_share(&nf_config, options->strategy, nf_config.capacity, options->cores);
    return PARSED_RUN;
}
