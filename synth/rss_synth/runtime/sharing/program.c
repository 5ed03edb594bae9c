#include "sharing/program.h"

#include <stdio.h>
#include <string.h>

static const char *const names[] = {
    [STRATEGY_SEQUENTIAL] = "sequential",
    [STRATEGY_SHARED_NOTHING] = "shared-nothing",
    [STRATEGY_LOCKS] = "locks",
    [STRATEGY_TM] = "tm",
};

bool program_has_transactions(void)
{
#ifdef NF_HAS_TM
    return true;
#else
    return false;
#endif
}

const struct nf_program *program_for(enum strategy strategy)
{
    switch (strategy) {
    case STRATEGY_SEQUENTIAL:
    case STRATEGY_SHARED_NOTHING:
        break;
    case STRATEGY_TM:
#ifdef NF_HAS_TM
        return &nf_program_tm;
#endif
    case STRATEGY_LOCKS:
        return &nf_program_locks;
    }
    return &nf_program_plain;
}

void program_tell(enum strategy strategy)
{
    if (strategy == STRATEGY_TM && !program_has_transactions())
        fputs("`tm` takes the lock: this build has no transactions (-fgnu-tm, without sanitizers)\n", stderr);
}

const char *strategy_name(enum strategy strategy)
{
    return names[strategy];
}

bool strategy_find(const char *name, enum strategy *strategy)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], name) == 0) {
            *strategy = (enum strategy)i;
            return true;
        }
    return false;
}
