/* The functions of lane_reals.h over arrays, compiled once an instruction set and precision: REALS_TABLE
 * names the table. */
#include "lane_reals_functions.h"
#include "kernel/lane_reals.h"

#define ONE(name, expression)                                                                                \
    static void name(const real *at, const real *with, real *out, int64_t n)                                 \
    {                                                                                                        \
        for (int64_t k = 0; k < n; k += VEC_LANES) {                                                         \
            vec x = vec_load(at + k), y = vec_load(with + k), other;                                         \
            (void)y, (void)other;                                                                            \
            vec_store(out + k, expression);                                                                  \
        }                                                                                                    \
    }

ONE(exp_of, vec_exp(x))
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

#ifdef HEAT_SINGLE
const singles_fn REALS_TABLE[SINGLES_COUNT] = {
#else
ONE(exp_negative_of, vec_exp_negative(x))

const doubles_fn REALS_TABLE[DOUBLES_COUNT] = {
    [DO_EXP_NEGATIVE] = exp_negative_of,
#endif
    [DO_EXP] = exp_of,   [DO_EXP_MINUS_1] = exp_minus_1_of,
    [DO_LOG] = log_of,   [DO_SIN] = sin_of,
    [DO_COS] = cos_of,   [DO_TAN] = tan_of,
    [DO_ATAN] = atan_of, [DO_SINH] = sinh_of,
    [DO_COSH] = cosh_of, [DO_TANH] = tanh_of,
    [DO_SQRT] = sqrt_of, [DO_ABS] = abs_of,
    [DO_POW] = pow_of,   [DO_MIN] = min_of,
    [DO_MAX] = max_of};
