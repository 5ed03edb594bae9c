#include "libvig/arena.h"

#include "state/lines.h"

#include <stdlib.h>

_Thread_local struct libvig_here libvig_here;

struct libvig_block {
    _Alignas(64) struct libvig_block *next;
};

static void *stand_in(struct libvig_arena *arena, size_t bytes)
{
    struct libvig_block *block = aligned_alloc(64, sizeof *block + bytes);
    if (!block)
        return NULL;
    memset(block, 0, sizeof *block + bytes);
    block->next = arena->blocks;
    arena->blocks = block;
    return block + 1;
}

void *libvig_allocate(size_t bytes)
{
    struct libvig_arena *arena = libvig_here.arena;
    bytes = WHOLE_LINES(bytes);
    if (!arena || (arena->memory && bytes > arena->bytes - arena->used))
        return NULL;
    void *memory = arena->memory ? arena->memory + arena->used : stand_in(arena, bytes);
    arena->used += bytes;
    return memory;
}

/* Ends as it starts: a thread that initialises states works on none. */
bool libvig_initialise(bool (*init)(void), struct nf_objects *objects, struct libvig_arena *arena)
{
    static const struct packet nothing;
    const struct nf_pass pass = {.writer = true};
    libvig_begin(objects, &pass, &nothing);
    libvig_here.arena = arena;
    bool done = init();
    libvig_here.arena = NULL;
    return done;
}

size_t libvig_measure(bool (*init)(void), struct nf_objects *objects, const struct nf_shape *shape)
{
    struct libvig_arena arena = {.shape = shape};
    (void)libvig_initialise(init, objects, &arena); /* where it fails, it will fail again and be heard */
    while (arena.blocks) {
        struct libvig_block *block = arena.blocks;
        arena.blocks = block->next;
        free(block);
    }
    return arena.used;
}

unsigned libvig_share(unsigned whole)
{
    size_t all = nf_config.capacity;
    return (unsigned)(((uint64_t)whole * libvig_here.arena->shape->capacity + all - 1) / all);
}

#ifdef NF_LOCKS
void libvig_end_look(void)
{
    longjmp(libvig_here.look, 1);
}
#endif
