/* A network function: written once, compiled under every strategy (nf/strategy.h).
 *
 * A function's file defines `struct nf_state`, `struct nf_hint` and the static functions `nf_prepare`,
 * `nf_fetch` and `nf_process`, and ends with `#include "nf/entry.h"`, which makes bursts of them. */
#ifndef RSSC_NF_H
#define RSSC_NF_H

#include "nf/config.h"
#include "nf/strategy.h"
#include "nf/traits.h"
#include "packet/packet.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A verdict is the port to forward to, or one of these. */
enum {
    NF_DROP = -1,
    NF_FLOOD = -2, /* to every port but the one it came in on */
    NF_AGAIN = -3, /* inside nf_process only: this pass may not write and would have to */
};

/* Packets of one burst at most. */
enum { NF_BURST = 32 };

struct nf_state;
struct nf_lock;
struct steering;

struct nf_counters {
    uint64_t created;    /* flows */
    uint64_t expired;    /* flows whose room was taken back */
    uint64_t table_full; /* packets that found no room for their flow */
    uint64_t over;       /* packets beyond a limit, dropped as a rule */
    uint64_t doubtful;   /* packets refused by estimates that are too high, or not: `nf_traits.estimates` */
    uint64_t writes;     /* packets that were processed again with the right to write */
};

/* What a state is made for. */
struct nf_shape {
    size_t capacity;  /* flows it holds */
    unsigned sharers; /* cores that work on it: 1 unless NF_SHARED */
    unsigned part;    /* which of the `parts` states it is: 0 of 1 where it is shared */
    unsigned parts;
    uint64_t seed;                   /* varies the hashes of tables */
    const struct steering *steering; /* of each port, for `parts` cores; NULL where there is only one */
};

/* One core at work. */
struct nf_core {
    struct nf_state *state;
    struct nf_lock *lock; /* NF_LOCKS: the state's */
    unsigned number;      /* among the sharers */
    struct nf_counters counters;
    uint64_t *order; /* counts the packets of a shared state as they take effect; NULL: not wanted */
};

/* One look at one packet. */
struct nf_pass {
    struct nf_state *state;
    struct nf_counters *counters;
    int64_t now; /* ns, the packet's */
    unsigned core;
    bool writer; /* NF_LOCKS: no other core looks at the state */
};

/* Whether a pass may change shared state. Without locks it always may. */
static inline bool nf_may_write(const struct nf_pass *pass)
{
#ifdef NF_LOCKS
    return pass->writer;
#else
    (void)pass;
    return true;
#endif
}

/* Stands before the first write to state or packet in `nf_process`: a pass that may only read ends there, having
 * changed nothing that others see, and the packet is processed again by one that may write. */
#define NF_WRITES(pass)            \
    do {                           \
        if (!nf_may_write(pass))   \
            return NF_AGAIN;       \
    } while (0)

/* Bytes of a state, a multiple of 64. */
size_t nf_state_bytes(const struct nf_shape *shape);

/* Makes a state in zeroed `memory`, aligned to 64 bytes, that the caller keeps; NULL where the function cannot. */
struct nf_state *nf_state_init(void *memory, const struct nf_shape *shape);

/* Decides on `count` packets, NF_BURST at most, in their order. Times of one core don't decrease.
 * Functions that rewrite packets do so in place. */
void nf_burst(struct nf_core *core, struct packet *packets, int *verdicts, unsigned count);

#endif
