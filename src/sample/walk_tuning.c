/* Step and scale from the burn-in. */
#include "sample/walk_tuning.h"
#include "kernel/elementary.h"
#include "stats/cholesky.h"
#include "stats/eigen.h"

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

/* Mean and squares, of draws, and, behind the scales, of gradients. */
static int64_t moments_size(int32_t n, heat_walk_mass mass)
{
    return n + squares_size(n, mass);
}

int64_t heat_walk_tuning_size(int32_t n, heat_walk_mass mass)
{
    int64_t square = squares_size(n, mass), scratch = mass == HEAT_MASS_DENSE ? 2 * square + n : 0;

    return 2 * moments_size(n, mass) + square + scratch;
}

double *heat_walk_tuning_scales(int32_t n, heat_walk_mass mass, double *numbers)
{
    return numbers + moments_size(n, mass);
}

static double *gradient_moments(int32_t n, heat_walk_mass mass, double *numbers)
{
    return heat_walk_tuning_scales(n, mass, numbers) + squares_size(n, mass);
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
void heat_walk_tuning_update(heat_walk_tuning *t, double accepted, double target, double longest)
{
    const double log_10 = 2.302585092994045684;
    double count = (double)++t->n_updates, weight = 1 / (count + delay), log_step, forget;

    t->error_sum = (1 - weight) * t->error_sum + weight * (target - accepted);
    log_step = log_10 - sqrt(count) / shrink * t->error_sum;
    if (longest < (double)INFINITY)
        log_step = fmin(log_step, log(longest / t->first));
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
static void add_variances(int32_t n, double share, const double *x, int64_t stride, double *mean)
{
    for (int32_t i = 0; i < n; i++) {
        double off = x[i * stride] - mean[i];
        mean[i] += off * share;
        mean[n + i] += off * (x[i * stride] - mean[i]);
    }
}

static void add_covariance(int32_t n, double share, const double *x, int64_t stride, double *mean)
{
    double *squares = mean + n;

    for (int32_t i = 0; i < n; i++) {
        double off = x[i * stride] - mean[i];
        mean[i] += off * share;
        for (int32_t j = 0; j <= i; j++) /* mean[j] is the new one, off the old's */
            squares[(int64_t)i * n + j] += off * (x[j * stride] - mean[j]);
    }
}

void heat_walk_tuning_add(heat_walk_tuning *t, int32_t n, heat_walk_mass mass, const double *x,
                          const double *gradient, int64_t stride, double *numbers)
{
    double share = 1 / (double)++t->n_draws;
    void (*add)(int32_t, double, const double *, int64_t, double *) =
        mass == HEAT_MASS_DENSE ? add_covariance : add_variances;

    add(n, share, x, stride, numbers);
    if (gradient != NULL)
        add(n, share, gradient, stride, gradient_moments(n, mass, numbers));
}

static double pooled(double squares, double n, double before)
{
    return (squares + prior_draws * before) / (n - 1 + prior_draws);
}

/* to = a' b a, a a lower triangle, b symmetric, of which the lower triangle is given. */
static void turn_about(int32_t n, const double *a, double *b, double *work, double *to)
{
    for (int32_t i = 0; i < n; i++)
        for (int32_t j = 0; j < i; j++)
            b[(int64_t)j * n + i] = b[(int64_t)i * n + j];
    memset(work, 0, (size_t)n * (size_t)n * sizeof *work);
    for (int32_t i = 0; i < n; i++)
        for (int32_t k = 0; k < n; k++)
            for (int32_t j = 0; j <= k; j++)
                work[(int64_t)i * n + j] += b[(int64_t)i * n + k] * a[(int64_t)k * n + j];
    memset(to, 0, (size_t)n * (size_t)n * sizeof *to);
    for (int32_t k = 0; k < n; k++)
        for (int32_t i = 0; i <= k; i++)
            for (int32_t j = 0; j < n; j++)
                to[(int64_t)i * n + j] += a[(int64_t)k * n + i] * work[(int64_t)k * n + j];
}

/* The lower triangle of w w', w = a vectors' diag(values^(-1/4)); vectors are rows. */
static void scale_back(int32_t n, const double *a, const double *values, const double *vectors, double *w,
                       double *to)
{
    memset(w, 0, (size_t)n * (size_t)n * sizeof *w);
    for (int32_t i = 0; i < n; i++)
        for (int32_t k = 0; k <= i; k++)
            for (int32_t j = 0; j < n; j++)
                w[(int64_t)i * n + j] += a[(int64_t)i * n + k] * vectors[(int64_t)j * n + k];
    for (int32_t i = 0; i < n; i++)
        for (int32_t j = 0; j <= i; j++) {
            double sum = 0;
            for (int32_t k = 0; k < n; k++)
                sum += w[(int64_t)i * n + k] * w[(int64_t)j * n + k] / sqrt(values[k]);
            to[(int64_t)i * n + j] = sum;
        }
}

/* With A = a a' the covariance and B that of the gradients this is the geometric mean of A and B^-1,
 *
 *     S S' = a (a' B a)^(-1/2) a',
 *
 * the middle drawn towards 1, as if it had been so in some draws more; into the lower triangle of b. */
static bool temper_by_gradient(int32_t n, double count, double temperature, const double *a, double *b,
                               double *work)
{
    double *vectors = work + (int64_t)n * n, *values = vectors + (int64_t)n * n;

    turn_about(n, a, b, vectors, work);
    for (int32_t i = 0; i < n; i++)
        for (int32_t j = 0; j < n; j++)
            work[(int64_t)i * n + j] = pooled(work[(int64_t)i * n + j] / temperature, count, i == j);
    heat_eigen_symmetric(n, work, values, vectors);
    if (!(values[0] > 0))
        return false;
    scale_back(n, a, values, vectors, work, b);
    return true;
}

/* Where the variables are nearly independent, up to their scales, what correlations were seen is noise. */
static void drop_correlations(int32_t n, double least_condition, double *c, double *work)
{
    double *vectors = work + (int64_t)n * n, *values = vectors + (int64_t)n * n;

    for (int32_t i = 0; i < n; i++)
        for (int32_t j = 0; j <= i; j++)
            work[(int64_t)i * n + j] = work[(int64_t)j * n + i] =
                c[(int64_t)i * n + j] / sqrt(c[(int64_t)i * n + i] * c[(int64_t)j * n + j]);
    heat_eigen_symmetric(n, work, values, vectors);
    for (int32_t i = 0; i < n && values[n - 1] <= least_condition * values[0]; i++)
        for (int32_t j = 0; j < i; j++)
            c[(int64_t)i * n + j] = 0;
}

static void rescale_dense(const heat_walk_scaling *how, double count, double temperature, double *numbers)
{
    int32_t n = how->n;
    double *squares = numbers + n, *factor = heat_walk_tuning_scales(n, HEAT_MASS_DENSE, numbers);
    double *gradients = gradient_moments(n, HEAT_MASS_DENSE, numbers) + n, *work = gradients + (int64_t)n * n;

    for (int32_t i = 0; i < n; i++)
        for (int32_t j = 0; j <= i; j++) {
            double before = 0;
            for (int32_t k = 0; k <= j; k++)
                before += factor[(int64_t)i * n + k] * factor[(int64_t)j * n + k];
            squares[(int64_t)i * n + j] = pooled(squares[(int64_t)i * n + j] / temperature, count, before);
        }
    if (how->has_gradient) {
        if (heat_cholesky_factor(n, squares, least_pivot) != n ||
            !temper_by_gradient(n, count, temperature, squares, gradients, work))
            return;
        memcpy(squares, gradients, (size_t)n * (size_t)n * sizeof *squares);
    }
    if (how->least_condition > 0)
        drop_correlations(n, how->least_condition, squares, work);
    if (heat_cholesky_factor(n, squares, least_pivot) == n)
        memcpy(factor, squares, (size_t)n * (size_t)n * sizeof *factor);
}

/* The square of a scale, by variances of x and of the gradient, both over T. */
static void rescale_diagonal(int32_t n, double count, double temperature, bool has_gradient, double *numbers)
{
    const double *by_x = numbers + n, *by_gradient = gradient_moments(n, HEAT_MASS_DIAGONAL, numbers) + n;
    double *scales = heat_walk_tuning_scales(n, HEAT_MASS_DIAGONAL, numbers);

    for (int32_t i = 0; i < n; i++) {
        double before = scales[i] * scales[i], variance = pooled(by_x[i] / temperature, count, before);
        if (has_gradient)
            variance = sqrt(variance / pooled(by_gradient[i] / temperature, count, 1 / before));
        scales[i] = sqrt(variance);
    }
}

void heat_walk_tuning_rescale(heat_walk_tuning *t, const heat_walk_scaling *how, double temperature,
                              double *numbers)
{
    size_t size = (size_t)moments_size(how->n, how->mass) * sizeof *numbers;

    if (how->mass == HEAT_MASS_DENSE)
        rescale_dense(how, (double)t->n_draws, temperature, numbers);
    if (how->mass == HEAT_MASS_DIAGONAL)
        rescale_diagonal(how->n, (double)t->n_draws, temperature, how->has_gradient, numbers);
    memset(numbers, 0, size);
    memset(gradient_moments(how->n, how->mass, numbers), 0, size);
    t->n_draws = 0;
}
