/* Rows are bins of energy: all that MBAR asks of a draw is its energy, its rung and its basin. The weight of
 * a basin at T is the average of its indicator there, with errors from the scatter of blocks of ladders.
 * Shirts and Chodera, J. Chem. Phys. 129 (2008) 124105. */
#include "explore/basin_mbar.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "stats/mbar.h"

#include <math.h>

enum { LEAST_SWEEPS = 64 };
static const double least_connection = 0.03; /* heat_mbar_get_connection */
static const double least_visits = 25;       /* a weight is known to a fifth */

typedef struct basin_rows {
    const heat_basin_walks *walks;
    int64_t n, capacity; /* rows */
    double *energy, *weight, *share;
    int32_t *state, *basin;
    double **columns; /* [basin][row] indicators */
} basin_rows;

static const heat_energy_tally *tally_of(const basin_rows *r, int32_t rung, int64_t k)
{
    const heat_basin_walks *w = r->walks;

    return w->energies + (rung * w->exploring->basins.count + k) * w->n_blocks;
}

/* The bins of all blocks lie in [*first, *end). */
static void find_range(const basin_rows *r, int32_t rung, int64_t k, int64_t *first, int64_t *end)
{
    const heat_energy_tally *t = tally_of(r, rung, k);

    *first = INT64_MAX;
    *end = INT64_MIN;
    for (int64_t b = 0; b < r->walks->n_blocks; b++)
        if (t[b].n > 0) {
            *first = t[b].first < *first ? t[b].first : *first;
            *end = t[b].first + t[b].n > *end ? t[b].first + t[b].n : *end;
        }
}

/* Bins of different widths do not go together: all blocks of a rung and basin take the widest. */
static heat_status level_blocks(heat_context *ctx, basin_rows *r, int32_t rung, int64_t k)
{
    heat_energy_tally *t =
        r->walks->energies + (rung * r->walks->exploring->basins.count + k) * r->walks->n_blocks;
    int32_t level = 0;
    heat_status status = HEAT_OK;

    for (int64_t b = 0; b < r->walks->n_blocks; b++)
        level = t[b].level > level ? t[b].level : level;
    for (int64_t b = 0; b < r->walks->n_blocks && status == HEAT_OK; b++)
        if (t[b].n > 0)
            status = heat_energy_tally_coarsen(ctx, &t[b], level);
    return status;
}

static void add_row(basin_rows *r, int32_t rung, int64_t k, int64_t bin)
{
    const heat_energy_tally *t = tally_of(r, rung, k);
    double *share = r->share + r->n * r->walks->n_blocks, count = 0, sum = 0;

    for (int64_t b = 0; b < r->walks->n_blocks; b++) {
        int64_t at = bin - t[b].first;
        bool is_there = t[b].n > 0 && at >= 0 && at < t[b].n;
        share[b] = is_there ? t[b].bins[at].count : 0;
        count += share[b];
        sum += is_there ? t[b].bins[at].sum : 0;
    }
    if (!(count > 0))
        return;
    r->energy[r->n] = t->scale.origin + sum / count;
    r->weight[r->n] = count;
    r->state[r->n] = rung;
    r->basin[r->n++] = (int32_t)k;
}

static heat_status collect(heat_context *ctx, basin_rows *r)
{
    const int64_t count = r->walks->exploring->basins.count;
    int64_t first, end;
    heat_status status = HEAT_OK;

    for (int32_t rung = 0; rung < r->walks->n_rungs; rung++)
        for (int64_t k = 0; k < count && status == HEAT_OK; k++) {
            status = level_blocks(ctx, r, rung, k);
            find_range(r, rung, k, &first, &end);
            r->capacity += end > first ? end - first : 0;
        }
    if (status == HEAT_OK)
        status = heat_alloc(ctx, r->capacity, sizeof *r->energy, &r->energy);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, r->capacity, sizeof *r->weight, &r->weight);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, r->capacity * r->walks->n_blocks, sizeof *r->share, &r->share);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, r->capacity, sizeof *r->state, &r->state);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, r->capacity, sizeof *r->basin, &r->basin);
    for (int32_t rung = 0; rung < r->walks->n_rungs && status == HEAT_OK; rung++)
        for (int64_t k = 0; k < count; k++) {
            find_range(r, rung, k, &first, &end);
            for (int64_t bin = first; bin < end; bin++)
                add_row(r, rung, k, bin);
        }
    if (status == HEAT_OK)
        status = heat_alloc(ctx, count, sizeof *r->columns, &r->columns);
    for (int64_t k = 0; k < count && status == HEAT_OK; k++) {
        status = heat_alloc(ctx, r->n, sizeof *r->columns[k], &r->columns[k]);
        for (int64_t row = 0; row < r->n && status == HEAT_OK; row++)
            r->columns[k][row] = r->basin[row] == k;
    }
    return status;
}

static void clear(basin_rows *r)
{
    for (int64_t k = 0; r->columns != NULL && k < r->walks->exploring->basins.count; k++)
        heat_free(r->columns[k]);
    heat_free(r->columns);
    heat_free(r->energy);
    heat_free(r->weight);
    heat_free(r->share);
    heat_free(r->state);
    heat_free(r->basin);
}

typedef struct pair {
    int64_t k, reference;
} pair;

static double get_share(const double *averages, void *arg)
{
    return averages[((const pair *)arg)->k];
}

static double get_log_ratio(const double *averages, void *arg)
{
    const pair *p = arg;

    return log(averages[p->reference] / averages[p->k]);
}

/* All basins at temperature t; *is_known is false where a basin has no draws that count there. */
static heat_status weigh(heat_context *ctx, const heat_exploring *e, const basin_rows *r,
                         const heat_mbar *mbar, int32_t t, bool *is_known)
{
    const double beta = 1 / e->temperatures[t], wide = heat_student_widening(r->walks->n_blocks);
    const heat_mbar_target target = {.slope = &beta};
    const heat_error_text before = ctx->error;
    heat_status status = HEAT_OK;

    *is_known = true;
    for (int64_t k = 0; k < e->basins.count && status == HEAT_OK; k++) {
        heat_explore_weight *w = heat_exploring_weight(e, t, k, HEAT_EXPLORE_MBAR);
        pair p = {k, e->r->temperatures[t].reference};
        status = heat_mbar_get_derived(ctx, mbar, &target, e->basins.count, (const double *const *)r->columns,
                                       get_share, &p, &w->occupancy, &w->occupancy_error);
        if (status == HEAT_OK && k != p.reference)
            status =
                heat_mbar_get_derived(ctx, mbar, &target, e->basins.count, (const double *const *)r->columns,
                                      get_log_ratio, &p, &w->delta_f, &w->delta_f_error);
        else
            w->delta_f = w->delta_f_error = 0;
        w->occupancy_error *= wide;
        w->delta_f *= e->temperatures[t];
        w->delta_f_error *= e->temperatures[t] * wide;
    }
    if (status == HEAT_ERROR_UNDEFINED) {
        *is_known = false;
        ctx->error = before;
        return HEAT_OK;
    }
    return status;
}

static heat_status report(heat_context *ctx, const heat_exploring *e, const basin_rows *r,
                          const heat_mbar *mbar, int32_t t)
{
    bool is_known;
    heat_status status = weigh(ctx, e, r, mbar, t, &is_known);

    for (int64_t k = 0; k < e->basins.count && status == HEAT_OK; k++) {
        const heat_explore_weight *w = heat_exploring_weight(e, t, k, HEAT_EXPLORE_MBAR);
        double visits = w->occupancy / w->occupancy_error;
        if (!is_known || !(visits * visits >= least_visits))
            return heat_exploring_withhold(ctx, e, t, HEAT_EXPLORE_MBAR, HEAT_EXPLORE_REFUSED,
                                           "draws of basin %lld are worth %.1f independent ones: too few",
                                           (long long)k + 1, is_known ? visits * visits : 0);
    }
    return status;
}

static heat_status refuse_all(heat_context *ctx, const heat_exploring *e, const char *why)
{
    heat_status status = HEAT_OK;

    for (int32_t t = 0; t < e->n_temperatures && status == HEAT_OK; t++)
        status = heat_exploring_withhold(ctx, e, t, HEAT_EXPLORE_MBAR, HEAT_EXPLORE_REFUSED, "%s", why);
    return status;
}

heat_status heat_basin_mbar_report(heat_context *ctx, const heat_exploring *e, const heat_basin_walks *w)
{
    basin_rows r = {.walks = w};
    heat_mbar_states states = {.n_states = w->n_rungs, .n_features = 1, .slope = w->chains->betas};
    heat_mbar_samples samples;
    heat_mbar *mbar = NULL;
    const heat_error_text before = ctx->error;
    heat_status status;

    if (heat_basin_walks_count_sweeps(w) < LEAST_SWEEPS)
        return refuse_all(ctx, e, "stopped before there was much to weigh");
    status = collect(ctx, &r);
    if (status != HEAT_OK)
        goto out;
    samples = (heat_mbar_samples){.n = r.n,
                                  .features = r.energy,
                                  .state = r.state,
                                  .weight = r.weight,
                                  .n_blocks = (int32_t)w->n_blocks,
                                  .block_weight = r.share};
    status = heat_mbar_create(ctx, e->opt.threads, &states, &samples, &mbar);
    if (status == HEAT_ERROR_UNDEFINED || status == HEAT_ERROR_UNABLE) {
        ctx->error = before;
        status = refuse_all(ctx, e, "temperatures of the ladder do not overlap");
        goto out;
    }
    if (status == HEAT_OK && !(heat_mbar_get_connection(mbar, NULL) >= least_connection)) {
        status = refuse_all(ctx, e, "two temperatures of the ladder hardly overlap");
        goto out;
    }
    for (int32_t t = 0; t < e->n_temperatures && status == HEAT_OK; t++)
        status = report(ctx, e, &r, mbar, t);
out:
    heat_mbar_free(mbar);
    clear(&r);
    return status;
}
