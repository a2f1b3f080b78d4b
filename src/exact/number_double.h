/* Real numbers as doubles, for bodies that are compiled once a kind of number (number_pair.h is the other).
 */
#ifndef HEATBATH_NUMBER_DOUBLE_H
#define HEATBATH_NUMBER_DOUBLE_H

#include "kernel/elementary.h"

#include <math.h>

typedef double number;

static const double number_rounding = 1.1102230246251565e-16; /* relative, of one operation */

static inline number number_of(double x)
{
    return x;
}

static inline double number_value(number a)
{
    return a;
}

static inline number number_plus(number a, number b)
{
    return a + b;
}

static inline number number_minus(number a, number b)
{
    return a - b;
}

static inline number number_times(number a, number b)
{
    return a * b;
}

static inline number number_over(number a, number b)
{
    return a / b;
}

static inline number number_negative(number a)
{
    return -a;
}

/* a 2^exponent */
static inline number number_scale(number a, int exponent)
{
    return ldexp(a, exponent);
}

/* log |a| */
static inline double number_log(number a)
{
    return log(fabs(a));
}

static inline number number_root(number a)
{
    return sqrt(a);
}

/* exp(-2 a b), and tanh(a b); a, b >= 0. */
static inline void number_weigh(double a, double b, number *x, number *t)
{
    *x = heat_exp_negative(-2 * a * b);
    *t = tanh(a * b);
}

#endif
