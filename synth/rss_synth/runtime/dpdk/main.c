/* Runs the network function on DPDK's lcores. */
#include "common/message.h"
#include "dpdk/control.h"
#include "dpdk/options.h"
#include "dpdk/port.h"
#include "dpdk/program.h"
#include "dpdk/statistics.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_USAGE = 2 };

static int run_lcore(void *program)
{
    program_run_lcore(program);
    return 0;
}

static void print(const void *program)
{
    statistics_print(program);
}

static bool rebalance(void *program)
{
    return program_rebalance(program);
}

/* Whether no intake had to give up. */
static bool intakes_held(const struct program *program)
{
    bool held = true;
    for (unsigned i = 0; i < program->options.distributors; i++)
        held &= !program->distributors[i]->intake.failed;
    for (unsigned core = 0; core < program->options.cores; core++)
        held &= !program->workers[core]->intake.failed;
    return held;
}

/* Whether devices that play captures gave all packets: net_pcap goes on without those that find no mbufs. */
static bool captures_whole(const struct program *program)
{
    bool whole = true;
    for (unsigned port = 0; port < NF_PORTS && program->options.captures; port++) {
        const struct port_losses losses = port_losses(port);
        uint64_t lost = losses.missed + losses.no_memory + losses.wrong;
        if (lost)
            whole = complain("port %s: the device lost %" PRIu64 " packets of its captures",
                             nf_config.ports[port].name, lost);
    }
    return whole;
}

/* The EAL waits without a pause, which at a real-time priority keeps lcores on the same CPU from ending. */
static void wait_for_lcores(void)
{
    enum { STEP_US = 1000 };
    for (unsigned lcore = rte_get_next_lcore(UINT_MAX, 1, 0); lcore < RTE_MAX_LCORE;
         lcore = rte_get_next_lcore(lcore, 1, 0)) {
        while (rte_eal_get_lcore_state(lcore) != WAIT)
            rte_delay_us_sleep(STEP_US);
        rte_eal_wait_lcore(lcore);
    }
}

static bool run(struct program *program, struct control *control)
{
    bool tables_move = program->options.rebalance && !program->options.distributors;
    control->print = print;
    control->round = tables_move ? rebalance : NULL;
    control->program = program;
    control->period = program->options.rebalance;
    if (!program_make(program) || !program_start(program) || !control_start(control))
        return false;
    fprintf(stderr, "%s: ports are up, %u cores, strategy %s\n", nf_config.name, program->options.cores,
            strategy_name(program->options.strategy));
    int status = rte_eal_mp_remote_launch(run_lcore, program, CALL_MAIN);
    if (status != 0)
        complain("cannot start the lcores: %s", rte_strerror(-status));
    wait_for_lcores();
    control_stop(control);
    if (status == 0)
        statistics_print(program);
    return status == 0 && intakes_held(program) && captures_whole(program);
}

/* Where the EAL's part of the command line ends. */
static int own_arguments(int count, char **arguments)
{
    int at = 1;
    while (at < count && strcmp(arguments[at], "--") != 0)
        at++;
    return at < count ? at : count;
}

static void help(const char *name)
{
    (void)name;
    options_help();
}

static int complain_of_eal(void)
{
    complain("cannot initialise DPDK: %s (the EAL says above why; without hugepages: `--no-huge -m 512`)",
             rte_strerror(rte_errno));
    return rte_errno == EINVAL ? EXIT_USAGE : EXIT_FAILURE;
}

static int complain_of(const char *argument)
{
    complain("`%s` is no option (see `--help` and `-- --help`)", argument);
    return EXIT_USAGE;
}

static int run_on_lcores(struct program *program, struct control *control)
{
    if (!options_fit(&program->options, rte_lcore_count()))
        return EXIT_USAGE;
    bool done = run(program, control);
    done &= program_free(program);
    return done ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int count, char **arguments)
{
    static struct program program; /* the hash's tables are too large for some stacks */
    int own = own_arguments(count, arguments);
    enum parsed parsed = options_parse(&program.options, count - own, arguments + own);
    if (parsed == PARSED_HELP)
        options_help();
    if (parsed != PARSED_RUN)
        return parsed == PARSED_WRONG ? EXIT_USAGE : EXIT_SUCCESS;
    struct control control = {0};
    control_prepare(&control);
    rte_set_application_usage_hook(help);
    int used = rte_eal_init(own, arguments);
    if (used < 0)
        return complain_of_eal();
    int status = used + 1 < own ? complain_of(arguments[used + 1]) : run_on_lcores(&program, &control);
    rte_eal_cleanup();
    return status;
}
