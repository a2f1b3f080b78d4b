/* Chains of many-valued variables as bytes, for models with a categorical view whose numbers fit the Potts
 * kernel's integers: the chains of a unit fill the lanes of one block. */
#include "base/context_private.h"
#include "base/memory.h"
#include "sample/layout.h"
#include "sample/potts_graph.h"

#include <math.h>
#include <string.h>

typedef struct heat_potts_store {
    heat_categorical view;
    heat_potts_units *units;
    const heat_potts_kernel *kernel;
    int32_t lanes;            /* a unit: its chains, rounded up to whole vectors */
    int64_t n_units;          /* as chains.c will count them */
    heat_potts_block *blocks; /* [unit] into the arrays below */
    uint8_t *value;           /* [unit][site][lane] */
    float *scale;             /* [unit][lane], as all below */
    int64_t *units_now;       /* energies in units */
    int64_t *n_moves;
    uint32_t *random; /* [4][unit][lane] */
    int32_t *sums;    /* [unit][HEAT_POTTS_CHUNK][stride] */
    double *energy;   /* by the definition, as of the last measure; NULL where units are exact */
    uint8_t *best;    /* [unit][site][lane], with track_best */
    int64_t *best_units;
} heat_potts_store;

/* Where a chain's cell stands in arrays [unit][lane]. */
static int64_t cell_of(const heat_chains *c, int64_t chain)
{
    const heat_potts_store *s = c->store;

    return chain / c->width * s->lanes + chain % c->width;
}

/* The chain's value of site 0; those of other sites follow `lanes` apart. */
static int64_t first_value(const heat_chains *c, int64_t chain)
{
    const heat_potts_store *s = c->store;

    return chain / c->width * s->lanes * c->n + chain % c->width;
}

/* Few chains make narrow units, so that threads have something to share. Tables are read once a unit and
 * site: many chains must share that. */
static void choose_widths(heat_chains *c, heat_potts_store *s)
{
    int32_t most = c->n_chains <= 64 ? 16 : c->n_chains <= 1024 ? 64 : s->view.coupling != NULL ? 256 : 2048;

    c->width = c->group > most ? c->group : most / c->group * c->group;
    s->lanes = (c->width + HEAT_LANES_A_VECTOR - 1) / HEAT_LANES_A_VECTOR * HEAT_LANES_A_VECTOR;
    s->n_units = (c->n_chains + c->width - 1) / c->width;
}

static heat_status alloc_store(heat_context *ctx, const heat_chains *c, heat_potts_store *s, bool track_best)
{
    int64_t cells = s->n_units * s->lanes;
    heat_status status = heat_alloc(ctx, s->n_units, sizeof *s->blocks, &s->blocks);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, cells * c->n, 1, &s->value);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, cells, sizeof *s->scale, &s->scale);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, cells, sizeof *s->units_now, &s->units_now);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, cells, sizeof *s->n_moves, &s->n_moves);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, 4 * cells, sizeof *s->random, &s->random);
    if (status == HEAT_OK && s->view.coupling == NULL)
        status = heat_alloc(ctx, s->n_units * HEAT_POTTS_CHUNK * s->units->graph.stride, sizeof *s->sums,
                            &s->sums);
    if (status == HEAT_OK && s->units->rounded)
        status = heat_alloc(ctx, cells, sizeof *s->energy, &s->energy);
    if (status == HEAT_OK && track_best)
        status = heat_alloc(ctx, cells * c->n, 1, &s->best);
    if (status == HEAT_OK && track_best)
        status = heat_alloc(ctx, cells, sizeof *s->best_units, &s->best_units);
    return status;
}

static void make_blocks(const heat_chains *c, heat_potts_store *s)
{
    int64_t cells = s->n_units * s->lanes;

    for (int64_t u = 0; u < s->n_units; u++) {
        heat_potts_block *b = &s->blocks[u];
        int64_t cell = u * s->lanes;
        b->n_vectors = s->lanes / HEAT_LANES_A_VECTOR;
        b->value = s->value + cell * c->n;
        b->scale = s->scale + cell;
        b->energy = s->units_now + cell;
        b->n_moves = s->n_moves + cell;
        for (int k = 0; k < 4; k++)
            b->random[k] = s->random + k * cells + cell;
        b->sums = s->sums == NULL ? NULL : s->sums + u * HEAT_POTTS_CHUNK * s->units->graph.stride;
    }
}

static heat_status potts_open(heat_context *ctx, heat_chains *c, const heat_chains_plan *plan, bool *fits)
{
    heat_potts_store *s = NULL;
    heat_categorical view;
    double beta_max = 0;
    heat_status status;

    if (!heat_model_get_categorical(c->model, &view))
        return HEAT_OK;
    status = heat_alloc(ctx, 1, sizeof *s, &s);
    if (status != HEAT_OK)
        return status;
    c->store = s;
    s->view = view;
    s->kernel = heat_isa_get(plan->isa)->potts;
    for (int32_t k = 0; k < plan->n_rungs && !plan->is_search; k++)
        beta_max = fmax(beta_max, plan->betas[k]);
    status = heat_potts_units_create(ctx, &view, beta_max, &s->units);
    if (status != HEAT_OK)
        return status;
    *fits = s->units != NULL;
    if (!*fits) {
        heat_log(ctx, HEAT_LOG_NOTE,
                 "%s: its couplings span too many orders of magnitude for the fast kernels at this "
                 "temperature; the slow one is used",
                 c->info.name);
        return HEAT_OK;
    }
    choose_widths(c, s);
    status = alloc_store(ctx, c, s, plan->track_best);
    if (status == HEAT_OK)
        make_blocks(c, s);
    return status;
}

static void potts_free(heat_chains *c)
{
    heat_potts_store *s = c->store;

    if (s == NULL)
        return;
    heat_free(s->blocks);
    heat_free(s->value);
    heat_free(s->scale);
    heat_free(s->units_now);
    heat_free(s->n_moves);
    heat_free(s->random);
    heat_free(s->sums);
    heat_free(s->energy);
    heat_free(s->best);
    heat_free(s->best_units);
    heat_potts_units_free(s->units);
    heat_free(s);
}

static double potts_bytes(const heat_model *model, const heat_model_info *info, const heat_chains_plan *plan)
{
    double lanes = (double)plan->n_chains + 2048, stride = ceil(info->n_states / 16.0) * 16;
    heat_categorical view;

    if (!heat_model_get_categorical(model, &view))
        return -1;
    return lanes * ((plan->track_best ? 2.0 : 1.0) * info->n_variables + 64) +
           (view.coupling != NULL
                ? (double)info->n_edges * 8
                : (double)view.n_tables * info->n_states * stride * 4 + (double)info->n_edges * 16) +
           info->n_variables * stride * 4 + (lanes / 16 + 1) * HEAT_POTTS_CHUNK * stride * 4;
}

static void potts_set_beta(heat_chains *c, int64_t chain, double beta)
{
    const double ln2 = 0.69314718055994530942;
    heat_potts_store *s = c->store;
    double scale = beta * s->units->unit / ln2;

    /* a float's infinity times a zero difference would be NaN */
    s->scale[cell_of(c, chain)] = (float)(scale > 1e30 ? 1e30 : scale);
}

static int64_t energy_in_units(const heat_chains *c, int64_t chain)
{
    const heat_potts_store *s = c->store;
    const heat_potts_graph *g = &s->units->graph;
    const uint8_t *value = s->value + first_value(c, chain);
    int64_t energy = 0;

    for (int64_t i = 0; i < g->n; i++) {
        int64_t a = value[i * s->lanes];
        energy -= g->field[i * g->stride + a];
        for (int64_t k = g->row[i + 1]; k > g->row[i] && g->col[k - 1] > i; k--) {
            int64_t b = value[(int64_t)g->col[k - 1] * s->lanes];
            if (g->coupling != NULL)
                energy -= a == b ? g->coupling[k - 1] : 0;
            else
                energy -= g->tables[(g->table[k - 1] * g->q + b) * g->stride + a];
        }
    }
    return energy;
}

static heat_status potts_set_state(heat_context *worker, heat_chains *c, int64_t chain, const void *row)
{
    const int8_t *state = row;
    heat_potts_store *s = c->store;
    uint8_t *value = s->value + first_value(c, chain);

    (void)worker;
    for (int64_t i = 0; i < c->n; i++)
        value[i * s->lanes] = (uint8_t)state[i];
    s->units_now[cell_of(c, chain)] = energy_in_units(c, chain);
    return HEAT_OK;
}

static heat_status potts_start(heat_context *ctx, heat_chains *c, int64_t chain, const void *row,
                               uint64_t stream_unit)
{
    const int8_t *state = row;
    heat_potts_store *s = c->store;
    uint8_t *value = s->value + first_value(c, chain);
    int64_t cell = cell_of(c, chain);
    heat_stream stream;

    (void)ctx;
    heat_stream_init(&stream, c->seed, HEAT_PURPOSE_INITIAL, stream_unit);
    for (int64_t i = 0; i < c->n; i++)
        value[i * s->lanes] = (uint8_t)(state != NULL ? state[i] : heat_random_value(&c->info, &stream));
    heat_stream_init(&stream, c->seed, HEAT_PURPOSE_SWEEP, stream_unit);
    for (int64_t k = 0; k < 4; k++)
        s->random[k * s->n_units * s->lanes + cell] = (uint32_t)(heat_stream_bits(&stream) >> 32);
    s->units_now[cell] = energy_in_units(c, chain);
    s->n_moves[cell] = 0;
    if (s->best_units != NULL)
        s->best_units[cell] = INT64_MAX;
    return HEAT_OK;
}

static heat_status potts_sweep(heat_context *worker, heat_chains *c, int64_t unit, const heat_site_rule *rule)
{
    heat_potts_store *s = c->store;
    heat_potts_block *b = &s->blocks[unit];
    int64_t first, last;

    (void)worker;
    s->kernel->sweep(&s->units->graph, b, rule->flip);
    heat_chains_get_unit(c, unit, &first, &last);
    for (int64_t chain = first; chain < last; chain++) {
        c->n_moves[chain] += b->n_moves[chain - first];
        b->n_moves[chain - first] = 0;
    }
    c->n_counted[unit]++;
    return HEAT_OK;
}

/* Energies by the definition, edge by edge for all chains of the unit. */
static void potts_measure(heat_chains *c, int64_t unit)
{
    heat_potts_store *s = c->store;
    const heat_categorical *v = &s->view;
    const uint8_t *value = s->blocks[unit].value;
    double *energy = s->energy == NULL ? NULL : s->energy + unit * s->lanes;

    if (energy == NULL)
        return;
    for (int32_t l = 0; l < s->lanes; l++)
        energy[l] = v->offset;
    for (int64_t i = 0; i < v->n; i++) {
        const uint8_t *own = value + i * s->lanes;
        for (int32_t l = 0; l < s->lanes && v->field != NULL; l++)
            energy[l] -= v->field[i * v->q + own[l]];
        for (int64_t k = v->row[i + 1]; k > v->row[i] && v->col[k - 1] > i; k--) {
            const uint8_t *other = value + (int64_t)v->col[k - 1] * s->lanes;
            if (v->coupling != NULL) {
                for (int32_t l = 0; l < s->lanes; l++)
                    energy[l] -= own[l] == other[l] ? v->coupling[k - 1] : 0;
            } else {
                const double *table = v->tables + v->table[k - 1] * v->q * v->q;
                for (int32_t l = 0; l < s->lanes; l++)
                    energy[l] -= table[own[l] * v->q + other[l]];
            }
        }
    }
}

static void read_state(const heat_chains *c, int64_t chain, const uint8_t *values, int8_t *state)
{
    const heat_potts_store *s = c->store;
    const uint8_t *value = values + first_value(c, chain);

    for (int64_t i = 0; i < c->n; i++)
        state[i] = (int8_t)value[i * s->lanes];
}

static void potts_get_state(const heat_chains *c, int64_t chain, void *state)
{
    const heat_potts_store *s = c->store;

    read_state(c, chain, s->value, state);
}

static double potts_get_walk_energy(const heat_chains *c, int64_t chain)
{
    const heat_potts_store *s = c->store;

    return s->view.offset + s->units->unit * (double)s->units_now[cell_of(c, chain)];
}

static double potts_get_energy(const heat_chains *c, int64_t chain)
{
    const heat_potts_store *s = c->store;

    return s->energy == NULL ? potts_get_walk_energy(c, chain) : s->energy[cell_of(c, chain)];
}

static int64_t potts_get_total(const heat_chains *c, int64_t chain)
{
    const heat_potts_store *s = c->store;
    const uint8_t *value = s->value + first_value(c, chain);
    int64_t total = 0;

    for (int64_t i = 0; i < c->n; i++)
        total += value[i * s->lanes];
    return total;
}

static heat_status potts_add_parts(heat_context *ctx, heat_chains *c, heat_parts *p)
{
    heat_potts_store *s = c->store;
    int64_t cells = s->n_units * s->lanes;
    heat_status status = heat_parts_add(ctx, p, "potts/value", -1, s->value, cells * c->n);

    if (status == HEAT_OK)
        status = heat_parts_add(ctx, p, "potts/scale", -1, s->scale, cells * (int64_t)sizeof *s->scale);
    if (status == HEAT_OK)
        status =
            heat_parts_add(ctx, p, "potts/energy", -1, s->units_now, cells * (int64_t)sizeof *s->units_now);
    if (status == HEAT_OK)
        status =
            heat_parts_add(ctx, p, "potts/random", -1, s->random, 4 * cells * (int64_t)sizeof *s->random);
    if (status == HEAT_OK && s->best != NULL)
        status = heat_parts_add(ctx, p, "potts/best", -1, s->best, cells * c->n);
    if (status == HEAT_OK && s->best != NULL)
        status = heat_parts_add(ctx, p, "potts/best_energy", -1, s->best_units,
                                cells * (int64_t)sizeof *s->best_units);
    return status;
}

static void potts_keep_best(heat_chains *c, int64_t unit)
{
    heat_potts_store *s = c->store;
    int64_t first, last;

    heat_chains_get_unit(c, unit, &first, &last);
    for (int64_t chain = first; chain < last; chain++) {
        int64_t cell = cell_of(c, chain), at = first_value(c, chain);
        if (s->units_now[cell] >= s->best_units[cell])
            continue;
        s->best_units[cell] = s->units_now[cell];
        for (int64_t i = 0; i < c->n; i++)
            s->best[at + i * s->lanes] = s->value[at + i * s->lanes];
    }
}

static double potts_get_best(const heat_chains *c, int64_t chain, void *state)
{
    const heat_potts_store *s = c->store;

    if (state != NULL)
        read_state(c, chain, s->best, state);
    return s->view.offset + s->units->unit * (double)s->best_units[cell_of(c, chain)];
}

static double potts_get_slack(const heat_chains *c)
{
    const heat_potts_store *s = c->store;

    return s->units->rounded ? s->units->unit * ((double)c->info.n_edges + c->n) : 0;
}

/* Plain couplings are looked at once a value, tables are rows of 16 values. */
static double potts_sweep_cost(const heat_chains *c)
{
    const heat_potts_store *s = c->store;
    double a_neighbour = s->view.coupling != NULL ? c->info.n_states : s->units->graph.stride;

    return (2.0 * (double)c->info.n_edges * a_neighbour + 10.0 * c->n * c->info.n_states) * s->lanes;
}

const heat_layout heat_layout_potts = {
    .name = "bytes",
    .price = {.lanes = HEAT_LANES_A_VECTOR, .value = HEAT_VALUE_NS, .neighbour = HEAT_VALUE_NS},
    .bytes = potts_bytes,
    .open = potts_open,
    .free = potts_free,
    .set_beta = potts_set_beta,
    .start = potts_start,
    .set_state = potts_set_state,
    .sweep = potts_sweep,
    .measure = potts_measure,
    .add_parts = potts_add_parts,
    .get_state = potts_get_state,
    .get_energy = potts_get_energy,
    .get_walk_energy = potts_get_walk_energy,
    .get_total = potts_get_total,
    .keep_best = potts_keep_best,
    .get_best = potts_get_best,
    .get_slack = potts_get_slack,
    .sweep_cost = potts_sweep_cost};
