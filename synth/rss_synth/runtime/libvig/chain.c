#include "libvig/chain.h"

#include "libvig/arena.h"

static bool make_free(struct index_set *set, uint32_t range)
{
    void *memory = libvig_allocate(index_set_bytes(range));
    if (!memory)
        return false;
    index_set_init(set, memory, range);
    for (uint32_t index = 0; index < range; index++)
        index_set_add(set, index);
    return true;
}

#if defined(NF_LOCKS) || defined(NF_TM)

static bool make_indices(struct DoubleChain *chain, uint32_t range)
{
    chain->sharers = libvig_sharers();
    chain->stride = ((size_t)range + 7) / 8 * 8;
    chain->indices = libvig_allocate(range * sizeof *chain->indices);
    chain->heap = libvig_allocate(range * sizeof *chain->heap);
    chain->own = libvig_allocate(chain->sharers * chain->stride * sizeof *chain->own);
    return chain->indices && chain->heap && chain->own;
}

#else

static bool make_indices(struct DoubleChain *chain, uint32_t range)
{
    chain->links = libvig_allocate(((size_t)range + 1) * sizeof *chain->links);
    for (uint32_t index = 0; chain->links && index < range; index++)
        chain->links[index + 1].younger = CHAIN_NOT_TAKEN;
    return chain->links != NULL;
}

#endif

int dchain_allocate(int index_range, struct DoubleChain **chain_out)
{
    if (index_range <= 0 || (uint32_t)index_range > MAX_CAPACITY)
        return 0;
    struct DoubleChain *chain = libvig_allocate(sizeof *chain);
    if (!chain || !make_free(&chain->free, (uint32_t)index_range) || !make_indices(chain, (uint32_t)index_range))
        return 0;
    *chain_out = chain;
    return 1;
}
