/* exp from additions and multiplications alone, so that its bits are the same in every kernel and on every
 * machine. Range reduction by Cody and Waite (Software Manual for the Elementary Functions, 1980), then a
 * Taylor polynomial. */
#ifndef HEATBATH_ELEMENTARY_H
#define HEATBATH_ELEMENTARY_H

#include <stdint.h>
#include <string.h>

#define HEAT_LOG2E 1.4426950408889634074
/* ln 2 in two parts: multiples of the first below 2^20 are exact. */
#define HEAT_LN2_HIGH 6.93147180369123816490e-01
#define HEAT_LN2_LOW 1.90821492927058770002e-10
/* Added to a double, it leaves the nearest integer, ties to even, in the low half of its bits. */
#define HEAT_ROUND 6755399441055744.0 /* 1.5 * 2^52 */

/* exp(x) for x <= 0; 0 below -708. Relative error below 2^-51. */
static inline double heat_exp_negative(double x)
{
    double shifted, k, r, p;
    uint64_t bits, value;

    shifted = x * HEAT_LOG2E + HEAT_ROUND;
    k = shifted - HEAT_ROUND;
    r = (x - k * HEAT_LN2_HIGH) - k * HEAT_LN2_LOW; /* |r| <= ln(2) / 2 */
    p = 1.0 / 6227020800.0;
    p = p * r + 1.0 / 479001600.0;
    p = p * r + 1.0 / 39916800.0;
    p = p * r + 1.0 / 3628800.0;
    p = p * r + 1.0 / 362880.0;
    p = p * r + 1.0 / 40320.0;
    p = p * r + 1.0 / 5040.0;
    p = p * r + 1.0 / 720.0;
    p = p * r + 1.0 / 120.0;
    p = p * r + 1.0 / 24.0;
    p = p * r + 1.0 / 6.0;
    p = p * r + 0.5;
    p = p * r * r + r;
    p = p + 1.0;
    memcpy(&bits, &shifted, sizeof bits); /* k stands in its low bits */
    memcpy(&value, &p, sizeof value);
    value += bits << 52;                  /* k added to the exponent; what is above falls off */
    value &= 0 - (uint64_t)(x >= -708.0); /* nothing where the result would underflow, or x is NaN */
    memcpy(&p, &value, sizeof p);
    return p;
}

/* 1 / (1 + exp(-x)). */
static inline double heat_sigmoid(double x)
{
    double e = heat_exp_negative(x > 0 ? -x : x);

    return (x > 0 ? 1 : e) / (1 + e);
}

#endif
