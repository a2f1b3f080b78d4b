/* The two semirings of elimination, and the arithmetic of the first in two ways: numbers where their range is
 * known to fit a double, logarithms where it may not. No function of the C library decides a draw. */
#ifndef HEATBATH_SEMIRING_H
#define HEATBATH_SEMIRING_H

#include <math.h>
#include <stdint.h>
#include <string.h>

typedef enum heat_semiring {
    HEAT_SEMIRING_SUM, /* (+, *) on weights exp(-beta E) */
    HEAT_SEMIRING_LOG, /* the same on their logarithms */
    HEAT_SEMIRING_MIN  /* (min, +) on energies */
} heat_semiring;

/* Largest beta * range of heat_elimination for which SUM neither under- nor overflows. */
static const double heat_semiring_sum_range = 600;

/* exp(x) for x <= 0, to 1 ulp or so; 0 below -708. */
static inline double heat_semiring_exp(double x)
{
    const double log2_e = 1.4426950408889634, log_2_high = 0x1.62e42feep-1, log_2_low = 0x1.a39ef35793c76p-33;
    const double to_integer = 0x1.8p52;
    double k, r, p;
    int64_t bits;

    x = x < -709 ? -709 : x;
    k = x * log2_e + to_integer; /* the low bits of its mantissa are round(x log2 e) */
    memcpy(&bits, &k, sizeof bits);
    k -= to_integer;
    r = (x - k * log_2_high) - k * log_2_low;
    p = 1 / 6227020800.0; /* Taylor to r^13: 4e-18 at |r| = log(2) / 2 */
    p = p * r + 1 / 479001600.0;
    p = p * r + 1 / 39916800.0;
    p = p * r + 1 / 3628800.0;
    p = p * r + 1 / 362880.0;
    p = p * r + 1 / 40320.0;
    p = p * r + 1 / 5040.0;
    p = p * r + 1 / 720.0;
    p = p * r + 1 / 120.0;
    p = p * r + 1 / 24.0;
    p = p * r + 1 / 6.0;
    p = p * r + 0.5;
    p = p * r * r + r + 1;
    bits = (int64_t)((uint64_t)(bits + 1023) << 52);
    memcpy(&k, &bits, sizeof k);
    return x < -708 ? 0 : p * k;
}

/* log(1 + u), 0 <= u <= 1, as 2 artanh(u / (2 + u)). */
static inline double heat_semiring_log_1p(double u)
{
    double z = u / (2 + u), y = z * z, p = 1.0 / 33;

    for (int k = 31; k >= 3; k -= 2)
        p = p * y + 1.0 / k;
    return 2 * z + 2 * z * y * p;
}

static inline double heat_semiring_times(heat_semiring s, double a, double b)
{
    return s == HEAT_SEMIRING_SUM ? a * b : a + b;
}

static inline double heat_semiring_plus(heat_semiring s, double a, double b)
{
    double low = a < b ? a : b, high = a < b ? b : a;

    if (s == HEAT_SEMIRING_SUM)
        return a + b;
    return s == HEAT_SEMIRING_MIN ? low : high + heat_semiring_log_1p(heat_semiring_exp(low - high));
}

/* The share of b in a plus b; for MIN 1 if b is the smaller, ties go to a. */
static inline double heat_semiring_share(heat_semiring s, double a, double b)
{
    double smaller = heat_semiring_exp(a < b ? a - b : b - a);

    if (s == HEAT_SEMIRING_SUM)
        return b / (a + b);
    if (s == HEAT_SEMIRING_MIN)
        return b < a ? 1 : 0;
    return a < b ? 1 / (1 + smaller) : smaller / (1 + smaller);
}

static inline double heat_semiring_one(heat_semiring s)
{
    return s == HEAT_SEMIRING_SUM ? 1 : 0;
}

static inline double heat_semiring_inverse(heat_semiring s, double a)
{
    return s == HEAT_SEMIRING_SUM ? 1 / a : -a;
}

/* A term -J s s' of the energy is -|J| where satisfied, and this factor where it is not. */
static inline double heat_semiring_penalty(heat_semiring s, double beta, double strength)
{
    if (s == HEAT_SEMIRING_MIN)
        return 2 * strength;
    return s == HEAT_SEMIRING_SUM ? heat_semiring_exp(-2 * beta * strength) : -2 * beta * strength;
}

/* The entry that matters more. */
static inline double heat_semiring_better(heat_semiring s, double a, double b)
{
    return s == HEAT_SEMIRING_MIN ? (a < b ? a : b) : (a < b ? b : a);
}

#endif
