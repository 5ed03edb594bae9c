/* A double chain for one core: a list of the taken indices, the oldest first. */
#ifndef RSSC_LIBVIG_CHAIN_LIST_H
#define RSSC_LIBVIG_CHAIN_LIST_H

#include "libvig/here.h"
#include "state/index_set.h"

/* Index 0 has link 1: link 0 is both ends of the list. */
struct chain_link {
    int64_t time;
    uint32_t older;
    uint32_t younger; /* CHAIN_NOT_TAKEN in a free one */
};

#define CHAIN_NOT_TAKEN UINT32_MAX

struct DoubleChain {
    struct chain_link *links;
    struct index_set free;
};

static inline bool chain_is_taken(const struct DoubleChain *chain, uint32_t index)
{
    return chain->links[index + 1].younger != CHAIN_NOT_TAKEN;
}

/* Puts a link behind the youngest that is not younger: at the end unless times go back. */
static inline void chain_insert(struct DoubleChain *chain, uint32_t link, int64_t time)
{
    struct chain_link *links = chain->links;
    uint32_t older = links[0].older;
    while (older != 0 && links[older].time > time)
        older = links[older].older;
    links[link] = (struct chain_link){.time = time, .older = older, .younger = links[older].younger};
    links[links[older].younger].older = link;
    links[older].younger = link;
}

static inline void chain_remove(struct DoubleChain *chain, uint32_t link)
{
    struct chain_link *links = chain->links;
    links[links[link].older].younger = links[link].younger;
    links[links[link].younger].older = links[link].older;
}

static inline void chain_take(struct DoubleChain *chain, uint32_t index, int64_t time)
{
    index_set_remove(&chain->free, index);
    chain_insert(chain, index + 1, time);
}

static inline void chain_renew(struct DoubleChain *chain, uint32_t index, int64_t time)
{
    if (time < chain->links[index + 1].time)
        return;
    chain_remove(chain, index + 1);
    chain_insert(chain, index + 1, time);
}

static inline void chain_free(struct DoubleChain *chain, uint32_t index)
{
    chain_remove(chain, index + 1);
    chain->links[index + 1].younger = CHAIN_NOT_TAKEN;
    index_set_add(&chain->free, index);
}

/* The oldest index, if it is older than `time`. */
static inline bool chain_find_oldest(struct DoubleChain *chain, int64_t time, uint32_t *index)
{
    uint32_t oldest = chain->links[0].younger;
    *index = oldest - 1;
    return oldest != 0 && chain->links[oldest].time < time;
}

#endif
