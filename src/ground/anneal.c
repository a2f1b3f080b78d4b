/* Simulated annealing with restarts: replicas side by side are cooled by single-spin moves, each keeps the
 * lowest state it has seen, and greedy descent finishes it. Kirkpatrick, Gelatt, Vecchi, Science 220 (1983)
 * 671. */
#include "base/context_private.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "ground/descent.h"
#include "ground/ground_methods.h"
#include "ground/schedule.h"
#include "sample/engine.h"

#include <math.h>

enum { DEFAULT_SWEEPS = 4000, DEFAULT_RESTART_SWEEPS = 1000 };

typedef struct annealing {
    heat_search *search;
    heat_schedule schedule;
    int64_t n_sweeps;       /* of each replica, over all restarts; INT64_MAX without a limit */
    int64_t restart_sweeps; /* of one anneal */
    heat_chains *chains;
    int8_t *finished;  /* [replica][variable] lowest of the last whole anneal, after descent */
    double *energy;    /* [replica] of it */
    bool *is_finished; /* [replica] since the last gathering */
    int8_t *row;       /* [variable] */
} annealing;

/* A stretch of one anneal's sweeps, the same for all units. */
typedef struct stretch {
    annealing *a;
    int64_t first, count; /* sweeps within the anneal */
} stretch;

static heat_status finish(heat_context *worker, annealing *a, int64_t chain)
{
    int8_t *state = a->finished + chain * a->chains->n;
    heat_status status;

    heat_chains_get_best(a->chains, chain, state);
    status = heat_descend(worker, a->search->model, state);
    if (status == HEAT_OK)
        status = heat_model_energies(worker, a->search->model, 1, state, &a->energy[chain]);
    a->is_finished[chain] = true;
    return status;
}

static heat_status anneal_unit(heat_context *worker, void *arg, int64_t unit)
{
    stretch *w = arg;
    annealing *a = w->a;
    int64_t first, last;

    heat_chains_get_unit(a->chains, unit, &first, &last);
    for (int64_t t = w->first; t < w->first + w->count && !heat_halted(worker); t++) {
        double beta = 1 / heat_schedule_get(&a->schedule, t, a->restart_sweeps);
        heat_status status;
        for (int64_t chain = first; chain < last; chain++)
            heat_chains_set_beta(a->chains, chain, beta);
        status = heat_engine_metropolis.sweep(worker, a->chains, unit);
        if (status != HEAT_OK)
            return status;
        heat_chains_keep_best(a->chains, unit);
    }
    if (w->first + w->count < a->restart_sweeps)
        return HEAT_OK;
    for (int64_t chain = first; chain < last && !heat_halted(worker); chain++) {
        heat_status status = finish(worker, a, chain);
        if (status != HEAT_OK)
            return status;
    }
    return HEAT_OK;
}

static heat_status start_anneal(heat_context *ctx, annealing *a, int64_t restart)
{
    for (int64_t chain = 0; chain < a->chains->n_chains; chain++) {
        heat_status status =
            heat_chains_start(ctx, a->chains, chain, restart == 0 ? a->search->initial : NULL, restart);
        if (status != HEAT_OK)
            return status;
        a->is_finished[chain] = false;
    }
    for (int64_t unit = 0; unit < a->chains->n_units; unit++)
        heat_chains_keep_best(a->chains, unit);
    return HEAT_OK;
}

/* The best of one replica becomes the search's if it is lower: its state decides, summed by the definition.
 */
static heat_status gather_one(heat_context *ctx, annealing *a, int64_t chain)
{
    const int8_t *state = a->row;
    double energy;
    heat_status status = HEAT_OK;

    if (a->is_finished[chain]) {
        state = a->finished + chain * a->chains->n;
        energy = a->energy[chain];
    } else {
        energy = heat_chains_get_best(a->chains, chain, a->row) - heat_chains_get_energy_slack(a->chains);
        if (energy < a->search->best_energy)
            status = heat_model_energies(ctx, a->search->model, 1, a->row, &energy);
    }
    if (status == HEAT_OK && energy < a->search->best_energy)
        status = heat_search_improve(ctx, a->search, state, energy);
    return status;
}

static heat_status gather(heat_context *ctx, annealing *a)
{
    for (int64_t chain = 0; chain < a->chains->n_chains; chain++) {
        heat_status status = gather_one(ctx, a, chain);
        if (status != HEAT_OK)
            return status;
    }
    return HEAT_OK;
}

static bool is_done(const annealing *a)
{
    return a->search->best_energy <= a->search->opt->target_energy ||
           a->search->best_energy <= a->search->bound;
}

static double fraction_done(const annealing *a, int64_t swept)
{
    return a->n_sweeps == INT64_MAX ? (double)NAN : (double)swept / (double)a->n_sweeps;
}

static heat_status run(heat_context *ctx, annealing *a)
{
    heat_search *search = a->search;
    int64_t step = heat_chains_sweeps_per_look(a->chains), swept = 0, in_anneal = 0, restart = 0;
    heat_status status = start_anneal(ctx, a, restart);

    if (status == HEAT_OK)
        status = gather(ctx, a); /* interrupted at once, there is still a state */
    while (status == HEAT_OK && swept < a->n_sweeps && !is_done(a) && !heat_halted(ctx)) {
        stretch w = {a, in_anneal, step};
        if (w.count > a->restart_sweeps - in_anneal)
            w.count = a->restart_sweeps - in_anneal;
        if (w.count > a->n_sweeps - swept)
            w.count = a->n_sweeps - swept;
        status = heat_parallel_for(ctx, heat_chains_thread_limit(a->chains, search->opt->threads),
                                   a->chains->n_units, anneal_unit, &w);
        if (status == HEAT_OK)
            status = gather(ctx, a);
        swept += w.count;
        in_anneal += w.count;
        search->result->updates += w.count * a->chains->n_chains * a->chains->n;
        heat_show_progress(ctx, fraction_done(a, swept), (double)search->result->updates,
                           search->best_energy);
        if (status == HEAT_OK && in_anneal == a->restart_sweeps && swept < a->n_sweeps && !heat_halted(ctx)) {
            status = start_anneal(ctx, a, ++restart);
            in_anneal = 0;
        }
    }
    return status;
}

static void conclude(heat_context *ctx, const annealing *a)
{
    heat_ground_result *r = a->search->result;

    r->method = "anneal";
    if (a->search->best_energy <= a->search->bound) {
        r->outcome = HEAT_OUTCOME_PROVED;
        r->reason = "the energy meets the bound: every coupling and field is satisfied";
    } else if (a->search->best_energy <= a->search->opt->target_energy) {
        r->outcome = HEAT_OUTCOME_COMPLETED;
        r->reason = "the target energy was reached";
    } else {
        r->outcome = heat_halt_outcome(ctx, HEAT_OUTCOME_BEST_FOUND);
        r->reason = r->outcome == HEAT_OUTCOME_TIME          ? "the time was up"
                    : r->outcome == HEAT_OUTCOME_INTERRUPTED ? "stopped on request"
                                                             : "all sweeps were made";
    }
}

heat_status heat_ground_anneal(heat_context *ctx, heat_search *search)
{
    const heat_ground_options *opt = search->opt;
    annealing a = {.search = search};
    heat_rung rung = {1, 0};
    int64_t n = search->info.n_variables;
    bool is_timed = opt->time < HEAT_FOREVER;
    heat_status status;

    a.n_sweeps = opt->sweeps != HEAT_AUTO ? opt->sweeps : is_timed ? INT64_MAX : DEFAULT_SWEEPS;
    a.restart_sweeps = opt->restart_sweeps != HEAT_AUTO ? opt->restart_sweeps : DEFAULT_RESTART_SWEEPS;
    if (a.restart_sweeps > a.n_sweeps)
        a.restart_sweeps = a.n_sweeps;
    if (opt->schedule != NULL)
        status = heat_schedule_parse(ctx, opt->schedule, &a.schedule);
    else
        status = heat_schedule_choose(ctx, search->model, opt->seed, &a.schedule);
    if (status == HEAT_OK) {
        heat_chains_plan plan = {.n_chains = opt->replicas,
                                 .n_rungs = 1,
                                 .rungs = &rung,
                                 .seed = opt->seed,
                                 .isa = opt->isa,
                                 .is_search = true,
                                 .track_best = true};
        status = heat_chains_create(ctx, search->model, &plan, &a.chains);
    }
    if (status == HEAT_OK)
        status = heat_alloc(ctx, opt->replicas * n, 1, &a.finished);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, opt->replicas, sizeof *a.energy, &a.energy);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, opt->replicas, sizeof *a.is_finished, &a.is_finished);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n, 1, &a.row);
    if (status == HEAT_OK)
        status = run(ctx, &a);
    if (status == HEAT_OK)
        conclude(ctx, &a);
    heat_chains_free(a.chains);
    heat_free(a.finished);
    heat_free(a.energy);
    heat_free(a.is_finished);
    heat_free(a.row);
    return status;
}
