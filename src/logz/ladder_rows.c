/* Errors come from blocks of replicas that never met: nothing is assumed of correlations in time or between
 * rungs. tau, which only weighs the rungs against each other, is what the scatter of the block means is more
 * than that of independent draws. */
#include "logz/ladder_rows.h"
#include "base/memory.h"
#include "stats/moments.h"

#include <math.h>

enum {
    BURN_IN = 4,        /* one part of so many is left out */
    LEAST_BURN_IN = 64, /* sweeps: glasses of a hundred spins still cool down before */
    WALKED_BURN_IN =
        512 /* of potentials: valleys are peopled as chains come down from where the path begins */
};

void heat_ladder_rows_clear(heat_ladder_rows *r)
{
    if (r->ladder == NULL)
        return;
    for (int64_t k = 0; k < (int64_t)r->ladder->n_tally_rows * r->ladder->n_blocks && r->tallies != NULL; k++)
        heat_energy_tally_clear(&r->tallies[k]);
    heat_free(r->tallies);
    heat_free(r->energy);
    heat_free(r->weight);
    heat_free(r->state);
    heat_free(r->share);
    heat_free(r->mean);
    heat_free(r->variance);
    heat_free(r->error);
    heat_free(r->tau);
    heat_free(r->drift);
    *r = (heat_ladder_rows){.n = 0};
}

static heat_status alloc_rungs(heat_context *ctx, heat_ladder_rows *r)
{
    int64_t n = r->ladder->n_rungs;
    heat_status status = heat_alloc(ctx, r->ladder->n_tally_rows * (int64_t)r->ladder->n_blocks,
                                    sizeof *r->tallies, &r->tallies);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, n, sizeof *r->mean, &r->mean);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n, sizeof *r->variance, &r->variance);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n, sizeof *r->error, &r->error);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n, sizeof *r->tau, &r->tau);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n, sizeof *r->drift, &r->drift);
    return status;
}

/* The tallies of a rung of all kept segments, at one level. */
static heat_status merge_rung(heat_context *ctx, heat_ladder_rows *r, int32_t rung)
{
    const heat_ladder_chains *l = r->ladder;
    heat_energy_tally *all = r->tallies + (int64_t)rung * l->n_blocks;
    int32_t level = 0;
    heat_status status = HEAT_OK;

    for (int32_t b = 0; b < l->n_blocks; b++) {
        int64_t at = (int64_t)rung * l->n_blocks + b;
        heat_energy_tally_init(&all[b], l->segments[0].tallies[at].scale);
        for (int64_t s = r->first_segment; s < l->n_segments && status == HEAT_OK; s++)
            status = heat_energy_tally_merge(ctx, &all[b], &l->segments[s].tallies[at]);
        level = all[b].level > level ? all[b].level : level;
    }
    for (int32_t b = 0; b < l->n_blocks && status == HEAT_OK; b++)
        status = heat_energy_tally_coarsen(ctx, &all[b], level);
    return status;
}

/* Means of the blocks of a rung, of one set of tallies; returns how many have draws. */
static int32_t block_means(const heat_ladder_chains *l, const heat_energy_tally *tallies, int32_t rung,
                           double *means)
{
    int32_t n = 0;

    for (int32_t b = 0; b < l->n_blocks; b++) {
        double variance;
        heat_energy_tally_moments(&tallies[(int64_t)rung * l->n_blocks + b], &means[b], &variance);
        n += heat_energy_tally_count(&tallies[(int64_t)rung * l->n_blocks + b]) > 0;
    }
    return n;
}

static void measure_rung(heat_ladder_rows *r, int32_t rung, const double *means)
{
    const heat_ladder_chains *l = r->ladder;
    const heat_energy_tally *t = r->tallies + (int64_t)rung * l->n_blocks;
    double count = 0, mean = 0, squares = 0, scatter;

    for (int32_t b = 0; b < l->n_blocks; b++) {
        count += heat_energy_tally_count(&t[b]);
        mean += means[b] / l->n_blocks;
    }
    for (int32_t b = 0; b < l->n_blocks; b++) {
        double own, variance;
        heat_energy_tally_moments(&t[b], &own, &variance);
        squares += (variance + (own - mean) * (own - mean)) / l->n_blocks;
    }
    scatter = heat_variance(l->n_blocks, means) / l->n_blocks;
    r->mean[rung] = mean;
    r->variance[rung] = squares;
    r->error[rung] = sqrt(scatter);
    r->tau[rung] = squares > 0 ? fmax(1, scatter * count / squares) : 1;
}

/* The mean and its standard error over blocks, in standard errors. */
static double deviate(int32_t n, const double *x)
{
    double error = sqrt(heat_variance(n, x) / n);

    return error > 0 ? heat_mean(n, x) / error : 0;
}

/* How far the means of the blocks moved from the last segment but one, kept or not, to the last; false where
 * one of the two was cut short before every block was met. */
static bool measure_drift(heat_ladder_rows *r, int32_t rung, double *before, double *change)
{
    const heat_ladder_chains *l = r->ladder;

    if (l->n_segments < 2 ||
        block_means(l, l->segments[l->n_segments - 2].tallies, rung, before) < l->n_blocks ||
        block_means(l, l->segments[l->n_segments - 1].tallies, rung, change) < l->n_blocks)
        return false;
    for (int32_t b = 0; b < l->n_blocks; b++)
        change[b] -= before[b];
    r->drift[rung] = deviate(l->n_blocks, change);
    return true;
}

static heat_status add_row(heat_context *ctx, heat_ladder_rows *r, int32_t rung, int64_t bin)
{
    const heat_ladder_chains *l = r->ladder;
    const heat_energy_tally *t = r->tallies + (int64_t)rung * l->n_blocks;
    int64_t n = r->n + 1, n_blocks = l->n_blocks;
    double count = 0, sum = 0;
    heat_status status = heat_grow(ctx, n, sizeof(double), &r->capacity_energy, &r->energy);

    if (status == HEAT_OK)
        status = heat_grow(ctx, n, sizeof(double), &r->capacity_weight, &r->weight);
    if (status == HEAT_OK)
        status = heat_grow(ctx, n, sizeof(int32_t), &r->capacity_state, &r->state);
    if (status == HEAT_OK)
        status = heat_grow(ctx, n * n_blocks, sizeof(double), &r->capacity_share, &r->share);
    if (status != HEAT_OK)
        return status;
    for (int32_t b = 0; b < n_blocks; b++) {
        int64_t k = bin - t[b].first;
        heat_energy_bin here = k >= 0 && k < t[b].n ? t[b].bins[k] : (heat_energy_bin){0};
        r->share[r->n * n_blocks + b] = here.count / r->tau[rung];
        count += here.count;
        sum += here.sum;
    }
    if (!(count > 0))
        return HEAT_OK;
    r->energy[r->n] = t->scale.origin + sum / count;
    r->weight[r->n] = 0;
    for (int32_t b = 0; b < n_blocks; b++) /* the same sum that the shares have */
        r->weight[r->n] += r->share[r->n * n_blocks + b];
    r->state[r->n++] = rung;
    return HEAT_OK;
}

static heat_status add_rung(heat_context *ctx, heat_ladder_rows *r, int32_t rung)
{
    const heat_energy_tally *t = r->tallies + (int64_t)rung * r->ladder->n_blocks;
    int64_t first = t[0].first, end = t[0].first + t[0].n;
    heat_status status = HEAT_OK;

    for (int32_t b = 1; b < r->ladder->n_blocks; b++) {
        first = t[b].first < first ? t[b].first : first;
        end = t[b].first + t[b].n > end ? t[b].first + t[b].n : end;
    }
    for (int64_t bin = first; bin < end && status == HEAT_OK; bin++)
        status = add_row(ctx, r, rung, bin);
    return status;
}

/* tau of a rung is known to a quarter: neighbours share theirs. */
static void smooth_tau(const heat_ladder_rows *r)
{
    double before = r->tau[0];

    for (int32_t k = 1; k + 1 < r->ladder->n_rungs; k++) {
        double own = r->tau[k];
        r->tau[k] = cbrt(before * own * r->tau[k + 1]);
        before = own;
    }
}

/* Scratch of one collection, all [block]: the means of a rung; the integral of the mean energy over beta, and
 * how it moved between the last two segments. */
typedef struct collecting {
    double *means, *before, *integral, *change;
} collecting;

static heat_status collect_rung(heat_context *ctx, heat_ladder_rows *r, int32_t k, const collecting *w)
{
    const heat_ladder_chains *l = r->ladder;
    int32_t below = k > l->first_mean ? k - 1 : k, above = k < l->n_rungs - 1 ? k + 1 : k;
    double width = k < l->first_mean ? 0 : (l->betas[above] - l->betas[below]) / 2;
    heat_status status = merge_rung(ctx, r, k);

    if (status != HEAT_OK)
        return status;
    if (block_means(l, r->tallies, k, w->means) < l->n_blocks)
        return heat_fail(ctx, HEAT_ERROR_STOPPED, "stopped before there was anything to report");
    measure_rung(r, k, w->means);
    for (int32_t b = 0; b < l->n_blocks; b++)
        w->integral[b] += width * w->means[b];
    if (k >= l->first_mean && measure_drift(r, k, w->before, w->means))
        for (int32_t b = 0; b < l->n_blocks; b++)
            w->change[b] += width * w->means[b];
    return HEAT_OK;
}

heat_status heat_ladder_rows_collect(heat_context *ctx, const heat_ladder_chains *l, heat_ladder_rows *r)
{
    collecting w = {.means = NULL};
    double *scratch = NULL;
    int64_t least = l->first_mean > 0 ? WALKED_BURN_IN : LEAST_BURN_IN;
    int64_t burn_in = l->n_sweeps / BURN_IN < least ? least : l->n_sweeps / BURN_IN;
    heat_status status;

    *r = (heat_ladder_rows){.ladder = l};
    while (r->first_segment < l->n_segments - 1 && l->segments[r->first_segment].end <= burn_in)
        r->first_segment++;
    status = alloc_rungs(ctx, r);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, 4 * (int64_t)l->n_blocks, sizeof *scratch, &scratch);
    if (status == HEAT_OK)
        w = (collecting){scratch, scratch + l->n_blocks, scratch + 2 * l->n_blocks,
                         scratch + 3 * l->n_blocks};
    for (int32_t k = 0; k < l->n_rungs && status == HEAT_OK; k++)
        status = collect_rung(ctx, r, k, &w);
    for (int32_t k = l->n_rungs; k < l->n_tally_rows && status == HEAT_OK; k++)
        status = merge_rung(ctx, r, k);
    if (status == HEAT_OK) {
        r->integral_error = sqrt(heat_variance(l->n_blocks, w.integral) / l->n_blocks);
        r->integral_drift = deviate(l->n_blocks, w.change);
        smooth_tau(r);
    }
    for (int32_t k = 0; k < l->n_rungs && status == HEAT_OK; k++)
        status = add_rung(ctx, r, k);
    heat_free(scratch);
    return status;
}

static double mean_of(const double *averages, void *arg)
{
    (void)arg;
    return averages[0];
}

static double variance_of(const double *averages, void *arg)
{
    (void)arg;
    return averages[1] - averages[0] * averages[0] + averages[2];
}

heat_status heat_ladder_rows_get_cold_energy(heat_context *ctx, const heat_ladder_rows *r, double value[2],
                                             double error[2])
{
    const heat_ladder_chains *l = r->ladder;
    const heat_energy_tally *t = r->tallies + (int64_t)l->n_rungs * l->n_blocks;
    double *columns, origin, variance;
    heat_status status = heat_alloc(ctx, 3 * (int64_t)l->n_blocks, sizeof *columns, &columns);

    if (status != HEAT_OK)
        return status;
    heat_energy_tally_moments(&t[0], &origin, &variance);
    for (int32_t b = 0; b < l->n_blocks; b++) { /* as rows: means of E - origin, of its square, of Var E */
        double mean, spread;
        heat_energy_tally_moments(&t[b], &mean, &variance);
        columns[3 * b] = mean - origin;
        columns[3 * b + 1] = variance + (mean - origin) * (mean - origin);
        heat_energy_tally_moments(&t[l->n_blocks + b], &columns[3 * b + 2], &spread);
    }
    status = heat_jackknife(ctx, l->n_blocks, 3, columns, mean_of, NULL, &value[0], &error[0]);
    if (status == HEAT_OK)
        status = heat_jackknife(ctx, l->n_blocks, 3, columns, variance_of, NULL, &value[1], &error[1]);
    value[0] += origin;
    heat_free(columns);
    return status;
}

void heat_ladder_rows_get_samples(const heat_ladder_rows *r, heat_mbar_samples *samples)
{
    *samples = (heat_mbar_samples){.n = r->n,
                                   .features = r->energy,
                                   .state = r->state,
                                   .weight = r->weight,
                                   .n_blocks = r->ladder->n_blocks,
                                   .block_weight = r->share};
}
