#include "replay/options.h"

#include "common/message.h"
#include "common/parse.h"

#include <stdio.h>
#include <string.h>

#define LAN_NAME nf_config.ports[0].name /* the first and the last port, as the help tells */
#define WAN_NAME nf_config.ports[NF_PORTS - 1].name

void options_help(void)
{
    const char *name = nf_config.name;
    printf("usage: %s-replay [OPTION…] %s=FILE %s=FILE\n", name, LAN_NAME, WAN_NAME);
    printf("       %s-replay [OPTION…] --from %s=PREFIX[,PREFIX…] FILE\n\n", name, LAN_NAME);
    printf("Feeds captures (pcap, pcapng; Ethernet) in time order to %s, with the capture's clock as time, and\n"
           "prints a verdict per packet: port, number of the packet in its capture, `forward PORT` or `drop`.\n\n",
           name);
    printf("  --cores N            as many cores, chosen by hash and table (default %u; for any other number\n"
           "                       than %u the tables are filled round robin)\n",
           nf_config.strategy == STRATEGY_SEQUENTIAL ? 1 : nf_config.queues, nf_config.queues);
    puts("  --sequential         one core (not with --cores)\n"
         "  --from PORT=PREFIXES packets of FILE with a source in PREFIXES came in on PORT, the others on the other\n"
         "  --key PORT=HEX       hash with this key instead of the spec's");
    printf("  --capacity-per-core N flows each core can hold; without it, the spec's capacity (%zu) divided by the\n"
           "                       cores, rounded up: a core may then be full where a single one is not, which\n"
           "                       changes verdicts. The summary counts the packets concerned as `table full`.\n",
           nf_config.capacity);
    puts("  -o FILE              verdicts to FILE instead of the standard output\n"
         "  --show-core          each verdict ends with the packet's core\n"
         "  --show-hash          each verdict ends with the packet's class and, where it is hashed, the hash\n"
         "  --presplit-out DIR   writes DIR/PORT-CORE.pcap for each port and core, for the DPDK program's\n"
         "                       --presplit; times are rounded down to the microseconds that it sees\n"
         "  --verdicts DIR       writes DIR/core-CORE.txt, as the DPDK program does\n"
         "  --help               this\n\n"
         "Exit status: 0 done, 1 unreadable input or output, 2 wrong usage.");
}

static bool set_cores(struct options *options, const char *value)
{
    size_t cores = 0;
    bool good = parse_number(value, "the number of cores", 1, MAX_CORES, &cores);
    options->cores = (unsigned)cores;
    return good;
}

static bool set_capacity(struct options *options, const char *value)
{
    return parse_number(value, "the capacity", 1, MAX_CAPACITY, &options->capacity);
}

static bool set_key(struct options *options, const char *value)
{
    const char *digits;
    int port = parse_port(value, &digits);
    if (port < 0)
        return complain("`--key %s` does not begin with `%s=` or `%s=`", value, LAN_NAME, WAN_NAME);
    return parse_key(digits, options->keys[port], nf_config.ports[port].key_bytes);
}

static bool set_from(struct options *options, const char *value)
{
    const char *text;
    int port = parse_port(value, &text);
    if (port < 0)
        return complain("`--from %s` does not begin with `%s=` or `%s=`", value, LAN_NAME, WAN_NAME);
    if (options->prefix_count && options->from_port != (unsigned)port)
        return complain("`--from` is for one of the ports; what it doesn't match came in on the other");
    options->from_port = (unsigned)port;
    for (;;) {
        size_t length = strcspn(text, ",");
        if (options->prefix_count == MAX_PREFIXES)
            return complain("more than %u prefixes", MAX_PREFIXES);
        if (!parse_prefix(text, length, &options->prefixes[options->prefix_count++]))
            return false;
        if (text[length] == '\0')
            return true;
        text += length + 1;
    }
}

static bool set_output(struct options *options, const char *value)
{
    options->output = value;
    return true;
}

static bool set_presplit(struct options *options, const char *value)
{
    options->presplit = value;
    return true;
}

static bool set_verdicts(struct options *options, const char *value)
{
    options->verdicts = value;
    return true;
}

static bool set_sequential(struct options *options, const char *value)
{
    (void)value;
    return options->sequential = true;
}

static bool set_show_core(struct options *options, const char *value)
{
    (void)value;
    return options->show_core = true;
}

static bool set_show_hash(struct options *options, const char *value)
{
    (void)value;
    return options->show_hash = true;
}

struct option {
    const char *name;
    bool has_value;
    bool (*set)(struct options *options, const char *value);
};

static const struct option known[] = {
    {"--cores", true, set_cores},        {"--sequential", false, set_sequential},
    {"--from", true, set_from},          {"--key", true, set_key},
    {"-o", true, set_output},            {"--capacity-per-core", true, set_capacity},
    {"--show-core", false, set_show_core}, {"--show-hash", false, set_show_hash},
    {"--verdicts", true, set_verdicts},  {"--presplit-out", true, set_presplit},
};

static const struct option *find_option(const char *argument)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(argument, known[i].name) == 0)
            return &known[i];
    return NULL;
}

static bool add_input(struct options *options, const char *argument)
{
    const char *file = argument;
    int port = parse_port(argument, &file);
    const char *equals = strchr(argument, '=');
    if (port < 0 && equals && !memchr(argument, '/', (size_t)(equals - argument)))
        return complain("no port `%.*s`, there are %s and %s", (int)(equals - argument), argument, LAN_NAME, WAN_NAME);
    if (options->input_count == MAX_INPUTS)
        return complain("more than %u captures", MAX_INPUTS);
    options->inputs[options->input_count++] = (struct input){file, port < 0 ? PORT_BY_SOURCE : port};
    return true;
}

/* Takes one argument, or an option and its value; returns how many that were, 0 where they are wrong. */
static int take(struct options *options, int count, char **arguments)
{
    if (arguments[0][0] != '-' || arguments[0][1] == '\0')
        return add_input(options, arguments[0]);
    const struct option *option = find_option(arguments[0]);
    if (!option)
        return complain("unknown option `%s` (see --help)", arguments[0]);
    if (option->has_value && count < 2)
        return complain("`%s` needs a value (see --help)", arguments[0]);
    if (!option->set(options, option->has_value ? arguments[1] : NULL))
        return 0;
    return option->has_value ? 2 : 1;
}

static bool complete(const struct options *options)
{
    bool by_source = false;
    for (unsigned i = 0; i < options->input_count; i++)
        by_source |= options->inputs[i].port == PORT_BY_SOURCE;
    if (options->input_count == 0)
        return complain("no captures (see --help)");
    if (by_source && options->prefix_count == 0)
        return complain("which port a capture is from: write `%s=FILE`, or use `--from`", LAN_NAME);
    if (options->sequential && options->cores)
        return complain("`--sequential` is one core, so it cannot go with `--cores`");
    return true;
}

enum parsed options_parse(struct options *options, int count, char **arguments)
{
    *options = (struct options){0};
    for (unsigned port = 0; port < NF_PORTS; port++)
        memcpy(options->keys[port], nf_config.ports[port].key, nf_config.ports[port].key_bytes);
    for (int i = 1; i < count;) {
        if (strcmp(arguments[i], "--help") == 0 || strcmp(arguments[i], "-h") == 0)
            return PARSED_HELP;
        int taken = take(options, count - i, arguments + i);
        if (taken == 0)
            return PARSED_WRONG;
        i += taken;
    }
    if (!complete(options))
        return PARSED_WRONG;
    if (options->cores == 0)
        options->cores = options->sequential || nf_config.strategy == STRATEGY_SEQUENTIAL ? 1 : nf_config.queues;
    if (options->capacity == 0)
        options->capacity = capacity_per_core(&nf_config, options->cores);
    return PARSED_RUN;
}

static bool in_prefix(const struct prefix *prefix, const uint8_t *address)
{
    size_t bytes = prefix->bits / 8;
    unsigned rest = prefix->bits % 8;
    if (memcmp(prefix->address, address, bytes) != 0)
        return false;
    return rest == 0 || (prefix->address[bytes] ^ address[bytes]) >> (8 - rest) == 0;
}

bool options_match_source(const struct options *options, unsigned version, const uint8_t *address)
{
    for (unsigned i = 0; i < options->prefix_count; i++)
        if (options->prefixes[i].version == version && in_prefix(&options->prefixes[i], address))
            return true;
    return false;
}
