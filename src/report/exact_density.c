/* p(x) = exp(-U(x)/T) / Z, and p(x) = Z_x / Z with Z_x the integral over y at that x: the potential along a
 * line is a smooth view of one variable of its own. */
#include "report/exact_density.h"
#include "exact/quadrature.h"
#include "kernel/isa.h"
#include "model/views.h"

#include <math.h>
#include <string.h>

enum { PLANE = 2, LANES = HEAT_SMOOTH_LANES, OWN_WORK = 2 * PLANE * LANES };

/* A potential of two variables with one of them held. */
typedef struct slice {
    const heat_smooth *plane;
    int32_t free;
    double held;
} slice;

/* Eight chains at a time, whose places in the plane stand in front of its own work space. */
static heat_status evaluate_slice(heat_context *ctx, const void *self, const heat_smooth_block *b)
{
    const slice *s = self;
    double *x = b->work, *gradients = x + PLANE * LANES;
    heat_status status = HEAT_OK;

    for (int64_t first = 0; first < b->stride && status == HEAT_OK; first += LANES) {
        const heat_smooth_block block = {.n_chains = LANES,
                                         .stride = LANES,
                                         .x = x,
                                         .energies = b->energies + first,
                                         .gradients = b->gradients == NULL ? NULL : gradients,
                                         .work = b->work + OWN_WORK};
        for (int l = 0; l < LANES; l++) {
            x[s->free * LANES + l] = b->x[first + l];
            x[(1 - s->free) * LANES + l] = s->held;
        }
        status = s->plane->evaluate(ctx, s->plane->self, &block);
        if (b->gradients != NULL)
            memcpy(b->gradients + first, gradients + s->free * LANES, LANES * sizeof *gradients);
    }
    return status;
}

static heat_smooth view_of(const slice *s)
{
    const heat_smooth *v = s->plane;

    return (heat_smooth){.n = 1,
                         .model = v->model,
                         .self = s,
                         .evaluate = evaluate_slice,
                         .has_gradient = v->has_gradient,
                         .n_work = v->n_work + OWN_WORK,
                         .lower = v->lower == NULL ? NULL : v->lower + s->free,
                         .upper = v->upper == NULL ? NULL : v->upper + s->free,
                         .start = v->start == NULL ? NULL : v->start + s->free,
                         .scale = v->scale == NULL ? NULL : v->scale + s->free};
}

/* log of the integral, NaN where there is none to ten digits. */
static heat_status integrate(heat_context *ctx, const heat_smooth *view, double beta, double *log_z)
{
    heat_quadrature q = {.log_z = (double)NAN};
    heat_status status = heat_quadrature_run(ctx, view, beta, NULL, 1, &q);

    *log_z = status == HEAT_OK ? q.log_z : (double)NAN;
    return status == HEAT_ERROR_MEMORY ? status : HEAT_OK;
}

static bool is_inside(const heat_smooth *v, int32_t i, double x)
{
    return (v->lower == NULL || x >= v->lower[i]) && (v->upper == NULL || x <= v->upper[i]);
}

/* log of what p(x) is in proportion to. */
static heat_status weigh(heat_context *ctx, const heat_model *model, const heat_smooth *view, double beta,
                         int32_t variable, double x, double *log_weight)
{
    const slice s = {view, 1 - variable, x};
    const heat_smooth line = view_of(&s);
    double energy;
    heat_status status;

    if (view->n == PLANE)
        return integrate(ctx, &line, beta, log_weight);
    status = heat_model_get_energy_of(ctx, model, 1, &x, &energy, NULL);
    *log_weight = status == HEAT_OK ? -beta * energy : (double)NAN;
    return status == HEAT_ERROR_MEMORY ? status : HEAT_OK;
}

heat_status heat_exact_density_get(heat_context *ctx, const heat_model *model, double temperature,
                                   int32_t variable, int64_t n, const double *x, double *density)
{
    const double beta = 1 / temperature;
    heat_smooth view;
    double log_z = (double)NAN;
    heat_status status = HEAT_OK;

    for (int64_t k = 0; k < n; k++)
        density[k] = (double)NAN;
    if (!heat_model_get_smooth(model, heat_isa_get("auto"), &view) || view.n > PLANE || variable >= view.n)
        return HEAT_OK;
    status = integrate(ctx, &view, beta, &log_z);
    for (int64_t k = 0; k < n && status == HEAT_OK && isfinite(log_z); k++) {
        double log_weight = -(double)INFINITY;
        if (is_inside(&view, variable, x[k]))
            status = weigh(ctx, model, &view, beta, variable, x[k], &log_weight);
        density[k] = exp(log_weight - log_z);
    }
    return status;
}
