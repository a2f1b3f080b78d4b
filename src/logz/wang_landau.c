/* logz by the density of states: Z = sum_E g(E) exp(-E / T), at any temperature from one run, down to the
 * ground states that g counts. Independent walkers find g each for itself (level_walk.h), then walk on with
 * it fixed; their scatter is the error. */
#include "base/memory.h"
#include "logz/level_walk.h"
#include "stats/log_sum.h"
#include "stats/moments.h"

#include <math.h>

enum { WALKERS = 16, FEWEST_WALKERS = 8, FIRST_SWEEPS = 1024, N_QUANTITIES = 4 };
static const double refined = 1e-4; /* log f with which the densities are fixed */

typedef struct counting_levels {
    heat_counting *c;
    heat_level_walk walk;
    double *norm;     /* [walker] log of the sum of g: what is q^n */
    double *values;   /* [quantity][walker] at one temperature */
    double error;     /* of log Z, the largest */
    bool same_levels; /* every walker met the same ones */
} counting_levels;

/* log Z, <E>, S, C of one walker at one temperature. */
static void measure_walker(const counting_levels *a, int64_t walker, double temperature)
{
    const heat_level_table *t = &a->walk.table[walker];
    int64_t n = a->walk.n_walkers;
    heat_log_sum sum = HEAT_LOG_SUM_EMPTY, spread = HEAT_LOG_SUM_EMPTY;
    double log_z, energy;

    for (int64_t k = 0; k < t->n; k++)
        if (t->visits[k] > 0)
            heat_log_sum_add(&sum,
                             heat_level_walk_get(&a->walk, walker, k) - (double)(t->first + k) / temperature,
                             1, (double)(t->first + k));
    log_z = heat_log_sum_value(&sum) - a->norm[walker] + a->c->log_states;
    energy = heat_log_sum_mean(&sum);
    for (int64_t k = 0; k < t->n; k++) {
        double e = (double)(t->first + k) - energy;
        if (t->visits[k] > 0)
            heat_log_sum_add(&spread,
                             heat_level_walk_get(&a->walk, walker, k) - (double)(t->first + k) / temperature,
                             1, e * e);
    }
    a->values[walker] = log_z;
    a->values[n + walker] = energy;
    a->values[2 * n + walker] = log_z + energy / temperature;
    a->values[3 * n + walker] = heat_log_sum_mean(&spread) / temperature / temperature;
}

static double error_of(const counting_levels *a, int quantity)
{
    int64_t n = a->walk.n_walkers;

    return sqrt(heat_variance(n, a->values + quantity * n) / (double)n);
}

static void fill_row(counting_levels *a, heat_logz_row *row)
{
    int64_t n = a->walk.n_walkers;

    for (int64_t k = 0; k < n; k++)
        measure_walker(a, k, row->temperature);
    heat_logz_fill_row(row, heat_mean(n, a->values), error_of(a, 0), heat_mean(n, a->values + n), 0);
    row->entropy = heat_mean(n, a->values + 2 * n);
    row->heat_capacity = heat_mean(n, a->values + 3 * n);
    row->mean_energy_error = error_of(a, 1);
    row->entropy_error = error_of(a, 2);
    row->heat_capacity_error = error_of(a, 3);
    a->error = fmax(a->error, row->error);
}

/* The level of this energy in a walker's table; -infinity where it was not met. */
static double log_count(const counting_levels *a, int64_t walker, int64_t energy)
{
    const heat_level_table *t = &a->walk.table[walker];
    int64_t k = energy - t->first;

    if (k < 0 || k >= t->n)
        return -(double)INFINITY;
    return heat_level_walk_get(&a->walk, walker, k) - a->norm[walker] + a->c->log_states;
}

/* Levels that any walker met, in order of energy. */
static heat_status fill_levels(heat_context *ctx, counting_levels *a)
{
    heat_logz_result *r = a->c->result;
    int64_t first = INT64_MAX, end = INT64_MIN, n = a->walk.n_walkers, capacity = 0;
    heat_status status = HEAT_OK;

    for (int64_t w = 0; w < n; w++) {
        const heat_level_table *t = &a->walk.table[w];
        first = t->first < first ? t->first : first;
        end = t->first + t->n > end ? t->first + t->n : end;
    }
    heat_free(r->levels);
    r->levels = NULL;
    r->n_levels = 0;
    a->same_levels = true;
    for (int64_t e = first; e < end && status == HEAT_OK; e++) {
        int64_t met = 0;
        for (int64_t w = 0; w < n; w++) {
            a->values[w] = log_count(a, w, e);
            met += isfinite(a->values[w]);
        }
        if (met == 0)
            continue;
        a->same_levels &= met == n;
        status = heat_grow(ctx, r->n_levels + 1, sizeof *r->levels, &capacity, &r->levels);
        if (status == HEAT_OK)
            r->levels[r->n_levels++] =
                (heat_logz_level){(double)e, met == n ? heat_mean(n, a->values) : (double)NAN,
                                  met == n ? error_of(a, 0) : (double)NAN};
    }
    return status;
}

static heat_status analyse(heat_context *ctx, counting_levels *a)
{
    heat_logz_result *r = a->c->result;

    a->error = 0;
    for (int64_t w = 0; w < a->walk.n_walkers; w++) {
        heat_log_sum sum = HEAT_LOG_SUM_EMPTY;
        for (int64_t k = 0; k < a->walk.table[w].n; k++)
            heat_log_sum_add(&sum, heat_level_walk_get(&a->walk, w, k), 1, 0);
        a->norm[w] = heat_log_sum_value(&sum);
    }
    for (int32_t k = 0; k < r->n_rows; k++)
        fill_row(a, &r->rows[k]);
    return fill_levels(ctx, a);
}

static void note_sweeps(counting_levels *a)
{
    heat_logz_result *r = a->c->result;

    r->n_chains = a->walk.n_walkers;
    r->n_sweeps = a->walk.n_sweeps;
    r->updates = r->n_sweeps * r->n_chains * a->c->info.n_variables;
}

/* Sweeps from here to `to`, in stretches between which a halt is seen. */
static heat_status walk_to(heat_context *ctx, counting_levels *a, int64_t to)
{
    int64_t most = a->c->opt->sweeps;

    to = to < most ? to : most;
    return to > a->walk.n_sweeps ? heat_level_walk_run(ctx, &a->walk, to - a->walk.n_sweeps) : HEAT_OK;
}

/* Finds the densities, then counts with them fixed, twice as long each time. */
static heat_status grow(heat_context *ctx, counting_levels *a, heat_counting_end *end)
{
    const heat_logz_options *opt = a->c->opt;
    heat_level_walk *w = &a->walk;
    int64_t begin, length;
    heat_status status = HEAT_OK;

    *end = HEAT_COUNTING_DOUBTED;
    while (status == HEAT_OK && !heat_halted(ctx) && w->n_sweeps < opt->sweeps / 2 &&
           (w->n_sweeps < FIRST_SWEEPS || !heat_level_walk_is_refined(w, refined)))
        status = walk_to(ctx, a, w->n_sweeps + FIRST_SWEEPS);
    if (!heat_level_walk_is_refined(w, 1))
        heat_logz_doubt(a->c, "the densities of states are still rough: more sweeps are needed");
    if (status != HEAT_OK || heat_halted(ctx) || !heat_level_walk_is_refined(w, 1))
        return status;
    heat_level_walk_fix(w);
    begin = w->n_sweeps;
    for (length = begin; status == HEAT_OK; length *= 2) {
        status = walk_to(ctx, a, begin + length);
        if (status == HEAT_OK)
            status = analyse(ctx, a);
        if (status != HEAT_OK)
            return status;
        heat_show_progress(ctx, fmin(1, pow(opt->target_error / a->error, 2)), (double)w->n_sweeps,
                           (double)NAN);
        if (!a->same_levels)
            heat_logz_doubt(a->c, "the walkers did not all meet the same levels: more sweeps are needed");
        *end = !a->same_levels                 ? HEAT_COUNTING_DOUBTED
               : a->error <= opt->target_error ? HEAT_COUNTING_REACHED
               : heat_halted(ctx)              ? HEAT_COUNTING_HALTED
                                               : HEAT_COUNTING_EXHAUSTED;
        if (*end == HEAT_COUNTING_REACHED || heat_halted(ctx) || w->n_sweeps >= opt->sweeps)
            break;
    }
    if (*end != HEAT_COUNTING_DOUBTED)
        a->c->result->diagnosis[0] = '\0';
    return status;
}

static heat_status run_wang_landau(heat_context *ctx, heat_counting *c)
{
    counting_levels a = {.c = c};
    int64_t n = c->opt->replicas == HEAT_AUTO ? WALKERS : c->opt->replicas;
    heat_counting_end end = HEAT_COUNTING_HALTED;
    heat_status status;

    c->result->method = "wang-landau";
    if (!c->info.integer)
        return heat_fail(
            ctx, HEAT_ERROR_UNABLE,
            "wang-landau counts the states of every energy: it needs energies that are integers");
    if (n < FEWEST_WALKERS)
        return heat_fail_option(ctx, "replicas", NULL, "the error comes from their scatter: at least %d",
                                FEWEST_WALKERS);
    status = heat_alloc(ctx, n, sizeof *a.norm, &a.norm);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n * N_QUANTITIES, sizeof *a.values, &a.values);
    if (status == HEAT_OK)
        status = heat_level_walk_open(ctx, c, n, &a.walk);
    if (status == HEAT_OK)
        status = grow(ctx, &a, &end);
    if (status == HEAT_OK) {
        note_sweeps(&a);
        if (heat_halted(ctx) && isnan(c->result->rows[0].log_z)) {
            end = HEAT_COUNTING_HALTED;
            c->result->diagnosis[0] = '\0';
        }
        heat_logz_conclude(ctx, c, end);
    }
    heat_level_walk_close(&a.walk);
    heat_free(a.norm);
    heat_free(a.values);
    return status;
}

const heat_logz_method heat_logz_method_wang_landau = {.name = "wang-landau", .run = run_wang_landau};
