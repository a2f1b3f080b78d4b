/* Shares of basins from the counts of independent chains. Errors are jackknives over chains; whether chains
 * are long enough is told by the split R-hat of each basin's indicator, whose variance within is that of 0
 * and 1: R-hat - 1 is half a chain's autocorrelation time over its length. Gelman et al., Bayesian Data
 * Analysis, 3rd edition, section 11.4. */
#include "explore/basin_tally.h"
#include "base/context_private.h"
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
        status = heat_alloc(ctx, n_rungs * n_replicas * t->n_places, sizeof *t->shares, &t->shares);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n_rungs * n_replicas, sizeof *t->crossings, &t->crossings);
    return status;
}

void heat_basin_tally_clear(heat_basin_tally *t)
{
    heat_free(t->counts);
    heat_free(t->shares);
    heat_free(t->crossings);
    *t = (heat_basin_tally){0};
}

static const double *counts_of(const heat_basin_tally *t, int32_t rung, int64_t replica)
{
    return t->counts + (rung * t->n_replicas + replica) * 2 * t->n_places;
}

static const double *shares_of(const heat_basin_tally *t, int32_t rung, int64_t replica)
{
    return t->shares + (rung * t->n_replicas + replica) * t->n_places;
}

void heat_basin_tally_fold(heat_basin_tally *t)
{
    for (int64_t c = 0; c < t->n_rungs * t->n_replicas; c++)
        for (int64_t k = 0; k < t->n_places; k++) {
            double *counts = t->counts + 2 * c * t->n_places;
            counts[k] += counts[t->n_places + k];
            counts[t->n_places + k] = 0;
        }
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
        for (int64_t k = 0; k < t->n_places; k++)
            shares[k] += shares_of(t, rung, replica)[k];
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

/* [replica][basin] mean shares of each chain's draws. */
static void fill_blocks(const heat_basin_tally *t, int32_t rung, double *blocks)
{
    const int64_t n = t->n_places - 1;

    for (int64_t replica = 0; replica < t->n_replicas; replica++) {
        const double *shares = shares_of(t, rung, replica);
        for (int64_t k = 0; k < n; k++)
            blocks[replica * n + k] = shares[k] / sum_of(t->n_places, shares);
    }
}

heat_status heat_basin_tally_judge(heat_context *ctx, const heat_basin_tally *t, int32_t rung, double *longer,
                                   double *error)
{
    const int64_t n = t->n_places - 1;
    const double wide = heat_student_widening(t->n_replicas);
    share_of s = {.n = n};
    const heat_error_text before = ctx->error;
    double *blocks = NULL, *shares, rhat = 1, own, value;
    heat_status status = heat_alloc(ctx, t->n_replicas * n + t->n_places, sizeof *blocks, &blocks);

    *longer = *error = 0;
    if (status != HEAT_OK)
        return status;
    shares = blocks + t->n_replicas * n;
    fill_blocks(t, rung, blocks);
    heat_basin_tally_shares(t, rung, shares);
    for (int64_t k = 1; k < n; k++)
        s.reference = shares[k] > shares[s.reference] ? k : s.reference;
    for (s.k = 0; s.k < n && status == HEAT_OK; s.k++) {
        status = get_rhat(ctx, t, rung, s.k, &own);
        rhat = own <= rhat ? rhat : own;
        if (status == HEAT_OK)
            status = heat_jackknife(ctx, t->n_replicas, n, blocks, get_log_ratio, &s, &value, &own);
        *error = fmax(*error, own * wide);
    }
    if (status == HEAT_ERROR_UNDEFINED) { /* a basin was never seen */
        *error = (double)INFINITY;
        ctx->error = before;
        status = HEAT_OK;
    }
    *longer = (rhat - 1) / (most_rhat - 1);
    heat_free(blocks);
    return status;
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

/* What it means that chains have not crossed: of those that stay it cannot be expected everywhere. */
static heat_explore_answer answer_of(const heat_context *ctx, heat_explore_way way)
{
    return way == HEAT_EXPLORE_COUNTING && !heat_halted(ctx) ? HEAT_EXPLORE_OUT_OF_REACH
                                                             : HEAT_EXPLORE_REFUSED;
}

/* Whether the chains of a rung can be believed of basin k; else the way is refused. */
static heat_status judge(heat_context *ctx, const heat_exploring *e, const heat_basin_tally *t, int32_t rung,
                         int32_t at, int64_t k, heat_explore_way way, bool *is_sound)
{
    const heat_explore_answer answer = answer_of(ctx, way);
    int64_t crossings = 0, n_visitors;
    double rhat, visits = count_visits(t, rung, k, &n_visitors);
    heat_status status = get_rhat(ctx, t, rung, k, &rhat);

    *is_sound = false;
    if (status != HEAT_OK)
        return status;
    for (int64_t c = 0; c < t->n_rungs * t->n_replicas; c++) /* of exchange anywhere on the ladder */
        crossings += way == HEAT_EXPLORE_EXCHANGE || c / t->n_replicas == rung ? t->crossings[c] : 0;
    if (crossings == 0)
        return heat_exploring_withhold(ctx, e, at, way, answer,
                                       sum_of(t->n_places, counts_of(t, rung, 0)) > 0
                                           ? "no chain went from one basin to another"
                                           : "stopped before it began");
    if (n_visitors < 2)
        return heat_exploring_withhold(ctx, e, at, way, answer, "%s was seen in basin %lld",
                                       visits > 0 ? "one chain alone" : "no chain", (long long)k + 1);
    if (!(rhat <= most_rhat))
        return heat_exploring_withhold(ctx, e, at, way, answer,
                                       "%lld crossings are too few: R-hat of basin %lld is %.3g, above %.3g",
                                       (long long)crossings, (long long)k + 1, rhat, most_rhat);
    *is_sound = true;
    return HEAT_OK;
}

heat_status heat_basin_tally_report(heat_context *ctx, const heat_exploring *e, const heat_basin_tally *t,
                                    int32_t rung, int32_t at, heat_explore_way way)
{
    const heat_explore_answer answer = answer_of(ctx, way);
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
            status = heat_exploring_withhold(ctx, e, at, way, answer,
                                             "basin %lld was visited %.1f times, independent ones: too few",
                                             (long long)k + 1, visits * visits);
    }
    heat_free(blocks);
    return status;
}
