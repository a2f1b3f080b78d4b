/* The RBM kind of two layers of two values each (unit_rbm.c has all others): E(v, h) = -v W h - b v - c h +
 * offset. It holds its arrays as given, and beside them the bipartite graph that it is: over 0 and 1 a QUBO
 * with Q_ij = -W_ij, otherwise, with v = p + q s (p = q = 1/2 for 0 and 1; p = 0, q = 1 for spins), an Ising
 * model J_ij = q_v q_h W_ij, h_i = q_v (b_i + p_h sum_j W_ij). Smolensky, in Parallel Distributed Processing
 * 1 (1986) 194; Hinton, Neural Computation 14 (2002) 1771. */
#include "base/context_private.h"
#include "base/memory.h"
#include "io/graph_format.h"
#include "model/model_private.h"

#include <math.h>
#include <string.h>

typedef struct heat_rbm_model {
    heat_rbm rbm;                       /* points to the three arrays */
    heat_model *graph;                  /* the same energy */
    double *visible_over, *hidden_over; /* the biases over 0 and 1 */
    double scale_over, offset_over;
    bool is_spin_coded; /* states are -1 and +1 */
} heat_rbm_model;

/* v = p + q s. */
typedef struct affine {
    double p, q;
} affine;

static void rbm_free(void *self)
{
    heat_rbm_model *m = self;

    heat_model_free(m->graph);
    heat_rbm_clear(&m->rbm);
    heat_free(m->visible_over);
    heat_free(m->hidden_over);
    heat_free(m);
}

static bool rbm_pairwise(const void *self, heat_pairwise *view)
{
    const heat_rbm_model *m = self;

    return heat_model_get_pairwise(m->graph, view);
}

static bool rbm_layered(const void *self, heat_layered *view)
{
    const heat_rbm_model *m = self;

    *view = (heat_layered){m->rbm.n_visible, m->rbm.n_hidden, m->rbm.weights, m->scale_over,
                           m->visible_over,  m->hidden_over,  m->offset_over};
    return true;
}

static bool rbm_units(const void *self, heat_unit_layers *view)
{
    const heat_rbm *r = &((const heat_rbm_model *)self)->rbm;

    *view = (heat_unit_layers){
        {heat_layer_kind_get(r->visible), r->n_visible, 1, r->visible_bias, NULL},
        {heat_layer_kind_get(r->hidden), r->n_hidden, 1, r->hidden_bias, NULL},
        r->weights,
        r->offset,
    };
    return true;
}

/* What a unit of a state counts in the energy. */
static double value_of(const heat_rbm_model *m, heat_layer layer, int8_t x)
{
    return layer == HEAT_LAYER_SPIN && !m->is_spin_coded ? 2 * x - 1 : x;
}

/* b_i + sum_j W_ij h_j. */
static double visible_field(const heat_rbm_model *m, const int8_t *state, int32_t i)
{
    const double *w = m->rbm.weights + (int64_t)i * m->rbm.n_hidden;
    double sum = m->rbm.visible_bias[i];

    for (int32_t j = 0; j < m->rbm.n_hidden; j++)
        sum += w[j] * value_of(m, m->rbm.hidden, state[m->rbm.n_visible + j]);
    return sum;
}

static double hidden_field(const heat_rbm_model *m, const int8_t *state, int32_t j)
{
    double sum = m->rbm.hidden_bias[j];

    for (int64_t i = 0; i < m->rbm.n_visible; i++)
        sum += m->rbm.weights[i * m->rbm.n_hidden + j] * value_of(m, m->rbm.visible, state[i]);
    return sum;
}

static heat_status rbm_energies(heat_context *ctx, const heat_model *model, int64_t n_rows, const void *rows,
                                double *energies)
{
    const int8_t *states = rows;
    const heat_rbm_model *m = model->self;

    (void)ctx;
    for (int64_t r = 0; r < n_rows; r++) {
        const int8_t *state = states + r * model->info.n_variables;
        double energy = m->rbm.offset;
        for (int32_t j = 0; j < m->rbm.n_hidden; j++)
            energy -= m->rbm.hidden_bias[j] * value_of(m, m->rbm.hidden, state[m->rbm.n_visible + j]);
        for (int32_t i = 0; i < m->rbm.n_visible; i++)
            if (state[i] != 0 || m->rbm.visible == HEAT_LAYER_SPIN)
                energy -= visible_field(m, state, i) * value_of(m, m->rbm.visible, state[i]);
        energies[r] = energy;
    }
    return HEAT_OK;
}

static heat_status rbm_deltas(heat_context *ctx, const heat_model *model, int64_t n_rows,
                              const int8_t *states, int32_t site, const int8_t *proposed, double *deltas)
{
    const heat_rbm_model *m = model->self;
    bool is_visible = site < m->rbm.n_visible;
    heat_layer layer = is_visible ? m->rbm.visible : m->rbm.hidden;

    (void)ctx;
    for (int64_t r = 0; r < n_rows; r++) {
        const int8_t *state = states + r * model->info.n_variables;
        double field =
            is_visible ? visible_field(m, state, site) : hidden_field(m, state, site - m->rbm.n_visible);
        deltas[r] = (value_of(m, layer, state[site]) - value_of(m, layer, proposed[r])) * field;
    }
    return HEAT_OK;
}

static heat_status rbm_save(heat_context *ctx, const heat_model *model, const char *path)
{
    const heat_rbm_model *m = model->self;
    heat_edge_list list = {.n_variables = model->info.n_variables,
                           .form = HEAT_FORM_RBM,
                           .offset = m->rbm.offset,
                           .rbm = m->rbm,
                           .chains = model->chains}; /* lent */

    if (!heat_graph_format_holds(path, HEAT_FORM_RBM))
        return heat_model_save(ctx, m->graph, path);
    return heat_graph_write(ctx, path, &list);
}

static const heat_model_kind rbm_kind = {
    .name = "rbm",
    .free = rbm_free,
    .energies = rbm_energies,
    .deltas = rbm_deltas,
    .pairwise = rbm_pairwise,
    .layered = rbm_layered,
    .units = rbm_units,
    .save = rbm_save,
};

static heat_status check_array(heat_context *ctx, const char *name, const char *what, const double *values,
                               int64_t count)
{
    for (int64_t k = 0; k < count; k++)
        if (!isfinite(values[k]))
            return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "%s: %s %lld is not finite", name, what, (long long)k);
    return HEAT_OK;
}

static bool has_two_values(heat_layer layer)
{
    return layer == HEAT_LAYER_BINARY || layer == HEAT_LAYER_SPIN;
}

/* Numbers of the fields of a layer. */
static int64_t width_of(heat_layer layer, int32_t n, int32_t n_states)
{
    return layer == HEAT_LAYER_POTTS ? (int64_t)n * n_states : n;
}

int64_t heat_rbm_visible_width(const heat_rbm *r)
{
    return width_of(r->visible, r->n_visible, r->visible_states);
}

int64_t heat_rbm_hidden_width(const heat_rbm *r)
{
    return width_of(r->hidden, r->n_hidden, r->hidden_states);
}

static heat_status check_layer(heat_context *ctx, const char *name, const char *what, heat_layer layer,
                               int32_t n_states)
{
    if (heat_layer_kind_get(layer) == NULL)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "%s: the %s layer is of a kind unknown", name, what);
    if (layer == HEAT_LAYER_POTTS && (n_states < 2 || n_states > HEAT_MOST_STATES))
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "%s: %s Potts units of %d states, expected 2 to %d", name,
                         what, n_states, HEAT_MOST_STATES);
    return HEAT_OK;
}

static heat_status check_precision(heat_context *ctx, const char *name, const char *what, heat_layer layer,
                                   const double *precision, int32_t n)
{
    for (int32_t i = 0; i < n && precision != NULL && heat_layer_kind_get(layer)->has_precision; i++)
        if (!(precision[i] > 0 && precision[i] < (double)INFINITY))
            return heat_fail(ctx, HEAT_ERROR_ARGUMENT,
                             "%s: precision %d of the %s units is %g, expected "
                             "above 0",
                             name, (int)i, what, precision[i]);
    return HEAT_OK;
}

static heat_status check(heat_context *ctx, const heat_rbm *p, const char *name)
{
    heat_status status = check_layer(ctx, name, "visible", p->visible, p->visible_states);

    if (status == HEAT_OK)
        status = check_layer(ctx, name, "hidden", p->hidden, p->hidden_states);
    if (status != HEAT_OK)
        return status;
    if (p->n_visible < 1 || p->n_hidden < 1 || (int64_t)p->n_visible + p->n_hidden >= INT32_MAX)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT,
                         "%s: %d visible and %d hidden units: expected at least one of each, and fewer than "
                         "%d together",
                         name, p->n_visible, p->n_hidden, INT32_MAX);
    if (p->weights == NULL)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "%s: no weights", name);
    if (p->visible == HEAT_LAYER_RELU)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "%s: visible units cannot be of the kind relu", name);
    status =
        check_array(ctx, name, "weight", p->weights, heat_rbm_visible_width(p) * heat_rbm_hidden_width(p));
    if (status == HEAT_OK && p->visible_bias != NULL)
        status = check_array(ctx, name, "visible bias", p->visible_bias, heat_rbm_visible_width(p));
    if (status == HEAT_OK && p->hidden_bias != NULL)
        status = check_array(ctx, name, "hidden bias", p->hidden_bias, heat_rbm_hidden_width(p));
    if (status == HEAT_OK)
        status = check_precision(ctx, name, "visible", p->visible, p->visible_precision, p->n_visible);
    if (status == HEAT_OK)
        status = check_precision(ctx, name, "hidden", p->hidden, p->hidden_precision, p->n_hidden);
    if (status == HEAT_OK && !isfinite(p->offset))
        status = heat_fail(ctx, HEAT_ERROR_ARGUMENT, "%s: the offset is not finite", name);
    return status;
}

/* A copy without -0; of NULL, `missing` everywhere. */
static heat_status copy(heat_context *ctx, const double *from, int64_t count, double missing,
                        const double **out)
{
    double *to = NULL;
    heat_status status = heat_alloc(ctx, count, sizeof *to, &to);

    for (int64_t k = 0; k < count && status == HEAT_OK; k++)
        to[k] = from == NULL ? missing : from[k] + 0.0;
    *out = to;
    return status;
}

heat_status heat_rbm_copy(heat_context *ctx, const heat_rbm *p, heat_rbm *own)
{
    heat_status status;

    *own = *p;
    own->size = sizeof *own;
    own->weights = own->visible_bias = own->hidden_bias = own->visible_precision = own->hidden_precision =
        NULL;
    status = copy(ctx, p->weights, heat_rbm_visible_width(p) * heat_rbm_hidden_width(p), 0, &own->weights);
    if (status == HEAT_OK)
        status = copy(ctx, p->visible_bias, heat_rbm_visible_width(p), 0, &own->visible_bias);
    if (status == HEAT_OK)
        status = copy(ctx, p->hidden_bias, heat_rbm_hidden_width(p), 0, &own->hidden_bias);
    if (status == HEAT_OK && heat_layer_kind_get(p->visible)->has_precision)
        status = copy(ctx, p->visible_precision, p->n_visible, 1, &own->visible_precision);
    if (status == HEAT_OK && heat_layer_kind_get(p->hidden)->has_precision)
        status = copy(ctx, p->hidden_precision, p->n_hidden, 1, &own->hidden_precision);
    return status;
}

void heat_rbm_clear(heat_rbm *own)
{
    heat_free(own->weights);
    heat_free(own->visible_bias);
    heat_free(own->hidden_bias);
    heat_free(own->visible_precision);
    heat_free(own->hidden_precision);
}

/* Biases and offset once unit values are written v = p + q z, of both layers. */
static void shift(const heat_rbm *r, affine v, affine h, double *visible, double *hidden, double *offset)
{
    *offset = r->offset;
    for (int32_t j = 0; j < r->n_hidden; j++) {
        hidden[j] = r->hidden_bias[j];
        *offset -= h.p * r->hidden_bias[j];
    }
    for (int64_t i = 0; i < r->n_visible; i++) {
        double row = 0;
        for (int32_t j = 0; j < r->n_hidden; j++) {
            row += r->weights[i * r->n_hidden + j];
            hidden[j] += v.p * r->weights[i * r->n_hidden + j];
        }
        visible[i] = v.q * (r->visible_bias[i] + h.p * row);
        *offset -= v.p * (r->visible_bias[i] + h.p * row);
    }
    for (int32_t j = 0; j < r->n_hidden; j++)
        hidden[j] *= h.q;
}

static affine over_binary(heat_layer layer)
{
    return layer == HEAT_LAYER_SPIN ? (affine){-1, 2} : (affine){0, 1};
}

static affine over_spins(heat_layer layer)
{
    return layer == HEAT_LAYER_SPIN ? (affine){0, 1} : (affine){0.5, 0.5};
}

static heat_status make_layered(heat_context *ctx, heat_rbm_model *m)
{
    affine v = over_binary(m->rbm.visible), h = over_binary(m->rbm.hidden);
    heat_status status = heat_alloc(ctx, m->rbm.n_visible, sizeof *m->visible_over, &m->visible_over);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, m->rbm.n_hidden, sizeof *m->hidden_over, &m->hidden_over);
    if (status != HEAT_OK)
        return status;
    shift(&m->rbm, v, h, m->visible_over, m->hidden_over, &m->offset_over);
    m->scale_over = v.q * h.q;
    return HEAT_OK;
}

/* Every weight that is not 0 is an edge. */
static heat_status list_edges(heat_context *ctx, const heat_rbm *r, double factor, heat_edge_list *list)
{
    heat_status status = HEAT_OK;

    for (int32_t i = 0; i < r->n_visible; i++)
        for (int32_t j = 0; j < r->n_hidden && status == HEAT_OK; j++) {
            double w = r->weights[(int64_t)i * r->n_hidden + j];
            if (w != 0)
                status = heat_edge_list_add(ctx, list, i, r->n_visible + j, factor * w);
        }
    return status;
}

static heat_status make_graph(heat_context *ctx, heat_rbm_model *m, const char *name, const char *format)
{
    const heat_rbm *r = &m->rbm;
    bool is_binary = r->visible == HEAT_LAYER_BINARY && r->hidden == HEAT_LAYER_BINARY;
    affine v = is_binary ? (affine){0, -1} : over_spins(r->visible);
    affine h = is_binary ? (affine){0, -1} : over_spins(r->hidden);
    heat_edge_list list = {.n_variables = (int64_t)r->n_visible + r->n_hidden,
                           .form = is_binary ? HEAT_FORM_QUBO : HEAT_FORM_ISING};
    heat_status status = heat_alloc(ctx, list.n_variables, sizeof *list.field, &list.field);

    if (status == HEAT_OK) {
        list.field_capacity = list.n_variables;
        shift(r, v, h, list.field, list.field + r->n_visible, &list.offset);
        status = list_edges(ctx, r, is_binary ? -1 : v.q * h.q, &list);
    }
    if (status == HEAT_OK)
        status = heat_ising_create(ctx, &list, name, format, &m->graph);
    heat_edge_list_clear(&list);
    return status;
}

static void describe(const heat_rbm_model *m, heat_model_info *info)
{
    const heat_rbm *r = &m->rbm;
    bool any = false;

    heat_model_describe(m->graph, info);
    info->kind = rbm_kind.name;
    info->coding = m->is_spin_coded ? HEAT_CODING_SPIN : HEAT_CODING_INDEX;
    info->n_visible = r->n_visible;
    info->min_coupling = info->max_coupling = 0;
    for (int64_t k = 0; k < (int64_t)r->n_visible * r->n_hidden; k++) {
        double w = r->weights[k];
        if (w == 0)
            continue;
        info->min_coupling = !any || w < info->min_coupling ? w : info->min_coupling;
        info->max_coupling = !any || w > info->max_coupling ? w : info->max_coupling;
        any = true;
    }
}

heat_status heat_rbm_create(heat_context *ctx, const heat_rbm *rbm, const char *name, const char *format,
                            heat_model **out)
{
    heat_rbm_model *m = NULL;
    heat_model *model = NULL;
    heat_status status = check(ctx, rbm, name);

    *out = NULL;
    if (status == HEAT_OK && !(has_two_values(rbm->visible) && has_two_values(rbm->hidden)))
        return heat_unit_rbm_create(ctx, rbm, name, format, out);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, 1, sizeof *m, &m);
    if (status != HEAT_OK)
        return status;
    m->is_spin_coded = rbm->visible == HEAT_LAYER_SPIN && rbm->hidden == HEAT_LAYER_SPIN;
    status = heat_rbm_copy(ctx, rbm, &m->rbm);
    if (status == HEAT_OK)
        status = make_graph(ctx, m, name, format);
    if (status == HEAT_OK)
        status = make_layered(ctx, m);
    if (status != HEAT_OK) {
        rbm_free(m);
        return status;
    }
    status = heat_model_create(ctx, &rbm_kind, m, name, &model);
    if (status != HEAT_OK)
        return status;
    describe(m, &model->info);
    model->info.name = model->name;
    *out = model;
    return HEAT_OK;
}

void heat_rbm_init(heat_rbm *rbm)
{
    *rbm = (heat_rbm){.size = sizeof *rbm};
}

heat_status heat_model_create_rbm(heat_context *ctx, const heat_rbm *rbm, heat_model **out)
{
    heat_rbm own;

    if (ctx == NULL || out == NULL)
        return HEAT_ERROR_ARGUMENT;
    *out = NULL;
    if (rbm == NULL)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "heat_model_create_rbm: no struct");
    heat_rbm_init(&own);
    heat_struct_copy(&own, sizeof own, rbm, rbm->size);
    return heat_rbm_create(ctx, &own, "arrays", "memory", out);
}

heat_status heat_model_get_rbm(heat_context *ctx, const heat_model *model, heat_rbm *rbm)
{
    heat_rbm own;
    size_t size;

    if (ctx == NULL)
        return HEAT_ERROR_ARGUMENT;
    if (model == NULL || rbm == NULL)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "heat_model_get_rbm: no model or no struct");
    size = rbm->size;
    if (model->kind == &rbm_kind)
        own = ((const heat_rbm_model *)model->self)->rbm;
    else if (!heat_unit_rbm_get(model, &own))
        return heat_fail(ctx, HEAT_ERROR_UNABLE, "%s is no RBM (kind %s)", model->name, model->info.kind);
    heat_struct_copy(rbm, size == 0 ? sizeof own : size, &own, sizeof own);
    return HEAT_OK;
}
