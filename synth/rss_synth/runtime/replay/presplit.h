/* One capture per port and core, for the DPDK program on net_pcap devices. */
#ifndef RSSC_PRESPLIT_H
#define RSSC_PRESPLIT_H

#include "replay/trace.h"

#include <stdbool.h>

/* Gives every frame the time that the DPDK program will see: microseconds, in an order per core that its
 * merge by time, then port, reproduces. Frames keep their order; those that a capture cut are as long as it has
 * them. */
bool presplit_retime(struct trace *trace, unsigned cores);

/* Writes `DIR/PORT-CORE.pcap` for every port and core. */
bool presplit_write(const struct trace *trace, unsigned cores, const char *directory);

#endif
