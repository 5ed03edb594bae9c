/* What is printed of a difference: both verdicts, both frames, and the packets that did not meet. */
#ifndef RSSC_REPORT_H
#define RSSC_REPORT_H

#include "check/blame.h"
#include "check/trial.h"

/* `STRATEGY, N cores, SIZE: `. */
void report_heading(const struct trial *trial);

/* A difference for which there is a reason. */
struct excused {
    size_t event;
    enum difference difference;
    int verdict; /* here */
    struct refusal refusal;
};

/* `steered`: where every event up to this one went. */
void report_difference(const struct trial *trial, const struct steered *steered, size_t event,
                       enum difference difference, const struct outcome *second);

/* One of the differences for which there is a reason, and the packet that is it. */
void report_excused(const struct trial *trial, const struct steered *steered, const struct excused *excused);

#endif
