/* Packets as an lcore receives them from some ports: live, or from captures in the order of their times. */
#ifndef RSSC_DPDK_INTAKE_H
#define RSSC_DPDK_INTAKE_H

#include "nf/nf.h"

#include <rte_mbuf.h>

struct arrival {
    struct rte_mbuf *mbuf;
    int64_t time; /* ns: the packet's own, or when its burst was received */
    unsigned port;
};

/* What was received on one port and not taken yet. */
struct inbox {
    struct rte_mbuf *mbufs[NF_BURST];
    uint16_t next, count;
    unsigned idle; /* empty polls in a row */
};

/* Ports `first`, `first + step`, … */
struct intake {
    uint16_t queue;
    unsigned first, step;
    bool captures;
    unsigned turn; /* port to poll next */
    bool drained;  /* captures: nothing more comes */
    bool failed;
    size_t timestamp; /* offset of the time in an mbuf, and the flag that says it is there */
    uint64_t timestamp_flag;
    struct inbox inboxes[NF_PORTS]; /* captures */
};

/* Says what is missing where the devices give packets no times and `captures` needs them. */
bool intake_init(struct intake *intake, uint16_t queue, unsigned first, unsigned step, bool captures);

/* Takes up to NF_BURST packets; their times don't decrease. */
unsigned intake_take(struct intake *intake, struct arrival *arrivals);

/* Frees what was received and not taken. */
void intake_free(struct intake *intake);

/* Nanoseconds since some time before the start. */
int64_t intake_clock(void);

#endif
