/* Ordering an edge list in place, so that a graph of millions of edges is never held twice: a permutation by
 * the first end that follows its cycles (McIlroy, Bostic and McIlroy, Comput. Syst. 6 (1993) 5), then each
 * row by its second end and weight. */
#include "base/context_private.h"
#include "base/memory.h"
#include "io/edge_list.h"

enum {
    SHORT_ROW = 24,
    ROWS_BETWEEN_POLLS = 1 << 12,
    BUCKETS_BETWEEN_POLLS = 64
}; /* insertion is faster up to about SHORT_ROW */

static const char complete[] = "the model was complete";

static void swap_edges(heat_edge_list *list, int64_t a, int64_t b)
{
    int32_t i = list->i[a], j = list->j[a];
    double weight = list->weight[a];

    list->i[a] = list->i[b];
    list->j[a] = list->j[b];
    list->weight[a] = list->weight[b];
    list->i[b] = i;
    list->j[b] = j;
    list->weight[b] = weight;
}

/* Fills in begin[] and turns the edges to i < j. True if they are ordered by i already. */
static bool count_rows(heat_edge_list *list, int64_t *begin)
{
    bool sorted = true;

    for (int64_t e = 0; e < list->n_edges; e++) {
        int32_t i = list->i[e], j = list->j[e];
        if (i > j) {
            list->i[e] = j;
            list->j[e] = i;
        }
        begin[list->i[e] + 1]++;
        sorted &= e == 0 || list->i[e - 1] <= list->i[e];
    }
    for (int64_t i = 0; i < list->n_variables; i++)
        begin[i + 1] += begin[i];
    return sorted;
}

/* The first edge of a bucket: the rows from bucket << shift on. */
static int64_t begin_of(const heat_edge_list *list, const int64_t *begin, int64_t bucket, int shift)
{
    int64_t row = bucket << shift;

    return begin[row < list->n_variables ? row : list->n_variables];
}

/* Moves every edge of the buckets first ... last - 1 into its own. Following a cycle, the edge in hand
 * changes place with the one where it belongs, until one belongs where the cycle began. next[] is room for a
 * place a bucket. Halted, it leaves the rest where it is. */
static void permute(const heat_context *ctx, heat_edge_list *list, const int64_t *begin, int64_t *next,
                    int64_t first, int64_t last, int shift)
{
    for (int64_t b = first; b < last; b++)
        next[b - first] = begin_of(list, begin, b, shift);
    for (int64_t b = first; b < last && (b % BUCKETS_BETWEEN_POLLS != 0 || !heat_halted(ctx)); b++) {
        int64_t end = begin_of(list, begin, b + 1, shift);
        for (int64_t at = next[b - first]; at < end; at = ++next[b - first]) {
            int32_t i = list->i[at], j = list->j[at];
            double weight = list->weight[at];
            while (i >> shift != b) {
                int64_t to = next[(i >> shift) - first]++;
                int32_t swap_i = list->i[to], swap_j = list->j[to];
                double swap_weight = list->weight[to];
                list->i[to] = i;
                list->j[to] = j;
                list->weight[to] = weight;
                i = swap_i;
                j = swap_j;
                weight = swap_weight;
            }
            list->i[at] = i;
            list->j[at] = j;
            list->weight[at] = weight;
        }
    }
}

/* First into some hundreds of buckets, then each, which the cache holds, into its rows. */
static heat_status group_by_row(heat_context *ctx, heat_edge_list *list, const int64_t *begin)
{
    int64_t *next, n = list->n_variables, width;
    int shift = 0;
    heat_status status;

    while (n >> 2 * shift > 1)
        shift++;
    width = (int64_t)1 << shift;
    status = heat_alloc(ctx, n / width + 1 > width ? n / width + 1 : width, sizeof *next, &next);
    if (status != HEAT_OK)
        return status;
    permute(ctx, list, begin, next, 0, (n + width - 1) / width, shift);
    for (int64_t row = 0; row < n && status == HEAT_OK; row += width) {
        permute(ctx, list, begin, next, row, row + width < n ? row + width : n, 0);
        status = heat_halt_check(ctx, complete);
    }
    heat_free(next);
    return status;
}

static bool less(const heat_edge_list *list, int64_t a, int64_t b)
{
    if (list->j[a] != list->j[b])
        return list->j[a] < list->j[b];
    return list->weight[a] < list->weight[b];
}

static void insertion_sort(heat_edge_list *list, int64_t first, int64_t last)
{
    for (int64_t e = first + 1; e < last; e++)
        for (int64_t k = e; k > first && less(list, k, k - 1); k--)
            swap_edges(list, k, k - 1);
}

static void sift_down(heat_edge_list *list, int64_t first, int64_t at, int64_t n)
{
    for (int64_t child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && less(list, first + child, first + child + 1))
            child++;
        if (!less(list, first + at, first + child))
            return;
        swap_edges(list, first + at, first + child);
    }
}

static void heap_sort(heat_edge_list *list, int64_t first, int64_t last)
{
    int64_t n = last - first;

    for (int64_t k = n / 2 - 1; k >= 0; k--)
        sift_down(list, first, k, n);
    for (int64_t k = n - 1; k > 0; k--) {
        swap_edges(list, first, first + k);
        sift_down(list, first, 0, k);
    }
}

static void sort_row(heat_edge_list *list, int64_t first, int64_t last)
{
    int64_t e = first + 1;

    while (e < last && !less(list, e, e - 1))
        e++;
    if (e >= last)
        return;
    if (last - first <= SHORT_ROW)
        insertion_sort(list, first, last);
    else
        heap_sort(list, first, last);
}

/* Adds up equal pairs of sorted rows; returns how many edges went. */
static int64_t merge_repeats(heat_edge_list *list, int64_t *begin)
{
    int64_t to = 0, from = 0;

    for (int64_t i = 0; i < list->n_variables; i++) {
        int64_t first = to, end = begin[i + 1];
        for (; from < end; from++) {
            if (to > first && list->j[to - 1] == list->j[from]) {
                list->weight[to - 1] += list->weight[from];
                continue;
            }
            list->i[to] = list->i[from];
            list->j[to] = list->j[from];
            list->weight[to++] = list->weight[from];
        }
        begin[i + 1] = to;
    }
    list->n_edges = to;
    return from - to;
}

static heat_status order(heat_context *ctx, heat_edge_list *list, int64_t **begin)
{
    heat_status status = heat_alloc(ctx, list->n_variables + 1, sizeof **begin, begin);

    if (status == HEAT_OK && !count_rows(list, *begin))
        status = group_by_row(ctx, list, *begin);
    for (int64_t i = 0; i < list->n_variables && status == HEAT_OK; i++) {
        sort_row(list, (*begin)[i], (*begin)[i + 1]);
        if (i % ROWS_BETWEEN_POLLS == 0)
            status = heat_halt_check(ctx, complete);
    }
    return status;
}

heat_status heat_edge_list_sort(heat_context *ctx, heat_edge_list *list, int64_t **begin, int64_t *n_merged)
{
    heat_status status = order(ctx, list, begin);

    if (status == HEAT_OK)
        *n_merged = merge_repeats(list, *begin);
    return status;
}

heat_status heat_edge_list_find_repeat(heat_context *ctx, heat_edge_list *list, int64_t *edge)
{
    int64_t *begin = NULL;
    heat_status status = order(ctx, list, &begin);

    *edge = -1;
    for (int64_t e = 1; status == HEAT_OK && *edge < 0 && e < list->n_edges; e++)
        if (list->i[e - 1] == list->i[e] && list->j[e - 1] == list->j[e])
            *edge = e;
    heat_free(begin);
    return status;
}
