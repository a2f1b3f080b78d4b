/* Step and scale from the burn-in. */
#include "sample/walk_tuning.h"
#include "kernel/elementary.h"
#include "stats/cholesky.h"

#include <math.h>
#include <string.h>

/* Hoffman and Gelman's gamma and t_0; their kappa is 3/4. The draws that a variance is drawn towards what it
 * was by, and the least pivot of a covariance that counts as positive. */
static const double shrink = 0.05, delay = 10, prior_draws = 5, least_pivot = 1e-10;
enum { FIRST_WINDOW = 25, LEAST_BURN_IN = 100 };

static int64_t squares_size(int32_t n, heat_walk_mass mass)
{
    return mass == HEAT_MASS_DENSE ? (int64_t)n * n : n;
}

int64_t heat_walk_tuning_size(int32_t n, heat_walk_mass mass)
{
    return n + 2 * squares_size(n, mass);
}

double *heat_walk_tuning_scales(int32_t n, heat_walk_mass mass, double *numbers)
{
    return numbers + n + squares_size(n, mass);
}

void heat_walk_tuning_reset_scales(int32_t n, heat_walk_mass mass, double *numbers)
{
    double *scales = heat_walk_tuning_scales(n, mass, numbers);

    memset(numbers, 0, (size_t)heat_walk_tuning_size(n, mass) * sizeof *numbers);
    for (int32_t i = 0; i < n; i++)
        scales[mass == HEAT_MASS_DENSE ? (int64_t)i * n + i : i] = 1;
}

static double exp_any(double x)
{
    x = x > 700 ? 700 : x < -700 ? -700 : x;
    return x > 0 ? 1 / heat_exp_negative(-x) : heat_exp_negative(x);
}

void heat_walk_tuning_begin(heat_walk_tuning *t, double first)
{
    t->step = t->first = first;
    t->error_sum = t->log_mean = 0;
    t->n_updates = 0;
}

/* The search is drawn towards ten times the first step: too large a step is found out sooner. */
void heat_walk_tuning_update(heat_walk_tuning *t, double accepted, double target)
{
    const double log_10 = 2.302585092994045684;
    double count = (double)++t->n_updates, weight = 1 / (count + delay), log_step, forget;

    t->error_sum = (1 - weight) * t->error_sum + weight * (target - accepted);
    log_step = log_10 - sqrt(count) / shrink * t->error_sum;
    forget = 1 / (sqrt(count) * sqrt(sqrt(count)));
    t->log_mean = forget * log_step + (1 - forget) * t->log_mean;
    t->step = t->first * exp_any(log_step);
}

void heat_walk_tuning_settle(heat_walk_tuning *t)
{
    if (t->n_updates > 0)
        t->step = t->first * exp_any(t->log_mean);
    t->is_settled = true;
}

heat_walk_phase heat_walk_phase_of(int64_t sweep, int64_t burn_in)
{
    int64_t begin = burn_in * 15 / 100, end = burn_in * 9 / 10, length = FIRST_WINDOW;

    if (burn_in < LEAST_BURN_IN || sweep < begin || sweep >= end)
        return HEAT_WALK_SETTLES;
    for (int64_t at = begin + length; at + 2 * length <= end; at += length) {
        if (sweep == at - 1)
            return HEAT_WALK_CLOSES;
        length *= 2;
    }
    return sweep == end - 1 ? HEAT_WALK_CLOSES : HEAT_WALK_COLLECTS;
}

/* Welford, Technometrics 4 (1962) 419. */
void heat_walk_tuning_add(heat_walk_tuning *t, int32_t n, heat_walk_mass mass, const double *x,
                          int64_t stride, double *numbers)
{
    double *mean = numbers, *squares = numbers + n, share = 1 / (double)++t->n_draws;

    for (int32_t i = 0; i < n; i++) {
        double off = x[i * stride] - mean[i];
        mean[i] += off * share;
        if (mass != HEAT_MASS_DENSE)
            squares[i] += off * (x[i * stride] - mean[i]);
        for (int32_t j = 0; j <= i && mass == HEAT_MASS_DENSE;
             j++) /* mean[j] is the new one, off the old's */
            squares[(int64_t)i * n + j] += off * (x[j * stride] - mean[j]);
    }
}

static double pooled(double squares, double n, double before)
{
    return (squares + prior_draws * before) / (n - 1 + prior_draws);
}

static void rescale_dense(int32_t n, double count, double temperature, double *squares, double *factor)
{
    for (int32_t i = 0; i < n; i++)
        for (int32_t j = 0; j <= i; j++) {
            double before = 0;
            for (int32_t k = 0; k <= j; k++)
                before += factor[(int64_t)i * n + k] * factor[(int64_t)j * n + k];
            squares[(int64_t)i * n + j] = pooled(squares[(int64_t)i * n + j] / temperature, count, before);
        }
    if (heat_cholesky_factor(n, squares, least_pivot) == n)
        memcpy(factor, squares, (size_t)n * (size_t)n * sizeof *factor);
}

void heat_walk_tuning_rescale(heat_walk_tuning *t, int32_t n, heat_walk_mass mass, double temperature,
                              double *numbers)
{
    double *squares = numbers + n, *scales = heat_walk_tuning_scales(n, mass, numbers);

    if (mass == HEAT_MASS_DENSE)
        rescale_dense(n, (double)t->n_draws, temperature, squares, scales);
    for (int32_t i = 0; i < n && mass == HEAT_MASS_DIAGONAL; i++)
        scales[i] = sqrt(pooled(squares[i] / temperature, (double)t->n_draws, scales[i] * scales[i]));
    memset(numbers, 0, (size_t)(n + squares_size(n, mass)) * sizeof *numbers);
    t->n_draws = 0;
}
