/* What a replay writes: verdicts, those of each core, and the packets that leave. */
#ifndef RSSC_OUTPUTS_H
#define RSSC_OUTPUTS_H

#include "replay/capture.h"
#include "replay/options.h"
#include "replay/trace.h"

#include <stdio.h>

struct outputs {
    FILE *verdicts;
    FILE **of_core; /* NULL: not wanted, as captures that are not open */
    struct capture packets[NF_PORTS];
};

/* Opens in zeroed `outputs` what is wanted; says what it cannot write. */
bool outputs_open(struct outputs *outputs, const struct options *options);

/* Writes to the verdicts of the frame's core, among whose packets of that port it is number `number`. */
void outputs_of_core(const struct outputs *outputs, const struct frame *frame, uint64_t number, int verdict);

/* Writes the frame, which is `data` now, to the captures of the ports that it leaves by. */
void outputs_packet(struct outputs *outputs, const struct frame *frame, const uint8_t *data, int verdict);

/* False with a message where anything was lost. */
bool outputs_close(struct outputs *outputs, const struct options *options);

#endif
