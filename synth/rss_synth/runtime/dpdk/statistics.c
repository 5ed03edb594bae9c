#include "dpdk/statistics.h"

#include "dpdk/port.h"

#include <inttypes.h>
#include <stdio.h>

static void print_flows(const struct program *program, unsigned core)
{
    const struct nf_counters *flows = &program->cores.each[core].work.counters;
    fprintf(stderr, "core %u flows: %" PRIu64 " created, %" PRIu64 " expired, %" PRIu64 " table full", core,
            count_read(&flows->created), count_read(&flows->expired), count_read(&flows->table_full));
    if (count_read(&flows->over))
        fprintf(stderr, ", %" PRIu64 " over a limit", count_read(&flows->over));
    if (program->cores.program->traits->estimates)
        fprintf(stderr, ", %" PRIu64 " refused by shared counters", count_read(&flows->doubtful));
    if (program->cores.lock)
        fprintf(stderr, ", %" PRIu64 " as writer", count_read(&flows->writes));
    fputc('\n', stderr);
}

static void print_core(const struct program *program, unsigned core)
{
    for (unsigned port = 0; port < NF_PORTS; port++) {
        const struct counts *counts = &program->workers[core]->counts[port];
        fprintf(stderr,
                "core %u %s: received %" PRIu64 ", dropped %" PRIu64 ", flooded %" PRIu64 ", forwarded %" PRIu64
                ", unsent %" PRIu64 "\n",
                core, nf_config.ports[port].name, count_read(&counts->received), count_read(&counts->dropped),
                count_read(&counts->flooded), count_read(&counts->forwarded), count_read(&counts->unsent));
    }
    print_flows(program, core);
}

static void print_distributor(const struct program *program, unsigned number)
{
    for (unsigned port = number; port < NF_PORTS; port += program->options.distributors) {
        const struct counts *counts = &program->distributors[number]->counts[port];
        fprintf(stderr, "distributor %u %s: received %" PRIu64 ", lost at full rings %" PRIu64 "\n", number,
                nf_config.ports[port].name, count_read(&counts->received), count_read(&counts->lost));
    }
}

static void print_device(unsigned port)
{
    const struct port_losses losses = port_losses(port);
    fprintf(stderr, "device %u %s: missed %" PRIu64 ", no memory %" PRIu64 ", wrong %" PRIu64 "\n",
            nf_config.ports[port].device, nf_config.ports[port].name, losses.missed, losses.no_memory, losses.wrong);
}

void statistics_print(const struct program *program)
{
    for (unsigned port = 0; port < NF_PORTS; port++)
        print_device(port);
    for (unsigned i = 0; i < program->options.distributors; i++)
        print_distributor(program, i);
    for (unsigned core = 0; core < program->options.cores; core++)
        print_core(program, core);
    if (program->options.rebalance)
        fprintf(stderr, "table entries: %" PRIu64 " moves in %" PRIu64 " rounds\n",
                count_read(&program->rebalance.moves), count_read(&program->rebalance.rounds));
}
