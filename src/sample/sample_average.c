/* The average over samples of the disorder: each model counts alike, the error is that of their scatter. */
#include "base/context_private.h"
#include "base/memory.h"
#include "base/text.h"
#include "sample/sampling.h"
#include "stats/disorder.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static heat_status check_alike(heat_context *ctx, int64_t n, const heat_sample_result *results)
{
    for (int64_t k = 1; k < n; k++) {
        bool alike = results[k].n_temperatures == results[0].n_temperatures;
        for (int32_t t = 0; alike && t < results[0].n_temperatures; t++)
            alike = results[k].temperatures[t].temperature == results[0].temperatures[t].temperature &&
                    results[k].temperatures[t].n_observables == results[0].temperatures[t].n_observables &&
                    results[k].temperatures[t].n_histograms == results[0].temperatures[t].n_histograms;
        if (!alike)
            return heat_fail(
                ctx, HEAT_ERROR_ARGUMENT,
                "samples of the disorder were run at different temperatures or measured different "
                "quantities: there is no average of them (option --temperature)");
    }
    return HEAT_OK;
}

/* One observable at one temperature; withheld if any sample's is, for the others alone are not all of them.
 */
static heat_status average_one(heat_context *ctx, int64_t n, const heat_sample_result *results, int32_t t,
                               int32_t observable, double *scratch, heat_observable *out)
{
    const double nan = (double)NAN;
    heat_disorder_mean mean;
    heat_status status;

    *out = (heat_observable){results[0].temperatures[t].observables[observable].name,
                             nan,
                             nan,
                             nan,
                             nan,
                             nan,
                             nan,
                             nan,
                             nan,
                             nan,
                             nan};
    for (int64_t k = 0; k < n; k++) {
        scratch[k] = results[k].temperatures[t].observables[observable].mean;
        scratch[n + k] = results[k].temperatures[t].observables[observable].error;
        if (!isfinite(scratch[k]) || !isfinite(scratch[n + k]))
            return HEAT_OK;
    }
    status = heat_disorder_mean_get(ctx, n, scratch, scratch + n, NULL, &mean);
    out->mean = mean.mean;
    out->error = mean.error;
    out->sd = mean.scatter;
    return status;
}

/* --- equilibrium of glasses with normal couplings --- */

static const char identity[] = "energy_link_identity";

static int32_t find_row(const heat_sample_temperature *t, const char *name)
{
    for (int32_t k = 0; k < t->n_observables; k++)
        if (strcmp(t->observables[k].name, name) == 0)
            return k;
    return -1;
}

static bool has_identity(int64_t n, const heat_sample_result *results, int32_t t)
{
    for (int64_t k = 0; k < n; k++)
        if (!(results[k].normal_energy > 0) || find_row(&results[k].temperatures[t], "link_overlap") < 0)
            return false;
    return true;
}

/* By parts over each normal J_ij of variance J^2: [J_ij <s_i s_j>] = J^2 / T [1 - <s_i s_j>^2]. So
 * E + J^2 edges / T (1 - q_link), taken in every sample, is 0 on average over the couplings in equilibrium;
 * energies that still fall and overlaps that still rise leave it above 0. The two are not independent: one
 * model's errors add up at worst. */
static heat_status average_identity(heat_context *ctx, int64_t n, const heat_sample_result *results,
                                    int32_t t, double *scratch, heat_observable *out)
{
    const double nan = (double)NAN;
    heat_disorder_mean mean;
    heat_status status;

    *out = (heat_observable){identity, nan, nan, nan, nan, nan, nan, nan, nan, nan, nan};
    for (int64_t k = 0; k < n; k++) {
        const heat_sample_temperature *row = &results[k].temperatures[t];
        const heat_observable *energy = &row->observables[find_row(row, "energy")];
        const heat_observable *link = &row->observables[find_row(row, "link_overlap")];
        double scale = results[k].normal_energy / row->temperature;
        scratch[k] = energy->mean + scale * (1 - link->mean);
        scratch[n + k] = energy->error + scale * link->error;
        if (!isfinite(scratch[k]) || !isfinite(scratch[n + k]))
            return HEAT_OK;
    }
    status = heat_disorder_mean_get(ctx, n, scratch, scratch + n, NULL, &mean);
    out->mean = mean.mean;
    out->error = mean.error;
    out->sd = mean.scatter;
    return status;
}

/* Standard errors off, as rare among normal numbers as t is among those whose error is known from n samples.
 * Wallace, Ann. Math. Stat. 30 (1959) 1124. */
static double normal_deviate(double t, double n)
{
    double f = n - 1;

    return (8 * f + 1) / (8 * f + 3) * sqrt(f * log1p(t * t / f));
}

static heat_status judge_identity(heat_context *ctx, int64_t n, const heat_observable *o, double temperature,
                                  heat_sample_result *average)
{
    const double most = 4;
    char line[256], number[40];

    if (n < 2 || !isfinite(o->mean) || normal_deviate(o->mean / o->error, (double)n) <= most)
        return HEAT_OK;
    average->outcome = HEAT_OUTCOME_NOT_CONVERGED;
    snprintf(line, sizeof line,
             "T = %s: energy and link overlap disagree by %.1f standard errors (%s): not in equilibrium",
             heat_text_real(temperature, number, sizeof number), o->mean / o->error, identity);
    return heat_sampling_add_reason(ctx, average, line);
}

static bool have_common_edges(int64_t n, const heat_sample_result *results, int32_t t, int32_t histogram)
{
    const heat_sample_histogram *first = &results[0].temperatures[t].histograms[histogram];

    for (int64_t k = 1; k < n; k++) {
        const heat_sample_histogram *h = &results[k].temperatures[t].histograms[histogram];
        if (h->n_bins != first->n_bins ||
            memcmp(h->edges, first->edges, (size_t)(first->n_bins + 1) * sizeof *h->edges) != 0)
            return false;
    }
    return true;
}

/* One bin: withheld if any sample's is. */
static heat_status average_bin(heat_context *ctx, int64_t n, const heat_sample_result *results, int32_t t,
                               int32_t histogram, int32_t bin, double *scratch, heat_sample_histogram *out)
{
    heat_disorder_mean mean;
    heat_status status;

    out->p[bin] = out->error[bin] = (double)NAN;
    for (int64_t k = 0; k < n; k++) {
        const heat_sample_histogram *h = &results[k].temperatures[t].histograms[histogram];
        scratch[k] = h->p[bin];
        scratch[n + k] = h->error[bin];
        if (!isfinite(scratch[k]) || !isfinite(scratch[n + k]))
            return HEAT_OK;
    }
    status = heat_disorder_mean_get(ctx, n, scratch, scratch + n, NULL, &mean);
    out->p[bin] = mean.mean;
    out->error[bin] = mean.error;
    return status;
}

/* Histograms whose edges all models share: those of overlaps and order parameters, not of energies. */
static heat_status average_histograms(heat_context *ctx, int64_t n, const heat_sample_result *results,
                                      int32_t t, double *scratch, heat_sample_temperature *row)
{
    const heat_sample_temperature *first = &results[0].temperatures[t];
    heat_status status = heat_alloc(ctx, first->n_histograms, sizeof *row->histograms, &row->histograms);

    for (int32_t h = 0; h < first->n_histograms && status == HEAT_OK; h++) {
        heat_sample_histogram *out = &row->histograms[row->n_histograms];
        int32_t n_bins = first->histograms[h].n_bins;
        if (!have_common_edges(n, results, t, h))
            continue;
        *out = (heat_sample_histogram){.name = first->histograms[h].name, .n_bins = n_bins};
        row->n_histograms++;
        status = heat_alloc(ctx, n_bins + 1, sizeof *out->edges, &out->edges);
        if (status == HEAT_OK)
            status = heat_alloc(ctx, n_bins, sizeof *out->p, &out->p);
        if (status == HEAT_OK)
            status = heat_alloc(ctx, n_bins, sizeof *out->error, &out->error);
        if (status == HEAT_OK)
            memcpy(out->edges, first->histograms[h].edges, (size_t)(n_bins + 1) * sizeof *out->edges);
        for (int32_t bin = 0; bin < n_bins && status == HEAT_OK; bin++)
            status = average_bin(ctx, n, results, t, h, bin, scratch, out);
    }
    return status;
}

static heat_status average_observables(heat_context *ctx, int64_t n, const heat_sample_result *results,
                                       int32_t t, double *scratch, heat_sample_result *average)
{
    heat_sample_temperature *row = &average->temperatures[t];
    int32_t count = results[0].temperatures[t].n_observables;
    heat_status status = heat_alloc(ctx, count + 1, sizeof *row->observables, &row->observables);

    for (int32_t k = 0; k < count && status == HEAT_OK; k++)
        status = average_one(ctx, n, results, t, k, scratch, &row->observables[k]);
    row->n_observables = status == HEAT_OK ? count : 0;
    if (status != HEAT_OK || !has_identity(n, results, t))
        return status;
    status = average_identity(ctx, n, results, t, scratch, &row->observables[count]);
    row->n_observables = count + 1;
    if (status == HEAT_OK)
        status = judge_identity(ctx, n, &row->observables[count], row->temperature, average);
    return status;
}

heat_status heat_sample_average(heat_context *ctx, int64_t n, const heat_sample_result *results,
                                heat_sample_result *average)
{
    heat_sample_result a;
    double *scratch = NULL;
    size_t size;
    heat_status status;

    if (ctx == NULL)
        return HEAT_ERROR_ARGUMENT;
    if (n < 1 || results == NULL || average == NULL)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT,
                         "heat_sample_average: no results or no place for the average");
    heat_sample_result_init(&a);
    status = check_alike(ctx, n, results);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, 2 * n, sizeof *scratch, &scratch);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, results[0].n_temperatures, sizeof *a.temperatures, &a.temperatures);
    if (status != HEAT_OK)
        goto out;
    a.engine = results[0].engine;
    a.n_temperatures = results[0].n_temperatures;
    a.n_variables = results[0].n_variables;
    a.round_trips = -1;
    a.outcome = HEAT_OUTCOME_CONVERGED;
    for (int64_t k = 0; k < n; k++)
        if (a.outcome != HEAT_OUTCOME_INTERRUPTED && results[k].outcome != HEAT_OUTCOME_CONVERGED)
            a.outcome = results[k].outcome;
    status = heat_alloc(ctx, 1, 1, &a.reasons);
    for (int32_t t = 0; t < a.n_temperatures && status == HEAT_OK; t++) {
        heat_sample_temperature *row = &a.temperatures[t];
        *row = (heat_sample_temperature){.temperature = results[0].temperatures[t].temperature,
                                         .acceptance = (double)NAN,
                                         .exchange = (double)NAN,
                                         .log_z = (double)NAN,
                                         .log_z_error = (double)NAN,
                                         .family_size = (double)NAN};
        status = average_observables(ctx, n, results, t, scratch, &a);
        if (status == HEAT_OK)
            status = average_histograms(ctx, n, results, t, scratch, row);
    }
out:
    heat_free(scratch);
    if (status != HEAT_OK) {
        heat_sample_result_clear(&a);
        return status;
    }
    size = average->size == 0 ? sizeof a : average->size;
    heat_struct_copy(average, size, &a, sizeof a);
    return HEAT_OK;
}
