#include "dpdk/program.h"

#include "common/files.h"
#include "common/message.h"
#include "dpdk/port.h"

#include <limits.h>
#include <rte_errno.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>
#include <rte_random.h>
#include <stdlib.h>

enum { POOL_CACHE = 256, RING_PACKETS = 1024 };

/* The lcore that is number `index` among them. Distributors come first. */
static unsigned lcore_at(unsigned index)
{
    unsigned lcore = rte_get_next_lcore(UINT_MAX, 0, 0);
    while (index--)
        lcore = rte_get_next_lcore(lcore, 0, 0);
    return lcore;
}

static unsigned socket_at(unsigned index)
{
    return rte_lcore_to_socket_id(lcore_at(index));
}

static void *zeroed(unsigned index, size_t bytes)
{
    void *memory = rte_zmalloc_socket("lcore", bytes, 64, (int)socket_at(index));
    if (!memory)
        complain("no memory for lcore %u (see the EAL's -m)", lcore_at(index));
    return memory;
}

/* --- states ----------------------------------------------------------------------------------------- */

/* A core's state is near it, one that all share near the main lcore. */
static void *take_state(const void *context, unsigned core, size_t bytes)
{
    const struct options *options = context;
    unsigned socket = strategy_shares(options->strategy) ? rte_lcore_to_socket_id(rte_get_main_lcore())
                                                         : socket_at(options->distributors + core);
    return rte_zmalloc_socket("state", bytes, 64, (int)socket);
}

static bool make_cores(struct program *program)
{
    const struct options *options = &program->options;
    program->memory = (struct cores_memory){take_state, rte_free, options};
    const struct cores_plan plan = {.program = program_for(options->strategy),
                                    .count = options->cores,
                                    .capacity = options->capacity,
                                    .seed = rte_rand(),
                                    .steering = program->steering,
                                    .memory = &program->memory};
    return cores_make(&program->cores, &plan);
}

static bool make_steering(struct program *program)
{
    for (unsigned port = 0; port < NF_PORTS; port++) {
        const struct port_config *config = &nf_config.ports[port];
        if (!steering_init(&program->steering[port], &nf_config, config, config->key, program->options.cores))
            return complain("out of memory");
    }
    return true;
}

/* --- workers ---------------------------------------------------------------------------------------- */

static bool make_samples(struct program *program, struct worker *worker)
{
    if (!program->options.rebalance || program->options.distributors)
        return true;
    for (unsigned port = 0; port < NF_PORTS; port++) {
        size_t bytes = (nf_config.ports[port].table_size + 1) * sizeof *worker->samples[port];
        if (!(worker->samples[port] = zeroed(worker->core, bytes)))
            return false;
    }
    return true;
}

static bool make_worker(struct program *program, unsigned core)
{
    const struct options *options = &program->options;
    struct worker *worker = zeroed(options->distributors + core, sizeof *worker);
    if (!worker)
        return false;
    program->workers[core] = worker;
    program->done[core] = &worker->done;
    worker->core = core;
    worker->program = program->cores.program;
    worker->work = &program->cores.each[core].work;
    worker->steering = program->steering;
    worker->distributors = options->distributors;
    worker->sender.counts = worker->counts;
    if (options->verdicts && !(worker->verdicts = files_open_verdicts(options->verdicts, core)))
        return false;
    if (!options->distributors && !intake_init(&worker->intake, (uint16_t)core, 0, 1, options->captures))
        return false;
    return make_samples(program, worker);
}

static bool make_workers(struct program *program)
{
    const struct options *options = &program->options;
    if (options->verdicts && !files_make_directory(options->verdicts))
        return false;
    for (unsigned core = 0; core < options->cores; core++)
        if (!make_worker(program, core))
            return false;
    return true;
}

/* --- packets ---------------------------------------------------------------------------------------- */

/* mbufs that can be under way after an lcore has received them. */
static unsigned mbufs_of(const struct options *options)
{
    unsigned bursts = POOL_CACHE + 4 * NF_BURST;
    if (!options->distributors)
        return port_mbufs(NF_PORTS, NF_PORTS) + bursts;
    return port_mbufs(NF_PORTS, NF_PORTS * options->cores) + options->cores * (RING_PACKETS + bursts) + bursts;
}

/* Every lcore that receives has packets near it. */
static bool make_pools(struct program *program)
{
    const struct options *options = &program->options;
    unsigned receivers = options->distributors ? options->distributors : options->cores;
    unsigned count = mbufs_of(options);
    for (unsigned i = 0; i < receivers; i++) {
        char name[32];
        snprintf(name, sizeof name, "packets-%u", i);
        program->pools[i] = rte_pktmbuf_pool_create(name, count, POOL_CACHE, sizeof(struct passed),
                                                    RTE_MBUF_DEFAULT_BUF_SIZE, (int)socket_at(i));
        if (!program->pools[i])
            return complain("no memory for %u packets on lcore %u: %s (see the EAL's -m)", count, lcore_at(i),
                            rte_strerror(rte_errno));
    }
    return true;
}

/* --- distributors ----------------------------------------------------------------------------------- */

static bool make_ring(struct program *program, unsigned number, unsigned core)
{
    char name[32];
    snprintf(name, sizeof name, "ring-%u-%u", number, core);
    int socket = (int)socket_at(program->options.distributors + core);
    struct rte_ring *ring = rte_ring_create(name, RING_PACKETS, socket, RING_F_SP_ENQ | RING_F_SC_DEQ);
    if (!ring)
        return complain("no ring to core %u: %s", core, rte_strerror(rte_errno));
    program->rings[number][core] = ring;
    program->workers[core]->rings[number] = ring;
    program->workers[core]->finished[number] = &program->distributors[number]->finished;
    return true;
}

static bool make_distributor(struct program *program, unsigned number)
{
    const struct options *options = &program->options;
    struct distributor *distributor = zeroed(number, sizeof *distributor);
    if (!distributor)
        return false;
    program->distributors[number] = distributor;
    distributor->cores = options->cores;
    distributor->steering = program->steering;
    distributor->rings = program->rings[number];
    distributor->rebalance = options->rebalance ? &program->rebalance : NULL;
    distributor->done = program->done;
    distributor->period = options->rebalance;
    distributor->due = INT64_MIN;
    if (!(distributor->outgoing = zeroed(number, options->cores * sizeof *distributor->outgoing)))
        return false;
    for (unsigned core = 0; core < options->cores; core++)
        if (!make_ring(program, number, core))
            return false;
    return intake_init(&distributor->intake, 0, number, options->distributors, options->captures);
}

static bool make_distributors(struct program *program)
{
    for (unsigned i = 0; i < program->options.distributors; i++)
        if (!make_distributor(program, i))
            return false;
    return true;
}

static bool make_rebalance(struct program *program)
{
    const struct rebalance_plan plan = {program->cores.program, program->steering, program->options.cores};
    return !program->options.rebalance || rebalance_init(&program->rebalance, &plan);
}

bool program_make(struct program *program)
{
    return make_steering(program) && make_cores(program) && make_pools(program) && make_workers(program) &&
           make_rebalance(program) && make_distributors(program);
}

/* --- running ---------------------------------------------------------------------------------------- */

/* Each core has a queue of its own, or all have one. */
static void deal_tx_queues(struct program *program, unsigned port, unsigned tx_queues)
{
    for (unsigned core = 0; core < program->options.cores; core++) {
        struct outbox *outbox = &program->workers[core]->sender.outboxes[port];
        bool own = tx_queues == program->options.cores;
        outbox->queue = own ? (uint16_t)core : 0;
        outbox->lock = own ? NULL : &program->tx_locks[port];
    }
}

bool program_start(struct program *program)
{
    const struct options *options = &program->options;
    struct port_plan plan = {.rx_queues = options->distributors ? 1 : options->cores,
                             .tx_queues = options->cores,
                             .one_will_do = options->distributors > 0,
                             .rss = options_need_rss(options)};
    for (unsigned port = 0; port < NF_PORTS; port++) {
        plan.table = program->steering[port].table;
        plan.pools = options->distributors ? &program->pools[port % options->distributors] : program->pools;
        unsigned tx_queues = port_start(port, &plan);
        if (tx_queues == 0)
            return false;
        deal_tx_queues(program, port, tx_queues);
        program->started = port + 1;
    }
    for (unsigned port = 0; port < NF_PORTS && plan.rss; port++)
        port_discard_early(port, plan.rx_queues);
    return true;
}

void program_run_lcore(struct program *program)
{
    unsigned index = (unsigned)rte_lcore_index((int)rte_lcore_id());
    if (index < program->options.distributors)
        distributor_run(program->distributors[index]);
    else
        worker_run(program->workers[index - program->options.distributors]);
}

static void note_samples(struct program *program, const struct worker *worker, unsigned port)
{
    const struct steering *steering = &program->steering[port];
    for (uint32_t entry = 0; entry <= steering->port->table_size; entry++) {
        uint32_t packets = __atomic_exchange_n(&worker->samples[port][entry], 0, __ATOMIC_RELAXED);
        bool hashed = entry < steering->port->table_size;
        struct steered steered = {.hashed = hashed, .entry = entry, .core = hashed ? steering->table[entry] : 0};
        if (packets)
            rebalance_note(&program->rebalance, port, &steered, packets, 0);
    }
}

bool program_rebalance(struct program *program)
{
    struct rebalance *rebalance = &program->rebalance;
    for (unsigned core = 0; core < program->options.cores; core++)
        for (unsigned port = 0; port < NF_PORTS; port++)
            note_samples(program, program->workers[core], port);
    for (unsigned core = 0; core < program->options.cores; core++)
        rebalance->done[core] = rebalance->given[core]; /* the state is shared: what is on its way finds it */
    if (rebalance_round(rebalance, 0) == 0)
        return true;
    bool taken = true;
    for (unsigned port = 0; port < NF_PORTS; port++)
        taken &= port_write_table(port, program->steering[port].table);
    return taken || complain("tables are not rebalanced any more");
}

static bool free_worker(struct worker *worker)
{
    bool written = !worker->verdicts || files_close(worker->verdicts, "the verdicts");
    for (unsigned port = 0; port < NF_PORTS; port++)
        rte_free(worker->samples[port]);
    rte_free(worker);
    return written;
}

static void free_distributor(struct program *program, unsigned number)
{
    for (unsigned core = 0; core < program->options.cores; core++)
        rte_ring_free(program->rings[number][core]);
    rte_free(program->distributors[number]->outgoing);
    rte_free(program->distributors[number]);
}

bool program_free(struct program *program)
{
    bool written = true;
    for (unsigned port = 0; port < program->started; port++)
        port_stop(port);
    for (unsigned i = 0; i < program->options.distributors && program->distributors[i]; i++)
        free_distributor(program, i);
    for (unsigned core = 0; core < program->options.cores && program->workers[core]; core++)
        written &= free_worker(program->workers[core]);
    for (unsigned i = 0; i < RTE_MAX_LCORE; i++)
        rte_mempool_free(program->pools[i]);
    rebalance_free(&program->rebalance);
    cores_free(&program->cores);
    for (unsigned port = 0; port < NF_PORTS; port++)
        steering_free(&program->steering[port]);
    return written;
}
