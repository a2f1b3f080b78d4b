/* gaussian:FILE, U(x) = (x - m)' C^-1 (x - m) / 2: a normal distribution of mean m and covariance T C. */
#include "base/context_private.h"
#include "base/memory.h"
#include "io/matrix_file.h"
#include "model/potential.h"
#include "stats/cholesky.h"

#include <math.h>
#include <string.h>

/* Names the first number that no covariance has, C[i][j] that of row i of the file's covariance. */
static heat_status check_covariance(heat_context *ctx, const char *path, int64_t n, const double *c)
{
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++) {
            double other = c[j * n + i], size = sqrt(c[i * n + i] * c[j * n + j]);
            if (!isfinite(c[i * n + j]))
                return heat_fail_file(ctx, HEAT_ERROR_INPUT, path, 0, 0, "the covariance C[%lld][%lld] is %g",
                                      (long long)i, (long long)j, c[i * n + j]);
            if (!(fabs(c[i * n + j] - other) <= 1e-9 * size))
                return heat_fail_file(ctx, HEAT_ERROR_INPUT, path, 0, 0,
                                      "no covariance: C[%lld][%lld] is %g and C[%lld][%lld] is %g",
                                      (long long)i, (long long)j, c[i * n + j], (long long)j, (long long)i,
                                      other);
        }
    return HEAT_OK;
}

/* precision = C^-1, by C's factor. Also what is symmetric but for rounding becomes so. */
static heat_status invert(heat_context *ctx, const char *path, int32_t n, const double *c, double *precision)
{
    const int64_t width = n;
    double *factor = NULL, *column = NULL;
    heat_status status = heat_alloc(ctx, width * n, sizeof *factor, &factor);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, n, sizeof *column, &column);
    if (status != HEAT_OK)
        goto out;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++)
            factor[i * width + j] = (c[i * width + j] + c[j * width + i]) / 2;
    if (heat_cholesky_factor(n, factor, 0) < n) {
        status = heat_fail_file(ctx, HEAT_ERROR_INPUT, path, 0, 0,
                                "no covariance: the matrix is not positive definite");
        goto out;
    }
    for (int64_t j = 0; j < n; j++) {
        memset(column, 0, (size_t)n * sizeof *column);
        column[j] = 1;
        heat_cholesky_solve(n, factor, column);
        for (int64_t i = 0; i < n; i++)
            precision[i * width + j] = column[i];
    }
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < i; j++)
            precision[i * width + j] = precision[j * width + i] =
                (precision[i * width + j] + precision[j * width + i]) / 2;
out:
    heat_free(factor);
    heat_free(column);
    return status;
}

/* The file's rows: the covariance, above it the mean where there is one row more. */
static heat_status take_rows(heat_context *ctx, const char *path, const heat_npy_array *a, heat_potential *p)
{
    const int64_t n = a->extent[1];
    const bool has_mean = a->extent[0] == n + 1;
    const double *c = has_mean ? a->values + n : a->values;
    heat_status status;

    if (n < 1 || n > INT32_MAX - 1 || (a->extent[0] != n && !has_mean))
        return heat_fail_file(ctx, HEAT_ERROR_INPUT, path, 0, 0,
                              "%lld x %lld numbers: expected the mean in one row and the covariance, square, "
                              "below it, or the covariance alone",
                              (long long)a->extent[0], (long long)n);
    p->n = p->numbers.n = (int32_t)n;
    status = heat_alloc(ctx, n, sizeof *p->mean, &p->mean);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n, sizeof *p->scale, &p->scale);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n, sizeof *p->zero, &p->zero);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, (n + HEAT_GAUSSIAN_ROWS - 1) * n, sizeof *p->precision, &p->precision);
    if (status == HEAT_OK)
        status = check_covariance(ctx, path, n, c);
    for (int64_t i = 0; i < n && status == HEAT_OK; i++) {
        p->mean[i] = has_mean ? a->values[i] : 0;
        p->scale[i] = sqrt(c[i * n + i]);
        if (!isfinite(p->mean[i]))
            status = heat_fail_file(ctx, HEAT_ERROR_INPUT, path, 0, 0, "the mean m[%lld] is %g", (long long)i,
                                    p->mean[i]);
    }
    if (status == HEAT_OK)
        status = invert(ctx, path, (int32_t)n, c, p->precision);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n, sizeof *p->start, &p->start);
    if (status == HEAT_OK)
        memcpy(p->start, p->mean, (size_t)n * sizeof *p->start);
    p->numbers.mean = p->mean;
    p->numbers.zero = p->zero;
    p->numbers.precision = p->precision;
    return status;
}

heat_status heat_potential_read_gaussian(heat_context *ctx, const char *path, heat_potential *p)
{
    heat_npy_array a = {.rank = 0};
    heat_status status = heat_matrix_read(ctx, path, &a);

    if (status == HEAT_OK)
        status = take_rows(ctx, path, &a, p);
    heat_free(a.values);
    return status;
}
