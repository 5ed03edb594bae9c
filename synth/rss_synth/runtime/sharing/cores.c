#include "sharing/cores.h"

#include "common/message.h"
#include "sharing/lock.h"

#include <stdlib.h>
#include <string.h>

static void *take_from_libc(const void *context, unsigned core, size_t bytes)
{
    (void)context, (void)core;
    void *memory = aligned_alloc(64, bytes);
    if (memory)
        memset(memory, 0, bytes);
    return memory;
}

static const struct cores_memory libc_memory = {take_from_libc, free, NULL};

static struct nf_state *make_state(const struct cores *cores, const struct cores_plan *plan, unsigned part)
{
    bool shared = strategy_shares(plan->program->strategy);
    unsigned parts = shared ? 1 : plan->count;
    const struct nf_shape shape = {.capacity = plan->capacity,
                                   .sharers = shared ? plan->count : 1,
                                   .part = part,
                                   .parts = parts,
                                   .seed = plan->seed + part,
                                   .steering = parts > 1 ? plan->steering : NULL};
    void *memory = cores->memory->take(cores->memory->context, part, plan->program->state_bytes(&shape));
    if (!memory) {
        complain("no memory for %zu flows on core %u", plan->capacity, part);
        return NULL;
    }
    struct nf_state *state = plan->program->state_init(memory, &shape);
    if (!state) {
        complain("the network function cannot initialise its state on core %u", part);
        cores->memory->give(memory);
    }
    return state;
}

static bool make_lock(struct cores *cores)
{
    cores->lock = aligned_alloc(64, sizeof *cores->lock);
    if (!cores->lock)
        return complain("out of memory");
    lock_init(cores->lock, cores->count);
    return true;
}

/* A state of its own, or that of the first core. */
static bool make_core(struct cores *cores, const struct cores_plan *plan, unsigned number)
{
    struct nf_core *core = &cores->each[number].work;
    bool first = number == 0 || !cores->lock;
    *core = (struct nf_core){.number = cores->lock ? number : 0, .lock = cores->lock};
    core->state = first ? make_state(cores, plan, number) : cores->each[0].work.state;
    return core->state != NULL;
}

bool cores_make(struct cores *cores, const struct cores_plan *plan)
{
    *cores = (struct cores){.program = plan->program,
                             .count = plan->count,
                             .memory = plan->memory ? plan->memory : &libc_memory};
    bool shared = strategy_shares(plan->program->strategy);
    if (shared && plan->count > NF_MAX_SHARERS)
        return complain("at most %d cores can share a state, not %u", NF_MAX_SHARERS, plan->count);
    cores->each = aligned_alloc(64, plan->count * sizeof *cores->each);
    if (!cores->each)
        return complain("out of memory");
    memset(cores->each, 0, plan->count * sizeof *cores->each);
    if (shared && !make_lock(cores))
        return false;
    for (unsigned i = 0; i < plan->count; i++)
        if (!make_core(cores, plan, i))
            return false;
    return true;
}

void cores_free(struct cores *cores)
{
    unsigned states = cores->lock ? 1 : cores->count;
    for (unsigned i = 0; cores->each && i < states; i++)
        cores->memory->give(cores->each[i].work.state);
    free(cores->each);
    free(cores->lock);
    *cores = (struct cores){0};
}

struct nf_counters cores_counted(const struct cores *cores)
{
    struct nf_counters sum = {0};
    for (unsigned i = 0; i < cores->count; i++) {
        const struct nf_counters *one = &cores->each[i].work.counters;
        sum.created += one->created;
        sum.expired += one->expired;
        sum.table_full += one->table_full;
        sum.over += one->over;
        sum.doubtful += one->doubtful;
        sum.writes += one->writes;
    }
    return sum;
}
