/* Wiener and Khinchin: the transform of |Z|^2, Z the transform of the series padded with zeros, is the
 * autocorrelation. Two series make one complex one, z = x + i y: the real part of its autocorrelation is the
 * sum of theirs. The transform halves by frequency on the way in and by time on the way out (Cooley and
 * Tukey, Math. Comp. 19 (1965) 297; Gentleman and Sande, AFIPS 29 (1966) 563), so that the spectrum stays in
 * bit-reversed order and nothing is ever permuted; it recurses, which keeps small halves in the cache. */
#include "stats/autocovariance.h"
#include "base/memory.h"
#include "stats/moments.h"

#include <math.h>

typedef struct number {
    double re, im;
} number;

struct heat_autocovariance {
    int64_t n;
    int64_t size;  /* of the transform: a power of two, at least 2 n, so that no lag wraps round */
    number *roots; /* size each */
    number *z;
    double *power;
};

static number times(number a, number b)
{
    return (number){a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}

/* roots[n / 2 + k] = exp(-2 pi i k / n) for every power of two n <= size and k < n / 2. */
static void fill_roots(int64_t size, number *roots)
{
    for (int64_t k = 0; k < size / 2; k++) {
        double angle = -6.283185307179586476925286766559 * (double)k / (double)size;
        roots[size / 2 + k] = (number){cos(angle), sin(angle)};
    }
    for (int64_t half = size / 4; half > 0; half /= 2)
        for (int64_t k = 0; k < half; k++)
            roots[half + k] = roots[2 * half + 2 * k];
}

/* Z_f = sum_t z_t exp(-2 pi i f t / n), f in bit-reversed order. */
static void transform(int64_t n, const number *roots, number *z)
{
    int64_t half = n / 2;

    if (n == 1)
        return;
    for (int64_t k = 0; k < half; k++) {
        number a = z[k], b = z[half + k];
        z[k] = (number){a.re + b.re, a.im + b.im};
        z[half + k] = times((number){a.re - b.re, a.im - b.im}, roots[half + k]);
    }
    transform(half, roots, z);
    transform(half, roots, z + half);
}

/* The way back, from bit-reversed order; n times too large. */
static void transform_back(int64_t n, const number *roots, number *z)
{
    int64_t half = n / 2;

    if (n == 1)
        return;
    transform_back(half, roots, z);
    transform_back(half, roots, z + half);
    for (int64_t k = 0; k < half; k++) {
        number root = {roots[half + k].re, -roots[half + k].im};
        number a = z[k], b = times(z[half + k], root);
        z[k] = (number){a.re + b.re, a.im + b.im};
        z[half + k] = (number){a.re - b.re, a.im - b.im};
    }
}

/* The padded pair of series x and y (NULL: none). */
static void load_pair(int64_t n, const double *x, const double *y, int64_t size, number *z)
{
    double x_mean = heat_mean(n, x), y_mean = y == NULL ? 0 : heat_mean(n, y);

    for (int64_t t = 0; t < n; t++)
        z[t] = (number){x[t] - x_mean, y == NULL ? 0 : y[t] - y_mean};
    for (int64_t t = n; t < size; t++)
        z[t] = (number){0, 0};
}

heat_status heat_autocovariance_create(heat_context *ctx, int64_t n, heat_autocovariance **out)
{
    heat_autocovariance *a;
    heat_status status = heat_alloc(ctx, 1, sizeof *a, &a);

    *out = NULL;
    if (status != HEAT_OK)
        return status;
    a->n = n;
    a->size = 1;
    while (a->size < 2 * n)
        a->size *= 2;
    if ((status = heat_alloc(ctx, a->size, sizeof *a->roots, &a->roots)) != HEAT_OK ||
        (status = heat_alloc(ctx, a->size, sizeof *a->z, &a->z)) != HEAT_OK ||
        (status = heat_alloc(ctx, a->size, sizeof *a->power, &a->power)) != HEAT_OK) {
        heat_autocovariance_free(a);
        return status;
    }
    fill_roots(a->size, a->roots);
    *out = a;
    return HEAT_OK;
}

void heat_autocovariance_free(heat_autocovariance *a)
{
    if (a == NULL)
        return;
    heat_free(a->roots);
    heat_free(a->z);
    heat_free(a->power);
    heat_free(a);
}

const double *heat_autocovariance_get(heat_autocovariance *a, int64_t n_series, const double *x)
{
    double share = 1 / ((double)a->size * (double)a->n * (double)n_series);
    int64_t n = a->n;

    for (int64_t f = 0; f < a->size; f++)
        a->power[f] = 0;
    for (int64_t s = 0; s < n_series; s += 2) {
        load_pair(n, x + s * n, s + 1 < n_series ? x + (s + 1) * n : NULL, a->size, a->z);
        transform(a->size, a->roots, a->z);
        for (int64_t f = 0; f < a->size; f++)
            a->power[f] += a->z[f].re * a->z[f].re + a->z[f].im * a->z[f].im;
    }
    for (int64_t f = 0; f < a->size; f++)
        a->z[f] = (number){a->power[f], 0};
    transform_back(a->size, a->roots, a->z);
    for (int64_t lag = 0; lag < n; lag++)
        a->power[lag] = a->z[lag].re * share;
    return a->power;
}

double heat_autocovariance_at(int64_t n_series, int64_t n, const double *x, int64_t lag)
{
    double sum[4] = {0, 0, 0, 0}; /* side by side */

    for (int64_t s = 0; s < n_series; s++) {
        const double *a = x + s * n, *b = a + lag;
        int64_t t = 0;
        for (; t + 4 <= n - lag; t += 4)
            for (int k = 0; k < 4; k++)
                sum[k] += a[t + k] * b[t + k];
        for (; t < n - lag; t++)
            sum[0] += a[t] * b[t];
    }
    return (sum[0] + sum[1] + (sum[2] + sum[3])) / ((double)n * (double)n_series);
}
