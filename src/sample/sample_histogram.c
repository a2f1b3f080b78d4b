/* Histograms of recorded series, by the names of their averages. */
#include "sample/sample_histogram.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "sample/observable_rows.h"
#include "stats/histogram.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_BINS = 128, COORDINATE_BINS = 60 };

static heat_status refuse(heat_context *ctx, const char *list, const char *word, size_t length)
{
    char words[256] = "";

    for (const heat_average_row *row = heat_average_rows; row->name != NULL; row++)
        if (row->grid != NULL) {
            strncat(words, words[0] == '\0' ? "" : ", ", sizeof words - strlen(words) - 1);
            strncat(words, row->name, sizeof words - strlen(words) - 1);
        }
    return heat_fail_option(ctx, "histogram", list, "'%.*s' is none of %s", (int)(length < 80 ? length : 80),
                            word, words);
}

heat_status heat_histogram_plan(heat_context *ctx, const char *list, heat_scalars *scalars)
{
    for (const char *c = list; c != NULL && *c != '\0'; c += strcspn(c, ","), c += *c == ',') {
        size_t length = strcspn(c, ",");
        const heat_average_row *row = heat_average_find(c, length);
        if (heat_scalars_have_coordinate(scalars, c, length))
            continue;
        if (row == NULL || row->grid == NULL)
            return refuse(ctx, list, c, length);
        if (!heat_scalars_want(scalars, row->series))
            return heat_fail_option(ctx, "histogram", list, "%s is not defined for %s", row->name,
                                    scalars->info.name);
    }
    return HEAT_OK;
}

/* The greatest number that divides all differences of integers. */
static double common_step(const heat_series *s, const double *x, int64_t n_chains, int64_t stride)
{
    int64_t divisor = 0;

    for (int64_t chain = 0; chain < n_chains; chain++)
        for (int64_t t = 0; t < s->n_sweeps; t++) {
            int64_t a = llabs((int64_t)(x[chain * stride + t] - x[0]));
            while (a != 0) {
                int64_t rest = divisor % a;
                divisor = a;
                a = rest;
            }
        }
    return divisor > 0 ? (double)divisor : 1;
}

static heat_status alloc_histogram(heat_context *ctx, heat_sample_histogram *h)
{
    heat_status status = heat_alloc(ctx, MOST_BINS + 1, sizeof *h->edges, &h->edges);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, MOST_BINS, sizeof *h->p, &h->p);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, MOST_BINS, sizeof *h->error, &h->error);
    return status;
}

static heat_status fill(heat_context *ctx, const heat_series *s, const heat_average_row *row,
                        const heat_observable *average, heat_sample_histogram *h)
{
    int64_t pairs = heat_series_is_paired(row->series) ? 2 : 1, n_chains = s->n_chains / pairs;
    int64_t stride = s->stride * pairs;
    const double *x = heat_series_get(s, row->series);
    heat_grid grid = row->grid(s->info);
    int64_t together =
        pairs == 1 && s->together > 1 ? s->together : 1; /* chains that are one: a sweep's draws in a row */
    double *scaled = NULL;
    heat_status status = heat_alloc(ctx, n_chains * s->n_sweeps, sizeof *scaled, &scaled);

    if (status == HEAT_OK)
        status = alloc_histogram(ctx, h);
    if (status != HEAT_OK)
        goto out;
    if (row->series == HEAT_SERIES_ENERGY && s->info->integer)
        grid.step = common_step(s, x, n_chains, stride);
    for (int64_t chain = 0; chain < n_chains; chain++)
        for (int64_t t = 0; t < s->n_sweeps; t++) {
            double v = row->value(x[chain * stride + t], s->info->n_variables);
            scaled[chain / together * together * s->n_sweeps + together * t + chain % together] = v;
            grid.low = fmin(grid.low, v);
            grid.high = fmax(grid.high, v);
        }
    h->n_bins = (int32_t)heat_histogram_edges(
        grid.low, grid.high, grid.step, row->series < HEAT_N_SERIES ? MOST_BINS : COORDINATE_BINS, h->edges);
    if (isfinite(average->mean)) {
        status = heat_histogram_get(ctx, n_chains / together, s->n_sweeps * together, s->n_sweeps * together,
                                    scaled, average->tau, h->n_bins, h->edges, h->p, h->error);
    } else {
        for (int32_t k = 0; k < h->n_bins; k++)
            h->p[k] = h->error[k] = (double)NAN;
    }
out:
    heat_free(scaled);
    return status;
}

/* The average of that name, which is there. */
static const heat_observable *find_average(const heat_series *s, const heat_sample_temperature *t,
                                           const char *name, size_t length, heat_average_row *row)
{
    for (int32_t k = 0; heat_average_get(s, k, row); k++)
        if (strlen(row->name) == length && strncmp(row->name, name, length) == 0)
            break;
    for (int32_t k = 0; k < t->n_observables; k++)
        if (strcmp(t->observables[k].name, row->name) == 0)
            return &t->observables[k];
    return NULL;
}

heat_status heat_histograms_get(heat_context *ctx, const char *list, const heat_series *s,
                                heat_sample_temperature *t)
{
    int64_t capacity = 0;

    for (const char *c = list; c != NULL && *c != '\0' && s->n_sweeps >= 4;
         c += strcspn(c, ","), c += *c == ',') {
        heat_average_row row;
        const heat_observable *average = find_average(s, t, c, strcspn(c, ","), &row);
        heat_status status =
            heat_grow(ctx, t->n_histograms + 1, sizeof *t->histograms, &capacity, &t->histograms);
        if (status != HEAT_OK)
            return status;
        t->histograms[t->n_histograms] = (heat_sample_histogram){.name = average->name};
        status = fill(ctx, s, &row, average, &t->histograms[t->n_histograms++]);
        if (status != HEAT_OK)
            return status;
    }
    return HEAT_OK;
}

void heat_histograms_clear(heat_sample_temperature *t)
{
    for (int32_t k = 0; k < t->n_histograms; k++) {
        heat_free(t->histograms[k].edges);
        heat_free(t->histograms[k].p);
        heat_free(t->histograms[k].error);
    }
    heat_free(t->histograms);
}
