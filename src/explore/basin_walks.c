/* The run: chains start in every basin, each normal about its minimum as the curvature there has it, and
 * walk; after the burn-in each look adds where every chain is to the tallies. */
#include "explore/basin_walks.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "sample/walk_chains.h"

#include <math.h>

enum { THIN = 8, MOST_BLOCKS = 64, HALVINGS = 60, ROUNDS = 64, LEAST = 8 * THIN, PATIENCE = 4 };

/* Bins of energy, of the coldest temperature: how wide they are near the lowest energy, and up to where. */
static const double fine = 0.02, core = 20;

static int64_t replica_of(const heat_basin_walks *w, int64_t chain)
{
    return w->is_ladder ? chain / w->n_rungs : chain % w->n_replicas;
}

/* Blocks of a unit's ladders, the same in every unit. */
static int64_t blocks_of_unit(const heat_basin_walks *w)
{
    int64_t ladders = w->chains->width / w->n_rungs, most = MOST_BLOCKS / w->chains->n_units;

    most = most < 1 ? 1 : most;
    return ladders < most ? ladders : most;
}

static heat_energy_tally *energies_of(const heat_basin_walks *w, int64_t chain, int64_t basin)
{
    int64_t in_unit = chain % w->chains->width / w->n_rungs, blocks = blocks_of_unit(w);
    int64_t block = chain / w->chains->width * blocks + in_unit % blocks;

    return &w->energies[(w->chains->rung[chain] * w->exploring->basins.count + basin) * w->n_blocks + block];
}

/* --- the start --- */

/* A chain's first place: in basin `k`, nearer to the minimum where there is no energy. */
static heat_status start_chain(heat_context *ctx, heat_basin_walks *w, int64_t chain, int64_t k,
                               uint64_t first_stream, double *z, double *x)
{
    const heat_flow_basins *b = &w->exploring->basins;
    const double temperature = 1 / w->chains->betas[w->chains->rung[chain]];
    heat_landscape *l = &w->flows[0].landscape;
    double s = sqrt(temperature), energy = (double)INFINITY;
    heat_stream stream;
    heat_status status = HEAT_OK;

    for (int halving = 0; halving < HALVINGS && status == HEAT_OK && !isfinite(energy); halving++, s /= 2) {
        heat_stream_init(&stream, w->exploring->opt.seed, HEAT_PURPOSE_INITIAL,
                         first_stream + (uint64_t)chain);
        for (int32_t i = 0; i < b->view->n; i++) {
            z[i] = heat_stream_normal(&stream);
            x[i] = b->minima->minima.x[k * b->view->n + i];
        }
        if (b->is_curved[k])
            heat_flow_basins_place(b, k, s, z, x);
        heat_landscape_confine(l, x);
        status = heat_landscape_evaluate(ctx, l, x, &energy, z);
    }
    return status == HEAT_OK ? heat_chains_start(ctx, w->chains, chain, x, 0) : status;
}

static heat_status open_chains(heat_context *ctx, heat_basin_walks *w, const double *temperatures,
                               uint64_t first_stream)
{
    const heat_exploring *e = w->exploring;
    const heat_walk_plan walk = {
        .move = &heat_walk_hmc, .mass = HEAT_MASS_DIAGONAL, .refined_from = INT32_MAX};
    heat_chains_plan plan = {.n_chains = w->n_rungs * w->n_replicas,
                             .n_rungs = w->n_rungs,
                             .seed = e->opt.seed,
                             .first_stream = first_stream,
                             .group = w->is_ladder ? w->n_rungs : 1,
                             .isa = e->opt.isa,
                             .walk = &walk,
                             .burn_in = e->burn_in};
    double *betas = NULL;
    heat_status status = heat_alloc(ctx, w->n_rungs, sizeof *betas, &betas);

    if (status != HEAT_OK)
        return status;
    for (int32_t k = 0; k < w->n_rungs; k++)
        betas[k] = 1 / temperatures[k];
    plan.betas = betas;
    status = heat_chains_create(ctx, e->model, &plan, &w->chains);
    for (int64_t chain = 0; chain < plan.n_chains && status == HEAT_OK; chain++)
        heat_chains_set_rung(w->chains, chain,
                             (int32_t)(w->is_ladder ? chain % w->n_rungs : chain / w->n_replicas));
    if (status == HEAT_OK && w->is_ladder)
        status = heat_exchange_init(ctx, &w->exchange, w->chains);
    heat_free(betas);
    return status;
}

static heat_status open_looks(heat_context *ctx, heat_basin_walks *w)
{
    const heat_flow_basins *b = &w->exploring->basins;
    const heat_chains *c = w->chains;
    heat_status status = heat_alloc(ctx, c->n_units, sizeof *w->flows, &w->flows);

    for (int64_t unit = 0; unit < c->n_units && status == HEAT_OK; unit++)
        status = heat_flow_open(ctx, b, &w->flows[unit]);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, c->n_units, sizeof *w->n_looks, &w->n_looks);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, c->n_chains * c->n, sizeof *w->points, &w->points);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, c->n_chains, sizeof *w->basin, &w->basin);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, c->n_chains, sizeof *w->was, &w->was);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, c->n_chains, sizeof *w->energy, &w->energy);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, c->n_chains, sizeof *w->beta, &w->beta);
    if (status == HEAT_OK)
        status = heat_orbits_open(ctx, b, &w->orbits);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, c->n_units, sizeof *w->draws, &w->draws);
    for (int64_t unit = 0; unit < c->n_units && status == HEAT_OK; unit++)
        status = heat_orbit_draws_open(ctx, &w->orbits, &w->flows[unit], c->width, &w->draws[unit]);
    if (status == HEAT_OK)
        status = heat_basin_tally_init(ctx, w->n_rungs, w->n_replicas, b->count, &w->tally);
    w->n_blocks = blocks_of_unit(w) * c->n_units;
    if (status == HEAT_OK && w->is_ladder)
        status = heat_alloc(ctx, w->n_rungs * b->count * w->n_blocks, sizeof *w->energies, &w->energies);
    for (int64_t k = 0; k < w->n_rungs * b->count * w->n_blocks && status == HEAT_OK && w->is_ladder; k++) {
        double coldest = 1 / c->betas[0], own = 1 / c->betas[k / (b->count * w->n_blocks)];
        heat_energy_tally_init(&w->energies[k], (heat_energy_scale){b->minima->minima.energy[0], fine * own,
                                                                    fine * coldest, core * coldest});
    }
    return status;
}

static heat_status start_chains(heat_context *ctx, heat_basin_walks *w, uint64_t first_stream)
{
    double *room = NULL;
    heat_status status = heat_alloc(ctx, 2 * (int64_t)w->chains->n, sizeof *room, &room);

    for (int64_t chain = 0; chain < w->chains->n_chains && status == HEAT_OK; chain++) {
        int64_t k = replica_of(w, chain) % w->exploring->basins.count;
        w->basin[chain] = (int32_t)k;
        status = start_chain(ctx, w, chain, k, first_stream, room, room + w->chains->n);
    }
    heat_free(room);
    return status;
}

/* --- the walk --- */

/* Counts where a chain is, and what its draw tells of every basin of its orbit. */
static heat_status count_chain(heat_context *worker, heat_basin_walks *w, int64_t chain,
                               const heat_orbit *orbit)
{
    const int32_t rung = w->chains->rung[chain], was = w->was[chain], now = w->basin[chain];
    const int64_t replica = replica_of(w, chain);
    heat_status status = HEAT_OK;

    heat_basin_tally_add(&w->tally, rung, replica, now);
    if (now >= 0 && was >= 0 && now != was && w->n_looks[chain / w->chains->width] > 1)
        w->tally.crossings[rung * w->n_replicas + replica]++;
    if (now < 0)
        heat_basin_tally_share(&w->tally, rung, replica, w->exploring->basins.count, 1);
    for (int32_t k = 0; k < orbit->count && status == HEAT_OK; k++) {
        if (!(orbit->share[k] > 0))
            continue;
        heat_basin_tally_share(&w->tally, rung, replica, orbit->first + k, orbit->share[k]);
        if (w->energies != NULL)
            status = heat_energy_tally_weigh(worker, energies_of(w, chain, orbit->first + k),
                                             orbit->energy[k], orbit->share[k]);
    }
    return status;
}

static heat_status look(heat_context *worker, heat_basin_walks *w, int64_t unit)
{
    const int32_t n = w->chains->n;
    int64_t first, last;
    heat_status status;

    w->n_looks[unit]++;
    heat_chains_get_unit(w->chains, unit, &first, &last);
    for (int64_t chain = first; chain < last; chain++) {
        w->was[chain] = w->basin[chain];
        w->energy[chain] = heat_chains_get_energy(w->chains, chain);
        w->beta[chain] = w->chains->betas[w->chains->rung[chain]];
        heat_chains_get_state(w->chains, chain, w->points + chain * n);
    }
    status = heat_flow_locate(worker, &w->flows[unit], last - first, w->points + first * n, w->basin + first);
    if (status == HEAT_OK)
        status = heat_orbit_draws_share(worker, &w->draws[unit], last - first, w->points + first * n,
                                        w->basin + first, w->energy + first, w->beta + first);
    for (int64_t chain = first; chain < last && status == HEAT_OK; chain++)
        status = count_chain(worker, w, chain, &w->draws[unit].orbit[chain - first]);
    return status;
}

static void exchange(heat_basin_walks *w, int64_t unit)
{
    int64_t first, last;

    heat_chains_get_unit(w->chains, unit, &first, &last);
    for (int64_t ladder = first / w->n_rungs; ladder < last / w->n_rungs; ladder++)
        heat_exchange_step(&w->exchange, w->chains, ladder, (int32_t)(w->chains->n_sweeps[unit] % 2));
}

static heat_status run_unit(heat_context *worker, void *arg, int64_t unit)
{
    heat_basin_walks *w = arg;
    const int64_t *n_sweeps = &w->chains->n_sweeps[unit], burn_in = w->exploring->burn_in;
    heat_status status = HEAT_OK;

    while (*n_sweeps < w->target && status == HEAT_OK && !heat_halted(worker)) {
        status = heat_chains_sweep(worker, w->chains, unit, NULL);
        if (status == HEAT_OK && w->is_ladder)
            exchange(w, unit);
        if (status == HEAT_OK && *n_sweeps > burn_in && (*n_sweeps - burn_in) % THIN == 0)
            status = look(worker, w, unit);
    }
    return status;
}

static int64_t fewest_sweeps(const heat_basin_walks *w)
{
    int64_t fewest = w->chains->n_sweeps[0];

    for (int64_t unit = 1; unit < w->chains->n_units; unit++)
        fewest = w->chains->n_sweeps[unit] < fewest ? w->chains->n_sweeps[unit] : fewest;
    return fewest;
}

int64_t heat_basin_walks_count_sweeps(const heat_basin_walks *w)
{
    int64_t done = fewest_sweeps(w) - w->exploring->burn_in;

    return done > 0 ? done : 0;
}

/* On to a number of sweeps, the burn-in in. */
static heat_status run_to(heat_context *ctx, heat_basin_walks *w, int64_t target, int64_t likely)
{
    const int64_t step = heat_chains_sweeps_per_look(w->chains);
    int64_t done = fewest_sweeps(w);
    heat_status status = HEAT_OK;

    while (done < target && status == HEAT_OK && !heat_halted(ctx)) {
        w->target = done + step < target ? done + step : target;
        status = heat_chains_run_units(ctx, w->chains, w->exploring->opt.threads, run_unit, w);
        w->exploring->r->updates += (w->target - done) * w->chains->n_chains * w->chains->n;
        done = fewest_sweeps(w);
        heat_exploring_show(ctx, w->exploring, (double)done / (double)likely);
    }
    return status;
}

/* How many times as long the chains had to be for an error; 1: they are long enough, or it is out of reach
 * and they are as long as is of use. */
static double foresee_error(const heat_exploring *e, double done, double error)
{
    const double most = (double)e->opt.sweeps, longer = pow(error / e->target_error, 2);

    return e->may_settle && done >= most / HEAT_EXPLORE_PART &&
                   longer * done > HEAT_EXPLORE_OUT_OF_SIGHT * most
               ? 1
               : longer;
}

/* The same for all that is asked of them. Rungs that would take longer than there is time for are given up.
 */
static heat_status foresee(heat_context *ctx, const heat_basin_walks *w, double *longer)
{
    const heat_exploring *e = w->exploring;
    const double done = (double)heat_basin_walks_count_sweeps(w);
    const double possible = PATIENCE * (double)e->opt.sweeps / done;
    heat_status status = HEAT_OK;

    *longer = 1;
    for (int32_t t = 0; t < e->n_temperatures && status == HEAT_OK; t++) {
        double for_rhat, error;
        if (!w->is_ladder && t != w->at)
            continue;
        status = heat_basin_tally_judge(ctx, &w->tally, w->is_ladder ? e->rung_of[t] : 0, &for_rhat, &error);
        if (status == HEAT_OK && for_rhat <= possible)
            *longer = fmax(*longer, fmax(for_rhat, foresee_error(e, done, error)));
    }
    return status;
}

/* Rounds, each as long as all before it, which are the first half of a chain then. */
static heat_status run(heat_context *ctx, heat_basin_walks *w)
{
    const heat_exploring *e = w->exploring;
    const int64_t part = (e->opt.sweeps + ROUNDS - 1) / ROUNDS, first = part > LEAST ? part : LEAST;
    double likely = (double)e->opt.sweeps, longer = 2;
    heat_status status = HEAT_OK;

    for (int64_t next = first; longer > 1 && status == HEAT_OK && !heat_halted(ctx); next *= 2) {
        bool is_last = next >= e->opt.sweeps;
        next = is_last ? e->opt.sweeps : next;
        status = run_to(ctx, w, e->burn_in + next, e->burn_in + (int64_t)fmax(likely, (double)next));
        if (is_last || status != HEAT_OK || heat_halted(ctx))
            break;
        if (next > first)
            status = foresee(ctx, w, &longer);
        likely = fmin((double)e->opt.sweeps, longer * (double)next);
        if (longer > 1)
            heat_basin_tally_fold(&w->tally);
    }
    return status;
}

heat_status heat_basin_walks_run(heat_context *ctx, heat_basin_walks *w, int32_t n_rungs,
                                 const double *temperatures, uint64_t first_stream)
{
    heat_status status;

    w->n_rungs = n_rungs;
    status = open_chains(ctx, w, temperatures, first_stream);
    if (status == HEAT_OK)
        status = open_looks(ctx, w);
    if (status == HEAT_OK)
        status = start_chains(ctx, w, first_stream);
    return status == HEAT_OK ? run(ctx, w) : status;
}

void heat_basin_walks_close(heat_basin_walks *w)
{
    for (int64_t unit = 0; w->flows != NULL && unit < w->chains->n_units; unit++)
        heat_flow_close(&w->flows[unit]);
    for (int64_t unit = 0; w->draws != NULL && unit < w->chains->n_units; unit++)
        heat_orbit_draws_close(&w->draws[unit]);
    heat_orbits_close(&w->orbits);
    for (int64_t k = 0; w->energies != NULL && k < w->n_rungs * w->exploring->basins.count * w->n_blocks; k++)
        heat_energy_tally_clear(&w->energies[k]);
    heat_free(w->flows);
    heat_free(w->draws);
    heat_free(w->energy);
    heat_free(w->beta);
    heat_free(w->points);
    heat_free(w->basin);
    heat_free(w->was);
    heat_free(w->n_looks);
    heat_free(w->energies);
    heat_basin_tally_clear(&w->tally);
    heat_exchange_clear(&w->exchange);
    heat_chains_free(w->chains);
    *w = (heat_basin_walks){.exploring = NULL};
}
