/* Two Gaussian layers are one normal distribution of precision beta A, A the diagonal of both layers' and -W
 * between them: with fields f at rest,
 *
 *     log Z = beta f A^-1 f / 2 + (n log(2 pi / beta) - log det A) / 2 - beta offset,
 *
 * if A is positive definite; else the integral diverges. */
#include "base/context_private.h"
#include "base/memory.h"
#include "exact/unit_enumeration.h"
#include "stats/cholesky.h"

#include <math.h>
#include <string.h>

static const double log_2pi = 1.8378770664093454836, least_pivot = 1e-13;

static void fill(const heat_unit_layers *u, double *a, double *field)
{
    int64_t v = u->visible.n, h = u->hidden.n, n = v + h;

    for (int64_t i = 0; i < v; i++) {
        a[i * n + i] = u->visible.precision[i];
        field[i] = u->visible.bias[i];
    }
    for (int64_t j = 0; j < h; j++) {
        a[(v + j) * n + v + j] = u->hidden.precision[j];
        field[v + j] = u->hidden.bias[j];
        for (int64_t i = 0; i < v; i++)
            a[(v + j) * n + i] = -u->weights[i * h + j];
    }
}

/* Means, and from the columns of A^-1 the mean products. */
static void find_moments(const heat_unit_layers *u, double beta, const double *factor, const double *mean,
                         double *column, heat_unit_sums *s)
{
    int64_t v = u->visible.n, h = u->hidden.n, n = v + h;

    for (int64_t k = 0; k < n; k++) {
        memset(column, 0, (size_t)n * sizeof *column);
        column[k] = 1 / beta;
        heat_cholesky_solve((int32_t)n, factor, column);
        if (k < v && s->visible_square != NULL)
            s->visible_square[k] = column[k] + mean[k] * mean[k];
        if (k >= v && s->hidden_square != NULL)
            s->hidden_square[k - v] = column[k] + mean[k] * mean[k];
        for (int64_t j = 0; k < v && j < h && s->pair_mean != NULL; j++)
            s->pair_mean[k * h + j] = column[v + j] + mean[k] * mean[v + j];
    }
    if (s->visible_mean != NULL)
        memcpy(s->visible_mean, mean, (size_t)v * sizeof *mean);
    if (s->hidden_mean != NULL)
        memcpy(s->hidden_mean, mean + v, (size_t)h * sizeof *mean);
}

heat_status heat_unit_gaussian_run(heat_context *ctx, const heat_unit_layers *u, double beta,
                                   heat_unit_sums *s)
{
    int32_t n = u->visible.n + u->hidden.n;
    double *a = NULL, *field = NULL, *mean = NULL, log_det = 0, along = 0;
    heat_status status = heat_alloc(ctx, (int64_t)n * n, sizeof *a, &a);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, n, sizeof *field, &field);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n, sizeof *mean, &mean);
    if (status != HEAT_OK)
        goto out;
    fill(u, a, field);
    if (heat_cholesky_factor(n, a, least_pivot) < n) {
        status =
            heat_fail(ctx, HEAT_ERROR_UNDEFINED,
                      "the integral over the two Gaussian layers diverges: their precision with the weights "
                      "is not positive definite");
        goto out;
    }
    memcpy(mean, field, (size_t)n * sizeof *mean);
    heat_cholesky_solve(n, a, mean);
    for (int64_t k = 0; k < n; k++) {
        log_det += 2 * log(a[k * n + k]);
        along += field[k] * mean[k];
    }
    s->log_z = beta * along / 2 + (n * (log_2pi - log(beta)) - log_det) / 2 - beta * u->offset;
    s->mean_energy = s->wants_moments ? u->offset - along / 2 + n / (2 * beta) : (double)NAN;
    if (s->wants_moments)
        find_moments(u, beta, a, mean, field, s);
out:
    heat_free(a);
    heat_free(field);
    heat_free(mean);
    return status;
}
