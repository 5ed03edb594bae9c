/* Bursts of a network function: included once, at the end of its file. */
#ifndef RSSC_ENTRY_H
#define RSSC_ENTRY_H

#include "nf/nf.h"
#include "sharing/program.h"
#ifdef NF_LOCKS
#include "sharing/lock.h"
#endif

static inline struct nf_pass pass_of(struct nf_core *core, const struct packet *packet, bool writer)
{
    return (struct nf_pass){.state = core->state,
                            .counters = &core->counters,
                            .now = packet->time,
                            .core = core->number,
                            .writer = writer};
}

#if defined(NF_LOCKS)

/* Called with the lock held, so the number orders the packet against every one that it could affect. */
static inline void note_order(const struct nf_core *core, struct packet *packet)
{
    if (core->order)
        packet->order = __atomic_fetch_add(core->order, 1, __ATOMIC_RELAXED);
}

static int decide_as_writer(struct nf_core *core, const struct nf_hint *hint, struct packet *packet)
{
    lock_release_reader(core->lock, core->number);
    lock_take_writer(core->lock);
    struct nf_pass pass = pass_of(core, packet, true);
    int verdict = nf_process(&pass, hint, packet);
    core->counters.writes++;
    note_order(core, packet);
    lock_release_writer(core->lock);
    lock_take_reader(core->lock, core->number);
    return verdict;
}

/* The thesis's algorithm 3.3: first as a reader, again as a writer where that is not enough. */
static inline int decide(struct nf_core *core, const struct nf_hint *hint, struct packet *packet)
{
    struct nf_pass pass = pass_of(core, packet, false);
    int verdict = nf_process(&pass, hint, packet);
    if (verdict == NF_AGAIN)
        return decide_as_writer(core, hint, packet);
    note_order(core, packet);
    return verdict;
}

#elif defined(NF_TM)

/* gcc's libitm runs this as a hardware transaction (RTM) where cpuid has them, falls back to its serial lock when
 * one keeps aborting, and does it in software otherwise: its method "htm" is the default wherever it is available
 * and there is more than one thread (libitm/retry.cc, config/x86/target.h: htm_available). */
static inline int decide(struct nf_core *core, const struct nf_hint *hint, struct packet *packet)
{
    int verdict;
    __transaction_atomic
    {
        struct nf_pass pass = pass_of(core, packet, true);
        verdict = nf_process(&pass, hint, packet);
        if (core->order)
            packet->order = (*core->order)++;
    }
    return verdict;
}

#else

static inline int decide(struct nf_core *core, const struct nf_hint *hint, struct packet *packet)
{
    struct nf_pass pass = pass_of(core, packet, true);
    return nf_process(&pass, hint, packet);
}

#endif

/* Every stage asks the memory for what the next one reads, so that a burst waits for it once. */
void nf_burst(struct nf_core *core, struct packet *packets, int *verdicts, unsigned count)
{
    struct nf_hint hints[NF_BURST];
    for (unsigned i = 0; i < count; i++)
        nf_prepare(core->state, &packets[i], &hints[i]);
#ifdef NF_LOCKS
    lock_take_reader(core->lock, core->number);
#endif
#ifdef NF_TM
    (void)nf_fetch; /* it looks at tables, which only transactions may */
#else
    for (unsigned i = 0; i < count; i++)
        nf_fetch(core->state, &packets[i], &hints[i]);
#endif
    for (unsigned i = 0; i < count; i++)
        verdicts[i] = decide(core, &hints[i], &packets[i]);
#ifdef NF_LOCKS
    lock_release_reader(core->lock, core->number);
#endif
}

/* Zero unless the function's file has defined it before. */
const struct nf_traits nf_traits;

#if defined(NF_LOCKS)
#define NF_PROGRAM nf_program_locks
#elif defined(NF_TM)
#define NF_PROGRAM nf_program_tm
#else
#define NF_PROGRAM nf_program_plain
#endif

NF_EXPORTED const struct nf_program NF_PROGRAM = {
#if defined(NF_LOCKS)
    .strategy = STRATEGY_LOCKS,
#elif defined(NF_TM)
    .strategy = STRATEGY_TM,
#else
    .strategy = STRATEGY_SHARED_NOTHING,
#endif
    .traits = &nf_traits,
    .state_bytes = nf_state_bytes,
    .state_init = nf_state_init,
    .burst = nf_burst,
};

#endif
