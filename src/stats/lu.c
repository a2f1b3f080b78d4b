/* Elimination with the largest pivot of each column. Golub and Van Loan, Matrix Computations, section 3.4. */
#include "stats/lu.h"

#include <math.h>

static void trade(int32_t n, double *x, double *y)
{
    for (int32_t k = 0; k < n; k++) {
        double kept = x[k];
        x[k] = y[k];
        y[k] = kept;
    }
}

void heat_lu_factor(int32_t n, double *a, int32_t *order)
{
    for (int32_t k = 0; k < n; k++)
        order[k] = k;
    for (int32_t c = 0; c < n; c++) {
        const double *top = a + (int64_t)c * n;
        int32_t best = c, kept = order[c];
        for (int32_t r = c + 1; r < n; r++)
            if (fabs(a[(int64_t)r * n + c]) > fabs(a[(int64_t)best * n + c]))
                best = r;
        order[c] = order[best];
        order[best] = kept;
        if (best != c)
            trade(n, a + (int64_t)c * n, a + (int64_t)best * n);
        for (int32_t r = c + 1; r < n; r++) {
            double *row = a + (int64_t)r * n, factor;
            if (row[c] == 0)
                continue;
            factor = row[c] /= top[c];
            for (int32_t k = c + 1; k < n; k++)
                row[k] -= factor * top[k];
        }
    }
}

void heat_lu_solve(int32_t n, const double *factors, const int32_t *order, const double *b, double *x)
{
    for (int32_t r = 0; r < n; r++) {
        x[r] = b[order[r]];
        for (int32_t k = 0; k < r; k++)
            x[r] -= factors[(int64_t)r * n + k] * x[k];
    }
    for (int32_t r = n - 1; r >= 0; r--) {
        for (int32_t k = r + 1; k < n; k++)
            x[r] -= factors[(int64_t)r * n + k] * x[k];
        x[r] /= factors[(int64_t)r * n + r];
    }
}
