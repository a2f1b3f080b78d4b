/* Chains as bits of 512-bit words, for pairwise models whose couplings and fields are few units of one size,
 * in runs that keep at least 128 chains at one temperature. Every chain has random bits of its own; the
 * generators are those of its unit, keyed by the unit's first chain. */
#include "sample/bit_chains.h"
#include "base/memory.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum {
    FEWEST_CHAINS = 128, /* of one temperature: with fewer, the lanes are as fast */
    SWEEPS_A_COUNT = 16, /* moves are counted in one sweep of so many */
};

/* Chains a unit: the words of one unit have one temperature. 0 if that cannot be. */
static int32_t choose_width(const heat_chains_plan *plan)
{
    int64_t together = plan->n_rungs > 0 ? plan->n_chains / plan->n_rungs : 0;
    int64_t group = plan->group > 0 ? plan->group : 1;

    if (!plan->is_steady || plan->is_search || plan->track_best || together < FEWEST_CHAINS)
        return 0;
    for (int64_t units = (together + HEAT_BITS - 1) / HEAT_BITS; together / units >= FEWEST_CHAINS; units++) {
        int64_t width = (together + units - 1) / units;
        bool is_even = together % units == 0 && width % group == 0;
        if (is_even)
            return (int32_t)width;
        width = (width + group - 1) / group * group;
        if (plan->n_rungs == 1 && width <= HEAT_BITS)
            return (int32_t)width;
    }
    return 0;
}

static heat_status alloc_units(heat_context *ctx, heat_bit_store *s)
{
    int64_t words = s->n_units * s->graph.n_words;
    heat_status status = heat_alloc(ctx, words, sizeof *s->words, &s->words);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, words, sizeof *s->before, &s->before);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, s->n_units, sizeof *s->random, &s->random);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, s->n_units, sizeof *s->thresholds, &s->thresholds);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, s->n_units, sizeof *s->beta, &s->beta);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, s->n_units * HEAT_BITS, sizeof *s->unsatisfied, &s->unsatisfied);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, s->n_units * HEAT_BITS, sizeof *s->n_down, &s->n_down);
    for (int64_t u = 0; u < s->n_units && status == HEAT_OK; u++)
        s->beta[u] = (double)NAN;
    return status;
}

static heat_status bits_open(heat_context *ctx, heat_chains *c, const heat_chains_plan *plan, bool *fits)
{
    heat_bit_store *s = NULL;
    heat_pairwise graph;
    int32_t width = choose_width(plan);
    heat_status status;

    *fits = width > 0 && heat_model_get_pairwise(c->model, &graph) && heat_bit_graph_fits(&graph);
    if (!*fits)
        return HEAT_OK;
    status = heat_alloc(ctx, 1, sizeof *s, &s);
    if (status != HEAT_OK)
        return status;
    c->store = s;
    c->width = width;
    s->n_units = (c->n_chains + width - 1) / width;
    s->kernel = heat_isa_get(plan->isa)->bits;
    status = heat_bit_graph_init(ctx, &graph, &s->graph);
    return status == HEAT_OK ? alloc_units(ctx, s) : status;
}

static void bits_free(heat_chains *c)
{
    heat_bit_store *s = c->store;

    if (s == NULL)
        return;
    heat_free(s->words);
    heat_free(s->before);
    heat_free(s->random);
    heat_free(s->thresholds);
    heat_free(s->beta);
    heat_free(s->unsatisfied);
    heat_free(s->n_down);
    heat_bit_graph_clear(&s->graph);
    heat_free(s);
}

static double bits_bytes(const heat_model *model, const heat_model_info *info, const heat_chains_plan *plan)
{
    int32_t width = choose_width(plan);
    heat_pairwise graph;

    (void)info;
    if (width == 0 || !heat_model_get_pairwise(model, &graph) || !heat_bit_graph_fits(&graph))
        return -1;
    return heat_bit_graph_bytes(&graph) +
           ceil((double)plan->n_chains / width) *
               (2 * (graph.n + 1.0) * sizeof(heat_bit_word) + sizeof(heat_bit_random) +
                sizeof(heat_bit_thresholds) + sizeof(double) + 2 * HEAT_BITS * sizeof(int32_t));
}

/* The thresholds follow when the unit is swept next. */
static void bits_set_beta(heat_chains *c, int64_t chain, double beta)
{
    (void)c;
    (void)chain;
    (void)beta;
}

static heat_bit_word *words_of(const heat_bit_store *s, int64_t unit)
{
    return s->words + unit * s->graph.n_words;
}

static void put_spin(const heat_chains *c, int64_t chain, int64_t site, int8_t value)
{
    const heat_bit_store *s = c->store;
    int64_t bit = chain % c->width;
    uint64_t *part = &words_of(s, chain / c->width)[s->graph.word[site]].part[bit / 64];

    *part = (*part & ~((uint64_t)1 << bit % 64)) | (uint64_t)(value != 1) << bit % 64;
}

static heat_status bits_set_state(heat_context *worker, heat_chains *c, int64_t chain, const void *row)
{
    const int8_t *state = row;
    (void)worker;
    for (int64_t i = 0; i < c->n; i++)
        put_spin(c, chain, i, state[i]);
    return HEAT_OK;
}

static heat_status bits_start(heat_context *ctx, heat_chains *c, int64_t chain, const void *row,
                              uint64_t stream_unit)
{
    const int8_t *state = row;
    heat_bit_store *s = c->store;
    heat_stream stream;

    (void)ctx;
    heat_stream_init(&stream, c->seed, HEAT_PURPOSE_INITIAL, stream_unit);
    for (int64_t i = 0; i < c->n; i++)
        put_spin(c, chain, i, state != NULL ? state[i] : heat_random_value(&c->info, &stream));
    if (chain % c->width != 0)
        return HEAT_OK;
    heat_stream_init(&stream, c->seed, HEAT_PURPOSE_SWEEP, stream_unit);
    for (int g = 0; g < HEAT_BIT_STREAMS; g++)
        for (int k = 0; k < 4; k++)
            for (int p = 0; p < HEAT_BITS / 64; p++)
                s->random[chain / c->width].state[g][k].part[p] = heat_stream_bits(&stream);
    return HEAT_OK;
}

static void set_thresholds(const heat_chains *c, int64_t unit, heat_flip_rule rule)
{
    heat_bit_store *s = c->store;
    int64_t first, last;

    heat_chains_get_unit(c, unit, &first, &last);
    for (int64_t chain = first; chain < last; chain++)
        assert(c->beta[chain] == c->beta[first]); /* that is what is_steady promises */
    if (s->beta[unit] == c->beta[first] && s->thresholds[unit].rule == rule)
        return;
    s->beta[unit] = c->beta[first];
    heat_bit_thresholds_set(&s->thresholds[unit], rule, c->beta[first] * s->graph.unit);
}

static void count_moves(heat_chains *c, int64_t unit)
{
    heat_bit_store *s = c->store;
    int32_t moves[HEAT_BITS];
    int64_t first, last;

    heat_chains_get_unit(c, unit, &first, &last);
    s->kernel->count(s->graph.n_words, words_of(s, unit), s->before + unit * s->graph.n_words, moves);
    for (int64_t chain = first; chain < last; chain++)
        c->n_moves[chain] += moves[chain - first];
    c->n_counted[unit]++;
}

static heat_status bits_sweep(heat_context *worker, heat_chains *c, int64_t unit, const heat_site_rule *rule)
{
    heat_bit_store *s = c->store;
    heat_bit_word *words = words_of(s, unit);
    bool counted = c->n_sweeps[unit] % SWEEPS_A_COUNT == 0;

    (void)worker;
    set_thresholds(c, unit, rule->flip);
    if (counted)
        memcpy(s->before + unit * s->graph.n_words, words, (size_t)s->graph.n_words * sizeof *words);
    for (int32_t r = 0; r < s->graph.n_runs; r++)
        s->kernel->sweep(&s->graph.runs[r], s->graph.signs, words, &s->thresholds[unit], &s->random[unit]);
    if (counted)
        count_moves(c, unit);
    return HEAT_OK;
}

static void bits_measure(heat_chains *c, int64_t unit)
{
    heat_bit_store *s = c->store;

    s->kernel->count_pairs(s->graph.n_pairs, s->graph.pairs, s->graph.signs, words_of(s, unit),
                           s->unsatisfied + unit * HEAT_BITS);
    s->kernel->count(s->graph.n_words, words_of(s, unit), NULL, s->n_down + unit * HEAT_BITS);
}

static heat_status bits_add_parts(heat_context *ctx, heat_chains *c, heat_parts *p)
{
    heat_bit_store *s = c->store;
    heat_status status = heat_parts_add(ctx, p, "bits/words", -1, s->words,
                                        s->n_units * s->graph.n_words * (int64_t)sizeof *s->words);

    if (status == HEAT_OK)
        status =
            heat_parts_add(ctx, p, "bits/random", -1, s->random, s->n_units * (int64_t)sizeof *s->random);
    return status;
}

static void bits_get_state(const heat_chains *c, int64_t chain, void *row)
{
    int8_t *state = row;
    const heat_bit_store *s = c->store;
    const heat_bit_word *words = words_of(s, chain / c->width);
    int64_t bit = chain % c->width;
    int8_t low = c->info.coding == HEAT_CODING_SPIN ? -1 : 0;

    for (int64_t i = 0; i < c->n; i++)
        state[i] = words[s->graph.word[i]].part[bit / 64] >> bit % 64 & 1 ? low : 1;
}

static int64_t cell_of(const heat_chains *c, int64_t chain)
{
    return chain / c->width * HEAT_BITS + chain % c->width;
}

/* E = unit (unsatisfied - satisfied) + offset. */
static double bits_get_energy(const heat_chains *c, int64_t chain)
{
    const heat_bit_store *s = c->store;
    int64_t units = 2 * (int64_t)s->unsatisfied[cell_of(c, chain)] - s->graph.n_pairs;

    return s->graph.offset + s->graph.unit * (double)units;
}

static int64_t bits_get_total(const heat_chains *c, int64_t chain)
{
    const heat_bit_store *s = c->store;
    int64_t n_down = s->n_down[cell_of(c, chain)];

    return c->info.coding == HEAT_CODING_SPIN ? c->n - 2 * n_down : c->n - n_down;
}

static double bits_sweep_cost(const heat_chains *c)
{
    const double faster = 10; /* than lanes, whose visits the cost is counted in */

    return (2.0 * (double)c->info.n_edges + 10.0 * c->n) * HEAT_BITS / faster;
}

/* No best states: runs that search are not taken. */
const heat_layout heat_layout_bits = {.name = "bits",
                                      .price = {.lanes = HEAT_BITS, .visit = HEAT_BIT_NS},
                                      .bytes = bits_bytes,
                                      .open = bits_open,
                                      .free = bits_free,
                                      .set_beta = bits_set_beta,
                                      .start = bits_start,
                                      .set_state = bits_set_state,
                                      .sweep = bits_sweep,
                                      .measure = bits_measure,
                                      .add_parts = bits_add_parts,
                                      .get_state = bits_get_state,
                                      .get_energy = bits_get_energy,
                                      .get_walk_energy = bits_get_energy,
                                      .get_total = bits_get_total,
                                      .sweep_cost = bits_sweep_cost};
