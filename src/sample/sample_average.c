/* The average over samples of the disorder: each model counts alike, the error is that of their scatter. */
#include "base/context_private.h"
#include "base/memory.h"
#include "base/text.h"
#include "sample/observable_rows.h"
#include "sample/sampling.h"
#include "stats/disorder.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* The same row of every model: of the scan, or between its temperatures. */
typedef struct place {
    int64_t n;
    const heat_sample_result *results;
    bool between;
    int32_t t;
    double *scratch; /* [3 n] */
} place;

static const heat_sample_temperature *row_of(const place *p, int64_t k)
{
    return p->between ? &p->results[k].between[p->t] : &p->results[k].temperatures[p->t];
}

static bool are_rows_alike(const place *p)
{
    const heat_sample_temperature *first = row_of(p, 0);

    for (int64_t k = 1; k < p->n; k++) {
        const heat_sample_temperature *row = row_of(p, k);
        if (row->temperature != first->temperature || row->n_observables != first->n_observables ||
            row->n_histograms != first->n_histograms)
            return false;
    }
    return true;
}

static heat_status check_alike(heat_context *ctx, int64_t n, const heat_sample_result *results)
{
    bool alike = true;

    for (int64_t k = 1; k < n; k++)
        alike &= results[k].n_temperatures == results[0].n_temperatures &&
                 results[k].n_between == results[0].n_between;
    for (int32_t t = 0; alike && t < results[0].n_temperatures; t++)
        alike = are_rows_alike(&(place){n, results, false, t, NULL});
    for (int32_t t = 0; alike && t < results[0].n_between; t++)
        alike = are_rows_alike(&(place){n, results, true, t, NULL});
    if (!alike)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT,
                         "samples of the disorder were run at different temperatures or measured different "
                         "quantities: there is no average of them (option --temperature)");
    return HEAT_OK;
}

static heat_observable withheld(const char *name)
{
    const double nan = (double)NAN;

    return (heat_observable){name, nan, nan, nan, nan, nan, nan, nan, nan, nan, nan, 0, 0};
}

static int32_t find_row(const heat_sample_temperature *t, const char *name)
{
    for (int32_t k = 0; k < t->n_observables; k++)
        if (strcmp(t->observables[k].name, name) == 0)
            return k;
    return -1;
}

/* One observable; withheld if any sample's is, for the others alone are not all of them. */
static heat_status average_one(heat_context *ctx, const place *p, int32_t observable, heat_observable *out)
{
    double *value = p->scratch, *error = value + p->n;
    heat_disorder_mean mean;
    heat_status status;

    *out = withheld(row_of(p, 0)->observables[observable].name);
    for (int64_t k = 0; k < p->n; k++) {
        value[k] = row_of(p, k)->observables[observable].mean;
        error[k] = row_of(p, k)->observables[observable].error;
        if (!isfinite(value[k]) || !isfinite(error[k]))
            return HEAT_OK;
    }
    status = heat_disorder_mean_get(ctx, p->n, value, error, NULL, &mean);
    out->mean = mean.mean;
    out->error = mean.error;
    out->sd = mean.scatter;
    return status;
}

static const heat_derived_row *find_ratio(const char *name)
{
    for (const heat_derived_row *row = heat_derived_rows; row->name != NULL; row++)
        if (row->moments[1] != NULL && strcmp(row->name, name) == 0)
            return row;
    return NULL;
}

/* A ratio of averages over the samples, by the jackknife over these. */
static heat_status average_ratio(heat_context *ctx, const place *p, const heat_derived_row *ratio,
                                 heat_observable *out)
{
    const heat_sample_result *first = &p->results[0];
    double factor = 1;
    heat_status status;

    *out = withheld(ratio->name);
    for (int64_t k = 0; k < p->n; k++)
        for (int c = 0; c < ratio->n_columns; c++) {
            const heat_sample_temperature *row = row_of(p, k);
            int32_t at = ratio->moments[c] == NULL ? -1 : find_row(row, ratio->moments[c]);
            p->scratch[k * ratio->n_columns + c] = at < 0 ? 0 : row->observables[at].mean;
            if (!isfinite(p->scratch[k * ratio->n_columns + c]))
                return HEAT_OK;
        }
    if (strcmp(ratio->name, "correlation_length") == 0)
        factor = 1 / first->wave_number;
    status = heat_jackknife(ctx, p->n, ratio->n_columns, p->scratch, ratio->f, NULL, &out->mean, &out->error);
    if (status == HEAT_ERROR_UNDEFINED) { /* as of one sample: no number, no failure */
        *out = withheld(ratio->name);
        return HEAT_OK;
    }
    out->mean *= factor;
    out->error *= factor;
    return status;
}

static heat_status average_row(heat_context *ctx, const place *p, heat_sample_temperature *row)
{
    const heat_sample_temperature *first = row_of(p, 0);
    heat_status status =
        heat_alloc(ctx, first->n_observables + 1, sizeof *row->observables, &row->observables);

    *row = (heat_sample_temperature){.temperature = first->temperature,
                                     .outcome = HEAT_OUTCOME_CONVERGED,
                                     .observables = row->observables,
                                     .acceptance = (double)NAN,
                                     .step = (double)NAN,
                                     .divergences = -1,
                                     .e_bfmi = (double)NAN,
                                     .exchange = (double)NAN,
                                     .log_z = (double)NAN,
                                     .log_z_error = (double)NAN,
                                     .family_size = (double)NAN};
    for (int64_t k = 0; k < p->n; k++)
        if (row_of(p, k)->outcome > row->outcome)
            row->outcome = row_of(p, k)->outcome;
    for (int32_t k = 0; k < first->n_observables && status == HEAT_OK; k++) {
        const heat_derived_row *ratio = find_ratio(first->observables[k].name);
        status = ratio != NULL && p->n > 1 ? average_ratio(ctx, p, ratio, &row->observables[k])
                                           : average_one(ctx, p, k, &row->observables[k]);
        row->n_observables = k + 1;
    }
    return status;
}

/* --- equilibrium of glasses with normal couplings --- */

static const char identity[] = "energy_link_identity";

static bool has_identity(const place *p)
{
    for (int64_t k = 0; k < p->n; k++)
        if (!(p->results[k].normal_energy > 0) || find_row(row_of(p, k), "link_overlap") < 0)
            return false;
    return true;
}

/* By parts over each normal J_ij of variance J^2: [J_ij <s_i s_j>] = J^2 / T [1 - <s_i s_j>^2]. So
 * E + J^2 edges / T (1 - q_link), taken in every sample, is 0 on average over the couplings in equilibrium;
 * energies that still fall and overlaps that still rise leave it above 0. The two are not independent: one
 * model's errors add up at worst. */
static heat_status average_identity(heat_context *ctx, const place *p, heat_observable *out)
{
    double *value = p->scratch, *error = value + p->n;
    heat_disorder_mean mean;
    heat_status status;

    *out = withheld(identity);
    for (int64_t k = 0; k < p->n; k++) {
        const heat_sample_temperature *row = row_of(p, k);
        const heat_observable *energy = &row->observables[find_row(row, "energy")];
        const heat_observable *link = &row->observables[find_row(row, "link_overlap")];
        double scale = p->results[k].normal_energy / row->temperature;
        value[k] = energy->mean + scale * (1 - link->mean);
        error[k] = energy->error + scale * link->error;
        if (!isfinite(value[k]) || !isfinite(error[k]))
            return HEAT_OK;
    }
    status = heat_disorder_mean_get(ctx, p->n, value, error, NULL, &mean);
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
    if (average->outcome < HEAT_OUTCOME_NOT_CONVERGED)
        average->outcome = HEAT_OUTCOME_NOT_CONVERGED;
    snprintf(line, sizeof line,
             "T = %s: energy and link overlap disagree by %.1f standard errors (%s): not in equilibrium",
             heat_text_real(temperature, number, sizeof number), o->mean / o->error, identity);
    return heat_sampling_add_reason(ctx, average, line);
}

static bool have_common_edges(const place *p, int32_t histogram)
{
    const heat_sample_histogram *first = &row_of(p, 0)->histograms[histogram];

    for (int64_t k = 1; k < p->n; k++) {
        const heat_sample_histogram *h = &row_of(p, k)->histograms[histogram];
        if (h->n_bins != first->n_bins ||
            memcmp(h->edges, first->edges, (size_t)(first->n_bins + 1) * sizeof *h->edges) != 0)
            return false;
    }
    return true;
}

/* One bin: withheld if any sample's is. */
static heat_status average_bin(heat_context *ctx, const place *p, int32_t histogram, int32_t bin,
                               heat_sample_histogram *out)
{
    double *value = p->scratch, *error = value + p->n;
    heat_disorder_mean mean;
    heat_status status;

    out->p[bin] = out->error[bin] = (double)NAN;
    for (int64_t k = 0; k < p->n; k++) {
        value[k] = row_of(p, k)->histograms[histogram].p[bin];
        error[k] = row_of(p, k)->histograms[histogram].error[bin];
        if (!isfinite(value[k]) || !isfinite(error[k]))
            return HEAT_OK;
    }
    status = heat_disorder_mean_get(ctx, p->n, value, error, NULL, &mean);
    out->p[bin] = mean.mean;
    out->error[bin] = mean.error;
    return status;
}

/* Histograms whose edges all models share: those of overlaps and order parameters, not of energies. */
static heat_status average_histograms(heat_context *ctx, const place *p, heat_sample_temperature *row)
{
    const heat_sample_temperature *first = row_of(p, 0);
    heat_status status = heat_alloc(ctx, first->n_histograms, sizeof *row->histograms, &row->histograms);

    for (int32_t h = 0; h < first->n_histograms && status == HEAT_OK; h++) {
        heat_sample_histogram *out = &row->histograms[row->n_histograms];
        int32_t n_bins = first->histograms[h].n_bins;
        if (!have_common_edges(p, h))
            continue;
        *out = (heat_sample_histogram){
            .name = row->observables[find_row(row, first->histograms[h].name)].name, .n_bins = n_bins};
        row->n_histograms++;
        status = heat_alloc(ctx, n_bins + 1, sizeof *out->edges, &out->edges);
        if (status == HEAT_OK)
            status = heat_alloc(ctx, n_bins, sizeof *out->p, &out->p);
        if (status == HEAT_OK)
            status = heat_alloc(ctx, n_bins, sizeof *out->error, &out->error);
        if (status == HEAT_OK)
            memcpy(out->edges, first->histograms[h].edges, (size_t)(n_bins + 1) * sizeof *out->edges);
        for (int32_t bin = 0; bin < n_bins && status == HEAT_OK; bin++)
            status = average_bin(ctx, p, h, bin, out);
    }
    return status;
}

static heat_status average_temperature(heat_context *ctx, const place *p, heat_sample_result *average)
{
    heat_sample_temperature *row = &average->temperatures[p->t];
    heat_status status = average_row(ctx, p, row);

    if (status == HEAT_OK && has_identity(p)) {
        heat_observable *o = &row->observables[row->n_observables];
        status = average_identity(ctx, p, o);
        row->n_observables++;
        if (status == HEAT_OK)
            status = judge_identity(ctx, p->n, o, row->temperature, average);
    }
    if (status == HEAT_OK)
        status = heat_observables_own_names(ctx, row->n_observables, &row->observables);
    return status == HEAT_OK ? average_histograms(ctx, p, row) : status;
}

static heat_status average_all(heat_context *ctx, int64_t n, const heat_sample_result *results,
                               double *scratch, heat_sample_result *a)
{
    heat_status status =
        heat_alloc(ctx, results[0].n_temperatures, sizeof *a->temperatures, &a->temperatures);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, results[0].n_between, sizeof *a->between, &a->between);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, 1, 1, &a->reasons);
    for (int32_t t = 0; t < results[0].n_temperatures && status == HEAT_OK; t++) {
        const place p = {n, results, false, t, scratch};
        a->n_temperatures = t + 1;
        status = average_temperature(ctx, &p, a);
    }
    for (int32_t t = 0; t < results[0].n_between && status == HEAT_OK; t++) {
        const place p = {n, results, true, t, scratch};
        a->n_between = t + 1;
        status = average_row(ctx, &p, &a->between[t]);
    }
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
    a.engine = results[0].engine;
    a.n_variables = results[0].n_variables;
    a.n_chains = results[0].n_chains;
    a.n_sweeps = results[0].n_sweeps;
    a.n_models = n;
    a.round_trips = -1;
    a.outcome = HEAT_OUTCOME_CONVERGED;
    for (int64_t k = 0; k < n; k++)
        if (results[k].outcome > a.outcome)
            a.outcome = results[k].outcome;
    status = check_alike(ctx, n, results);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, 3 * n, sizeof *scratch, &scratch);
    if (status == HEAT_OK)
        status = average_all(ctx, n, results, scratch, &a);
    heat_free(scratch);
    if (status != HEAT_OK) {
        heat_sample_result_clear(&a);
        return status;
    }
    size = average->size == 0 ? sizeof a : average->size;
    heat_struct_copy(average, size, &a, sizeof a);
    return HEAT_OK;
}
