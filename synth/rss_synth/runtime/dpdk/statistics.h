/* What the program did so far, on stderr. */
#ifndef RSSC_DPDK_STATISTICS_H
#define RSSC_DPDK_STATISTICS_H

#include "dpdk/program.h"

/* A line for each device, for each distributor and port, and for each core and port. Lcores may be running. */
void statistics_print(const struct program *program);

#endif
