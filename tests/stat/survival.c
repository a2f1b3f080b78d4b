/* See survival.h. The gamma function by its series and by a continued fraction: Abramowitz and Stegun,
 * Handbook of Mathematical Functions (1964), 6.5.29 and 6.5.31. */
#include "survival.h"

#include <math.h>

double survival_normal(double z)
{
    return erfc(fabs(z) * M_SQRT1_2);
}

/* P(a, x) = x^a e^-x / Gamma(a + 1) * (1 + x / (a + 1) + x^2 / (a + 1)(a + 2) + ...), for x < a + 1. */
static double lower_gamma(double a, double x)
{
    double term = 1, sum = 1;

    for (double k = 1; term > 1e-17 * sum; k++) {
        term *= x / (a + k);
        sum += term;
    }
    return sum * exp(a * log(x) - x - lgamma(a + 1));
}

/* Q(a, x) = x^a e^-x / Gamma(a) * 1 / (x + 1 - a - 1 (1 - a) / (x + 3 - a - ...)), for x >= a + 1. */
static double upper_gamma(double a, double x)
{
    const double tiny = 1e-300;
    double b = x + 1 - a, c = 1 / tiny, d = 1 / b, h = d, change = 0;

    for (int k = 1; fabs(change - 1) > 1e-16 && k < 100000; k++) {
        double numerator = -k * (k - a);
        b += 2;
        d = numerator * d + b;
        d = 1 / (fabs(d) < tiny ? tiny : d);
        c = b + numerator / c;
        c = fabs(c) < tiny ? tiny : c;
        change = c * d;
        h *= change;
    }
    return h * exp(a * log(x) - x - lgamma(a));
}

double survival_chi_square(double x, double dof)
{
    if (isnan(x) || !(dof > 0))
        return (double)NAN;
    if (x <= 0)
        return 1;
    if (isinf(x))
        return 0;
    return x / 2 < dof / 2 + 1 ? 1 - lower_gamma(dof / 2, x / 2) : upper_gamma(dof / 2, x / 2);
}

double survival_student_to_normal(double t, double dof)
{
    return copysign((8 * dof + 1) / (8 * dof + 3) * sqrt(dof * log1p(t * t / dof)), t);
}

static double binomial_term(int64_t k, int64_t n, double p)
{
    double x = (double)k, all = (double)n;

    return exp(lgamma(all + 1) - lgamma(x + 1) - lgamma(all - x + 1) + x * log(p) + (all - x) * log1p(-p));
}

double survival_binomial_above(int64_t k, int64_t n, double p)
{
    double sum = 0;

    for (int64_t x = n; x >= k && x >= 0; x--)
        sum += binomial_term(x, n, p);
    return sum < 1 ? sum : 1;
}

double survival_binomial_below(int64_t k, int64_t n, double p)
{
    return survival_binomial_above(n - k, n, 1 - p);
}

double survival_fisher(double p, double q)
{
    double product = p * q;

    return product > 0 ? product * (1 - log(product)) : product;
}

double survival_least(int n, const double *p)
{
    double least = 1;

    for (int k = 0; k < n; k++)
        if (isnan(p[k]) || p[k] < least) /* a NaN stays: nothing is below it */
            least = p[k];
    return n * least >= 1 ? 1 : n * least;
}
