/* What is printed of a difference: both verdicts, both frames, and the packets that did not meet. */
#ifndef RSSC_REPORT_H
#define RSSC_REPORT_H

#include "check/trial.h"

/* `STRATEGY, N cores, SIZE: `. */
void report_heading(const struct trial *trial);

/* `steered`: where every event up to this one went. */
void report_difference(const struct trial *trial, const struct steered *steered, size_t event,
                       enum difference difference, const struct outcome *second);

#endif
