/* R-hat compares chains with each other: if all begin in one well and none finds the other, they agree. So
 * minima are sought apart from the chains (landscape/minima.h), and weighed as harmonic wells,
 *
 *     w_k ~ exp(-U_k / T) / sqrt(det(H_k / 2 pi T)),
 *
 * and draws are quenched to see which of them the chains have been in. */
#include "sample/visit_check.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "kernel/isa.h"
#include "landscape/minima.h"
#include "stats/log_sum.h"

#include <math.h>
#include <stdio.h>

enum { MOST_VARIABLES = 10, MOST_DRAWS = 1024 };
static const double least_share = 0.01;
static const double level = 1e-6; /* the curvature along a valley, of the largest */

typedef struct visits {
    const heat_sampling *sampling;
    heat_smooth view;
    heat_minima found;
    heat_landscape landscape;
    double *log_weight; /* [minimum] */
    double *draws;      /* [MOST_DRAWS][n] */
    int64_t *met;       /* [minimum] by scattered quenches */
    int64_t count;      /* minima that these have found */
} visits;

/* Minus infinity on a wall, or where some direction does not curve upward: such a well is no paraboloid. A
 * valley is as wide as it was seen to be. */
static heat_status weigh(heat_context *ctx, visits *v, int64_t place, double temperature)
{
    const int32_t n = v->view.n;
    const double *x = v->found.minima.x + place * n, two_pi = 6.28318530717958647693;
    const double valley = heat_minima_valley(&v->found, place);
    double curvatures[MOST_VARIABLES], log_weight = -v->found.minima.energy[place] / temperature;
    heat_status status = heat_landscape_curvatures(ctx, &v->landscape, x, curvatures);
    for (int32_t i = 0; i < n && status == HEAT_OK; i++) {
        bool is_held =
            heat_landscape_is_held(&v->landscape, x, i, 1) || heat_landscape_is_held(&v->landscape, x, i, -1);
        if (valley > 0 && curvatures[i] <= level * curvatures[n - 1])
            log_weight += log(valley);
        else
            log_weight += !is_held && curvatures[i] > 0 ? 0.5 * log(two_pi * temperature / curvatures[i])
                                                        : -(double)INFINITY;
    }
    v->log_weight[place] = log_weight;
    return status;
}

/* Draws of a row, evenly over its chains and their sweeps after the start that was left out. */
static int64_t take_draws(visits *v, int32_t t, int64_t discarded)
{
    const heat_recorder *rec = &v->sampling->recorder;
    const int64_t replicas = v->sampling->opt.replicas, n_sweeps = v->sampling->n_recorded - discarded;
    const int64_t all = replicas * n_sweeps, n_draws = all < MOST_DRAWS ? all : MOST_DRAWS;

    for (int64_t d = 0; d < n_draws; d++) {
        int64_t at = d * all / n_draws, slot = t * replicas + at / n_sweeps;
        int64_t sweep = discarded + at % n_sweeps;
        for (int32_t i = 0; i < v->view.n; i++)
            v->draws[d * v->view.n + i] =
                rec->coordinates[(i * rec->n_chains + slot) * rec->n_sweeps + sweep];
    }
    return n_draws;
}

static heat_status refuse(heat_context *ctx, const visits *v, int64_t place, double share,
                          heat_sample_temperature *row, heat_sample_result *r)
{
    char line[300];
    int used = snprintf(line, sizeof line, "T = %g: a minimum of energy %.6g, at (%.4g", row->temperature,
                        v->found.minima.energy[place], v->found.minima.x[place * v->view.n]);

    for (int32_t i = 1; i < v->view.n && used < 200; i++)
        used += snprintf(line + used, sizeof line - (size_t)used, ", %.4g",
                         v->found.minima.x[place * v->view.n + i]);
    snprintf(line + used, sizeof line - (size_t)used,
             "), holds about %.2g by its curvature, and no draw is of its basin: --engine tempering", share);
    heat_sample_withhold(r, row);
    return heat_sampling_add_reason(ctx, r, line);
}

static heat_status check_row(heat_context *ctx, visits *v, int32_t t, heat_sample_result *r)
{
    heat_sample_temperature *row = &r->temperatures[t];
    double log_sum;
    heat_status status = HEAT_OK;

    for (int64_t k = 0; k < v->count && status == HEAT_OK; k++) {
        v->met[k] = v->found.minima.met[k];
        status = weigh(ctx, v, k, row->temperature);
    }
    if (status != HEAT_OK)
        return status;
    log_sum = heat_log_sum_exp(v->count, v->log_weight);
    status = heat_minima_add(ctx, &v->view, take_draws(v, t, row->discarded), v->draws,
                             v->sampling->opt.threads, &v->found);
    for (int64_t k = 0; k < v->count && status == HEAT_OK && !heat_halted(ctx); k++) {
        double share = exp(v->log_weight[k] - log_sum);
        if (v->found.minima.count == v->found.minima.most) /* some may have given way to lower ones */
            return HEAT_OK;
        if (share >= least_share && v->found.minima.met[k] == v->met[k])
            return refuse(ctx, v, k, share, row, r);
    }
    return status;
}

static heat_status open_visits(heat_context *ctx, visits *v)
{
    const heat_sample_options *opt = &v->sampling->opt;
    heat_status status = heat_minima_scatter(ctx, &v->view, opt->seed, HEAT_AUTO, opt->threads, &v->found);

    v->count = v->found.minima.count;
    if (status == HEAT_OK)
        status = heat_landscape_open(ctx, &v->view, &v->landscape);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, v->count, sizeof *v->log_weight, &v->log_weight);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, v->count, sizeof *v->met, &v->met);
    return status == HEAT_OK ? heat_alloc(ctx, MOST_DRAWS * (int64_t)v->view.n, sizeof *v->draws, &v->draws)
                             : status;
}

heat_status heat_visit_check(heat_context *ctx, const heat_sampling *s, heat_sample_result *r)
{
    visits v = {.sampling = s};
    heat_error_text before = ctx->error;
    heat_status status = HEAT_OK;

    if (!heat_model_get_smooth(s->model, heat_isa_get("auto"), &v.view) || !v.view.has_gradient ||
        v.view.n > MOST_VARIABLES || s->recorder.n_coordinates != v.view.n || heat_halted(ctx))
        return HEAT_OK;
    status = open_visits(ctx, &v);
    for (int32_t t = 0; t < r->n_temperatures && status == HEAT_OK && v.count > 1; t++)
        if (r->temperatures[t].outcome == HEAT_OUTCOME_CONVERGED && !heat_halted(ctx))
            status = check_row(ctx, &v, t, r);
    heat_landscape_close(&v.landscape);
    heat_minima_close(&v.found);
    heat_free(v.log_weight);
    heat_free(v.met);
    heat_free(v.draws);
    if (status == HEAT_OK || status == HEAT_ERROR_MEMORY)
        return status;
    ctx->error = before; /* no minimum, or no energy where no chain went: nothing to compare with */
    return HEAT_OK;
}
