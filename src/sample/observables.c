/* Averages by stats/convergence, functions of averages by the jackknife over blocks longer than the
 * autocorrelation. C = Var(E) / T^2;  U = 1 - <m^4> / (3 <m^2>^2). */
#include "sample/observables.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "stats/convergence.h"
#include "stats/resampling.h"

#include <math.h>
#include <string.h>

enum { MOST_OBSERVABLES = 16, MOST_BLOCKS = 32, LEAST_BLOCKS = 4 };

/* One table row makes an average: a function of energy, total and the number of variables. */
typedef struct average_row {
    const char *name;
    bool spin_only;
    double (*value)(double energy, double total, double n);
} average_row;

static double energy_of(double e, double m, double n)
{
    (void)m, (void)n;
    return e;
}

static double energy_per_spin_of(double e, double m, double n)
{
    (void)m;
    return e / n;
}

static double magnetization_of(double e, double m, double n)
{
    (void)e, (void)n;
    return m;
}

static double magnetization_per_spin_of(double e, double m, double n)
{
    (void)e;
    return m / n;
}

static double abs_magnetization_of(double e, double m, double n)
{
    (void)e, (void)n;
    return fabs(m);
}

static double abs_magnetization_per_spin_of(double e, double m, double n)
{
    (void)e;
    return fabs(m) / n;
}

static double m2_of(double e, double m, double n)
{
    (void)e;
    return m / n * (m / n);
}

static double m4_of(double e, double m, double n)
{
    return m2_of(e, m, n) * m2_of(e, m, n);
}

static const average_row averages[] = {
    {"energy", false, energy_of},
    {"energy_per_spin", true, energy_per_spin_of},
    {"magnetization", true, magnetization_of},
    {"magnetization_per_spin", true, magnetization_per_spin_of},
    {"abs_magnetization", true, abs_magnetization_of},
    {"abs_magnetization_per_spin", true, abs_magnetization_per_spin_of},
    {"magnetization_per_spin_squared", true, m2_of},
    {"magnetization_per_spin_fourth", true, m4_of},
};
enum { N_AVERAGES = sizeof averages / sizeof *averages };

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

static heat_status average(heat_context *ctx, const heat_series *s, const average_row *row, double *scratch,
                           heat_observable *o, const char **failing)
{
    heat_convergence c;
    heat_status status;

    for (int64_t chain = 0; chain < s->n_chains; chain++)
        for (int64_t t = 0; t < s->n_sweeps; t++)
            scratch[chain * s->n_sweeps + t] =
                row->value(s->energy[chain * s->stride + t], s->total[chain * s->stride + t], s->n_variables);
    status = heat_convergence_get(ctx, s->n_chains, s->n_sweeps, scratch, &c);
    if (status != HEAT_OK)
        return status;
    *o = (heat_observable){row->name, c.mean, c.error, c.sd,       c.q05, c.q50,
                           c.q95,     c.tau,  c.ess,   c.ess_tail, c.rhat};
    *failing = failing_criterion(&c);
    if (*failing != NULL)
        o->mean = o->error = (double)NAN;
    return HEAT_OK;
}

/* Var(E) from <E - shift> and <(E - shift)^2>. */
static double variance_of(const double *a, void *arg)
{
    (void)arg;
    return a[1] - a[0] * a[0];
}

static double binder_of(const double *a, void *arg)
{
    (void)arg;
    return a[0] > 0 ? 1 - a[1] / (3 * a[0] * a[0]) : (double)NAN;
}

/* The two columns that a derived quantity averages. */
typedef double (*column_fn)(const heat_series *s, double shift, int64_t k, int column);

static double energy_column(const heat_series *s, double shift, int64_t k, int column)
{
    double e = s->energy[k] - shift;

    return column == 0 ? e : e * e;
}

static double moment_column(const heat_series *s, double shift, int64_t k, int column)
{
    double m2 = m2_of(0, s->total[k], s->n_variables);

    (void)shift;
    return column == 0 ? m2 : m2 * m2;
}

/* Jackknife of f over blocks at least ten autocorrelation times long, as far as the chains allow. */
static heat_status derive(heat_context *ctx, const heat_series *s, column_fn column, double shift, double tau,
                          heat_derived_fn f, double *value, double *error)
{
    int64_t per_chain = (int64_t)((double)s->n_sweeps / (10 * tau));
    int64_t fewest = s->n_chains < LEAST_BLOCKS ? LEAST_BLOCKS : 1, length, n_blocks;
    double *blocks = NULL;
    heat_status status;

    per_chain = per_chain > MOST_BLOCKS ? MOST_BLOCKS : per_chain < fewest ? fewest : per_chain;
    length = s->n_sweeps / per_chain;
    n_blocks = per_chain * s->n_chains;
    status = heat_alloc(ctx, n_blocks * 2, sizeof *blocks, &blocks);
    if (status != HEAT_OK)
        return status;
    for (int64_t b = 0; b < n_blocks; b++) {
        int64_t begin = b / per_chain * s->stride + s->n_sweeps % per_chain + b % per_chain * length;
        for (int c = 0; c < 2; c++) {
            double sum = 0;
            for (int64_t k = begin; k < begin + length; k++)
                sum += column(s, shift, k, c);
            blocks[2 * b + c] = sum / (double)length;
        }
    }
    status = heat_jackknife(ctx, n_blocks, 2, blocks, f, NULL, value, error);
    if (status ==
        HEAT_ERROR_UNDEFINED) { /* a Binder cumulant of nothing but zeroes, say: no number, no failure */
        *value = *error = (double)NAN;
        status = HEAT_OK;
    }
    heat_free(blocks);
    return status;
}

static heat_observable derived_row(const char *name)
{
    double nan = (double)NAN;

    return (heat_observable){name, nan, nan, nan, nan, nan, nan, nan, nan, nan, nan};
}

static heat_status add_derived(heat_context *ctx, const heat_series *s, const heat_observable *energy,
                               const heat_observable *m4, bool energy_passed, bool m4_passed,
                               heat_observable *rows, int32_t *n)
{
    heat_observable *o = &rows[(*n)++];
    heat_status status = HEAT_OK;

    *o = derived_row("heat_capacity");
    if (energy_passed) {
        status = derive(ctx, s, energy_column, energy->mean, energy->tau, variance_of, &o->mean, &o->error);
        o->mean /= s->temperature * s->temperature;
        o->error /= s->temperature * s->temperature;
    }
    if (status != HEAT_OK || !s->is_spin)
        return status;
    o = &rows[(*n)++];
    *o = derived_row("binder");
    if (m4_passed)
        status = derive(ctx, s, moment_column, 0, m4->tau, binder_of, &o->mean, &o->error);
    return status;
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
        const char *criterion = "fewer than 4 sweeps";
        if (averages[k].spin_only && (!s->is_spin || s->n_variables == 0))
            continue;
        if (s->n_sweeps >= 4)
            status = average(ctx, s, &averages[k], scratch, &rows[n], &criterion);
        else
            rows[n] = derived_row(averages[k].name);
        passed[n] = criterion == NULL;
        if (criterion != NULL && *failing == NULL) {
            *failing = criterion;
            *culprit = &rows[n];
        }
        n++;
    }
    if (status == HEAT_OK)
        status = add_derived(ctx, s, &rows[0], &rows[n - 1], passed[0], passed[n - 1], rows, &n);
    heat_free(scratch);
    if (status != HEAT_OK) {
        heat_free(rows);
        return status;
    }
    *n_observables = n;
    *observables = rows;
    return HEAT_OK;
}
