#include "check/names.h"

#include <stdlib.h>
#include <string.h>

/* Compared as bytes: no padding. */
struct key {
    struct names_scope scope;
    uint16_t name;
    uint16_t run; /* enum names_run */
};

struct names_entry {
    struct key key;
    bool used;
    struct names_owner owner;
    uint16_t partner; /* in the other run */
    int64_t seen;
};

enum { FIRST_ROOM = 1024 };

bool names_start(struct names *names, int64_t expiry)
{
    *names = (struct names){.room = FIRST_ROOM, .expiry = expiry};
    names->entries = calloc(names->room, sizeof *names->entries);
    return names->entries != NULL;
}

void names_free(struct names *names)
{
    free(names->entries);
    *names = (struct names){0};
}

/* FNV-1a. */
static size_t hash_of(const struct key *key)
{
    const uint8_t *bytes = (const uint8_t *)key;
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < sizeof *key; i++)
        hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
    return (size_t)(hash ^ hash >> 32);
}

/* The entry of a key, or the free one where it would be. */
static struct names_entry *find(const struct names *names, const struct key *key)
{
    for (size_t at = hash_of(key);; at++) {
        struct names_entry *entry = &names->entries[at & (names->room - 1)];
        if (!entry->used || memcmp(&entry->key, key, sizeof *key) == 0)
            return entry;
    }
}

static bool grow(struct names *names)
{
    struct names larger = *names;
    larger.room = 2 * names->room;
    larger.entries = calloc(larger.room, sizeof *larger.entries);
    if (!larger.entries)
        return false;
    for (size_t i = 0; i < names->room; i++)
        if (names->entries[i].used)
            *find(&larger, &names->entries[i].key) = names->entries[i];
    free(names->entries);
    *names = larger;
    return true;
}

static struct key key_of(const struct names_scope *scope, enum names_run run, uint16_t name)
{
    return (struct key){.scope = *scope, .name = name, .run = (uint16_t)run};
}

static bool same_owner(const struct names_owner *left, const struct names_owner *right)
{
    return memcmp(left, right, sizeof *left) == 0;
}

/* Whether a name belongs to another flow that is alive. */
static bool taken(const struct names *names, const struct key *key, const struct names_owner *owner, int64_t time)
{
    const struct names_entry *entry = find(names, key);
    return entry->used && !same_owner(&entry->owner, owner) && time - entry->seen <= names->expiry;
}

static void note(struct names *names, const struct names_entry *entry)
{
    struct names_entry *place = find(names, &entry->key);
    bool known = place->used && place->partner == entry->partner && same_owner(&place->owner, &entry->owner);
    names->count += !place->used;
    if (entry->key.run == NAMES_FIRST && !known) {
        names->pairs++;
        names->renamed += entry->key.name != entry->partner;
    }
    *place = *entry;
}

enum names_verdict names_pair(struct names *names, const struct names_scope *scope, const struct names_owner *owner,
                              const uint16_t name[NAMES_RUNS], int64_t time)
{
    if (2 * (names->count + NAMES_RUNS) > names->room && !grow(names))
        return NAMES_NO_MEMORY;
    for (enum names_run run = NAMES_FIRST; run < NAMES_RUNS; run++) {
        struct key key = key_of(scope, run, name[run]);
        if (taken(names, &key, owner, time))
            return NAMES_TAKEN;
    }
    for (enum names_run run = NAMES_FIRST; run < NAMES_RUNS; run++)
        note(names, &(struct names_entry){.key = key_of(scope, run, name[run]),
                                          .used = true,
                                          .owner = *owner,
                                          .partner = name[NAMES_SECOND - run],
                                          .seen = time});
    return NAMES_FINE;
}

uint16_t names_partner(const struct names *names, const struct names_scope *scope, uint16_t name)
{
    struct key first = key_of(scope, NAMES_FIRST, name);
    const struct names_entry *entry = find(names, &first);
    if (entry->used) {
        struct key second = key_of(scope, NAMES_SECOND, entry->partner);
        const struct names_entry *other = find(names, &second);
        if (other->used && other->partner == name) /* neither was given to somebody else since */
            return entry->partner;
    }
    for (unsigned tried = 0; tried <= UINT16_MAX; tried++, name++) {
        struct key second = key_of(scope, NAMES_SECOND, name);
        if (!find(names, &second)->used)
            break;
    }
    return name;
}
