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

static double itself(double x, double n)
{
    (void)n;
    return x;
}

static double is_number(double x, double number)
{
    return x == number;
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

static heat_grid continuum(const heat_model_info *info)
{
    (void)info;
    return (heat_grid){0, (double)INFINITY, -(double)INFINITY};
}

static heat_grid magnetization_grid(const heat_model_info *info)
{
    return (heat_grid){2, -info->n_variables, info->n_variables};
}

/* Values of q / (q - 1) times a share, less 1 / (q - 1). */
static double share_step(const heat_model_info *info)
{
    double q = info->n_states, n = info->n_variables;

    return q / (q - 1) / n;
}

static heat_grid order_grid(const heat_model_info *info)
{
    return (heat_grid){share_step(info), 0, 1};
}

static heat_grid overlap_grid(const heat_model_info *info)
{
    return (heat_grid){share_step(info), -1.0 / (info->n_states - 1), 1};
}

static heat_grid link_grid(const heat_model_info *info)
{
    return (heat_grid){2 / (double)info->n_edges, -1, 1};
}

const heat_average_row heat_average_rows[] = {
    {"energy", HEAT_SERIES_ENERGY, itself, continuum, HEAT_BETWEEN},
    {"energy_per_spin", HEAT_SERIES_ENERGY, per_spin, NULL, HEAT_PER_SPIN},
    {"magnetization", HEAT_SERIES_MAGNETIZATION, itself, magnetization_grid, 0},
    {"magnetization_per_spin", HEAT_SERIES_MAGNETIZATION, per_spin, NULL, HEAT_PER_SPIN},
    {"abs_magnetization", HEAT_SERIES_MAGNETIZATION, size, NULL, 0},
    {"abs_magnetization_per_spin", HEAT_SERIES_MAGNETIZATION, size_per_spin, NULL,
     HEAT_PER_SPIN | HEAT_BETWEEN},
    {"magnetization_per_spin_squared", HEAT_SERIES_MAGNETIZATION, square_per_spin, NULL, HEAT_BETWEEN},
    {"magnetization_per_spin_fourth", HEAT_SERIES_MAGNETIZATION, fourth_per_spin, NULL, HEAT_BETWEEN},
    {"order_parameter", HEAT_SERIES_ORDER, per_spin, order_grid, HEAT_BETWEEN},
    {"order_parameter_squared", HEAT_SERIES_ORDER, square_per_spin, NULL, HEAT_BETWEEN},
    {"order_parameter_fourth", HEAT_SERIES_ORDER, fourth_per_spin, NULL, HEAT_BETWEEN},
    {"visible_mean", HEAT_SERIES_VISIBLE, itself, NULL, 0},
    {"hidden_mean", HEAT_SERIES_HIDDEN, itself, NULL, 0},
    {"structure_factor", HEAT_SERIES_FOURIER, itself, NULL, HEAT_BETWEEN},
    {"structure_factor_zero", HEAT_SERIES_ZERO, itself, NULL, 0},
    {"overlap", HEAT_SERIES_OVERLAP, itself, overlap_grid, 0},
    {"abs_overlap", HEAT_SERIES_OVERLAP, size, NULL, 0},
    {"overlap_squared", HEAT_SERIES_OVERLAP, square, NULL, 0},
    {"overlap_fourth", HEAT_SERIES_OVERLAP, fourth, NULL, 0},
    {"link_overlap", HEAT_SERIES_LINK, itself, link_grid, 0},
    {"domain_wall", HEAT_SERIES_LINK, wall, NULL, 0},
    {"virial", HEAT_SERIES_VIRIAL, itself, NULL, 0},
    {.name = NULL},
};

const heat_average_row *heat_average_find(const char *name, size_t length)
{
    for (const heat_average_row *row = heat_average_rows; row->name != NULL; row++)
        if (strlen(row->name) == length && strncmp(row->name, name, length) == 0)
            return row;
    return NULL;
}

bool heat_average_get(const heat_series *s, int32_t k, heat_average_row *row)
{
    const int32_t n_rows = sizeof heat_average_rows / sizeof *heat_average_rows - 1;
    int32_t i = k - n_rows;

    if (k < n_rows)
        *row = heat_average_rows[k];
    else if (i < s->n_coordinates)
        *row = (heat_average_row){heat_model_get_label(s->model, i), (heat_series_id)(HEAT_N_SERIES + i),
                                  itself, continuum, 0};
    else if (i - s->n_coordinates < s->n_basins)
        *row = (heat_average_row){s->basin_names[i - s->n_coordinates], HEAT_SERIES_BASIN, is_number, NULL,
                                  HEAT_OF_NUMBER | (unsigned)(i - s->n_coordinates) * 8};
    return i < s->n_coordinates + s->n_basins;
}

static double energy_column(const heat_series *s, double shift, int64_t k, int column)
{
    double e = s->values[HEAT_SERIES_ENERGY][k] - shift;

    return column == 0 ? e : e * e;
}

/* |m|, m^2, m^4 */
static double moment_column(const heat_series *s, double shift, int64_t k, int column)
{
    const double *of_values = s->values[HEAT_SERIES_ORDER];
    double m = fabs((of_values != NULL ? of_values : s->values[HEAT_SERIES_MAGNETIZATION])[k]) /
               s->info->n_variables;

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

const heat_derived_row heat_derived_rows[] = {
    {"heat_capacity", "energy", 2, energy_column, variance_of, one_over_t2, {NULL}},
    {"susceptibility", "magnetization_per_spin_squared", 2, moment_column, variance_of, n_over_t, {NULL}},
    {"binder",
     "magnetization_per_spin_fourth",
     3,
     moment_column,
     binder_of,
     one,
     {NULL, "magnetization_per_spin_squared", "magnetization_per_spin_fourth"}},
    {"order_susceptibility", "order_parameter", 2, moment_column, variance_of, n_over_t, {NULL}},
    {"order_binder",
     "order_parameter_fourth",
     3,
     moment_column,
     binder_of,
     one,
     {NULL, "order_parameter_squared", "order_parameter_fourth"}},
    {"correlation_length",
     "structure_factor",
     2,
     structure_column,
     length_of,
     one_over_k,
     {"structure_factor", "structure_factor_zero"}},
    {"overlap_binder",
     "overlap_fourth",
     3,
     overlap_column,
     binder_of,
     one,
     {NULL, "overlap_squared", "overlap_fourth"}},
    {.name = NULL},
};
