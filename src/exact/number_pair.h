/* Real numbers as unevaluated sums of two doubles, 106 bits (Dekker, Numer. Math. 18 (1971) 224; Knuth, The
 * Art of Computer Programming 2, 4.2.2). Sums are exact to 2^-104 of their terms. */
#ifndef HEATBATH_NUMBER_PAIR_H
#define HEATBATH_NUMBER_PAIR_H

#include <math.h>

typedef struct number {
    double high, low;
} number;

static const double number_rounding = 4.930380657631324e-32; /* relative, of one operation */

static inline number number_of(double x)
{
    return (number){x, 0};
}

static inline double number_value(number a)
{
    return a.high;
}

/* high + low made one number again, |high| >= |low|. */
static inline number number_close(double high, double low)
{
    double sum = high + low;

    return (number){sum, low - (sum - high)};
}

/* a * b without an error. */
static inline number number_product(double a, double b)
{
    const double half = 134217729; /* 2^27 + 1 */
    double product = a * b, big_a = half * a, big_b = half * b;
    double a1 = big_a - (big_a - a), b1 = big_b - (big_b - b), a2 = a - a1, b2 = b - b1;

    return (number){product, ((a1 * b1 - product) + a1 * b2 + a2 * b1) + a2 * b2};
}

static inline number number_plus(number a, number b)
{
    double sum = a.high + b.high, part = sum - a.high;
    double error = (a.high - (sum - part)) + (b.high - part);

    return number_close(sum, error + (a.low + b.low));
}

static inline number number_negative(number a)
{
    return (number){-a.high, -a.low};
}

static inline number number_minus(number a, number b)
{
    return number_plus(a, number_negative(b));
}

static inline number number_times(number a, number b)
{
    number product = number_product(a.high, b.high);

    return number_close(product.high, product.low + (a.high * b.low + a.low * b.high));
}

static inline number number_over(number a, number b)
{
    double first = a.high / b.high, second;
    number rest = number_minus(a, number_times(b, number_of(first)));

    second = rest.high / b.high;
    rest = number_minus(rest, number_times(b, number_of(second)));
    return number_plus(number_close(first, second), number_of(rest.high / b.high));
}

/* a 2^exponent */
static inline number number_scale(number a, int exponent)
{
    return (number){ldexp(a.high, exponent), ldexp(a.low, exponent)};
}

/* log |a| */
static inline double number_log(number a)
{
    return log(fabs(a.high)) + a.low / a.high;
}

static inline number number_root(number a)
{
    double first = sqrt(a.high);
    number rest;

    if (!(first > 0))
        return number_of(0);
    rest = number_minus(a, number_product(first, first));
    return number_close(first, rest.high / (2 * first));
}

/* exp(y), y <= 0: y = k log 2 + 256 r, a Taylor series in r, squared eight times. */
static inline number number_exp_negative(number y)
{
    const number log_2 = {0.6931471805599453094, 2.3190468138462996e-17};
    double k = nearbyint(y.high / log_2.high);
    number r = number_minus(y, number_times(number_of(k), log_2)), sum = number_of(1);

    if (!(y.high > -700))
        return number_of(0);
    r = number_times(r, number_of(1.0 / 256));
    for (int i = 14; i >= 1; i--)
        sum = number_plus(number_of(1), number_over(number_times(sum, r), number_of(i)));
    for (int i = 0; i < 8; i++)
        sum = number_times(sum, sum);
    return (number){ldexp(sum.high, (int)k), ldexp(sum.low, (int)k)};
}

/* exp(-2 a b), and tanh(a b); a, b >= 0. */
static inline void number_weigh(double a, double b, number *x, number *t)
{
    number y = number_product(-2 * a, b), one = number_of(1);

    *x = y.high < 0 ? number_exp_negative(y) : one;
    *t = number_over(number_minus(one, *x), number_plus(one, *x));
}

#endif
