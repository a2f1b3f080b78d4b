/* How many independent replicas R chains are worth. Of independent ones the mean energy has a variance R
 * times smaller than a single energy; what chains share (random numbers, above all) shows as a smaller ratio,
 *
 *     effective = (<E^2> - <E>^2) / (<M^2> - <M>^2),    M = sum_r E_r / R,
 *
 * averages over draws, and of E over chains too. Its error is a jackknife's over blocks of draws. */
#include "base/context_private.h"
#include "base/memory.h"
#include "sample/engine.h"
#include "stats/resampling.h"

#include <heatbath/sample.h>
#include <math.h>
#include <stdio.h>

enum { N_BLOCKS = 50, FEWEST_DRAWS = 2 * N_BLOCKS };

typedef struct draws {
    const heat_sample_options *opt;
    const heat_engine *engine;
    heat_chains *chains;
    int64_t n_draws;
    double *sums;    /* [unit][draw] of E over the unit's chains */
    double *squares; /* [unit][draw] of E^2 */
} draws;

static void record(draws *d, int64_t unit, int64_t draw)
{
    int64_t at = unit * d->n_draws + draw, first, last;

    heat_chains_measure(d->chains, unit);
    heat_chains_get_unit(d->chains, unit, &first, &last);
    for (int64_t chain = first; chain < last; chain++) {
        double e = heat_chains_get_energy(d->chains, chain);
        d->sums[at] += e;
        d->squares[at] += e * e;
    }
}

static heat_status run_unit(heat_context *worker, void *arg, int64_t unit)
{
    draws *d = arg;
    heat_status status = HEAT_OK;

    for (int64_t draw = 0; draw < d->n_draws && !heat_halted(worker); draw++) {
        int64_t sweeps = d->opt->thin + (draw == 0 ? d->opt->burn_in : 0);
        while (sweeps-- > 0 && status == HEAT_OK)
            status = heat_engine_sweep(worker, d->engine, d->chains, unit);
        if (status != HEAT_OK)
            break;
        record(d, unit, draw);
    }
    return status;
}

static heat_status start(heat_context *ctx, draws *d, const heat_model *model)
{
    const double beta = 1 / d->opt->temperature;
    const heat_chains_plan plan = {.n_chains = d->opt->replicas,
                                   .n_rungs = 1,
                                   .betas = &beta,
                                   .seed = d->opt->seed,
                                   .isa = d->opt->isa,
                                   .layout = d->engine->layout,
                                   .rule = d->engine->sweep == NULL ? d->engine->rule : NULL,
                                   .burn_in = d->opt->burn_in,
                                   .is_steady = d->engine->sweep == NULL};
    heat_status status = heat_chains_create(ctx, model, &plan, &d->chains);

    for (int64_t chain = 0; chain < d->opt->replicas && status == HEAT_OK; chain++)
        status = heat_chains_start(ctx, d->chains, chain, NULL, 0);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, d->chains->n_units * d->n_draws, sizeof *d->sums, &d->sums);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, d->chains->n_units * d->n_draws, sizeof *d->squares, &d->squares);
    return status;
}

static double ratio(const double *averages, void *arg)
{
    double square = averages[0] * averages[0];

    (void)arg;
    return (averages[2] - square) / (averages[1] - square);
}

/* From the draws, as block averages of M, M^2 and E^2. Energies are taken from the first mean: their squares
 * then keep their digits. */
static heat_status reckon(heat_context *ctx, const draws *d, heat_replicas *r)
{
    enum { MEAN, MEAN_SQUARE, SQUARE, N_COLUMNS };
    const double n = (double)d->opt->replicas;
    const int64_t n_units = d->chains->n_units, length = d->n_draws / N_BLOCKS;
    double blocks[N_BLOCKS][N_COLUMNS] = {{0}}, first = 0;

    for (int64_t u = 0; u < n_units; u++)
        first += d->sums[u * d->n_draws] / n;
    for (int64_t draw = 0; draw < N_BLOCKS * length; draw++) {
        double *block = blocks[draw / length], sum = 0, squares = 0, mean;
        for (int64_t u = 0; u < n_units; u++) {
            sum += d->sums[u * d->n_draws + draw];
            squares += d->squares[u * d->n_draws + draw];
        }
        mean = sum / n - first;
        block[MEAN] += mean / (double)length;
        block[MEAN_SQUARE] += mean * mean / (double)length;
        block[SQUARE] += (squares / n - 2 * first * sum / n + first * first) / (double)length;
    }
    return heat_jackknife(ctx, N_BLOCKS, N_COLUMNS, blocks[0], ratio, NULL, &r->effective, &r->error);
}

static heat_status check_options(heat_context *ctx, const heat_model *model, draws *d)
{
    const char *reason;
    char value[24];
    heat_status status = heat_option_check(ctx, heat_option_table_get("sample"), d->opt, d->opt->engine);

    if (status == HEAT_OK)
        status = heat_isa_check(ctx, d->opt->isa);
    if (status != HEAT_OK)
        return status;
    d->engine = heat_engine_choose(model, d->opt->engine, NULL, false, &reason);
    d->n_draws = d->opt->sweeps / d->opt->thin;
    if (!heat_engine_moves_chains(d->engine) || d->engine->after_sweep != NULL)
        return heat_fail_option(ctx, "engine", d->engine->name, "does not move single chains alone");
    if (d->n_draws >= FEWEST_DRAWS)
        return HEAT_OK;
    snprintf(value, sizeof value, "%lld", (long long)d->opt->sweeps);
    return heat_fail_option(ctx, "sweeps", value, "at least %d draws are needed (sweeps / thin)",
                            FEWEST_DRAWS);
}

void heat_replicas_init(heat_replicas *replicas)
{
    *replicas = (heat_replicas){.size = sizeof *replicas};
}

heat_status heat_replicas_check(heat_context *ctx, const heat_model *model,
                                const heat_sample_options *options, heat_replicas *replicas)
{
    heat_sample_options opt;
    draws d = {.opt = &opt};
    heat_replicas r;
    heat_budget budget;
    heat_status status;

    if (ctx == NULL)
        return HEAT_ERROR_ARGUMENT;
    if (model == NULL || replicas == NULL)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT,
                         "heat_replicas_check: no model or no place for the result");
    heat_sample_options_init(&opt);
    if (options != NULL)
        heat_struct_copy(&opt, sizeof opt, options, options->size);
    heat_replicas_init(&r);
    r.effective = r.error = (double)NAN;
    status = check_options(ctx, model, &d);
    if (status != HEAT_OK)
        return status;
    budget = heat_budget_enter(ctx, "sample", opt.time, opt.memory);
    r.n_draws = d.n_draws;
    status = start(ctx, &d, model);
    if (status == HEAT_OK)
        status = heat_chains_run_units(ctx, d.chains, opt.threads, run_unit, &d);
    if (status == HEAT_OK && !heat_halted(ctx))
        status = reckon(ctx, &d, &r);
    if (status == HEAT_OK) {
        r.layout = d.chains->layout->name;
        heat_struct_copy(replicas, replicas->size == 0 ? sizeof r : replicas->size, &r, sizeof r);
    }
    heat_budget_leave(ctx, &budget);
    heat_chains_free(d.chains);
    heat_free(d.sums);
    heat_free(d.squares);
    return status;
}
