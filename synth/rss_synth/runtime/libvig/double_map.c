#include "libvig/double_map.h"

#include "libvig/arena.h"

int dmap_allocate(map_keys_equality *eq_a, map_key_hash *hsh_a, map_keys_equality *eq_b, map_key_hash *hsh_b,
                  int value_size, uq_value_copy *v_cpy, uq_value_destr *v_destr, dmap_extract_keys *dexk,
                  dmap_pack_keys *dpk, unsigned capacity, unsigned keys_capacity, struct DoubleMap **dmap_out)
{
    struct DoubleMap *dmap = libvig_allocate(sizeof *dmap);
    if (!dmap)
        return 0;
    *dmap = (struct DoubleMap){.copy = v_cpy, .destroy = v_destr, .extract = dexk, .pack = dpk};
    if (!map_allocate(eq_a, hsh_a, capacity, &dmap->a) || !map_allocate(eq_b, hsh_b, capacity, &dmap->b) ||
        !vector_allocate(value_size, keys_capacity, NULL, &dmap->values))
        return 0;
    *dmap_out = dmap;
    return 1;
}
