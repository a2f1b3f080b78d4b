/* Chains over two layers without edges within a layer, for the kernel of layers: a sweep draws all hidden
 * units given the visible ones, then all visible given the hidden. That is the sweep of single-variable moves
 * in this order, since no two units of a layer depend on each other. */
#include "base/context_private.h"
#include "base/memory.h"
#include "sample/layer_moves.h"

#include <math.h>

enum {
    WORD = HEAT_LAYER_WORD,
    LANES_A_CHAIN = 4 * HEAT_LAYER_LANES, /* numbers of its random state */
    MOST_UNITS_A_LAYER = 1 << 19,         /* sums of halves of fields keep within 32 bits */
    MOST_CHAINS = 128,                    /* of a unit */
    LEAST_SHARED_BLOCKS = 1600,           /* a sweep of some tens of microseconds */
};

/* Weights that a sweep of a unit reads, in blocks of a word by a word, times its chains. */
static double count_blocks(const heat_layer_store *s, int64_t n_chains)
{
    return (double)s->visible_words * (double)s->hidden_words * (double)n_chains;
}

/* A unit reads all weights once for all its chains, and threads can share it where it is long; small ones are
 * kept narrow, so that threads have something to do side by side. */
static void choose_width(heat_chains *c, const heat_layer_store *s)
{
    const int64_t groups = (c->n_chains + c->group - 1) / c->group, half = (c->n_chains + 1) / 2;
    int64_t most = half < 8 ? 8 : half > 64 ? 64 : half;

    c->shares_sweeps =
        count_blocks(s, c->n_chains < MOST_CHAINS ? c->n_chains : MOST_CHAINS) >= LEAST_SHARED_BLOCKS;
    if (c->shares_sweeps)
        most = MOST_CHAINS;
    most = most < c->group ? 1 : most / c->group;
    if (c->shares_sweeps) { /* even ones */
        int64_t n_units = (groups + most - 1) / most;
        most = (groups + n_units - 1) / n_units;
    }
    c->width = (int32_t)most * c->group;
}

static int64_t work_size(const heat_layer_store *s)
{
    int64_t up = heat_layer_work_size(&s->units->up), down = heat_layer_work_size(&s->units->down);

    return up > down ? up : down;
}

static heat_status alloc_work(heat_context *ctx, const heat_chains *c, heat_layer_store *s)
{
    int64_t cells = (c->n_chains + c->width - 1) / c->width * c->width;
    heat_status status = heat_alloc_unset(ctx, cells * work_size(s), sizeof *s->work, &s->work);

    if (status == HEAT_OK)
        status = heat_alloc_unset(ctx, cells * WORD, sizeof *s->work_fields, &s->work_fields);
    if (status == HEAT_OK)
        status = heat_alloc_unset(ctx, cells * LANES_A_CHAIN, sizeof *s->sums, &s->sums);
    if (status == HEAT_OK)
        status = heat_alloc_unset(ctx, cells * s->hidden_words * WORD, sizeof *s->fields, &s->fields);
    return status;
}

static heat_status alloc_states(heat_context *ctx, const heat_chains *c, heat_layer_store *s)
{
    int64_t n = c->n_chains;
    heat_status status = heat_alloc(ctx, n * s->visible_words, sizeof *s->visible, &s->visible);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, n * s->hidden_words, sizeof *s->hidden, &s->hidden);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n, sizeof *s->scale, &s->scale);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n * LANES_A_CHAIN, sizeof *s->random, &s->random);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n, sizeof *s->on_visible, &s->on_visible);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n, sizeof *s->on_hidden, &s->on_hidden);
    if (status == HEAT_OK && s->units->rounded)
        status = heat_alloc(ctx, n, sizeof *s->energy, &s->energy);
    if (status == HEAT_OK && s->units->rounded)
        status = heat_alloc_unset(ctx, n, sizeof *s->lost, &s->lost);
    return status;
}

/* Chains whose weights are those of visible units, hidden ones summed out: less noise, and the way back is
 * the way there reversed, since a sweep that forgets the hidden units is its own reverse. */
static heat_status alloc_gains(heat_context *ctx, const heat_chains *c, heat_layer_store *s)
{
    int64_t n = c->n_chains;
    heat_status status = heat_alloc(ctx, n, sizeof *s->gain, &s->gain);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, n, sizeof *s->beta_before, &s->beta_before);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n, sizeof *s->scale_before, &s->scale_before);
    if (status == HEAT_OK && c->reference != NULL)
        status = heat_alloc(ctx, n, sizeof *s->reference_before, &s->reference_before);
    return status;
}

static const double ln2 = 0.69314718055994530942;

/* The log-odds of the plan's reference, in bits. */
static heat_status take_reference(heat_context *ctx, const heat_chains *c, heat_layer_store *s)
{
    const double *odds = c->reference;
    heat_status status;

    if (odds == NULL)
        return HEAT_OK;
    status = heat_alloc(ctx, c->n_chains, sizeof *s->reference_scale, &s->reference_scale);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, s->visible_words * WORD, sizeof(float), &s->visible_reference);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, s->hidden_words * WORD, sizeof(float), &s->hidden_reference);
    for (int32_t i = 0; i < s->view.n_visible && status == HEAT_OK; i++)
        s->visible_reference[i] = (float)(odds[i] / ln2);
    for (int32_t j = 0; j < s->view.n_hidden && status == HEAT_OK; j++)
        s->hidden_reference[j] = (float)(odds[s->view.n_visible + j] / ln2);
    return status;
}

/* True if rounding moves no probability by more than 2^-12 at these betas. */
static bool keeps_probabilities(const heat_layer_units *u, const heat_layered *v,
                                const heat_chains_plan *plan)
{
    int32_t most = v->n_visible > v->n_hidden ? v->n_visible : v->n_hidden;
    double error = u->rounded ? 0.5 * u->unit * (most + 1.0) : 0;

    for (int32_t k = 0; k < plan->n_rungs; k++)
        if (!(0.25 * plan->betas[k] * error < 0x1p-12))
            return false;
    return true;
}

static heat_status layers_open(heat_context *ctx, heat_chains *c, const heat_chains_plan *plan, bool *fits)
{
    heat_layer_store *s = NULL;
    heat_layered view;
    heat_status status;

    if (plan->is_search || !heat_model_get_layered(c->model, &view) || view.n_visible > MOST_UNITS_A_LAYER ||
        view.n_hidden > MOST_UNITS_A_LAYER)
        return HEAT_OK;
    status = heat_alloc(ctx, 1, sizeof *s, &s);
    if (status != HEAT_OK)
        return status;
    c->store = s;
    s->view = view;
    s->kernel = heat_isa_get(plan->isa)->layers;
    s->visible_words = heat_layer_words(view.n_visible);
    s->hidden_words = heat_layer_words(view.n_hidden);
    status = heat_layer_units_create(ctx, &view, true, &s->units);
    if (status != HEAT_OK)
        return status;
    *fits = keeps_probabilities(s->units, &view, plan);
    if (!*fits) {
        heat_log(ctx, HEAT_LOG_NOTE,
                 "%s: its weights span too many orders of magnitude for the kernel of layers at this "
                 "temperature; a slower one is used",
                 c->info.name);
        return HEAT_OK;
    }
    choose_width(c, s);
    status = alloc_states(ctx, c, s);
    if (status == HEAT_OK)
        status = take_reference(ctx, c, s);
    if (status == HEAT_OK && plan->is_weighted)
        status = alloc_gains(ctx, c, s);
    return status == HEAT_OK ? alloc_work(ctx, c, s) : status;
}

static void layers_free(heat_chains *c)
{
    heat_layer_store *s = c->store;

    if (s == NULL)
        return;
    heat_layer_moves_clear(s);
    heat_layer_units_free(s->units);
    heat_free(s->visible);
    heat_free(s->hidden);
    heat_free(s->scale);
    heat_free(s->reference_scale);
    heat_free(s->visible_reference);
    heat_free(s->hidden_reference);
    heat_free(s->gain);
    heat_free(s->beta_before);
    heat_free(s->scale_before);
    heat_free(s->reference_before);
    heat_free(s->random);
    heat_free(s->on_visible);
    heat_free(s->on_hidden);
    heat_free(s->energy);
    heat_free(s->lost);
    heat_free(s->work);
    heat_free(s->work_fields);
    heat_free(s->sums);
    heat_free(s->fields);
    heat_free(s);
}

static double layers_bytes(const heat_model *model, const heat_model_info *info, const heat_chains_plan *plan)
{
    heat_layered view;
    double visible, hidden;

    (void)info;
    if (plan->is_search || !heat_model_get_layered(model, &view))
        return -1;
    visible = (double)heat_layer_words(view.n_visible) * WORD;
    hidden = (double)heat_layer_words(view.n_hidden) * WORD;
    return heat_layer_units_bytes(&view, true) + heat_layer_shares_bytes(&view, MOST_CHAINS) +
           ((double)plan->n_chains + 64) *
               ((visible + hidden) / 8 + 4 * fmax(visible, hidden) + 4 * hidden + 1024);
}

static void layers_set_beta(heat_chains *c, int64_t chain, double beta)
{
    heat_layer_store *s = c->store;
    double scale = beta * s->units->unit / ln2;

    /* a float's infinity times a zero field would be NaN */
    s->scale[chain] = (float)(scale > 1e30 ? 1e30 : scale);
    if (s->reference_scale != NULL)
        s->reference_scale[chain] = (float)heat_chains_reference_part(c, beta);
}

/* Of a block of chains, from their states. */
static void sum_block(heat_chains *c, int64_t first, int64_t count)
{
    heat_layer_store *s = c->store;

    heat_layer_sum_pairs(c, &s->units->up, first, count, s->on_visible + first);
    for (int64_t chain = first; chain < first + count; chain++) {
        s->on_hidden[chain] =
            heat_layer_sum_on(s->hidden + chain * s->hidden_words, s->hidden_words, s->units->up.bias, WORD);
        s->on_visible[chain] += heat_layer_sum_on(s->visible + chain * s->visible_words, s->visible_words,
                                                  s->units->down.bias, WORD) -
                                s->on_hidden[chain];
    }
}

static bool layers_sum_energies(const heat_context *ctx, heat_chains *c, int64_t unit)
{
    int64_t first, last;

    (void)ctx;
    heat_chains_get_unit(c, unit, &first, &last);
    sum_block(c, first, last - first);
    return true;
}

static void put_unit(heat_chains *c, int64_t chain, int64_t i, int8_t value)
{
    heat_layer_store *s = c->store;
    bool is_visible = i < s->view.n_visible;
    int64_t k = is_visible ? i : i - s->view.n_visible;
    uint64_t *word = is_visible ? s->visible + chain * s->visible_words : s->hidden + chain * s->hidden_words;
    uint64_t bit = (uint64_t)1 << (k % WORD);

    word += k / WORD;
    *word = value == 1 ? *word | bit : *word & ~bit;
}

static heat_status layers_draw(heat_context *ctx, heat_chains *c, int64_t chain, const void *row,
                               uint64_t stream_unit)
{
    const int8_t *state = row;
    heat_layer_store *s = c->store;
    heat_stream stream;

    (void)ctx;
    heat_stream_init(&stream, c->seed, HEAT_PURPOSE_INITIAL, stream_unit);
    for (int64_t i = 0; i < c->n; i++)
        put_unit(c, chain, i, state != NULL ? state[i] : heat_random_value(&c->info, &stream));
    if (s->gain != NULL)
        heat_layer_keep_beta(c, chain);
    heat_stream_init(&stream, c->seed, HEAT_PURPOSE_SWEEP, stream_unit);
    for (int64_t k = 0; k < LANES_A_CHAIN; k++)
        s->random[chain * LANES_A_CHAIN + k] = (uint32_t)(heat_stream_bits(&stream) >> 32);
    return HEAT_OK;
}

/* Of one that is put into a state; a measure does so of those that are weighted. */
static void sum_chain(heat_chains *c, int64_t chain)
{
    const heat_layer_store *s = c->store;

    if (s->gain == NULL)
        sum_block(c, chain, 1);
}

static heat_status layers_start(heat_context *ctx, heat_chains *c, int64_t chain, const void *state,
                                uint64_t stream_unit)
{
    heat_status status = layers_draw(ctx, c, chain, state, stream_unit);

    sum_chain(c, chain);
    return status;
}

static heat_status layers_set_state(heat_context *worker, heat_chains *c, int64_t chain, const void *row)
{
    const int8_t *state = row;
    (void)worker;
    for (int64_t i = 0; i < c->n; i++)
        put_unit(c, chain, i, state[i]);
    sum_chain(c, chain);
    return HEAT_OK;
}

static double layers_take_gain(heat_chains *c, int64_t chain)
{
    heat_layer_store *s = c->store;
    double gain = s->gain[chain];

    s->gain[chain] = 0;
    return gain;
}

static double layers_get_walk_energy(const heat_chains *c, int64_t chain)
{
    const heat_layer_store *s = c->store;

    return s->units->offset - s->units->unit * (double)(s->on_visible[chain] + s->on_hidden[chain]);
}

static double sum_odds(const uint64_t *state, int64_t n_words, const double *odds)
{
    double sum = 0;

    for (int64_t w = 0; w < n_words; w++)
        for (uint64_t bits = state[w]; bits != 0; bits &= bits - 1)
            sum += odds[w * WORD + __builtin_ctzll(bits)];
    return sum;
}

static double layers_sum_reference(const heat_chains *c, int64_t chain)
{
    const heat_layer_store *s = c->store;

    return sum_odds(s->visible + chain * s->visible_words, s->visible_words, c->reference) +
           sum_odds(s->hidden + chain * s->hidden_words, s->hidden_words, c->reference + s->view.n_visible);
}

/* Energies with what rounding lost. */
static void layers_measure(heat_chains *c, int64_t unit)
{
    heat_layer_store *s = c->store;
    int64_t first, last;

    heat_chains_get_unit(c, unit, &first, &last);
    if (s->gain != NULL)
        sum_block(c, first, last - first);
    if (s->energy == NULL)
        return;
    heat_layer_sum_pairs(c, &s->units->lost, first, last - first, s->lost + first);
    for (int64_t chain = first; chain < last; chain++) {
        const int64_t lost =
            s->lost[chain] + heat_layer_sum_on(s->visible + chain * s->visible_words, s->visible_words,
                                               s->units->lost_visible, WORD);
        s->energy[chain] = layers_get_walk_energy(c, chain) - s->units->lost_unit * (double)lost;
    }
}

static double layers_get_energy(const heat_chains *c, int64_t chain)
{
    const heat_layer_store *s = c->store;

    return s->energy == NULL ? layers_get_walk_energy(c, chain) : s->energy[chain];
}

static void layers_get_state(const heat_chains *c, int64_t chain, void *row)
{
    int8_t *state = row;
    const heat_layer_store *s = c->store;
    const uint64_t *visible = s->visible + chain * s->visible_words,
                   *hidden = s->hidden + chain * s->hidden_words;
    const int8_t off = c->info.coding == HEAT_CODING_SPIN ? -1 : 0;

    for (int64_t i = 0; i < s->view.n_visible; i++)
        *state++ = visible[i / WORD] >> (i % WORD) & 1 ? 1 : off;
    for (int64_t j = 0; j < s->view.n_hidden; j++)
        *state++ = hidden[j / WORD] >> (j % WORD) & 1 ? 1 : off;
}

static int64_t layers_get_total(const heat_chains *c, int64_t chain)
{
    const heat_layer_store *s = c->store;
    int64_t n_on = 0;

    for (int64_t w = 0; w < s->visible_words; w++)
        n_on += __builtin_popcountll(s->visible[chain * s->visible_words + w]);
    for (int64_t w = 0; w < s->hidden_words; w++)
        n_on += __builtin_popcountll(s->hidden[chain * s->hidden_words + w]);
    return c->info.coding == HEAT_CODING_SPIN ? 2 * n_on - c->n : n_on;
}

static heat_status layers_add_parts(heat_context *ctx, heat_chains *c, heat_parts *p)
{
    heat_layer_store *s = c->store;
    int64_t n = c->n_chains;
    heat_status status = heat_parts_add(ctx, p, "layers/visible", -1, s->visible,
                                        n * s->visible_words * (int64_t)sizeof *s->visible);

    if (status == HEAT_OK)
        status = heat_parts_add(ctx, p, "layers/hidden", -1, s->hidden,
                                n * s->hidden_words * (int64_t)sizeof *s->hidden);
    if (status == HEAT_OK)
        status = heat_parts_add(ctx, p, "layers/scale", -1, s->scale, n * (int64_t)sizeof *s->scale);
    if (status == HEAT_OK)
        status = heat_parts_add(ctx, p, "layers/random", -1, s->random,
                                n * LANES_A_CHAIN * (int64_t)sizeof *s->random);
    if (status == HEAT_OK)
        status = heat_parts_add(ctx, p, "layers/on_visible", -1, s->on_visible,
                                n * (int64_t)sizeof *s->on_visible);
    if (status == HEAT_OK)
        status =
            heat_parts_add(ctx, p, "layers/on_hidden", -1, s->on_hidden, n * (int64_t)sizeof *s->on_hidden);
    return status;
}

/* Rows of 64 columns are added in one go, of the units that are on. */
static double layers_sweep_cost(const heat_chains *c)
{
    const heat_layer_store *s = c->store;
    double visible = (double)s->visible_words * WORD, hidden = (double)s->hidden_words * WORD;

    return (visible * hidden / 64 + (visible + hidden) / 2) * c->width;
}

const heat_layout heat_layout_layers = {
    .name = "layers",
    .price = {.lanes = 1, .visit = HEAT_VISIT_NS, .neighbour = HEAT_NEIGHBOUR_NS},
    .bytes = layers_bytes,
    .open = layers_open,
    .free = layers_free,
    .set_beta = layers_set_beta,
    .start = layers_start,
    .draw = layers_draw,
    .sum_energies = layers_sum_energies,
    .set_state = layers_set_state,
    .share = heat_layer_moves_share,
    .sweep = heat_layer_moves_sweep,
    .measure = layers_measure,
    .add_parts = layers_add_parts,
    .get_state = layers_get_state,
    .get_energy = layers_get_energy,
    .get_walk_energy = layers_get_walk_energy,
    .take_gain = layers_take_gain,
    .sum_reference = layers_sum_reference,
    .get_total = layers_get_total,
    .sweep_cost = layers_sweep_cost};
