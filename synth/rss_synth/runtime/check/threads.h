/* Cores that share a state, as threads at the same time. The order in which their packets took effect is recorded;
 * the plain function must do the same, byte for byte, with the packets in that order. */
#ifndef RSSC_THREADS_H
#define RSSC_THREADS_H

#include "check/trial.h"

/* As `trial_run`. */
enum outcome_of_trial threads_run(const struct trial *trial);

#endif
