/* The Potts kind: a sparse graph of variables of q values, E(a) = -sum_(i<j) J_ij(a_i, a_j) - sum_i h_i(a_i)
 * + offset, held as its categorical view: one coupling J an edge, J_ij(a, b) = J if a = b, else 0, or a
 * table. Potts, Math. Proc. Camb. Phil. Soc. 48 (1952) 106; Wu, Rev. Mod. Phys. 54 (1982) 235. */
#include "base/context_private.h"
#include "base/memory.h"
#include "io/graph_format.h"
#include "model/exactness.h"
#include "model/model_private.h"
#include "model/potts_tables.h"

#include <math.h>
#include <string.h>

typedef struct heat_potts_model {
    int32_t n, q;
    heat_potts_rows rows; /* their edges are given up once couplings or tables are made */
    double *coupling;     /* [row[n]]; NULL: tables */
    heat_potts_tables tables;
    double *field; /* [n][q], or NULL */
    double offset;
    bool exact;
} heat_potts_model;

static void potts_free(void *self)
{
    heat_potts_model *m = self;

    heat_potts_rows_clear(&m->rows);
    heat_potts_tables_clear(&m->tables);
    heat_free(m->coupling);
    heat_free(m->field);
    heat_free(m);
}

static bool potts_categorical(const void *self, heat_categorical *view)
{
    const heat_potts_model *m = self;

    *view = (heat_categorical){.n = m->n,
                               .q = m->q,
                               .row = m->rows.row,
                               .col = m->rows.col,
                               .coupling = m->coupling,
                               .tables = m->tables.value,
                               .table = m->tables.table,
                               .n_tables = m->tables.n,
                               .field = m->field,
                               .offset = m->offset,
                               .exact = m->exact};
    return true;
}

/* h_i(value) + sum_j J_ij(value, a_j), over the neighbours behind i alone if `upper`. */
static double local_sum(const heat_potts_model *m, const int8_t *a, int32_t i, int8_t value, bool upper)
{
    double sum = m->field == NULL ? 0 : m->field[(int64_t)i * m->q + value];
    int64_t size = (int64_t)m->q * m->q;

    for (int64_t k = m->rows.row[i + 1]; k > m->rows.row[i] && !(upper && m->rows.col[k - 1] < i); k--) {
        int8_t other = a[m->rows.col[k - 1]];
        if (m->coupling != NULL)
            sum += other == value ? m->coupling[k - 1] : 0;
        else
            sum += m->tables.value[m->tables.table[k - 1] * size + value * m->q + other];
    }
    return sum;
}

static heat_status potts_energies(heat_context *ctx, const heat_model *model, int64_t n_rows,
                                  const void *rows, double *energies)
{
    const int8_t *states = rows;
    const heat_potts_model *m = model->self;

    (void)ctx;
    for (int64_t r = 0; r < n_rows; r++) {
        const int8_t *a = states + r * m->n;
        energies[r] = m->offset;
        for (int32_t i = 0; i < m->n; i++) /* each edge once, from its smaller end */
            energies[r] -= local_sum(m, a, i, a[i], true);
    }
    return HEAT_OK;
}

static heat_status potts_deltas(heat_context *ctx, const heat_model *model, int64_t n_rows,
                                const int8_t *states, int32_t site, const int8_t *proposed, double *deltas)
{
    const heat_potts_model *m = model->self;

    (void)ctx;
    for (int64_t r = 0; r < n_rows; r++) {
        const int8_t *a = states + r * m->n;
        deltas[r] = local_sum(m, a, site, a[site], false) - local_sum(m, a, site, proposed[r], false);
    }
    return HEAT_OK;
}

/* Adds the table of end k to the list, unless it stands there; seen[t] is 1 + where. */
static heat_status list_table(heat_context *ctx, const heat_potts_model *m, int64_t k, int64_t *seen,
                              int64_t *capacity, heat_edge_list *list)
{
    int64_t size = (int64_t)m->q * m->q, t = m->tables.table[k];

    if (seen[t] == 0) {
        heat_status status =
            heat_grow(ctx, (list->n_tables + 1) * size, sizeof *list->tables, capacity, &list->tables);
        if (status != HEAT_OK)
            return status;
        memcpy(list->tables + list->n_tables * size, m->tables.value + t * size,
               (size_t)size * sizeof *list->tables);
        seen[t] = ++list->n_tables;
    }
    list->table[list->n_edges] = seen[t] - 1;
    return HEAT_OK;
}

/* The upper triangle, in order; tables in the order in which it meets them. */
static heat_status list_edges(heat_context *ctx, const heat_potts_model *m, int64_t *seen,
                              heat_edge_list *list)
{
    int64_t capacity = 0;

    for (int32_t i = 0; i < m->n; i++)
        for (int64_t k = m->rows.row[i]; k < m->rows.row[i + 1]; k++) {
            heat_status status;
            if (m->rows.col[k] < i)
                continue;
            if (m->coupling == NULL) {
                status = list_table(ctx, m, k, seen, &capacity, list);
                if (status != HEAT_OK)
                    return status;
            }
            status =
                heat_edge_list_add(ctx, list, i, m->rows.col[k], m->coupling == NULL ? 0 : m->coupling[k]);
            if (status != HEAT_OK)
                return status;
        }
    return HEAT_OK;
}

static heat_status potts_save(heat_context *ctx, const heat_model *model, const char *path)
{
    const heat_potts_model *m = model->self;
    heat_edge_list list = {
        .n_variables = m->n, .n_states = m->q, .form = HEAT_FORM_POTTS, .offset = m->offset};
    int64_t *seen = NULL;
    heat_status status = heat_alloc(ctx, m->tables.n, sizeof *seen, &seen);

    if (status == HEAT_OK && m->coupling == NULL)
        status = heat_alloc(ctx, m->rows.row[m->n] / 2, sizeof *list.table, &list.table);
    if (status == HEAT_OK && m->coupling == NULL)
        status = heat_alloc(ctx, 0, sizeof *list.tables, &list.tables); /* even where no edge needs one */
    if (status == HEAT_OK)
        status = list_edges(ctx, m, seen, &list);
    if (status == HEAT_OK) {
        list.field = m->field; /* lent, as are the labels */
        list.labels = model->labels;
        status = heat_graph_write(ctx, path, &list);
        list.field = NULL;
        list.labels = (heat_labels){0};
    }
    heat_edge_list_clear(&list);
    heat_free(seen);
    return status;
}

static const heat_model_kind potts_kind = {
    .name = "potts",
    .free = potts_free,
    .energies = potts_energies,
    .deltas = potts_deltas,
    .categorical = potts_categorical,
    .save = potts_save,
};

/* Every coupling counts twice: on the safe side. */
static void find_exactness(heat_potts_model *m, heat_model_info *info)
{
    heat_exactness x = heat_exactness_of_nothing();
    int64_t size = (int64_t)m->q * m->q;

    for (int64_t k = 0; k < m->rows.row[m->n]; k++)
        if (m->coupling != NULL)
            heat_exactness_add(&x, 1, m->coupling + k);
        else
            heat_exactness_add(&x, size, m->tables.value + m->tables.table[k] * size);
    for (int32_t i = 0; i < m->n && m->field != NULL; i++)
        heat_exactness_add(&x, m->q, m->field + (int64_t)i * m->q);
    heat_exactness_add(&x, 1, &m->offset);
    m->exact = heat_exactness_holds(&x);
    info->exact = m->exact;
    info->integer = m->exact && x.lowest_bit >= 0;
}

static void widen(heat_model_info *info, bool first, double coupling)
{
    if (first || coupling < info->min_coupling)
        info->min_coupling = coupling;
    if (first || coupling > info->max_coupling)
        info->max_coupling = coupling;
}

/* True if some field or table does more than ask whether two values are equal. */
static bool tells_values_apart(const heat_potts_model *m)
{
    for (int64_t k = 0; m->field != NULL && k < (int64_t)m->n * m->q; k++)
        if (m->field[k] != m->field[k / m->q * m->q])
            return true;
    for (int64_t t = 0; t < m->tables.n; t++)
        if (!heat_potts_table_is_plain(m->tables.value + t * m->q * m->q, m->q))
            return true;
    return false;
}

static void describe(heat_potts_model *m, heat_model_info *info)
{
    const int64_t *row = m->rows.row;
    int64_t n_numbers = m->coupling != NULL ? row[m->n] : m->tables.n * m->q * m->q;
    const double *number = m->coupling != NULL ? m->coupling : m->tables.value;

    info->n_variables = m->n;
    info->n_states = m->q;
    info->coding = HEAT_CODING_INDEX;
    heat_model_count_degrees(m->n, row, info);
    for (int64_t k = 0; k < n_numbers; k++)
        widen(info, k == 0, number[k]);
    info->has_field = tells_values_apart(m);
    find_exactness(m, info);
}

/* Adds up the couplings of repeated pairs and closes the gaps that they leave. */
static heat_status make_couplings(heat_context *ctx, const double *couplings, heat_potts_model *m)
{
    heat_potts_rows *rows = &m->rows;
    int64_t to = 0, from = 0;
    heat_status status = heat_alloc_unset(ctx, rows->row[m->n], sizeof *m->coupling, &m->coupling);

    for (int32_t i = 0; i < m->n && status == HEAT_OK; i++) {
        int64_t first = to;
        for (; from < rows->row[i + 1]; from++) {
            double coupling = couplings[rows->edge[from] / 2];
            if (to > first && rows->col[to - 1] == rows->col[from]) {
                m->coupling[to - 1] += coupling;
                continue;
            }
            rows->col[to] = rows->col[from];
            m->coupling[to++] = coupling;
        }
        rows->row[i + 1] = to; /* not read again: `from` has passed it */
    }
    return status;
}

/* An overflowing sum is as useless as an overflowing coupling. */
static bool all_finite(const heat_potts_model *m)
{
    double total = fabs(m->offset);

    for (int64_t k = 0; k < m->rows.row[m->n] && m->coupling != NULL; k++)
        total += fabs(m->coupling[k]);
    for (int64_t k = 0; k < m->tables.n * m->q * m->q; k++)
        total += fabs(m->tables.value[k]);
    for (int64_t k = 0; k < (int64_t)m->n * m->q && m->field != NULL; k++)
        total += fabs(m->field[k]);
    return isfinite(total);
}

static heat_status build(heat_context *ctx, const heat_potts *p, const char *name, heat_potts_model *m,
                         int32_t *n_components)
{
    heat_status status = heat_potts_rows_build(ctx, m->n, p->n_edges, p->i, p->j, &m->rows);

    if (status == HEAT_OK)
        status = p->couplings != NULL || p->tables == NULL
                     ? make_couplings(ctx, p->couplings, m)
                     : heat_potts_tables_build(ctx, p, &m->rows, &m->tables);
    heat_free(m->rows.edge);
    m->rows.edge = NULL;
    if (status == HEAT_OK)
        status = heat_potts_rows_count_components(ctx, m->n, &m->rows, n_components);
    if (status == HEAT_OK && p->fields != NULL) {
        status = heat_alloc_unset(ctx, (int64_t)m->n * m->q, sizeof *m->field, &m->field);
        if (status == HEAT_OK)
            memcpy(m->field, p->fields, (size_t)m->n * (size_t)m->q * sizeof *m->field);
    }
    if (status == HEAT_OK && !all_finite(m))
        status = heat_fail(ctx, HEAT_ERROR_INPUT,
                           "%s: the couplings and fields add up to more than a double holds", name);
    return status;
}

static heat_status check_numbers(heat_context *ctx, const heat_potts *p, const char *name)
{
    int64_t size = (int64_t)p->n_states * p->n_states;

    for (int64_t e = 0; e < p->n_edges && p->couplings != NULL; e++)
        if (!isfinite(p->couplings[e]))
            return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "%s: edge %lld: the coupling is not finite", name,
                             (long long)e);
    for (int64_t k = 0; k < p->n_tables * size && p->couplings == NULL && p->tables != NULL; k++)
        if (!isfinite(p->tables[k]))
            return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "%s: table %lld: J(%lld, %lld) is not finite", name,
                             (long long)(k / size), (long long)(k % size / p->n_states),
                             (long long)(k % p->n_states));
    for (int64_t k = 0; k < (int64_t)p->n_variables * p->n_states && p->fields != NULL; k++)
        if (!isfinite(p->fields[k]))
            return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "%s: variable %lld: h(%lld) is not finite", name,
                             (long long)(k / p->n_states), (long long)(k % p->n_states));
    if (!isfinite(p->offset))
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "%s: the offset is not finite", name);
    return HEAT_OK;
}

static heat_status check(heat_context *ctx, const heat_potts *p, const char *name)
{
    if (p->n_variables < 0 || p->n_variables == INT32_MAX || p->n_edges < 0 || p->n_tables < 0 ||
        p->n_states < 2 || p->n_states > HEAT_MOST_STATES)
        return heat_fail(
            ctx, HEAT_ERROR_ARGUMENT,
            "%s: %d variables of %d states, %lld edges, %lld tables: expected counts from 0, and "
            "2 to %d states",
            name, p->n_variables, p->n_states, (long long)p->n_edges, (long long)p->n_tables,
            HEAT_MOST_STATES);
    if (p->n_edges > 0 && (p->i == NULL || p->j == NULL || (p->couplings == NULL) == (p->tables == NULL)))
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "%s: edges need i, j, and either couplings or tables",
                         name);
    for (int64_t e = 0; e < p->n_edges; e++) {
        int32_t i = p->i[e], j = p->j[e];
        int64_t table = p->table == NULL ? e : p->table[e];
        if (i < 0 || i >= p->n_variables || j < 0 || j >= p->n_variables || i == j)
            return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "%s: edge %lld: (%d, %d) is not a pair of 0 ... %d",
                             name, (long long)e, i, j, p->n_variables - 1);
        if (p->couplings == NULL && (table < 0 || table >= p->n_tables))
            return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "%s: edge %lld: table %lld is none of 0 ... %lld",
                             name, (long long)e, (long long)table, (long long)p->n_tables - 1);
    }
    return check_numbers(ctx, p, name);
}

heat_status heat_potts_create(heat_context *ctx, const heat_potts *potts, const char *name,
                              const char *format, heat_model **out)
{
    heat_potts_model *m = NULL;
    heat_model *model = NULL;
    int32_t n_components = 0;
    heat_status status = check(ctx, potts, name);

    *out = NULL;
    if (status == HEAT_OK)
        status = heat_alloc(ctx, 1, sizeof *m, &m);
    if (status != HEAT_OK)
        return status;
    m->n = potts->n_variables;
    m->q = potts->n_states;
    m->offset = potts->offset;
    status = build(ctx, potts, name, m, &n_components);
    if (status != HEAT_OK) {
        potts_free(m);
        return status;
    }
    status = heat_model_create(ctx, &potts_kind, m, name, &model);
    if (status != HEAT_OK)
        return status;
    describe(m, &model->info);
    model->info.n_components = n_components;
    model->info.n_merged = potts->n_edges - model->info.n_edges;
    model->info.format = format;
    *out = model;
    return HEAT_OK;
}

heat_status heat_potts_take(heat_context *ctx, heat_edge_list *list, const char *name, const char *format,
                            heat_model **out)
{
    heat_potts potts;
    heat_status status;

    heat_potts_init(&potts);
    potts.n_variables = (int32_t)list->n_variables;
    potts.n_states = list->n_states;
    potts.n_edges = list->n_edges;
    potts.i = list->i;
    potts.j = list->j;
    potts.couplings = list->tables == NULL ? list->weight : NULL;
    potts.n_tables = list->n_tables;
    potts.tables = list->tables;
    potts.table = list->table;
    potts.fields = list->field;
    potts.offset = list->offset;
    status = heat_potts_create(ctx, &potts, name, format, out);
    if (status != HEAT_OK)
        return status;
    (*out)->labels = list->labels;
    (*out)->info.has_labels = list->labels.n > 0;
    list->labels = (heat_labels){0};
    return HEAT_OK;
}

void heat_potts_init(heat_potts *potts)
{
    *potts = (heat_potts){.size = sizeof *potts, .n_states = 3};
}

heat_status heat_model_create_potts(heat_context *ctx, const heat_potts *potts, heat_model **out)
{
    heat_potts own;

    if (ctx == NULL || out == NULL)
        return HEAT_ERROR_ARGUMENT;
    *out = NULL;
    if (potts == NULL)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "heat_model_create_potts: no struct");
    heat_potts_init(&own);
    heat_struct_copy(&own, sizeof own, potts, potts->size);
    return heat_potts_create(ctx, &own, "arrays", "memory", out);
}
