/* The elementary functions of lanes of doubles: within their bounds of what long double gives, right at their
 * ends, and the same bits in every instruction set. */
#include "kernel/elementary.h"
#include "kernel/isa.h"
#include "lane_reals_functions.h"
#include "support.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N = 1 << 12, SWEEPS = 60 };

typedef long double (*exact_fn)(long double x, long double y);

static long double exact_exp(long double x, long double y)
{
    (void)y;
    return expl(x);
}
static long double exact_exp_minus_1(long double x, long double y)
{
    (void)y;
    return expm1l(x);
}
static long double exact_log(long double x, long double y)
{
    (void)y;
    return logl(x);
}
static long double exact_sin(long double x, long double y)
{
    (void)y;
    return sinl(x);
}
static long double exact_cos(long double x, long double y)
{
    (void)y;
    return cosl(x);
}
static long double exact_tan(long double x, long double y)
{
    (void)y;
    return tanl(x);
}
static long double exact_atan(long double x, long double y)
{
    (void)y;
    return atanl(x);
}
static long double exact_sinh(long double x, long double y)
{
    (void)y;
    return sinhl(x);
}
static long double exact_cosh(long double x, long double y)
{
    (void)y;
    return coshl(x);
}
static long double exact_tanh(long double x, long double y)
{
    (void)y;
    return tanhl(x);
}

/* Arguments, and the error that the header states for them. */
typedef struct sweep {
    const char *name;
    int f;
    exact_fn exact;
    double low, high; /* x between them, and if `geometric` evenly by its logarithm */
    bool geometric, both_signs;
    double y, bound;
} sweep;

static const sweep sweeps[] = {
    {"exp", DO_EXP, exact_exp, -707, 709.7, false, false, 0, 0x1p-52},
    {"exp near 0", DO_EXP, exact_exp, 0x1p-60, 1, true, true, 0, 0x1p-52},
    {"exp - 1", DO_EXP_MINUS_1, exact_exp_minus_1, -700, 700, false, false, 0, 0x1p-51},
    {"exp - 1 near 0", DO_EXP_MINUS_1, exact_exp_minus_1, 0x1p-60, 2, true, true, 0, 0x1p-51},
    {"log", DO_LOG, exact_log, DBL_TRUE_MIN, DBL_MAX / 2, true, false, 0, 0x1p-52},
    {"log near 1", DO_LOG, exact_log, 0.4, 2.5, false, false, 0, 0x1p-52},
    {"log at 1", DO_LOG, exact_log, 1 - 0x1p-30, 1 + 0x1p-30, false, false, 0, 0x1p-52},
    {"sin", DO_SIN, exact_sin, -100, 100, false, false, 0, 0x1p-51},
    {"sin near 0", DO_SIN, exact_sin, 0x1p-60, 2, true, true, 0, 0x1p-51},
    {"sin up to 2^30", DO_SIN, exact_sin, 1, 0x1p30, true, true, 0, 0x1p-51},
    {"sin beyond", DO_SIN, exact_sin, 0x1p30, 0x1p62, true, true, 0, 0x1p-51},
    {"cos", DO_COS, exact_cos, -100, 100, false, false, 0, 0x1p-51},
    {"cos up to 2^30", DO_COS, exact_cos, 1, 0x1p30, true, true, 0, 0x1p-51},
    {"cos beyond", DO_COS, exact_cos, 0x1p30, 0x1p62, true, true, 0, 0x1p-51},
    {"tan", DO_TAN, exact_tan, -100, 100, false, false, 0, 0x1p-50},
    {"tan near 0", DO_TAN, exact_tan, 0x1p-60, 2, true, true, 0, 0x1p-50},
    {"atan", DO_ATAN, exact_atan, -10, 10, false, false, 0, 0x1p-51},
    {"atan of any", DO_ATAN, exact_atan, 0x1p-60, 0x1p60, true, true, 0, 0x1p-51},
    {"sinh", DO_SINH, exact_sinh, -710, 710, false, false, 0, 0x1p-50},
    {"sinh near 0", DO_SINH, exact_sinh, 0x1p-60, 5, true, true, 0, 0x1p-50},
    {"cosh", DO_COSH, exact_cosh, -710, 710, false, false, 0, 0x1p-50},
    {"cosh near 0", DO_COSH, exact_cosh, 0x1p-60, 5, true, true, 0, 0x1p-50},
    {"tanh", DO_TANH, exact_tanh, -25, 25, false, false, 0, 0x1p-50},
    {"tanh near 0", DO_TANH, exact_tanh, 0x1p-60, 2, true, true, 0, 0x1p-50},
    {"x^0.5", DO_POW, powl, 0x1p-90, 0x1p90, true, false, 0.5, 0x1p-51},
    {"x^-7.25", DO_POW, powl, 0x1p-6, 0x1p6, true, false, -7.25, 0x1p-51},
    {"x^0.99 near 1", DO_POW, powl, 0.5, 2, false, false, 0.99, 0x1p-51},
    {"x^9.75", DO_POW, powl, 0x1p-100, 0x1p100, true, false, 9.75, 0x1p-49},
    {"x^123456.7 near 1", DO_POW, powl, 0.9945, 1.0055, false, false, 123456.7, 0x1p-49},
    {"x^1e15 at 1", DO_POW, powl, 1 - 0x1p-41, 1 + 0x1p-41, false, false, 1e15, 0x1p-49},
};

/* Points of a sweep that no other sweep's number `part` has. */
static void place(const sweep *s, int part, double *x)
{
    for (int k = 0; k < N; k++) {
        double t = ((double)part + SWEEPS * (double)k + 0.37) / (SWEEPS * (double)N);
        x[k] = s->geometric ? exp(log(s->low) + t * (log(s->high) - log(s->low)))
                            : s->low + t * (s->high - s->low);
        x[k] = s->both_signs && k % 2 == 1 ? -x[k] : x[k];
    }
}

static void errors_are_within_their_bounds(void **state)
{
    static double x[N], y[N], out[N];

    (void)state;
    for (size_t i = 0; i < sizeof sweeps / sizeof *sweeps; i++) {
        const sweep *s = &sweeps[i];
        double worst = 0, at = 0;
        for (int part = 0; part < SWEEPS; part++) {
            place(s, part, x);
            for (int k = 0; k < N; k++)
                y[k] = s->y;
            doubles_ref[s->f](x, y, out, N);
            for (int k = 0; k < N; k++) {
                long double exact = s->exact(x[k], s->y);
                double error = (double)fabsl((out[k] - exact) / exact);
                if (!(error <= worst)) {
                    worst = error;
                    at = x[k];
                }
            }
        }
        if (!(worst <= s->bound) || getenv("HEATBATH_TEST_SHOW") != NULL)
            printf("%s: 2^%.2f at %a, bound 2^%.0f\n", s->name, log2(worst), at, log2(s->bound));
        assert_true(worst <= s->bound);
    }
}

static double of(int f, double x, double y)
{
    double at[8], with[8], out[8];

    for (int k = 0; k < 8; k++) {
        at[k] = x;
        with[k] = y;
    }
    doubles_ref[f](at, with, out, 8);
    return out[0];
}

/* Equal, signs of zeros too, or both NaN. */
static void assert_same(double value, double expected, double x, double y)
{
    bool same = isnan(value) ? isnan(expected) : value == expected && signbit(value) == signbit(expected);

    if (!same)
        printf("%a, expected %a, of %a and %a\n", value, expected, x, y);
    assert_true(same);
}

static void assert_near(double value, double expected, double tolerance, double x, double y)
{
    if (isnan(expected) || isinf(expected) || expected == 0)
        assert_same(value, expected, x, y);
    else
        assert_close(value, expected, tolerance * fabs(expected));
}

static void ends_are_right(void **state)
{
    static const double x[] = {0.0,    -0.0,    1,        -1,        INFINITY,   -INFINITY, NAN,   1e300,
                               -1e300, DBL_MAX, -DBL_MAX, 0x1p-1074, -0x1p-1074, 0x1p-1022, 1e-310};
    static const double y[] = {0.0,   -0.0,   1,      -1,         2,          -2,          3,
                               -3,    0.5,    -0.5,   INFINITY,   -INFINITY,  7.5,         1e18,
                               1e300, -1e300, 0x1p52, 0x1p52 + 1, 0x1p53 + 2, 0x1.8p52 + 1};
    static const struct {
        int f;
        double (*exact)(double);
    } functions[] = {{DO_EXP, exp},   {DO_LOG, log},   {DO_SIN, sin},   {DO_ATAN, atan},
                     {DO_SINH, sinh}, {DO_COSH, cosh}, {DO_TANH, tanh}, {DO_SQRT, sqrt}};

    (void)state;
    for (size_t k = 0; k < sizeof x / sizeof *x; k++) {
        for (size_t f = 0; f < sizeof functions / sizeof *functions; f++)
            assert_near(of(functions[f].f, x[k], 0), functions[f].exact(x[k]), 0x1p-51, x[k], functions[f].f);
        for (size_t j = 0; j < sizeof y / sizeof *y; j++)
            assert_near(of(DO_POW, x[k], y[j]), x[k] == 1 && isnan(y[j]) ? NAN : pow(x[k], y[j]), 0x1p-49,
                        x[k], y[j]);
    }
    assert_true(isnan(of(DO_COS, INFINITY, 0)) && isnan(of(DO_POW, -8, 1.0 / 3)));
    assert_true(of(DO_COS, 0, 0) == 1 && of(DO_COSH, 0, 0) == 1 && of(DO_POW, NAN, 0) == 1);
    assert_true(isnan(of(DO_MIN, NAN, 1)) && isnan(of(DO_MIN, 1, NAN)));
    assert_true(isnan(of(DO_MAX, NAN, 1)) && isnan(of(DO_MAX, 1, NAN)));
    assert_true(of(DO_MIN, -1, 2) == -1 && of(DO_MAX, -1, 2) == 2);
}

/* Below 2^-1022 results keep half a unit of their last place. */
static void small_results_are_rounded_once_more(void **state)
{
    (void)state;
    for (int k = 0; k < 40000; k++) {
        double x = -745.2 + 38.0 * k / 40000;
        assert_close(of(DO_EXP, x, 0), (double)expl(x), 0x1p-1074 + 0x1p-52 * exp(x));
    }
    assert_true(of(DO_EXP, -746, 0) == 0 && of(DO_EXP, 709.79, 0) == INFINITY);
}

/* The worst case of all doubles: nearest to a multiple of pi/2. */
static void sines_survive_cancellation(void **state)
{
    static const double x[] = {0x1.6ac5b262ca1ffp+849, 0x1.921fb54442d18p+1, 0x1.921fb54442d18p+20,
                               0x1.f9cbe7f5c9e33p+28, 0x1.fffffffffffffp+1023};

    (void)state;
    for (size_t k = 0; k < sizeof x / sizeof *x; k++) {
        long double s = sinl(x[k]), c = cosl(x[k]);
        assert_close(of(DO_SIN, x[k], 0), (double)s, 0x1p-51 * (double)fabsl(s));
        assert_close(of(DO_COS, x[k], 0), (double)c, 0x1p-51 * (double)fabsl(c));
        assert_close(of(DO_SIN, -x[k], 0), -(double)s, 0x1p-51 * (double)fabsl(s));
    }
}

static void lanes_of_exp_are_the_scalar_one(void **state)
{
    (void)state;
    for (int k = 0; k < 20000; k++) {
        double x = -0.0361 * k;
        assert_true(of(DO_EXP_NEGATIVE, x, 0) == heat_exp_negative(x));
    }
}

static void check_bits(const doubles_fn *table, const double *x, const double *y)
{
    static double plain[N], wide[N];

    for (int f = 0; f < DOUBLES_COUNT; f++) {
        doubles_ref[f](x, y, plain, N);
        table[f](x, y, wide, N);
        for (int k = 0; k < N; k++)
            assert_true((isnan(plain[k]) && isnan(wide[k])) ||
                        memcmp(&plain[k], &wide[k], sizeof *plain) == 0);
    }
}

/* Bits of any kind, then numbers that people use. */
static void instruction_sets_give_the_same_bits(void **state)
{
    static double x[N], y[N];
    uint64_t bits = 88172645463325252;

    (void)state;
    for (int part = 0; part < 40; part++) {
        for (int k = 0; k < 2 * N; k++) {
            double *to = k < N ? &x[k] : &y[k - N];
            bits ^= bits << 13;
            bits ^= bits >> 7;
            bits ^= bits << 17;
            if (part % 2 == 0)
                memcpy(to, &bits, sizeof bits);
            else
                *to = ((double)(bits >> 11) * 0x1p-53 - 0.5) * (part % 4 == 1 ? 20 : 2000);
        }
#ifdef HEAT_X86_KERNELS
        if (heat_isa_count() > 1)
            check_bits(doubles_avx2, x, y);
        if (heat_isa_count() > 2)
            check_bits(doubles_avx512, x, y);
#endif
        check_bits(doubles_ref, x, y);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_are_within_their_bounds),
        cmocka_unit_test(ends_are_right),
        cmocka_unit_test(small_results_are_rounded_once_more),
        cmocka_unit_test(sines_survive_cancellation),
        cmocka_unit_test(lanes_of_exp_are_the_scalar_one),
        cmocka_unit_test(instruction_sets_give_the_same_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
