/* The DPDK program: one state, one queue per port for every lcore. */
#include "dpdk/port.h"
#include "dpdk/worker.h"
#include "common/arguments.h"
#include "common/files.h"
#include "common/message.h"
#include "nf/nf.h"
#include "common/parse.h"
#include "steering/steering.h"

#include <inttypes.h>
#include <limits.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_lcore.h>
#include <rte_malloc.h>
#include <rte_mbuf_dyn.h>
#include <rte_random.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_USAGE = 2, POOL_CACHE = 256 };

struct program {
    bool presplit;
    const char *verdicts;
    size_t capacity; /* flows per core */
    unsigned cores;
    struct worker *workers;
    struct rte_mempool *pools[RTE_MAX_LCORE];
    unsigned started; /* ports */
    struct steering steering[NF_PORTS]; /* what the devices do, for functions that choose what reaches a core */
};

static void print_help(void)
{
    const char *name = nf_config.name;
    printf("usage: %s [EAL OPTION…] -- [OPTION…]\n\n", name);
    printf("Runs %s between device %u (%s) and device %u (%s), with one rx and tx queue per lcore and port.\n"
           "With more than one lcore the devices must take the spec's RSS keys, classes and tables, and answer\n"
           "with them when they are read back; otherwise the program refuses to run.\n\n",
           name, nf_config.ports[0].device, nf_config.ports[0].name, nf_config.ports[NF_PORTS - 1].device,
           nf_config.ports[NF_PORTS - 1].name);
    puts("  --presplit             packets are on their queues already (one capture per port and core, on\n"
         "                         net_pcap devices): no RSS; ports are merged by the packets' own times, and\n"
         "                         the program ends when all captures are drained");
    printf("  --capacity-per-core N  flows each core can hold; without it, the spec's capacity (%zu) divided by\n"
           "                         the lcores, rounded up\n",
           nf_config.capacity);
    puts("  --verdicts DIR         writes a verdict per packet to DIR/core-CORE.txt\n"
         "  --help                 this");
}

/* Takes one option; returns how many arguments that were, 0 where they are wrong. */
static int take(struct program *program, int count, char **arguments)
{
    const char *value = count > 1 ? arguments[1] : NULL;
    if (strcmp(arguments[0], "--presplit") == 0) {
        program->presplit = true;
        return 1;
    }
    if (strcmp(arguments[0], "--verdicts") == 0 && value) {
        program->verdicts = value;
        return 2;
    }
    if (strcmp(arguments[0], "--capacity-per-core") == 0 && value)
        return parse_number(value, "the capacity", 1, MAX_CAPACITY, &program->capacity) ? 2 : 0;
    return complain("unknown or incomplete option `%s` (see -- --help)", arguments[0]);
}

static enum parsed parse_options(struct program *program, int count, char **arguments)
{
    for (int i = 1; i < count;) {
        if (strcmp(arguments[i], "--help") == 0)
            return PARSED_HELP;
        int taken = take(program, count - i, arguments + i);
        if (taken == 0)
            return PARSED_WRONG;
        i += taken;
    }
    program->cores = rte_lcore_count();
    if (program->capacity == 0)
        program->capacity = capacity_per_core(&nf_config, program->cores);
    if (nf_config.strategy != STRATEGY_SEQUENTIAL || program->cores == 1)
        return PARSED_RUN;
    complain("the spec says `strategy sequential`: give one lcore, not %u", program->cores);
    return PARSED_WRONG;
}

static bool find_timestamps(struct worker *worker)
{
    int offset = rte_mbuf_dynfield_lookup(RTE_MBUF_DYNFIELD_TIMESTAMP_NAME, NULL);
    int flag = rte_mbuf_dynflag_lookup(RTE_MBUF_DYNFLAG_RX_TIMESTAMP_NAME, NULL);
    if (offset < 0 || flag < 0)
        return complain("--presplit needs devices that give packets times, such as net_pcap");
    worker->timestamp = (size_t)offset;
    worker->timestamp_flag = UINT64_C(1) << flag;
    return true;
}

static bool make_worker(struct program *program, unsigned core, unsigned socket)
{
    struct worker *worker = &program->workers[core];
    worker->core = core;
    worker->presplit = program->presplit;
    const struct nf_shape shape = {.capacity = program->capacity,
                                   .sharers = 1,
                                   .part = core,
                                   .parts = program->cores,
                                   .seed = rte_rand(),
                                   .steering = program->steering};
    void *memory = rte_zmalloc_socket("state", nf_state_bytes(&shape), 64, (int)socket);
    if (!memory)
        return complain("no memory for %zu flows on core %u (see the EAL's -m)", program->capacity, core);
    worker->work.state = nf_state_init(memory, &shape);
    if (!worker->work.state)
        return complain("the network function cannot initialise its state on core %u", core);
    if (program->verdicts && !(worker->verdicts = files_open_verdicts(program->verdicts, core)))
        return false;
    return !program->presplit || find_timestamps(worker);
}

static bool make_pool(struct program *program, unsigned core, unsigned socket)
{
    char name[32];
    snprintf(name, sizeof name, "packets-%u", core);
    unsigned count = port_mbufs_per_core() + POOL_CACHE + 4 * WORKER_BURST;
    program->pools[core] =
        rte_pktmbuf_pool_create(name, count, POOL_CACHE, 0, RTE_MBUF_DEFAULT_BUF_SIZE, (int)socket);
    return program->pools[core] || complain("no memory for %u packets on core %u: %s (see the EAL's -m)", count, core,
                                            rte_strerror(rte_errno));
}

static bool make_steering(struct program *program)
{
    for (unsigned i = 0; i < NF_PORTS; i++) {
        const struct port_config *port = &nf_config.ports[i];
        if (!steering_init(&program->steering[i], &nf_config, port, port->key, program->cores))
            return complain("out of memory");
    }
    return true;
}

/* Every state exists before any port starts. */
static bool make_workers(struct program *program)
{
    program->workers = rte_zmalloc("workers", program->cores * sizeof *program->workers, 64);
    if (!program->workers)
        return complain("no memory for %u cores", program->cores);
    if (program->verdicts && !files_make_directory(program->verdicts))
        return false;
    unsigned lcore = rte_get_next_lcore(UINT_MAX, 0, 0);
    for (unsigned core = 0; lcore < RTE_MAX_LCORE; core++, lcore = rte_get_next_lcore(lcore, 0, 0)) {
        unsigned socket = rte_lcore_to_socket_id(lcore);
        if (!make_pool(program, core, socket) || !make_worker(program, core, socket))
            return false;
    }
    return true;
}

static bool start_ports(struct program *program)
{
    struct port_plan plan = {.cores = program->cores, .presplit = program->presplit, .pools = program->pools};
    for (unsigned port = 0; port < NF_PORTS; port++) {
        if (!port_start(port, &plan))
            return false;
        program->started = port + 1;
    }
    for (unsigned port = 0; port < NF_PORTS && program->cores > 1 && !program->presplit; port++)
        port_discard_early(port, program->cores);
    return true;
}

static void on_signal(int number)
{
    (void)number;
    worker_stop_all();
}

static int launch(void *argument)
{
    struct program *program = argument;
    return worker_run(&program->workers[rte_lcore_index((int)rte_lcore_id())]);
}

static void print_worker(const struct worker *worker)
{
    struct nf_counters flows = worker->work.counters;
    fprintf(stderr,
            "core %u: received %" PRIu64 " on %s and %" PRIu64 " on %s, forwarded %" PRIu64 ", dropped %" PRIu64
            ", unsent %" PRIu64 ", flows: %" PRIu64 " created, %" PRIu64 " expired, %" PRIu64 " table full\n",
            worker->core, worker->received[0], nf_config.ports[0].name, worker->received[NF_PORTS - 1],
            nf_config.ports[NF_PORTS - 1].name, worker->forwarded, worker->dropped, worker->unsent, flows.created,
            flows.expired, flows.table_full);
}

static bool run(struct program *program)
{
    if (!make_steering(program) || !make_workers(program) || !start_ports(program))
        return false;
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    int status = rte_eal_mp_remote_launch(launch, program, CALL_MAIN);
    if (status != 0)
        return complain("cannot start the lcores: %s", rte_strerror(-status));
    rte_eal_mp_wait_lcore();
    bool done = true;
    for (unsigned core = 0; core < program->cores; core++) {
        print_worker(&program->workers[core]);
        done &= !program->workers[core].failed;
    }
    return done;
}

/* Stops the ports and frees everything; false where verdicts were lost. */
static bool finish(struct program *program)
{
    bool written = true;
    for (unsigned port = 0; port < program->started; port++)
        port_stop(port);
    for (unsigned core = 0; program->workers && core < program->cores; core++) {
        struct worker *worker = &program->workers[core];
        written &= !worker->verdicts || files_close(worker->verdicts, program->verdicts);
        rte_free(worker->work.state);
        rte_mempool_free(program->pools[core]);
    }
    rte_free(program->workers);
    for (unsigned port = 0; port < NF_PORTS; port++)
        steering_free(&program->steering[port]);
    return written;
}

int main(int count, char **arguments)
{
    static struct program program;
    int used = rte_eal_init(count, arguments);
    if (used < 0) {
        complain("cannot initialise DPDK: %s", rte_strerror(rte_errno));
        return EXIT_FAILURE;
    }
    enum parsed parsed = parse_options(&program, count - used, arguments + used);
    bool done = parsed != PARSED_WRONG;
    if (parsed == PARSED_HELP)
        print_help();
    else if (done) {
        done = run(&program);
        done &= finish(&program);
    }
    rte_eal_cleanup();
    return parsed == PARSED_WRONG ? EXIT_USAGE : done ? EXIT_SUCCESS : EXIT_FAILURE;
}
