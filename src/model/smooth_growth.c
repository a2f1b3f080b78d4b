/* Z >= the integral over a tube of area A about an axis, A exp(-U_max(r)/T) dr, U_max(r) the highest energy
 * of the tube at r: it diverges if U_max(r)/T grows no faster than log r. Over a cone, whose cross-section
 * grows as r^(n-1), if no faster than n log r. U_max is the highest of a few points, and growth is taken
 * between distances that no chain of a distribution worth the name reaches. Energies that are NaN or infinity
 * there, or where an exponential has gone beyond what it can tell, count as growth, -infinity does not. An
 * axis that is low on a line of no width, as of x^2 exp(y^2), is not taken for a tube. */
#include "model/smooth_growth.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "model/model_private.h"
#include "random/stream.h"

#include <math.h>
#include <stdio.h>

enum { POINTS = 16, DISTANCES = 3, MOST_MOVED = 1 << 20, FEWEST_AXES = 4 };
static const int distance[DISTANCES] = {20, 30, 40}; /* logarithms to the base 2 */
static const double as_good_as_infinite = 1e290;

typedef struct probe {
    heat_context *ctx;
    const heat_smooth *view;
    double temperature;
    double *x, *energies, *work;
    double offset[POINTS]; /* of a variable, in units of its scale; turned from one variable to the next */
} probe;

static double middle(const heat_smooth *v, int32_t i)
{
    double lower = v->lower == NULL ? -(double)INFINITY : v->lower[i];
    double upper = v->upper == NULL ? (double)INFINITY : v->upper[i];
    double at = v->start == NULL ? 0 : v->start[i];

    if (isfinite(lower) && isfinite(upper))
        return (lower + upper) / 2;
    return at < lower ? lower : at > upper ? upper : at;
}

static double within(const heat_smooth *v, int32_t i, double x)
{
    if (v->lower != NULL && x < v->lower[i])
        return v->lower[i];
    return v->upper != NULL && x > v->upper[i] ? v->upper[i] : x;
}

/* The highest energy of the points at distance r along an axis, spread by `spread` across it. */
static heat_status find_highest(const probe *p, int32_t axis, double r, double spread, double *highest)
{
    const heat_smooth *v = p->view;
    const heat_smooth_block b = {
        .n_chains = POINTS, .stride = POINTS, .x = p->x, .energies = p->energies, .work = p->work};
    heat_status status;

    for (int32_t i = 0; i < v->n; i++)
        for (int c = 0; c < POINTS; c++) {
            double scale = v->scale == NULL ? 1 : v->scale[i];
            double off = i == axis ? r : spread * p->offset[(c + 5 * i) % POINTS];
            p->x[i * POINTS + c] = within(v, i, middle(v, i) + scale * off);
        }
    status = v->evaluate(p->ctx, v->self, &b);
    *highest = -(double)INFINITY;
    for (int c = 0; c < POINTS && status == HEAT_OK; c++)
        *highest = isnan(p->energies[c]) ? (double)INFINITY : fmax(*highest, p->energies[c]);
    return status;
}

/* True if the energy, in units of T, grows by less than `rate` log r all the way. */
static heat_status is_flat(const probe *p, int32_t axis, double sign, bool is_cone, double rate, bool *flat)
{
    double highest[DISTANCES];

    *flat = true;
    for (int k = 0; k < DISTANCES && *flat; k++) {
        double r = ldexp(1, distance[k]), least;
        heat_status status = find_highest(p, axis, sign * r, is_cone ? r / 2 : 1, &highest[k]);
        if (status != HEAT_OK)
            return status;
        least = k == 0 ? 0 : rate * p->temperature * (distance[k] - distance[0]) * log(2);
        *flat = highest[k] < as_good_as_infinite && (k == 0 || !(highest[k] > highest[0] + least));
    }
    return HEAT_OK;
}

static heat_status check_axis(const probe *p, int32_t axis, double sign)
{
    const heat_smooth *v = p->view;
    const char *name = heat_model_get_label(v->model, axis);
    bool is_flat_tube = false, is_flat_cone = false;
    heat_status status = is_flat(p, axis, sign, false, 1, &is_flat_tube);

    if (status == HEAT_OK && !is_flat_tube && v->lower == NULL && v->upper == NULL)
        status = is_flat(p, axis, sign, true, v->n, &is_flat_cone);
    if (status != HEAT_OK || !(is_flat_tube || is_flat_cone))
        return status;
    return heat_fail(
        p->ctx, HEAT_ERROR_UNDEFINED,
        "%s: the integral of exp(-E/T) at T = %g diverges: E does not grow as %s goes to %sinfinity "
        "(option --box sets walls)",
        v->model->name, p->temperature, name == NULL ? "a variable" : name, sign < 0 ? "-" : "");
}

/* All axes, or as many, evenly spread, as cost little. */
static int32_t count_axes(int32_t n)
{
    const int32_t cheap = MOST_MOVED / n;

    return n <= cheap ? n : cheap > FEWEST_AXES ? cheap : FEWEST_AXES;
}

heat_status heat_smooth_check_growth(heat_context *ctx, const heat_smooth *view, double temperature)
{
    probe p = {.ctx = ctx, .view = view, .temperature = temperature};
    const int32_t n_axes = count_axes(view->n);
    heat_stream stream;
    heat_status status = heat_alloc(ctx, (int64_t)view->n * POINTS, sizeof *p.x, &p.x);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, POINTS, sizeof *p.energies, &p.energies);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, view->n_work, sizeof *p.work, &p.work);
    heat_stream_init(&stream, 1, HEAT_PURPOSE_GENERATE, 0);
    for (int c = 0; c < POINTS; c++)
        p.offset[c] = 2 * heat_stream_uniform(&stream) - 1;
    for (int32_t k = 0; k < n_axes && status == HEAT_OK && !heat_halted(ctx); k++) {
        const int32_t i = (int32_t)((int64_t)view->n * k / n_axes);
        if (view->lower == NULL || isinf(view->lower[i]))
            status = check_axis(&p, i, -1);
        if (status == HEAT_OK && (view->upper == NULL || isinf(view->upper[i])))
            status = check_axis(&p, i, 1);
    }
    heat_free(p.x);
    heat_free(p.energies);
    heat_free(p.work);
    return status;
}
