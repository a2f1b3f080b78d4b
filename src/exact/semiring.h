/* The two semirings of elimination, and the arithmetic of the first in two ways: numbers where their range is
 * known to fit a double, logarithms where it may not. No function of the C library decides a draw. */
#ifndef HEATBATH_SEMIRING_H
#define HEATBATH_SEMIRING_H

#include "kernel/elementary.h"

#include <math.h>

typedef enum heat_semiring {
    HEAT_SEMIRING_SUM, /* (+, *) on weights exp(-beta E) */
    HEAT_SEMIRING_LOG, /* the same on their logarithms */
    HEAT_SEMIRING_MIN  /* (min, +) on energies */
} heat_semiring;

/* Largest beta * range of heat_elimination for which SUM neither under- nor overflows. */
static const double heat_semiring_sum_range = 600;

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
    return s == HEAT_SEMIRING_MIN ? low : high + heat_semiring_log_1p(heat_exp_negative(low - high));
}

/* The share of b in a plus b; for MIN 1 if b is the smaller, ties go to a. */
static inline double heat_semiring_share(heat_semiring s, double a, double b)
{
    double smaller = heat_exp_negative(a < b ? a - b : b - a);

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
    return s == HEAT_SEMIRING_SUM ? heat_exp_negative(-2 * beta * strength) : -2 * beta * strength;
}

/* The entry that matters more. */
static inline double heat_semiring_better(heat_semiring s, double a, double b)
{
    return s == HEAT_SEMIRING_MIN ? (a < b ? a : b) : (a < b ? b : a);
}

#endif
