/* A network function compiled under one strategy. Programs that try several link all of them: the build hides every
 * symbol of each but this one. */
#ifndef RSSC_PROGRAM_H
#define RSSC_PROGRAM_H

#include "nf/nf.h"

struct nf_program {
    enum strategy strategy;
    const struct nf_traits *traits;
    size_t (*state_bytes)(const struct nf_shape *shape);
    struct nf_state *(*state_init)(void *memory, const struct nf_shape *shape);
    void (*burst)(struct nf_core *core, struct packet *packets, int *verdicts, unsigned count);
};

/* Without any sharing: `shared-nothing`, and on one core `sequential`. */
extern const struct nf_program nf_program_plain;
extern const struct nf_program nf_program_locks;
extern const struct nf_program nf_program_tm;

/* Whether the compiler had transactions (-fgnu-tm). */
bool program_has_transactions(void);

/* The program for a strategy. Where the compiler had no transactions, that for `tm` takes the lock. */
const struct nf_program *program_for(enum strategy strategy);

/* Says on stderr if that is another strategy's. */
void program_tell(enum strategy strategy);

/* Whether cores work on one state under a strategy. */
static inline bool strategy_shares(enum strategy strategy)
{
    return strategy == STRATEGY_LOCKS || strategy == STRATEGY_TM;
}

/* As specs write it. */
const char *strategy_name(enum strategy strategy);

/* The strategy of that name; false where there is none. */
bool strategy_find(const char *name, enum strategy *strategy);

#endif
