#include "state/maglev.h"

enum { NOBODY = UINT16_MAX, SHARE = 100 };

/* What a backend wants: the places `next`, `next + skip`, …, which are all, as the table's size is prime. */
struct wish {
    uint32_t backend;
    uint32_t next;
    uint32_t skip;
};

static uint32_t table_size(unsigned backends)
{
    static const uint32_t primes[] = {127,  251,   509,   1021,  2039,   4093,  8191,
                                      16381, 32749, 65521, 131071, 262139, 524287};
    unsigned chosen = 0;
    while (primes[chosen] < backends * SHARE)
        chosen++;
    return primes[chosen];
}

static size_t entry_bytes(unsigned backends)
{
    return WHOLE_LINES(table_size(backends) * sizeof(uint16_t));
}

size_t maglev_bytes(unsigned backends)
{
    return entry_bytes(backends) + WHOLE_LINES(backends * sizeof(struct wish));
}

/* Every bit of a name moves every bit of the result (the finaliser of splitmix64). */
static uint64_t mix(uint64_t name)
{
    name = (name ^ name >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    name = (name ^ name >> 27) * UINT64_C(0x94d049bb133111eb);
    return name ^ name >> 31;
}

/* Backends take turns in the order of their names, so that the table does not depend on that of the caller. */
static void make_wishes(struct wish *wishes, const uint64_t *names, unsigned backends, uint32_t size)
{
    for (uint32_t backend = 0; backend < backends; backend++) {
        uint64_t hash = mix(names[backend]);
        struct wish wish = {backend, (uint32_t)(hash % size), (uint32_t)(mix(hash) % (size - 1) + 1)};
        unsigned at = backend;
        for (; at > 0 && names[wishes[at - 1].backend] > names[backend]; at--)
            wishes[at] = wishes[at - 1];
        wishes[at] = wish;
    }
}

/* Gives a backend the first place it wants that is free. */
static void grant(struct maglev *maglev, struct wish *wish)
{
    while (maglev->entries[wish->next] != NOBODY)
        wish->next = (wish->next + wish->skip) % maglev->size;
    maglev->entries[wish->next] = (uint16_t)wish->backend;
}

void maglev_init(struct maglev *maglev, void *memory, const uint64_t *names, unsigned backends)
{
    struct wish *wishes = (void *)((uint8_t *)memory + entry_bytes(backends));
    *maglev = (struct maglev){.entries = memory, .size = table_size(backends)};
    for (uint32_t entry = 0; entry < maglev->size; entry++)
        maglev->entries[entry] = NOBODY;
    make_wishes(wishes, names, backends, maglev->size);
    for (uint32_t entry = 0; entry < maglev->size; entry++)
        grant(maglev, &wishes[entry % backends]);
}
