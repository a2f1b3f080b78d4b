/* -E as a model of its own, so that whatever seeks a minimum seeks a maximum too. It stands on the model that
 * it negates: the energies are asked there, the graph is shared, only the fields are held anew, and the
 * couplings of a Potts model, which have no unit to turn. */
#include "base/memory.h"
#include "model/model_private.h"

#include <math.h>

typedef struct negated {
    const heat_model *base;
    bool is_pairwise, is_categorical;
    heat_pairwise view; /* of -E */
    heat_categorical categories;
    double *field;     /* of either view */
    double *couplings; /* of the categories: one an edge end, or their tables */
} negated;

static void negated_free(void *self)
{
    negated *m = self;

    heat_free(m->field);
    heat_free(m->couplings);
    heat_free(m);
}

/* Infinities forbid a state or leave one that is forbidden: either way they stay what they are. And no energy
 * becomes -0. */
static void negate(double *values, int64_t count)
{
    for (int64_t k = 0; k < count; k++)
        if (!isinf(values[k]))
            values[k] = 0 - values[k];
}

static heat_status negated_energies(heat_context *ctx, const heat_model *model, int64_t n_rows,
                                    const void *states, double *energies)
{
    const negated *m = model->self;
    heat_status status = heat_model_energies(ctx, m->base, n_rows, states, energies);

    if (status == HEAT_OK)
        negate(energies, n_rows);
    return status;
}

static heat_status negated_deltas(heat_context *ctx, const heat_model *model, int64_t n_rows,
                                  const int8_t *states, int32_t site, const int8_t *proposed, double *deltas)
{
    const negated *m = model->self;
    heat_status status = heat_model_deltas(ctx, m->base, n_rows, states, site, proposed, deltas);

    if (status == HEAT_OK)
        negate(deltas, n_rows);
    return status;
}

static int32_t negated_count_values(const void *self, int32_t variable)
{
    return heat_model_count_values(((const negated *)self)->base, variable);
}

static bool negated_pairwise(const void *self, heat_pairwise *view)
{
    const negated *m = self;

    *view = m->view;
    return m->is_pairwise;
}

static bool negated_categorical(const void *self, heat_categorical *view)
{
    const negated *m = self;

    *view = m->categories;
    return m->is_categorical;
}

static const heat_model_kind negated_kind = {
    .name = "negated",
    .free = negated_free,
    .energies = negated_energies,
    .deltas = negated_deltas,
    .count_values = negated_count_values,
    .pairwise = negated_pairwise,
    .categorical = negated_categorical,
};

/* A copy of `count` numbers with their signs turned. */
static heat_status turn(heat_context *ctx, int64_t count, const double *from, double **to)
{
    heat_status status = heat_alloc(ctx, count, sizeof **to, to);

    for (int64_t k = 0; k < count && status == HEAT_OK; k++)
        (*to)[k] = 0 - from[k];
    return status;
}

static heat_status negate_view(heat_context *ctx, negated *m)
{
    heat_status status = turn(ctx, m->view.n, m->view.field, &m->field);

    m->view.unit = -m->view.unit;
    m->view.field = m->field;
    m->view.offset = 0 - m->view.offset;
    return status;
}

static heat_status negate_categories(heat_context *ctx, negated *m)
{
    heat_categorical *v = &m->categories;
    const bool has_tables = v->tables != NULL;
    heat_status status = turn(ctx, has_tables ? v->n_tables * v->q * v->q : v->row[v->n],
                              has_tables ? v->tables : v->coupling, &m->couplings);

    if (status == HEAT_OK && v->field != NULL)
        status = turn(ctx, (int64_t)v->n * v->q, v->field, &m->field);
    v->coupling = has_tables ? NULL : m->couplings;
    v->tables = has_tables ? m->couplings : NULL;
    v->field = m->field;
    v->offset = 0 - v->offset;
    return status;
}

heat_status heat_model_create_negated(heat_context *ctx, const heat_model *model, heat_model **out)
{
    negated *m = NULL;
    heat_status status = heat_alloc(ctx, 1, sizeof *m, &m);

    *out = NULL;
    if (status != HEAT_OK)
        return status;
    m->base = model;
    m->is_pairwise = heat_model_get_pairwise(model, &m->view);
    m->is_categorical = !m->is_pairwise && heat_model_get_categorical(model, &m->categories);
    if (m->is_pairwise)
        status = negate_view(ctx, m);
    if (m->is_categorical)
        status = negate_categories(ctx, m);
    if (status != HEAT_OK) {
        negated_free(m);
        return status;
    }
    status = heat_model_create(ctx, &negated_kind, m, model->name, out);
    if (status != HEAT_OK)
        return status;
    (*out)->info = model->info;
    (*out)->info.name = (*out)->name;
    (*out)->info.extent = NULL; /* the lattice's shape is the base's to tell */
    (*out)->info.n_dimensions = 0;
    (*out)->info.min_coupling = 0 - model->info.max_coupling;
    (*out)->info.max_coupling = 0 - model->info.min_coupling;
    (*out)->info.max_cut = false;
    (*out)->info.has_labels = false;
    (*out)->thread_safe = model->thread_safe;
    return HEAT_OK;
}
