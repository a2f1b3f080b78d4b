/* Cholesky's factorisation by rows: L_ij = (a_ij - sum_k L_ik L_jk) / L_jj. Golub and Van Loan, Matrix
 * Computations (4th ed., 2013), section 4.2. */
#include "stats/cholesky.h"

#include <math.h>

static double dot(int32_t n, const double *x, const double *y)
{
    double sum = 0;

    for (int32_t k = 0; k < n; k++)
        sum += x[k] * y[k];
    return sum;
}

int32_t heat_cholesky_factor(int32_t n, double *a, double least)
{
    for (int32_t i = 0; i < n; i++) {
        double *row = a + (int64_t)i * n, pivot;
        for (int32_t j = 0; j < i; j++)
            row[j] = (row[j] - dot(j, row, a + (int64_t)j * n)) / a[(int64_t)j * n + j];
        pivot = row[i] - dot(i, row, row);
        if (!(pivot > least * row[i]))
            return i;
        row[i] = sqrt(pivot);
    }
    return n;
}

void heat_cholesky_solve(int32_t n, const double *factor, double *x)
{
    for (int32_t i = 0; i < n; i++)
        x[i] = (x[i] - dot(i, factor + (int64_t)i * n, x)) / factor[(int64_t)i * n + i];
    for (int32_t i = n - 1; i >= 0; i--) {
        for (int32_t k = i + 1; k < n; k++)
            x[i] -= factor[(int64_t)k * n + i] * x[k];
        x[i] /= factor[(int64_t)i * n + i];
    }
}
