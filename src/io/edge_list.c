/* Growing, freeing and reading an edge list's couplings. */
#include "io/edge_list.h"
#include "base/memory.h"

static heat_status grow(heat_context *ctx, heat_edge_list *list)
{
    int64_t need = list->n_edges + 1, of_i = list->capacity, of_j = of_i, of_weight = of_i;
    heat_status status = heat_grow(ctx, need, sizeof *list->i, &of_i, &list->i);

    if (status == HEAT_OK)
        status = heat_grow(ctx, need, sizeof *list->j, &of_j, &list->j);
    if (status == HEAT_OK)
        status = heat_grow(ctx, need, sizeof *list->weight, &of_weight, &list->weight);
    if (status == HEAT_OK)
        list->capacity = of_weight;
    return status;
}

heat_status heat_edge_list_add(heat_context *ctx, heat_edge_list *list, int32_t i, int32_t j, double weight)
{
    if (list->n_edges == list->capacity) {
        heat_status status = grow(ctx, list);
        if (status != HEAT_OK)
            return status;
    }
    list->i[list->n_edges] = i;
    list->j[list->n_edges] = j;
    list->weight[list->n_edges] = weight;
    list->n_edges++;
    return HEAT_OK;
}

void heat_edge_list_clear(heat_edge_list *list)
{
    heat_free(list->i);
    heat_free(list->j);
    heat_free(list->weight);
    heat_free(list->field);
    *list = (heat_edge_list){0};
}
