/* The elementary functions of lanes of floats: within their bounds of what double gives, right at their ends,
 * and the same bits in every instruction set. */
#include "kernel/isa.h"
#include "lane_reals_functions.h"
#include "support.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N = 1 << 12, SWEEPS = 60 };

typedef double (*exact_fn)(double x);

/* Arguments, and the error that the header states for them. */
typedef struct sweep {
    const char *name;
    int f;
    exact_fn exact;   /* NULL: x^y */
    double low, high; /* x between them, and if `geometric` evenly by its logarithm */
    bool geometric, both_signs;
    double y, bound;
} sweep;

static const double eps = 0x1p-23;

static const sweep sweeps[] = {
    {"exp", DO_EXP, exp, -87, 88.7, false, false, 0, 1},
    {"exp near 0", DO_EXP, exp, 0x1p-30, 1, true, true, 0, 1},
    {"exp - 1", DO_EXP_MINUS_1, expm1, -80, 80, false, false, 0, 2},
    {"exp - 1 near 0", DO_EXP_MINUS_1, expm1, 0x1p-30, 2, true, true, 0, 2},
    {"log", DO_LOG, log, FLT_TRUE_MIN, FLT_MAX / 2, true, false, 0, 1},
    {"log near 1", DO_LOG, log, 0.4, 2.5, false, false, 0, 1},
    {"sin", DO_SIN, sin, -100, 100, false, false, 0, 2},
    {"sin near 0", DO_SIN, sin, 0x1p-30, 2, true, true, 0, 2},
    {"sin up to 2^12", DO_SIN, sin, 1, 0x1p12, true, true, 0, 2},
    {"sin beyond", DO_SIN, sin, 0x1p12, 0x1p120, true, true, 0, 2},
    {"cos", DO_COS, cos, -100, 100, false, false, 0, 2},
    {"cos up to 2^12", DO_COS, cos, 1, 0x1p12, true, true, 0, 2},
    {"cos beyond", DO_COS, cos, 0x1p12, 0x1p120, true, true, 0, 2},
    {"tan", DO_TAN, tan, -100, 100, false, false, 0, 4},
    {"atan", DO_ATAN, atan, -10, 10, false, false, 0, 2},
    {"atan of any", DO_ATAN, atan, 0x1p-30, 0x1p60, true, true, 0, 2},
    {"sinh", DO_SINH, sinh, -88, 88, false, false, 0, 4},
    {"sinh near 0", DO_SINH, sinh, 0x1p-30, 5, true, true, 0, 4},
    {"cosh", DO_COSH, cosh, -88, 88, false, false, 0, 4},
    {"tanh", DO_TANH, tanh, -12, 12, false, false, 0, 4},
    {"tanh near 0", DO_TANH, tanh, 0x1p-30, 2, true, true, 0, 4},
    {"x^0.5", DO_POW, NULL, 0x1p-90, 0x1p90, true, false, 0.5, 2},
    {"x^-7.25", DO_POW, NULL, 0x1p-6, 0x1p6, true, false, -7.25, 2},
    {"x^9.75", DO_POW, NULL, 0x1p-12, 0x1p12, true, false, 9.75, 8},
    {"x^1234.5 near 1", DO_POW, NULL, 0.945, 1.055, false, false, 1234.5, 8},
};

/* Points of a sweep that no other sweep's number `part` has. */
static void place(const sweep *s, int part, float *x)
{
    for (int k = 0; k < N; k++) {
        double t = ((double)part + SWEEPS * (double)k + 0.37) / (SWEEPS * (double)N);
        double at = s->geometric ? exp(log(s->low) + t * (log(s->high) - log(s->low)))
                                 : s->low + t * (s->high - s->low);
        x[k] = (float)(s->both_signs && k % 2 == 1 ? -at : at);
    }
}

static void errors_are_within_their_bounds(void **state)
{
    static float x[N], y[N], out[N];

    (void)state;
    for (size_t i = 0; i < sizeof sweeps / sizeof *sweeps; i++) {
        const sweep *s = &sweeps[i];
        double worst = 0, at = 0;
        for (int part = 0; part < SWEEPS; part++) {
            place(s, part, x);
            for (int k = 0; k < N; k++)
                y[k] = (float)s->y;
            singles_ref[s->f](x, y, out, N);
            for (int k = 0; k < N; k++) {
                double exact = s->exact != NULL ? s->exact((double)x[k]) : pow((double)x[k], s->y);
                double error = fabs(((double)out[k] - exact) / exact) / eps;
                if (!(error <= worst)) {
                    worst = error;
                    at = (double)x[k];
                }
            }
        }
        if (!(worst <= s->bound) || getenv("HEATBATH_TEST_SHOW") != NULL)
            printf("%s: %.2f at %a, bound %g\n", s->name, worst, at, s->bound);
        assert_true(worst <= s->bound);
    }
}

static double of(int f, float x, float y)
{
    float at[16], with[16], out[16];

    for (int k = 0; k < 16; k++) {
        at[k] = x;
        with[k] = y;
    }
    singles_ref[f](at, with, out, 16);
    return (double)out[0];
}

/* Equal, signs of zeros too, or both NaN; else near. */
static void assert_near(double value, double expected, double x, double y)
{
    bool is_same = isnan(value) ? isnan(expected) : value == expected && signbit(value) == signbit(expected);

    if (!is_same &&
        !(isfinite(expected) && expected != 0 && fabs(value - expected) <= 8 * eps * fabs(expected)))
        printf("%a, expected %a, of %a and %a\n", value, expected, x, y);
    assert_true(is_same ||
                (isfinite(expected) && expected != 0 && fabs(value - expected) <= 8 * eps * fabs(expected)));
}

static void ends_are_right(void **state)
{
    static const float x[] = {0, -0.0f, 1, -1, INFINITY, -INFINITY, NAN, 1e30f, -1e30f, FLT_MAX, 0x1p-126f};
    static const float y[] = {0, -0.0f, 1, -1, 2, -2, 3, -3, 0.5f, -0.5f, INFINITY, -INFINITY, 7.5f, 1e30f};
    static const struct {
        int f;
        double (*exact)(double);
    } functions[] = {{DO_EXP, exp},   {DO_LOG, log},   {DO_SIN, sin},   {DO_ATAN, atan},
                     {DO_SINH, sinh}, {DO_COSH, cosh}, {DO_TANH, tanh}, {DO_SQRT, sqrt}};

    (void)state;
    for (size_t k = 0; k < sizeof x / sizeof *x; k++) {
        for (size_t f = 0; f < sizeof functions / sizeof *functions; f++)
            assert_near(of(functions[f].f, x[k], 0), (double)(float)functions[f].exact((double)x[k]),
                        (double)x[k], functions[f].f);
        for (size_t j = 0; j < sizeof y / sizeof *y; j++) {
            double exact = (double)(float)pow((double)x[k], (double)y[j]);
            if (exact == 0 || fabs(exact) > 0x1p-120)
                assert_near(of(DO_POW, x[k], y[j]), exact, (double)x[k], (double)y[j]);
        }
    }
    assert_true(of(DO_EXP, -104, 0) == 0 && of(DO_EXP, 89, 0) == (double)INFINITY);
    assert_true(isnan(of(DO_MIN, NAN, 1)) && isnan(of(DO_MAX, 1, NAN)) && of(DO_MIN, -1, 2) == -1);
}

static void check_bits(const singles_fn *table, const float *x, const float *y)
{
    static float plain[N], wide[N];

    for (int f = 0; f < SINGLES_COUNT; f++) {
        singles_ref[f](x, y, plain, N);
        table[f](x, y, wide, N);
        for (int k = 0; k < N; k++)
            assert_true((isnan(plain[k]) && isnan(wide[k])) ||
                        memcmp(&plain[k], &wide[k], sizeof *plain) == 0);
    }
}

/* Bits of any kind, then numbers that people use. */
static void instruction_sets_give_the_same_bits(void **state)
{
    static float x[N], y[N];
    uint64_t bits = 88172645463325252;

    (void)state;
    for (int part = 0; part < 40; part++) {
        for (int k = 0; k < 2 * N; k++) {
            float *to = k < N ? &x[k] : &y[k - N];
            bits ^= bits << 13;
            bits ^= bits >> 7;
            bits ^= bits << 17;
            if (part % 2 == 0)
                memcpy(to, &bits, sizeof *to);
            else
                *to = (float)(((double)(bits >> 11) * 0x1p-53 - 0.5) * (part % 4 == 1 ? 20 : 2000));
        }
#ifdef HEAT_X86_KERNELS
        if (heat_isa_count() > 1)
            check_bits(singles_avx2, x, y);
        if (heat_isa_count() > 2)
            check_bits(singles_avx512, x, y);
#endif
        check_bits(singles_ref, x, y);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_are_within_their_bounds),
        cmocka_unit_test(ends_are_right),
        cmocka_unit_test(instruction_sets_give_the_same_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
