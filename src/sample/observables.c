/* Two tables: averages, whose errors come from stats/convergence, and functions of averages, by the jackknife
 * over blocks longer than the autocorrelation. One row adds an observable.
 *
 *   C = Var(E) / T^2;  chi = (<M^2> - <|M|>^2) / (n T);  U = 1 - <m^4> / (3 <m^2>^2)
 *   xi = sqrt(chi(0) / chi(k) - 1) / (2 sin(k / 2)),  chi(k) = <|sum_j s_j exp(i k x_j)|^2> / n, k = 2 pi / L
 */
#include "sample/observables.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "stats/convergence.h"
#include "stats/resampling.h"

#include <math.h>
#include <string.h>

enum { MOST_BLOCKS = 32, LEAST_BLOCKS = 4 };

typedef bool (*fits_fn)(const heat_model_info *info);

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
    return info->n_states > 2 && info->n_variables > 0;
}

typedef struct average_row {
    const char *name;
    heat_series_id series;
    fits_fn fits;
    double (*value)(double x, double n);
} average_row;

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

static double square_per_spin(double x, double n)
{
    return x / n * (x / n);
}

static double fourth_per_spin(double x, double n)
{
    return square(square_per_spin(x, n), n);
}

static const average_row averages[] = {
    {"energy", HEAT_SERIES_ENERGY, is_any, itself},
    {"energy_per_spin", HEAT_SERIES_ENERGY, is_spin, per_spin},
    {"magnetization", HEAT_SERIES_ORDER, is_spin, itself},
    {"magnetization_per_spin", HEAT_SERIES_ORDER, is_spin, per_spin},
    {"abs_magnetization", HEAT_SERIES_ORDER, is_spin, size},
    {"abs_magnetization_per_spin", HEAT_SERIES_ORDER, is_spin, size_per_spin},
    {"magnetization_per_spin_squared", HEAT_SERIES_ORDER, is_spin, square_per_spin},
    {"magnetization_per_spin_fourth", HEAT_SERIES_ORDER, is_spin, fourth_per_spin},
    {"order_parameter", HEAT_SERIES_ORDER, has_many_values, per_spin},
    {"structure_factor", HEAT_SERIES_FOURIER, is_any, itself},
    {"overlap", HEAT_SERIES_OVERLAP, is_any, itself},
    {"abs_overlap", HEAT_SERIES_OVERLAP, is_any, size},
    {"overlap_squared", HEAT_SERIES_OVERLAP, is_any, square},
    {"overlap_fourth", HEAT_SERIES_OVERLAP, is_any, fourth},
    {"link_overlap", HEAT_SERIES_LINK, is_any, itself},
};
enum { N_AVERAGES = sizeof averages / sizeof *averages };

/* A function of the averages of up to three columns; shift is subtracted where it keeps digits. */
typedef struct derived_row {
    const char *name;
    const char *of; /* the average whose autocorrelation time and verdict it takes over */
    fits_fn fits;
    int n_columns;
    double (*column)(const heat_series *s, double shift, int64_t k, int column);
    heat_derived_fn f;
    double (*factor)(const heat_series *s);
} derived_row;

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
    double m = s->values[HEAT_SERIES_ORDER][k];

    (void)shift;
    return column == 0 ? s->values[HEAT_SERIES_FOURIER][k] : m * m / s->info->n_variables;
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

static double one_over_k(const heat_series *s)
{
    return 1 / (2 * sin(3.14159265358979323846 / (double)s->info->extent[0]));
}

static const derived_row deriveds[] = {
    {"heat_capacity", "energy", is_any, 2, energy_column, variance_of, one_over_t2},
    {"susceptibility", "magnetization_per_spin_squared", is_spin, 2, moment_column, variance_of, n_over_t},
    {"binder", "magnetization_per_spin_fourth", is_spin, 3, moment_column, binder_of, one},
    {"order_susceptibility", "order_parameter", has_many_values, 2, moment_column, variance_of, n_over_t},
    {"correlation_length", "structure_factor", is_spin, 2, structure_column, length_of, one_over_k},
    {"overlap_binder", "overlap_fourth", is_any, 3, overlap_column, binder_of, one},
};
enum { N_DERIVED = sizeof deriveds / sizeof *deriveds, MOST_OBSERVABLES = N_AVERAGES + N_DERIVED };

/* Pairs of chains count as one chain. */
static int64_t step_of(heat_series_id id)
{
    return heat_series_is_paired(id) ? 2 : 1;
}

static const char *failing_criterion(const heat_convergence *c)
{
    if (!(c->rhat <= HEAT_MOST_RHAT))
        return "R-hat above 1.01";
    if (!(c->ess >= HEAT_LEAST_ESS))
        return "effective sample size below 100";
    if (!(c->ess_tail >= HEAT_LEAST_ESS))
        return "tail effective sample size below 100";
    return NULL;
}

static heat_observable empty_row(const char *name)
{
    double nan = (double)NAN;

    return (heat_observable){name, nan, nan, nan, nan, nan, nan, nan, nan, nan, nan};
}

static heat_status average(heat_context *ctx, const heat_series *s, const average_row *row, double *scratch,
                           heat_observable *o, const char **failing)
{
    const double *x = s->values[row->series];
    int64_t n_chains = s->n_chains / step_of(row->series), stride = s->stride * step_of(row->series);
    heat_convergence c;
    heat_status status;

    *o = empty_row(row->name);
    *failing = "fewer than 4 sweeps";
    if (s->n_sweeps < 4)
        return HEAT_OK;
    for (int64_t chain = 0; chain < n_chains; chain++)
        for (int64_t t = 0; t < s->n_sweeps; t++)
            scratch[chain * s->n_sweeps + t] = row->value(x[chain * stride + t], s->info->n_variables);
    status = heat_convergence_get(ctx, n_chains, s->n_sweeps, scratch, &c);
    if (status != HEAT_OK)
        return status;
    *o = (heat_observable){row->name, c.mean, c.error, c.sd,       c.q05, c.q50,
                           c.q95,     c.tau,  c.ess,   c.ess_tail, c.rhat};
    *failing = failing_criterion(&c);
    if (*failing != NULL)
        o->mean = o->error = (double)NAN;
    return HEAT_OK;
}

/* Jackknife of the row's f over blocks at least ten autocorrelation times long, as far as the chains allow.
 */
static heat_status derive(heat_context *ctx, const heat_series *s, const derived_row *row, int64_t step,
                          double shift, double tau, heat_observable *o)
{
    int64_t n_chains = s->n_chains / step, per_chain = (int64_t)((double)s->n_sweeps / (10 * tau));
    int64_t fewest = n_chains < LEAST_BLOCKS ? LEAST_BLOCKS : 1, length, n_blocks;
    double *blocks = NULL, factor = row->factor(s);
    heat_status status;

    per_chain = per_chain > MOST_BLOCKS ? MOST_BLOCKS : per_chain < fewest ? fewest : per_chain;
    length = s->n_sweeps / per_chain;
    n_blocks = per_chain * n_chains;
    status = heat_alloc(ctx, n_blocks * row->n_columns, sizeof *blocks, &blocks);
    if (status != HEAT_OK)
        return status;
    for (int64_t b = 0; b < n_blocks; b++) {
        int64_t begin = b / per_chain * step * s->stride + s->n_sweeps % per_chain + b % per_chain * length;
        for (int c = 0; c < row->n_columns; c++) {
            double sum = 0;
            for (int64_t k = begin; k < begin + length; k++)
                sum += row->column(s, shift, k, c);
            blocks[row->n_columns * b + c] = sum / (double)length;
        }
    }
    status = heat_jackknife(ctx, n_blocks, row->n_columns, blocks, row->f, NULL, &o->mean, &o->error);
    if (status ==
        HEAT_ERROR_UNDEFINED) { /* a Binder cumulant of nothing but zeroes, say: no number, no failure
                                 */
        o->mean = o->error = (double)NAN;
        status = HEAT_OK;
    }
    o->mean *= factor;
    o->error *= factor;
    heat_free(blocks);
    return status;
}

static int32_t find_row(const heat_observable *rows, int32_t n, const char *name)
{
    for (int32_t k = 0; k < n; k++)
        if (strcmp(rows[k].name, name) == 0)
            return k;
    return -1;
}

static heat_series_id series_of(const char *average_name)
{
    for (int k = 0; k < N_AVERAGES; k++)
        if (strcmp(averages[k].name, average_name) == 0)
            return averages[k].series;
    return HEAT_SERIES_ENERGY;
}

/* All derived rows whose average is there; `n` averages stand in `rows` already. */
static heat_status add_derived(heat_context *ctx, const heat_series *s, const bool *passed,
                               heat_observable *rows, int32_t *n)
{
    int32_t n_averages = *n;

    for (int k = 0; k < N_DERIVED; k++) {
        const derived_row *row = &deriveds[k];
        int32_t of = find_row(rows, n_averages, row->of);
        heat_observable *o = &rows[*n];
        heat_status status;
        if (of < 0 || !row->fits(s->info))
            continue;
        *o = empty_row(row->name);
        (*n)++;
        if (!passed[of])
            continue;
        status = derive(ctx, s, row, step_of(series_of(row->of)),
                        row->column == energy_column ? rows[of].mean : 0, rows[of].tau, o);
        if (status != HEAT_OK)
            return status;
    }
    return HEAT_OK;
}

heat_status heat_observables_get(heat_context *ctx, const heat_series *s, int32_t *n_observables,
                                 heat_observable **observables, const char **failing,
                                 const heat_observable **culprit)
{
    heat_observable *rows = NULL;
    double *scratch = NULL;
    bool passed[MOST_OBSERVABLES] = {false};
    int32_t n = 0;
    heat_status status = heat_alloc(ctx, MOST_OBSERVABLES, sizeof *rows, &rows);

    *failing = NULL;
    *culprit = NULL;
    if (status == HEAT_OK)
        status = heat_alloc(ctx, s->n_chains * s->n_sweeps, sizeof *scratch, &scratch);
    for (int k = 0; k < N_AVERAGES && status == HEAT_OK; k++) {
        const char *criterion;
        if (s->values[averages[k].series] == NULL || !averages[k].fits(s->info))
            continue;
        status = average(ctx, s, &averages[k], scratch, &rows[n], &criterion);
        passed[n] = criterion == NULL;
        if (criterion != NULL && *failing == NULL) {
            *failing = criterion;
            *culprit = &rows[n];
        }
        n++;
    }
    if (status == HEAT_OK)
        status = add_derived(ctx, s, passed, rows, &n);
    heat_free(scratch);
    if (status != HEAT_OK) {
        heat_free(rows);
        return status;
    }
    *n_observables = n;
    *observables = rows;
    return HEAT_OK;
}
