/* Positive numbers m 2^e, 1 <= m < 2, of any size; zero is m = 0. */
#ifndef HEATBATH_SCALED_H
#define HEATBATH_SCALED_H

#include "kernel/elementary.h"
#include "kernel/layer_sum.h"

#define SCALED_FN static inline __attribute__((always_inline, unused))

/* x 2^e for a normal x > 0. */
SCALED_FN heat_scaled scaled_of(double x, int64_t e)
{
    uint64_t bits;
    heat_scaled s;

    memcpy(&bits, &x, sizeof bits);
    s.e = e + (int64_t)(bits >> 52) - 1023;
    bits = (bits & 0x000fffffffffffff) | 0x3ff0000000000000;
    memcpy(&s.m, &bits, sizeof bits);
    return s;
}

SCALED_FN heat_scaled scaled_times(heat_scaled a, heat_scaled b)
{
    return scaled_of(a.m * b.m, a.e + b.e);
}

/* exp(x), |x| below 2^50. */
SCALED_FN heat_scaled scaled_exp(double x)
{
    const double log2e = 1.4426950408889634074;
    const double ln2_high = 6.93147180369123816490e-01, ln2_low = 1.90821492927058770002e-10;
    int64_t k = (int64_t)(x * log2e) + 1; /* what is left is at most 0, but for rounding */
    double left = (x - (double)k * ln2_high) - (double)k * ln2_low;

    return scaled_of(heat_exp_negative(left > 0 ? 0 : left), k);
}

/* log of m 2^e, m > 0; its error is 2^-51 of the size of either part. log m = 2 atanh((m - 1) / (m + 1)), m
 * within a factor sqrt 2 of 1. */
SCALED_FN double scaled_log(heat_scaled a)
{
    const double ln2_high = 6.93147180369123816490e-01, ln2_low = 1.90821492927058770002e-10;
    const double root = 1.41421356237309504880;
    double m = a.m > root ? 0.5 * a.m : a.m, e = (double)(a.m > root ? a.e + 1 : a.e);
    double s = (m - 1) / (m + 1), s2 = s * s, s4 = s2 * s2;
    double odd = 1.0 / 23, even = 1.0 / 21; /* every second term: two sums that need not wait */

    for (int k = 19; k > 3; k -= 4) {
        odd = odd * s4 + 1.0 / k;
        even = even * s4 + 1.0 / (k - 2);
    }
    return e * ln2_high + (2 * s + 2 * s * s2 * (1.0 / 3 + s2 * (even + s2 * odd)) + e * ln2_low);
}

/* 2^e for -1022 <= e <= 1023, 0 below. */
SCALED_FN double scaled_power(int64_t e)
{
    uint64_t bits = e < -1022 ? 0 : (uint64_t)(e + 1023) << 52;
    double x;

    memcpy(&x, &bits, sizeof x);
    return x;
}

/* Adds b to a sum, whose m grows as it may. */
SCALED_FN void scaled_add(heat_scaled *sum, heat_scaled b)
{
    if (b.m == 0)
        return;
    if (sum->m == 0 || b.e > sum->e) {
        sum->m *= sum->m == 0 ? 0 : scaled_power(sum->e - b.e);
        sum->e = b.e;
    }
    sum->m += b.m * scaled_power(b.e - sum->e);
}

/* Adds a weight and its moments, multiples of 2^weight.e as it is, to those of a tally. */
SCALED_FN void scaled_add_moments(heat_layer_tally *t, heat_scaled weight, double energy, double square)
{
    double ours, its;

    if (weight.m == 0)
        return;
    if (t->sum.m == 0)
        t->sum.e = weight.e;
    ours = scaled_power(t->sum.e < weight.e ? t->sum.e - weight.e : 0);
    its = scaled_power(t->sum.e < weight.e ? 0 : weight.e - t->sum.e);
    t->sum.e = t->sum.e < weight.e ? weight.e : t->sum.e;
    t->sum.m = t->sum.m * ours + weight.m * its;
    t->energy = t->energy * ours + energy * its;
    t->square = t->square * ours + square * its;
}

#endif
