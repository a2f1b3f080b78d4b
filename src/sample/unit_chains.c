/* The layout of two layers of which one is not of two values, or of real numbers: rows of doubles, whatever
 * the kinds, a chain after the other. A sweep draws the hidden layer, then the visible one; that is the heat
 * bath in this order of units, and this layout knows no other rule. */
#include "sample/unit_chains.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "sample/engine.h"

#include <math.h>
#include <string.h>

static void choose_width(heat_chains *c)
{
    int32_t least = c->n_chains <= 8 ? 1 : 8; /* few chains make narrow units, so that threads can share */

    c->width = (least + c->group - 1) / c->group * c->group;
}

static heat_status alloc_work(heat_context *ctx, heat_chains *c, heat_unit_store *s)
{
    int64_t n_units = (c->n_chains + c->width - 1) / c->width;
    heat_status status = heat_alloc(ctx, n_units, sizeof *s->fields, &s->fields);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, n_units * c->n, sizeof *s->before, &s->before);
    for (; s->n_units < n_units && status == HEAT_OK; s->n_units++)
        status = heat_unit_fields_init(ctx, &s->layers, &s->fields[s->n_units]);
    return status;
}

/* Of a chain at beta: by what the whole energy is multiplied, and by what besides the couplings are. */
static double whole_beta(const heat_chains *c, double beta)
{
    return c->scales_couplings ? c->betas[c->n_rungs - 1] : beta;
}

static double coupling_of(const heat_chains *c, double beta)
{
    return c->scales_couplings ? beta / c->betas[c->n_rungs - 1] : 1;
}

static heat_status units_open(heat_context *ctx, heat_chains *c, const heat_chains_plan *plan, bool *fits)
{
    heat_unit_store *s = NULL;
    heat_unit_layers layers;
    heat_layered of_two_values;
    heat_status status;

    if (plan->is_search || heat_model_get_layered(c->model, &of_two_values) ||
        !heat_model_get_units(c->model, &layers))
        return HEAT_OK;
    status = heat_alloc(ctx, 1, sizeof *s, &s);
    if (status != HEAT_OK)
        return status;
    c->store = s;
    *fits = true;
    s->layers = layers;
    choose_width(c);
    status = heat_alloc(ctx, c->n_chains * c->n, sizeof *s->values, &s->values);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, c->n_chains, sizeof *s->energy, &s->energy);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, c->n_chains, sizeof *s->streams, &s->streams);
    if (status == HEAT_OK && plan->is_weighted)
        status = heat_alloc(ctx, c->n_chains, sizeof *s->gain, &s->gain);
    if (status == HEAT_OK && plan->is_weighted)
        status = heat_alloc(ctx, c->n_chains, sizeof *s->beta_before, &s->beta_before);
    return status == HEAT_OK ? alloc_work(ctx, c, s) : status;
}

static void units_free(heat_chains *c)
{
    heat_unit_store *s = c->store;

    if (s == NULL)
        return;
    for (int64_t k = 0; k < s->n_units; k++)
        heat_unit_fields_clear(&s->fields[k]);
    heat_free(s->values);
    heat_free(s->energy);
    heat_free(s->gain);
    heat_free(s->beta_before);
    heat_free(s->streams);
    heat_free(s->fields);
    heat_free(s->before);
    heat_free(s);
}

static double units_bytes(const heat_model *model, const heat_model_info *info, const heat_chains_plan *plan)
{
    heat_unit_layers u;
    heat_layered of_two_values;
    double width;

    if (plan->is_search || heat_model_get_layered(model, &of_two_values) || !heat_model_get_units(model, &u))
        return -1;
    width = (double)heat_unit_layer_width(&u.visible) + (double)heat_unit_layer_width(&u.hidden);
    return (double)plan->n_chains *
           ((2.0 * info->n_variables + width) * (double)sizeof(double) + sizeof(heat_stream));
}

static void units_set_beta(heat_chains *c, int64_t chain, double beta)
{
    (void)c;
    (void)chain;
    (void)beta; /* the sweep reads chains->beta */
}

static double *values_of(const heat_chains *c, int64_t chain)
{
    const heat_unit_store *s = c->store;

    return s->values + chain * c->n;
}

static heat_status units_set_state(heat_context *worker, heat_chains *c, int64_t chain, const void *state)
{
    heat_unit_store *s = c->store;
    double *values = values_of(c, chain);

    (void)worker;
    heat_units_read_row(&s->layers, state, values);
    s->energy[chain] =
        heat_units_energy(&s->layers, values, values + s->layers.visible.n, s->fields[chain / c->width].up);
    return HEAT_OK;
}

static void draw_evenly(const heat_unit_layer *l, double beta, heat_stream *stream, double *field,
                        double *values)
{
    memset(field, 0, (size_t)heat_unit_layer_width(l) * sizeof *field);
    l->kind->draw(l, beta, field, stream, values);
}

/* A random state is uniform over the units of few values, so that chains begin apart; real numbers, which
 * have no such state, are drawn given the other layer, visible ones beside hidden ones of their kind as they
 * rest.
 */
static void draw_start(const heat_unit_layers *u, double beta, heat_stream *stream, heat_unit_fields *f,
                       double *visible, double *hidden)
{
    bool is_real[2] = {heat_unit_layer_states(&u->visible) == 0, heat_unit_layer_states(&u->hidden) == 0};

    if (!is_real[1])
        draw_evenly(&u->hidden, beta, stream, f->up, hidden);
    if (!is_real[0])
        draw_evenly(&u->visible, beta, stream, f->down, visible);
    else if (is_real[1])
        u->visible.kind->draw(&u->visible, beta, u->visible.bias, stream, visible);
    else {
        heat_units_find_visible_fields(u, hidden, f->down);
        u->visible.kind->draw(&u->visible, beta, f->down, stream, visible);
    }
    if (is_real[1]) {
        heat_units_find_hidden_fields(u, visible, f->up);
        u->hidden.kind->draw(&u->hidden, beta, f->up, stream, hidden);
    }
}

static heat_status units_start(heat_context *ctx, heat_chains *c, int64_t chain, const void *state,
                               uint64_t stream)
{
    heat_unit_store *s = c->store;
    const heat_unit_layers *u = &s->layers;
    double *values = values_of(c, chain);
    heat_stream initial;

    heat_stream_init(&initial, c->seed, HEAT_PURPOSE_INITIAL, stream);
    heat_stream_init(&s->streams[chain], c->seed, HEAT_PURPOSE_SWEEP, stream);
    if (s->gain != NULL)
        s->beta_before[chain] = c->beta[chain];
    if (state != NULL)
        return units_set_state(ctx, c, chain, state);
    if (c->scales_couplings) {
        u->hidden.kind->draw(&u->hidden, whole_beta(c, 0), u->hidden.bias, &initial, values + u->visible.n);
        u->visible.kind->draw(&u->visible, whole_beta(c, 0), u->visible.bias, &initial, values);
    } else {
        draw_start(u, c->beta[chain], &initial, &s->fields[chain / c->width], values, values + u->visible.n);
    }
    s->energy[chain] = heat_units_energy(u, values, values + u->visible.n, s->fields[chain / c->width].up);
    return HEAT_OK;
}

/* Sums that run away have no distribution to go to. */
static heat_status check_energy(heat_context *worker, const heat_chains *c, int64_t chain)
{
    const heat_unit_store *s = c->store;

    if (isfinite(s->energy[chain]))
        return HEAT_OK;
    return heat_fail(
        worker, HEAT_ERROR_UNDEFINED,
        "%s: its units run away to infinity: the energy has no lowest value, and log Z is infinite",
        c->info.name);
}

/* What beta has done since the last sweep. */
static void add_gain(const heat_chains *c, int64_t chain)
{
    heat_unit_store *s = c->store;
    double *field = s->fields[chain / c->width].up, now = c->beta[chain], before = s->beta_before[chain];

    if (now == before)
        return;
    s->gain[chain] += heat_unit_log_weight(&s->layers, whole_beta(c, now), coupling_of(c, now),
                                           values_of(c, chain), field) -
                      heat_unit_log_weight(&s->layers, whole_beta(c, before), coupling_of(c, before),
                                           values_of(c, chain), field);
    s->beta_before[chain] = now;
}

static double units_take_gain(heat_chains *c, int64_t chain)
{
    heat_unit_store *s = c->store;
    double gain = s->gain[chain];

    s->gain[chain] = 0;
    return gain;
}

static double units_get_coupling_energy(const heat_chains *c, int64_t chain)
{
    const heat_unit_store *s = c->store;
    const double *values = values_of(c, chain);

    return s->energy[chain] - s->layers.offset + heat_unit_layer_own(&s->layers.visible, values) +
           heat_unit_layer_own(&s->layers.hidden, values + s->layers.visible.n);
}

static double units_get_log_start(const heat_chains *c)
{
    const heat_unit_layers *u = &((const heat_unit_store *)c->store)->layers;
    double beta = whole_beta(c, 0);

    return u->visible.kind->log_sum(&u->visible, beta, u->visible.bias) +
           u->hidden.kind->log_sum(&u->hidden, beta, u->hidden.bias) - beta * u->offset;
}

static heat_status units_sweep(heat_context *worker, heat_chains *c, int64_t unit, const heat_site_rule *rule)
{
    heat_unit_store *s = c->store;
    double *before = s->before + unit * c->n;
    int64_t first, last;

    (void)rule;
    heat_chains_get_unit(c, unit, &first, &last);
    for (int64_t chain = first; chain < last; chain++) {
        double *visible = values_of(c, chain), *hidden = visible + s->layers.visible.n;
        heat_status status;
        memcpy(before, visible, (size_t)c->n * sizeof *before);
        if (s->gain != NULL)
            add_gain(c, chain);
        heat_unit_sweep_scaled(&s->layers, whole_beta(c, c->beta[chain]), coupling_of(c, c->beta[chain]),
                               &s->streams[chain], &s->fields[unit], visible, hidden);
        s->energy[chain] = c->scales_couplings
                               ? heat_units_energy(&s->layers, visible, hidden, s->fields[unit].up)
                               : heat_unit_sweep_energy(&s->layers, &s->fields[unit], visible, hidden);
        status = check_energy(worker, c, chain);
        if (status != HEAT_OK)
            return status;
        for (int32_t i = 0; i < c->n; i++)
            c->n_moves[chain] += visible[i] != before[i];
    }
    c->n_counted[unit]++;
    return HEAT_OK;
}

static void units_get_state(const heat_chains *c, int64_t chain, void *state)
{
    const heat_unit_store *s = c->store;

    heat_units_write_row(&s->layers, values_of(c, chain), state);
}

static double units_get_energy(const heat_chains *c, int64_t chain)
{
    const heat_unit_store *s = c->store;

    return s->energy[chain];
}

/* Of states alone: the sum of their codes. */
static int64_t units_get_total(const heat_chains *c, int64_t chain)
{
    const double *values = values_of(c, chain);
    int64_t total = 0;

    for (int32_t i = 0; i < c->n && !heat_row_is_real(&c->form); i++)
        total += values[i] > 0 ? (int64_t)values[i] : 0;
    return total;
}

static heat_status units_add_parts(heat_context *ctx, heat_chains *c, heat_parts *p)
{
    heat_unit_store *s = c->store;
    int64_t n = c->n_chains;
    heat_status status =
        heat_parts_add(ctx, p, "units/values", -1, s->values, n * c->n * (int64_t)sizeof *s->values);

    if (status == HEAT_OK)
        status = heat_parts_add(ctx, p, "units/energy", -1, s->energy, n * (int64_t)sizeof *s->energy);
    if (status == HEAT_OK)
        status = heat_parts_add(ctx, p, "units/streams", -1, s->streams, n * (int64_t)sizeof *s->streams);
    return status;
}

/* A weight is read twice a sweep, a draw is worth some ten of them. */
static double units_sweep_cost(const heat_chains *c)
{
    const heat_unit_store *s = c->store;
    double visible = (double)heat_unit_layer_width(&s->layers.visible);
    double hidden = (double)heat_unit_layer_width(&s->layers.hidden);

    return 20 * (visible * hidden + 10 * (visible + hidden)) * c->width;
}

const heat_layout heat_layout_units = {.name = "units",
                                       .rule = &heat_rule_heat_bath,
                                       .holds_numbers = true,
                                       .price = {.lanes = 1, .visit = 40, .value = 10, .neighbour = 0.5},
                                       .bytes = units_bytes,
                                       .open = units_open,
                                       .free = units_free,
                                       .set_beta = units_set_beta,
                                       .start = units_start,
                                       .set_state = units_set_state,
                                       .sweep = units_sweep,
                                       .add_parts = units_add_parts,
                                       .get_state = units_get_state,
                                       .get_energy = units_get_energy,
                                       .get_walk_energy = units_get_energy,
                                       .scales_couplings = true,
                                       .get_coupling_energy = units_get_coupling_energy,
                                       .get_log_start = units_get_log_start,
                                       .take_gain = units_take_gain,
                                       .get_total = units_get_total,
                                       .sweep_cost = units_sweep_cost};
