/* Chain sets: layout, starting, and reading states back as rows. */
#include "sample/chains.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "base/parallel.h"

#include <math.h>
#include <string.h>

static int32_t width_for(int64_t n_chains)
{
    return n_chains <= 8 ? 4 : n_chains <= 32 ? 8 : HEAT_MOST_LANES; /* few chains still make several units */
}

static heat_status alloc_blocks(heat_context *ctx, heat_chains *c)
{
    heat_status status = heat_alloc(ctx, c->n_units, sizeof *c->blocks, &c->blocks);

    for (int64_t u = 0; u < c->n_units && status == HEAT_OK; u++) {
        c->blocks[u].n_lanes = c->width;
        status = heat_alloc(ctx, (int64_t)c->n * c->width, 1, &c->blocks[u].spin);
    }
    if (status == HEAT_OK)
        status = heat_alloc(ctx, c->n_chains, sizeof *c->flip, &c->flip);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, c->n_chains, sizeof *c->flip_bits, &c->flip_bits);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, c->n_chains, sizeof *c->sign, &c->sign);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, c->n_chains, sizeof *c->n_sweeps, &c->n_sweeps);
    return status;
}

static heat_status alloc_rows(heat_context *ctx, heat_chains *c)
{
    heat_status status = heat_alloc(ctx, c->n_chains * c->n, 1, &c->rows);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, c->n_chains, sizeof *c->energy, &c->energy);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, c->n_chains, sizeof *c->beta, &c->beta);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, c->n_chains, sizeof *c->n_moves, &c->n_moves);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, c->n_chains, sizeof *c->streams, &c->streams);
    if (status == HEAT_OK)
        status =
            heat_alloc(ctx, c->n_units * c->width * (c->info.n_states + 1), sizeof *c->scratch, &c->scratch);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, c->n_units * c->width, 1, &c->proposed);
    return status;
}

heat_status heat_chains_create(heat_context *ctx, const heat_model *model, int64_t n_chains, int32_t n_rungs,
                               const heat_rung *rungs, uint64_t seed, heat_chains **out)
{
    heat_chains *c = NULL;
    heat_model_info info;
    heat_status status = heat_alloc(ctx, 1, sizeof *c, &c);

    *out = NULL;
    if (status != HEAT_OK)
        return status;
    heat_model_describe(model, &info);
    c->model = model;
    c->info = info;
    c->n = info.n_variables;
    c->n_chains = n_chains;
    c->n_rungs = n_rungs;
    c->seed = seed;
    c->width = width_for(n_chains);
    c->n_units = (n_chains + c->width - 1) / c->width;
    c->is_pairwise = heat_model_get_pairwise(model, &c->graph);
    c->is_symmetric = c->is_pairwise && !info.has_field;
    c->kernel = &heat_replica_ref;
    status = heat_alloc(ctx, n_rungs, sizeof *c->rungs, &c->rungs);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n_chains, sizeof *c->rung, &c->rung);
    if (status == HEAT_OK)
        status = c->is_pairwise ? alloc_blocks(ctx, c) : alloc_rows(ctx, c);
    if (status != HEAT_OK) {
        heat_chains_free(c);
        return status;
    }
    memcpy(c->rungs, rungs, (size_t)n_rungs * sizeof *rungs);
    for (int64_t k = 0; k < n_chains; k++)
        heat_chains_set_rung(c, k, 0);
    *out = c;
    return HEAT_OK;
}

void heat_chains_free(heat_chains *c)
{
    if (c == NULL)
        return;
    for (int64_t u = 0; c->blocks != NULL && u < c->n_units; u++)
        heat_free(c->blocks[u].spin);
    heat_free(c->blocks);
    heat_free(c->flip);
    heat_free(c->flip_bits);
    heat_free(c->sign);
    heat_free(c->n_sweeps);
    heat_free(c->rows);
    heat_free(c->energy);
    heat_free(c->beta);
    heat_free(c->n_moves);
    heat_free(c->streams);
    heat_free(c->scratch);
    heat_free(c->proposed);
    heat_free(c->rungs);
    heat_free(c->rung);
    heat_free(c);
}

double heat_chains_bytes(const heat_model *model, int64_t n_chains)
{
    heat_model_info info;
    double padded = (double)((n_chains + HEAT_MOST_LANES - 1) / HEAT_MOST_LANES) * HEAT_MOST_LANES;

    heat_model_describe(model, &info);
    return padded * (info.n_variables + 256.0);
}

void heat_chains_set_beta(heat_chains *c, int64_t chain, double beta)
{
    if (c->is_pairwise)
        c->blocks[chain / c->width].beta[chain % c->width] = beta;
    else
        c->beta[chain] = beta;
}

void heat_chains_set_rung(heat_chains *c, int64_t chain, int32_t rung)
{
    c->rung[chain] = rung;
    heat_chains_set_beta(c, chain, c->rungs[rung].beta);
}

/* Energy and total of one lane, in the order of heat_replica_measure. */
static void measure_lane(heat_chains *c, int64_t chain)
{
    heat_replica_measure(&c->graph, &c->blocks[chain / c->width], (int32_t)(chain % c->width));
}

static void start_lane(heat_chains *c, int64_t chain, const int8_t *state, heat_stream *initial,
                       uint64_t unit)
{
    heat_replica_block *b = &c->blocks[chain / c->width];
    int64_t lane = chain % c->width;
    heat_stream sweep;

    for (int64_t i = 0; i < c->n; i++)
        b->spin[i * c->width + lane] = state != NULL ? state[i] : heat_random_value(&c->info, initial);
    heat_stream_init(&sweep, c->seed, HEAT_PURPOSE_SWEEP, unit);
    for (int k = 0; k < 4; k++)
        b->random[k][lane] = heat_stream_bits(&sweep);
    b->n_flips[lane] = 0;
    c->sign[chain] = 1;
    c->n_sweeps[chain] = 0;
    heat_stream_init(&c->flip[chain], c->seed, HEAT_PURPOSE_FLIP, unit);
    measure_lane(c, chain);
}

heat_status heat_chains_start(heat_context *ctx, heat_chains *c, int64_t chain, const int8_t *state,
                              int64_t restart)
{
    uint64_t unit = (uint64_t)(chain + c->n_chains * restart);
    heat_stream initial;

    heat_stream_init(&initial, c->seed, HEAT_PURPOSE_INITIAL, unit);
    if (c->is_pairwise) {
        start_lane(c, chain, state, &initial, unit);
        return HEAT_OK;
    }
    for (int64_t i = 0; i < c->n; i++)
        c->rows[chain * c->n + i] = state != NULL ? state[i] : heat_random_value(&c->info, &initial);
    heat_stream_init(&c->streams[chain], c->seed, HEAT_PURPOSE_SWEEP, unit);
    c->n_moves[chain] = 0;
    return heat_model_energies(ctx, c->model, 1, c->rows + chain * c->n, &c->energy[chain]);
}

void heat_chains_get_state(const heat_chains *c, int64_t chain, int8_t *state)
{
    if (c->is_pairwise) {
        const int8_t *spin = c->blocks[chain / c->width].spin + chain % c->width;
        int8_t sign = c->sign[chain];
        for (int64_t i = 0; i < c->n; i++)
            state[i] = (int8_t)(sign * spin[i * c->width]);
    } else {
        memcpy(state, c->rows + chain * c->n, (size_t)c->n);
    }
}

double heat_chains_get_energy(const heat_chains *c, int64_t chain)
{
    return c->is_pairwise ? c->blocks[chain / c->width].energy[chain % c->width] : c->energy[chain];
}

int64_t heat_chains_get_total(const heat_chains *c, int64_t chain)
{
    int64_t total = 0;

    if (c->is_pairwise)
        return c->sign[chain] * c->blocks[chain / c->width].magnetization[chain % c->width];
    for (int64_t i = 0; i < c->n; i++)
        total += c->rows[chain * c->n + i];
    return total;
}

int64_t heat_chains_get_moves(const heat_chains *c, int64_t chain)
{
    return c->is_pairwise ? c->blocks[chain / c->width].n_flips[chain % c->width] : c->n_moves[chain];
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
    const double visits = 1e7; /* neighbour visits in a twentieth of a second, about */
    double edges = c->is_pairwise ? (double)c->graph.row[c->n] : (double)c->n * c->n;
    double sweeps = visits / ((edges + c->n + 1.0) * c->width);

    return sweeps < 1 ? 1 : sweeps > 1000 ? 1000 : (int64_t)sweeps;
}
