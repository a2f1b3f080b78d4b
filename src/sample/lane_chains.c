/* Chains as bits, for pairwise models whose couplings fit the lane kernel's integers: the chains of a unit
 * fill the lanes of its blocks, in order. */
#include "sample/lane_chains.h"
#include "base/context_private.h"
#include "base/memory.h"

#include <math.h>
#include <string.h>

enum {
    SWEEPS_A_COUNT = 16, /* moves are counted in one sweep of so many */
    SWEEPS_A_RESIDUAL =
        16, /* what rounding lost is summed in one recorded sweep of so many, the first included */
    SITES_BETWEEN_POLLS = 1 << 10
};

/* Where a chain lives. */
typedef struct place {
    int64_t block; /* among all */
    int64_t cell;  /* of arrays [unit][block][lane] */
    int32_t lane;
    uint16_t bit; /* of the words that hold the lane */
} place;

static place place_of(const heat_chains *c, int64_t chain)
{
    const heat_lane_store *s = c->store;
    int64_t within = chain % c->width;
    place p;

    p.block = chain / c->width * s->n_blocks + within / s->block_width;
    p.lane = (int32_t)(within % s->block_width);
    p.cell = p.block * s->block_width + p.lane;
    p.bit = (uint16_t)(1u << p.lane % HEAT_LANES_A_VECTOR);
    return p;
}

/* Where the word of site 0 that holds the lane stands; those of the other sites follow n_vectors apart. */
static int64_t first_word(const place *p)
{
    return p->lane / HEAT_LANES_A_VECTOR;
}

/* Few chains make narrow blocks, so that threads have something to share; two vectors share what they read of
 * the graph, a sixth sooner, and four pay where lanes share the rows of a dense graph, elsewhere they ask for
 * more registers than there are. Then as many whole groups a unit as fill a block, or as many blocks as hold
 * one group. */
static void choose_widths(heat_chains *c, heat_lane_store *s)
{
    int32_t most = c->n_chains <= 48 ? 16 : c->n_chains <= 256 || !s->lanes->is_dense ? 32 : 64;

    s->block_width = most;
    if (c->group > most && c->group <= HEAT_MOST_WIDE_LANES)
        s->block_width = c->group <= 32 ? 32 : 64;
    if (c->group > s->block_width) { /* the narrowest blocks waste the fewest lanes */
        s->block_width = c->group % 64 == 0 || c->group % 64 > 48 ? 64 : 16;
        c->width = c->group;
    } else {
        c->width = s->block_width / c->group * c->group;
    }
    s->n_blocks = (c->width + s->block_width - 1) / s->block_width;
    s->n_blocks_in_all = (c->n_chains + c->width - 1) / c->width * s->n_blocks;
}

static int64_t field_bytes(const heat_lane_store *s)
{
    return (s->block_width + 1) * heat_lane_row_bytes(&s->lanes->graph);
}

static heat_status alloc_blocks(heat_context *ctx, const heat_chains *c, heat_lane_store *s, bool track_best)
{
    int64_t words = (int64_t)c->n * (s->block_width / HEAT_LANES_A_VECTOR), n = s->n_blocks_in_all;
    heat_status status = heat_alloc(ctx, n, sizeof *s->blocks, &s->blocks);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, n, sizeof *s->before, &s->before);
    if (status == HEAT_OK && track_best)
        status = heat_alloc(ctx, n, sizeof *s->best_down, &s->best_down);
    if (status == HEAT_OK && track_best)
        status = heat_alloc(ctx, n * s->block_width, sizeof *s->best_units, &s->best_units);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n * s->block_width, sizeof *s->residual, &s->residual);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n * s->block_width, sizeof *s->n_down, &s->n_down);
    for (int64_t b = 0; b < n && status == HEAT_OK; b++) {
        heat_lane_block *block = &s->blocks[b];
        block->n_vectors = s->block_width / HEAT_LANES_A_VECTOR;
        status = heat_alloc(ctx, words, sizeof(uint16_t), &block->down);
        if (status == HEAT_OK && s->lanes->is_dense)
            status = heat_alloc(ctx, field_bytes(s), 1, &block->fields);
        if (status == HEAT_OK)
            status = heat_alloc(ctx, words, sizeof(uint16_t), &s->before[b]);
        if (status == HEAT_OK && track_best)
            status = heat_alloc(ctx, words, sizeof(uint16_t), &s->best_down[b]);
    }
    return status;
}

static heat_status lanes_open(heat_context *ctx, heat_chains *c, const heat_chains_plan *plan, bool *fits)
{
    heat_lane_store *s = NULL;
    heat_pairwise graph;
    double beta_max = 0;
    heat_status status;

    if (!heat_model_get_pairwise(c->model, &graph))
        return HEAT_OK;
    status = heat_alloc(ctx, 1, sizeof *s, &s);
    if (status != HEAT_OK)
        return status;
    c->store = s;
    s->kernel = heat_isa_get(plan->isa)->lanes;
    s->offset = graph.offset;
    for (int32_t k = 0; k < plan->n_rungs && !plan->is_search; k++)
        beta_max = fmax(beta_max, plan->betas[k]);
    status = heat_lane_model_create(ctx, &graph, beta_max, &s->lanes);
    if (status != HEAT_OK)
        return status;
    *fits = s->lanes != NULL;
    if (!*fits) {
        heat_log(ctx, HEAT_LOG_NOTE,
                 "%s: its couplings span too many orders of magnitude for the fast kernels at this "
                 "temperature; the slow one is used",
                 c->info.name);
        return HEAT_OK;
    }
    choose_widths(c, s);
    return alloc_blocks(ctx, c, s, plan->track_best);
}

static void lanes_free(heat_chains *c)
{
    heat_lane_store *s = c->store;

    if (s == NULL)
        return;
    for (int64_t b = 0; b < s->n_blocks_in_all; b++) {
        heat_free(s->blocks == NULL ? NULL : s->blocks[b].down);
        heat_free(s->blocks == NULL ? NULL : s->blocks[b].fields);
        heat_free(s->before == NULL ? NULL : s->before[b]);
        heat_free(s->best_down == NULL ? NULL : s->best_down[b]);
    }
    heat_free(s->blocks);
    heat_free(s->before);
    heat_free(s->best_down);
    heat_free(s->best_units);
    heat_free(s->residual);
    heat_free(s->n_down);
    heat_lane_model_free(s->lanes);
    heat_free(s);
}

static double lanes_bytes(const heat_model *model, const heat_model_info *info, const heat_chains_plan *plan)
{
    double lanes = ceil((double)plan->n_chains / HEAT_LANES_A_VECTOR) * HEAT_LANES_A_VECTOR;
    heat_pairwise graph;

    if (!heat_model_get_pairwise(model, &graph))
        return -1;
    return lanes * ((plan->track_best ? 3 : 2) / 8.0 * info->n_variables + 64) +
           (heat_lane_is_dense(info->n_variables, 2 * info->n_edges)
                ? ((lanes + 64) * 4 + 2.0 * info->n_variables) * info->n_variables
                : 0) +
           (heat_lane_keeps_rows(info->n_variables, 2 * info->n_edges)
                ? 2.0 * info->n_variables * info->n_variables
                : 0) +
           (double)info->n_edges * 2 * sizeof(int32_t) * /* units of the lanes' own, and twice them */
               (heat_lane_keeps_twice(info->n_variables, 2 * info->n_edges) ? 2 : 1) +
           info->n_variables * (double)(3 * sizeof(int32_t) + sizeof(float));
}

static void lanes_set_beta(heat_chains *c, int64_t chain, double beta)
{
    const double ln2 = 0.69314718055994530942;
    heat_lane_store *s = c->store;
    place p = place_of(c, chain);
    double scale = -2 * beta * s->lanes->graph.unit / ln2;

    /* a float's infinity times a zero field would be NaN */
    s->blocks[p.block].scale[p.lane] = (float)(scale < -1e30 ? -1e30 : scale);
}

/* The field of site i in one lane, in units. */
static int64_t field_of(const heat_lane_store *s, const place *p, int32_t i)
{
    const heat_lane_graph *g = &s->lanes->graph;
    const heat_lane_block *b = &s->blocks[p->block];
    const uint16_t *down = b->down + first_word(p);
    int64_t field = g->upward[i];

    if (b->fields != NULL) {
        int64_t at = (int64_t)p->lane * heat_lane_stride(g->pairs.n) + i;
        return g->narrow != NULL ? ((const int16_t *)b->fields)[at] : ((const int32_t *)b->fields)[at];
    }
    for (int64_t k = g->pairs.row[i]; k < g->pairs.row[i + 1]; k++) {
        int64_t is_down = down[(int64_t)g->pairs.col[k] * b->n_vectors] >> p->lane % HEAT_LANES_A_VECTOR & 1;
        field -= 2 * is_down * heat_lane_units(g, k);
    }
    return field;
}

/* Twice the energy of the pairs, twice that of the fields: E = -sum_i s_i (h_i + field_i) / 2, field_i with
 * h_i in it. Brings the kept fields up to date. */
static int64_t energy_units(heat_lane_store *s, const place *p)
{
    const heat_lane_graph *g = &s->lanes->graph;
    heat_lane_block *b = &s->blocks[p->block];
    const uint16_t *down = b->down + first_word(p);
    int64_t twice = 0;

    if (b->fields != NULL)
        s->kernel->refresh(g, b, p->lane);
    for (int32_t i = 0; i < g->pairs.n; i++) {
        int64_t both = field_of(s, p, i) + heat_lane_round(g->pairs.field[i], g->per_unit);
        twice += down[(int64_t)i * b->n_vectors] & p->bit ? both : -both;
    }
    return twice / 2;
}

static void put_spin(const heat_lane_block *b, const place *p, int64_t site, int8_t value)
{
    uint16_t *word = &b->down[site * b->n_vectors + first_word(p)];

    *word = (uint16_t)(value == 1 ? *word & ~p->bit : *word | p->bit);
}

static heat_status lanes_set_state(heat_context *worker, heat_chains *c, int64_t chain, const void *row)
{
    const int8_t *state = row;
    heat_lane_store *s = c->store;
    place p = place_of(c, chain);

    (void)worker;
    for (int64_t i = 0; i < c->n; i++)
        put_spin(&s->blocks[p.block], &p, i, state[i]);
    s->blocks[p.block].energy[p.lane] = energy_units(s, &p);
    return HEAT_OK;
}

static void lanes_compare(const heat_chains *c, const int64_t pair[2], uint8_t *unlike)
{
    const heat_lane_store *s = c->store;
    const place p[2] = {place_of(c, pair[0]), place_of(c, pair[1])};
    const heat_lane_block *a = &s->blocks[p[0].block], *b = &s->blocks[p[1].block];
    const uint16_t *down_a = a->down + first_word(&p[0]), *down_b = b->down + first_word(&p[1]);
    int32_t lane_a = p[0].lane % HEAT_LANES_A_VECTOR, lane_b = p[1].lane % HEAT_LANES_A_VECTOR;

    for (int64_t i = 0; i < c->n; i++)
        unlike[i] = (uint8_t)((down_a[i * a->n_vectors] >> lane_a ^ down_b[i * b->n_vectors] >> lane_b) & 1);
}

/* Flips one spin after the other in the first chain, whose energy gains what that of the second loses. */
static void lanes_flip(heat_chains *c, const int64_t pair[2], int64_t n_sites, const int32_t *sites)
{
    heat_lane_store *s = c->store;
    const place p[2] = {place_of(c, pair[0]), place_of(c, pair[1])};
    heat_lane_block *a = &s->blocks[p[0].block], *b = &s->blocks[p[1].block];
    uint16_t *down_a = a->down + first_word(&p[0]), *down_b = b->down + first_word(&p[1]);
    int64_t gain = 0;

    for (int64_t at = 0; at < n_sites; at++) {
        uint16_t *word = &down_a[(int64_t)sites[at] * a->n_vectors];
        int64_t field = a->fields != NULL ? 0 : field_of(s, &p[0], sites[at]);
        gain += *word & p[0].bit ? -2 * field : 2 * field;
        *word ^= p[0].bit;
        down_b[(int64_t)sites[at] * b->n_vectors] ^= p[1].bit;
    }
    a->energy[p[0].lane] += gain;
    b->energy[p[1].lane] -= gain;
    for (int k = 0; k < 2 && a->fields != NULL && n_sites > 0; k++)
        s->blocks[p[k].block].energy[p[k].lane] = energy_units(s, &p[k]);
}

/* Adds the units of a pair to the sums of the lanes in which its spins differ. */
static void add_differing(const heat_lane_block *b, int64_t i, int64_t j, int32_t units, int32_t *sum)
{
    static const uint16_t bit[HEAT_LANES_A_VECTOR] = {1 << 0,  1 << 1,  1 << 2,  1 << 3, 1 << 4,  1 << 5,
                                                      1 << 6,  1 << 7,  1 << 8,  1 << 9, 1 << 10, 1 << 11,
                                                      1 << 12, 1 << 13, 1 << 14, 1 << 15};

    for (int v = 0; v < b->n_vectors; v++) {
        uint16_t differ = b->down[i * b->n_vectors + v] ^ b->down[j * b->n_vectors + v];
        for (int l = 0; l < HEAT_LANES_A_VECTOR; l++)
            sum[HEAT_LANES_A_VECTOR * v + l] += differ & bit[l] ? units : 0;
    }
}

/* E = sum_(i<j) J_ij (2 [s_i != s_j] - 1) + sum_i h_i (2 [s_i = -1] - 1), of all lanes in one walk. The sums
 * of a row stay within the size of a field, which is at most 2^25. False if halted. */
static bool sum_block(const heat_context *ctx, const heat_lane_store *s, heat_lane_block *b)
{
    const heat_lane_graph *g = &s->lanes->graph;
    int64_t above[HEAT_MOST_WIDE_LANES] = {0}, all_up = 0;

    for (int32_t i = 0; i < g->pairs.n; i++) {
        int32_t sum[HEAT_MOST_WIDE_LANES] = {0}, field = heat_lane_round(g->pairs.field[i], g->per_unit);
        if (i % SITES_BETWEEN_POLLS == 0 && heat_halted(ctx))
            return false;
        for (int64_t k = g->pairs.row[i + 1]; k > g->pairs.row[i] && g->pairs.col[k - 1] > i; k--) {
            int32_t units = heat_lane_units(g, k - 1);
            add_differing(b, i, g->pairs.col[k - 1], units, sum);
            all_up -= units;
        }
        all_up -= field;
        for (int32_t l = 0; l < s->block_width; l++) {
            bool is_down =
                b->down[(int64_t)i * b->n_vectors + l / HEAT_LANES_A_VECTOR] >> l % HEAT_LANES_A_VECTOR & 1;
            above[l] += sum[l] + (is_down ? field : 0);
        }
    }
    for (int32_t l = 0; l < s->block_width; l++)
        b->energy[l] = all_up + 2 * above[l];
    return true;
}

static bool lanes_sum_energies(const heat_context *ctx, heat_chains *c, int64_t unit)
{
    heat_lane_store *s = c->store;

    for (int64_t block = unit * s->n_blocks; block < (unit + 1) * s->n_blocks; block++) {
        heat_lane_block *b = &s->blocks[block];
        for (int32_t l = 0; b->fields != NULL && l < s->block_width && !heat_halted(ctx); l++)
            s->kernel->refresh(&s->lanes->graph, b, l);
        if (!sum_block(ctx, s, b))
            return false;
    }
    return true;
}

static heat_status lanes_draw(heat_context *ctx, heat_chains *c, int64_t chain, const void *row,
                              uint64_t stream_unit)
{
    const int8_t *state = row;
    heat_lane_store *s = c->store;
    place p = place_of(c, chain);
    heat_lane_block *b = &s->blocks[p.block];
    heat_stream stream;

    (void)ctx;
    heat_stream_init(&stream, c->seed, HEAT_PURPOSE_INITIAL, stream_unit);
    for (int64_t i = 0; i < c->n; i++)
        put_spin(b, &p, i, state != NULL ? state[i] : heat_random_value(&c->info, &stream));
    heat_stream_init(&stream, c->seed, HEAT_PURPOSE_SWEEP, stream_unit);
    for (int k = 0; k < 4; k++)
        b->random[k][p.lane] = (uint32_t)(heat_stream_bits(&stream) >> 32);
    if (s->best_units != NULL)
        s->best_units[p.cell] = INT64_MAX;
    return HEAT_OK;
}

static heat_status lanes_start(heat_context *ctx, heat_chains *c, int64_t chain, const void *state,
                               uint64_t stream_unit)
{
    heat_lane_store *s = c->store;
    place p = place_of(c, chain);
    heat_status status = lanes_draw(ctx, c, chain, state, stream_unit);

    s->blocks[p.block].energy[p.lane] = energy_units(s, &p);
    return status;
}

static void read_state(const heat_chains *c, const place *p, const uint16_t *down, int8_t *state)
{
    const heat_lane_store *s = c->store;
    int8_t low = c->info.coding == HEAT_CODING_SPIN ? -1 : 0;
    int64_t n_vectors = s->block_width / HEAT_LANES_A_VECTOR;

    for (int64_t i = 0; i < c->n; i++)
        state[i] = down[i * n_vectors + first_word(p)] & p->bit ? low : 1;
}

static void lanes_get_state(const heat_chains *c, int64_t chain, void *state)
{
    const heat_lane_store *s = c->store;
    place p = place_of(c, chain);

    read_state(c, &p, s->blocks[p.block].down, state);
}

static double energy_of_units(const heat_lane_store *s, int64_t units)
{
    return s->offset + s->lanes->graph.unit * (double)units;
}

static double lanes_get_walk_energy(const heat_chains *c, int64_t chain)
{
    const heat_lane_store *s = c->store;
    place p = place_of(c, chain);

    return energy_of_units(s, s->blocks[p.block].energy[p.lane]);
}

static double lanes_get_energy(const heat_chains *c, int64_t chain)
{
    const heat_lane_store *s = c->store;

    return lanes_get_walk_energy(c, chain) + s->residual[place_of(c, chain).cell];
}

static int64_t lanes_get_total(const heat_chains *c, int64_t chain)
{
    const heat_lane_store *s = c->store;
    int64_t n_down = s->n_down[place_of(c, chain).cell];

    return c->info.coding == HEAT_CODING_SPIN ? c->n - 2 * n_down : c->n - n_down;
}

static void measure_blocks(heat_chains *c, int64_t unit, bool residuals)
{
    heat_lane_store *s = c->store;

    for (int64_t b = unit * s->n_blocks; b < (unit + 1) * s->n_blocks; b++) {
        s->kernel->count(s->blocks[b].down, c->n, s->blocks[b].n_vectors, s->n_down + b * s->block_width);
        if (residuals && s->lanes->graph.residual_upward != NULL) {
            float residual[HEAT_MOST_WIDE_LANES];
            s->kernel->residual(&s->lanes->graph, &s->blocks[b], residual);
            for (int32_t l = 0; l < s->block_width; l++)
                s->residual[b * s->block_width + l] = (double)residual[l];
        }
    }
}

static void lanes_measure(heat_chains *c, int64_t unit)
{
    measure_blocks(c, unit, true);
}

static void lanes_follow(heat_chains *c, int64_t unit)
{
    measure_blocks(c, unit, (c->n_sweeps[unit] - c->burn_in) % SWEEPS_A_RESIDUAL == 1);
}

/* Adds the bits that differ, column by column, to the move counts of the unit's chains; `before` is spent. */
static void count_moves(heat_chains *c, int64_t unit)
{
    heat_lane_store *s = c->store;
    int64_t first, last;

    heat_chains_get_unit(c, unit, &first, &last);
    for (int64_t k = 0; k < s->n_blocks; k++) {
        int64_t b = unit * s->n_blocks + k;
        uint16_t *changed = s->before[b];
        int32_t moves[HEAT_MOST_WIDE_LANES];
        for (int64_t w = 0; w < (int64_t)c->n * s->blocks[b].n_vectors; w++)
            changed[w] ^= s->blocks[b].down[w];
        s->kernel->count(changed, c->n, s->blocks[b].n_vectors, moves);
        for (int32_t l = 0; l < s->block_width && first + k * s->block_width + l < last; l++)
            c->n_moves[first + k * s->block_width + l] += moves[l];
    }
    c->n_counted[unit]++;
}

static double lanes_sweep_cost(const heat_chains *c)
{
    return (2.0 * (double)c->info.n_edges + 10.0 * c->n) * c->width;
}

/* A search ends within a sweep of a large graph: a halt leaves the sites behind where they are. */
static void sweep_block(const heat_context *worker, const heat_chains *c, heat_lane_block *b,
                        heat_flip_rule rule)
{
    const heat_lane_store *s = c->store;
    const double visits = 5e6; /* of neighbours by lanes, between two polls */
    double sites = visits / lanes_sweep_cost(c) * c->n;
    int32_t step = c->n;

    if (c->is_search && sites < c->n)
        step = ((int32_t)sites / HEAT_SITES_A_FLUSH + 1) * HEAT_SITES_A_FLUSH;
    for (b->first = 0; b->first < c->n && !(b->first > 0 && heat_halted(worker)); b->first += step) {
        b->end = step < c->n - b->first ? b->first + step : c->n;
        s->kernel->sweep(&s->lanes->graph, b, rule);
    }
}

static heat_status lanes_sweep(heat_context *worker, heat_chains *c, int64_t unit, const heat_site_rule *rule)
{
    heat_lane_store *s = c->store;
    bool counted = c->n_sweeps[unit] % SWEEPS_A_COUNT == 0;

    for (int64_t b = unit * s->n_blocks; b < (unit + 1) * s->n_blocks; b++) {
        heat_lane_block *block = &s->blocks[b];
        if (counted)
            memcpy(s->before[b], block->down, (size_t)c->n * (size_t)block->n_vectors * sizeof *block->down);
        sweep_block(worker, c, block, rule->flip);
    }
    if (counted)
        count_moves(c, unit);
    return HEAT_OK;
}

/* Copies the bits of the lanes in `improved` to the block's best. */
static void keep_lanes(const heat_chains *c, heat_lane_store *s, int64_t b, uint64_t improved)
{
    const heat_lane_block *block = &s->blocks[b];
    uint16_t part[HEAT_MOST_VECTORS];

    for (int v = 0; v < block->n_vectors; v++)
        part[v] = (uint16_t)(improved >> HEAT_LANES_A_VECTOR * v);
    for (int64_t i = 0; i < c->n; i++)
        for (int v = 0; v < block->n_vectors; v++) {
            uint16_t *best = &s->best_down[b][i * block->n_vectors + v];
            uint16_t now = block->down[i * block->n_vectors + v];
            *best = (uint16_t)((*best & ~part[v]) | (now & part[v]));
        }
}

static void lanes_keep_best(heat_chains *c, int64_t unit)
{
    heat_lane_store *s = c->store;
    int64_t first, last;

    heat_chains_get_unit(c, unit, &first, &last);
    for (int64_t k = 0; k < s->n_blocks; k++) {
        int64_t b = unit * s->n_blocks + k;
        uint64_t improved = 0;
        for (int32_t l = 0; l < s->block_width && first + k * s->block_width + l < last; l++)
            if (s->blocks[b].energy[l] < s->best_units[b * s->block_width + l]) {
                s->best_units[b * s->block_width + l] = s->blocks[b].energy[l];
                improved |= (uint64_t)1 << l;
            }
        if (improved != 0)
            keep_lanes(c, s, b, improved);
    }
}

static double lanes_get_best(const heat_chains *c, int64_t chain, void *state)
{
    const heat_lane_store *s = c->store;
    place p = place_of(c, chain);

    if (state != NULL)
        read_state(c, &p, s->best_down[p.block], state);
    return energy_of_units(s, s->best_units[p.cell]);
}

static heat_status lanes_add_parts(heat_context *ctx, heat_chains *c, heat_parts *p)
{
    heat_lane_store *s = c->store;
    int64_t words = (int64_t)c->n * (s->block_width / HEAT_LANES_A_VECTOR);
    int64_t lanes = s->n_blocks_in_all * s->block_width;
    heat_status status = HEAT_OK;

    for (int64_t b = 0; b < s->n_blocks_in_all && status == HEAT_OK; b++) {
        heat_lane_block *block = &s->blocks[b];
        status = heat_parts_add(ctx, p, "lanes/down", b, block->down, words * (int64_t)sizeof *block->down);
        if (status == HEAT_OK)
            status = heat_parts_add(ctx, p, "lanes/scale", b, block->scale, sizeof block->scale);
        if (status == HEAT_OK)
            status = heat_parts_add(ctx, p, "lanes/energy", b, block->energy, sizeof block->energy);
        if (status == HEAT_OK)
            status = heat_parts_add(ctx, p, "lanes/random", b, block->random, sizeof block->random);
        if (status == HEAT_OK && block->fields != NULL)
            status = heat_parts_add(ctx, p, "lanes/fields", b, block->fields, field_bytes(s));
        if (status == HEAT_OK && s->best_down != NULL)
            status = heat_parts_add(ctx, p, "lanes/best_down", b, s->best_down[b],
                                    words * (int64_t)sizeof *block->down);
    }
    if (status == HEAT_OK && s->lanes->graph.residual_upward != NULL)
        status =
            heat_parts_add(ctx, p, "lanes/residual", -1, s->residual, lanes * (int64_t)sizeof *s->residual);
    if (status == HEAT_OK && s->best_units != NULL)
        status = heat_parts_add(ctx, p, "lanes/best_units", -1, s->best_units,
                                lanes * (int64_t)sizeof *s->best_units);
    return status;
}

static double lanes_get_slack(const heat_chains *c)
{
    const heat_lane_store *s = c->store;

    if (s->lanes->graph.residual_upward == NULL)
        return 0;
    return s->lanes->graph.unit *
           ((double)c->info.n_edges + c->n); /* each term is off by at most half a unit, twice over */
}

const heat_layout heat_layout_lanes = {
    .name = "lanes",
    .price = {.lanes = HEAT_LANES_A_VECTOR, .visit = HEAT_VISIT_NS, .neighbour = HEAT_NEIGHBOUR_NS},
    .bytes = lanes_bytes,
    .open = lanes_open,
    .free = lanes_free,
    .set_beta = lanes_set_beta,
    .start = lanes_start,
    .draw = lanes_draw,
    .sum_energies = lanes_sum_energies,
    .set_state = lanes_set_state,
    .compare = lanes_compare,
    .flip = lanes_flip,
    .sweep = lanes_sweep,
    .measure = lanes_measure,
    .follow = lanes_follow,
    .add_parts = lanes_add_parts,
    .get_state = lanes_get_state,
    .get_energy = lanes_get_energy,
    .get_walk_energy = lanes_get_walk_energy,
    .get_total = lanes_get_total,
    .keep_best = lanes_keep_best,
    .get_best = lanes_get_best,
    .get_slack = lanes_get_slack,
    .sweep_cost = lanes_sweep_cost};
