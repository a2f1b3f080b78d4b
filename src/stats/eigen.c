/* Rotations that make the off-diagonal numbers of a symmetric matrix zero one after the other, in sweeps over
 * all of them, until nothing is left. Jacobi, J. reine angew. Math. 30 (1846) 51; Golub and Van Loan, Matrix
 * Computations (2013), 8.5. */
#include "stats/eigen.h"

#include <math.h>
#include <string.h>

enum { MOST_SWEEPS = 60 };

/* Rows p and q of both arrays turn by an angle of cosine c and sine s. */
static void turn_rows(int32_t n, double *a, int32_t p, int32_t q, double c, double s)
{
    for (int32_t k = 0; k < n; k++) {
        double x = a[p * n + k], y = a[q * n + k];
        a[p * n + k] = c * x - s * y;
        a[q * n + k] = s * x + c * y;
    }
}

static void turn_columns(int32_t n, double *a, int32_t p, int32_t q, double c, double s)
{
    for (int32_t k = 0; k < n; k++) {
        double x = a[k * n + p], y = a[k * n + q];
        a[k * n + p] = c * x - s * y;
        a[k * n + q] = s * x + c * y;
    }
}

/* Makes a_pq zero; false if it was, to rounding. */
static bool rotate(int32_t n, double *a, double *vectors, int32_t p, int32_t q)
{
    double off = a[p * n + q], theta, t, c;

    if (!(fabs(off) > 1e-17 * sqrt(fabs(a[p * n + p] * a[q * n + q]))))
        return false;
    theta = (a[q * n + q] - a[p * n + p]) / (2 * off);
    t = (theta < 0 ? -1 : 1) / (fabs(theta) + sqrt(theta * theta + 1));
    c = 1 / sqrt(t * t + 1);
    turn_rows(n, a, p, q, c, t * c);
    turn_columns(n, a, p, q, c, t * c);
    a[p * n + q] = a[q * n + p] = 0;
    turn_rows(n, vectors, p, q, c, t * c);
    return true;
}

static void swap_rows(int32_t n, double *vectors, int32_t p, int32_t q)
{
    for (int32_t k = 0; k < n; k++) {
        double x = vectors[p * n + k];
        vectors[p * n + k] = vectors[q * n + k];
        vectors[q * n + k] = x;
    }
}

void heat_eigen_symmetric(int32_t n, double *a, double *values, double *vectors)
{
    bool turned = true;

    memset(vectors, 0, (size_t)n * (size_t)n * sizeof *vectors);
    for (int32_t k = 0; k < n; k++)
        vectors[k * n + k] = 1;
    for (int sweep = 0; turned && sweep < MOST_SWEEPS; sweep++) {
        turned = false;
        for (int32_t p = 0; p < n; p++)
            for (int32_t q = p + 1; q < n; q++)
                turned |= rotate(n, a, vectors, p, q);
    }
    for (int32_t k = 0; k < n; k++)
        values[k] = a[k * n + k];
    for (int32_t k = 0; k < n; k++)
        for (int32_t l = k; l > 0 && values[l] < values[l - 1]; l--) {
            double x = values[l];
            values[l] = values[l - 1];
            values[l - 1] = x;
            swap_rows(n, vectors, l, l - 1);
        }
}
