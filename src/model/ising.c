/* The Ising kind: a sparse graph of two-state variables. It is held over spins, E(s) = -sum_(i<j) J_ij s_i
 * s_j
 * - sum_i h_i s_i + offset, which is its pairwise view. A QUBO E(x) = sum_(i<j) Q_ij x_i x_j + sum_i Q_ii x_i
 * + offset, x = 0, 1, is the same graph with s = 2x - 1: J_ij = -Q_ij/4, h_i = -Q_ii/2 - sum_j Q_ij/4. Its
 * diagonal and offset are kept as given, and Q_ij = -4 J_ij exactly, so that its energies are the input's
 * own. A Boltzmann machine E(x) = -sum_(i<j) W_ij x_i x_j - sum_i b_i x_i + offset is the QUBO with Q = -W
 * and Q_ii = -b_i (Ackley, Hinton, Sejnowski, Cognitive Science 9 (1985) 147): the same, said with the other
 * sign.
 */
#include "base/context_private.h"
#include "base/memory.h"
#include "io/graph_format.h"
#include "model/exactness.h"
#include "model/ising_rows.h"
#include "model/model_private.h"

#include <math.h>
#include <string.h>

typedef struct heat_ising {
    int32_t n;
    heat_ising_rows rows;
    double *field;
    bool has_field; /* otherwise nobody looks at its zeroes, whose pages then take no memory */
    double offset;
    bool exact;
    double *linear;       /* Q_ii; NULL unless over 0 and 1 */
    bool has_linear;      /* some are given */
    double linear_offset; /* of the QUBO's form */
} heat_ising;

static void ising_free(void *self)
{
    heat_ising *m = self;

    heat_ising_rows_clear(&m->rows);
    heat_free(m->field);
    heat_free(m->linear);
    heat_free(m);
}

static bool ising_pairwise(const void *self, heat_pairwise *view)
{
    const heat_ising *m = self;

    *view = (heat_pairwise){.n = m->n,
                            .row = m->rows.row,
                            .col = m->rows.col,
                            .coupling = m->rows.coupling,
                            .field = m->field,
                            .offset = m->offset,
                            .exact = m->exact,
                            .units = m->rows.units,
                            .unit = m->rows.unit};
    return true;
}

/* sum_j J_ij s_j, over the neighbours behind i alone if `upper`. */
static double neighbours(const heat_ising *m, const int8_t *s, int32_t i, bool upper)
{
    double sum = 0;

    for (int64_t k = m->rows.row[i + 1]; k > m->rows.row[i] && !(upper && m->rows.col[k - 1] < i); k--)
        sum += heat_ising_rows_get(&m->rows, k - 1) * s[m->rows.col[k - 1]];
    return sum;
}

static heat_status ising_energies(heat_context *ctx, const heat_model *model, int64_t n_rows,
                                  const void *rows, double *energies)
{
    const int8_t *states = rows;
    const heat_ising *m = model->self;

    (void)ctx;
    for (int64_t r = 0; r < n_rows; r++) {
        const int8_t *s = states + r * m->n;
        double energy = m->linear == NULL ? m->offset : m->linear_offset;
        for (int32_t i = 0; i < m->n; i++) { /* each edge once, from its smaller end */
            if (m->linear == NULL)
                energy -= (m->field[i] + neighbours(m, s, i, true)) * s[i];
            else if (s[i] != 0)
                energy += m->linear[i] - 4 * neighbours(m, s, i, true);
        }
        energies[r] = energy;
    }
    return HEAT_OK;
}

static heat_status ising_deltas(heat_context *ctx, const heat_model *model, int64_t n_rows,
                                const int8_t *states, int32_t site, const int8_t *proposed, double *deltas)
{
    const heat_ising *m = model->self;

    (void)ctx;
    for (int64_t r = 0; r < n_rows; r++) {
        const int8_t *s = states + r * m->n;
        double others = neighbours(m, s, site, false);
        deltas[r] = m->linear == NULL ? (s[site] - proposed[r]) * (m->field[site] + others)
                                      : (proposed[r] - s[site]) * (m->linear[site] - 4 * others);
    }
    return HEAT_OK;
}

/* What a weight of the input is for a coupling J. */
static double factor_of(heat_graph_form form)
{
    switch (form) {
    case HEAT_FORM_MAX_CUT:
        return -1;
    case HEAT_FORM_QUBO:
        return -0.25;
    case HEAT_FORM_BOLTZMANN:
        return 0.25;
    default:
        return 1;
    }
}

static bool is_over_binary(heat_graph_form form)
{
    return form == HEAT_FORM_QUBO || form == HEAT_FORM_BOLTZMANN;
}

static heat_graph_form form_of(const heat_model *model)
{
    const heat_ising *m = model->self;

    if (m->linear != NULL)
        return model->info.n_visible > 0 ? HEAT_FORM_BOLTZMANN : HEAT_FORM_QUBO;
    return model->info.max_cut ? HEAT_FORM_MAX_CUT : HEAT_FORM_ISING;
}

static heat_status copy_field(heat_context *ctx, const double *field, int32_t n, heat_edge_list *list)
{
    bool any = false;
    heat_status status;

    for (int32_t i = 0; i < n && !any; i++)
        any = field[i] != 0;
    if (!any)
        return HEAT_OK;
    status = heat_alloc(ctx, n, sizeof *list->field, &list->field);
    if (status != HEAT_OK)
        return status;
    list->field_capacity = n;
    memcpy(list->field, field, (size_t)n * sizeof *list->field);
    return HEAT_OK;
}

/* The upper triangle as an edge list, in the words of the input. */
static heat_status ising_save(heat_context *ctx, const heat_model *model, const char *path)
{
    const heat_ising *m = model->self;
    heat_edge_list list = {.n_variables = m->n, .form = form_of(model), .n_visible = model->info.n_visible};
    double factor = 1 / factor_of(list.form); /* a power of two: exact */
    heat_status status;

    list.capacity = m->rows.row[m->n] / 2;
    status = heat_alloc(ctx, list.capacity, sizeof *list.i, &list.i);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, list.capacity, sizeof *list.j, &list.j);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, list.capacity, sizeof *list.weight, &list.weight);
    for (int32_t i = 0; i < m->n && status == HEAT_OK; i++)
        for (int64_t k = m->rows.row[i]; k < m->rows.row[i + 1]; k++)
            if (m->rows.col[k] > i) {
                list.i[list.n_edges] = i;
                list.j[list.n_edges] = m->rows.col[k];
                list.weight[list.n_edges++] = factor * heat_ising_rows_get(&m->rows, k) + 0.0; /* no -0 */
            }
    if (status == HEAT_OK)
        status = copy_field(ctx, m->linear == NULL ? m->field : m->linear, m->n, &list);
    for (int32_t i = 0; list.form == HEAT_FORM_BOLTZMANN && list.field != NULL && i < m->n; i++)
        list.field[i] = 0 - list.field[i];
    if (status == HEAT_OK) {
        list.offset = m->linear == NULL ? m->offset : m->linear_offset;
        list.labels = model->labels; /* lent, as are the chains */
        list.chains = model->chains;
        status = heat_graph_write(ctx, path, &list);
        list.labels = (heat_labels){0};
        list.chains = (heat_kept_chains){0};
    }
    heat_edge_list_clear(&list);
    return status;
}

static const heat_model_kind ising_kind = {
    .name = "ising",
    .free = ising_free,
    .energies = ising_energies,
    .deltas = ising_deltas,
    .pairwise = ising_pairwise,
    .save = ising_save,
};

/* The two forms of a QUBO are looked at together, and every coupling twice: on the safe side. */
static void find_exactness(heat_ising *m, heat_model_info *info)
{
    heat_exactness x = heat_exactness_of_nothing(), native = x;
    double scale = m->linear == NULL ? 1 : 4;

    for (int64_t k = 0; k < m->rows.row[m->n]; k++) {
        double coupling = heat_ising_rows_get(&m->rows, k), scaled = scale * coupling;
        heat_exactness_add(&x, 1, &coupling);
        heat_exactness_add(&native, 1, &scaled);
    }
    for (int32_t i = 0; i < m->n && m->has_field; i++) {
        heat_exactness_add(&x, 1, &m->field[i]);
        if (m->linear == NULL || m->has_linear)
            heat_exactness_add(&native, 1, m->linear == NULL ? &m->field[i] : &m->linear[i]);
    }
    heat_exactness_add(&x, 1, &m->offset);
    heat_exactness_add(&native, 1, m->linear == NULL ? &m->offset : &m->linear_offset);
    if (native.lowest_bit < x.lowest_bit)
        x.lowest_bit = native.lowest_bit;
    if (native.total > x.total)
        x.total = native.total;
    m->exact = heat_exactness_holds(&x);
    info->exact = m->exact;
    info->integer = m->exact && native.lowest_bit >= 0;
}

static void describe(heat_ising *m, heat_graph_form form, heat_model_info *info)
{
    const int64_t *row = m->rows.row;
    double scale = form == HEAT_FORM_MAX_CUT ? 1 : 1 / factor_of(form); /* J is told, not the weight */

    info->n_variables = m->n;
    info->n_states = 2;
    info->coding = m->linear == NULL ? HEAT_CODING_SPIN : HEAT_CODING_INDEX;
    info->n_components = m->rows.n_components;
    heat_model_count_degrees(m->n, row, info);
    for (int32_t i = 0; i < m->n && m->has_field; i++)
        info->has_field |= m->field[i] != 0;
    for (int64_t k = 0; k < row[m->n]; k++) {
        double coupling = scale * heat_ising_rows_get(&m->rows, k) + 0.0; /* no -0 */
        if (k == 0 || coupling < info->min_coupling)
            info->min_coupling = coupling;
        if (k == 0 || coupling > info->max_coupling)
            info->max_coupling = coupling;
    }
    find_exactness(m, info);
}

static bool all_finite(const heat_ising *m)
{
    double total = fabs(m->offset); /* an overflowing sum is as useless as an overflowing coupling */

    for (int64_t k = 0; k < m->rows.row[m->n]; k++)
        total += fabs(heat_ising_rows_get(&m->rows, k));
    for (int32_t i = 0; i < m->n && m->has_field; i++)
        total += fabs(m->field[i]);
    for (int32_t i = 0; i < m->n && m->has_linear; i++)
        total += fabs(m->linear[i]) / 4; /* and so is 4 J */
    return isfinite(4 * total);
}

/* The fields and the offset; of a QUBO over spins. Empty fields are not touched, so that they cost nothing.
 */
static heat_status set_fields(heat_context *ctx, const heat_edge_list *list, heat_ising *m)
{
    heat_status status = heat_alloc(ctx, m->n, sizeof *m->field, &m->field);
    bool is_binary = is_over_binary(list->form);

    m->offset = m->linear_offset = list->offset;
    m->has_linear = list->field != NULL && is_binary;
    m->has_field = list->field != NULL || is_binary;
    if (status == HEAT_OK && is_binary)
        status = heat_alloc(ctx, m->n, sizeof *m->linear, &m->linear);
    if (status != HEAT_OK)
        return status;
    for (int32_t i = 0; list->field != NULL && i < m->n; i++)
        (m->linear == NULL ? m->field : m->linear)[i] =
            list->form == HEAT_FORM_BOLTZMANN ? 0 - list->field[i] : list->field[i] + 0.0; /* no -0 */
    if (m->linear == NULL)
        return HEAT_OK;
    for (int32_t i = 0; i < m->n; i++) {
        m->field[i] = m->has_linear ? m->linear[i] / -2 : 0;
        m->offset -= m->field[i];
        for (int64_t k = m->rows.row[i]; k < m->rows.row[i + 1]; k++) {
            m->field[i] += heat_ising_rows_get(&m->rows, k);
            m->offset -= m->rows.col[k] > i ? heat_ising_rows_get(&m->rows, k) : 0;
        }
    }
    return HEAT_OK;
}

static heat_status build(heat_context *ctx, heat_edge_list *list, const char *name, heat_ising *m)
{
    heat_status status = heat_ising_rows_take(ctx, list, factor_of(list->form), &m->rows);

    if (status == HEAT_OK)
        status = set_fields(ctx, list, m);
    if (status == HEAT_OK && !all_finite(m))
        status = heat_fail(ctx, HEAT_ERROR_INPUT,
                           "%s: the couplings and fields add up to more than a double holds", name);
    return status;
}

heat_status heat_ising_create(heat_context *ctx, heat_edge_list *list, const char *name, const char *format,
                              heat_model **out)
{
    heat_ising *m = NULL;
    heat_model *model = NULL;
    double total_weight = 0;
    heat_status status;

    *out = NULL;
    if (list->n_variables < 0 || list->n_variables >= INT32_MAX)
        return heat_fail(ctx, HEAT_ERROR_UNABLE, "%s: %lld variables, at most %d are possible", name,
                         (long long)list->n_variables, INT32_MAX - 1);
    status = heat_alloc(ctx, 1, sizeof *m, &m);
    if (status != HEAT_OK)
        return status;
    m->n = (int32_t)list->n_variables;
    for (int64_t e = 0; e < list->n_edges; e++)
        total_weight += list->weight[e];
    status = build(ctx, list, name, m);
    if (status == HEAT_OK)
        status = heat_halt_check(ctx, "the model was complete");
    if (status != HEAT_OK) {
        ising_free(m);
        return status;
    }
    status = heat_model_create(ctx, &ising_kind, m, name, &model);
    if (status != HEAT_OK)
        return status;
    describe(m, list->form, &model->info);
    model->total_weight = total_weight;
    model->labels = list->labels;
    list->labels = (heat_labels){0};
    model->info.kind = m->linear == NULL ? "ising" : list->form == HEAT_FORM_QUBO ? "qubo" : "boltzmann";
    model->info.n_visible = list->n_visible;
    model->info.format = format;
    model->info.n_merged = m->rows.n_merged + list->n_repeated_fields;
    model->info.n_self_loops = list->n_self_loops;
    model->info.max_cut = list->form == HEAT_FORM_MAX_CUT;
    model->info.has_labels = model->labels.n > 0;
    *out = model;
    return HEAT_OK;
}

/* Copies the caller's edges, checked; of a QUBO, i = j is a linear term. */
static heat_status list_edges(heat_context *ctx, int64_t n_edges, const int32_t *i, const int32_t *j,
                              const double *values, heat_edge_list *list)
{
    int64_t n = list->n_variables;
    bool qubo = list->form == HEAT_FORM_QUBO;
    heat_status status = HEAT_OK;

    for (int64_t e = 0; e < n_edges && status == HEAT_OK; e++) {
        if (i[e] < 0 || i[e] >= n || j[e] < 0 || j[e] >= n || (i[e] == j[e] && !qubo))
            status = heat_fail(ctx, HEAT_ERROR_ARGUMENT, "edge %lld: (%d, %d) is not a pair of 0 ... %lld",
                               (long long)e, i[e], j[e], (long long)n - 1);
        else if (!isfinite(values[e]))
            status =
                heat_fail(ctx, HEAT_ERROR_ARGUMENT, "edge %lld: the coupling is not finite", (long long)e);
        else if (i[e] == j[e])
            status = heat_edge_list_add_field(ctx, list, i[e], values[e]);
        else
            status = heat_edge_list_add(ctx, list, i[e], j[e], values[e]);
    }
    return status == HEAT_OK ? heat_edge_list_complete_field(ctx, list) : status;
}

static heat_status check_arrays(heat_context *ctx, const char *function, int32_t n_variables, int64_t n_edges,
                                const int32_t *i, const int32_t *j, const double *values)
{
    if (n_variables < 0 || n_edges < 0 || (n_edges > 0 && (i == NULL || j == NULL || values == NULL)))
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "%s: a negative count, or no edges", function);
    return HEAT_OK;
}

heat_status heat_model_create_ising(heat_context *ctx, int32_t n_variables, int64_t n_edges, const int32_t *i,
                                    const int32_t *j, const double *couplings, const double *fields,
                                    double offset, heat_model **out)
{
    heat_edge_list list = {.n_variables = n_variables, .offset = offset};
    heat_status status;

    if (ctx == NULL || out == NULL)
        return HEAT_ERROR_ARGUMENT;
    *out = NULL;
    status = check_arrays(ctx, "heat_model_create_ising", n_variables, n_edges, i, j, couplings);
    if (status == HEAT_OK)
        status = list_edges(ctx, n_edges, i, j, couplings, &list);
    if (status == HEAT_OK && fields != NULL)
        status = copy_field(ctx, fields, n_variables, &list);
    if (status == HEAT_OK)
        status = heat_ising_create(ctx, &list, "arrays", "memory", out);
    heat_edge_list_clear(&list);
    return status;
}

heat_status heat_model_create_qubo(heat_context *ctx, int32_t n_variables, int64_t n_terms, const int32_t *i,
                                   const int32_t *j, const double *terms, double offset, heat_model **out)
{
    heat_edge_list list = {.n_variables = n_variables, .offset = offset, .form = HEAT_FORM_QUBO};
    heat_status status;

    if (ctx == NULL || out == NULL)
        return HEAT_ERROR_ARGUMENT;
    *out = NULL;
    status = check_arrays(ctx, "heat_model_create_qubo", n_variables, n_terms, i, j, terms);
    if (status == HEAT_OK)
        status = list_edges(ctx, n_terms, i, j, terms, &list);
    if (status == HEAT_OK)
        status = heat_ising_create(ctx, &list, "arrays", "memory", out);
    heat_edge_list_clear(&list);
    return status;
}

void heat_boltzmann_init(heat_boltzmann *machine)
{
    *machine = (heat_boltzmann){.size = sizeof *machine};
}

static heat_status list_machine(heat_context *ctx, const heat_boltzmann *b, heat_edge_list *list)
{
    heat_status status =
        check_arrays(ctx, "heat_model_create_boltzmann", b->n_visible, b->n_edges, b->i, b->j, b->weights);

    if (status != HEAT_OK)
        return status;
    if (b->n_visible < 1 || b->n_hidden < 0 || list->n_variables >= INT32_MAX)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT,
                         "heat_model_create_boltzmann: %d visible and %d hidden units: expected at least one "
                         "visible, and fewer than %d together",
                         b->n_visible, b->n_hidden, INT32_MAX);
    for (int64_t i = 0; i < list->n_variables && b->biases != NULL; i++)
        if (!isfinite(b->biases[i]))
            return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "heat_model_create_boltzmann: bias %lld is not finite",
                             (long long)i);
    if (!isfinite(b->offset))
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "heat_model_create_boltzmann: the offset is not finite");
    status = list_edges(ctx, b->n_edges, b->i, b->j, b->weights, list);
    if (status == HEAT_OK && b->biases != NULL)
        status = copy_field(ctx, b->biases, (int32_t)list->n_variables, list);
    return status;
}

heat_status heat_model_create_boltzmann(heat_context *ctx, const heat_boltzmann *machine, heat_model **out)
{
    heat_boltzmann own;
    heat_edge_list list;
    heat_status status;

    if (ctx == NULL || out == NULL)
        return HEAT_ERROR_ARGUMENT;
    *out = NULL;
    if (machine == NULL)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "heat_model_create_boltzmann: no struct");
    heat_boltzmann_init(&own);
    heat_struct_copy(&own, sizeof own, machine, machine->size);
    list = (heat_edge_list){.n_variables = (int64_t)own.n_visible + own.n_hidden,
                            .offset = own.offset,
                            .form = HEAT_FORM_BOLTZMANN,
                            .n_visible = own.n_visible};
    status = list_machine(ctx, &own, &list);
    if (status == HEAT_OK)
        status = heat_ising_create(ctx, &list, "arrays", "memory", out);
    heat_edge_list_clear(&list);
    return status;
}
