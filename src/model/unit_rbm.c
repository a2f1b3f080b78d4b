/* The RBM kind where a layer is not of two values: Potts, Gaussian or ReLU units. It holds its arrays as
 * given, and offers the view of units, of two Potts layers of the same q that of a Potts graph; where all
 * units have few values also energies of states, in which a value that a unit does not have is forbidden. Of
 * a Gaussian or ReLU unit a (x - b)^2 / 2 = a x^2 / 2 - (a b) x + a b^2 / 2: the field at rest is a b, the
 * last part goes into the offset. */
#include "base/context_private.h"
#include "base/memory.h"
#include "io/graph_format.h"
#include "model/model_private.h"

#include <math.h>
#include <string.h>

typedef struct heat_unit_rbm_model {
    heat_rbm rbm;
    double *visible_field, *hidden_field; /* at rest, of layers that have a precision; else NULL */
    heat_unit_layers units;
    heat_model *graph; /* the same energy, of two Potts layers of the same q; else NULL */
} heat_unit_rbm_model;

static void unit_rbm_free(void *self)
{
    heat_unit_rbm_model *m = self;

    heat_rbm_clear(&m->rbm);
    heat_free(m->visible_field);
    heat_free(m->hidden_field);
    heat_model_free(m->graph);
    heat_free(m);
}

static bool unit_rbm_units(const void *self, heat_unit_layers *view)
{
    *view = ((const heat_unit_rbm_model *)self)->units;
    return true;
}

static bool unit_rbm_categorical(const void *self, heat_categorical *view)
{
    const heat_unit_rbm_model *m = self;

    return m->graph != NULL && heat_model_get_categorical(m->graph, view);
}

static int32_t unit_rbm_count_values(const void *self, int32_t variable)
{
    const heat_unit_layers *u = &((const heat_unit_rbm_model *)self)->units;

    return heat_unit_layer_states(variable < u->visible.n ? &u->visible : &u->hidden);
}

/* What a unit of a state counts in the energy; NaN of a value that it does not have. */
static double value_of(const heat_unit_layer *l, int8_t x)
{
    if (x < 0 || x >= heat_unit_layer_states(l))
        return (double)NAN;
    return l->kind->layer == HEAT_LAYER_SPIN ? 2 * x - 1 : x;
}

/* b_i . phi(x) + sum over the other layer, of one unit at one value. */
static double pull(const heat_unit_layers *u, const int8_t *state, int32_t site, double x)
{
    bool is_visible = site < u->visible.n;
    const heat_unit_layer *own = is_visible ? &u->visible : &u->hidden;
    const heat_unit_layer *other = is_visible ? &u->hidden : &u->visible;
    int64_t width = heat_unit_layer_width(&u->hidden);
    int32_t place, there;
    double feature = heat_unit_feature(own, x, &place), sum;
    int64_t at = (int64_t)(is_visible ? site : site - u->visible.n) * own->q + place;

    sum = own->bias[at];
    state += is_visible ? u->visible.n : 0;
    for (int32_t k = 0; k < other->n; k++) {
        double weight, x_there = value_of(other, state[k]);
        if (isnan(x_there))
            return (double)NAN;
        weight = heat_unit_feature(other, x_there, &there);
        if (is_visible)
            sum += weight * u->weights[at * width + (int64_t)k * other->q + there];
        else
            sum += weight * u->weights[((int64_t)k * other->q + there) * width + at];
    }
    return feature * sum;
}

static heat_status real_energies(heat_context *ctx, const heat_unit_layers *u, int64_t n_rows,
                                 const double *rows, double *energies)
{
    int64_t n = (int64_t)u->visible.n + u->hidden.n;
    double *field = NULL;
    heat_status status = heat_alloc_unset(ctx, heat_unit_layer_width(&u->hidden), sizeof *field, &field);

    for (int64_t r = 0; r < n_rows && status == HEAT_OK; r++)
        energies[r] = heat_units_energy(u, rows + r * n, rows + r * n + u->visible.n, field);
    heat_free(field);
    return status;
}

static heat_status unit_rbm_energies(heat_context *ctx, const heat_model *model, int64_t n_rows,
                                     const void *rows, double *energies)
{
    const heat_unit_layers *u = &((const heat_unit_rbm_model *)model->self)->units;
    const int8_t *states = rows;

    if (heat_model_is_real(&model->info))
        return real_energies(ctx, u, n_rows, rows, energies);
    for (int64_t r = 0; r < n_rows; r++) {
        const int8_t *state = states + r * model->info.n_variables, *hidden = state + u->visible.n;
        double energy = u->offset;
        for (int32_t j = 0; j < u->hidden.n; j++) {
            int32_t place = 0;
            double x = value_of(&u->hidden, hidden[j]), feature;
            if (isnan(x)) {
                energy = (double)NAN;
                break;
            }
            feature = heat_unit_feature(&u->hidden, x, &place);
            energy -= u->hidden.bias[(int64_t)j * u->hidden.q + place] * feature;
        }
        for (int32_t i = 0; i < u->visible.n && !isnan(energy); i++) {
            double x = value_of(&u->visible, state[i]);
            energy -= isnan(x) ? x : pull(u, state, i, x);
        }
        energies[r] = isnan(energy) ? (double)INFINITY : energy;
    }
    return HEAT_OK;
}

static heat_status unit_rbm_deltas(heat_context *ctx, const heat_model *model, int64_t n_rows,
                                   const int8_t *states, int32_t site, const int8_t *proposed, double *deltas)
{
    const heat_unit_layers *u = &((const heat_unit_rbm_model *)model->self)->units;
    const heat_unit_layer *l = site < u->visible.n ? &u->visible : &u->hidden;

    (void)ctx;
    for (int64_t r = 0; r < n_rows; r++) {
        const int8_t *state = states + r * model->info.n_variables;
        double now = value_of(l, state[site]), then = value_of(l, proposed[r]);
        if (isnan(then))
            deltas[r] = isnan(now) ? 0 : (double)INFINITY;
        else if (isnan(now))
            deltas[r] = -(double)INFINITY;
        else
            deltas[r] = pull(u, state, site, now) - pull(u, state, site, then);
    }
    return HEAT_OK;
}

static heat_status unit_rbm_save(heat_context *ctx, const heat_model *model, const char *path)
{
    const heat_unit_rbm_model *m = model->self;
    heat_edge_list list = {.n_variables = model->info.n_variables,
                           .form = HEAT_FORM_RBM,
                           .offset = m->rbm.offset,
                           .rbm = m->rbm,
                           .chains = model->chains}; /* lent */

    return heat_graph_write(ctx, path, &list);
}

static const heat_model_kind unit_rbm_kind = {
    .name = "rbm",
    .free = unit_rbm_free,
    .energies = unit_rbm_energies,
    .deltas = unit_rbm_deltas,
    .categorical = unit_rbm_categorical,
    .units = unit_rbm_units,
    .count_values = unit_rbm_count_values,
    .save = unit_rbm_save,
};

bool heat_unit_rbm_get(const heat_model *model, heat_rbm *rbm)
{
    if (model->kind != &unit_rbm_kind)
        return false;
    *rbm = ((const heat_unit_rbm_model *)model->self)->rbm;
    return true;
}

/* The layer of the view; fields at rest and offset of a layer with a precision. */
static heat_status make_layer(heat_context *ctx, heat_layer layer, int32_t n, int32_t n_states,
                              const double *bias, const double *precision, double **field, double *offset,
                              heat_unit_layer *out)
{
    const heat_layer_kind *kind = heat_layer_kind_get(layer);
    heat_status status;

    *out = (heat_unit_layer){kind, n, layer == HEAT_LAYER_POTTS ? n_states : 1, bias, NULL};
    if (!kind->has_precision)
        return HEAT_OK;
    status = heat_alloc(ctx, n, sizeof **field, field);
    for (int32_t i = 0; i < n && status == HEAT_OK; i++) {
        (*field)[i] = precision[i] * bias[i];
        *offset += (*field)[i] * bias[i] / 2;
    }
    out->bias = *field;
    out->precision = precision;
    return status;
}

/* A table for each pair of units, W's block of theirs. */
static void fill_tables(const heat_unit_layers *u, int32_t *i, int32_t *j, double *tables)
{
    int64_t q = u->visible.q, width = heat_unit_layer_width(&u->hidden);

    for (int32_t v = 0; v < u->visible.n; v++)
        for (int32_t h = 0; h < u->hidden.n; h++) {
            *i++ = v;
            *j++ = u->visible.n + h;
            for (int64_t a = 0; a < q; a++, tables += q)
                memcpy(tables, u->weights + (v * q + a) * width + h * q, (size_t)q * sizeof *tables);
        }
}

/* Two Potts layers of the same q are a Potts model. */
static heat_status make_graph(heat_context *ctx, const char *name, const char *format, heat_unit_rbm_model *m)
{
    const heat_unit_layers *u = &m->units;
    int64_t q = u->visible.q, n = (int64_t)u->visible.n * u->hidden.n, v = heat_unit_layer_width(&u->visible);
    int32_t *i = NULL, *j = NULL;
    double *tables = NULL, *fields = NULL;
    heat_potts potts;
    heat_status status;

    if (u->visible.kind->layer != HEAT_LAYER_POTTS || u->hidden.kind->layer != HEAT_LAYER_POTTS ||
        u->hidden.q != q)
        return HEAT_OK;
    status = heat_alloc_unset(ctx, n, sizeof *i, &i);
    if (status == HEAT_OK)
        status = heat_alloc_unset(ctx, n, sizeof *j, &j);
    if (status == HEAT_OK)
        status = heat_alloc_unset(ctx, n * q * q, sizeof *tables, &tables);
    if (status == HEAT_OK)
        status = heat_alloc_unset(ctx, v + heat_unit_layer_width(&u->hidden), sizeof *fields, &fields);
    if (status == HEAT_OK) {
        fill_tables(u, i, j, tables);
        memcpy(fields, u->visible.bias, (size_t)v * sizeof *fields);
        memcpy(fields + v, u->hidden.bias, (size_t)heat_unit_layer_width(&u->hidden) * sizeof *fields);
        heat_potts_init(&potts);
        potts.n_variables = u->visible.n + u->hidden.n;
        potts.n_states = (int32_t)q;
        potts.n_edges = potts.n_tables = n;
        potts.i = i;
        potts.j = j;
        potts.tables = tables;
        potts.fields = fields;
        potts.offset = u->offset;
        status = heat_potts_create(ctx, &potts, name, format, &m->graph);
    }
    heat_free(i);
    heat_free(j);
    heat_free(tables);
    heat_free(fields);
    return status;
}

static bool is_coupled(const heat_unit_layers *u, int32_t i, int32_t j)
{
    int64_t width = heat_unit_layer_width(&u->hidden);

    for (int32_t a = 0; a < u->visible.q; a++)
        for (int32_t b = 0; b < u->hidden.q; b++)
            if (u->weights[((int64_t)i * u->visible.q + a) * width + (int64_t)j * u->hidden.q + b] != 0)
                return true;
    return false;
}

static int32_t root_of(int32_t *parent, int32_t i)
{
    while (parent[i] != i)
        i = parent[i] = parent[parent[i]];
    return i;
}

/* Edges, degrees and components of the bipartite graph. */
static heat_status describe_graph(heat_context *ctx, const heat_unit_layers *u, heat_model_info *info)
{
    int32_t n = info->n_variables, *parent = NULL;
    int64_t *row = NULL;
    heat_status status = heat_alloc(ctx, n, sizeof *parent, &parent);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, n + 1, sizeof *row, &row);
    if (status != HEAT_OK)
        goto out;
    for (int32_t i = 0; i < n; i++)
        parent[i] = i;
    info->n_components = n;
    for (int32_t i = 0; i < u->visible.n; i++)
        for (int32_t j = 0; j < u->hidden.n; j++) {
            int32_t a = root_of(parent, i), b = root_of(parent, u->visible.n + j);
            if (!is_coupled(u, i, j))
                continue;
            row[i + 1]++;
            row[u->visible.n + j + 1]++;
            info->n_components -= a != b;
            parent[a] = b;
        }
    for (int32_t i = 0; i < n; i++)
        row[i + 1] += row[i];
    heat_model_count_degrees(n, row, info);
out:
    heat_free(parent);
    heat_free(row);
    return status;
}

static heat_status describe(heat_context *ctx, const heat_unit_layers *u, heat_model_info *info)
{
    int32_t visible = heat_unit_layer_states(&u->visible), hidden = heat_unit_layer_states(&u->hidden);
    int64_t count = heat_unit_layer_width(&u->visible) * heat_unit_layer_width(&u->hidden);

    info->n_variables = u->visible.n + u->hidden.n;
    info->n_visible = u->visible.n;
    info->n_states = visible == 0 || hidden == 0 ? 0 : visible > hidden ? visible : hidden;
    info->coding = HEAT_CODING_INDEX;
    info->has_field = true; /* values are told apart */
    for (int64_t k = 0; k < count; k++) {
        info->min_coupling = fmin(info->min_coupling, u->weights[k]);
        info->max_coupling = fmax(info->max_coupling, u->weights[k]);
    }
    return describe_graph(ctx, u, info);
}

heat_status heat_unit_rbm_create(heat_context *ctx, const heat_rbm *rbm, const char *name, const char *format,
                                 heat_model **out)
{
    heat_unit_rbm_model *m = NULL;
    heat_model *model = NULL;
    heat_status status = heat_alloc(ctx, 1, sizeof *m, &m);

    *out = NULL;
    if (status != HEAT_OK)
        return status;
    status = heat_rbm_copy(ctx, rbm, &m->rbm);
    m->units.offset = rbm->offset;
    m->units.weights = m->rbm.weights;
    if (status == HEAT_OK)
        status = make_layer(ctx, rbm->visible, rbm->n_visible, rbm->visible_states, m->rbm.visible_bias,
                            m->rbm.visible_precision, &m->visible_field, &m->units.offset, &m->units.visible);
    if (status == HEAT_OK)
        status = make_layer(ctx, rbm->hidden, rbm->n_hidden, rbm->hidden_states, m->rbm.hidden_bias,
                            m->rbm.hidden_precision, &m->hidden_field, &m->units.offset, &m->units.hidden);
    if (status == HEAT_OK)
        status = make_graph(ctx, name, format, m);
    if (status != HEAT_OK) {
        unit_rbm_free(m);
        return status;
    }
    status = heat_model_create(ctx, &unit_rbm_kind, m, name, &model);
    if (status == HEAT_OK)
        status = describe(ctx, &m->units, &model->info);
    if (status != HEAT_OK) {
        heat_model_free(model);
        return status;
    }
    model->info.format = format;
    *out = model;
    return HEAT_OK;
}
