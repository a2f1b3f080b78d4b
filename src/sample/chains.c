/* Chain sets: what both layouts share, and the rows layout. */
#include "sample/chains.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "sample/lane_chains.h"

#include <math.h>
#include <string.h>

enum { SWEEPS_A_BIT_BLOCK = 64 };

/* Few chains make narrow units, so that threads have something to share. */
static int32_t width_for(const heat_chains *c)
{
    if (c->lanes == NULL)
        return c->n_chains <= 8 ? 1 : 8;
    return c->n_chains <= 64 ? 16 : c->n_chains <= 256 ? 32 : 64;
}

static heat_status alloc_rows(heat_context *ctx, heat_chains *c, bool track_best)
{
    heat_status status = heat_alloc(ctx, c->n_chains * c->n, 1, &c->rows);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, c->n_chains, sizeof *c->energy, &c->energy);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, c->n_chains, sizeof *c->beta, &c->beta);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, c->n_chains, sizeof *c->streams, &c->streams);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, c->n_units * c->width * c->info.n_states, sizeof *c->scratch, &c->scratch);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, c->n_units * c->width, 1, &c->proposed);
    if (status == HEAT_OK && track_best)
        status = heat_alloc(ctx, c->n_chains * c->n, 1, &c->best_rows);
    if (status == HEAT_OK && track_best)
        status = heat_alloc(ctx, c->n_chains, sizeof *c->best_energy, &c->best_energy);
    return status;
}

static heat_status alloc_common(heat_context *ctx, heat_chains *c)
{
    heat_status status = heat_alloc(ctx, c->n_rungs, sizeof *c->rungs, &c->rungs);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, c->n_chains, sizeof *c->rung, &c->rung);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, c->n_chains, sizeof *c->flip, &c->flip);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, c->n_chains, sizeof *c->flip_bits, &c->flip_bits);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, c->n_chains, sizeof *c->sign, &c->sign);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, c->n_chains, sizeof *c->n_moves, &c->n_moves);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, c->n_units, sizeof *c->n_sweeps, &c->n_sweeps);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, c->n_units, sizeof *c->n_counted, &c->n_counted);
    return status;
}

/* The lane layout, where the model has a pairwise view that fits it. */
static heat_status choose_layout(heat_context *ctx, heat_chains *c, const heat_chains_plan *plan)
{
    const heat_isa *isa = heat_isa_get(plan->isa);
    heat_pairwise graph;
    double beta_max = 0;
    heat_status status;

    if (isa == NULL)
        return heat_fail_option(ctx, "isa", plan->isa, "this machine cannot run it (its widest is %s)",
                                heat_isa_get("auto")->name);
    c->kernel = isa->lanes;
    if (!heat_model_get_pairwise(c->model, &graph))
        return HEAT_OK;
    c->offset = graph.offset;
    c->is_symmetric = !c->info.has_field;
    for (int32_t k = 0; k < plan->n_rungs && !plan->is_search; k++)
        beta_max = fmax(beta_max, plan->rungs[k].beta);
    status = heat_lane_model_create(ctx, &graph, beta_max, &c->lanes);
    if (status == HEAT_OK && c->lanes == NULL)
        heat_log(ctx, HEAT_LOG_NOTE,
                 "%s: its couplings span too many orders of magnitude for the fast kernels at this "
                 "temperature; the slow one is used",
                 c->info.name);
    return status;
}

heat_status heat_chains_create(heat_context *ctx, const heat_model *model, const heat_chains_plan *plan,
                               heat_chains **out)
{
    heat_chains *c = NULL;
    heat_status status = heat_alloc(ctx, 1, sizeof *c, &c);

    *out = NULL;
    if (status != HEAT_OK)
        return status;
    heat_model_describe(model, &c->info);
    c->model = model;
    c->n = c->info.n_variables;
    c->n_chains = plan->n_chains;
    c->n_rungs = plan->n_rungs;
    c->seed = plan->seed;
    status = choose_layout(ctx, c, plan);
    if (status != HEAT_OK)
        goto out;
    c->width = width_for(c);
    c->n_units = (c->n_chains + c->width - 1) / c->width;
    status = alloc_common(ctx, c);
    if (status == HEAT_OK)
        status = c->lanes != NULL ? heat_lane_chains_alloc(ctx, c, plan->track_best)
                                  : alloc_rows(ctx, c, plan->track_best);
    if (status != HEAT_OK)
        goto out;
    memcpy(c->rungs, plan->rungs, (size_t)c->n_rungs * sizeof *c->rungs);
    for (int64_t k = 0; k < c->n_chains; k++)
        heat_chains_set_rung(c, k, 0);
out:
    if (status != HEAT_OK) {
        heat_chains_free(c);
        c = NULL;
    }
    *out = c;
    return status;
}

void heat_chains_free(heat_chains *c)
{
    if (c == NULL)
        return;
    heat_lane_chains_free(c);
    heat_free(c->rungs);
    heat_free(c->rung);
    heat_free(c->flip);
    heat_free(c->flip_bits);
    heat_free(c->sign);
    heat_free(c->n_moves);
    heat_free(c->n_sweeps);
    heat_free(c->n_counted);
    heat_free(c->rows);
    heat_free(c->energy);
    heat_free(c->beta);
    heat_free(c->streams);
    heat_free(c->scratch);
    heat_free(c->proposed);
    heat_free(c->best_rows);
    heat_free(c->best_energy);
    heat_free(c);
}

double heat_chains_bytes(const heat_model *model, int64_t n_chains)
{
    heat_model_info info;
    double padded =
        (double)((n_chains + HEAT_MOST_WIDE_LANES - 1) / HEAT_MOST_WIDE_LANES) * HEAT_MOST_WIDE_LANES;

    heat_model_describe(model, &info);
    return padded * (2.0 * info.n_variables + 512) + (double)info.n_edges * 24 + info.n_variables * 16.0;
}

void heat_chains_set_beta(heat_chains *c, int64_t chain, double beta)
{
    if (c->lanes != NULL)
        heat_lane_chains_set_beta(c, chain, beta);
    else
        c->beta[chain] = beta;
}

void heat_chains_set_rung(heat_chains *c, int64_t chain, int32_t rung)
{
    c->rung[chain] = rung;
    heat_chains_set_beta(c, chain, c->rungs[rung].beta);
}

heat_status heat_chains_start(heat_context *ctx, heat_chains *c, int64_t chain, const int8_t *state,
                              int64_t restart)
{
    uint64_t unit = (uint64_t)(chain + c->n_chains * restart);
    heat_stream initial;

    c->sign[chain] = 1;
    c->n_sweeps[chain / c->width] = 0;
    heat_stream_init(&c->flip[chain], c->seed, HEAT_PURPOSE_FLIP, unit);
    if (c->lanes != NULL) {
        heat_lane_chains_start(c, chain, state, unit);
        return HEAT_OK;
    }
    heat_stream_init(&initial, c->seed, HEAT_PURPOSE_INITIAL, unit);
    for (int64_t i = 0; i < c->n; i++)
        c->rows[chain * c->n + i] = state != NULL ? state[i] : heat_random_value(&c->info, &initial);
    heat_stream_init(&c->streams[chain], c->seed, HEAT_PURPOSE_SWEEP, unit);
    if (c->best_energy != NULL)
        c->best_energy[chain] = (double)INFINITY;
    return heat_model_energies(ctx, c->model, 1, c->rows + chain * c->n, &c->energy[chain]);
}

void heat_chains_end_sweep(heat_chains *c, int64_t unit)
{
    int64_t k = c->n_sweeps[unit]++ % SWEEPS_A_BIT_BLOCK, first, last;

    if (!c->is_symmetric)
        return;
    heat_chains_get_unit(c, unit, &first, &last);
    for (int64_t chain = first; chain < last; chain++) {
        if (k == 0)
            c->flip_bits[chain] = heat_stream_bits(&c->flip[chain]);
        if (c->flip_bits[chain] >> k & 1)
            c->sign[chain] = (int8_t)-c->sign[chain];
    }
}

void heat_chains_measure(heat_chains *c, int64_t unit)
{
    if (c->lanes != NULL)
        heat_lane_chains_measure(c, unit);
}

void heat_chains_get_state(const heat_chains *c, int64_t chain, int8_t *state)
{
    if (c->lanes != NULL) {
        heat_lane_chains_get_state(c, chain, c->blocks[chain / c->width].down, state);
        return;
    }
    memcpy(state, c->rows + chain * c->n, (size_t)c->n);
    for (int32_t i = 0; c->sign[chain] < 0 && i < c->n; i++)
        state[i] = (int8_t)(c->info.coding == HEAT_CODING_SPIN ? -state[i] : 1 - state[i]);
}

double heat_chains_get_energy(const heat_chains *c, int64_t chain)
{
    if (c->lanes == NULL)
        return c->energy[chain];
    return heat_lane_chains_energy(c, c->blocks[chain / c->width].energy[chain % c->width]) +
           c->residual[chain];
}

int64_t heat_chains_get_total(const heat_chains *c, int64_t chain)
{
    int64_t total = 0;
    bool is_spin = c->info.coding == HEAT_CODING_SPIN;

    if (c->lanes != NULL)
        total = is_spin ? c->n - 2 * (int64_t)c->n_down[chain] : c->n - (int64_t)c->n_down[chain];
    else
        for (int64_t i = 0; i < c->n; i++)
            total += c->rows[chain * c->n + i];
    if (c->sign[chain] > 0)
        return total;
    return is_spin ? -total : c->n - total;
}

double heat_chains_get_acceptance(const heat_chains *c, int64_t chain)
{
    return (double)c->n_moves[chain] / ((double)c->n_counted[chain / c->width] * c->n);
}

void heat_chains_reset_moves(heat_chains *c)
{
    memset(c->n_moves, 0, (size_t)c->n_chains * sizeof *c->n_moves);
    memset(c->n_counted, 0, (size_t)c->n_units * sizeof *c->n_counted);
}

void heat_chains_keep_best(heat_chains *c, int64_t unit)
{
    int64_t first, last;

    if (c->lanes != NULL) {
        heat_lane_chains_keep_best(c, unit);
        return;
    }
    heat_chains_get_unit(c, unit, &first, &last);
    for (int64_t chain = first; chain < last; chain++)
        if (c->energy[chain] < c->best_energy[chain]) {
            c->best_energy[chain] = c->energy[chain];
            memcpy(c->best_rows + chain * c->n, c->rows + chain * c->n, (size_t)c->n);
        }
}

double heat_chains_get_best(const heat_chains *c, int64_t chain, int8_t *state)
{
    if (c->lanes != NULL) {
        if (state != NULL)
            heat_lane_chains_get_state(c, chain, c->best_down[chain / c->width], state);
        return heat_lane_chains_energy(c, c->best_units[chain]);
    }
    if (state != NULL)
        memcpy(state, c->best_rows + chain * c->n, (size_t)c->n);
    return c->best_energy[chain];
}

double heat_chains_get_energy_slack(const heat_chains *c)
{
    if (c->lanes == NULL || c->lanes->graph.residual_twice == NULL)
        return 0;
    return c->lanes->unit *
           ((double)c->info.n_edges + c->n); /* each term is off by at most half a unit, twice over */
}

void heat_chains_get_unit(const heat_chains *c, int64_t unit, int64_t *first, int64_t *last)
{
    *first = unit * c->width;
    *last = *first + c->width < c->n_chains ? *first + c->width : c->n_chains;
}

int64_t heat_chains_thread_limit(const heat_chains *c, int64_t threads)
{
    return heat_model_is_thread_safe(c->model) ? threads : 1;
}

int64_t heat_chains_sweeps_per_look(const heat_chains *c)
{
    const double visits = c->lanes != NULL ? 5e7 : 1e6; /* neighbour visits in some hundredths of a second */
    double edges = c->lanes != NULL ? 2.0 * (double)c->info.n_edges : (double)c->n * c->n;
    double sweeps = visits / ((edges + 10.0 * c->n + 1) * c->width);

    return sweeps < 1 ? 1 : sweeps > 1000 ? 1000 : (int64_t)sweeps;
}
