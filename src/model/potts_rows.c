/* Sorted rows by transposing twice: the ends in buckets by neighbour, in the order of the edges; then, bucket
 * after bucket, each end to its own row. Linear in edges and variables, and stable. */
#include "model/potts_rows.h"
#include "base/memory.h"

#include <string.h>

/* Turns counts in at[i + 1] into places where each row begins. */
static void begin_rows(int32_t n, int64_t *at)
{
    for (int64_t i = 0; i < n; i++)
        at[i + 1] += at[i];
}

/* bucket[]: the ends whose neighbour is 0, then those whose neighbour is 1, ...; place[] is room for n + 1.
 */
static void fill_buckets(int32_t n, int64_t n_edges, const int32_t *i, const int32_t *j, const int64_t *row,
                         int64_t *place, int64_t *bucket)
{
    memcpy(place, row, (size_t)n * sizeof *place); /* as many ends look at a variable as it has */
    for (int64_t e = 0; e < n_edges; e++) {
        bucket[place[j[e]]++] = 2 * e;
        bucket[place[i[e]]++] = 2 * e + 1;
    }
}

static void fill_rows(int32_t n, const int32_t *i, const int32_t *j, const int64_t *bucket, int64_t *place,
                      heat_potts_rows *rows)
{
    memcpy(place, rows->row, (size_t)n * sizeof *place);
    for (int32_t neighbour = 0; neighbour < n; neighbour++)
        for (int64_t k = rows->row[neighbour]; k < rows->row[neighbour + 1]; k++) {
            int64_t edge = bucket[k];
            int64_t to = place[edge % 2 == 0 ? i[edge / 2] : j[edge / 2]]++;
            rows->col[to] = neighbour;
            rows->edge[to] = edge;
        }
}

heat_status heat_potts_rows_build(heat_context *ctx, int32_t n, int64_t n_edges, const int32_t *i,
                                  const int32_t *j, heat_potts_rows *rows)
{
    int64_t *bucket = NULL, *place = NULL;
    heat_status status = heat_alloc(ctx, (int64_t)n + 1, sizeof *rows->row, &rows->row);

    if (status == HEAT_OK)
        status = heat_alloc_unset(ctx, 2 * n_edges, sizeof *bucket, &bucket);
    if (status == HEAT_OK)
        status = heat_alloc_unset(ctx, (int64_t)n + 1, sizeof *place, &place);
    if (status == HEAT_OK) {
        for (int64_t e = 0; e < n_edges; e++) {
            rows->row[i[e] + 1]++;
            rows->row[j[e] + 1]++;
        }
        begin_rows(n, rows->row);
        fill_buckets(n, n_edges, i, j, rows->row, place, bucket);
        status = heat_alloc_unset(ctx, 2 * n_edges, sizeof *rows->col, &rows->col);
    }
    if (status == HEAT_OK)
        status = heat_alloc_unset(ctx, 2 * n_edges, sizeof *rows->edge, &rows->edge);
    if (status == HEAT_OK)
        fill_rows(n, i, j, bucket, place, rows);
    heat_free(bucket);
    heat_free(place);
    return status;
}

heat_status heat_potts_rows_count_components(heat_context *ctx, int32_t n, const heat_potts_rows *rows,
                                             int32_t *count)
{
    int32_t *queue = NULL;
    int8_t *seen = NULL;
    heat_status status = heat_alloc_unset(ctx, n, sizeof *queue, &queue);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, n, 1, &seen);
    *count = 0;
    for (int32_t start = 0; start < n && status == HEAT_OK; start++) {
        int32_t head = 0, tail = 0;
        if (seen[start])
            continue;
        ++*count;
        seen[start] = 1;
        queue[tail++] = start;
        while (head < tail) {
            int32_t i = queue[head++];
            for (int64_t k = rows->row[i]; k < rows->row[i + 1]; k++)
                if (!seen[rows->col[k]]) {
                    seen[rows->col[k]] = 1;
                    queue[tail++] = rows->col[k];
                }
        }
    }
    heat_free(queue);
    heat_free(seen);
    return status;
}

void heat_potts_rows_clear(heat_potts_rows *rows)
{
    heat_free(rows->row);
    heat_free(rows->col);
    heat_free(rows->edge);
    *rows = (heat_potts_rows){0};
}
