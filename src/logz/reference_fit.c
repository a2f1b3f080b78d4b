/* Mean and covariance of draws of chains that began far apart, at the temperature asked for, and up to half
 * as much again of their variance: a distribution that is narrower than the potential's own misses its tails,
 * and one that is wider makes the path longer, by 0.7 log(factor) standard deviations of the log weight times
 * the root of the variables. Of many variables the factor is closer to 1, so that it stays below 1.3 of them.
 * Chains that have not met all valleys do no more harm than to make it longer. */
#include "logz/reference_fit.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "sample/walk_free.h"

#include <math.h>
#include <string.h>

enum {
    CHAINS = 32,
    BURN_IN = 400,
    SWEEPS = 400,
    BLIND = 10,      /* times as many without a gradient */
    MOST_DENSE = 128 /* variables: beyond, a covariance is not known well enough from so few draws */
};
static const double most_wider = 0.5, wider_in_all = 2; /* of the variance: in each of n, this / sqrt(n) */
static const double least_variance = 1e-300;
static const double lost_chain = 20, lost_variable = 10; /* energy above the lowest, in T */
static const uint64_t fit_stream = (uint64_t)7 << 60;    /* beyond all of the run's and the path's */

typedef struct fit {
    heat_chains *chains;
    bool is_dense, counts;
    int64_t n_sweeps;
    heat_walk_tuning *tallies; /* [unit] */
    double *numbers;           /* [unit][size] mean and sums of squares of the unit's draws */
    int64_t size;
    double *row; /* [chain][n] */
} fit;

const heat_walk_move *heat_reference_choose_move(const heat_smooth *view)
{
    return view->has_gradient ? &heat_walk_hmc : &heat_walk_metropolis;
}

static heat_walk_mass mass_of(const fit *f)
{
    return f->is_dense ? HEAT_MASS_DENSE : HEAT_MASS_DIAGONAL;
}

static heat_status walk_unit(heat_context *worker, void *arg, int64_t unit)
{
    const fit *f = arg;
    heat_chains *c = f->chains;
    int64_t first, last;
    heat_status status = HEAT_OK;

    heat_chains_get_unit(c, unit, &first, &last);
    for (int64_t t = 0; t < f->n_sweeps && status == HEAT_OK && !heat_halted(worker); t++) {
        status = heat_chains_sweep(worker, c, unit, NULL);
        for (int64_t k = first; k < last && f->counts; k++) {
            heat_walk_get_free(c, k, f->row + k * c->n);
            heat_walk_tuning_add(&f->tallies[unit], c->n, mass_of(f), f->row + k * c->n, NULL, 1,
                                 f->numbers + unit * f->size);
        }
    }
    return status;
}

static heat_status open_fit(heat_context *ctx, const heat_counting *counting, const heat_smooth *view, fit *f)
{
    const heat_logz_options *opt = counting->opt;
    int64_t blind = view->has_gradient ? 1 : BLIND;
    heat_walk_plan walk = {.move = view->has_gradient ? &heat_walk_nuts : &heat_walk_metropolis,
                           .refined_from = INT32_MAX};
    heat_chains_plan plan = {.n_chains = CHAINS,
                             .n_rungs = 1,
                             .betas = &counting->beta_max,
                             .seed = opt->seed,
                             .first_stream = fit_stream,
                             .isa = opt->isa,
                             .layout = &heat_layout_walks,
                             .walk = &walk,
                             .burn_in = blind * BURN_IN};
    heat_status status;

    *f = (fit){.is_dense = view->n <= MOST_DENSE};
    walk.mass = f->is_dense && !heat_walk_has_walls(view, &walk) ? HEAT_MASS_DENSE : HEAT_MASS_DIAGONAL;
    f->size = heat_walk_tuning_size(view->n, mass_of(f));
    status = heat_chains_create(ctx, counting->model, &plan, &f->chains);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, f->chains->n_units, sizeof *f->tallies, &f->tallies);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, f->chains->n_units * f->size, sizeof *f->numbers, &f->numbers);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, (int64_t)CHAINS * view->n, sizeof *f->row, &f->row);
    for (int64_t k = 0; k < CHAINS && status == HEAT_OK; k++)
        status = heat_chains_start(ctx, f->chains, k, NULL, 0);
    return status;
}

static void close_fit(fit *f)
{
    heat_chains_free(f->chains);
    heat_free(f->tallies);
    heat_free(f->numbers);
    heat_free(f->row);
}

/* Chains that began where the potential is so steep that they never moved join the lowest one. */
static heat_status fetch_lost_chains(heat_context *ctx, const fit *f, double beta)
{
    heat_chains *c = f->chains;
    int64_t lowest = 0;
    heat_status status = HEAT_OK;

    for (int64_t k = 1; k < CHAINS; k++)
        if (heat_chains_get_energy(c, k) < heat_chains_get_energy(c, lowest))
            lowest = k;
    heat_chains_get_state(c, lowest, f->row);
    for (int64_t k = 0; k < CHAINS && status == HEAT_OK; k++)
        if (beta * (heat_chains_get_energy(c, k) - heat_chains_get_energy(c, lowest)) >
            lost_chain + lost_variable * c->n)
            status = heat_chains_set_state(ctx, c, k, f->row);
    return status;
}

static heat_status walk(heat_context *ctx, const heat_counting *counting, fit *f, int64_t n_sweeps,
                        bool counts)
{
    f->n_sweeps = n_sweeps;
    f->counts = counts;
    return heat_parallel_for(ctx, heat_chains_thread_limit(f->chains, counting->opt->threads),
                             f->chains->n_units, walk_unit, f);
}

/* Takes the draws of unit k into those of unit 0. Chan, Golub, LeVeque, Am. Stat. 37 (1983) 242. */
static void merge(const fit *f, int64_t k)
{
    const int64_t n = f->chains->n;
    double *mean = f->numbers, *squares = mean + n, *other = f->numbers + k * f->size;
    double count = (double)f->tallies[0].n_draws, more = (double)f->tallies[k].n_draws;

    for (int64_t i = 0; i < n; i++)
        for (int64_t j = f->is_dense ? 0 : i; j <= i; j++) {
            int64_t at = f->is_dense ? i * n + j : i;
            squares[at] +=
                other[n + at] + (other[i] - mean[i]) * (other[j] - mean[j]) * (count * more / (count + more));
        }
    for (int64_t i = 0; i < n; i++)
        mean[i] += (other[i] - mean[i]) * (more / (count + more));
    f->tallies[0].n_draws += f->tallies[k].n_draws;
}

/* The whole covariance, widened. */
static void fill_covariance(const fit *f, double *covariance)
{
    const int64_t n = f->chains->n;
    const double *squares = f->numbers + n;
    const double wider = fmin(most_wider, wider_in_all / sqrt((double)n));
    const double factor = (1 + wider) / (double)(f->tallies[0].n_draws - 1);

    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j <= i; j++)
            covariance[i * n + j] = covariance[j * n + i] = f->is_dense ? factor * squares[i * n + j]
                                                            : i == j
                                                                ? fmax(factor * squares[i], least_variance)
                                                                : 0;
}

/* In the coordinates that were walked in, between the walls that are left there. */
static heat_status fit_normal(heat_context *ctx, const fit *f, const double *covariance,
                              heat_walk_reference *reference)
{
    const heat_walk_store *s = f->chains->store;
    heat_status status =
        heat_walk_reference_init(ctx, &s->view, f->is_dense, f->numbers, covariance, reference);

    reference->is_free = s->bounds != NULL;
    return status;
}

heat_status heat_reference_fit(heat_context *ctx, const heat_counting *counting, const heat_smooth *view,
                               heat_walk_reference *reference)
{
    fit f = {.chains = NULL};
    double *covariance = NULL;
    heat_status status = HEAT_OK;

    *reference = (heat_walk_reference){.n = 0};
    status = open_fit(ctx, counting, view, &f);
    if (status == HEAT_OK)
        status = walk(ctx, counting, &f, f.chains->burn_in, false);
    if (status == HEAT_OK)
        status = fetch_lost_chains(ctx, &f, counting->beta_max);
    if (status == HEAT_OK)
        status = walk(ctx, counting, &f, f.chains->burn_in / BURN_IN * SWEEPS, true);
    if (status != HEAT_OK || heat_halted(ctx))
        goto out;
    for (int64_t k = 1; k < f.chains->n_units; k++)
        merge(&f, k);
    status = heat_alloc(ctx, (int64_t)view->n * view->n, sizeof *covariance, &covariance);
    if (status != HEAT_OK)
        goto out;
    fill_covariance(&f, covariance);
    if (strcmp(counting->opt->reference, "uniform") == 0)
        status = heat_walk_reference_init_uniform(ctx, view, reference);
    else
        status = fit_normal(ctx, &f, covariance, reference);
    for (int64_t k = 0; k < CHAINS; k++)
        heat_chains_get_state(f.chains, k, f.row + k * view->n);
    reference->n_ends = CHAINS;
    reference->ends = f.row; /* the last draws */
    f.row = NULL;
out:
    heat_free(covariance);
    close_fit(&f);
    return status;
}
