/* Basins of a potential, for chains. */
#include "sample/basins.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "kernel/isa.h"

#include <heatbath/options.h>
#include <math.h>
#include <stdio.h>

/* By the found saddles. */
static void find_barriers(heat_basins *b)
{
    const heat_places *saddles = &b->found.saddles;

    for (int32_t k = 0; k < b->count; k++)
        b->barrier[k] = (double)INFINITY;
    for (int64_t at = 0; at < saddles->count; at++)
        for (int side = 0; side < 2; side++) {
            int64_t end = saddles->ends[at][side];
            if (end >= 0 && saddles->ends[at][1 - side] != end)
                b->barrier[end] = fmin(b->barrier[end], saddles->energy[at] - b->energy[end]);
        }
}

static heat_status name_minima(heat_context *ctx, heat_basins *b)
{
    heat_status status = heat_alloc(ctx, b->count, sizeof *b->barrier, &b->barrier);

    b->x = b->found.minima.x;
    b->energy = b->found.minima.energy;
    if (status == HEAT_OK)
        status = heat_alloc(ctx, b->count + 1, sizeof *b->names, &b->names);
    if (status != HEAT_OK)
        return status;
    for (int32_t k = 0; k < b->count; k++)
        snprintf(b->names[k], sizeof b->names[k], "occupancy_%d", k + 1);
    snprintf(b->names[b->count], sizeof b->names[b->count], "occupancy_other");
    find_barriers(b);
    return HEAT_OK;
}

/* Where between two minima of one dimension the slope changes sign from above to below. */
static heat_status find_top(heat_context *ctx, heat_landscape *l, double low, double high, double *top)
{
    enum { HALVINGS = 200 };
    const double margin = 1e-6 * (high - low);
    heat_status status = HEAT_OK;

    low += margin;
    high -= margin;
    for (int k = 0; k < HALVINGS && status == HEAT_OK; k++) {
        double middle = low + (high - low) / 2, energy, slope = 0;
        status = heat_landscape_evaluate(ctx, l, &middle, &energy, &slope);
        *(slope > 0 ? &low : &high) = middle;
    }
    *top = low + (high - low) / 2;
    return status;
}

static heat_status find_tops(heat_context *ctx, heat_basins *b)
{
    heat_landscape l = {.view = NULL};
    heat_status status = heat_landscape_open(ctx, &b->view, &l);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, b->count, sizeof *b->tops, &b->tops);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, b->count, sizeof *b->along, &b->along);
    for (int32_t k = 0; k < b->count && status == HEAT_OK; k++) {
        int32_t at = 0;
        for (int32_t other = 0; other < b->count; other++)
            at += b->x[other] < b->x[k];
        b->along[at] = k;
    }
    for (int32_t k = 0; k + 1 < b->count && status == HEAT_OK; k++)
        status = find_top(ctx, &l, b->x[b->along[k]], b->x[b->along[k + 1]], &b->tops[k]);
    heat_landscape_close(&l);
    return status;
}

heat_status heat_basins_find(heat_context *ctx, const heat_model *model, const char *list, uint64_t seed,
                             int64_t threads, heat_basins *b)
{
    heat_status status;

    if (!heat_model_get_smooth(model, heat_isa_get("auto"), &b->view) || !b->view.has_gradient)
        return heat_fail_option(ctx, "observables", list, "basins are of potentials that have a gradient");
    status = heat_minima_find(ctx, &b->view, seed, HEAT_AUTO, threads, &b->found);
    if (status == HEAT_OK && heat_halted(ctx))
        status = heat_halt_check(ctx, "the minima were found");
    if (status != HEAT_OK)
        return status;
    b->count = (int32_t)b->found.minima.count;
    b->n = b->view.n;
    status = name_minima(ctx, b);
    return status == HEAT_OK && b->n == 1 ? find_tops(ctx, b) : status;
}

heat_status heat_basins_open(heat_context *ctx, int64_t n_flows, heat_basins *b)
{
    heat_status status;

    if (b->tops != NULL)
        return HEAT_OK;
    status = heat_flow_basins_open(ctx, &b->view, &b->found, &b->apart);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n_flows, sizeof *b->flow, &b->flow);
    b->n_flows = status == HEAT_OK ? n_flows : 0;
    for (int64_t k = 0; k < n_flows && status == HEAT_OK; k++)
        status = heat_flow_open(ctx, &b->apart, &b->flow[k]);
    return status;
}

void heat_basins_close(heat_basins *b)
{
    for (int64_t k = 0; k < b->n_flows; k++)
        heat_flow_close(&b->flow[k]);
    heat_flow_basins_close(&b->apart);
    heat_minima_close(&b->found);
    heat_free(b->flow);
    heat_free(b->barrier);
    heat_free(b->names);
    heat_free(b->tops);
    heat_free(b->along);
    *b = (heat_basins){.count = 0};
}

/* A way that a halt cuts short would tell another basin: this one is short, and goes to its end. */
static heat_status follow_whole(heat_context *ctx, heat_flow *flow, const double *x, int32_t *basin)
{
    const double deadline = ctx->deadline_s;
    atomic_int *stop = ctx->stop, never = 0;
    heat_status status;

    ctx->deadline_s = HEAT_FOREVER;
    ctx->stop = &never;
    status = heat_flow_locate(ctx, flow, 1, x, basin);
    ctx->deadline_s = deadline;
    ctx->stop = stop;
    return status;
}

heat_status heat_basins_locate(heat_context *ctx, heat_basins *b, int64_t k, const double *x, int32_t *basin)
{
    heat_status status;

    if (b->tops != NULL) {
        int32_t at = 0;
        while (at + 1 < b->count && *x > b->tops[at])
            at++;
        *basin = b->along[at];
        return HEAT_OK;
    }
    status = follow_whole(ctx, &b->flow[k], x, basin);
    if (status != HEAT_OK || *basin < 0)
        *basin = b->count;
    return status;
}

void heat_basins_get_sides(const heat_basins *b, int32_t basin, double *left, double *right)
{
    int32_t at = 0;

    while (b->along[at] != basin)
        at++;
    *left = at == 0 ? -(double)INFINITY : b->tops[at - 1];
    *right = at + 1 == b->count ? (double)INFINITY : b->tops[at];
}
