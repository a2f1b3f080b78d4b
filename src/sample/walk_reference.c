/* Normal within walls: of one variable with a mean between them the integral is a difference of error
 * functions, and at least a third of all normal draws fall there, as its standard deviation is kept below the
 * width. */
#include "sample/walk_reference.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "stats/cholesky.h"

#include <math.h>
#include <string.h>

static const double least_pivot = 1e-10, log_root_two_pi = 0.91893853320467274178;
static const double widest = 0.29; /* about 1 / sqrt(12): a spread of this width is uniform */

static bool has_wall(const heat_walk_reference *r, int32_t i)
{
    return isfinite(r->lower[i]) || isfinite(r->upper[i]);
}

static int64_t at(const heat_walk_reference *r, int32_t i, int32_t j)
{
    return r->is_dense ? (int64_t)i * r->n + j : i;
}

static heat_status alloc(heat_context *ctx, const heat_smooth *v, bool is_dense, heat_walk_reference *r)
{
    int64_t n = v->n, size = is_dense ? n * n : n;
    heat_status status = heat_alloc(ctx, n, sizeof(double), &r->mean);

    r->n = v->n;
    r->is_dense = is_dense;
    if (status == HEAT_OK)
        status = heat_alloc(ctx, size, sizeof(double), &r->factor);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, size, sizeof(double), &r->precision);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n, sizeof(double), &r->lower);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n, sizeof(double), &r->upper);
    for (int32_t i = 0; i < v->n && status == HEAT_OK; i++) {
        r->lower[i] = v->lower == NULL ? -(double)INFINITY : v->lower[i];
        r->upper[i] = v->upper == NULL ? (double)INFINITY : v->upper[i];
    }
    return status;
}

void heat_walk_reference_clear(heat_walk_reference *r)
{
    heat_free(r->mean);
    heat_free(r->factor);
    heat_free(r->precision);
    heat_free(r->lower);
    heat_free(r->upper);
    heat_free(r->betas);
    heat_free(r->steps);
    heat_free(r->ends);
    *r = (heat_walk_reference){.n = 0};
}

/* The part of a normal distribution that lies within the walls. */
static double share_within(const heat_walk_reference *r, int32_t i, double sd)
{
    const double root = 0.70710678118654752440;

    return 0.5 * (erf((r->upper[i] - r->mean[i]) / sd * root) - erf((r->lower[i] - r->mean[i]) / sd * root));
}

/* A variable for itself. */
static void set_alone(heat_walk_reference *r, int32_t i, double sd)
{
    double width = r->upper[i] - r->lower[i];
    bool is_uniform = !(sd < widest * width);
    int64_t k = at(r, i, i);

    r->factor[k] = is_uniform ? widest * width : sd;
    r->precision[k] = is_uniform ? 0 : 1 / (sd * sd);
    r->log_norm += is_uniform ? log(width) : log(sd) + log_root_two_pi;
    if (!is_uniform && has_wall(r, i))
        r->log_norm += log(share_within(r, i, sd));
}

/* P = (L L')^-1, column by column. */
static heat_status invert(heat_context *ctx, heat_walk_reference *r)
{
    const int64_t n = r->n;
    double *column;
    heat_status status = heat_alloc(ctx, n, sizeof *column, &column);

    for (int64_t j = 0; j < n && status == HEAT_OK; j++) {
        memset(column, 0, (size_t)n * sizeof *column);
        column[j] = 1;
        heat_cholesky_solve(r->n, r->factor, column);
        for (int64_t i = 0; i < n; i++)
            r->precision[i * n + j] = column[i];
    }
    for (int64_t i = 0; i < n && status == HEAT_OK; i++)
        for (int64_t j = 0; j < i; j++)
            r->precision[i * n + j] = r->precision[j * n + i] =
                (r->precision[i * n + j] + r->precision[j * n + i]) / 2;
    heat_free(column);
    return status;
}

/* What has no walls, together; false where that is not positive definite. */
static heat_status set_together(heat_context *ctx, heat_walk_reference *r, const double *covariance,
                                bool *is_definite)
{
    const int64_t n = r->n;
    heat_status status = HEAT_OK;

    for (int32_t i = 0; i < n; i++)
        for (int32_t j = 0; j < n; j++)
            r->factor[i * n + j] = i != j && (has_wall(r, i) || has_wall(r, j))
                                       ? 0
                                       : (covariance[i * n + j] + covariance[j * n + i]) / 2;
    *is_definite = heat_cholesky_factor(r->n, r->factor, least_pivot) == r->n;
    if (*is_definite)
        status = invert(ctx, r);
    for (int32_t i = 0; i < n && *is_definite; i++)
        if (!has_wall(r, i))
            r->log_norm += log(r->factor[i * n + i]) + log_root_two_pi;
    return status;
}

heat_status heat_walk_reference_init(heat_context *ctx, const heat_smooth *view, bool is_dense,
                                     const double *mean, const double *covariance, heat_walk_reference *r)
{
    const int64_t n = view->n;
    bool is_definite = false;
    heat_status status;

    *r = (heat_walk_reference){.n = 0};
    status = alloc(ctx, view, is_dense, r);
    if (status != HEAT_OK)
        return status;
    memcpy(r->mean, mean, (size_t)n * sizeof *mean);
    if (is_dense)
        status = set_together(ctx, r, covariance, &is_definite);
    if (is_dense && !is_definite)
        memset(r->factor, 0, (size_t)(n * n) * sizeof *r->factor);
    for (int32_t i = 0; i < n; i++)
        if (!is_definite || has_wall(r, i))
            set_alone(r, i, sqrt(covariance[i * n + i]));
    return status;
}

heat_status heat_walk_reference_init_uniform(heat_context *ctx, const heat_smooth *view,
                                             heat_walk_reference *r)
{
    heat_status status;

    *r = (heat_walk_reference){.n = 0};
    status = alloc(ctx, view, false, r);
    for (int32_t i = 0; i < view->n && status == HEAT_OK; i++) {
        if (!isfinite(r->upper[i] - r->lower[i]))
            return heat_fail_option(ctx, "reference", "uniform",
                                    "a uniform start lies within walls, on either side of every variable "
                                    "(option --box sets them)");
        r->mean[i] = (r->lower[i] + r->upper[i]) / 2;
        set_alone(r, i, (double)INFINITY);
    }
    return status;
}

static double draw_alone(const heat_walk_reference *r, int32_t i, heat_stream *stream)
{
    double x;

    if (r->precision[at(r, i, i)] == 0)
        return r->lower[i] + heat_stream_uniform(stream) * (r->upper[i] - r->lower[i]);
    do
        x = r->mean[i] + r->factor[at(r, i, i)] * heat_stream_normal(stream);
    while (!(x >= r->lower[i] && x <= r->upper[i]));
    return x;
}

void heat_walk_reference_draw(const heat_walk_reference *r, heat_stream *stream, int64_t stride, double *x)
{
    const int64_t n = r->n;

    if (!r->is_dense) {
        for (int32_t i = 0; i < n; i++)
            x[i * stride] = draw_alone(r, i, stream);
        return;
    }
    for (int32_t i = 0; i < n; i++)
        x[i * stride] = heat_stream_normal(stream);
    for (int32_t i = r->n - 1; i >= 0; i--) {
        double sum = r->mean[i];
        for (int32_t j = 0; j <= i; j++)
            sum += r->factor[i * n + j] * x[j * stride];
        x[i * stride] = has_wall(r, i) ? draw_alone(r, i, stream) : sum;
    }
}

double heat_walk_reference_energy(const heat_walk_reference *r, int64_t stride, const double *x)
{
    double sum = 0;

    for (int32_t i = 0; i < r->n; i++) {
        double off = x[i * stride] - r->mean[i], slope = 0;
        for (int32_t j = 0; j < r->n && r->is_dense; j++)
            slope += r->precision[(int64_t)i * r->n + j] * (x[j * stride] - r->mean[j]);
        sum += off * (r->is_dense ? slope : r->precision[i] * off);
    }
    return sum / 2 + r->log_norm;
}

/* The slopes of A, [n][stride]. */
static void find_slopes(const heat_walk_reference *r, const heat_walk_kernel *kernel, int64_t stride,
                        const double *x, double *slopes)
{
    if (r->is_dense)
        kernel->multiply(r->n, r->precision, HEAT_WALK_FULL, stride, x, r->mean, slopes);
    for (int32_t i = 0; i < r->n && !r->is_dense; i++)
        for (int64_t c = 0; c < stride; c++)
            slopes[i * stride + c] = r->precision[i] * (x[i * stride + c] - r->mean[i]);
}

void heat_walk_reference_mix(const heat_walk_reference *r, const heat_walk_kernel *kernel,
                             const heat_smooth_block *b, const double *beta, const double *part,
                             double *slopes)
{
    for (int64_t c = 0; c < b->stride; c++) /* 0 times infinity is infinite here */
        b->energies[c] = b->energies[c] < (double)INFINITY ? beta[c] * b->energies[c] + part[c] * r->log_norm
                                                           : (double)INFINITY;
    find_slopes(r, kernel, b->stride, b->x, slopes);
    for (int32_t i = 0; i < r->n; i++) {
        const double *x = b->x + i * b->stride, *slope = slopes + i * b->stride;
        double *gradient = b->gradients == NULL ? NULL : b->gradients + i * b->stride;
        for (int64_t c = 0; c < b->stride; c++)
            b->energies[c] += part[c] * (0.5 * slope[c] * (x[c] - r->mean[i]));
        for (int64_t c = 0; c < b->stride && gradient != NULL; c++)
            gradient[c] = beta[c] * gradient[c] + part[c] * slope[c];
    }
}

heat_status heat_walk_reference_add_step(heat_context *ctx, heat_walk_reference *r, double beta, double step)
{
    int64_t n = r->n_steps + 1;
    heat_status status = heat_grow(ctx, n, sizeof *r->betas, &r->capacity_betas, &r->betas);

    if (status == HEAT_OK)
        status = heat_grow(ctx, n, sizeof *r->steps, &r->capacity_steps, &r->steps);
    if (status != HEAT_OK)
        return status;
    r->betas[r->n_steps] = beta;
    r->steps[r->n_steps++] = step;
    return HEAT_OK;
}

double heat_walk_reference_get_step(const heat_walk_reference *r, double beta)
{
    int64_t low = 0, high = r->n_steps - 1;

    if (beta <= r->betas[low])
        return r->steps[low];
    if (beta >= r->betas[high])
        return r->steps[high];
    while (high - low > 1) {
        int64_t middle = (low + high) / 2;
        *(beta < r->betas[middle] ? &high : &low) = middle;
    }
    return r->steps[low] +
           (r->steps[high] - r->steps[low]) * (beta - r->betas[low]) / (r->betas[high] - r->betas[low]);
}
