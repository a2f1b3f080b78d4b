/* Compressed rows built where they will stay. The sorted list of edges i < j is the upper triangle by rows.
 * It is laid into the second half of the final arrays; each row's upper part then moves down to the end of
 * its place, which never lies behind where it comes from; and walking through the rows in order, each edge of
 * an upper part is the next of its other end's lower part. */
#include "model/ising_rows.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "kernel/lowest_bit.h"

#include <math.h>
#include <string.h>

enum { STEPS_BETWEEN_POLLS = 1 << 16 };

static const char complete[] = "the model was complete";

/* The root of i's component, halving the path on the way. */
static int32_t root_of(int32_t *parent, int32_t i)
{
    while (parent[i] != i) {
        parent[i] = parent[parent[i]];
        i = parent[i];
    }
    return i;
}

static heat_status count_components(heat_context *ctx, const heat_edge_list *list, int32_t *count)
{
    int32_t *parent = NULL;
    heat_status status = heat_alloc(ctx, list->n_variables, sizeof *parent, &parent);

    if (status != HEAT_OK)
        return status;
    for (int32_t i = 0; i < list->n_variables; i++)
        parent[i] = i;
    *count = (int32_t)list->n_variables;
    for (int64_t e = 0; e < list->n_edges && status == HEAT_OK; e++) {
        int32_t a = root_of(parent, list->i[e]), b = root_of(parent, list->j[e]);
        *count -= a != b;
        parent[a > b ? a : b] = a > b ? b : a;
        if (e % STEPS_BETWEEN_POLLS == 0)
            status = heat_halt_check(ctx, complete);
    }
    heat_free(parent);
    return status;
}

/* The largest power of two of which all weights are multiples; 0 where one of these multiples does not fit an
 * int32_t. */
static double common_unit(const heat_edge_list *list)
{
    int lowest = 1100;
    double largest = 0, unit;

    for (int64_t e = 0; e < list->n_edges; e++) {
        int bit = heat_lowest_bit(list->weight[e]);
        lowest = bit < lowest ? bit : lowest;
        largest = fmax(largest, fabs(list->weight[e]));
    }
    unit = largest > 0 ? ldexp(1, lowest) : 1;
    return unit >= 0x1p-1000 && largest <= INT32_MAX * unit ? unit : 0; /* 1 / unit must be a number too */
}

/* Moves the weights into the second half of the couplings' final array. */
static heat_status take_weights(heat_context *ctx, heat_edge_list *list, double factor, heat_ising_rows *rows)
{
    int64_t m = list->n_edges;
    double unit = common_unit(list), per_unit = unit > 0 ? copysign(1 / unit, factor) : 0;
    heat_status status = unit > 0 ? heat_alloc(ctx, 2 * m, sizeof *rows->units, &rows->units)
                                  : heat_alloc(ctx, 2 * m, sizeof *rows->coupling, &rows->coupling);

    if (status != HEAT_OK)
        return status;
    rows->unit = unit > 0 ? unit * fabs(factor) : 1;
    for (int64_t e = 0; e < m; e++)
        if (unit > 0)
            rows->units[m + e] = (int32_t)(list->weight[e] * per_unit);
        else
            rows->coupling[m + e] = factor * list->weight[e];
    heat_free(list->weight);
    list->weight = NULL;
    return HEAT_OK;
}

/* Moves the sorted list into the second half of the final arrays, one array after the other. */
static heat_status take_upper(heat_context *ctx, heat_edge_list *list, double factor, heat_ising_rows *rows)
{
    int64_t m = list->n_edges;
    heat_status status;

    heat_free(list->i);
    list->i = NULL;
    status = take_weights(ctx, list, factor, rows);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, 2 * m, sizeof *rows->col, &rows->col);
    if (status != HEAT_OK)
        return status;
    if (m > 0)
        memcpy(rows->col + m, list->j, (size_t)m * sizeof *rows->col);
    heat_free(list->j);
    list->j = NULL;
    return HEAT_OK;
}

/* How many edges each row's upper part has; frees `begin`. */
static heat_status count_upper(heat_context *ctx, int64_t n, int64_t *begin, int32_t **upper)
{
    heat_status status = heat_alloc(ctx, n, sizeof **upper, upper);

    for (int64_t i = 0; i < n && status == HEAT_OK; i++)
        (*upper)[i] = (int32_t)(begin[i + 1] - begin[i]);
    heat_free(begin);
    return status;
}

static void count_ends(int64_t n, int64_t m, const int32_t *upper, heat_ising_rows *rows)
{
    for (int64_t i = 0; i < n; i++)
        rows->row[i + 1] = upper[i];
    for (int64_t e = 0; e < m; e++)
        rows->row[rows->col[m + e] + 1]++;
    for (int64_t i = 0; i < n; i++)
        rows->row[i + 1] += rows->row[i];
}

static void spread_upper(int64_t n, int64_t m, const int32_t *upper, heat_ising_rows *rows)
{
    int64_t from = m;

    for (int64_t i = 0; i < n; i++) {
        size_t count = (size_t)upper[i];
        int64_t to = rows->row[i + 1] - upper[i];
        memmove(rows->col + to, rows->col + from, count * sizeof *rows->col);
        if (rows->units != NULL)
            memmove(rows->units + to, rows->units + from, count * sizeof *rows->units);
        else
            memmove(rows->coupling + to, rows->coupling + from, count * sizeof *rows->coupling);
        from += upper[i];
    }
}

/* Fills in the lower parts; lower[] is room for n counts. When a row's turn comes its lower part is complete.
 */
static heat_status mirror(heat_context *ctx, int64_t n, int32_t *lower, heat_ising_rows *rows)
{
    heat_status status = HEAT_OK;

    for (int64_t i = 0; i < n; i++)
        lower[i] = 0;
    for (int32_t i = 0; i < n && status == HEAT_OK; i++) {
        if (i % STEPS_BETWEEN_POLLS == 0)
            status = heat_halt_check(ctx, complete);
        for (int64_t k = rows->row[i] + lower[i]; k < rows->row[i + 1]; k++) {
            int32_t j = rows->col[k];
            int64_t to = rows->row[j] + lower[j]++;
            rows->col[to] = i;
            if (rows->units != NULL)
                rows->units[to] = rows->units[k];
            else
                rows->coupling[to] = rows->coupling[k];
        }
    }
    return status;
}

heat_status heat_ising_rows_take(heat_context *ctx, heat_edge_list *list, double factor,
                                 heat_ising_rows *rows)
{
    int32_t *upper = NULL;
    int64_t *begin = NULL, n = list->n_variables, m;
    heat_status status;

    *rows = (heat_ising_rows){0};
    status = heat_edge_list_sort(ctx, list, &begin, &rows->n_merged);
    if (status == HEAT_OK)
        status = heat_halt_check(ctx, complete);
    if (status == HEAT_OK)
        status = count_components(ctx, list, &rows->n_components);
    if (status == HEAT_OK) {
        status = count_upper(ctx, n, begin, &upper);
        begin = NULL;
    }
    if (status == HEAT_OK)
        status = heat_halt_check(ctx, complete);
    if (status == HEAT_OK)
        status = take_upper(ctx, list, factor, rows);
    m = list->n_edges;
    list->n_edges = list->capacity = 0;
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n + 1, sizeof *rows->row, &rows->row);
    if (status == HEAT_OK)
        status = heat_halt_check(ctx, complete);
    if (status == HEAT_OK) {
        count_ends(n, m, upper, rows);
        spread_upper(n, m, upper, rows);
        status = mirror(ctx, n, upper, rows);
    }
    heat_free(begin);
    heat_free(upper);
    return status;
}

void heat_ising_rows_clear(heat_ising_rows *rows)
{
    heat_free(rows->row);
    heat_free(rows->col);
    heat_free(rows->units);
    heat_free(rows->coupling);
    *rows = (heat_ising_rows){0};
}
