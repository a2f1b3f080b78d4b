/* Averages, whose errors come from stats/convergence, and functions of averages, by the jackknife over blocks
 * longer than the autocorrelation: what the tables of observable_rows.c list. */
#include "sample/observables.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "sample/observable_rows.h"
#include "stats/convergence.h"

#include <math.h>
#include <string.h>

enum { MOST_BLOCKS = 32, LEAST_BLOCKS = 4 };

/* Pairs of chains count as one chain. */
static int64_t step_of(heat_series_id id)
{
    return heat_series_is_paired(id) ? 2 : 1;
}

static const char *failing_criterion(const heat_convergence *c)
{
    if (!(c->rhat_lasting <= HEAT_MOST_RHAT))
        return "R-hat above 1.01";
    if (!(c->drift <= HEAT_MOST_DRIFT))
        return "first and last third differ by more than 4 standard errors";
    if (!(c->ess >= HEAT_LEAST_ESS))
        return "effective sample size below 100";
    if (!(c->ess_tail >= HEAT_LEAST_ESS))
        return "tail effective sample size below 100";
    return NULL;
}

static heat_observable empty_row(const char *name)
{
    double nan = (double)NAN;

    return (heat_observable){name, nan, nan, nan, nan, nan, nan, nan, nan, nan, nan, 0, 0};
}

/* The worse of two verdicts on the same draws. */
static void take_worse(const heat_convergence *other, heat_convergence *c)
{
    c->rhat = fmax(c->rhat, other->rhat);
    c->rhat_lasting = fmax(c->rhat_lasting, other->rhat_lasting);
    c->drift = fmax(c->drift, other->drift);
    c->ess = fmin(c->ess, other->ess);
    c->ess_tail = fmin(c->ess_tail, other->ess_tail);
}

/* What chains that trade states say together: they are no independent ones, what one of a pair loses the
 * other has, and their sum is slow. They are one chain, their draws of a sweep one after the other; each must
 * pass alone too, as *c says already, and the error is that of the sums, where the slow part is not hidden
 * behind what is traded. */
static heat_status judge_together(heat_context *ctx, const heat_series *s, const heat_average_row *row,
                                  double *scratch, heat_convergence *c)
{
    const double *x = heat_series_get(s, row->series);
    const int64_t m = s->together;
    heat_convergence alone = *c; /* then of the sums */
    heat_status status;

    for (int64_t chain = 0; chain < s->n_chains; chain++)
        for (int64_t t = 0; t < s->n_sweeps; t++)
            scratch[chain / m * m * s->n_sweeps + m * t + chain % m] =
                row->value(x[chain * s->stride + t], heat_average_parameter(s, row));
    status = heat_convergence_get(ctx, s->n_chains / m, m * s->n_sweeps, scratch, c);
    if (status != HEAT_OK)
        return status;
    take_worse(&alone, c);
    for (int64_t k = 0; k < s->n_chains / m * s->n_sweeps; k++) {
        double sum = scratch[m * k];
        for (int64_t j = 1; j < m; j++)
            sum += scratch[m * k + j];
        scratch[k] = sum / (double)m;
    }
    status = heat_convergence_get(ctx, s->n_chains / m, s->n_sweeps, scratch, &alone);
    if (status == HEAT_OK && alone.error > c->error) {
        double more = alone.error / c->error;
        c->error = alone.error;
        c->tau *= more * more;
        c->ess = fmin(c->ess, (double)(s->n_chains * s->n_sweeps) / c->tau);
    }
    return status;
}

/* The draws of a series; NULL where they are too few to judge. */
static heat_status gather(heat_context *ctx, const heat_series *s, heat_series_id id, heat_draws **draws)
{
    const heat_draw_table table = {.n_chains = s->n_chains / step_of(id),
                                   .n_draws = s->n_sweeps,
                                   .stride = s->stride * step_of(id),
                                   .x = heat_series_get(s, id),
                                   .threads = s->threads};

    heat_draws_free(*draws);
    *draws = NULL;
    return s->n_sweeps < 4 ? HEAT_OK : heat_draws_create(ctx, &table, draws);
}

/* Of n draws that have nothing to do with each other there is nothing to find out but their scatter. */
static void know_independent(double n, heat_convergence *c)
{
    c->error = c->sd / sqrt(n);
    c->ess = c->ess_tail = n;
    c->tau = c->rhat = c->rhat_lasting = 1;
    c->drift = 0;
}

static heat_status average(heat_context *ctx, const heat_series *s, const heat_average_row *row,
                           heat_draws *draws, double *scratch, heat_observable *o, const char **failing)
{
    heat_convergence c;
    heat_status status;

    *o = empty_row(row->name);
    *failing = "fewer than 4 sweeps";
    if (draws == NULL)
        return HEAT_OK;
    status = heat_draws_judge(ctx, draws, row->value, heat_average_parameter(s, row), &c);
    if (status == HEAT_OK && s->together > 1 && step_of(row->series) == 1)
        status = judge_together(ctx, s, row, scratch, &c);
    if (status != HEAT_OK)
        return status;
    if (s->are_independent)
        know_independent((double)s->n_sweeps, &c);
    *o = (heat_observable){row->name, c.mean, c.error,    c.sd,   c.q05, c.q50, c.q95,
                           c.tau,     c.ess,  c.ess_tail, c.rhat, 0,     0};
    *failing = failing_criterion(&c);
    if (*failing != NULL)
        o->mean = o->error = (double)NAN;
    return HEAT_OK;
}

/* The same in other units. */
static heat_observable divide(const heat_observable *o, const char *name, double n)
{
    return (heat_observable){name,   o->mean / n, o->error / n, o->sd / n, o->q05 / n, o->q50 / n, o->q95 / n,
                             o->tau, o->ess,      o->ess_tail,  o->rhat,   0,          0};
}

typedef struct block_work {
    const heat_series *s;
    const heat_derived_row *row;
    double shift;
    int64_t length, per_chain, apart;
    int64_t together;
    double *blocks; /* [block][column] their means */
} block_work;

/* The blocks of one chain, or of those that are together. */
static void fill_blocks(void *arg, int64_t chain, int thread)
{
    const block_work *w = arg;
    const heat_series *s = w->s;

    (void)thread;
    for (int64_t b = 0; b < w->per_chain; b++) {
        int64_t begin = chain * w->apart * s->stride + s->n_sweeps % w->per_chain + b * w->length;
        for (int c = 0; c < w->row->n_columns; c++) {
            double sum = 0;
            for (int64_t k = begin; k < begin + w->length; k++) {
                double all = w->row->column(s, w->shift, k, c);
                for (int64_t j = 1; j < w->together; j++)
                    all += w->row->column(s, w->shift, k + j * s->stride, c);
                sum += all / (double)w->together;
            }
            w->blocks[w->row->n_columns * (chain * w->per_chain + b) + c] = sum / (double)w->length;
        }
    }
}

/* Jackknife of the row's f over blocks at least ten autocorrelation times long, as far as the chains allow.
 */
static heat_status derive(heat_context *ctx, const heat_series *s, const heat_derived_row *row, int64_t step,
                          double shift, double tau, heat_observable *o)
{
    int64_t together =
        step == 1 && s->together > 1 ? s->together : 1; /* a block is of all of them, over the same sweeps */
    int64_t apart = together > 1 ? together : step, n_chains = s->n_chains / apart;
    int64_t per_chain = (int64_t)((double)s->n_sweeps / (10 * tau));
    int64_t fewest = n_chains < LEAST_BLOCKS ? LEAST_BLOCKS : 1, length, n_blocks;
    double *blocks = NULL, factor = row->factor(s);
    block_work work;
    heat_status status;

    per_chain = per_chain > MOST_BLOCKS ? MOST_BLOCKS : per_chain < fewest ? fewest : per_chain;
    length = s->n_sweeps / per_chain;
    n_blocks = per_chain * n_chains;
    status = heat_alloc(ctx, n_blocks * row->n_columns, sizeof *blocks, &blocks);
    if (status != HEAT_OK)
        return status;
    work = (block_work){s, row, shift, length, per_chain, apart, together, blocks};
    heat_parallel_whole(s->threads, n_chains, fill_blocks, &work);
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

/* Those that stand for a verdict: of averages that passed. */
static bool has_passed(const heat_observable *o)
{
    return !isnan(o->mean);
}

/* All derived rows whose average is there; `n` averages stand in `rows` already. */
static heat_status add_derived(heat_context *ctx, const heat_series *s, heat_observable *rows, int32_t *n)
{
    int32_t n_averages = *n;

    for (const heat_derived_row *row = heat_derived_rows; row->name != NULL; row++) {
        int32_t of = find_row(rows, n_averages, row->of);
        heat_observable *o = &rows[*n];
        heat_series_id id;
        heat_status status;
        if (of < 0)
            continue;
        *o = empty_row(row->name);
        (*n)++;
        if (!has_passed(&rows[of]))
            continue;
        id = heat_average_find(row->of, strlen(row->of))->series;
        status =
            derive(ctx, s, row, step_of(id), id == HEAT_SERIES_ENERGY ? rows[of].mean : 0, rows[of].tau, o);
        if (status != HEAT_OK)
            return status;
    }
    return HEAT_OK;
}

/* All averages of what was recorded, the draws of a series gathered once. */
static heat_status add_averages(heat_context *ctx, const heat_series *s, double *scratch,
                                heat_observable *rows, int32_t *n, const char **failing, int32_t *culprit)
{
    heat_draws *draws = NULL;
    heat_series_id gathered = HEAT_SERIES_NONE;
    heat_average_row row;
    heat_status status = HEAT_OK;

    for (int32_t k = 0; heat_average_get(s, k, &row) && status == HEAT_OK; k++) {
        const char *criterion;
        if (heat_series_get(s, row.series) == NULL ||
            ((row.flags & HEAT_PER_SPIN) && s->values[HEAT_SERIES_MAGNETIZATION] == NULL))
            continue;
        if (row.flags & HEAT_PER_SPIN) {
            rows[*n] = divide(&rows[*n - 1], row.name, s->info->n_variables);
            ++*n;
            continue;
        }
        if (row.series != gathered)
            status = gather(ctx, s, gathered = row.series, &draws);
        if (status == HEAT_OK)
            status = average(ctx, s, &row, draws, scratch, &rows[*n], &criterion);
        if (status != HEAT_OK)
            break;
        if (criterion != NULL && *failing == NULL) {
            *failing = criterion;
            *culprit = *n;
        }
        ++*n;
    }
    heat_draws_free(draws);
    return status;
}

static int32_t count_rows(const heat_series *s)
{
    heat_average_row row;
    int32_t n = 0;

    while (heat_average_get(s, n, &row))
        n++;
    for (const heat_derived_row *d = heat_derived_rows; d->name != NULL; d++)
        n++;
    return n;
}

heat_status heat_observables_own_names(heat_context *ctx, int32_t n, heat_observable **rows)
{
    heat_observable *own = NULL;
    size_t size = (size_t)n * sizeof *own;
    char *name;
    heat_status status;

    for (int32_t k = 0; k < n; k++)
        size += strlen((*rows)[k].name) + 1;
    status = heat_alloc(ctx, (int64_t)size, 1, &own);
    if (status != HEAT_OK)
        return status;
    memcpy(own, *rows, (size_t)n * sizeof *own);
    name = (char *)(own + n);
    for (int32_t k = 0; k < n; k++) {
        own[k].name = strcpy(name, own[k].name);
        name += strlen(name) + 1;
    }
    heat_free(*rows);
    *rows = own;
    return HEAT_OK;
}

heat_status heat_observables_get(heat_context *ctx, const heat_series *s, int32_t *n_observables,
                                 heat_observable **observables, const char **failing,
                                 const heat_observable **culprit)
{
    heat_observable *rows = NULL;
    double *scratch = NULL;
    int32_t n = 0, failed = 0;
    heat_status status = heat_alloc(ctx, count_rows(s), sizeof *rows, &rows);

    *failing = NULL;
    *culprit = NULL;
    if (status == HEAT_OK)
        status =
            heat_alloc_unset(ctx, s->together > 1 ? s->n_chains * s->n_sweeps : 0, sizeof *scratch, &scratch);
    if (status == HEAT_OK)
        status = add_averages(ctx, s, scratch, rows, &n, failing, &failed);
    if (status == HEAT_OK)
        status = add_derived(ctx, s, rows, &n);
    if (status == HEAT_OK)
        status = heat_observables_own_names(ctx, n, &rows);
    heat_free(scratch);
    if (status != HEAT_OK) {
        heat_free(rows);
        return status;
    }
    *n_observables = n;
    *observables = rows;
    *culprit = *failing == NULL ? NULL : &rows[failed];
    return HEAT_OK;
}
