/* Shares of basins from the counts of independent chains. Errors are jackknives over chains; whether chains
 * are long enough is told by the split R-hat of each basin's indicator, whose variance within is that of 0
 * and 1: R-hat - 1 is half a chain's autocorrelation time over its length. Gelman et al., Bayesian Data
 * Analysis, 3rd edition, section 11.4. */
#include "explore/basin_tally.h"
#include "base/memory.h"
#include "stats/moments.h"
#include "stats/resampling.h"

#include <math.h>
#include <string.h>

static const double most_rhat = 1.01;  /* of a basin's indicator */
static const double least_visits = 25; /* independent ones of a basin: its weight is known to a fifth */

heat_status heat_basin_tally_init(heat_context *ctx, int32_t n_rungs, int64_t n_replicas, int64_t n_basins,
                                  heat_basin_tally *t)
{
    heat_status status;

    *t = (heat_basin_tally){.n_rungs = n_rungs, .n_replicas = n_replicas, .n_places = n_basins + 1};
    status = heat_alloc(ctx, n_rungs * n_replicas * 2 * t->n_places, sizeof *t->counts, &t->counts);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n_rungs * n_replicas, sizeof *t->crossings, &t->crossings);
    return status;
}

void heat_basin_tally_clear(heat_basin_tally *t)
{
    heat_free(t->counts);
    heat_free(t->crossings);
    *t = (heat_basin_tally){0};
}

static const double *counts_of(const heat_basin_tally *t, int32_t rung, int64_t replica)
{
    return t->counts + (rung * t->n_replicas + replica) * 2 * t->n_places;
}

static double sum_of(int64_t n, const double *x)
{
    double sum = 0;

    for (int64_t k = 0; k < n; k++)
        sum += x[k];
    return sum;
}

void heat_basin_tally_shares(const heat_basin_tally *t, int32_t rung, double *shares)
{
    double all = 0;

    memset(shares, 0, (size_t)t->n_places * sizeof *shares);
    for (int64_t replica = 0; replica < t->n_replicas; replica++)
        for (int64_t k = 0; k < 2 * t->n_places; k++)
            shares[k % t->n_places] += counts_of(t, rung, replica)[k];
    all = sum_of(t->n_places, shares);
    for (int64_t k = 0; k < t->n_places; k++)
        shares[k] /= all;
}

/* Split R-hat of being in a basin; infinite where every half of a chain was spent inside or outside it. */
static heat_status get_rhat(heat_context *ctx, const heat_basin_tally *t, int32_t rung, int64_t k,
                            double *rhat)
{
    const int64_t n = 2 * t->n_replicas;
    double *means = NULL, within = 0, between, length = 0;
    heat_status status = heat_alloc(ctx, n, sizeof *means, &means);

    if (status != HEAT_OK)
        return status;
    for (int64_t c = 0; c < n; c++) {
        const double *half = counts_of(t, rung, c / 2) + c % 2 * t->n_places;
        double draws = sum_of(t->n_places, half);
        means[c] = half[k] / draws;
        within += means[c] * (1 - means[c]) / (double)n;
        length += draws / (double)n;
    }
    between = heat_variance(n, means);
    *rhat = within > 0 ? sqrt((length - 1) / length + between / within) : (double)INFINITY;
    heat_free(means);
    return HEAT_OK;
}

/* Columns of a jackknife: the basins' shares. */
typedef struct share_of {
    int64_t n, k, reference;
} share_of;

static double get_share(const double *averages, void *arg)
{
    const share_of *s = arg;

    return averages[s->k] / sum_of(s->n, averages);
}

static double get_log_ratio(const double *averages, void *arg)
{
    const share_of *s = arg;

    return log(averages[s->reference] / averages[s->k]);
}

/* [replica][basin] shares of what each chain counted. */
static void fill_blocks(const heat_basin_tally *t, int32_t rung, double *blocks)
{
    const int64_t n = t->n_places - 1;

    for (int64_t replica = 0; replica < t->n_replicas; replica++) {
        const double *counts = counts_of(t, rung, replica);
        double all = sum_of(2 * t->n_places, counts);
        for (int64_t k = 0; k < n; k++)
            blocks[replica * n + k] = (counts[k] + counts[k + t->n_places]) / all;
    }
}

static heat_status weigh(heat_context *ctx, const heat_exploring *e, const heat_basin_tally *t,
                         const double *blocks, int32_t at, int64_t k, heat_explore_way way)
{
    heat_explore_weight *w = heat_exploring_weight(e, at, k, way);
    share_of s = {t->n_places - 1, k, e->r->temperatures[at].reference};
    const double wide = heat_student_widening(t->n_replicas), temperature = e->temperatures[at];
    heat_status status =
        heat_jackknife(ctx, t->n_replicas, s.n, blocks, get_share, &s, &w->occupancy, &w->occupancy_error);

    if (status == HEAT_OK)
        status = heat_jackknife(ctx, t->n_replicas, s.n, blocks, get_log_ratio, &s, &w->delta_f,
                                &w->delta_f_error);
    w->occupancy_error *= wide;
    w->delta_f *= temperature;
    w->delta_f_error *= temperature * wide;
    return status;
}

/* Draws in basin k, and how many chains have any. */
static double count_visits(const heat_basin_tally *t, int32_t rung, int64_t k, int64_t *n_visitors)
{
    double all = 0;

    *n_visitors = 0;
    for (int64_t replica = 0; replica < t->n_replicas; replica++) {
        const double *counts = counts_of(t, rung, replica);
        double sum = counts[k] + counts[k + t->n_places];
        all += sum;
        *n_visitors += sum > 0;
    }
    return all;
}

/* Whether the chains of a rung can be believed of basin k; else the way is refused. */
static heat_status judge(heat_context *ctx, const heat_exploring *e, const heat_basin_tally *t, int32_t rung,
                         int32_t at, int64_t k, heat_explore_way way, bool *is_sound)
{
    int64_t crossings = 0, n_visitors;
    double rhat, visits = count_visits(t, rung, k, &n_visitors);
    heat_status status = get_rhat(ctx, t, rung, k, &rhat);

    *is_sound = false;
    if (status != HEAT_OK)
        return status;
    for (int64_t c = 0; c < t->n_rungs * t->n_replicas; c++) /* of exchange anywhere on the ladder */
        crossings += way == HEAT_EXPLORE_EXCHANGE || c / t->n_replicas == rung ? t->crossings[c] : 0;
    if (crossings == 0)
        return heat_exploring_refuse(ctx, e, at, way,
                                     sum_of(t->n_places, counts_of(t, rung, 0)) > 0
                                         ? "no chain went from one basin to another"
                                         : "stopped before it began");
    if (n_visitors < 2)
        return heat_exploring_refuse(ctx, e, at, way, "%s was seen in basin %lld",
                                     visits > 0 ? "one chain alone" : "no chain", (long long)k + 1);
    if (!(rhat <= most_rhat))
        return heat_exploring_refuse(ctx, e, at, way,
                                     "%lld crossings are too few: R-hat of basin %lld is %.3g, above %.3g",
                                     (long long)crossings, (long long)k + 1, rhat, most_rhat);
    *is_sound = true;
    return HEAT_OK;
}

heat_status heat_basin_tally_report(heat_context *ctx, const heat_exploring *e, const heat_basin_tally *t,
                                    int32_t rung, int32_t at, heat_explore_way way)
{
    const int64_t n = t->n_places - 1;
    double *blocks = NULL;
    bool is_sound = true;
    heat_status status = heat_alloc(ctx, t->n_replicas * n, sizeof *blocks, &blocks);

    if (status == HEAT_OK)
        fill_blocks(t, rung, blocks);
    for (int64_t k = 0; k < n && status == HEAT_OK && is_sound; k++)
        status = judge(ctx, e, t, rung, at, k, way, &is_sound);
    for (int64_t k = 0; k < n && status == HEAT_OK && is_sound; k++)
        status = weigh(ctx, e, t, blocks, at, k, way);
    for (int64_t k = 0; k < n && status == HEAT_OK && is_sound; k++) {
        const heat_explore_weight *w = heat_exploring_weight(e, at, k, way);
        double visits = w->occupancy / w->occupancy_error;
        is_sound = visits * visits >= least_visits || w->occupancy_error == 0;
        if (!is_sound)
            status = heat_exploring_refuse(ctx, e, at, way,
                                           "basin %lld was visited %.1f times, independent ones: too few",
                                           (long long)k + 1, visits * visits);
    }
    heat_free(blocks);
    return status;
}
