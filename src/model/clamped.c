/* A model conditioned on some of its variables: what is left is a model of the free ones alone,
 *   E'(free) = E(free, held),   p(free | held) proportional to exp(-E' / T).
 * Couplings to held variables become fields, what lies among them a constant, so that every view, layout and
 * engine has the conditional model for nothing. A model that has the black-box view alone is asked for the
 * energies of whole states. */
#include "base/context_private.h"
#include "base/memory.h"
#include "io/clamp_file.h"
#include "model/model_private.h"

#include <math.h>
#include <string.h>

/* What is to be built: place[i] is where variable i stands among the free ones, -1 where it is held. */
typedef struct reduction {
    const heat_model *model;
    const int8_t *clamp; /* NULL: the model is of real numbers */
    const double *held;  /* what an RBM's units are worth there */
    int32_t n, n_free;
    int32_t *place;
} reduction;

/* --- pairs of spins --- */

static double held_spin(const reduction *r, int32_t i)
{
    return r->model->info.coding == HEAT_CODING_SPIN ? r->clamp[i] : 2 * r->clamp[i] - 1;
}

/* The row of variable i: edges to free ones behind it, and what the held ones leave, sum_j J_ij s_j; where i
 * is held itself, of those behind it alone. */
static heat_status add_row(heat_context *ctx, const reduction *r, const heat_pairwise *g, int32_t i,
                           heat_edge_list *list, double *left)
{
    bool is_free = r->place[i] >= 0;

    *left = 0;
    for (int64_t k = g->row[i]; k < g->row[i + 1]; k++) {
        int32_t j = g->col[k];
        double coupling = heat_pairwise_coupling(g, k);
        heat_status status = HEAT_OK;
        if (r->place[j] < 0 && (is_free || j > i))
            *left += coupling * held_spin(r, j);
        else if (is_free && r->place[j] >= 0 && j > i)
            status = heat_edge_list_add(ctx, list, r->place[i], r->place[j], coupling);
        if (status != HEAT_OK)
            return status;
    }
    return HEAT_OK;
}

static heat_status reduce_pairs(heat_context *ctx, const reduction *r, const heat_pairwise *g,
                                heat_model **out)
{
    heat_edge_list list = {.n_variables = r->n_free, .offset = g->offset};
    heat_status status = heat_alloc(ctx, r->n_free, sizeof *list.field, &list.field);

    list.field_capacity = r->n_free;
    for (int32_t i = 0; i < r->n && status == HEAT_OK; i++) {
        double left;
        status = add_row(ctx, r, g, i, &list, &left);
        left += g->field[i];
        if (r->place[i] < 0)
            list.offset -= left * held_spin(r, i);
        else
            list.field[r->place[i]] = left;
    }
    if (status == HEAT_OK && r->model->info.coding == HEAT_CODING_INDEX)
        status = heat_edge_list_to_binary(ctx, &list);
    if (status == HEAT_OK)
        status = heat_ising_create(ctx, &list, r->model->name, "memory", out);
    heat_edge_list_clear(&list);
    return status;
}

/* --- variables of q values --- */

/* J of the edge end at k, with its own variable at a and the neighbour at b. */
static double coupling_at(const heat_categorical *g, int64_t k, int64_t a, int64_t b)
{
    if (g->coupling != NULL)
        return a == b ? g->coupling[k] : 0;
    return g->tables[(g->table[k] * g->q + a) * g->q + b];
}

typedef struct potts_arrays {
    int32_t *i, *j;
    double *couplings;
    int64_t *table;
    double *fields;
} potts_arrays;

static heat_status alloc_arrays(heat_context *ctx, const reduction *r, const heat_categorical *g,
                                potts_arrays *a)
{
    int64_t most = g->row[g->n] / 2;
    heat_status status = heat_alloc_unset(ctx, most, sizeof *a->i, &a->i);

    if (status == HEAT_OK)
        status = heat_alloc_unset(ctx, most, sizeof *a->j, &a->j);
    if (status == HEAT_OK && g->coupling != NULL)
        status = heat_alloc_unset(ctx, most, sizeof *a->couplings, &a->couplings);
    if (status == HEAT_OK && g->coupling == NULL)
        status = heat_alloc_unset(ctx, most, sizeof *a->table, &a->table);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, (int64_t)r->n_free * g->q, sizeof *a->fields, &a->fields);
    return status;
}

static void add_edge(const reduction *r, const heat_categorical *g, int32_t i, int64_t k, potts_arrays *a,
                     int64_t *n_edges)
{
    a->i[*n_edges] = r->place[i];
    a->j[*n_edges] = r->place[g->col[k]];
    if (g->coupling != NULL)
        a->couplings[*n_edges] = g->coupling[k];
    else
        a->table[*n_edges] = g->table[k];
    ++*n_edges;
}

/* Variable i with its field and its row; returns what it adds to the offset. */
static double reduce_row(const reduction *r, const heat_categorical *g, int32_t i, potts_arrays *a,
                         int64_t *n_edges)
{
    const double *own = g->field == NULL ? NULL : g->field + (int64_t)i * g->q;
    double *field = r->place[i] < 0 ? NULL : a->fields + (int64_t)r->place[i] * g->q;
    double held = own != NULL && field == NULL ? own[r->clamp[i]] : 0;

    if (own != NULL && field != NULL)
        memcpy(field, own, (size_t)g->q * sizeof *field);
    for (int64_t k = g->row[i]; k < g->row[i + 1]; k++) {
        int32_t j = g->col[k];
        if (field == NULL) {
            held += r->place[j] < 0 && j > i ? coupling_at(g, k, r->clamp[i], r->clamp[j]) : 0;
        } else if (r->place[j] < 0) {
            for (int32_t v = 0; v < g->q; v++)
                field[v] += coupling_at(g, k, v, r->clamp[j]);
        } else if (j > i) {
            add_edge(r, g, i, k, a, n_edges);
        }
    }
    return -held;
}

static heat_status reduce_potts(heat_context *ctx, const reduction *r, const heat_categorical *g,
                                heat_model **out)
{
    potts_arrays a = {0};
    heat_potts potts;
    heat_status status = alloc_arrays(ctx, r, g, &a);

    heat_potts_init(&potts);
    potts.offset = g->offset;
    for (int32_t i = 0; i < r->n && status == HEAT_OK; i++)
        potts.offset += reduce_row(r, g, i, &a, &potts.n_edges);
    potts.n_variables = r->n_free;
    potts.n_states = g->q;
    potts.i = a.i;
    potts.j = a.j;
    potts.couplings = a.couplings;
    potts.n_tables = g->n_tables;
    potts.tables = g->coupling == NULL ? g->tables : NULL;
    potts.table = a.table;
    potts.fields = a.fields;
    if (status == HEAT_OK)
        status = heat_potts_create(ctx, &potts, r->model->name, "memory", out);
    heat_free(a.i);
    heat_free(a.j);
    heat_free(a.couplings);
    heat_free(a.table);
    heat_free(a.fields);
    return status;
}

/* --- the black box --- */

typedef struct clamped {
    const heat_model *base;
    int32_t n_free;
    int32_t *site; /* [n_free] where each free variable stands in the base */
    int8_t *clamp; /* [n of the base] */
} clamped;

static void clamped_free(void *self)
{
    clamped *m = self;

    heat_free(m->site);
    heat_free(m->clamp);
    heat_free(m);
}

static heat_status make_whole(heat_context *ctx, const heat_model *model, int64_t n_rows, const void *states,
                              int8_t **whole)
{
    const clamped *m = model->self;
    heat_status status = heat_alloc_unset(ctx, n_rows * m->base->info.n_variables, 1, whole);

    if (status == HEAT_OK)
        heat_model_get_whole(model, n_rows, states, *whole);
    return status;
}

static heat_status clamped_energies(heat_context *ctx, const heat_model *model, int64_t n_rows,
                                    const void *states, double *energies)
{
    const clamped *m = model->self;
    int8_t *whole = NULL;
    heat_status status = make_whole(ctx, model, n_rows, states, &whole);

    if (status == HEAT_OK)
        status = heat_model_energies(ctx, m->base, n_rows, whole, energies);
    heat_free(whole);
    return status;
}

static heat_status clamped_deltas(heat_context *ctx, const heat_model *model, int64_t n_rows,
                                  const int8_t *states, int32_t site, const int8_t *proposed, double *deltas)
{
    const clamped *m = model->self;
    int8_t *whole = NULL;
    heat_status status = make_whole(ctx, model, n_rows, states, &whole);

    if (status == HEAT_OK)
        status = heat_model_deltas(ctx, m->base, n_rows, whole, m->site[site], proposed, deltas);
    heat_free(whole);
    return status;
}

static int32_t clamped_count_values(const void *self, int32_t variable)
{
    const clamped *m = self;

    return heat_model_count_values(m->base, m->site[variable]);
}

static const heat_model_kind clamped_kind = {
    .name = "clamped",
    .free = clamped_free,
    .energies = clamped_energies,
    .deltas = clamped_deltas,
    .count_values = clamped_count_values,
};

static heat_status wrap_box(heat_context *ctx, const reduction *r, heat_model **out)
{
    clamped *m = NULL;
    heat_status status = heat_alloc(ctx, 1, sizeof *m, &m);

    if (status != HEAT_OK)
        return status;
    m->base = r->model;
    m->n_free = r->n_free;
    status = heat_alloc(ctx, r->n_free, sizeof *m->site, &m->site);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, r->n, 1, &m->clamp);
    if (status != HEAT_OK) {
        clamped_free(m);
        return status;
    }
    memcpy(m->clamp, r->clamp, (size_t)r->n);
    for (int32_t i = 0; i < r->n; i++)
        if (r->place[i] >= 0)
            m->site[r->place[i]] = i;
    status = heat_model_create(ctx, &clamped_kind, m, r->model->name, out);
    if (status != HEAT_OK)
        return status;
    (*out)->info.kind = r->model->info.kind;
    (*out)->info.format = "memory";
    (*out)->info.n_variables = r->n_free;
    (*out)->info.n_states = r->model->info.n_states;
    (*out)->info.coding = r->model->info.coding;
    (*out)->info.has_field = true; /* unknown: nothing may assume a symmetry */
    (*out)->thread_safe = r->model->thread_safe;
    return HEAT_OK;
}

/* --- the whole --- */

static heat_status check_clamp(heat_context *ctx, const heat_model *model, const int8_t *clamp)
{
    const heat_model_info *info = &model->info;

    for (int32_t i = 0; i < info->n_variables; i++)
        if (clamp[i] != HEAT_FREE && !heat_model_has_value(model, i, clamp[i]))
            return heat_fail(ctx, HEAT_ERROR_ARGUMENT,
                             "variable %d: %d is neither HEAT_FREE nor in the coding (%s)", i, clamp[i],
                             info->coding == HEAT_CODING_SPIN ? "-1 or +1" : "0 to q-1");
    return HEAT_OK;
}

static heat_status reduce(heat_context *ctx, reduction *r, heat_model **out)
{
    heat_pairwise pairs;
    heat_categorical values;
    heat_unit_layers units;
    heat_status status = heat_alloc(ctx, r->n, sizeof *r->place, &r->place);

    if (status == HEAT_OK && heat_model_get_units(r->model, &units))
        status = heat_rbm_create_clamped(ctx, r->model, r->held, out);
    if (status != HEAT_OK || *out != NULL)
        return status;
    for (int32_t i = 0; i < r->n; i++)
        r->place[i] = r->clamp[i] == HEAT_FREE ? r->n_free++ : -1;
    if (heat_model_get_pairwise(r->model, &pairs))
        return reduce_pairs(ctx, r, &pairs, out);
    if (heat_model_get_categorical(r->model, &values))
        return reduce_potts(ctx, r, &values, out);
    return wrap_box(ctx, r, out);
}

/* Values of held units, NaN of free ones. */
static void find_held(const heat_model *model, const int8_t *clamp, double *held)
{
    heat_unit_layers u;
    bool is_coded = heat_model_get_units(model, &u) && model->info.coding == HEAT_CODING_INDEX;

    if (is_coded)
        heat_units_read_row(&u, clamp, held);
    for (int32_t i = 0; i < model->info.n_variables; i++)
        held[i] = clamp[i] == HEAT_FREE ? (double)NAN : is_coded ? held[i] : clamp[i];
}

static heat_status finish(heat_context *ctx, reduction *r, heat_model *made, heat_model **out)
{
    heat_status status = HEAT_OK;

    if (r->clamp != NULL)
        status = heat_alloc(ctx, r->n, sizeof *made->clamp, &made->clamp);
    else
        status = heat_alloc(ctx, r->n, sizeof *made->held, &made->held);
    if (status != HEAT_OK) {
        heat_model_free(made);
        return status;
    }
    if (r->clamp != NULL)
        memcpy(made->clamp, r->clamp, (size_t)r->n * sizeof *made->clamp);
    else
        memcpy(made->held, r->held, (size_t)r->n * sizeof *made->held);
    made->n_whole = r->n;
    *out = made;
    return HEAT_OK;
}

heat_status heat_model_create_clamped(heat_context *ctx, const heat_model *model, const int8_t *clamp,
                                      heat_model **out)
{
    reduction r = {.model = model, .clamp = clamp};
    heat_model *made = NULL;
    double *held = NULL;
    heat_status status;

    if (ctx == NULL || out == NULL)
        return HEAT_ERROR_ARGUMENT;
    *out = NULL;
    if (model == NULL || clamp == NULL)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "heat_model_create_clamped: no model or no clamp");
    r.n = model->info.n_variables;
    status = heat_model_need_states(ctx, model, "heat_model_create_clamped");
    if (status == HEAT_OK)
        status = check_clamp(ctx, model, clamp);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, r.n, sizeof *held, &held);
    if (status == HEAT_OK) {
        find_held(model, clamp, held);
        r.held = held;
        status = reduce(ctx, &r, &made);
    }
    if (status == HEAT_OK)
        status = finish(ctx, &r, made, out);
    heat_free(held);
    heat_free(r.place);
    return status;
}

/* A model of states takes the values as its own. */
static heat_status clamp_states(heat_context *ctx, const heat_model *model, const double *held,
                                heat_model **out)
{
    int8_t *clamp = NULL;
    heat_status status = heat_alloc(ctx, model->info.n_variables, sizeof *clamp, &clamp);

    for (int32_t i = 0; i < model->info.n_variables && status == HEAT_OK; i++) {
        clamp[i] = isnan(held[i]) ? HEAT_FREE : held[i] > -2 && held[i] < 128 ? (int8_t)held[i] : -2;
        if (clamp[i] != HEAT_FREE && clamp[i] != held[i])
            status =
                heat_fail(ctx, HEAT_ERROR_ARGUMENT, "variable %d: %g is no value of it", (int)i, held[i]);
    }
    if (status == HEAT_OK)
        status = heat_model_create_clamped(ctx, model, clamp, out);
    heat_free(clamp);
    return status;
}

heat_status heat_model_create_clamped_values(heat_context *ctx, const heat_model *model, const double *held,
                                             heat_model **out)
{
    reduction r = {.model = model, .held = held};
    heat_unit_layers u;
    heat_model *made = NULL;
    heat_status status;

    if (ctx == NULL || out == NULL)
        return HEAT_ERROR_ARGUMENT;
    *out = NULL;
    if (model == NULL || held == NULL)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "heat_model_create_clamped_values: no model or no values");
    if (heat_model_is_real(&model->info) && !heat_model_get_units(model, &u))
        return heat_fail(ctx, HEAT_ERROR_UNABLE, "%s: no variable of a %s model of real numbers can be held",
                         model->name, model->info.kind);
    if (!heat_model_is_real(&model->info))
        return clamp_states(ctx, model, held, out);
    r.n = model->info.n_variables;
    for (int32_t i = 0; i < r.n; i++) {
        const heat_unit_layer *l = i < u.visible.n ? &u.visible : &u.hidden;
        if (!isnan(held[i]) && !heat_unit_has_value(l, held[i]))
            return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "variable %d: %g is no value of a %s unit", (int)i,
                             held[i], l->kind->name);
    }
    status = reduce(ctx, &r, &made);
    if (status == HEAT_OK)
        status = finish(ctx, &r, made, out);
    heat_free(r.place);
    return status;
}

/* From the back: the rows may lie at the front of the room for the whole ones. */
void heat_model_get_whole(const heat_model *model, int64_t n_rows, const void *rows, void *states)
{
    const heat_row_form form = heat_model_row_form(&model->info);
    const bool is_real = heat_row_is_real(&form);
    int64_t n = model->n_whole;

    if (model->clamp == NULL && model->held == NULL) {
        memmove(states, rows, (size_t)(n_rows * heat_row_bytes(&form)));
        return;
    }
    for (int64_t r = n_rows - 1; r >= 0; r--) {
        int64_t next = (r + 1) * form.n;
        for (int64_t i = n - 1; i >= 0; i--) {
            double held = is_real ? model->held[i] : model->clamp[i];
            bool is_free = is_real ? isnan(held) : model->clamp[i] == HEAT_FREE;
            heat_row_set(&form, states, r * n + i, is_free ? heat_row_get(&form, rows, --next) : held);
        }
    }
}

heat_status heat_model_load_clamp_values(heat_context *ctx, const heat_model *model, const char *path,
                                         double *held)
{
    heat_clamp_form form;

    if (ctx == NULL)
        return HEAT_ERROR_ARGUMENT;
    if (model == NULL || path == NULL || held == NULL)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "heat_model_load_clamp_values: no model, path or values");
    form = (heat_clamp_form){.n = model->info.n_variables,
                             .n_visible = model->info.n_visible,
                             .n_states = model->info.n_states,
                             .spin = model->info.coding == HEAT_CODING_SPIN,
                             .first_index = model->info.first_index,
                             .labels = &model->labels};
    return heat_clamp_file_read(ctx, path, &form, held);
}

heat_status heat_model_load_clamp(heat_context *ctx, const heat_model *model, const char *path, int8_t *clamp)
{
    double *held = NULL;
    heat_status status;

    if (ctx == NULL)
        return HEAT_ERROR_ARGUMENT;
    if (model == NULL || clamp == NULL)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "heat_model_load_clamp: no model or no clamp");
    status = heat_model_need_states(ctx, model, "heat_model_load_clamp");
    if (status == HEAT_OK)
        status = heat_alloc(ctx, model->info.n_variables, sizeof *held, &held);
    if (status == HEAT_OK)
        status = heat_model_load_clamp_values(ctx, model, path, held);
    for (int32_t i = 0; i < model->info.n_variables && status == HEAT_OK; i++)
        clamp[i] = isnan(held[i]) ? HEAT_FREE : (int8_t)held[i];
    heat_free(held);
    return status;
}

heat_status heat_model_create_clamped_by(heat_context *ctx, const heat_model *model, const char *path,
                                         heat_model **out)
{
    double *held = NULL;
    heat_status status = heat_alloc(ctx, model->info.n_variables, sizeof *held, &held);

    *out = NULL;
    if (status == HEAT_OK)
        status = heat_model_load_clamp_values(ctx, model, path, held);
    if (status == HEAT_OK)
        status = heat_model_create_clamped_values(ctx, model, held, out);
    heat_free(held);
    return status;
}

const int8_t *heat_model_get_clamp(const heat_model *model)
{
    return model->clamp;
}

heat_status heat_model_take_free(heat_context *ctx, const heat_model *model, const char *path, int8_t *state)
{
    int64_t n_free = 0;

    for (int64_t i = 0; model->clamp != NULL && i < model->n_whole; i++)
        if (model->clamp[i] == HEAT_FREE)
            state[n_free++] = state[i];
        else if (model->clamp[i] != state[i])
            return heat_fail_option(ctx, "initial", path, "variable %lld is %d here and clamped at %d",
                                    (long long)i, state[i], model->clamp[i]);
    return HEAT_OK;
}
