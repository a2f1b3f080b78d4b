/* Chains over the smaller layer of an RBM, the other summed out (model/summed_layer.c). A chain keeps the
 * odds exp(f_i / T) of the units that are summed: a flip of y_j multiplies them by exp(+-W_ij / T), and the
 * product of 1 + odds that this would leave, one pass over the units, is the weight of the other value
 * (kernel/layer_sum.h). A flip is taken into the odds by the pass that follows it. Every so many sweeps odds
 * are summed anew, so that roundings do not add up. Where the plan's tolerance allows it odds are floats,
 * half the memory to walk through: log weights are then off by single_resolution in root mean square for each
 * unit's root, with a mean near 0, and chains walk by them as they are.
 *
 * For runs that end with their process: it lists no parts for checkpoints. */
#include "base/memory.h"
#include "exact/layer_table.h"
#include "kernel/elementary.h"
#include "kernel/scaled.h"
#include "sample/layout.h"

#include <math.h>
#include <string.h>

enum {
    SWEEPS_A_SUM = 64,
    VISITS_A_SINGLE_SUM = 640,
    WIDTH = 16 /* about as many chains a unit: whole vectors of offers */
};

/* Of log weights summed over n units in floats, over sqrt(n): nats in root mean square. */
static const double single_resolution = 2.5e-7;

static const heat_layer_flip none = {-1, false};

/* Numbers of a chain that a sweep offers its moves from, [chain, units padded to whole vectors] each. */
typedef struct offers {
    double *m, *base, *now, *slope, *tilt, *weight, *probability;
    int64_t *e;
} offers;

enum { N_OFFERS = 8 };

typedef struct summed_store {
    heat_summed view;
    heat_layer_arrays arrays;
    const heat_layer_sum_kernel *kernel;
    int32_t padded;          /* chains a unit, with the padding */
    heat_layer_flip *made;   /* [chain] not in the odds yet */
    double *own;             /* [chain] c.y */
    double *tilt;            /* [chain] the reference's part of y */
    double *log_weight;      /* [chain] (offset - F_T) / T */
    heat_stream *streams;    /* [chain] */
    int8_t *states;          /* [chain][variable] */
    double *work;            /* [chain][unit], the kernel's */
    double *share_zero;      /* [variable] of value 0 at beta = 0 */
    double *fields, *offers; /* of each unit of chains, scratch: [unit], [N_OFFERS][padded] */
} summed_store;

static heat_status alloc_store(heat_context *ctx, const heat_chains *c, summed_store *s)
{
    int64_t n_units = s->arrays.table.n_units, n_blocks = (c->n_chains + c->width - 1) / c->width;
    heat_status status = heat_alloc(ctx, c->n_chains, sizeof *s->made, &s->made);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, c->n_chains, sizeof *s->own, &s->own);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, c->n_chains, sizeof *s->tilt, &s->tilt);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, c->n_chains, sizeof *s->log_weight, &s->log_weight);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, c->n_chains, sizeof *s->streams, &s->streams);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, c->n_chains * c->n, 1, &s->states);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, c->n_chains * n_units, sizeof *s->work, &s->work);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, c->n, sizeof *s->share_zero, &s->share_zero);
    for (int32_t j = 0; j < c->n && status == HEAT_OK; j++)
        s->share_zero[j] = heat_sigmoid(c->reference == NULL ? 0 : -c->reference[j]);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n_blocks * n_units, sizeof *s->fields, &s->fields);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n_blocks * N_OFFERS * s->padded, sizeof *s->offers, &s->offers);
    return status;
}

static heat_status summed_open(heat_context *ctx, heat_chains *c, const heat_chains_plan *plan, bool *fits)
{
    summed_store *s = NULL;
    heat_summed view;
    heat_status status;

    if (plan->is_search || plan->track_best || !heat_model_get_summed(c->model, &view))
        return HEAT_OK;
    status = heat_alloc(ctx, 1, sizeof *s, &s);
    if (status != HEAT_OK)
        return status;
    c->store = s;
    s->view = view;
    s->kernel = heat_isa_get(plan->isa)->layer_sums;
    status = heat_layer_arrays_init(ctx, &view.layers, view.beta, false, &s->arrays);
    if (status != HEAT_OK)
        return status;
    if (plan->tolerance >= single_resolution * sqrt(s->arrays.n_real))
        status = heat_layer_arrays_add_singles(ctx, &s->arrays);
    if (status != HEAT_OK)
        return status;
    *fits = true;
    c->width = c->group >= WIDTH ? c->group : WIDTH / c->group * c->group;
    s->padded = (c->width + HEAT_LAYER_PAD - 1) / HEAT_LAYER_PAD * HEAT_LAYER_PAD;
    return alloc_store(ctx, c, s);
}

static void summed_free(heat_chains *c)
{
    summed_store *s = c->store;

    if (s == NULL)
        return;
    heat_layer_arrays_clear(&s->arrays);
    heat_free(s->made);
    heat_free(s->own);
    heat_free(s->tilt);
    heat_free(s->log_weight);
    heat_free(s->streams);
    heat_free(s->states);
    heat_free(s->work);
    heat_free(s->share_zero);
    heat_free(s->fields);
    heat_free(s->offers);
    heat_free(s);
}

static double summed_bytes(const heat_model *model, const heat_model_info *info, const heat_chains_plan *plan)
{
    heat_summed view;
    double n_units, n = info->n_variables;

    if (plan->is_search || plan->track_best || !heat_model_get_summed(model, &view))
        return -1;
    n_units = 16.0 + (view.keeps_hidden ? view.layers.n_visible : view.layers.n_hidden);
    return (double)plan->n_chains * (sizeof(heat_stream) + 13 * sizeof(double) + n + 16 * n_units) +
           8 * n_units * (3 * n + 8);
}

static void summed_set_beta(heat_chains *c, int64_t chain, double beta)
{
    (void)c;
    (void)chain;
    (void)beta; /* the sweep reads chains->beta */
}

static double *work_of(const summed_store *s, int64_t chain)
{
    return s->work + chain * s->arrays.table.n_units;
}

/* The other value of unit j: all that does not need the other layer. */
static void flip(heat_chains *c, int64_t chain, int32_t j)
{
    summed_store *s = c->store;
    int8_t *value = s->states + chain * c->n + j;
    double sign = *value == 0 ? 1 : -1;

    *value = *value == 0;
    s->own[chain] += sign * s->arrays.own[j];
    if (c->reference != NULL)
        s->tilt[chain] += sign * c->reference[j];
    c->n_moves[chain]++;
}

/* Everything that follows from the state. */
static void sum_chain(heat_chains *c, int64_t chain)
{
    summed_store *s = c->store;
    const int8_t *state = s->states + chain * c->n;

    s->own[chain] = s->tilt[chain] = 0;
    for (int32_t j = 0; j < c->n; j++) {
        s->own[chain] += state[j] != 0 ? s->arrays.own[j] : 0;
        s->tilt[chain] += state[j] != 0 && c->reference != NULL ? c->reference[j] : 0;
    }
    s->kernel->begin(&s->arrays.table, state, work_of(s, chain));
    s->made[chain] = none;
    s->log_weight[chain] = scaled_log(s->kernel->visit(&s->arrays.table, work_of(s, chain), none, none)) +
                           s->view.beta * s->own[chain];
}

static heat_status summed_set_state(heat_context *worker, heat_chains *c, int64_t chain, const void *row)
{
    const int8_t *state = row;
    summed_store *s = c->store;

    (void)worker;
    memcpy(s->states + chain * c->n, state, (size_t)c->n);
    sum_chain(c, chain);
    return HEAT_OK;
}

static heat_status summed_start(heat_context *ctx, heat_chains *c, int64_t chain, const void *row,
                                uint64_t stream_unit)
{
    const int8_t *state = row;
    summed_store *s = c->store;
    heat_stream initial;

    (void)ctx;
    heat_stream_init(&initial, c->seed, HEAT_PURPOSE_INITIAL, stream_unit);
    for (int32_t j = 0; j < c->n; j++)
        s->states[chain * c->n + j] = state != NULL ? state[j] : heat_random_value(&c->info, &initial);
    heat_stream_init(&s->streams[chain], c->seed, HEAT_PURPOSE_SWEEP, stream_unit);
    sum_chain(c, chain);
    return HEAT_OK;
}

static offers offers_of(const heat_chains *c, int64_t unit)
{
    const summed_store *s = c->store;
    double *at = s->offers + unit * N_OFFERS * s->padded;
    int64_t n = s->padded;

    return (offers){at,         at + n,     at + 2 * n, at + 3 * n,
                    at + 4 * n, at + 5 * n, at + 6 * n, (int64_t *)(uintptr_t)(at + 7 * n)};
}

/* At beta = 0 units are independent and follow the reference alone: all are drawn by the heat bath of rows,
 * value 0 where the number is below its probability, and only those that change are visited. */
static void draw_chain(heat_chains *c, int64_t chain)
{
    summed_store *s = c->store;
    const int8_t *state = s->states + chain * c->n;
    heat_layer_flip made = s->made[chain];

    for (int32_t j = 0; j < c->n; j++) {
        int8_t value = heat_stream_uniform(&s->streams[chain]) >= s->share_zero[j];
        if (value == state[j])
            continue;
        if (made.bit >= 0)
            s->kernel->visit(&s->arrays.table, work_of(s, chain), made, none);
        made = (heat_layer_flip){j, value == 1};
        flip(c, chain, j);
    }
    s->made[chain] = none;
    if (made.bit >= 0)
        s->log_weight[chain] = scaled_log(s->kernel->visit(&s->arrays.table, work_of(s, chain), made, none)) +
                               s->view.beta * s->own[chain];
}

/* What the chains of a unit are offered at unit j of the layer: its other value. */
static void visit_unit(heat_chains *c, int64_t first, int64_t last, int32_t j, const offers *o)
{
    summed_store *s = c->store;

    for (int64_t chain = first; chain < last; chain++) {
        int64_t k = chain - first;
        if (c->beta[chain] == 0)
            continue;
        int32_t up = s->states[chain * c->n + j] != 0 ? -1 : 1;
        heat_scaled product = s->kernel->visit(&s->arrays.table, work_of(s, chain), s->made[chain],
                                               (heat_layer_flip){j, up > 0});
        s->made[chain] = none;
        o->m[k] = product.m;
        o->e[k] = product.e;
        o->base[k] = s->view.beta * (s->own[chain] + up * s->arrays.own[j]);
        o->now[k] = s->log_weight[chain];
        if (c->reference != NULL)
            o->tilt[k] = up * heat_chains_reference_part(c, c->beta[chain]) * c->reference[j];
    }
}

static void move_chain(heat_chains *c, int64_t chain, int32_t j, double weight, double probability)
{
    summed_store *s = c->store;
    bool on = s->states[chain * c->n + j] == 0;

    if ((heat_stream_uniform(&s->streams[chain]) < (on ? 1 - probability : probability)) == on)
        return; /* as the rule of rows draws: value 0 where the number is below its probability */
    flip(c, chain, j);
    s->made[chain] = (heat_layer_flip){j, on};
    s->log_weight[chain] = weight;
}

static int64_t sweeps_a_sum(const heat_chains *c)
{
    const summed_store *s = c->store;

    if (s->arrays.table.single == NULL)
        return SWEEPS_A_SUM;
    return c->n < VISITS_A_SINGLE_SUM ? VISITS_A_SINGLE_SUM / c->n : 1;
}

static heat_status summed_sweep(heat_context *worker, heat_chains *c, int64_t unit,
                                const heat_site_rule *rule)
{
    summed_store *s = c->store;
    offers o = offers_of(c, unit);
    heat_layer_offer offer = {.n = s->padded,
                              .is_metropolis = rule->flip == HEAT_FLIP_METROPOLIS,
                              .m = o.m,
                              .e = o.e,
                              .base = o.base,
                              .now = o.now,
                              .slope = o.slope,
                              .tilt = o.tilt,
                              .weight = o.weight,
                              .probability = o.probability};
    int64_t first, last;

    (void)worker;
    heat_chains_get_unit(c, unit, &first, &last);
    for (int64_t chain = first; chain < last; chain++) {
        if (c->n_sweeps[unit] % sweeps_a_sum(c) == 0)
            sum_chain(c, chain);
        if (c->beta[chain] == 0)
            draw_chain(c, chain);
        o.slope[chain - first] = c->beta[chain] / s->view.beta;
    }
    for (int32_t j = 0; j < c->n; j++) {
        visit_unit(c, first, last, j, &o);
        s->kernel->offer(&offer);
        for (int64_t chain = first; chain < last; chain++)
            if (c->beta[chain] > 0)
                move_chain(c, chain, j, o.weight[chain - first], o.probability[chain - first]);
    }
    c->n_counted[unit]++;
    return HEAT_OK;
}

static void summed_get_state(const heat_chains *c, int64_t chain, void *row)
{
    int8_t *state = row;
    const summed_store *s = c->store;

    memcpy(state, s->states + chain * c->n, (size_t)c->n);
}

static double summed_get_energy(const heat_chains *c, int64_t chain)
{
    const summed_store *s = c->store;

    return s->view.layers.offset - s->log_weight[chain] / s->view.beta;
}

static void summed_get_moments(const heat_chains *c, int64_t chain, double *mean, double *variance)
{
    const summed_store *s = c->store;
    double *fields = s->fields + chain / c->width * s->arrays.table.n_units, moments[2];

    s->kernel->energy(&s->arrays.table, s->states + chain * c->n, fields, moments);
    *mean = s->view.layers.offset - s->own[chain] - moments[0];
    *variance = moments[1];
}

static int64_t summed_get_total(const heat_chains *c, int64_t chain)
{
    const summed_store *s = c->store;
    int64_t total = 0;

    for (int32_t j = 0; j < c->n; j++)
        total += s->states[chain * c->n + j];
    return total;
}

static double summed_sum_reference(const heat_chains *c, int64_t chain)
{
    return ((const summed_store *)c->store)->tilt[chain];
}

static double summed_sweep_cost(const heat_chains *c)
{
    const summed_store *s = c->store;

    return 4.0 * c->n * (s->arrays.table.n_units + 256.0) * c->width;
}

const heat_layout heat_layout_summed = {
    .name = "summed",
    .price = {.lanes = 1, .visit = HEAT_SUMMED_VISIT_NS, .neighbour = 0.5 * HEAT_ODDS_NS},
    .bytes = summed_bytes,
    .open = summed_open,
    .free = summed_free,
    .set_beta = summed_set_beta,
    .start = summed_start,
    .set_state = summed_set_state,
    .sweep = summed_sweep,
    .get_state = summed_get_state,
    .get_energy = summed_get_energy,
    .get_walk_energy = summed_get_energy,
    .get_moments = summed_get_moments,
    .sum_reference = summed_sum_reference,
    .get_total = summed_get_total,
    .sweep_cost = summed_sweep_cost};
