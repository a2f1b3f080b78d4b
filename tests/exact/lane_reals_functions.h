/* The functions of lane_reals.h as a table an instruction set has. */
#ifndef HEATBATH_TEST_LANE_REALS_FUNCTIONS_H
#define HEATBATH_TEST_LANE_REALS_FUNCTIONS_H

#include <stdint.h>

enum {
    DO_EXP,
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
    SINGLES_COUNT,
    DO_EXP_NEGATIVE = SINGLES_COUNT,
    DOUBLES_COUNT
};

/* out[k] = f(x[k], y[k]) for k < n, a multiple of 16. */
typedef void (*doubles_fn)(const double *x, const double *y, double *out, int64_t n);
typedef void (*singles_fn)(const float *x, const float *y, float *out, int64_t n);

extern const doubles_fn doubles_ref[DOUBLES_COUNT];
extern const singles_fn singles_ref[SINGLES_COUNT];
#ifdef HEAT_X86_KERNELS
extern const doubles_fn doubles_avx2[DOUBLES_COUNT], doubles_avx512[DOUBLES_COUNT];
extern const singles_fn singles_avx2[SINGLES_COUNT], singles_avx512[SINGLES_COUNT];
#endif

#endif
