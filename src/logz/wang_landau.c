/* logz by the density of states: Z = sum_E g(E) exp(-E / T), at any temperature from one run, down to the
 * ground states that g counts. Independent walkers find g each for itself (level_walk.h), then walk on with
 * the average fixed as 1 / weight; all visits H of the second part make one estimate, g(E) H(E) up to a
 * factor, and leaving out one walker after the other its error. */
#include "base/memory.h"
#include "logz/level_walk.h"
#include "stats/log_sum.h"
#include "stats/moments.h"
#include "stats/resampling.h"

#include <math.h>

enum { WALKERS = 32, FEWEST_WALKERS = 8, FIRST_SWEEPS = 256, N_QUANTITIES = 4 };
static const double refined = 1e-3; /* log f with which the densities are fixed */

typedef struct counting_levels {
    heat_counting *c;
    heat_level_walk walk;
    int64_t n_levels, capacity, capacity_visits;
    heat_logz_level *levels; /* [level] met by any walker; log_count is of the fixed density */
    double *visits;          /* [level][walker] and then those of all */
    double *norm;            /* [walker] log of the sum of g without its visits, and of all: what is q^n */
    double *values;          /* [quantity][walker] at one temperature, likewise */
    double error;            /* of log Z, the largest */
    bool same_levels;        /* every walker met the same ones */
} counting_levels;

/* Visits of a level by all walkers but one; by all where `walker` is their number. */
static double visits_without(const counting_levels *a, int64_t level, int64_t walker)
{
    int64_t n = a->walk.n_walkers;
    const double *visits = a->visits + level * (n + 1);

    return visits[n] - (walker < n ? visits[walker] : 0);
}

/* log of the number of states, up to a factor. */
static double log_count(const counting_levels *a, int64_t level, int64_t walker)
{
    return a->levels[level].log_count + log(visits_without(a, level, walker));
}

/* The bias-corrected value and its error, from n values without one walker each, and that of all. */
static double jackknife(int64_t n, const double *values, double *error)
{
    double mean = heat_mean(n, values), count = (double)n;

    *error = sqrt(heat_variance(n, values) / count) * (count - 1) * heat_student_widening(n);
    return count * values[n] - (count - 1) * mean;
}

/* log Z, <E>, S, C without one walker at one temperature. */
static void measure_without(const counting_levels *a, int64_t walker, double temperature)
{
    int64_t n = a->walk.n_walkers + 1;
    heat_log_sum sum = HEAT_LOG_SUM_EMPTY, spread = HEAT_LOG_SUM_EMPTY;
    double log_z, energy;

    for (int64_t k = 0; k < a->n_levels; k++)
        heat_log_sum_add(&sum, log_count(a, k, walker) - a->levels[k].energy / temperature, 1,
                         a->levels[k].energy);
    log_z = heat_log_sum_value(&sum) - a->norm[walker] + a->c->log_states;
    energy = heat_log_sum_mean(&sum);
    for (int64_t k = 0; k < a->n_levels; k++) {
        double e = a->levels[k].energy - energy;
        heat_log_sum_add(&spread, log_count(a, k, walker) - a->levels[k].energy / temperature, 1, e * e);
    }
    a->values[walker] = log_z;
    a->values[n + walker] = energy;
    a->values[2 * n + walker] = log_z + energy / temperature;
    a->values[3 * n + walker] = heat_log_sum_mean(&spread) / temperature / temperature;
}

static void fill_row(counting_levels *a, heat_logz_row *row)
{
    int64_t n = a->walk.n_walkers;
    double value[N_QUANTITIES], error[N_QUANTITIES];

    for (int64_t k = 0; k <= n; k++)
        measure_without(a, k, row->temperature);
    for (int q = 0; q < N_QUANTITIES; q++)
        value[q] = jackknife(n, a->values + q * (n + 1), &error[q]);
    heat_logz_fill_row(row, value[0], error[0], value[1], 0);
    row->entropy = value[2];
    row->heat_capacity = value[3];
    row->mean_energy_error = error[1];
    row->entropy_error = error[2];
    row->heat_capacity_error = error[3];
    a->error = fmax(a->error, row->error);
}

/* The level of this energy, if any walker met it. */
static heat_status add_level(heat_context *ctx, counting_levels *a, int64_t energy)
{
    int64_t n = a->walk.n_walkers, met = 0;
    double log_g = 0, *visits;
    heat_status status =
        heat_grow(ctx, (a->n_levels + 1) * (n + 1), sizeof *a->visits, &a->capacity_visits, &a->visits);

    if (status == HEAT_OK)
        status = heat_grow(ctx, a->n_levels + 1, sizeof *a->levels, &a->capacity, &a->levels);
    if (status != HEAT_OK)
        return status;
    visits = a->visits + a->n_levels * (n + 1);
    visits[n] = 0;
    for (int64_t w = 0; w < n; w++) {
        const heat_level_table *t = &a->walk.table[w];
        int64_t k = energy - t->first;
        visits[w] = k >= 0 && k < t->n ? t->visits[k] : 0;
        visits[n] += visits[w];
        met += visits[w] > 0;
        log_g = visits[w] > 0 ? t->log_g[k] : log_g; /* alike for all */
    }
    if (met == 0)
        return HEAT_OK;
    a->same_levels &= met == n;
    a->levels[a->n_levels++] = (heat_logz_level){(double)energy, log_g, 0};
    return HEAT_OK;
}

static heat_status collect_levels(heat_context *ctx, counting_levels *a)
{
    int64_t first = INT64_MAX, end = INT64_MIN, n = a->walk.n_walkers;
    heat_status status = HEAT_OK;

    for (int64_t w = 0; w < n; w++) {
        const heat_level_table *t = &a->walk.table[w];
        first = t->first < first ? t->first : first;
        end = t->first + t->n > end ? t->first + t->n : end;
    }
    a->same_levels = true;
    a->n_levels = 0;
    for (int64_t e = first; e < end && status == HEAT_OK; e++)
        status = add_level(ctx, a, e);
    for (int64_t w = 0; w <= n && status == HEAT_OK; w++) {
        heat_log_sum sum = HEAT_LOG_SUM_EMPTY;
        for (int64_t k = 0; k < a->n_levels; k++)
            heat_log_sum_add(&sum, log_count(a, k, w), 1, 0);
        a->norm[w] = heat_log_sum_value(&sum);
    }
    return status;
}

/* Levels that not every walker met have no error, and no count. */
static heat_status report_levels(heat_context *ctx, const counting_levels *a)
{
    heat_logz_result *r = a->c->result;
    int64_t n = a->walk.n_walkers;
    heat_status status;

    heat_free(r->levels);
    r->levels = NULL;
    r->n_levels = 0;
    status = heat_alloc(ctx, a->n_levels, sizeof *r->levels, &r->levels);
    if (status != HEAT_OK)
        return status;
    r->n_levels = a->n_levels;
    for (int64_t k = 0; k < a->n_levels; k++) {
        heat_logz_level *level = &r->levels[k];
        for (int64_t w = 0; w <= n; w++)
            a->values[w] = log_count(a, k, w) - a->norm[w] + a->c->log_states;
        level->energy = a->levels[k].energy;
        level->log_count = jackknife(n, a->values, &level->error);
        if (!isfinite(level->error))
            level->log_count = level->error = (double)NAN;
    }
    r->ground_energy = r->levels[0].energy;
    r->log_degeneracy = r->levels[0].log_count;
    r->log_degeneracy_error = r->levels[0].error;
    return HEAT_OK;
}

static heat_status analyse(heat_context *ctx, counting_levels *a)
{
    heat_logz_result *r = a->c->result;
    heat_status status = collect_levels(ctx, a);

    a->error = 0;
    for (int32_t k = 0; k < r->n_rows && status == HEAT_OK; k++)
        fill_row(a, &r->rows[k]);
    return status == HEAT_OK ? report_levels(ctx, a) : status;
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

/* Halted before the densities were fixed: each walker's own are estimates, where all met the same levels. Not
 * all of an error shows in their scatter: they do not stand until the fixed ones are walked by. */
static heat_status tell_densities(heat_context *ctx, counting_levels *a, heat_counting_end *end)
{
    heat_status status = heat_level_walk_fix(ctx, &a->walk, true);

    if (status == HEAT_OK)
        status = analyse(ctx, a);
    if (status != HEAT_OK)
        return status;
    *end = a->same_levels ? HEAT_COUNTING_HALTED : HEAT_COUNTING_DOUBTED;
    heat_logz_doubt(a->c, a->same_levels
                              ? "not converged: the walkers were still finding the densities of states, and "
                                "the numbers are the averages of what they had found"
                              : "the walkers had not all met the same levels");
    return HEAT_OK;
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
    if (status != HEAT_OK || !heat_level_walk_is_refined(w, 1))
        return status;
    if (heat_halted(ctx))
        return tell_densities(ctx, a, end);
    status = heat_level_walk_fix(ctx, w, false);
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
        return heat_fail_option(ctx, "method", c->opt->method,
                                "wang-landau counts the states of every energy, and those of %s are not "
                                "known to be whole numbers: mbar, ais and population take any",
                                c->info.name);
    if (n < FEWEST_WALKERS)
        return heat_fail_option(ctx, "replicas", NULL, "the error comes from their scatter: at least %d",
                                FEWEST_WALKERS);
    status = heat_alloc(ctx, n + 1, sizeof *a.norm, &a.norm);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, (n + 1) * N_QUANTITIES, sizeof *a.values, &a.values);
    if (status == HEAT_OK)
        status = heat_level_walk_open(ctx, c, n, &a.walk);
    if (status == HEAT_OK)
        status = grow(ctx, &a, &end);
    if (status == HEAT_OK) {
        note_sweeps(&a);
        if (heat_halted(ctx) && isnan(c->result->rows[0].log_z)) /* nothing to refuse */
            end = HEAT_COUNTING_HALTED;
        heat_logz_conclude(ctx, c, end);
    }
    heat_level_walk_close(&a.walk);
    heat_free(a.levels);
    heat_free(a.visits);
    heat_free(a.norm);
    heat_free(a.values);
    return status;
}

const heat_logz_method heat_logz_method_wang_landau = {.name = "wang-landau", .run = run_wang_landau};
