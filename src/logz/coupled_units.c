/* Gaussian units v and ReLU units h >= 0. With the Gaussian layer integrated the other has
 *
 *     p(h) proportional to exp(-beta (h M h / 2 - g.h)),   M = A_h - W^T A_v^-1 W,
 *
 * on the orthant h >= 0, a probability of a normal distribution that has no closed form beyond a few units.
 * Temperature is no way to it, as at beta = 0 nothing holds real numbers; the couplings are: W from 0, where
 * layers are apart and every unit is integrated by itself, to W, by annealing there and back
 * (annealed_run.c).
 *
 * The integral converges if h M h > 0 for all h >= 0 other than 0 (M strictly copositive): certain where M is
 * positive definite. Elsewhere a state with h M h <= 0 is looked for, downhill from a few starts; where none
 * is found, chains tell, as they run away from a diverging integral. */
#include "logz/coupled_units.h"
#include "base/memory.h"
#include "stats/cholesky.h"

#include <math.h>
#include <string.h>

enum { STARTS = 16, STEPS = 500 };
static const double least_pivot = 1e-13, least_form = 1e-12;

/* M, [hidden][hidden], with weights `room` times as large; returns the largest sum of a row's sizes. */
static double fill_form(const heat_unit_layers *u, double room, double *m)
{
    int64_t n = u->hidden.n;
    double largest = 0;

    for (int64_t j = 0; j < n; j++)
        m[j * n + j] = u->hidden.precision[j];
    for (int64_t i = 0; i < u->visible.n; i++)
        for (int64_t j = 0; j < n; j++) {
            double w = room * room * u->weights[i * n + j] / u->visible.precision[i];
            for (int64_t k = 0; k < n && w != 0; k++)
                m[j * n + k] -= w * u->weights[i * n + k];
        }
    for (int64_t j = 0; j < n; j++) {
        double sum = 0;
        for (int64_t k = 0; k < n; k++)
            sum += fabs(m[j * n + k]);
        largest = fmax(largest, sum);
    }
    return largest;
}

/* h M h at |h| = 1 after steps downhill within h >= 0. */
static double descend(int64_t n, const double *m, double rate, double *h, double *slope)
{
    double form = 0;

    for (int t = 0; t < STEPS; t++) {
        double size = 0;
        for (int64_t j = 0; j < n; j++)
            size += h[j] * h[j];
        if (!(size > 0))
            return (double)INFINITY;
        form = 0;
        for (int64_t j = 0; j < n; j++)
            h[j] /= sqrt(size);
        for (int64_t j = 0; j < n; j++) {
            slope[j] = 0;
            for (int64_t k = 0; k < n; k++)
                slope[j] += m[j * n + k] * h[k];
            form += h[j] * slope[j];
        }
        for (int64_t j = 0; j < n; j++)
            h[j] = fmax(0, h[j] - rate * slope[j]);
    }
    return form;
}

/* From all units alike, and from single ones at even distances. */
static bool diverges(int64_t n, const double *m, double largest, double *h, double *slope)
{
    int64_t starts = n < STARTS ? n : STARTS;

    for (int64_t s = -1; s < starts; s++) {
        for (int64_t j = 0; j < n; j++)
            h[j] = s < 0 ? 1 : j == s * n / starts ? 1 : 1e-3;
        if (descend(n, m, 1 / largest, h, slope) <= least_form * largest)
            return true;
    }
    return false;
}

heat_status heat_coupled_units_check(heat_context *ctx, const heat_unit_layers *u, double room,
                                     bool *is_divergent)
{
    int64_t n = u->hidden.n;
    double *m = NULL, *factor = NULL, *h = NULL, largest;
    heat_status status = heat_alloc(ctx, n * n, sizeof *m, &m);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, n * n, sizeof *factor, &factor);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, 2 * n, sizeof *h, &h);
    if (status != HEAT_OK)
        goto out;
    largest = fill_form(u, room, m);
    memcpy(factor, m, (size_t)(n * n) * sizeof *m);
    *is_divergent =
        heat_cholesky_factor((int32_t)n, factor, least_pivot) < n && diverges(n, m, largest, h, h + n);
out:
    heat_free(m);
    heat_free(factor);
    heat_free(h);
    return status;
}

heat_status heat_logz_run_coupled(heat_context *ctx, heat_counting *c)
{
    heat_unit_layers u;
    bool is_divergent = false;
    heat_status status = HEAT_OK;

    heat_model_get_units(c->model, &u);
    if (c->result->n_rows > 1)
        return heat_fail(ctx, HEAT_ERROR_UNABLE,
                         "%s: log Z of a gaussian and a relu layer is estimated at one temperature at a time",
                         c->info.name);
    status = heat_coupled_units_check(ctx, &u, 1, &is_divergent);
    if (status == HEAT_OK && is_divergent)
        status =
            heat_fail(ctx, HEAT_ERROR_UNDEFINED,
                      "%s: the integral over its units diverges: where some relu units grow together, the "
                      "weights outdo the precisions",
                      c->info.name);
    c->scales_couplings = true;
    if (status == HEAT_OK)
        status = heat_logz_method_ais.run(ctx, c);
    c->scales_couplings = false;
    return status;
}
