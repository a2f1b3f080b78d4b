/* Chains as bits: chain c is lane c mod width of block c / width. */
#include "sample/lane_chains.h"
#include "base/memory.h"

#include <math.h>
#include <string.h>

enum { SWEEPS_A_COUNT = 16 }; /* moves are counted in one sweep of so many */

static int32_t lane_of(const heat_chains *c, int64_t chain)
{
    return (int32_t)(chain % c->width);
}

static heat_lane_block *block_of(const heat_chains *c, int64_t chain)
{
    return &c->blocks[chain / c->width];
}

/* Where the bit of a chain's spin `site` stands in a block's bits. */
static int64_t word_of(const heat_chains *c, int64_t chain, int64_t site)
{
    return site * (c->width / HEAT_LANES_A_VECTOR) + lane_of(c, chain) / HEAT_LANES_A_VECTOR;
}

static uint16_t bit_of(const heat_chains *c, int64_t chain)
{
    return (uint16_t)(1u << lane_of(c, chain) % HEAT_LANES_A_VECTOR);
}

heat_status heat_lane_chains_alloc(heat_context *ctx, heat_chains *c, bool track_best)
{
    int64_t words = (int64_t)c->n * (c->width / HEAT_LANES_A_VECTOR);
    heat_status status = heat_alloc(ctx, c->n_units, sizeof *c->blocks, &c->blocks);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, c->n_units, sizeof *c->before, &c->before);
    if (status == HEAT_OK && track_best)
        status = heat_alloc(ctx, c->n_units, sizeof *c->best_down, &c->best_down);
    if (status == HEAT_OK && track_best)
        status = heat_alloc(ctx, c->n_units * c->width, sizeof *c->best_units, &c->best_units);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, c->n_units * c->width, sizeof *c->residual, &c->residual);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, c->n_units * c->width, sizeof *c->n_down, &c->n_down);
    for (int64_t u = 0; u < c->n_units && status == HEAT_OK; u++) {
        c->blocks[u].n_vectors = c->width / HEAT_LANES_A_VECTOR;
        status = heat_alloc(ctx, words, sizeof(uint16_t), &c->blocks[u].down);
        if (status == HEAT_OK)
            status = heat_alloc(ctx, words, sizeof(uint16_t), &c->before[u]);
        if (status == HEAT_OK && track_best)
            status = heat_alloc(ctx, words, sizeof(uint16_t), &c->best_down[u]);
    }
    return status;
}

void heat_lane_chains_free(heat_chains *c)
{
    for (int64_t u = 0; u < c->n_units; u++) {
        heat_free(c->blocks == NULL ? NULL : c->blocks[u].down);
        heat_free(c->before == NULL ? NULL : c->before[u]);
        heat_free(c->best_down == NULL ? NULL : c->best_down[u]);
    }
    heat_free(c->blocks);
    heat_free(c->before);
    heat_free(c->best_down);
    heat_free(c->best_units);
    heat_free(c->residual);
    heat_free(c->n_down);
    heat_lane_model_free(c->lanes);
}

void heat_lane_chains_set_beta(heat_chains *c, int64_t chain, double beta)
{
    const double ln2 = 0.69314718055994530942;
    double scale = -2 * beta * c->lanes->unit / ln2;

    /* a float's infinity times a zero field would be NaN */
    block_of(c, chain)->scale[lane_of(c, chain)] = (float)(scale < -1e30 ? -1e30 : scale);
}

/* Twice the energy of the pairs, once of the fields: E = -sum_i s_i (h_i + field_i) / 2, field_i with h_i in
 * it. */
static int64_t energy_units(const heat_chains *c, int64_t chain)
{
    const heat_lane_graph *g = &c->lanes->graph;
    const uint16_t *down = block_of(c, chain)->down;
    uint16_t bit = bit_of(c, chain);
    int64_t twice = 0;

    for (int32_t i = 0; i < g->n; i++) {
        int64_t field = g->upward[i],
                own = g->upward[i]; /* own: h_i alone, once the couplings are taken off */
        for (int64_t k = g->row[i]; k < g->row[i + 1]; k++) {
            own -= g->twice[k] / 2;
            if (down[word_of(c, chain, g->col[k])] & bit)
                field -= g->twice[k];
        }
        twice += down[word_of(c, chain, i)] & bit ? field + own : -field - own;
    }
    return twice / 2;
}

void heat_lane_chains_start(heat_chains *c, int64_t chain, const int8_t *state, uint64_t unit_of_streams)
{
    heat_lane_block *b = block_of(c, chain);
    uint16_t bit = bit_of(c, chain);
    heat_stream stream;

    heat_stream_init(&stream, c->seed, HEAT_PURPOSE_INITIAL, unit_of_streams);
    for (int64_t i = 0; i < c->n; i++) {
        uint16_t *word = &b->down[word_of(c, chain, i)];
        int8_t value = state != NULL ? state[i] : heat_random_value(&c->info, &stream);
        *word = (uint16_t)(value == 1 ? *word & ~bit : *word | bit);
    }
    heat_stream_init(&stream, c->seed, HEAT_PURPOSE_SWEEP, unit_of_streams);
    for (int k = 0; k < 4; k++)
        b->random[k][lane_of(c, chain)] = (uint32_t)(heat_stream_bits(&stream) >> 32);
    b->energy[lane_of(c, chain)] = energy_units(c, chain);
    if (c->best_units != NULL)
        c->best_units[chain] = INT64_MAX;
}

void heat_lane_chains_get_state(const heat_chains *c, int64_t chain, const uint16_t *down, int8_t *state)
{
    uint16_t bit = bit_of(c, chain);
    int8_t low = c->info.coding == HEAT_CODING_SPIN ? -1 : 0;
    bool flipped = c->sign[chain] < 0;

    for (int64_t i = 0; i < c->n; i++)
        state[i] = ((down[word_of(c, chain, i)] & bit) != 0) != flipped ? low : 1;
}

double heat_lane_chains_energy(const heat_chains *c, int64_t units)
{
    return c->offset + c->lanes->unit * (double)units;
}

void heat_lane_chains_measure(heat_chains *c, int64_t unit)
{
    int64_t first = unit * c->width;

    heat_lane_count_down(&c->blocks[unit], c->n, c->n_down + first);
    if (c->lanes->graph.residual_twice != NULL) {
        float residual[HEAT_MOST_WIDE_LANES];
        c->kernel->residual(&c->lanes->graph, &c->blocks[unit], residual);
        for (int32_t l = 0; l < c->width; l++)
            c->residual[first + l] = (double)residual[l];
    }
}

/* Adds the bits that differ, column by column, to the move counts of the unit's chains. */
static void count_moves(heat_chains *c, int64_t unit)
{
    heat_lane_block changed = {.n_vectors = c->blocks[unit].n_vectors, .down = c->before[unit]};
    int64_t words = (int64_t)c->n * changed.n_vectors, first, last;
    int32_t moves[HEAT_MOST_WIDE_LANES];

    for (int64_t k = 0; k < words; k++)
        changed.down[k] ^= c->blocks[unit].down[k];
    heat_lane_count_down(&changed, c->n, moves);
    heat_chains_get_unit(c, unit, &first, &last);
    for (int64_t chain = first; chain < last; chain++)
        c->n_moves[chain] += moves[chain - first];
    c->n_counted[unit]++;
}

void heat_chains_sweep_lanes(heat_chains *c, int64_t unit, heat_flip_rule rule)
{
    heat_lane_block *b = &c->blocks[unit];
    bool counted = c->n_sweeps[unit] % SWEEPS_A_COUNT == 0;

    if (counted)
        memcpy(c->before[unit], b->down, (size_t)c->n * (size_t)b->n_vectors * sizeof *b->down);
    c->kernel->sweep(&c->lanes->graph, b, rule);
    if (counted)
        count_moves(c, unit);
}

void heat_lane_chains_keep_best(heat_chains *c, int64_t unit)
{
    heat_lane_block *b = &c->blocks[unit];
    uint64_t improved = 0, keep;
    uint16_t part[HEAT_MOST_VECTORS];
    int64_t first, last;

    heat_chains_get_unit(c, unit, &first, &last);
    for (int64_t chain = first; chain < last; chain++)
        if (b->energy[chain - first] < c->best_units[chain]) {
            c->best_units[chain] = b->energy[chain - first];
            improved |= (uint64_t)1 << (chain - first);
        }
    if (improved == 0)
        return;
    for (int v = 0; v < b->n_vectors; v++)
        part[v] = (uint16_t)(improved >> HEAT_LANES_A_VECTOR * v);
    for (int64_t i = 0; i < c->n; i++)
        for (int v = 0; v < b->n_vectors; v++) {
            uint16_t *best = &c->best_down[unit][i * b->n_vectors + v];
            keep = (uint64_t)(*best & ~part[v]);
            *best = (uint16_t)(keep | (b->down[i * b->n_vectors + v] & part[v]));
        }
}
