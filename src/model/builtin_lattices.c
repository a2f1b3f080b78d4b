/* Lattices, by cells: cell index = ((x_1 L_2 + x_2) L_3 + ...), the last coordinate runs fastest. Each bond
 * is named by the cell it starts from and drawn in that order. A bond around a dimension of length 2 runs
 * beside another one: the two add up. Around a length of 1 there is none. */
#include "model/builtin.h"

/* The cell that stands `step` from `cell` along each dimension (steps of -1, 0, 1), or -1 where an open
 * boundary or a ring of one lies between. */
static int64_t neighbour_cell(const heat_recipe *r, int64_t cell, const int8_t *step)
{
    int64_t stride = r->n, neighbour = 0;

    for (int32_t d = 0; d < r->n_dimensions; d++) {
        int64_t length = r->extent[d], x;
        stride /= length;
        x = cell / stride % length + step[d];
        if (x < 0 || x >= length) {
            if (r->open[d] || length == 1)
                return -1;
            x = x < 0 ? length - 1 : 0;
        }
        neighbour += x * stride;
    }
    return neighbour;
}

static heat_status add_bond(heat_context *ctx, const heat_recipe *r, heat_edge_list *list,
                            heat_stream *stream, int64_t i, int64_t j)
{
    if (j < 0)
        return HEAT_OK;
    return heat_edge_list_add(ctx, list, (int32_t)i, (int32_t)j, heat_law_draw(r->coupling, stream));
}

heat_status heat_build_lattice(heat_context *ctx, const heat_recipe *r, heat_edge_list *list)
{
    heat_stream stream;

    heat_stream_init(&stream, r->seed, HEAT_PURPOSE_GENERATE, HEAT_UNIT_COUPLINGS);
    for (int64_t site = 0; site < r->n; site++)
        for (int32_t d = 0; d < r->n_dimensions; d++) {
            int8_t step[HEAT_MOST_DIMENSIONS] = {0};
            heat_status status;
            step[d] = 1;
            status = add_bond(ctx, r, list, &stream, site, neighbour_cell(r, site, step));
            if (status != HEAT_OK)
                return status;
        }
    return HEAT_OK;
}

/* The square lattice with one diagonal of each square: six neighbours. */
heat_status heat_build_triangular(heat_context *ctx, const heat_recipe *r, heat_edge_list *list)
{
    static const int8_t steps[3][2] = {{1, 0}, {0, 1}, {1, 1}};
    heat_stream stream;

    heat_stream_init(&stream, r->seed, HEAT_PURPOSE_GENERATE, HEAT_UNIT_COUPLINGS);
    for (int64_t site = 0; site < r->n; site++)
        for (int k = 0; k < 3; k++) {
            heat_status status = add_bond(ctx, r, list, &stream, site, neighbour_cell(r, site, steps[k]));
            if (status != HEAT_OK)
                return status;
        }
    return HEAT_OK;
}

/* Cells of two sites, 2 c and 2 c + 1. The first is bound to the second of its own cell and of those before
 * it along both dimensions: three neighbours. */
heat_status heat_build_honeycomb(heat_context *ctx, const heat_recipe *r, heat_edge_list *list)
{
    static const int8_t steps[3][2] = {{0, 0}, {-1, 0}, {0, -1}};
    heat_stream stream;

    heat_stream_init(&stream, r->seed, HEAT_PURPOSE_GENERATE, HEAT_UNIT_COUPLINGS);
    for (int64_t cell = 0; cell < r->n; cell++)
        for (int k = 0; k < 3; k++) {
            int64_t other = neighbour_cell(r, cell, steps[k]);
            heat_status status;
            status = add_bond(ctx, r, list, &stream, 2 * cell, other < 0 ? -1 : 2 * other + 1);
            if (status != HEAT_OK)
                return status;
        }
    return HEAT_OK;
}
