/* The result of heat_explore: what is known of the landscape, and rows to be filled. */
#include "base/context_private.h"
#include "base/memory.h"
#include "explore/exploring.h"

#include <math.h>
#include <string.h>

void heat_explore_result_init(heat_explore_result *result)
{
    *result = (heat_explore_result){.size = sizeof *result};
}

void heat_explore_result_clear(heat_explore_result *r)
{
    size_t size;

    if (r == NULL)
        return;
    for (int32_t t = 0; r->temperatures != NULL && t < r->n_temperatures; t++) {
        heat_free(r->temperatures[t].basins);
        for (int way = 0; way < HEAT_EXPLORE_WAYS; way++)
            heat_free(r->temperatures[t].ways[way].reason);
    }
    heat_free(r->reasons);
    heat_free(r->states);
    heat_free(r->energies);
    heat_free(r->hessian_trace);
    heat_free(r->hessian_top);
    heat_free(r->saddles);
    heat_free(r->saddle_energies);
    heat_free(r->saddle_ends);
    heat_free(r->temperatures);
    heat_free(r->ladder);
    heat_free(r->exchange);
    heat_free(r->extents);
    size = r->size;
    *r = (heat_explore_result){.size = size};
}

static heat_status copy_numbers(heat_context *ctx, int64_t count, const double *from, double **to)
{
    heat_status status = heat_alloc(ctx, count, sizeof **to, to);

    if (status == HEAT_OK && count > 0)
        memcpy(*to, from, (size_t)count * sizeof **to);
    return status;
}

static heat_status fill_curvatures(heat_context *ctx, const heat_exploring *e)
{
    const int32_t n = e->view.n;
    heat_explore_result *r = e->r;
    heat_landscape l = {.view = NULL};
    double *curvatures = NULL;
    heat_status status = heat_landscape_open(ctx, &e->view, &l);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, n, sizeof *curvatures, &curvatures);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, r->n_basins, sizeof *r->hessian_trace, &r->hessian_trace);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, r->n_basins, sizeof *r->hessian_top, &r->hessian_top);
    for (int64_t k = 0; k < r->n_basins && status == HEAT_OK; k++) {
        status = heat_landscape_curvatures(ctx, &l, r->states + k * n, curvatures);
        for (int32_t i = 0; i < n; i++)
            r->hessian_trace[k] += curvatures[i];
        r->hessian_top[k] = curvatures[n - 1];
    }
    heat_free(curvatures);
    heat_landscape_close(&l);
    return status;
}

static heat_status make_rows(heat_context *ctx, heat_exploring *e)
{
    const double nan = (double)NAN;
    heat_explore_result *r = e->r;
    heat_status status = heat_alloc(ctx, e->n_temperatures, sizeof *r->temperatures, &r->temperatures);

    r->n_temperatures = status == HEAT_OK ? e->n_temperatures : 0;
    for (int32_t t = 0; t < r->n_temperatures && status == HEAT_OK; t++) {
        heat_explore_temperature *row = &r->temperatures[t];
        row->temperature = e->temperatures[t];
        row->outcome = HEAT_OUTCOME_CONVERGED;
        row->surest = -1;
        row->elsewhere = nan;
        for (int way = 0; way < HEAT_EXPLORE_WAYS; way++)
            row->ways[way].answer = e->wants[way] ? HEAT_EXPLORE_HOLDS : HEAT_EXPLORE_UNASKED;
        status = heat_alloc(ctx, r->n_basins, sizeof *row->basins, &row->basins);
        for (int64_t k = 0; k < r->n_basins && status == HEAT_OK; k++) {
            heat_explore_basin *b = &row->basins[k];
            b->free_energy = b->free_energy_error = b->occupancy = b->occupancy_error = nan;
            for (int way = 0; way < HEAT_EXPLORE_WAYS; way++)
                b->by[way] = (heat_explore_weight){nan, nan, nan, nan};
        }
    }
    return status;
}

heat_status heat_explore_fill_landscape(heat_context *ctx, heat_exploring *e)
{
    const int64_t n = e->view.n;
    const heat_places *minima = &e->minima.minima, *saddles = &e->minima.saddles;
    heat_explore_result *r = e->r;
    heat_status status = copy_numbers(ctx, minima->count * n, minima->x, &r->states);

    r->n_variables = e->view.n;
    r->n_slow = (int32_t)e->view.n_slow;
    r->n_basins = minima->count;
    r->n_saddles = saddles->count;
    if (status == HEAT_OK)
        status = copy_numbers(ctx, minima->count, minima->energy, &r->energies);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, minima->count, sizeof *r->extents, &r->extents);
    for (int64_t k = 0; k < minima->count && status == HEAT_OK; k++)
        r->extents[k] = heat_minima_valley(&e->minima, k);
    if (status == HEAT_OK)
        status = copy_numbers(ctx, saddles->count * n, saddles->x, &r->saddles);
    if (status == HEAT_OK)
        status = copy_numbers(ctx, saddles->count, saddles->energy, &r->saddle_energies);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, 2 * saddles->count, sizeof *r->saddle_ends, &r->saddle_ends);
    if (status == HEAT_OK && saddles->count > 0)
        memcpy(r->saddle_ends, saddles->ends, (size_t)saddles->count * sizeof *saddles->ends);
    if (status == HEAT_OK)
        status = fill_curvatures(ctx, e);
    return status == HEAT_OK ? make_rows(ctx, e) : status;
}
