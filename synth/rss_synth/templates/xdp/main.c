/* Loads the steering program onto interfaces, and takes it off when a signal ends it. */
#include "link.h"
#include "options.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct links {
    struct link of[MAX_LINKS];
    size_t count;
};

/* What libbpf has to say is of use where something fails; the verifier's log comes as a warning then. */
static int print_warnings(enum libbpf_print_level level, const char *format, va_list arguments)
{
    return level == LIBBPF_WARN ? vfprintf(stderr, format, arguments) : 0;
}

/* All maps are filled before the first packet is steered. */
static bool start(struct links *links, const struct options *options)
{
    for (size_t i = 0; i < options->count; i++) {
        links->count++;
        if (!link_load(&links->of[i], &options->places[i], options))
            return false;
    }
    for (size_t i = 0; i < links->count; i++)
        if (!link_attach(&links->of[i], options))
            return false;
    return true;
}

static void announce(const struct links *links, const struct cpu_list *cpus)
{
    for (size_t i = 0; i < links->count; i++) {
        const struct place *place = links->of[i].place;
        printf("%s: %s, %u queues on %zu CPUs, table of %u entries in map %u\n", place->port->name, place->interface,
               place->port->queues, cpus->count < place->port->queues ? cpus->count : place->port->queues,
               place->port->table_size, link_table_id(&links->of[i]));
    }
    fflush(stdout);
}

static void print_counts(const struct links *links, const struct cpu_list *cpus)
{
    printf("%-12s %-15s %5s %4s %14s %14s %18s\n", "port", "interface", "queue", "cpu", "packets", "unhashed", "bytes");
    for (size_t i = 0; i < links->count; i++)
        link_print_counts(&links->of[i], cpus);
    fflush(stdout);
}

/* Waits for a signal that ends the program, and prints counts meanwhile. */
static void wait_for_end(const sigset_t *ends, const struct links *links, const struct options *options)
{
    struct timespec interval = {.tv_sec = options->stats_seconds};
    for (;;) {
        int ended = options->stats_seconds ? sigtimedwait(ends, NULL, &interval) : sigwaitinfo(ends, NULL);
        if (ended > 0)
            return;
        if (errno == EAGAIN)
            print_counts(links, &options->cpus);
    }
}

static int run(const struct options *options)
{
    sigset_t ends;
    struct links *links = calloc(1, sizeof *links);
    if (!links)
        return EXIT_FAILURE;
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGHUP);
    /* Blocked before anything is attached, so that counts are printed however early the signal comes. */
    sigprocmask(SIG_BLOCK, &ends, NULL);
    libbpf_set_print(print_warnings);
    bool started = start(links, options);
    if (started) {
        announce(links, &options->cpus);
        wait_for_end(&ends, links, options);
        print_counts(links, &options->cpus);
    }
    for (size_t i = 0; i < links->count; i++)
        link_close(&links->of[i]);
    free(links);
    return started ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int count, char **arguments)
{
    static const int usage = 2;
    struct options *options = malloc(sizeof *options);
    if (!options)
        return EXIT_FAILURE;
    enum parsed parsed = options_parse(options, count, arguments);
    if (parsed == PARSED_HELP)
        options_help(arguments[0]);
    int status = parsed == PARSED_RUN ? run(options) : parsed == PARSED_HELP ? EXIT_SUCCESS : usage;
    free(options);
    return status;
}
