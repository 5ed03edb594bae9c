#include "libvig/lpm.h"

#include "libvig/arena.h"

int lpm_allocate(struct lpm **lpm_out)
{
    struct lpm *lpm = libvig_allocate(sizeof *lpm);
    if (!lpm)
        return 0;
    lpm->root = libvig_allocate(LPM_ROOT * sizeof *lpm->root);
    lpm->blocks = libvig_allocate((size_t)LIBVIG_LPM_BLOCKS * LPM_BLOCK * sizeof *lpm->blocks);
    *lpm_out = lpm;
    return lpm->root && lpm->blocks;
}

/* Makes a slot a block of slots like it. */
static bool open_block(struct lpm *lpm, struct lpm_slot *slot)
{
    if (slot->is_block)
        return true;
    if (lpm->used == LIBVIG_LPM_BLOCKS)
        return false;
    struct lpm_slot *block = &lpm->blocks[(size_t)lpm->used * LPM_BLOCK];
    for (uint32_t i = 0; i < LPM_BLOCK; i++)
        block[i] = *slot;
    *slot = (struct lpm_slot){.content = (uint16_t)lpm->used++, .is_block = true};
    return true;
}

/* Fills slots, and those of the blocks among them, where no longer prefix has. */
static void fill(struct lpm *lpm, struct lpm_slot *slots, uint32_t count, struct lpm_slot with)
{
    for (uint32_t i = 0; i < count; i++) {
        if (slots[i].is_block)
            fill(lpm, &lpm->blocks[(size_t)slots[i].content * LPM_BLOCK], LPM_BLOCK, with);
        else if (slots[i].length <= with.length)
            slots[i] = with;
    }
}

int lpm_update_elem(struct lpm *lpm, uint32_t prefix, uint8_t prefixlen, uint16_t value)
{
    if (prefixlen > 32)
        return 0;
    libvig_writes();
    struct lpm_slot *slots = lpm->root;
    unsigned end = 16; /* bits that lead to a slot of `slots` */
    uint32_t at = prefix >> 16;
    for (; prefixlen > end; end += 8, at = prefix >> (32 - end) & 0xff) {
        if (!open_block(lpm, &slots[at]))
            return 0;
        slots = &lpm->blocks[(size_t)slots[at].content * LPM_BLOCK];
    }
    uint32_t count = UINT32_C(1) << (end - prefixlen);
    fill(lpm, slots + (at & ~(count - 1)), count,
         (struct lpm_slot){.content = value, .length = (uint8_t)(prefixlen + 1)});
    return 1;
}
