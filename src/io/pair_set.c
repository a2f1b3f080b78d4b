/* Open addressing by linear probing, at most half full. */
#include "io/pair_set.h"
#include "base/context_private.h"
#include "base/memory.h"

static int64_t first_slot(const heat_pair_set *set, uint64_t i, uint64_t j)
{
    uint64_t mixed = (i << 32 | j) * 0x9e3779b97f4a7c15u;

    mixed = (mixed ^ mixed >> 32) * 0xd6e8feb86659fd93u;
    return (int64_t)((mixed ^ mixed >> 32) & (uint64_t)(set->n_slots - 1));
}

/* True if the pair of edge e was there. */
static bool put(heat_pair_set *set, const heat_edge_list *list, int64_t e)
{
    int64_t at = first_slot(set, (uint64_t)list->i[e], (uint64_t)list->j[e]);

    for (; set->slot[at] != 0; at = (at + 1) & (set->n_slots - 1)) {
        int64_t other = (int64_t)set->slot[at] - 1;
        if (list->i[other] == list->i[e] && list->j[other] == list->j[e])
            return true;
    }
    set->slot[at] = (uint32_t)(e + 1);
    return false;
}

static heat_status rebuild(heat_context *ctx, heat_pair_set *set, const heat_edge_list *list)
{
    int64_t n_slots = 1024;
    heat_status status;

    while (n_slots < 3 * list->n_edges)
        n_slots *= 2;
    heat_pair_set_clear(set);
    status = heat_alloc(ctx, n_slots, sizeof *set->slot, &set->slot);
    if (status != HEAT_OK)
        return status;
    set->n_slots = n_slots;
    for (int64_t e = 0; e < list->n_edges - 1; e++)
        put(set, list, e);
    return HEAT_OK;
}

heat_status heat_pair_set_add(heat_context *ctx, heat_pair_set *set, const heat_edge_list *list,
                              bool *repeated)
{
    int64_t e = list->n_edges - 1;
    heat_status status = HEAT_OK;

    *repeated = false;
    if (e >= UINT32_MAX)
        return heat_fail(ctx, HEAT_ERROR_UNABLE, "more than %u couplers", UINT32_MAX);
    if (set->slot == NULL && (e == 0 || list->i[e - 1] < list->i[e] ||
                              (list->i[e - 1] == list->i[e] && list->j[e - 1] < list->j[e])))
        return HEAT_OK;
    if (2 * list->n_edges > set->n_slots)
        status = rebuild(ctx, set, list);
    if (status == HEAT_OK)
        *repeated = put(set, list, e);
    return status;
}

void heat_pair_set_clear(heat_pair_set *set)
{
    heat_free(set->slot);
    *set = (heat_pair_set){0};
}
