/* What is known of a network function besides its code: for programs that make traffic for it and compare what it
 * does on one core and on many (check/check.h). A function's file that has something to say defines `nf_traits`
 * before it includes nf/entry.h; all zero is the default. */
#ifndef RSSC_TRAITS_H
#define RSSC_TRAITS_H

#include "roles.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nf_traits {
    /* ns: what was not asked for that long is forgotten, so that its table entry may move to another core; 0: it has no
     * such time */
    int64_t expiry;
    /* The L4 source port of what leaves by a port is a name that the function gives: which one depends on what else
     * its state holds, but flows that are alive have different ones towards the same remote end. */
    bool names_source_port[NF_PORTS];
    bool names_any_protocol; /* those names are different whatever the protocol is, and answered to by any */
    bool leaves_checksums;   /* those over a changed packet are not made right */
    uint64_t volume; /* bytes that fill what it measures, such as a bucket; 0: it measures none */
    bool estimates;  /* verdicts rest on sketches, in which flows can be taken for one another */
    /* Values that it treats differently, so that traffic has them. */
    const uint8_t (*macs)[6];
    size_t mac_count;
    const uint8_t (*ipv4)[4];
    size_t ipv4_count;
    const uint16_t *l4_ports;
    size_t l4_port_count;
};

extern const struct nf_traits nf_traits;

#endif
