#include "options.h"

#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_SECONDS = 86400, DEFAULT_RING = 2048, MAX_RING = 16384 /* the kernel's */ };

void options_help(const char *program)
{
    printf("usage: %s PORT=INTERFACE... [options]\n\n"
           "Steers the packets of each interface to CPUs, until a signal ends it.\n\n"
           "  --cpus LIST      queue 0 to the first CPU of LIST (0-3,8), and so on; by default those online\n"
           "  --stats SECONDS  print the counts of every queue that often, and not only at the end\n"
           "  --ring PACKETS   how many may wait for a CPU (%d)\n"
           "  --native         only where the driver has XDP; by default the kernel chooses\n"
           "  --generic        where packets have become socket buffers: slower, on any device\n\n"
           "ports:",
           program, DEFAULT_RING);
    for (size_t i = 0; i < port_count; i++)
        printf(" %s (%u queues)", ports[i].name, ports[i].queues);
    printf("\n");
}

static bool wrong(const char *text, const char *why)
{
    fprintf(stderr, "`%s`: %s (see --help)\n", text, why);
    return false;
}

/* A number at `*text`, which moves behind it. */
static bool take_number(const char **text, unsigned long high, unsigned long *value)
{
    char *end;
    if (**text < '0' || **text > '9')
        return false;
    errno = 0;
    *value = strtoul(*text, &end, 10);
    *text = end;
    return errno == 0 && *value <= high;
}

static bool read_number(const char *text, unsigned long high, unsigned long *value)
{
    return take_number(&text, high, value) && *text == '\0' && *value > 0;
}

static bool add_cpus(struct cpu_list *list, unsigned long first, unsigned long last)
{
    if (last < first || last - first >= MAX_CPUS - list->count)
        return false;
    for (unsigned long cpu = first; cpu <= last; cpu++)
        list->cpu[list->count++] = (uint32_t)cpu;
    return true;
}

/* `0-3,8`, as the kernel writes such lists, too; a CPU may come more than once. */
static bool read_cpus(struct cpu_list *list, const char *text)
{
    list->count = 0;
    for (;; text++) {
        unsigned long first, last;
        if (!take_number(&text, MAX_CPUS - 1, &first))
            return false;
        last = first;
        if (*text == '-' && (text++, !take_number(&text, MAX_CPUS - 1, &last)))
            return false;
        if (!add_cpus(list, first, last))
            return false;
        if (*text != ',')
            return *text == '\0' || *text == '\n';
    }
}

static bool read_online_cpus(struct cpu_list *list)
{
    char line[1024] = "";
    FILE *file = fopen("/sys/devices/system/cpu/online", "r");
    bool read = file && fgets(line, sizeof line, file) && read_cpus(list, line);
    if (file)
        fclose(file);
    if (!read)
        fprintf(stderr, "cannot tell which CPUs are online: use --cpus\n");
    return read;
}

static bool add_place(struct options *options, const char *text)
{
    const char *equals = strchr(text, '=');
    if (!equals)
        return wrong(text, "not of the form PORT=INTERFACE");
    const struct port *port = find_port(text, (size_t)(equals - text));
    if (!port)
        return wrong(text, "the spec has no such port");
    unsigned index = if_nametoindex(equals + 1);
    if (index == 0)
        return wrong(equals + 1, "there is no such interface");
    for (size_t i = 0; i < options->count; i++)
        if (options->places[i].index == index || options->places[i].port == port)
            return wrong(text, "port or interface named twice");
    if (options->count == MAX_LINKS)
        return wrong(text, "too many interfaces");
    options->places[options->count++] = (struct place){port, equals + 1, index};
    return true;
}

static bool set_mode(struct options *options, const char *name, __u32 flag)
{
    if (options->attach_flags)
        return wrong(name, "a mode was already chosen");
    options->attach_flags = flag;
    return true;
}

static bool set_value(struct options *options, const char *name, const char *value)
{
    unsigned long number = 0;
    if (strcmp(name, "--cpus") == 0)
        return read_cpus(&options->cpus, value) || wrong(value, "not a list of CPUs such as 0-3,8");
    if (strcmp(name, "--stats") == 0) {
        if (!read_number(value, MAX_SECONDS, &number))
            return wrong(value, "not a number of seconds");
        options->stats_seconds = (unsigned)number;
        return true;
    }
    if (!read_number(value, MAX_RING, &number))
        return wrong(value, "not a number of packets up to 16384");
    options->ring = (uint32_t)number;
    return true;
}

static bool has_value(const char *name)
{
    return strcmp(name, "--cpus") == 0 || strcmp(name, "--stats") == 0 || strcmp(name, "--ring") == 0;
}

/* Takes one argument and perhaps its value, and says how many that were; 0 where they are wrong. */
static int take(struct options *options, char **arguments)
{
    const char *first = arguments[0];
    if (strcmp(first, "--native") == 0)
        return set_mode(options, first, XDP_FLAGS_DRV_MODE);
    if (strcmp(first, "--generic") == 0)
        return set_mode(options, first, XDP_FLAGS_SKB_MODE);
    if (first[0] != '-')
        return add_place(options, first);
    if (!has_value(first))
        return wrong(first, "unknown option");
    if (!arguments[1])
        return wrong(first, "needs a value");
    return set_value(options, first, arguments[1]) ? 2 : 0;
}

enum parsed options_parse(struct options *options, int count, char **arguments)
{
    *options = (struct options){.ring = DEFAULT_RING};
    for (int i = 1; i < count;) {
        if (strcmp(arguments[i], "--help") == 0 || strcmp(arguments[i], "-h") == 0)
            return PARSED_HELP;
        int taken = take(options, arguments + i);
        if (taken == 0)
            return PARSED_WRONG;
        i += taken;
    }
    if (options->count == 0) {
        fprintf(stderr, "no interface to steer (see --help)\n");
        return PARSED_WRONG;
    }
    return options->cpus.count > 0 || read_online_cpus(&options->cpus) ? PARSED_RUN : PARSED_WRONG;
}
