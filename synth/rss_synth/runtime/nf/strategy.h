/* How cores share the state of a network function: one of these is defined by the compiler's command line. */
#ifndef RSSC_STRATEGY_H
#define RSSC_STRATEGY_H

#if defined(NF_LOCKS) + defined(NF_TM) > 1
#error "one strategy at a time: NF_LOCKS or NF_TM, or neither where every core has a state of its own"
#endif

/* Whether several cores work on one state. */
#if defined(NF_LOCKS) || defined(NF_TM)
enum { NF_SHARED = 1 };
#else
enum { NF_SHARED = 0 };
#endif

/* Cores that can share a state. */
enum { NF_MAX_SHARERS = 128 };

/* On the declaration of a function outside of headers that `nf_process` calls: transactions may. */
#ifdef NF_TM
#define NF_TM_SAFE __attribute__((transaction_safe))
#else
#define NF_TM_SAFE
#endif

/* What a function compiled under one strategy shows to programs that link several (sharing/program.h). */
#define NF_EXPORTED __attribute__((visibility("default")))

#endif
