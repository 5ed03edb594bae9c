#include "check/options.h"

#include "common/message.h"
#include "sharing/program.h"

#include <stdio.h>
#include <string.h>

void check_options_help(void)
{
    printf("usage: %s-check [OPTION…] [PORT=FILE…]\n\n", nf_config.name);
    puts("Gives generated traffic, and captures where there are some, to one core and to several, and compares verdicts\n"
         "and packets. Differences that follow from states of less room are counted, others are shown.\n\n"
         "  --cores N[,N…]       numbers of cores (default 1,2,4,16)\n"
         "  --strategy NAME      only this one; several times for several. Without it locks, tm and, where the\n"
         "                       spec's keys serve it, shared-nothing\n"
         "  --key PORT=HEX       hash with this key instead of the spec's\n"
         "  --from PORT=PREFIXES packets of FILE with a source in PREFIXES came in on PORT, the others on the\n"
         "                       port that has no such option\n"
         "  --packets N          of generated traffic (default 12000)\n"
         "  --seed N             other traffic\n"
         "  --no-threads         no real threads for locks and tm\n"
         "  --help               this\n\n"
         "Exit status: 0 everything agrees, 1 something differs or cannot be read, 2 wrong usage.");
}

static bool add_input(void *options, const char *argument)
{
    return inputs_add(&((struct check_options *)options)->inputs, argument);
}

static bool set_from(void *options, const char *value)
{
    return inputs_add_sources(&((struct check_options *)options)->inputs, value);
}

static bool set_key(void *options, const char *value)
{
    return parse_port_key(value, &((struct check_options *)options)->keys);
}

static bool set_cores(void *given, const char *value)
{
    struct check_options *options = given;
    for (const char *text = value; *text;) {
        char number[16] = "";
        size_t length = strcspn(text, ","), cores;
        if (options->core_counts == CHECK_MAX_COUNTS)
            return complain("more than %d numbers of cores", CHECK_MAX_COUNTS);
        if (length < sizeof number)
            memcpy(number, text, length);
        if (!parse_number(number, "the number of cores", 1, NF_MAX_SHARERS, &cores))
            return false;
        options->cores[options->core_counts++] = (unsigned)cores;
        text += length + (text[length] == ',');
    }
    return options->core_counts > 0 || complain("`--cores` needs numbers");
}

static bool set_strategy(void *given, const char *value)
{
    struct check_options *options = given;
    enum strategy strategy;
    if (!strategy_find(value, &strategy) || strategy == STRATEGY_SEQUENTIAL)
        return complain("no strategy `%s` to check, there are shared-nothing, locks and tm", value);
    options->strategies_given = options->strategies[strategy] = true;
    return true;
}

static bool set_packets(void *options, const char *value)
{
    return parse_number(value, "the number of packets", 0, 100000000, &((struct check_options *)options)->packets);
}

static bool set_seed(void *options, const char *value)
{
    return parse_number(value, "the seed", 0, UINT32_MAX, &((struct check_options *)options)->seed);
}

static bool set_no_threads(void *options, const char *value)
{
    (void)value;
    return ((struct check_options *)options)->no_threads = true;
}

static const struct known_option known[] = {
    {"--cores", true, set_cores},     {"--strategy", true, set_strategy}, {"--key", true, set_key},
    {"--from", true, set_from},       {"--packets", true, set_packets},   {"--seed", true, set_seed},
    {"--no-threads", false, set_no_threads},
};

static const struct syntax syntax = {known, sizeof known / sizeof *known, add_input};

enum parsed check_options_parse(struct check_options *options, int count, char **arguments)
{
    static const unsigned usual[] = {1, 2, 4, 16};
    *options = (struct check_options){.packets = 12000, .seed = 1};
    parse_default_keys(&options->keys);
    enum parsed parsed = arguments_parse(&syntax, options, count, arguments);
    if (parsed != PARSED_RUN)
        return parsed;
    if (options->core_counts == 0) {
        memcpy(options->cores, usual, sizeof usual);
        options->core_counts = sizeof usual / sizeof *usual;
    }
    if (!options->strategies_given) {
        options->strategies[STRATEGY_LOCKS] = options->strategies[STRATEGY_TM] = true;
        options->strategies[STRATEGY_SHARED_NOTHING] = nf_config.keys_serve;
    }
    return inputs_complete(&options->inputs) ? PARSED_RUN : PARSED_WRONG;
}
