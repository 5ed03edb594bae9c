/* Makes `nf_init` and `nf_process` as Vigor has them the network function of nf/nf.h. Included once, at the end of a
 * file that has included libvig/libvig.h and defined
 *
 *     struct nf_objects { … };        what would be global variables: maps, vectors, chains
 *     static bool nf_init(void);
 *     static int nf_process(uint16_t device, uint8_t *packet, uint16_t length, vigor_time_t now);
 *
 * Both reach their variables through `nf_objects()`. Devices are DPDK's port numbers, as the spec gives them.
 * `nf_init` runs several times for every state: it allocates, fills and does nothing that can be done only once. */
#ifndef RSSC_LIBVIG_ENTRY_H
#define RSSC_LIBVIG_ENTRY_H

#include "libvig/libvig.h"
#include "state/lines.h"
#undef nf_process
#undef nf_config

struct nf_state {
    struct nf_objects objects;
};

struct nf_hint {
    uint8_t nothing; /* keys are the function's affair */
};

enum { LIBVIG_STATE_BYTES = WHOLE_LINES(sizeof(struct nf_state)) };

size_t nf_state_bytes(const struct nf_shape *shape)
{
    struct nf_objects objects;
    memset(&objects, 0, sizeof objects);
    return LIBVIG_STATE_BYTES + libvig_measure(nf_init, &objects, shape);
}

/* NULL where `nf_init` fails. */
struct nf_state *nf_state_init(void *memory, const struct nf_shape *shape)
{
    struct nf_state *state = memory;
    struct libvig_arena arena = {.shape = shape,
                                 .memory = (uint8_t *)memory + LIBVIG_STATE_BYTES,
                                 .bytes = libvig_measure(nf_init, &state->objects, shape)};
    memset(&state->objects, 0, sizeof state->objects);
    return libvig_initialise(nf_init, &state->objects, &arena) ? state : NULL;
}

static void nf_prepare(const struct nf_state *state, const struct packet *packet, struct nf_hint *hint)
{
    (void)state, (void)hint;
    line_prefetch(packet->data);
}

static void nf_fetch(const struct nf_state *state, const struct packet *packet, const struct nf_hint *hint)
{
    (void)state, (void)packet, (void)hint;
}

/* What Vigor's answer for a packet from `port` means. */
static inline int libvig_verdict(int answer, unsigned port)
{
    if (answer == FLOOD_FRAME || answer == NF_FLOOD)
        return NF_FLOOD;
    for (int to = 0; to < NF_PORTS; to++)
        if (nf_config.ports[to].device == answer && (unsigned)to != port)
            return to;
    return NF_DROP;
}

static inline int libvig_look(struct nf_pass *pass, const struct packet *packet)
{
    libvig_begin(&pass->state->objects, pass, packet);
    int answer = libvig_process(nf_config.ports[packet->port].device, packet->data, packet->length, packet->time);
    libvig_count(pass->counters);
    return libvig_verdict(answer, packet->port);
}

#ifdef NF_LOCKS

/* A function of its own: what stands in the caller of `setjmp` must not live in registers. */
__attribute__((noinline)) static int libvig_try(struct nf_pass *pass, const struct packet *packet)
{
    return libvig_look(pass, packet);
}

static int nf_process(struct nf_pass *pass, const struct nf_hint *hint, struct packet *packet)
{
    (void)hint;
    if (setjmp(libvig_here.look) == 0)
        return libvig_try(pass, packet);
    libvig_undo();
    return NF_AGAIN;
}

#else

static int nf_process(struct nf_pass *pass, const struct nf_hint *hint, struct packet *packet)
{
    (void)hint;
    return libvig_look(pass, packet);
}

#endif

#include "nf/entry.h"

#endif
