/* The functions of lane_doubles.h over arrays, compiled once an instruction set: DOUBLES_TABLE names the
 * table. */
#include "lane_doubles_functions.h"
#include "kernel/lane_doubles.h"

#define ONE(name, expression)                                                                                \
    static void name(const double *at, const double *with, double *out, int64_t n)                           \
    {                                                                                                        \
        for (int64_t k = 0; k < n; k += VEC_LANES) {                                                         \
            vec x = vec_load(at + k), y = vec_load(with + k), other;                                         \
            (void)y, (void)other;                                                                            \
            vec_store(out + k, expression);                                                                  \
        }                                                                                                    \
    }

ONE(exp_of, vec_exp(x))
ONE(exp_negative_of, vec_exp_negative(x))
ONE(exp_minus_1_of, vec_exp_minus_1(x))
ONE(log_of, vec_log(x))
ONE(sin_of, (vec_sincos(x, &y, &other), y))
ONE(cos_of, (vec_sincos(x, &other, &y), y))
ONE(tan_of, vec_tan(x))
ONE(atan_of, vec_atan(x))
ONE(sinh_of, (vec_sinhcosh(x, &y, &other), y))
ONE(cosh_of, (vec_sinhcosh(x, &other, &y), y))
ONE(tanh_of, vec_tanh(x))
ONE(sqrt_of, vec_sqrt(x))
ONE(abs_of, vec_abs(x))
ONE(pow_of, vec_pow(x, y))
ONE(min_of, vec_min(x, y))
ONE(max_of, vec_max(x, y))

const doubles_fn DOUBLES_TABLE[DOUBLES_COUNT] = {
    exp_of,  exp_negative_of, exp_minus_1_of, log_of,  sin_of, cos_of, tan_of, atan_of,
    sinh_of, cosh_of,         tanh_of,        sqrt_of, abs_of, pow_of, min_of, max_of};
