/* What only the DPDK program needs of the spec. */
#ifndef RSSC_DPDK_CONFIG_H
#define RSSC_DPDK_CONFIG_H

#include "nf/config.h"

#include <stdbool.h>
#include <stdint.h>

struct dpdk_port {
    uint64_t rss_hf;          /* classes to hash, RTE_ETH_RSS_… */
    uint64_t rss_hf_accepted; /* and what may be read back besides, for the same packets */
    bool needs_rte_flow;      /* start-up can't select its fields; flow rules are needed */
};

extern const struct dpdk_port dpdk_ports[NF_PORTS];

#endif
