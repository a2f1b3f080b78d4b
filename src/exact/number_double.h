/* Real numbers as doubles, for bodies that are compiled once a kind of real (number_pair.h is the other).
 */
#ifndef HEATBATH_NUMBER_DOUBLE_H
#define HEATBATH_NUMBER_DOUBLE_H

#include "kernel/elementary.h"

#include <math.h>

typedef double real;

static const double real_rounding = 1.1102230246251565e-16; /* relative, of one operation */

static inline real real_of(double x)
{
    return x;
}

static inline double real_value(real a)
{
    return a;
}

static inline real real_plus(real a, real b)
{
    return a + b;
}

static inline real real_minus(real a, real b)
{
    return a - b;
}

static inline real real_times(real a, real b)
{
    return a * b;
}

static inline real real_over(real a, real b)
{
    return a / b;
}

static inline real real_negative(real a)
{
    return -a;
}

/* a 2^exponent */
static inline real real_scale(real a, int exponent)
{
    return ldexp(a, exponent);
}

/* log |a| */
static inline double real_log(real a)
{
    return log(fabs(a));
}

static inline real real_root(real a)
{
    return sqrt(a);
}

/* exp(-2 a b), and tanh(a b); a, b >= 0. */
static inline void real_weigh(double a, double b, real *x, real *t)
{
    *x = heat_exp_negative(-2 * a * b);
    *t = tanh(a * b);
}

#endif
