/* The estimate is the minimum over f, f_0 = 0, of the convex function
 *
 *     sum_n w_n log sum_k N_k exp(f_k - u_k(x_n)) - sum_k N_k f_k,      f_k = -log Z_k,
 *
 * whose gradient is sum_n w_n p_k(x_n) - N_k and whose Hessian is sum_n w_n (diag p - p p^T). The start is
 * the trapezoid of mean differences of u between neighbours, then a few self-consistent steps; Newton's steps
 * are cut short along their line by the slope alone, since the function's own value drowns in the digits of
 * large energies. Shirts and Chodera, J. Chem. Phys. 129 (2008) 124105, equations 11 and C1 to C3 (the convex
 * form: Kong, McCullagh, Meng, Nicolae, Tan, J. R. Statist. Soc. B 65 (2003) 585).
 */
#include "base/context_private.h"
#include "base/memory.h"
#include "stats/cholesky.h"
#include "stats/mbar_rows.h"

#include <math.h>
#include <string.h>

enum { SELF_CONSISTENT_STEPS = 4, MOST_STEPS = 100, MOST_CUTS = 60 };
#define TOLERANCE 1e-9        /* of the gradient, in draws of each state */
#define LEAST_CURVATURE 1e-11 /* of the Hessian's pivots, in draws: less is no connection */

typedef struct solver {
    heat_context *ctx;
    heat_mbar *m;
    int32_t n;
    double *f;        /* [n] of m */
    double *gradient; /* [n] at f, then the lower triangle of sum w p p^T, [n][n] */
    double *factor;   /* [n - 1][n - 1] of m */
    double *step;     /* [n] */
    double *trial;    /* [n] */
    double *slopes;   /* [n] gradient at the trial */
} solver;

static void add_gradient(const heat_mbar_walk *walk, int64_t row, const double *p, double log_mixture,
                         double *sums)
{
    double w = heat_mbar_weight(walk->m, row);

    (void)log_mixture;
    for (int32_t k = 0; k < walk->m->states.n_states; k++)
        sums[k] += w * p[k];
}

/* The gradient, then the lower triangle of sum w p p^T. */
static void add_curvature(const heat_mbar_walk *walk, int64_t row, const double *p, double log_mixture,
                          double *sums)
{
    double w = heat_mbar_weight(walk->m, row);
    int32_t n = walk->m->states.n_states;

    add_gradient(walk, row, p, log_mixture, sums);
    for (int32_t j = 0; j < n; j++) {
        double *line = sums + n + (int64_t)j * n;
        double wp = w * p[j];
        for (int32_t k = 0; wp != 0 && k <= j; k++)
            line[k] += wp * p[k];
    }
}

/* Sums of p, and on request of p p^T, at f. */
static heat_status evaluate(solver *s, const double *f, bool curvature, double *sums)
{
    int64_t n = s->n;
    heat_mbar_walk walk = {.m = s->m, .f = f, .visit = curvature ? add_curvature : add_gradient};

    walk.n_sums = curvature ? n + n * n : n;
    return heat_mbar_walk_run(s->ctx, &walk, sums);
}

/* f_k+1 - f_k = half the sum of the mean u_k+1 - u_k over the draws of both. */
static heat_status start(solver *s)
{
    const heat_mbar *m = s->m;
    const heat_mbar_samples *x = &m->samples;
    int32_t n = s->n, n_features = m->states.n_features;
    double *mean;
    heat_status status = heat_alloc(s->ctx, (int64_t)n * n_features, sizeof *mean, &mean);

    if (status != HEAT_OK)
        return status;
    for (int64_t row = 0; row < x->n; row++)
        for (int32_t f = 0; f < n_features; f++)
            mean[(int64_t)x->state[row] * n_features + f] +=
                heat_mbar_weight(m, row) / m->drawn[x->state[row]] * heat_mbar_feature(m, row, f);
    for (int32_t k = 0; k + 1 < n; k++) {
        double rise = 0;
        for (int32_t f = 0; f < n_features; f++) {
            double both = mean[(int64_t)k * n_features + f] + mean[(int64_t)(k + 1) * n_features + f];
            double slope = m->states.slope == NULL ? (double)((f == k + 1) - (f == k))
                                                   : m->states.slope[(int64_t)(k + 1) * n_features + f] -
                                                         m->states.slope[(int64_t)k * n_features + f];
            rise += 0.5 * slope * both;
        }
        s->f[k + 1] = s->f[k] + rise;
    }
    heat_free(mean);
    return HEAT_OK;
}

static heat_status step_self_consistent(solver *s)
{
    heat_status status = evaluate(s, s->f, false, s->gradient);

    for (int32_t k = 0; k < s->n && status == HEAT_OK; k++)
        if (s->gradient[k] > 0)
            s->f[k] -= log(s->gradient[k] / s->m->drawn[k]);
    for (int32_t k = s->n - 1; k >= 0; k--)
        s->f[k] -= s->f[0];
    return status;
}

/* The Hessian without state 0 from the sums of p p^T, with `ridge` of the draws on its diagonal, factored. */
static bool factor_hessian(const solver *s, double ridge)
{
    int32_t n = s->n - 1;
    const double *products = s->gradient + s->n;

    for (int32_t j = 0; j < n; j++) {
        const double *line = products + (int64_t)(j + 1) * s->n;
        double diagonal = 0;
        for (int32_t k = 0; k < s->n; k++) /* sum_k of p_j p_k without k = j: no digits cancel */
            if (k != j + 1)
                diagonal += k < j + 1 ? line[k] : products[(int64_t)k * s->n + j + 1];
        for (int32_t k = 0; k < j; k++)
            s->factor[(int64_t)j * n + k] = -line[k + 1];
        s->factor[(int64_t)j * n + j] = diagonal + ridge * s->m->drawn[j + 1];
        if (!(s->factor[(int64_t)j * n + j] > LEAST_CURVATURE * s->m->drawn[j + 1]))
            return false;
    }
    return heat_cholesky_factor(n, s->factor, LEAST_CURVATURE) == n;
}

static void subtract_draws(const solver *s, double *gradient)
{
    for (int32_t k = 0; k < s->n; k++)
        gradient[k] -= s->m->drawn[k];
}

static double largest_residual(const solver *s)
{
    double largest = 0;

    for (int32_t k = 0; k < s->n; k++) {
        double residual = fabs(s->gradient[k]) / s->m->drawn[k];
        if (!(residual <= largest))
            largest = residual;
    }
    return largest;
}

static double slope_along(const solver *s, const double *gradient)
{
    double slope = 0;

    for (int32_t k = 1; k < s->n; k++)
        slope += s->step[k] * gradient[k];
    return slope;
}

/* Moves f along the step to where the slope, negative at f, has all but vanished: the slope never falls along
 * a line of a convex function, so that its zero is bracketed and cut by false position and halving. */
static heat_status search_line(solver *s)
{
    double least = slope_along(s, s->gradient), low = 0, high = (double)INFINITY, t = 1;

    for (int cut = 0; cut < MOST_CUTS; cut++) {
        double slope;
        heat_status status;
        for (int32_t k = 0; k < s->n; k++)
            s->trial[k] = s->f[k] + t * s->step[k];
        status = evaluate(s, s->trial, false, s->slopes);
        if (status != HEAT_OK)
            return status;
        subtract_draws(s, s->slopes);
        slope = slope_along(s, s->slopes);
        if (slope >= 0.9 * least && slope <= -0.1 * least)
            break;
        if (slope < 0)
            low = t;
        else
            high = t;
        t = isinf(high) ? 2 * t : 0.5 * (low + high);
    }
    memcpy(s->f, s->trial, (size_t)s->n * sizeof *s->f);
    return HEAT_OK;
}

static heat_status step_newton(solver *s, double residual)
{
    double ridge = 0;

    while (!factor_hessian(s, ridge)) /* far from the solution the rows may say nothing of some states */
        ridge = ridge == 0 ? 10 * LEAST_CURVATURE : 10 * ridge;
    for (int32_t k = 1; k < s->n; k++)
        s->step[k] = -s->gradient[k];
    heat_cholesky_solve(s->n - 1, s->factor, s->step + 1);
    if (residual > TOLERANCE)
        return search_line(s);
    for (int32_t k = 1; k < s->n; k++)
        s->f[k] += s->step[k];
    return HEAT_OK;
}

/* Ends with the sums of the solution in s->gradient. */
static heat_status solve(solver *s)
{
    double residual = (double)INFINITY;
    heat_status status = start(s);

    for (int k = 0; k < SELF_CONSISTENT_STEPS && status == HEAT_OK; k++)
        status = step_self_consistent(s);
    for (int k = 0; k < MOST_STEPS && status == HEAT_OK; k++) {
        double before = residual;
        status = evaluate(s, s->f, true, s->gradient);
        if (status != HEAT_OK)
            return status;
        subtract_draws(s, s->gradient);
        residual = largest_residual(s);
        if (residual == 0 || (residual <= TOLERANCE && !(residual < 0.5 * before))) /* rounding is reached */
            return HEAT_OK;
        status = step_newton(s, residual);
    }
    if (status == HEAT_OK && !(residual <= TOLERANCE))
        status = heat_fail(s->ctx, HEAT_ERROR_UNABLE,
                           "MBAR did not converge: after %d steps its equations are off by %g of the draws",
                           MOST_STEPS, residual);
    return status;
}

/* O_jk = sum_n w_n p_j p_k / N_j. */
static void fill_overlap(const solver *s)
{
    const heat_mbar *m = s->m;
    const double *products = s->gradient + s->n;

    for (int32_t j = 0; j < s->n; j++)
        for (int32_t k = 0; k < s->n; k++)
            m->overlap[(int64_t)j * s->n + k] =
                products[(int64_t)(j > k ? j : k) * s->n + (j > k ? k : j)] / m->drawn[j];
}

static heat_status fail_gap(const solver *s)
{
    int32_t gap;
    double connection = heat_mbar_get_connection(s->m, &gap);

    return heat_fail(s->ctx, HEAT_ERROR_UNDEFINED,
                     "MBAR: the samples of states %d and %d do not overlap (%.1e); put more states between",
                     gap, gap + 1, connection);
}

heat_status heat_mbar_solve(heat_context *ctx, heat_mbar *m)
{
    int64_t n = m->states.n_states;
    solver s = {.ctx = ctx, .m = m, .n = m->states.n_states, .f = m->f, .factor = m->factor};
    heat_status status;

    if ((status = heat_alloc(ctx, n + n * n, sizeof *s.gradient, &s.gradient)) != HEAT_OK ||
        (status = heat_alloc(ctx, n, sizeof *s.step, &s.step)) != HEAT_OK ||
        (status = heat_alloc(ctx, n, sizeof *s.trial, &s.trial)) != HEAT_OK ||
        (status = heat_alloc(ctx, n, sizeof *s.slopes, &s.slopes)) != HEAT_OK ||
        (status = solve(&s)) != HEAT_OK)
        goto out;
    fill_overlap(&s);
    if (!factor_hessian(&s, 0))
        status = fail_gap(&s);
out:
    heat_free(s.gradient);
    heat_free(s.step);
    heat_free(s.trial);
    heat_free(s.slopes);
    return status;
}
