/* Many readers or one writer, where readers write only a cache line of their own: the thesis's algorithm 3.2
 * with its count of pending writers, so that readers cannot starve one.
 *
 * As printed, a writer looks at the readers' flags before it takes the spin lock; a reader could come in
 * between. Here the count is raised first, and a reader shows its flag before it reads the count, both
 * sequentially consistent: one of the two sees the other. What a writer wrote comes before what a reader reads that
 * finds the count at zero, as every change of the count reads and writes it, so that the zero follows from all of them.
 *
 * Cores that have written wait as readers until no writer is left, so that each gets its turn. */
#ifndef RSSC_LOCK_H
#define RSSC_LOCK_H

#include "nf/strategy.h"

#include <stdatomic.h>
#include <stdbool.h>

struct nf_lock {
    _Alignas(64) atomic_uint pending; /* writers that wait or write */
    _Alignas(64) atomic_flag writing;
    unsigned sharers;
    struct {
        _Alignas(64) atomic_bool reading;
    } cores[NF_MAX_SHARERS];
};

static inline void lock_init(struct nf_lock *lock, unsigned sharers)
{
    atomic_init(&lock->pending, 0);
    atomic_flag_clear(&lock->writing);
    lock->sharers = sharers;
    for (unsigned core = 0; core < NF_MAX_SHARERS; core++)
        atomic_init(&lock->cores[core].reading, false);
}

static inline void lock_pause(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static inline void lock_take_reader(struct nf_lock *lock, unsigned core)
{
    for (;;) {
        atomic_store(&lock->cores[core].reading, true);
        if (atomic_load(&lock->pending) == 0)
            return;
        atomic_store_explicit(&lock->cores[core].reading, false, memory_order_release);
        while (atomic_load_explicit(&lock->pending, memory_order_relaxed) != 0)
            lock_pause();
    }
}

static inline void lock_release_reader(struct nf_lock *lock, unsigned core)
{
    atomic_store_explicit(&lock->cores[core].reading, false, memory_order_release);
}

/* For a core that doesn't read. */
static inline void lock_take_writer(struct nf_lock *lock)
{
    atomic_fetch_add(&lock->pending, 1);
    while (atomic_flag_test_and_set_explicit(&lock->writing, memory_order_acquire))
        lock_pause();
    for (unsigned core = 0; core < lock->sharers; core++)
        while (atomic_load(&lock->cores[core].reading))
            lock_pause();
}

static inline void lock_release_writer(struct nf_lock *lock)
{
    atomic_flag_clear_explicit(&lock->writing, memory_order_release);
    atomic_fetch_sub(&lock->pending, 1);
}

#endif
