/* What an lcore counts for each port, and other threads may read at any time. */
#ifndef RSSC_DPDK_COUNTS_H
#define RSSC_DPDK_COUNTS_H

#include <stdint.h>

/* By the port that packets came in on: received, dropped, flooded, lost. By the port that they leave by, copies of
 * flooded ones included: forwarded, unsent. */
struct counts {
    uint64_t received;
    uint64_t dropped;
    uint64_t flooded;
    uint64_t forwarded;
    uint64_t unsent; /* the device did not take them */
    uint64_t lost;   /* a ring to a core was full */
};

/* Adds to a counter that only this thread changes. */
static inline void count_add(uint64_t *counter, uint64_t more)
{
    __atomic_store_n(counter, *counter + more, __ATOMIC_RELAXED);
}

static inline uint64_t count_read(const uint64_t *counter)
{
    return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

#endif
