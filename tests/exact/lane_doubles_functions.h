/* The functions of lane_doubles.h as a table an instruction set has. */
#ifndef HEATBATH_TEST_LANE_DOUBLES_FUNCTIONS_H
#define HEATBATH_TEST_LANE_DOUBLES_FUNCTIONS_H

#include <stdint.h>

enum {
    DO_EXP,
    DO_EXP_NEGATIVE,
    DO_EXP_MINUS_1,
    DO_LOG,
    DO_SIN,
    DO_COS,
    DO_TAN,
    DO_ATAN,
    DO_SINH,
    DO_COSH,
    DO_TANH,
    DO_SQRT,
    DO_ABS,
    DO_POW,
    DO_MIN,
    DO_MAX,
    DOUBLES_COUNT
};

/* out[k] = f(x[k], y[k]) for k < n, a multiple of 8. */
typedef void (*doubles_fn)(const double *x, const double *y, double *out, int64_t n);

extern const doubles_fn doubles_ref[DOUBLES_COUNT];
#ifdef HEAT_X86_KERNELS
extern const doubles_fn doubles_avx2[DOUBLES_COUNT], doubles_avx512[DOUBLES_COUNT];
#endif

#endif
