/* Log-sum-exp: m + log(sum exp(x - m)) with m near the largest x. Sums are compensated: Neumaier, Z. Angew.
 * Math. Mech. 54 (1974) 39, doi:10.1002/zamm.19740540106. */
#include "stats/log_sum.h"

#include <math.h>

static void add(double *sum, double *error, double term)
{
    double total = *sum + term;

    *error += fabs(*sum) >= fabs(term) ? (*sum - total) + term : (term - total) + *sum;
    *sum = total;
}

double heat_log_sum_exp(int64_t n, const double *x)
{
    double largest = -(double)INFINITY, sum = 0, error = 0;

    for (int64_t k = 0; k < n; k++) {
        if (isnan(x[k]))
            return x[k];
        if (x[k] > largest)
            largest = x[k];
    }
    if (isinf(largest))
        return largest;
    for (int64_t k = 0; k < n; k++)
        add(&sum, &error, exp(x[k] - largest));
    return largest + log(sum + error);
}

double heat_log_add_exp(double a, double b)
{
    double larger = a < b ? b : a, smaller = a < b ? a : b;

    if (a == b) /* infinities too, which have no difference */
        return a + log(2);
    return larger + log1p(exp(smaller - larger));
}

/* Moves the shift up to x. Only when x is well above it: each move then shrinks what the earlier moves
 * rounded, so that their errors do not add up, in whatever order the terms come. */
static void raise_shift(heat_log_sum *s, double x)
{
    double scale;

    if (!(x > s->shift + 1))
        return;
    scale = exp(s->shift - x);
    s->sum *= scale;
    s->sum_error *= scale;
    s->moment *= scale;
    s->moment_error *= scale;
    s->shift = x;
}

/* exp(x - shift), where two infinities of one sign are equal. */
static double above_shift(const heat_log_sum *s, double x)
{
    return x == s->shift ? 1 : exp(x - s->shift);
}

void heat_log_sum_add(heat_log_sum *s, double x, double weight, double y)
{
    double term;

    if (weight == 0 || x == -(double)INFINITY)
        return;
    raise_shift(s, x);
    term = weight * above_shift(s, x);
    add(&s->sum, &s->sum_error, term);
    add(&s->moment, &s->moment_error, term * y);
}

void heat_log_sum_merge(heat_log_sum *into, const heat_log_sum *from)
{
    double scale;

    raise_shift(into, from->shift);
    scale = above_shift(into, from->shift);
    add(&into->sum, &into->sum_error, scale * from->sum);
    add(&into->moment, &into->moment_error, scale * from->moment);
    into->sum_error += scale * from->sum_error;
    into->moment_error += scale * from->moment_error;
}

double heat_log_sum_value(const heat_log_sum *s)
{
    return s->shift + log(s->sum + s->sum_error);
}

double heat_log_sum_mean(const heat_log_sum *s)
{
    return (s->moment + s->moment_error) / (s->sum + s->sum_error);
}
