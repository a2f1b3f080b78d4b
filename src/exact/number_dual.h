/* Numbers with their derivative by beta, over the reals of number_double.h or number_pair.h, whichever was
 * included before: a sum in them gives its own derivative exactly. Wengert, Commun. ACM 7 (1964) 463. */
#ifndef HEATBATH_NUMBER_DUAL_H
#define HEATBATH_NUMBER_DUAL_H

typedef struct number {
    real value, slope;
} number;

static inline number number_of(double x)
{
    return (number){real_of(x), real_of(0)};
}

static inline double number_value(number a)
{
    return real_value(a.value);
}

static inline double number_slope(number a)
{
    return real_value(a.slope);
}

static inline number number_plus(number a, number b)
{
    return (number){real_plus(a.value, b.value), real_plus(a.slope, b.slope)};
}

static inline number number_minus(number a, number b)
{
    return (number){real_minus(a.value, b.value), real_minus(a.slope, b.slope)};
}

static inline number number_times(number a, number b)
{
    return (number){real_times(a.value, b.value),
                    real_plus(real_times(a.value, b.slope), real_times(a.slope, b.value))};
}

static inline number number_over(number a, number b)
{
    real ratio = real_over(a.value, b.value);

    return (number){ratio, real_over(real_minus(a.slope, real_times(ratio, b.slope)), b.value)};
}

static inline number number_negative(number a)
{
    return (number){real_negative(a.value), real_negative(a.slope)};
}

/* a 2^exponent */
static inline number number_scale(number a, int exponent)
{
    return (number){real_scale(a.value, exponent), real_scale(a.slope, exponent)};
}

/* log |a|, without its derivative */
static inline double number_log(number a)
{
    return real_log(a.value);
}

/* The root of 0 is given no slope. */
static inline number number_root(number a)
{
    real root = real_root(a.value);

    return (number){root, real_value(root) > 0 ? real_over(a.slope, real_scale(root, 1)) : real_of(0)};
}

/* x = exp(-2 beta b), t = tanh(beta b) and 1 - t^2 = 4 x / (1 + x)^2; beta, b >= 0. */
static inline void number_weigh(double beta, double b, number *t, number *rest)
{
    number x, one = number_of(1), sum;

    real_weigh(beta, b, &x.value, &t->value);
    x.slope = real_times(real_of(-2 * b), x.value);
    sum = number_plus(one, x);
    *rest = number_over(number_times(number_of(4), x), number_times(sum, sum));
    t->slope = real_times(real_of(b), rest->value);
}

#endif
