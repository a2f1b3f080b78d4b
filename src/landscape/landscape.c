/* Points are evaluated in the lanes of one block: one point at a time, eight directions of the curvature.
 * Where the energy has no gradient both are differences of energies, at distances that rounding and the next
 * order blur alike: the cube root of the resolution for slopes, which are good to about 1e-10, the fourth
 * root for curvatures, good to about 1e-8. */
#include "landscape/landscape.h"
#include "base/memory.h"
#include "model/smooth_rows.h"
#include "stats/eigen.h"

#include <math.h>
#include <string.h>

enum { LANES = HEAT_SMOOTH_LANES };
static const double difference = 6e-6;          /* of gradients, and of energies where there are none */
static const double second_difference = 1.2e-4; /* of energies */

heat_status heat_landscape_open(heat_context *ctx, const heat_smooth *view, heat_landscape *l)
{
    const int64_t n = (int64_t)view->n * LANES;
    double **arrays[] = {&l->x, &l->gradients, &l->directions, &l->products};
    heat_status status = heat_alloc(ctx, view->n, sizeof *l->scale, &l->scale);

    l->view = view;
    for (size_t k = 0; k < sizeof arrays / sizeof *arrays && status == HEAT_OK; k++)
        status = heat_alloc(ctx, n, sizeof **arrays[k], arrays[k]);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, LANES, sizeof *l->energies, &l->energies);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, view->n_work + 1, sizeof *l->work, &l->work);
    for (int32_t i = 0; i < view->n && status == HEAT_OK; i++)
        l->scale[i] = view->scale == NULL || !(view->scale[i] > 0) ? 1 : view->scale[i];
    return status;
}

void heat_landscape_close(heat_landscape *l)
{
    heat_free(l->scale);
    heat_free(l->x);
    heat_free(l->gradients);
    heat_free(l->directions);
    heat_free(l->products);
    heat_free(l->energies);
    heat_free(l->work);
    *l = (heat_landscape){.view = NULL};
}

static heat_smooth_block block_of(const heat_landscape *l)
{
    return (heat_smooth_block){.n_chains = LANES,
                               .stride = LANES,
                               .x = l->x,
                               .energies = l->energies,
                               .gradients = l->gradients,
                               .directions = l->directions,
                               .products = l->products,
                               .work = l->work};
}

static void spread_point(heat_landscape *l, const double *x)
{
    for (int32_t i = 0; i < l->view->n; i++)
        for (int c = 0; c < LANES; c++)
            l->x[i * LANES + c] = x[i];
}

/* Energies alone, of the first n lanes. */
static heat_status evaluate_lanes(heat_context *ctx, heat_landscape *l, int32_t n)
{
    heat_smooth_block block = block_of(l);

    block.n_chains = n;
    block.gradients = NULL;
    return heat_smooth_evaluate(ctx, l->view, &block);
}

static double within(const heat_landscape *l, int32_t i, double x)
{
    x = l->view->lower == NULL ? x : fmax(x, l->view->lower[i]);
    return l->view->upper == NULL ? x : fmin(x, l->view->upper[i]);
}

/* Slopes along variables first, first + 1, ...: a pair of lanes each. Beyond walls, and where the energy is
 * infinite, the point itself stands for what there is not. */
static heat_status slope_some(heat_context *ctx, heat_landscape *l, const double *x, double energy,
                              int32_t first, int32_t n, double *gradient)
{
    heat_status status;

    spread_point(l, x);
    for (int32_t k = 0; k < n; k++) {
        const int32_t i = first + k;
        double h = difference * (l->scale[i] + fabs(x[i]));
        l->x[i * LANES + 2 * k] = within(l, i, x[i] + h);
        l->x[i * LANES + 2 * k + 1] = within(l, i, x[i] - h);
    }
    status = evaluate_lanes(ctx, l, 2 * n);
    for (int32_t k = 0; k < n && status == HEAT_OK; k++) {
        const int32_t i = first + k;
        bool has_up = isfinite(l->energies[2 * k]), has_down = isfinite(l->energies[2 * k + 1]);
        double up = has_up ? l->x[i * LANES + 2 * k] : x[i],
               down = has_down ? l->x[i * LANES + 2 * k + 1] : x[i];
        double rise = (has_up ? l->energies[2 * k] : energy) - (has_down ? l->energies[2 * k + 1] : energy);
        gradient[i] = up > down ? rise / (up - down) : 0;
    }
    return status;
}

static heat_status evaluate_by_energies(heat_context *ctx, heat_landscape *l, const double *x, double *energy,
                                        double *gradient)
{
    const int32_t n = l->view->n, together = LANES / 2;
    heat_status status;

    spread_point(l, x);
    status = evaluate_lanes(ctx, l, 1);
    *energy = l->energies[0];
    memset(gradient, 0, (size_t)n * sizeof *gradient);
    for (int32_t first = 0; first < n && status == HEAT_OK && isfinite(*energy); first += together)
        status = slope_some(ctx, l, x, *energy, first, n - first < together ? n - first : together, gradient);
    return status;
}

heat_status heat_landscape_evaluate(heat_context *ctx, heat_landscape *l, const double *x, double *energy,
                                    double *gradient)
{
    heat_smooth_block block = block_of(l);
    heat_status status;

    if (!l->view->has_gradient)
        return evaluate_by_energies(ctx, l, x, energy, gradient);
    spread_point(l, x);
    status = heat_smooth_evaluate(ctx, l->view, &block);
    *energy = l->energies[0];
    for (int32_t i = 0; i < l->view->n; i++)
        gradient[i] = l->gradients[i * LANES];
    return status;
}

/* Columns first, first + 1, ... of the Hessian, as many as there are lanes, or half as many by differences.
 */
static heat_status curve_some(heat_context *ctx, heat_landscape *l, const double *x, int32_t first, int32_t n,
                              double *hessian)
{
    const bool multiplies = l->view->multiply != NULL;
    heat_smooth_block block = block_of(l);
    double h[LANES / 2];
    heat_status status;

    spread_point(l, x);
    memset(l->directions, 0, (size_t)l->view->n * LANES * sizeof *l->directions);
    for (int32_t k = 0; k < n && multiplies; k++)
        l->directions[(first + k) * LANES + k] = 1;
    for (int32_t k = 0; k < n && !multiplies; k++) {
        h[k] = difference * (l->scale[first + k] + fabs(x[first + k]));
        l->x[(first + k) * LANES + 2 * k] += h[k];
        l->x[(first + k) * LANES + 2 * k + 1] -= h[k];
    }
    status = multiplies ? l->view->multiply(ctx, l->view->self, &block)
                        : heat_smooth_evaluate(ctx, l->view, &block);
    for (int32_t k = 0; k < n && status == HEAT_OK; k++)
        for (int32_t i = 0; i < l->view->n; i++)
            hessian[i * l->view->n + first + k] =
                multiplies
                    ? l->products[i * LANES + k]
                    : (l->gradients[i * LANES + 2 * k] - l->gradients[i * LANES + 2 * k + 1]) / (2 * h[k]);
    return status;
}

/* The second derivative along i and j, from four corners; a point at a wall moves inside it. */
static heat_status curve_pair(heat_context *ctx, heat_landscape *l, const double *x, int32_t i, int32_t j,
                              double *curvature)
{
    const double h[2] = {second_difference * (l->scale[i] + fabs(x[i])),
                         second_difference * (l->scale[j] + fabs(x[j]))};
    const int32_t at[2] = {i, j};
    heat_status status;

    spread_point(l, x);
    for (int k = 0; k < 2; k++)
        for (int c = 0; c < 4; c++) {
            const double far = i == j ? 2 * h[k] : h[k];
            double middle = within(l, at[k], within(l, at[k], x[at[k]] + far) - 2 * far) + far;
            l->x[at[k] * LANES + c] =
                (k == 0 || i != j ? middle : l->x[i * LANES + c]) + ((c >> k & 1) != 0 ? h[k] : -h[k]);
        }
    status = evaluate_lanes(ctx, l, 4);
    *curvature = (l->energies[0] - l->energies[1] - l->energies[2] + l->energies[3]) / (4 * h[0] * h[1]);
    *curvature = isfinite(*curvature) ? *curvature : 0; /* next to where the energy is infinite */
    return status;
}

heat_status heat_landscape_curve(heat_context *ctx, heat_landscape *l, const double *x, double *hessian)
{
    const int32_t n = l->view->n, together = l->view->multiply != NULL ? LANES : LANES / 2;
    heat_status status = HEAT_OK;

    if (!l->view->has_gradient) {
        for (int32_t i = 0; i < n && status == HEAT_OK; i++)
            for (int32_t j = 0; j <= i && status == HEAT_OK; j++) {
                status = curve_pair(ctx, l, x, i, j, &hessian[i * n + j]);
                hessian[j * n + i] = hessian[i * n + j];
            }
        return status;
    }
    for (int32_t first = 0; first < n && status == HEAT_OK; first += together)
        status = curve_some(ctx, l, x, first, n - first < together ? n - first : together, hessian);
    for (int32_t i = 0; i < n && status == HEAT_OK; i++)
        for (int32_t j = 0; j < i; j++)
            hessian[i * n + j] = hessian[j * n + i] = (hessian[i * n + j] + hessian[j * n + i]) / 2;
    return status;
}

heat_status heat_landscape_curvatures(heat_context *ctx, heat_landscape *landscape, const double *x,
                                      double *curvatures)
{
    const int64_t n = landscape->view->n;
    double *hessian = NULL, *vectors = NULL;
    heat_status status = heat_alloc(ctx, n * n, sizeof *hessian, &hessian);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, n * n, sizeof *vectors, &vectors);
    if (status == HEAT_OK)
        status = heat_landscape_curve(ctx, landscape, x, hessian);
    if (status == HEAT_OK)
        heat_eigen_symmetric((int32_t)n, hessian, curvatures, vectors);
    heat_free(hessian);
    heat_free(vectors);
    return status;
}

void heat_landscape_confine(const heat_landscape *l, double *x)
{
    for (int32_t i = 0; i < l->view->n; i++) {
        if (l->view->lower != NULL)
            x[i] = fmax(x[i], l->view->lower[i]);
        if (l->view->upper != NULL)
            x[i] = fmin(x[i], l->view->upper[i]);
    }
}

bool heat_landscape_is_held(const heat_landscape *l, const double *x, int32_t i, double step)
{
    return (step < 0 && l->view->lower != NULL && x[i] <= l->view->lower[i]) ||
           (step > 0 && l->view->upper != NULL && x[i] >= l->view->upper[i]);
}

double heat_landscape_slope(const heat_landscape *l, const double *x, const double *gradient)
{
    double slope = 0;

    for (int32_t i = 0; i < l->view->n; i++)
        if (!heat_landscape_is_held(l, x, i, -gradient[i]))
            slope = fmax(slope, fabs(gradient[i]) * l->scale[i]);
    return slope;
}
