/* The average over samples of the disorder: each model counts alike, the error is that of their scatter. */
#include "base/context_private.h"
#include "base/memory.h"
#include "stats/disorder.h"

#include <heatbath/sample.h>
#include <math.h>
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
    for (int32_t t = 0; t < a.n_temperatures && status == HEAT_OK; t++) {
        heat_sample_temperature *row = &a.temperatures[t];
        *row = (heat_sample_temperature){.temperature = results[0].temperatures[t].temperature,
                                         .acceptance = (double)NAN,
                                         .exchange = (double)NAN,
                                         .log_z = (double)NAN,
                                         .log_z_error = (double)NAN,
                                         .family_size = (double)NAN};
        row->n_observables = results[0].temperatures[t].n_observables;
        status = heat_alloc(ctx, row->n_observables, sizeof *row->observables, &row->observables);
        for (int32_t k = 0; k < row->n_observables && status == HEAT_OK; k++)
            status = average_one(ctx, n, results, t, k, scratch, &row->observables[k]);
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
