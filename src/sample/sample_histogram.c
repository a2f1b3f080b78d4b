/* Histograms of recorded series, by the names of their averages. */
#include "sample/sample_histogram.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "stats/histogram.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_BINS = 128 };

/* What can be drawn as a histogram; one row adds one. */
typedef struct histogram_row {
    const char *name;
    heat_series_id series;
    bool per_variable; /* divided by the number of variables */
} histogram_row;

static const histogram_row rows[] = {
    {"energy", HEAT_SERIES_ENERGY, false},        {"magnetization", HEAT_SERIES_ORDER, false},
    {"order_parameter", HEAT_SERIES_ORDER, true}, {"overlap", HEAT_SERIES_OVERLAP, false},
    {"link_overlap", HEAT_SERIES_LINK, false},
};
enum { N_ROWS = sizeof rows / sizeof *rows };

static const histogram_row *find_row(const char *name, size_t length)
{
    for (int k = 0; k < N_ROWS; k++)
        if (strlen(rows[k].name) == length && strncmp(rows[k].name, name, length) == 0)
            return &rows[k];
    return NULL;
}

static bool fits(const histogram_row *row, const heat_model_info *info)
{
    bool is_spin = info->coding == HEAT_CODING_SPIN;

    if (row->series == HEAT_SERIES_ORDER)
        return row->per_variable ? heat_scalars_are_of_values(info) : is_spin;
    return row->series == HEAT_SERIES_ENERGY || !heat_model_is_real(info);
}

heat_status heat_histogram_plan(heat_context *ctx, const char *list, const heat_model_info *info,
                                bool has_edges, heat_scalars *scalars)
{
    for (const char *c = list; c != NULL && *c != '\0'; c += strcspn(c, ","), c += *c == ',') {
        size_t length = strcspn(c, ",");
        const histogram_row *row = find_row(c, length);
        int shown = (int)(length < 80 ? length : 80);
        if (row == NULL)
            return heat_fail_option(
                ctx, "histogram", list,
                "'%.*s' is none of energy, magnetization, order_parameter, overlap, link_overlap", shown, c);
        if (!fits(row, info) || (row->series == HEAT_SERIES_LINK && !has_edges))
            return heat_fail_option(ctx, "histogram", list, "%s is not defined for %s", row->name,
                                    info->name);
        scalars->wants[row->series] = true;
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

/* The spacing of the values that the quantity can have; 0 for a continuum. */
static double step_of(const histogram_row *row, const heat_series *s, const double *x, int64_t n_chains,
                      int64_t stride)
{
    double q = s->info->n_states, n = s->info->n_variables;

    switch (row->series) {
    case HEAT_SERIES_ENERGY:
        return s->info->integer ? common_step(s, x, n_chains, stride) : 0;
    case HEAT_SERIES_ORDER:
        return row->per_variable ? q / (q - 1) / n : 2;
    case HEAT_SERIES_OVERLAP:
        return q / (q - 1) / n;
    case HEAT_SERIES_LINK:
        return 2 / (double)s->info->n_edges;
    default:
        return 0;
    }
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

/* Where the range is known beforehand, all models and temperatures get the same edges. */
static void known_range(const histogram_row *row, const heat_model_info *info, double *low, double *high)
{
    if (row->series == HEAT_SERIES_OVERLAP && info->n_states > 2)
        *low = -1.0 / (info->n_states - 1);
    else if (row->series == HEAT_SERIES_OVERLAP || row->series == HEAT_SERIES_LINK)
        *low = -1;
    else if (row->series == HEAT_SERIES_ORDER)
        *low = row->per_variable ? 0 : -info->n_variables;
    if (row->series != HEAT_SERIES_ENERGY)
        *high = row->series == HEAT_SERIES_ORDER && !row->per_variable ? info->n_variables : 1;
}

static heat_status fill(heat_context *ctx, const heat_series *s, const histogram_row *row,
                        const heat_observable *average, heat_sample_histogram *h)
{
    int64_t pairs = heat_series_is_paired(row->series) ? 2 : 1, n_chains = s->n_chains / pairs;
    int64_t stride = s->stride * pairs;
    const double *x = s->values[row->series];
    double low = (double)INFINITY, high = -low, step = step_of(row, s, x, n_chains, stride);
    double scale = row->per_variable ? 1.0 / s->info->n_variables : 1;
    int64_t together = pairs == 1 && s->in_pairs ? 2 : 1; /* chains that are one: a sweep's draws in a row */
    double *scaled = NULL;
    heat_status status = heat_alloc(ctx, n_chains * s->n_sweeps, sizeof *scaled, &scaled);

    if (status == HEAT_OK)
        status = alloc_histogram(ctx, h);
    if (status != HEAT_OK)
        goto out;
    known_range(row, s->info, &low, &high);
    for (int64_t chain = 0; chain < n_chains; chain++)
        for (int64_t t = 0; t < s->n_sweeps; t++) {
            double v = x[chain * stride + t] * scale;
            scaled[chain / together * together * s->n_sweeps + together * t + chain % together] = v;
            low = fmin(low, v);
            high = fmax(high, v);
        }
    h->n_bins = (int32_t)heat_histogram_edges(low, high, step, MOST_BINS, h->edges);
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

heat_status heat_histograms_get(heat_context *ctx, const char *list, const heat_series *s,
                                heat_sample_temperature *t)
{
    int64_t capacity = 0;

    for (const char *c = list; c != NULL && *c != '\0' && s->n_sweeps >= 4;
         c += strcspn(c, ","), c += *c == ',') {
        const histogram_row *row = find_row(c, strcspn(c, ","));
        const heat_observable *average = NULL;
        heat_status status;
        for (int32_t k = 0; k < t->n_observables; k++)
            if (strcmp(t->observables[k].name, row->name) == 0)
                average = &t->observables[k];
        status = heat_grow(ctx, t->n_histograms + 1, sizeof *t->histograms, &capacity, &t->histograms);
        if (status != HEAT_OK)
            return status;
        t->histograms[t->n_histograms] = (heat_sample_histogram){.name = row->name};
        status = fill(ctx, s, row, average, &t->histograms[t->n_histograms++]);
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
