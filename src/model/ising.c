/* The Ising kind: a sparse graph of +-1 spins, E(s) = -sum_(i<j) J_ij s_i s_j - sum_i h_i s_i + offset. An
 * edge list goes in, symmetric compressed rows come out, repeated edges added up. Offers the pairwise view.
 */
#include "base/context_private.h"
#include "base/memory.h"
#include "io/graph_format.h"
#include "model/model_private.h"

#include <math.h>
#include <string.h>

typedef struct heat_ising {
    int32_t n;
    int64_t *row;
    int32_t *col;
    double *coupling;
    double *field;
    double offset;
    bool exact;
} heat_ising;

static void ising_free(void *self)
{
    heat_ising *m = self;

    heat_free(m->row);
    heat_free(m->col);
    heat_free(m->coupling);
    heat_free(m->field);
    heat_free(m);
}

static bool ising_pairwise(const void *self, heat_pairwise *view)
{
    const heat_ising *m = self;

    *view = (heat_pairwise){m->n, m->row, m->col, m->coupling, m->field, m->offset, m->exact};
    return true;
}

static double local_field(const heat_ising *m, const int8_t *s, int32_t i)
{
    double sum = m->field[i];

    for (int64_t k = m->row[i]; k < m->row[i + 1]; k++)
        sum += m->coupling[k] * s[m->col[k]];
    return sum;
}

static heat_status ising_energies(heat_context *ctx, const heat_model *model, int64_t n_rows,
                                  const int8_t *states, double *energies)
{
    const heat_ising *m = model->self;

    (void)ctx;
    for (int64_t r = 0; r < n_rows; r++) {
        const int8_t *s = states + r * m->n;
        double energy = m->offset;
        for (int32_t i = 0; i < m->n; i++) {
            double forward = m->field[i]; /* each edge once, from its smaller end */
            for (int64_t k = m->row[i + 1]; k > m->row[i] && m->col[k - 1] > i; k--)
                forward += m->coupling[k - 1] * s[m->col[k - 1]];
            energy -= forward * s[i];
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
        deltas[r] = (s[site] - proposed[r]) * local_field(m, s, site);
    }
    return HEAT_OK;
}

/* The upper triangle as an edge list, in the words of the input: w = -J for a Max-Cut model. */
static heat_status ising_save(heat_context *ctx, const heat_model *model, const char *path)
{
    const heat_ising *m = model->self;
    heat_edge_list list = {.n_variables = m->n, .max_cut = model->info.max_cut};
    heat_status status = HEAT_OK;

    for (int32_t i = 0; i < m->n && status == HEAT_OK; i++)
        for (int64_t k = m->row[i]; k < m->row[i + 1] && status == HEAT_OK; k++)
            if (m->col[k] > i)
                status = heat_edge_list_add(ctx, &list, i, m->col[k],
                                            list.max_cut ? -m->coupling[k] : m->coupling[k]);
    if (status == HEAT_OK && model->info.has_field) {
        status = heat_alloc(ctx, m->n, sizeof *list.field, &list.field);
        if (status == HEAT_OK)
            memcpy(list.field, m->field, (size_t)m->n * sizeof *list.field);
    }
    if (status == HEAT_OK) {
        list.offset = m->offset;
        status = heat_graph_write(ctx, path, &list);
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

/* Writes both ends of every edge into rows, unsorted, in the order of the list. */
static void fill_rows(const heat_edge_list *list, const int64_t *row, int64_t *next, int32_t *col,
                      double *coupling)
{
    double sign = list->max_cut ? -1 : 1;

    memcpy(next, row, (size_t)list->n_variables * sizeof *next);
    for (int64_t e = 0; e < list->n_edges; e++) {
        int64_t a = next[list->i[e]]++, b = next[list->j[e]]++;
        col[a] = list->j[e];
        col[b] = list->i[e];
        coupling[a] = coupling[b] = sign * list->weight[e];
    }
}

/* A symmetric matrix is its own transpose, and transposing rows leaves them sorted by column; entries of one
 * pair keep the order of the list, so that both directions add up to the same bits. */
static void transpose(int32_t n, const int64_t *row, int64_t *next, const int32_t *col,
                      const double *coupling, int32_t *col_out, double *coupling_out)
{
    memcpy(next, row, (size_t)n * sizeof *next);
    for (int32_t i = 0; i < n; i++)
        for (int64_t k = row[i]; k < row[i + 1]; k++) {
            int64_t to = next[col[k]]++;
            col_out[to] = i;
            coupling_out[to] = coupling[k];
        }
}

/* Adds up repeated entries of sorted rows in place; returns how many were merged (both directions counted).
 */
static int64_t merge_repeats(int32_t n, int64_t *row, int32_t *col, double *coupling)
{
    int64_t to = 0, from = 0;

    for (int32_t i = 0; i < n; i++) {
        int64_t begin = to, end = row[i + 1];
        for (; from < end; from++) {
            if (to > begin && col[to - 1] == col[from]) {
                coupling[to - 1] += coupling[from];
            } else {
                col[to] = col[from];
                coupling[to++] = coupling[from];
            }
        }
        row[i + 1] = to;
    }
    return from - to;
}

static heat_status build_rows(heat_context *ctx, const heat_edge_list *list, heat_ising *m, int64_t *n_merged)
{
    int64_t *next = NULL;
    int32_t *col = NULL;
    double *coupling = NULL;
    heat_status status;

    status = heat_alloc(ctx, m->n + (int64_t)1, sizeof *m->row, &m->row);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, m->n, sizeof *next, &next);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, 2 * list->n_edges, sizeof *col, &col);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, 2 * list->n_edges, sizeof *coupling, &coupling);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, 2 * list->n_edges, sizeof *m->col, &m->col);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, 2 * list->n_edges, sizeof *m->coupling, &m->coupling);
    if (status != HEAT_OK)
        goto out;
    for (int64_t e = 0; e < list->n_edges; e++) {
        m->row[list->i[e] + 1]++;
        m->row[list->j[e] + 1]++;
    }
    for (int32_t i = 0; i < m->n; i++)
        m->row[i + 1] += m->row[i];
    fill_rows(list, m->row, next, col, coupling);
    transpose(m->n, m->row, next, col, coupling, m->col, m->coupling);
    *n_merged = merge_repeats(m->n, m->row, m->col, m->coupling) / 2;
out:
    heat_free(next);
    heat_free(col);
    heat_free(coupling);
    return status;
}

/* What has been seen of a set of numbers: the lowest set bit of any, and the sum of their sizes. */
typedef struct exactness {
    int lowest_bit;
    double total;
} exactness;

static void look_at(exactness *x, double value)
{
    int exponent;
    int64_t mantissa;

    if (value == 0)
        return;
    mantissa = (int64_t)ldexp(frexp(fabs(value), &exponent), 53);
    exponent += __builtin_ctzll((uint64_t)mantissa) - 53;
    if (exponent < x->lowest_bit)
        x->lowest_bit = exponent;
    x->total += fabs(value);
}

/* Sums of the model's numbers are exact in doubles if all are multiples of 2^b and stay below 2^(53 + b). */
static void find_exactness(heat_ising *m, heat_model_info *info)
{
    exactness x = {.lowest_bit = 1023};

    for (int64_t k = 0; k < m->row[m->n]; k++)
        look_at(&x, m->coupling[k]); /* both directions: twice the sum, on the safe side */
    for (int32_t i = 0; i < m->n; i++)
        look_at(&x, m->field[i]);
    look_at(&x, m->offset);
    m->exact = x.total < ldexp(1, 53 + (x.lowest_bit < 0 ? x.lowest_bit : 0));
    info->exact = m->exact;
    info->integer = m->exact && x.lowest_bit >= 0;
}

/* The root of i's component, halving the path on the way. */
static int32_t root_of(int32_t *parent, int32_t i)
{
    while (parent[i] != i) {
        parent[i] = parent[parent[i]];
        i = parent[i];
    }
    return i;
}

static heat_status count_components(heat_context *ctx, const heat_ising *m, int32_t *count)
{
    int32_t *parent = NULL;
    heat_status status = heat_alloc(ctx, m->n, sizeof *parent, &parent);

    if (status != HEAT_OK)
        return status;
    for (int32_t i = 0; i < m->n; i++)
        parent[i] = i;
    *count = m->n;
    for (int32_t i = 0; i < m->n; i++)
        for (int64_t k = m->row[i]; k < m->row[i + 1]; k++) {
            int32_t a = root_of(parent, i), b = root_of(parent, m->col[k]);
            *count -= a != b;
            parent[a > b ? a : b] = a > b ? b : a;
        }
    heat_free(parent);
    return HEAT_OK;
}

static heat_status describe(heat_context *ctx, heat_ising *m, heat_model_info *info)
{
    info->n_variables = m->n;
    info->n_states = 2;
    info->coding = HEAT_CODING_SPIN;
    info->n_edges = m->row[m->n] / 2;
    info->min_degree = m->n > 0 ? INT32_MAX : 0;
    for (int32_t i = 0; i < m->n; i++) {
        int32_t degree = (int32_t)(m->row[i + 1] - m->row[i]);
        info->n_isolated += degree == 0;
        info->min_degree = degree < info->min_degree ? degree : info->min_degree;
        info->max_degree = degree > info->max_degree ? degree : info->max_degree;
        info->has_field |= m->field[i] != 0;
    }
    for (int64_t k = 0; k < m->row[m->n]; k++) {
        if (k == 0 || m->coupling[k] < info->min_coupling)
            info->min_coupling = m->coupling[k];
        if (k == 0 || m->coupling[k] > info->max_coupling)
            info->max_coupling = m->coupling[k];
    }
    find_exactness(m, info);
    return count_components(ctx, m, &info->n_components);
}

static bool all_finite(const heat_ising *m)
{
    double total = fabs(m->offset); /* an overflowing sum is as useless as an overflowing coupling */

    for (int64_t k = 0; k < m->row[m->n]; k++)
        total += fabs(m->coupling[k]);
    for (int32_t i = 0; i < m->n; i++)
        total += fabs(m->field[i]);
    return isfinite(total);
}

heat_status heat_ising_create(heat_context *ctx, const heat_edge_list *list, const char *name,
                              const char *format, heat_model **out)
{
    heat_ising *m = NULL;
    heat_model *model = NULL;
    int64_t n_merged = 0;
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
    m->offset = list->offset;
    status = heat_alloc(ctx, m->n, sizeof *m->field, &m->field);
    if (status == HEAT_OK)
        status = build_rows(ctx, list, m, &n_merged);
    if (status == HEAT_OK && list->field != NULL)
        memcpy(m->field, list->field, (size_t)m->n * sizeof *m->field);
    if (status == HEAT_OK && !all_finite(m))
        status = heat_fail(ctx, HEAT_ERROR_INPUT,
                           "%s: the couplings and fields add up to more than a double holds", name);
    if (status != HEAT_OK) {
        ising_free(m);
        return status;
    }
    status = heat_model_create(ctx, &ising_kind, m, name, &model);
    if (status != HEAT_OK)
        return status;
    status = describe(ctx, m, &model->info);
    if (status != HEAT_OK) {
        heat_model_free(model);
        return status;
    }
    for (int64_t e = 0; e < list->n_edges; e++)
        total_weight += list->weight[e];
    model->total_weight = total_weight;
    model->info.format = format;
    model->info.n_merged = n_merged;
    model->info.n_self_loops = list->n_self_loops;
    model->info.max_cut = list->max_cut;
    *out = model;
    return HEAT_OK;
}

heat_status heat_model_create_ising(heat_context *ctx, int32_t n_variables, int64_t n_edges, const int32_t *i,
                                    const int32_t *j, const double *couplings, const double *fields,
                                    double offset, heat_model **out)
{
    heat_edge_list list = {.n_variables = n_variables, .offset = offset};
    heat_status status = HEAT_OK;

    if (ctx == NULL || out == NULL)
        return HEAT_ERROR_ARGUMENT;
    *out = NULL;
    if (n_variables < 0 || n_edges < 0 || (n_edges > 0 && (i == NULL || j == NULL || couplings == NULL)))
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "heat_model_create_ising: a negative count, or no edges");
    for (int64_t e = 0; e < n_edges && status == HEAT_OK; e++) {
        if (i[e] < 0 || i[e] >= n_variables || j[e] < 0 || j[e] >= n_variables || i[e] == j[e])
            status = heat_fail(ctx, HEAT_ERROR_ARGUMENT, "edge %lld: (%d, %d) is not a pair of 0 ... %d",
                               (long long)e, i[e], j[e], n_variables - 1);
        else if (!isfinite(couplings[e]))
            status =
                heat_fail(ctx, HEAT_ERROR_ARGUMENT, "edge %lld: the coupling is not finite", (long long)e);
        else
            status = heat_edge_list_add(ctx, &list, i[e], j[e], couplings[e]);
    }
    if (status == HEAT_OK && fields != NULL) {
        status = heat_alloc(ctx, n_variables, sizeof *list.field, &list.field);
        if (status == HEAT_OK)
            memcpy(list.field, fields, (size_t)n_variables * sizeof *list.field);
    }
    if (status == HEAT_OK)
        status = heat_ising_create(ctx, &list, "arrays", "memory", out);
    heat_edge_list_clear(&list);
    return status;
}
