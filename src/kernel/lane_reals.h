/* Vectors of reals, doubles or with HEAT_SINGLE floats, as wide as the instruction set of the including file,
 * and elementary functions of them, from additions, multiplications, divisions, square roots and operations
 * on bits alone: the same bits in every instruction set, and on every machine whose arithmetic is IEEE 754's.
 *
 * Arguments are reduced as by Cody and Waite (Software Manual for the Elementary Functions, 1980), those of
 * sine and cosine beyond a bound as by Payne and Hanek (SIGNUM Newsletter 18 (1983) 19), then come Taylor's
 * polynomials; products that must be exact are Dekker's (Numer. Math. 18 (1971) 224). Bounds are
 * in units of EPS, 2^-52 of doubles and 2^-23 of floats; each is measured by tests/exact/test_lane_doubles.c
 * and test_lane_singles.c.
 */
#ifndef HEATBATH_LANE_REALS_H
#define HEATBATH_LANE_REALS_H

#include "kernel/elementary.h"

#include <stdbool.h>

#ifdef __SSE2__
#include <immintrin.h>
#else
#include <math.h>
#endif

#if defined(__AVX512F__)
#define VEC_BYTES 64
#elif defined(__AVX2__)
#define VEC_BYTES 32
#else
#define VEC_BYTES 16
#endif

/* What the two precisions differ in. REAL_PART: bits after the exponent. REAL_LN2_HIGH: its products with
 * powers' exponents are exact. REAL_PI_n: pi/2 in four parts, whose products with integers are exact up to
 * REAL_NEAR. */
#ifdef HEAT_SINGLE
typedef float real;
typedef uint32_t real_bits;
#define REAL_PART 23
#define REAL_BIAS 127
#define REAL_LN2_HIGH 0x1.62e4p-1f
#define REAL_LN2_LOW 0x1.7f7d1cp-20f
#define REAL_NEAR 0x1p12f
#define REAL_PI_1 0x1.92p+0f
#define REAL_PI_2 0x1.fb4p-12f
#define REAL_PI_3 0x1.444p-24f
#define REAL_PI_4 0x1.68c234p-39f
#define REAL_FAR_POWER 120
#define REAL_EXP_MOST 88
enum { REAL_EXP_TERMS = 6, REAL_LOG_TERMS = 4, REAL_SIN_TERMS = 4, REAL_COS_TERMS = 3, REAL_ATAN_TERMS = 5 };
#else
typedef double real;
typedef uint64_t real_bits;
#define REAL_PART 52
#define REAL_BIAS 1023
#define REAL_LN2_HIGH HEAT_LN2_HIGH
#define REAL_LN2_LOW HEAT_LN2_LOW
#define REAL_NEAR 0x1p30
#define REAL_PI_1 0x1.921fb4p+0
#define REAL_PI_2 0x1.4442dp-24
#define REAL_PI_3 0x1.846988p-48
#define REAL_PI_4 0x1.8cc51701b839ap-72
#define REAL_FAR_POWER 800
#define REAL_EXP_MOST 709
enum {
    REAL_EXP_TERMS = 12,
    REAL_LOG_TERMS = 10,
    REAL_SIN_TERMS = 8,
    REAL_COS_TERMS = 7,
    REAL_ATAN_TERMS = 12
};
#endif

#define VEC_LANES (VEC_BYTES / (int)sizeof(real))

typedef real vec __attribute__((vector_size(VEC_BYTES), may_alias));
typedef real_bits vec_bits __attribute__((vector_size(VEC_BYTES), may_alias));

/* A constant, rounded to a real. */
#define R(x) ((real)(x))
/* 2^REAL_PART: numbers of its size are whole. And what leaves the nearest integer in the low bits. */
#define REAL_WHOLE R((real_bits)1 << REAL_PART)
#define REAL_ROUND (R(1.5) * REAL_WHOLE)

/* Vector v of an array that begins at a vector's boundary. */
#define VEC(array, v) (((vec *)(uintptr_t)(array))[v])
#define ALL(x) ((vec){0} + R(x))

#define VEC_FN static inline __attribute__((always_inline, unused))

#define VEC_TOP (8 * (int)sizeof(real) - 1)
#define VEC_SIGN ((real_bits)1 << VEC_TOP)
#define VEC_PART (((real_bits)1 << REAL_PART) - 1) /* of a real's bits, what follows the exponent */
#define VEC_INFINITE ((vec)((vec_bits){0} + ((real_bits)(2 * REAL_BIAS + 1) << REAL_PART)))

/* Any bits, from an array that need not be aligned, and back. */
VEC_FN vec vec_load(const real *p)
{
    vec x;

    memcpy(&x, p, sizeof x);
    return x;
}
VEC_FN void vec_store(real *p, vec x)
{
    memcpy(p, &x, sizeof x);
}

/* Masks are all ones or all zeros a lane, as comparisons give them. */
VEC_FN vec vec_choose(vec_bits mask, vec a, vec b)
{
    return (vec)((mask & (vec_bits)a) | (~mask & (vec_bits)b));
}
VEC_FN bool vec_any(vec_bits mask)
{
#if defined(__AVX512F__)
    return _mm512_test_epi64_mask((__m512i)mask, (__m512i)mask) != 0;
#elif defined(__AVX2__)
    return !_mm256_testz_si256((__m256i)mask, (__m256i)mask);
#else
    uint64_t part[2];

    memcpy(part, &mask, sizeof part);
    return (part[0] | part[1]) != 0;
#endif
}
VEC_FN vec vec_abs(vec x)
{
    return (vec)((vec_bits)x & ~VEC_SIGN);
}
/* |x| with the sign of y, for x that is not negative. */
VEC_FN vec vec_sign_of(vec x, vec y)
{
    return (vec)((vec_bits)x | ((vec_bits)y & VEC_SIGN));
}
/* The smaller and the larger, b if they are equal; NaN if one is. */
VEC_FN vec vec_min(vec a, vec b)
{
    return vec_choose((vec_bits)(a < b) | (vec_bits)(a != a), a, b);
}
VEC_FN vec vec_max(vec a, vec b)
{
    return vec_choose((vec_bits)(a > b) | (vec_bits)(a != a), a, b);
}

/* The correctly rounded square root; NaN below 0. */
VEC_FN vec vec_sqrt(vec x)
{
#if defined(__AVX512F__) && defined(HEAT_SINGLE)
    return (vec)_mm512_sqrt_ps((__m512)x);
#elif defined(__AVX512F__)
    return (vec)_mm512_sqrt_pd((__m512d)x);
#elif defined(__AVX2__) && defined(HEAT_SINGLE)
    return (vec)_mm256_sqrt_ps((__m256)x);
#elif defined(__AVX2__)
    return (vec)_mm256_sqrt_pd((__m256d)x);
#elif defined(__SSE2__) && defined(HEAT_SINGLE)
    return (vec)_mm_sqrt_ps((__m128)x);
#elif defined(__SSE2__)
    return (vec)_mm_sqrt_pd((__m128d)x);
#else
    for (int l = 0; l < VEC_LANES; l++)
        x[l] = R(sqrt(x[l]));
    return x;
#endif
}

/* ((c[0] x + c[1]) x + ...) + c[n - 1] */
VEC_FN vec vec_polynomial(vec x, const real *c, const int n)
{
    vec p = ALL(c[0]);

    for (int k = 1; k < n; k++)
        p = p * x + c[k];
    return p;
}

/* x = k ln 2 + r with |r| <= ln(2) / 2, for |x| below 2^19, of floats 2^7: returns exp(r) - 1. The integer k
 * stands in the low bits of *shifted, which is k + REAL_ROUND. `low` is added to x. */
VEC_FN vec vec_exp_reduced(vec x, vec low, vec *shifted)
{
    static const real taylor[] = {R(1.0 / 6227020800.0), R(1.0 / 479001600.0), R(1.0 / 39916800.0),
                                  R(1.0 / 3628800.0),    R(1.0 / 362880.0),    R(1.0 / 40320.0),
                                  R(1.0 / 5040.0),       R(1.0 / 720.0),       R(1.0 / 120.0),
                                  R(1.0 / 24.0),         R(1.0 / 6.0),         R(0.5)};
    vec k, r;

    *shifted = x * R(HEAT_LOG2E) + REAL_ROUND;
    k = *shifted - REAL_ROUND;
    r = (x - k * REAL_LN2_HIGH) - k * REAL_LN2_LOW + low;
    return vec_polynomial(r, taylor + (12 - REAL_EXP_TERMS), REAL_EXP_TERMS) * r * r + r;
}

/* exp(x + low), low within half a unit in the last place of x where it matters. Scaled in two steps, so that
 * results below the least normal number are rounded once more, and those above the largest are infinite. */
VEC_FN vec vec_exp_sum(vec x, vec low)
{
    const real far = REAL_FAR_POWER;
    vec_bits inside = (vec_bits)(vec_abs(x) < far), power, half;
    vec shifted, p;

    p = vec_choose((vec_bits)(x > far), ALL(far), x);
    p = vec_choose((vec_bits)(x < -far), ALL(-far), p);
    p = vec_exp_reduced(p, (vec)((vec_bits)low & inside), &shifted) + 1;
    power = ((vec_bits)shifted - (vec_bits)ALL(REAL_ROUND)) + 2 * REAL_BIAS; /* above 0 */
    half = power >> 1;
    return p * (vec)(half << REAL_PART) * (vec)((power - half) << REAL_PART);
}

/* Relative error below EPS; half the least number more where the result is not normal. */
VEC_FN vec vec_exp(vec x)
{
    return vec_exp_sum(x, ALL(0.0));
}

#ifndef HEAT_SINGLE
/* exp(x) for x <= 0, 0 below -708: the bits of heat_exp_negative. */
VEC_FN vec vec_exp_negative(vec x)
{
    vec shifted, p = vec_exp_reduced(x, ALL(0.0), &shifted) + 1.0;

    return (vec)(((vec_bits)p + ((vec_bits)shifted << 52)) & (vec_bits)(x >= -708.0));
}
#endif

/* exp(x) - 1 for |x| <= 700, of floats 80. Relative error below 2 EPS. */
VEC_FN vec vec_exp_minus_1(vec x)
{
    vec shifted, p = vec_exp_reduced(x, ALL(0.0), &shifted);
    vec scale = (vec)((((vec_bits)shifted - (vec_bits)ALL(REAL_ROUND)) + REAL_BIAS) << REAL_PART);

    return p * scale + (scale - 1);
}

/* x = 2^k (1 + f), 1 + f from sqrt(1/2) to sqrt(2), for x > 0, normal and finite. */
VEC_FN vec vec_split_normal(vec x, vec *f)
{
    const vec_bits least = (vec_bits)ALL(0.70710678118654752440), one = (vec_bits)ALL(1);
    const vec_bits bits = (vec_bits)x + (one - least);

    *f = (vec)((bits & VEC_PART) + least) - 1;
    return (vec)((bits >> REAL_PART) | (vec_bits)ALL(REAL_WHOLE)) - (REAL_WHOLE + REAL_BIAS);
}

/* The same for any x > 0 that is finite. */
VEC_FN vec vec_split_power(vec x, vec *f)
{
    const real up = REAL_PART + 2;
    vec_bits tiny = (vec_bits)((vec_bits)x < (real_bits)1 << REAL_PART);
    vec k = vec_split_normal(vec_choose(tiny, x * (4 * REAL_WHOLE), x), f);

    return k - (vec)((vec_bits)ALL(up) & tiny);
}

/* (log((1 + s) / (1 - s)) / s - 2) / z with z = s^2 below 0.0295 */
VEC_FN vec vec_log_tail(vec z)
{
    static const real taylor[] = {R(2.0 / 21.0), R(2.0 / 19.0), R(2.0 / 17.0), R(2.0 / 15.0), R(2.0 / 13.0),
                                  R(2.0 / 11.0), R(2.0 / 9.0),  R(2.0 / 7.0),  R(2.0 / 5.0),  R(2.0 / 3.0)};

    return vec_polynomial(z, taylor + (10 - REAL_LOG_TERMS), REAL_LOG_TERMS);
}

/* k log 2 + log(1 + f), parts of x as above. Relative error below EPS. With s = f / (2 + f), 2 s = f - f^2 /
 * 2
 * + s f^2 / 2: f is exact, and the rest is small. */
VEC_FN vec vec_log_of_parts(vec k, vec f)
{
    vec s = f / (2 + f), z = s * s, half = 0.5 * f * f, r;

    r = s * (half + z * vec_log_tail(z)) + k * REAL_LN2_LOW;
    return k * REAL_LN2_HIGH - ((half - r) - f);
}

/* log(x) of x > 0 that is normal and finite. */
VEC_FN vec vec_log_normal(vec x)
{
    vec f, k = vec_split_normal(x, &f);

    return vec_log_of_parts(k, f);
}

/* -infinity at 0, NaN below. */
VEC_FN vec vec_log(vec x)
{
    vec f, k = vec_split_power(x, &f), special;

    special = vec_choose((vec_bits)(x < 0), VEC_INFINITE - VEC_INFINITE, x);
    special = vec_choose((vec_bits)(x == 0), -VEC_INFINITE, special);
    return vec_choose((vec_bits)(x > 0) & (vec_bits)(x < VEC_INFINITE), vec_log_of_parts(k, f), special);
}

/* What a * b, rounded, lacks; |a| and |b| below 2^990, of floats 2^110. */
VEC_FN vec vec_product_rest(vec a, vec b, vec product)
{
    const real split = (real)(((real_bits)1 << (REAL_PART + 2) / 2) + 1);
    vec far = a * split, a_high = far - (far - a), a_low = a - a_high, b_high, b_low;

    far = b * split;
    b_high = far - (far - b);
    b_low = b - b_high;
    return ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low;
}

/* log(x) + *low, for x > 0 and finite: an error of EPS / 64 at most, and of EPS / 64 of log(x). */
VEC_FN vec vec_log_pair(vec x, vec *low)
{
    vec f, k = vec_split_power(x, &f), d = 2.0 + f, s = f / d, product = s * d, z = s * s, high, sum;
    vec rest = ((f - product) - vec_product_rest(s, d, product)) - s * (f - (d - 2.0));

    rest = 2.0 * (rest / d) + s * (z * vec_log_tail(z)) + k * REAL_LN2_LOW;
    high = k * REAL_LN2_HIGH;
    sum = high + 2.0 * s;
    rest += 2.0 * s - (sum - high);
    high = sum + rest;
    *low = rest - (high - sum);
    return high;
}

/* x^y; for finite x < 0 NaN unless y is an integer; 1 where y is 0. Relative error below 2 EPS while |y log
 * x| <= 32, 8 EPS beyond. */
VEC_FN vec vec_pow(vec x, vec y)
{
    vec size = vec_abs(x), whole = vec_abs(y), half = 0.5 * whole, low, high, p, rest;
    vec_bits ends = (vec_bits)(size == 0.0) | (vec_bits)(size >= VEC_INFINITE), odd, broken;

    broken = (vec_bits)(whole < REAL_WHOLE) & (vec_bits)((whole + REAL_WHOLE) - REAL_WHOLE != whole);
    odd = (vec_bits)(whole < 2 * REAL_WHOLE) & (vec_bits)((half + REAL_WHOLE) - REAL_WHOLE != half) & ~broken;
    high = vec_log_pair(size, &low);
    high = vec_choose(ends, vec_choose((vec_bits)(size == 0.0), -VEC_INFINITE, VEC_INFINITE), high);
    p = vec_sign_of(vec_choose((vec_bits)(whole > 0x1p70), ALL(0x1p70), whole),
                    y); /* beyond it none differ */
    whole = p;
    p = whole * high;
    rest = (vec)((vec_bits)(vec_product_rest(whole, high, p) + whole * low) & ~ends);
    p = vec_exp_sum(p, rest);
    p = (vec)((vec_bits)p | (odd & (vec_bits)x & VEC_SIGN));
    p = vec_choose((vec_bits)(x < 0.0) & broken & ~ends, VEC_INFINITE - VEC_INFINITE, p);
    p = vec_choose((vec_bits)(x != x) | (vec_bits)(y != y), x + y, p);
    return vec_choose((vec_bits)(y == 0.0), ALL(1.0), p);
}

/* 2/pi after 64 zeros, in binary. */
static const uint64_t vec_two_by_pi[] __attribute__((unused)) = {
    0x0000000000000000, 0xa2f9836e4e441529, 0xfc2757d1f534ddc0, 0xdb6295993c439041, 0xfe5163abdebbc561,
    0xb7246e3a424dd2e0, 0x06492eea09d1921c, 0xfe1deb1cb129a73e, 0xe88235f52ebb4484, 0xe99c7026b45f7e41,
    0x3991d639835339f4, 0x9c845f8bbdf9283b, 0x1ff897ffde05980f, 0xef2f118b5a0a6d1f, 0x6d367ecf27cb09b7,
    0x4f463f669e5fea2d, 0x7527bac7ebe5f17b, 0x3d0739f78a5292ea, 0x6bfb5fb11f8d5d08, 0x56033046fc7b6bab};

/* x = n pi/2 + r with |r| <= pi/4, for x > 1 and finite: returns r, leaves n modulo 4. Of the bits of
 * x 2/pi, the last that are whole multiples of 4 and all above them are left out, 190 after them kept. */
static __attribute__((noinline, unused)) double vec_far_angle(double x, uint64_t *n)
{
    uint64_t bits, word[4], m, high, middle, low;
    unsigned __int128 part;
    int first, shift;
    double r, scale;

    memcpy(&bits, &x, sizeof bits);
    m = (bits & 0x000fffffffffffff) | 0x0010000000000000;
    first = (int)(bits >> 52) - 1075 - 2 + 64; /* of the table's bits */
    shift = first % 64;
    memcpy(word, vec_two_by_pi + first / 64, sizeof word);
    for (int k = 0; k < 3 && shift != 0; k++)
        word[k] = word[k] << shift | word[k + 1] >> (64 - shift);
    part = (unsigned __int128)m * word[2];
    low = (uint64_t)part;
    part = (unsigned __int128)m * word[1] + (uint64_t)(part >> 64);
    middle = (uint64_t)part;
    high = m * word[0] + (uint64_t)(part >> 64);
    part = (unsigned __int128)(high << 2 | middle >> 62) << 64 | (middle << 2 | low >> 62);
    *n = (high >> 62) + (uint64_t)(part >> 127);
    scale = part >> 127 != 0 ? -0x1.921fb54442d18p-64 : 0x1.921fb54442d18p-64; /* pi/2 2^-64 */
    part = part >> 127 != 0 ? 0 - part : part;
    shift = __builtin_clzll((uint64_t)(part >> 64)); /* no double is nearer to a multiple than 2^-62 */
    part <<= shift;
    bits = (uint64_t)(1023 - shift) << 52;
    memcpy(&r, &bits, sizeof r);
    return r * scale * (double)(uint64_t)(part >> 64);
}

/* |x| = n pi/2 + r with |r| <= pi/4, n modulo 4 in the low bits of *n; NaN if x is infinite. The first
 * differences are exact up to REAL_NEAR. */
VEC_FN vec vec_angle(vec x, vec_bits *n)
{
    vec size = vec_abs(x), shifted = size * R(0.63661977236758134308) + REAL_ROUND, k = shifted - REAL_ROUND,
        r;
    vec_bits far = (vec_bits)(size > REAL_NEAR);

    r = (size - k * REAL_PI_1) - k * REAL_PI_2;
    r = (r - k * REAL_PI_3) - k * REAL_PI_4;
    *n = (vec_bits)shifted;
    if (vec_any(far))
        for (int l = 0; l < VEC_LANES; l++)
            if (far[l] != 0) {
                uint64_t quarter = 0;
                real infinite = VEC_INFINITE[0];
                r[l] = size[l] < infinite ? R(vec_far_angle(size[l], &quarter)) : infinite - infinite;
                (*n)[l] = (real_bits)quarter;
            }
    return r;
}

/* Sine and cosine of n pi/2 + r, |r| <= pi/4. */
VEC_FN void vec_sincos_reduced(vec r, vec_bits n, vec *sine, vec *cosine)
{
    static const real sines[] = {
        R(1.0 / 355687428096000.0), R(-1.0 / 1307674368000.0), R(1.0 / 6227020800.0), R(-1.0 / 39916800.0),
        R(1.0 / 362880.0),          R(-1.0 / 5040.0),          R(1.0 / 120.0),        R(-1.0 / 6.0)};
    static const real cosines[] = {
        R(1.0 / 20922789888000.0), R(-1.0 / 87178291200.0), R(1.0 / 479001600.0), R(-1.0 / 3628800.0),
        R(1.0 / 40320.0),          R(-1.0 / 720.0),         R(1.0 / 24.0)};
    vec_bits swap = 0 - (n & 1);
    vec z = r * r, half = 0.5 * z, rest = 1 - half, s, c;

    s = r + r * (z * vec_polynomial(z, sines + (8 - REAL_SIN_TERMS), REAL_SIN_TERMS));
    c = rest +
        (((1 - rest) - half) + z * z * vec_polynomial(z, cosines + (7 - REAL_COS_TERMS), REAL_COS_TERMS));
    *sine = (vec)((vec_bits)vec_choose(swap, c, s) ^ ((n & 2) << (VEC_TOP - 1)));
    *cosine = (vec)((vec_bits)vec_choose(swap, s, c) ^ (((n + 1) & 2) << (VEC_TOP - 1)));
}

/* Relative errors below 2 EPS; NaN at the infinities. */
VEC_FN void vec_sincos(vec x, vec *sine, vec *cosine)
{
    vec_bits n;
    vec r = vec_angle(x, &n);

    vec_sincos_reduced(r, n, sine, cosine);
    *sine = (vec)((vec_bits)*sine ^ ((vec_bits)x & VEC_SIGN));
}

/* Of 2 pi x, |x| <= 1. Relative errors below 2 EPS. */
VEC_FN void vec_sincos_turn(vec x, vec *sine, vec *cosine)
{
    vec shifted = 4 * x + REAL_ROUND;

    vec_sincos_reduced((4 * x - (shifted - REAL_ROUND)) * R(1.57079632679489661923), (vec_bits)shifted, sine,
                       cosine);
}

/* Relative error below 4 EPS. */
VEC_FN vec vec_tan(vec x)
{
    vec s, c;

    vec_sincos(x, &s, &c);
    return s / c;
}

/* Relative error below 2 EPS. */
VEC_FN vec vec_atan(vec x)
{
    static const real taylor[] = {R(1.0 / 25.0), R(-1.0 / 23.0), R(1.0 / 21.0), R(-1.0 / 19.0),
                                  R(1.0 / 17.0), R(-1.0 / 15.0), R(1.0 / 13.0), R(-1.0 / 11.0),
                                  R(1.0 / 9.0),  R(-1.0 / 7.0),  R(1.0 / 5.0),  R(-1.0 / 3.0)};
/* a in two parts, `rest` what a double lacks of it. */
#define IN_PARTS(a, rest) R(a), R((a - R(a)) + rest)
    /* Near k pi/8: from where on, c = its tangent, atan(c) in two parts. */
    static const real table[4][4] = {
        {R(0.1989), R(0x1.a827999fcef32p-2), IN_PARTS(0x1.921fb54442d18p-2, 3.060132146563891e-18)},
        {R(0.6682), 1, IN_PARTS(0x1.921fb54442d18p-1, 3.061616997868383e-17)},
        {R(1.4966), R(0x1.3504f333f9de6p+1), IN_PARTS(0x1.2d97c7f3321d2p+0, 2.7563998718653792e-17)},
        {R(5.0273), 0, IN_PARTS(0x1.921fb54442d18p+0, 6.123233995736766e-17)}};
#undef IN_PARTS
    vec size = vec_abs(x), c = ALL(0.0), high = c, low = c, t, z;
    vec_bits last = (vec_bits)(size > table[3][0]);

    for (int k = 0; k < 4; k++) {
        vec_bits from = (vec_bits)(size > table[k][0]);
        c = vec_choose(from, ALL(table[k][1]), c);
        high = vec_choose(from, ALL(table[k][2]), high);
        low = vec_choose(from, ALL(table[k][3]), low);
    }
    t = vec_choose(last, ALL(-1.0), size - c) / vec_choose(last, size, 1.0 + size * c);
    z = t * t;
    return vec_sign_of(
        high + (t + (t * (z * vec_polynomial(z, taylor + (12 - REAL_ATAN_TERMS), REAL_ATAN_TERMS)) + low)),
        x);
}

/* Relative error below 4 EPS. */
VEC_FN vec vec_tanh(vec x)
{
    vec e = vec_exp_minus_1(2.0 * vec_min(vec_abs(x), ALL(20.0)));

    return vec_sign_of(e / (e + 2.0), x);
}

/* Both relative errors below 4 EPS; infinite where exp(|x|) / 2 is. */
VEC_FN void vec_sinhcosh(vec x, vec *sine, vec *cosine)
{
    vec size = vec_abs(x), e = vec_exp_minus_1(vec_min(size, ALL(1.0))), root = vec_exp(0.5 * size);
    vec high = (0.5 * root) * root, low = 0.5 / (root * root);

    *sine = vec_choose((vec_bits)(size < 1.0), 0.5 * (e + e / (e + 1.0)), high - low);
    *sine = vec_sign_of(*sine, x);
    *cosine = high + low;
}

#endif
