/* Limited-memory BFGS (stats/quasi_newton.h) with steps that are halved until the energy has fallen enough
 * (Armijo, Pacific J. Math. 16 (1966) 1), then Newton's steps, which go by the slope alone and so beyond what
 * the rounding of energies lets the former see. Variables on a wall that the slope presses them against stay
 * there. */
#include "landscape/quench.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "stats/cholesky.h"
#include "stats/quasi_newton.h"

#include <math.h>
#include <string.h>

enum { MOST_STEPS = 10000, MOST_HALVINGS = 60, NEWTON_STEPS = 6, NEWTON_VARIABLES = 300 };
static const double enough = 1e-4; /* of the fall that the slope promises */
static const double flat = 1e-9, nearly_flat = 1e-4;
static const double far = 1e12; /* times the scale: nothing lies there */

typedef struct descent {
    heat_landscape *l;
    heat_quench *q;
    heat_quasi_newton memory;
    double reach; /* scales that a step may go while nothing is known of the curvature */
    double *gradient, *up, *direction, *next, *next_gradient, *next_up; /* [n]; `up` is minus the gradient */
} descent;

static heat_status open_descent(heat_context *ctx, heat_landscape *l, heat_quench *q, descent *d)
{
    const int32_t n = l->view->n;
    double **arrays[] = {&d->gradient, &d->up, &d->direction, &d->next, &d->next_gradient, &d->next_up};
    heat_status status = heat_quasi_newton_init(ctx, n, l->scale, &d->memory);

    d->l = l;
    d->q = q;
    for (size_t k = 0; k < sizeof arrays / sizeof *arrays && status == HEAT_OK; k++)
        status = heat_alloc(ctx, n, sizeof **arrays[k], arrays[k]);
    return status;
}

static void close_descent(descent *d)
{
    heat_quasi_newton_clear(&d->memory);
    heat_free(d->gradient);
    heat_free(d->up);
    heat_free(d->direction);
    heat_free(d->next);
    heat_free(d->next_gradient);
    heat_free(d->next_up);
}

/* Minus the gradient, without what walls hold. */
static void face_down(const descent *d, const double *x, const double *gradient, double *up)
{
    for (int32_t i = 0; i < d->l->view->n; i++)
        up[i] = heat_landscape_is_held(d->l, x, i, -gradient[i]) ? 0 : -gradient[i];
}

/* What a step to `next` should gain, at first order; below 0 downhill. */
static double promise(const descent *d)
{
    double sum = 0;

    for (int32_t i = 0; i < d->l->view->n; i++)
        sum += d->gradient[i] * (d->next[i] - d->q->x[i]);
    return sum;
}

/* What is left of a step that does not go further than is known to be of use. */
static double first_length(const descent *d)
{
    double longest = 0;

    for (int32_t i = 0; i < d->l->view->n; i++)
        longest = fmax(longest, fabs(d->direction[i]) / d->l->scale[i]);
    return d->memory.count > 0 || (longest <= d->reach && d->reach <= 1) ? 1 : d->reach / longest;
}

/* Goes along the direction as far as pays; *went is false where no step does. */
static heat_status step(heat_context *ctx, descent *d, bool *went)
{
    const int32_t n = d->l->view->n;
    const double whole = first_length(d);
    double length = whole, energy = (double)INFINITY;
    heat_status status = HEAT_OK;

    *went = false;
    for (int k = 0; k < MOST_HALVINGS && !*went && status == HEAT_OK; k++, length /= 2) {
        for (int32_t i = 0; i < n; i++)
            d->next[i] = d->q->x[i] + length * d->direction[i];
        heat_landscape_confine(d->l, d->next);
        if (!(promise(d) < 0))
            return HEAT_OK;
        status = heat_landscape_evaluate(ctx, d->l, d->next, &energy, d->next_gradient);
        d->q->n_visited++;
        *went = status == HEAT_OK && energy <= d->q->energy + enough * promise(d);
    }
    if (!*went)
        return status;
    d->reach = length < whole / 2 ? 1 : 2 * d->reach; /* the loop has halved it once more */
    face_down(d, d->next, d->next_gradient, d->next_up);
    heat_quasi_newton_add(&d->memory, d->q->x, d->next, d->up, d->next_up);
    memcpy(d->q->x, d->next, (size_t)n * sizeof *d->next);
    memcpy(d->gradient, d->next_gradient, (size_t)n * sizeof *d->gradient);
    memcpy(d->up, d->next_up, (size_t)n * sizeof *d->up);
    d->q->energy = energy;
    return HEAT_OK;
}

static bool is_far(const descent *d)
{
    for (int32_t i = 0; i < d->l->view->n; i++)
        if (!(fabs(d->q->x[i]) < far * d->l->scale[i]))
            return true;
    return false;
}

static heat_status descend(heat_context *ctx, descent *d)
{
    const int32_t n = d->l->view->n;
    heat_status status = HEAT_OK;

    for (int k = 0; k < MOST_STEPS && status == HEAT_OK && !heat_halted(ctx); k++) {
        bool went = false;
        double along = 0;
        if (heat_landscape_slope(d->l, d->q->x, d->gradient) <= flat)
            return HEAT_OK;
        heat_quasi_newton_direct(&d->memory, d->up, d->direction);
        for (int32_t i = 0; i < n; i++)
            along += d->direction[i] * d->up[i];
        if (!(along > 0)) {
            heat_quasi_newton_forget(&d->memory);
            heat_quasi_newton_direct(&d->memory, d->up, d->direction);
        }
        status = step(ctx, d, &went);
        if (status == HEAT_OK && !went && d->memory.count == 0)
            return HEAT_OK; /* no step pays: to rounding, this is the bottom */
        if (status == HEAT_OK && !went)
            heat_quasi_newton_forget(&d->memory);
        if (status == HEAT_OK && is_far(d))
            status =
                heat_fail(ctx, HEAT_ERROR_UNDEFINED, "the energy falls without end: it has no lowest value");
    }
    return status;
}

/* The step of Newton among the variables that no wall holds; false where the surface does not curve upwards.
 */
static bool find_newton_step(const descent *d, double *hessian)
{
    const int32_t n = d->l->view->n;

    for (int32_t i = 0; i < n; i++) {
        d->direction[i] = d->up[i];
        if (!heat_landscape_is_held(d->l, d->q->x, i, -d->gradient[i]))
            continue;
        for (int32_t j = 0; j < n; j++)
            hessian[i * n + j] = hessian[j * n + i] = i == j;
    }
    if (heat_cholesky_factor(n, hessian, 1e-12) < n)
        return false;
    heat_cholesky_solve(n, hessian, d->direction);
    return true;
}

static heat_status polish(heat_context *ctx, descent *d, double *hessian)
{
    heat_status status = HEAT_OK;

    for (int k = 0; k < NEWTON_STEPS; k++) {
        double slope = heat_landscape_slope(d->l, d->q->x, d->gradient), energy;
        if (slope == 0 || slope > nearly_flat * (1 + fabs(d->q->energy)))
            return HEAT_OK;
        status = heat_landscape_curve(ctx, d->l, d->q->x, hessian);
        if (status != HEAT_OK || !find_newton_step(d, hessian))
            return status;
        for (int32_t i = 0; i < d->l->view->n; i++)
            d->next[i] = d->q->x[i] + d->direction[i];
        heat_landscape_confine(d->l, d->next);
        status = heat_landscape_evaluate(ctx, d->l, d->next, &energy, d->next_gradient);
        d->q->n_visited++;
        if (status != HEAT_OK || !(heat_landscape_slope(d->l, d->next, d->next_gradient) < slope))
            return status;
        memcpy(d->q->x, d->next, (size_t)d->l->view->n * sizeof *d->next);
        memcpy(d->gradient, d->next_gradient, (size_t)d->l->view->n * sizeof *d->gradient);
        face_down(d, d->q->x, d->gradient, d->up);
        d->q->energy = energy;
    }
    return HEAT_OK;
}

heat_status heat_quench_run(heat_context *ctx, heat_landscape *l, heat_quench *q)
{
    const int32_t n = l->view->n;
    descent d = {.l = NULL};
    double *hessian = NULL;
    heat_status status = open_descent(ctx, l, q, &d);

    if (status == HEAT_OK && n <= NEWTON_VARIABLES)
        status = heat_alloc(ctx, (int64_t)n * n, sizeof *hessian, &hessian);
    if (status != HEAT_OK)
        goto out;
    heat_landscape_confine(l, q->x);
    status = heat_landscape_evaluate(ctx, l, q->x, &q->energy, d.gradient);
    q->n_visited++;
    q->is_minimum = false;
    if (status != HEAT_OK || !isfinite(q->energy))
        goto out;
    face_down(&d, q->x, d.gradient, d.up);
    d.reach = 1;
    status = descend(ctx, &d);
    if (status == HEAT_OK && hessian != NULL && !heat_halted(ctx))
        status = polish(ctx, &d, hessian);
    q->is_minimum = heat_landscape_slope(l, q->x, d.gradient) <= nearly_flat * (1 + fabs(q->energy));
out:
    heat_free(hessian);
    close_descent(&d);
    return status;
}
