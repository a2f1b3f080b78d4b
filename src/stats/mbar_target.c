/* Averages at a state t: every row counts with w_n W_n, W_n = exp(-u_t(x_n)) / (mixture_n Z_t), which sum to
 * 1. To first order an average A moves by sum_n dw_n phi_n,
 *
 *     phi_n = W_n (a_n - A) + q . p(x_n),   q = H^-1 G,   G_k = sum_n w_n W_n (a_n - A) p_k(x_n),
 *
 * where q carries what the log Z of the ladder do; log Z_t itself is the same with a_n - A = 1. The variance
 * is that of sum w phi for numbers of draws fixed state by state. Shirts and Chodera (2008), section III. */
#include "base/context_private.h"
#include "base/memory.h"
#include "stats/cholesky.h"
#include "stats/log_sum.h"
#include "stats/mbar_rows.h"
#include "stats/moments.h"

#include <math.h>

/* What the walks of one target share. */
typedef struct influence {
    const double *direct;   /* [n] W_n (a_n - A) */
    const double *response; /* [n_states] q, 0 for state 0 */
    const double *by_state; /* [n_states] means of phi */
} influence;

/* -u_t - log mixture, and its log-sum-exp, with the constants at the centre left out of u_t. */
static double fill_log_ratios(const heat_mbar *m, const heat_mbar_target *t, double *ratio)
{
    heat_log_sum sum = HEAT_LOG_SUM_EMPTY;

    for (int64_t row = 0; row < m->samples.n; row++) {
        double u = t->reduced == NULL ? 0 : t->reduced[row];
        for (int32_t f = 0; t->reduced == NULL && f < m->states.n_features; f++)
            u += t->slope[f] * heat_mbar_feature(m, row, f);
        ratio[row] = -u - m->log_mixture[row];
        heat_log_sum_add(&sum, ratio[row], heat_mbar_weight(m, row), 0);
    }
    return heat_log_sum_value(&sum);
}

/* u_t at the centre, less u_0 there. */
static double constant_of(const heat_mbar *m, const heat_mbar_target *t)
{
    double constant = t->offset;

    if (t->reduced != NULL)
        return -m->constant[0];
    for (int32_t f = 0; f < m->states.n_features; f++)
        constant += t->slope[f] * m->centre[f];
    return constant - m->constant[0];
}

static void add_response(const heat_mbar_walk *walk, int64_t row, const double *p, double log_mixture,
                         double *sums)
{
    const influence *i = walk->arg;
    double w = heat_mbar_weight(walk->m, row) * i->direct[row];

    (void)log_mixture;
    for (int32_t k = 0; k < walk->m->states.n_states; k++)
        sums[k] += w * p[k];
}

static double phi_of(const heat_mbar_walk *walk, int64_t row, const double *p)
{
    const influence *i = walk->arg;
    double phi = i->direct[row];

    for (int32_t k = 1; k < walk->m->states.n_states; k++)
        phi += i->response[k] * p[k];
    return phi;
}

/* Sums of w phi by state: those that the rows were drawn from, or, without blocks, those that p says. */
static void add_means(const heat_mbar_walk *walk, int64_t row, const double *p, double log_mixture,
                      double *sums)
{
    double w = heat_mbar_weight(walk->m, row) * phi_of(walk, row, p);

    (void)log_mixture;
    if (heat_mbar_has_blocks(walk->m))
        sums[walk->m->samples.state[row]] += w;
    else
        for (int32_t k = 0; k < walk->m->states.n_states; k++)
            sums[k] += w * p[k];
}

/* Sums of phi about its state's mean, block by block; without blocks the sum of squares about every state's
 * mean, each with its probability. */
static void add_scatter(const heat_mbar_walk *walk, int64_t row, const double *p, double log_mixture,
                        double *sums)
{
    const heat_mbar *m = walk->m;
    const influence *i = walk->arg;
    int32_t state = m->samples.state[row];
    double w = heat_mbar_weight(m, row), phi = phi_of(walk, row, p);

    (void)log_mixture;
    if (m->samples.block_weight != NULL)
        for (int32_t b = 0; b < m->samples.n_blocks; b++)
            sums[b] += m->samples.block_weight[row * m->samples.n_blocks + b] * m->spread[state] *
                       (phi - i->by_state[state]);
    else if (m->samples.block != NULL)
        sums[m->samples.block[row]] += w * m->spread[state] * (phi - i->by_state[state]);
    else
        for (int32_t k = 0; k < m->states.n_states; k++)
            sums[0] += w * p[k] * (phi - i->by_state[k]) * (phi - i->by_state[k]);
}

/* The standard error of the average that `direct` belongs to. */
static heat_status error_of(heat_context *ctx, const heat_mbar *m, const double *direct, double *error)
{
    int32_t n = m->states.n_states;
    int64_t n_sums = heat_mbar_has_blocks(m) ? m->samples.n_blocks : 1;
    double *response = NULL, *by_state = NULL, *sums = NULL;
    influence i = {.direct = direct};
    heat_mbar_walk walk = {m, m->f, add_response, &i, n};
    heat_status status;

    if ((status = heat_alloc(ctx, n, sizeof *response, &response)) != HEAT_OK ||
        (status = heat_alloc(ctx, n, sizeof *by_state, &by_state)) != HEAT_OK ||
        (status = heat_alloc(ctx, n_sums, sizeof *sums, &sums)) != HEAT_OK ||
        (status = heat_mbar_walk_run(ctx, &walk, response)) != HEAT_OK)
        goto out;
    heat_cholesky_solve(n - 1, m->factor, response + 1);
    i.response = response;
    walk.visit = add_means;
    if ((status = heat_mbar_walk_run(ctx, &walk, by_state)) != HEAT_OK)
        goto out;
    for (int32_t k = 0; k < n; k++)
        by_state[k] /= m->drawn[k];
    i.by_state = by_state;
    walk.visit = add_scatter;
    walk.n_sums = n_sums;
    if ((status = heat_mbar_walk_run(ctx, &walk, sums)) != HEAT_OK)
        goto out;
    *error = 0;
    for (int64_t b = 0; b < n_sums; b++)
        *error += heat_mbar_has_blocks(m) ? sums[b] * sums[b] : sums[b];
    *error = sqrt(*error);
out:
    heat_free(response);
    heat_free(by_state);
    heat_free(sums);
    return status;
}

/* W_n, [n], freed by heat_free. */
static heat_status weights_of(heat_context *ctx, const heat_mbar *m, const heat_mbar_target *t, double **out,
                              double *log_z)
{
    double *ratio, log_sum;
    heat_status status;

    *out = NULL;
    if (t->reduced == NULL && t->slope == NULL)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "MBAR: a target has neither slopes nor energies");
    if ((status = heat_alloc(ctx, m->samples.n, sizeof *ratio, &ratio)) != HEAT_OK)
        return status;
    log_sum = fill_log_ratios(m, t, ratio);
    *log_z = log_sum - constant_of(m, t);
    if (!isfinite(*log_z)) {
        heat_free(ratio);
        return heat_fail(ctx, HEAT_ERROR_UNDEFINED, "MBAR: log Z of a target is %f", *log_z);
    }
    for (int64_t row = 0; row < m->samples.n; row++)
        ratio[row] = exp(ratio[row] - log_sum);
    *out = ratio;
    return HEAT_OK;
}

heat_status heat_mbar_get_target(heat_context *ctx, const heat_mbar *m, const heat_mbar_target *target,
                                 double *log_z, double *error, double *ess)
{
    double *weights, squares = 0;
    heat_status status = weights_of(ctx, m, target, &weights, log_z);

    if (status != HEAT_OK)
        return status;
    for (int64_t row = 0; row < m->samples.n; row++)
        squares += heat_mbar_weight(m, row) * weights[row] * weights[row];
    if (ess != NULL)
        *ess = 1 / squares;
    status = error_of(ctx, m, weights, error);
    heat_free(weights);
    return status;
}

/* The average under weights W; `weights` becomes W_n (a_n - A). */
static double centre_observable(const heat_mbar *m, const double *observable, double *weights)
{
    double shift = observable[0], mean = 0;

    for (int64_t row = 0; row < m->samples.n; row++)
        mean += heat_mbar_weight(m, row) * weights[row] * (observable[row] - shift);
    for (int64_t row = 0; row < m->samples.n; row++)
        weights[row] *= observable[row] - shift - mean;
    return shift + mean;
}

heat_status heat_mbar_get_mean(heat_context *ctx, const heat_mbar *m, const heat_mbar_target *target,
                               const double *observable, double *mean, double *error)
{
    double *weights, log_z;
    heat_status status;

    for (int64_t row = 0; row < m->samples.n; row++)
        if (!isfinite(observable[row]))
            return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "MBAR: the observable of row %lld is %f",
                             (long long)row, observable[row]);
    status = weights_of(ctx, m, target, &weights, &log_z);
    if (status != HEAT_OK)
        return status;
    *mean = centre_observable(m, observable, weights);
    status = error_of(ctx, m, weights, error);
    heat_free(weights);
    return status;
}

/* The derivative of f by its average number c, a hundredth of that one's error either way. */
static double derivative(heat_derived_fn f, void *arg, double *averages, int64_t c, double step)
{
    double here = averages[c], above, below;

    if (!(step > 0))
        return 0;
    averages[c] = here + step;
    above = f(averages, arg);
    averages[c] = here - step;
    below = f(averages, arg);
    averages[c] = here;
    return (above - below) / (2 * step);
}

heat_status heat_mbar_get_derived(heat_context *ctx, const heat_mbar *m, const heat_mbar_target *target,
                                  int64_t n_columns, const double *const *columns, heat_derived_fn f,
                                  void *arg, double *value, double *error)
{
    double *averages = NULL, *errors = NULL, *linear = NULL, none;
    heat_status status;

    if ((status = heat_alloc(ctx, n_columns, sizeof *averages, &averages)) != HEAT_OK ||
        (status = heat_alloc(ctx, n_columns, sizeof *errors, &errors)) != HEAT_OK ||
        (status = heat_alloc(ctx, m->samples.n, sizeof *linear, &linear)) != HEAT_OK)
        goto out;
    for (int64_t c = 0; c < n_columns && status == HEAT_OK; c++)
        status = heat_mbar_get_mean(ctx, m, target, columns[c], &averages[c], &errors[c]);
    if (status != HEAT_OK)
        goto out;
    *value = f(averages, arg);
    for (int64_t c = 0; c < n_columns; c++) {
        double slope = derivative(f, arg, averages, c, 0.01 * errors[c]);
        for (int64_t row = 0; row < m->samples.n; row++)
            linear[row] += slope * (columns[c][row] - averages[c]);
    }
    if (!isfinite(*value) || !isfinite(heat_mean(m->samples.n, linear)))
        status =
            heat_fail(ctx, HEAT_ERROR_UNDEFINED, "MBAR: a function of averages has no value (%f)", *value);
    else
        status = heat_mbar_get_mean(ctx, m, target, linear, &none, error);
out:
    heat_free(averages);
    heat_free(errors);
    heat_free(linear);
    return status;
}

/* Sets direct[n] = W_n (c_0 + c_1 (e - <E>) + c_2 ((e - <E>)^2 - Var)) and gets the error of what it moves.
 */
static heat_status thermo_error(heat_context *ctx, const heat_mbar *m, const heat_mbar_thermo *t,
                                const double *weights, const double c[3], double *direct, double *error)
{
    for (int64_t row = 0; row < m->samples.n; row++) {
        double e = m->samples.features[row] - t->energy;
        direct[row] = weights[row] * (c[0] + c[1] * e + c[2] * (e * e - t->variance));
    }
    return error_of(ctx, m, direct, error);
}

heat_status heat_mbar_get_thermo(heat_context *ctx, const heat_mbar *m, double beta, heat_mbar_thermo *out)
{
    heat_mbar_target target = {.slope = &beta};
    heat_mbar_thermo t = {0};
    double *weights = NULL, *direct = NULL, squares = 0;
    const double *e = m->samples.features;
    heat_status status = weights_of(ctx, m, &target, &weights, &t.log_z);

    if (status != HEAT_OK || (status = heat_alloc(ctx, m->samples.n, sizeof *direct, &direct)) != HEAT_OK)
        goto out;
    for (int64_t row = 0; row < m->samples.n; row++) {
        double w = heat_mbar_weight(m, row) * weights[row];
        squares += w * weights[row];
        t.energy += w * (e[row] - m->centre[0]);
    }
    t.energy += m->centre[0];
    for (int64_t row = 0; row < m->samples.n; row++)
        t.variance += heat_mbar_weight(m, row) * weights[row] * (e[row] - t.energy) * (e[row] - t.energy);
    t.ess = 1 / squares;
    t.entropy = t.log_z + beta * t.energy;
    if ((status = thermo_error(ctx, m, &t, weights, (double[]){1, 0, 0}, direct, &t.log_z_error)) !=
            HEAT_OK ||
        (status = thermo_error(ctx, m, &t, weights, (double[]){0, 1, 0}, direct, &t.energy_error)) !=
            HEAT_OK ||
        (status = thermo_error(ctx, m, &t, weights, (double[]){0, 0, 1}, direct, &t.variance_error)) !=
            HEAT_OK ||
        (status = thermo_error(ctx, m, &t, weights, (double[]){1, beta, 0}, direct, &t.entropy_error)) !=
            HEAT_OK)
        goto out;
    *out = t;
out:
    heat_free(weights);
    heat_free(direct);
    return status;
}
