/* Runs the network function on DPDK's lcores. */
#include "common/message.h"
#include "dpdk/options.h"
#include "dpdk/program.h"
#include "dpdk/statistics.h"

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_launch.h>
#include <stdio.h>
#include <stdlib.h>

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

static void rebalance(void *program)
{
    program_rebalance(program);
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

static bool run(struct program *program)
{
    bool tables_move = program->options.rebalance && !program->options.distributors;
    struct control control = {.print = print,
                              .round = tables_move ? rebalance : NULL,
                              .program = program,
                              .period = program->options.rebalance};
    if (!program_make(program) || !program_start(program) || !control_start(&control))
        return false;
    fprintf(stderr, "%s: ports are up, %u cores, strategy %s\n", nf_config.name, program->options.cores,
            strategy_name(program->options.strategy));
    int status = rte_eal_mp_remote_launch(run_lcore, program, CALL_MAIN);
    if (status != 0)
        complain("cannot start the lcores: %s", rte_strerror(-status));
    rte_eal_mp_wait_lcore();
    control_stop(&control);
    if (status == 0)
        statistics_print(program);
    return status == 0 && intakes_held(program);
}

int main(int count, char **arguments)
{
    static struct program program; /* the hash's tables are too large for some stacks */
    int used = rte_eal_init(count, arguments);
    if (used < 0) {
        complain("cannot initialise DPDK: %s", rte_strerror(rte_errno));
        return EXIT_FAILURE;
    }
    bool done = true;
    enum parsed parsed = options_parse(&program.options, rte_lcore_count(), count - used, arguments + used);
    if (parsed == PARSED_HELP)
        options_help();
    if (parsed == PARSED_RUN) {
        done = run(&program);
        done &= program_free(&program);
    }
    rte_eal_cleanup();
    return parsed == PARSED_WRONG ? EXIT_USAGE : done ? EXIT_SUCCESS : EXIT_FAILURE;
}
