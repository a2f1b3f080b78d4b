/* Real numbers as unevaluated sums of two doubles, 106 bits (Dekker, Numer. Math. 18 (1971) 224; Knuth, The
 * Art of Computer Programming 2, 4.2.2). Sums are exact to 2^-104 of their terms. */
#ifndef HEATBATH_NUMBER_PAIR_H
#define HEATBATH_NUMBER_PAIR_H

#include <math.h>

typedef struct real {
    double high, low;
} real;

static const double real_rounding = 4.930380657631324e-32; /* relative, of one operation */

static inline real real_of(double x)
{
    return (real){x, 0};
}

static inline double real_value(real a)
{
    return a.high;
}

/* high + low made one real again, |high| >= |low|. */
static inline real real_close(double high, double low)
{
    double sum = high + low;

    return (real){sum, low - (sum - high)};
}

/* a * b without an error. */
static inline real real_product(double a, double b)
{
    const double half = 134217729; /* 2^27 + 1 */
    double product = a * b, big_a = half * a, big_b = half * b;
    double a1 = big_a - (big_a - a), b1 = big_b - (big_b - b), a2 = a - a1, b2 = b - b1;

    return (real){product, ((a1 * b1 - product) + a1 * b2 + a2 * b1) + a2 * b2};
}

static inline real real_plus(real a, real b)
{
    double sum = a.high + b.high, part = sum - a.high;
    double error = (a.high - (sum - part)) + (b.high - part);

    return real_close(sum, error + (a.low + b.low));
}

static inline real real_negative(real a)
{
    return (real){-a.high, -a.low};
}

static inline real real_minus(real a, real b)
{
    return real_plus(a, real_negative(b));
}

static inline real real_times(real a, real b)
{
    real product = real_product(a.high, b.high);

    return real_close(product.high, product.low + (a.high * b.low + a.low * b.high));
}

static inline real real_over(real a, real b)
{
    double first = a.high / b.high, second;
    real rest = real_minus(a, real_times(b, real_of(first)));

    second = rest.high / b.high;
    rest = real_minus(rest, real_times(b, real_of(second)));
    return real_plus(real_close(first, second), real_of(rest.high / b.high));
}

/* a 2^exponent */
static inline real real_scale(real a, int exponent)
{
    return (real){ldexp(a.high, exponent), ldexp(a.low, exponent)};
}

/* log |a| */
static inline double real_log(real a)
{
    return log(fabs(a.high)) + a.low / a.high;
}

static inline real real_root(real a)
{
    double first = sqrt(a.high);
    real rest;

    if (!(first > 0))
        return real_of(0);
    rest = real_minus(a, real_product(first, first));
    return real_close(first, rest.high / (2 * first));
}

/* exp(y), y <= 0: y = k log 2 + 256 r, a Taylor series in r, squared eight times. */
static inline real real_exp_negative(real y)
{
    const real log_2 = {0.6931471805599453094, 2.3190468138462996e-17};
    double k = nearbyint(y.high / log_2.high);
    real r = real_minus(y, real_times(real_of(k), log_2)), sum = real_of(1);

    if (!(y.high > -700))
        return real_of(0);
    r = real_times(r, real_of(1.0 / 256));
    for (int i = 14; i >= 1; i--)
        sum = real_plus(real_of(1), real_over(real_times(sum, r), real_of(i)));
    for (int i = 0; i < 8; i++)
        sum = real_times(sum, sum);
    return (real){ldexp(sum.high, (int)k), ldexp(sum.low, (int)k)};
}

/* exp(-2 a b), and tanh(a b); a, b >= 0. */
static inline void real_weigh(double a, double b, real *x, real *t)
{
    real y = real_product(-2 * a, b), one = real_of(1);

    *x = y.high < 0 ? real_exp_negative(y) : one;
    *t = real_over(real_minus(one, *x), real_plus(one, *x));
}

#endif
