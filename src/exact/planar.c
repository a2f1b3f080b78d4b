/* log Z and means from a planar plan: log Z = n log 2 + sum log cosh(J / T) + log sum over even subgraphs,
 * <E> = -sum J <s s'>. */
#include "exact/planar.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "exact/elimination_run.h"
#include "exact/planar_plan.h"

static const double most_error = 1e-10;    /* of log Z in doubles; of pairs the same in its relative size */
static const double most_mismatch = 1e-10; /* of correlations */
static const double most_spread = 1e-8;    /* of the variance of the energy, of its size */
static const double least_spread = 1e-12;  /* over that at infinite temperature: as good as none */

/* log Z without the sum over even subgraphs; the vertex of the fields counts each state twice. */
static double free_log_z(const heat_planar *plan, double beta)
{
    const double log_2 = 0.69314718055994530942;
    heat_long_sum sum = {plan->graph->n * log_2, 0};

    heat_long_sum_add(&sum, -beta * plan->graph->offset);
    for (int32_t e = 0; e < plan->map.m; e++) {
        double k = beta * fabs(plan->coupling[e]);
        if (plan->source[e] == heat_planar_tie)
            continue;
        heat_long_sum_add(&sum, k - log_2);
        heat_long_sum_add(&sum, log1p(exp(-2 * k)));
    }
    return sum.sum + sum.error;
}

/* Where the edge at `entry` of v's row stands in the other row. */
static int64_t mirror(const heat_pairwise *graph, int32_t v, int64_t entry)
{
    int64_t low = graph->row[graph->col[entry]], high = graph->row[graph->col[entry] + 1];

    while (high - low > 1) {
        int64_t middle = (low + high) / 2;
        *(graph->col[middle] <= v ? &low : &high) = middle;
    }
    return low;
}

static void note_means(const heat_planar *plan, const double *correlation, heat_elimination_sum *sum)
{
    const heat_pairwise *graph = plan->graph;
    heat_long_sum energy = {graph->offset, 0};
    int32_t v = 0;

    heat_elimination_sum_forget(graph, sum);
    for (int32_t k = 0; k < graph->n && sum->spin_mean != NULL; k++)
        if (!plan->has_field)
            sum->spin_mean[k] = 0;
    for (int32_t e = 0; e < plan->map.m; e++) {
        int64_t entry = plan->source[e];
        if (entry == heat_planar_tie)
            continue;
        heat_long_sum_add(&energy, -plan->coupling[e] * correlation[e]);
        if (entry < 0) {
            if (sum->spin_mean != NULL)
                sum->spin_mean[-1 - entry] = correlation[e];
            continue;
        }
        while (graph->row[v + 1] <= entry) /* entries ascend */
            v++;
        if (sum->pair_mean != NULL)
            sum->pair_mean[entry] = sum->pair_mean[mirror(graph, v, entry)] = correlation[e];
    }
    sum->mean_energy = energy.sum + energy.error;
}

/* The variance of the energy; NaN if its two values differ by too much. */
static double variance_of(const heat_planar *plan, const heat_planar_pass *pass)
{
    double hot = 0;

    for (int32_t e = 0; e < plan->map.m; e++)
        hot += plan->source[e] == heat_planar_tie ? 0 : plan->coupling[e] * plan->coupling[e];
    if (pass->beta == 0) /* of which the pass knows no slopes */
        return hot;
    return pass->variance_error <= most_spread * pass->variance + least_spread * hot ? fmax(0, pass->variance)
                                                                                     : (double)NAN;
}

static bool is_good(const heat_planar_pass *pass, double log_z)
{
    return pass->positive && pass->error <= most_error * fmax(1, fabs(log_z)) &&
           pass->mismatch <= most_mismatch;
}

heat_status heat_planar_run_sum(heat_context *ctx, const heat_planar *plan, double beta,
                                heat_elimination_sum *sum)
{
    heat_planar_pass pass = {.beta = beta};
    double free_part = free_log_z(plan, beta);
    heat_status status;

    heat_elimination_sum_forget(plan->graph, sum);
    if (!(beta >= 0 && beta < (double)INFINITY))
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "an inverse temperature of %g: expected 0 or more", beta);
    status = heat_alloc(ctx, plan->map.m, sizeof *pass.correlation, &pass.correlation);
    if (status != HEAT_OK || (status = heat_planar_pass_double(ctx, plan, &pass)) != HEAT_OK ||
        heat_halted(ctx))
        goto out;
    if (!is_good(&pass, free_part + pass.log_sum) || isnan(variance_of(plan, &pass))) {
        status = heat_planar_pass_pair(ctx, plan, &pass);
        if (status != HEAT_OK || heat_halted(ctx))
            goto out;
        if (!is_good(&pass, free_part + pass.log_sum)) {
            status = heat_fail(
                ctx, HEAT_ERROR_UNABLE,
                "at temperature %g the Pfaffian's terms cancel to beyond 32 digits: ask for a higher "
                "temperature, for an estimate (--method mbar), or, on a narrow graph, allow "
                "elimination more --memory",
                1 / beta);
            goto out;
        }
    }
    note_means(plan, pass.correlation, sum);
    sum->energy_variance = variance_of(plan, &pass);
    sum->log_z = free_part + pass.log_sum;
out:
    heat_free(pass.correlation);
    return status;
}
