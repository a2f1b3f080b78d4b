/* The tables of observables.
 *
 *   C = Var(E) / T^2;  chi = (<M^2> - <|M|>^2) / (n T);  U = 1 - <m^4> / (3 <m^2>^2)
 *   xi = sqrt(chi(0) / chi(k) - 1) / (2 sin(k / 2)),  chi(k) = <|sum_j s_j exp(i k x_j)|^2> / n, k = 2 pi / L
 *
 * with m the magnetisation a spin, or the order parameter of q values, and chi(k) then a sum over the values.
 */
#include "sample/observable_rows.h"

#include <math.h>
#include <string.h>

static bool is_any(const heat_model_info *info)
{
    (void)info;
    return true;
}

static bool is_spin(const heat_model_info *info)
{
    return info->coding == HEAT_CODING_SPIN && info->n_variables > 0;
}

static bool has_many_values(const heat_model_info *info)
{
    return heat_scalars_are_of_values(info) && info->n_variables > 0;
}

static double itself(double x, double n)
{
    (void)n;
    return x;
}

static double per_spin(double x, double n)
{
    return x / n;
}

static double size(double x, double n)
{
    (void)n;
    return fabs(x);
}

static double size_per_spin(double x, double n)
{
    return fabs(x) / n;
}

static double square(double x, double n)
{
    (void)n;
    return x * x;
}

static double fourth(double x, double n)
{
    return square(square(x, n), n);
}

/* The share of links across which two replicas differ from each other on one side only. */
static double wall(double x, double n)
{
    (void)n;
    return (1 - x) / 2;
}

static double square_per_spin(double x, double n)
{
    return x / n * (x / n);
}

static double fourth_per_spin(double x, double n)
{
    return square(square_per_spin(x, n), n);
}

const heat_average_row heat_average_rows[HEAT_N_AVERAGES] = {
    {"energy", HEAT_SERIES_ENERGY, is_any, itself, false},
    {"energy_per_spin", HEAT_SERIES_ENERGY, is_spin, per_spin, true},
    {"magnetization", HEAT_SERIES_ORDER, is_spin, itself, false},
    {"magnetization_per_spin", HEAT_SERIES_ORDER, is_spin, per_spin, true},
    {"abs_magnetization", HEAT_SERIES_ORDER, is_spin, size, false},
    {"abs_magnetization_per_spin", HEAT_SERIES_ORDER, is_spin, size_per_spin, true},
    {"magnetization_per_spin_squared", HEAT_SERIES_ORDER, is_spin, square_per_spin, false},
    {"magnetization_per_spin_fourth", HEAT_SERIES_ORDER, is_spin, fourth_per_spin, false},
    {"order_parameter", HEAT_SERIES_ORDER, has_many_values, per_spin, false},
    {"order_parameter_squared", HEAT_SERIES_ORDER, has_many_values, square_per_spin, false},
    {"order_parameter_fourth", HEAT_SERIES_ORDER, has_many_values, fourth_per_spin, false},
    {"visible_mean", HEAT_SERIES_VISIBLE, is_any, itself, false},
    {"hidden_mean", HEAT_SERIES_HIDDEN, is_any, itself, false},
    {"structure_factor", HEAT_SERIES_FOURIER, is_any, itself, false},
    {"structure_factor_zero", HEAT_SERIES_ZERO, is_any, itself, false},
    {"overlap", HEAT_SERIES_OVERLAP, is_any, itself, false},
    {"abs_overlap", HEAT_SERIES_OVERLAP, is_any, size, false},
    {"overlap_squared", HEAT_SERIES_OVERLAP, is_any, square, false},
    {"overlap_fourth", HEAT_SERIES_OVERLAP, is_any, fourth, false},
    {"link_overlap", HEAT_SERIES_LINK, is_any, itself, false},
    {"domain_wall", HEAT_SERIES_LINK, is_any, wall, false},
};

static double energy_column(const heat_series *s, double shift, int64_t k, int column)
{
    double e = s->values[HEAT_SERIES_ENERGY][k] - shift;

    return column == 0 ? e : e * e;
}

/* |m|, m^2, m^4 */
static double moment_column(const heat_series *s, double shift, int64_t k, int column)
{
    double m = fabs(s->values[HEAT_SERIES_ORDER][k]) / s->info->n_variables;

    (void)shift;
    return column == 0 ? m : column == 1 ? m * m : m * m * m * m;
}

static double overlap_column(const heat_series *s, double shift, int64_t k, int column)
{
    double q2 = s->values[HEAT_SERIES_OVERLAP][k] * s->values[HEAT_SERIES_OVERLAP][k];

    (void)shift;
    return column == 0 ? 0 : column == 1 ? q2 : q2 * q2;
}

/* chi(k), chi(0) */
static double structure_column(const heat_series *s, double shift, int64_t k, int column)
{
    (void)shift;
    return s->values[column == 0 ? HEAT_SERIES_FOURIER : HEAT_SERIES_ZERO][k];
}

static double variance_of(const double *a, void *arg)
{
    (void)arg;
    return a[1] - a[0] * a[0];
}

static double binder_of(const double *a, void *arg)
{
    (void)arg;
    return a[1] > 0 ? 1 - a[2] / (3 * a[1] * a[1]) : (double)NAN;
}

/* 1 / 2 sin(k / 2) is the factor; a ratio below 1 is noise around no order at all: no length. */
static double length_of(const double *a, void *arg)
{
    (void)arg;
    return a[0] > 0 && a[1] > a[0] ? sqrt(a[1] / a[0] - 1) : (double)NAN;
}

static double one_over_t2(const heat_series *s)
{
    return 1 / (s->temperature * s->temperature);
}

static double n_over_t(const heat_series *s)
{
    return s->info->n_variables / s->temperature;
}

static double one(const heat_series *s)
{
    (void)s;
    return 1;
}

double heat_observable_wave(const heat_model_info *info)
{
    return 2 * sin(3.14159265358979323846 / (double)info->extent[0]);
}

static double one_over_k(const heat_series *s)
{
    return 1 / heat_observable_wave(s->info);
}

const heat_derived_row heat_derived_rows[HEAT_N_DERIVED] = {
    {"heat_capacity", "energy", is_any, 2, energy_column, variance_of, one_over_t2, {NULL}},
    {"susceptibility",
     "magnetization_per_spin_squared",
     is_spin,
     2,
     moment_column,
     variance_of,
     n_over_t,
     {NULL}},
    {"binder",
     "magnetization_per_spin_fourth",
     is_spin,
     3,
     moment_column,
     binder_of,
     one,
     {NULL, "magnetization_per_spin_squared", "magnetization_per_spin_fourth"}},
    {"order_susceptibility",
     "order_parameter",
     has_many_values,
     2,
     moment_column,
     variance_of,
     n_over_t,
     {NULL}},
    {"order_binder",
     "order_parameter_fourth",
     has_many_values,
     3,
     moment_column,
     binder_of,
     one,
     {NULL, "order_parameter_squared", "order_parameter_fourth"}},
    {"correlation_length",
     "structure_factor",
     is_any,
     2,
     structure_column,
     length_of,
     one_over_k,
     {"structure_factor", "structure_factor_zero"}},
    {"overlap_binder",
     "overlap_fourth",
     is_any,
     3,
     overlap_column,
     binder_of,
     one,
     {NULL, "overlap_squared", "overlap_fourth"}},
};

heat_series_id heat_observable_series(const char *average)
{
    for (int k = 0; k < HEAT_N_AVERAGES; k++)
        if (strcmp(heat_average_rows[k].name, average) == 0)
            return heat_average_rows[k].series;
    return HEAT_SERIES_ENERGY;
}
