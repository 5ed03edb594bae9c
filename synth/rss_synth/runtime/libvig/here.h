/* Where a call of libVig's comes from: what its signatures leave out.
 *
 * libVig has one state, one packet and one clock in a process. Here every core has a packet, and one thread can work
 * on many states (the replay does), so a call finds them through the thread: `libvig_here`, set by libvig/entry.h
 * before it calls the network function. It holds no state of the function, only whose turn it is.
 *
 * Under NF_LOCKS a first look at a packet may only read. libVig's functions see to that: one that would have to
 * write ends the look there and then (`libvig_writes`), what it did to the core's own memory is undone, and the
 * packet is processed again by a writer. Code above them needs no tests of its own. */
#ifndef RSSC_LIBVIG_HERE_H
#define RSSC_LIBVIG_HERE_H

#include "nf/nf.h"
#include "packet/packet.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#ifdef NF_LOCKS
#include <setjmp.h>
#endif

typedef int64_t vigor_time_t; /* ns */

struct nf_objects;
struct libvig_arena;

enum { LIBVIG_HEADERS = 64 }; /* bytes of a packet that are kept at once: Ethernet, IPv4, TCP to its checksum */

#ifdef NF_LOCKS
enum {
    LIBVIG_AGES = 64,   /* ages that one look can renew */
    LIBVIG_LENT = 4096, /* bytes of cells that one look can have borrowed at a time */
};

struct libvig_age {
    int64_t *place;
    int64_t before;
};
#endif

struct libvig_here {
    struct nf_objects *objects;
    struct libvig_arena *arena;  /* while the function allocates, NULL afterwards */
    struct nf_counters counters; /* of this look */
    int64_t now;
    unsigned core;
    bool writer;
    uint64_t seed; /* of the map or sketch that asks for a key's hash, 0 otherwise: for libvig_hash */
    const struct packet *frame;
    uint8_t *packet;
    uint32_t length; /* bytes of it */
    uint32_t read;   /* bytes borrowed so far */
    uint32_t kept;   /* bytes of `before` */
    uint8_t before[PACKET_PARSE_LIMIT]; /* the packet as it came in */
#ifdef NF_LOCKS
    jmp_buf look;
    unsigned ages;
    struct libvig_age renewed[LIBVIG_AGES];
    size_t lent;
    _Alignas(16) uint8_t cells[LIBVIG_LENT];
#endif
};

extern _Thread_local struct libvig_here libvig_here;

#ifdef NF_LOCKS
/* Ends a look that may only read: `nf_process` returns NF_AGAIN. */
_Noreturn void libvig_end_look(void);
#endif

/* Stands before a change that other cores could see. */
static inline void libvig_writes(void)
{
#ifdef NF_LOCKS
    if (__builtin_expect(!libvig_here.writer, 0))
        libvig_end_look();
#endif
}

/* Moves an age that belongs to this core up to `time`. */
static inline void libvig_renew(int64_t *place, int64_t time)
{
    if (time <= *place)
        return;
#ifdef NF_LOCKS
    if (!libvig_here.writer) {
        if (libvig_here.ages == LIBVIG_AGES)
            libvig_end_look();
        libvig_here.renewed[libvig_here.ages++] = (struct libvig_age){place, *place};
    }
#endif
    *place = time;
}

/* What the network function declares as `struct nf_objects`, of the state that is worked on. */
static inline struct nf_objects *nf_objects(void)
{
    return libvig_here.objects;
}

static inline vigor_time_t current_time(void)
{
    return libvig_here.now;
}

/* Makes what follows a look at one packet. */
static inline void libvig_begin(struct nf_objects *objects, const struct nf_pass *pass, const struct packet *packet)
{
    struct libvig_here *here = &libvig_here;
    here->objects = objects;
    here->counters = (struct nf_counters){0};
    here->now = pass->now;
    here->core = pass->core;
    here->writer = nf_may_write(pass);
    here->frame = packet;
    here->packet = packet->data;
    here->length = packet->length;
    here->read = 0;
    here->kept = 0;
#ifdef NF_LOCKS
    here->ages = 0;
    here->lent = 0;
#endif
}

/* Remembers the packet as it came in, at least up to `end`. Called before any of that is changed. */
static inline void libvig_keep(uint32_t end)
{
    struct libvig_here *here = &libvig_here;
    if (end <= here->kept)
        return;
    if (here->kept == 0 && end <= LIBVIG_HEADERS && here->length >= LIBVIG_HEADERS) {
        memcpy(here->before, here->packet, LIBVIG_HEADERS);
        here->kept = LIBVIG_HEADERS;
        return;
    }
    memcpy(here->before + here->kept, here->packet + here->kept, end - here->kept);
    here->kept = end;
}

/* Counts what a look did. */
static inline void libvig_count(struct nf_counters *counters)
{
    counters->created += libvig_here.counters.created;
    counters->expired += libvig_here.counters.expired;
    counters->table_full += libvig_here.counters.table_full;
}

#ifdef NF_LOCKS
/* Takes back what a look that ended early did to the packet and to the core's ages. Called before writers may enter:
 * none ever sees an age of a packet that has not taken effect. */
static inline void libvig_undo(void)
{
    struct libvig_here *here = &libvig_here;
    while (here->ages > 0) {
        here->ages--;
        *here->renewed[here->ages].place = here->renewed[here->ages].before;
    }
    memcpy(here->packet, here->before, here->kept);
}
#endif

#endif
