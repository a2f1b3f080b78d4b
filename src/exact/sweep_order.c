/* Two walks over a graph that join nothing: the densest core, and the sweep along a strip. */
#include "base/context_private.h"
#include "base/memory.h"
#include "exact/elimination_order.h"
#include "exact/key_heap.h"

enum { VERTICES_BETWEEN_POLLS = 1 << 15 };

/* Peels vertices by degree with one bucket a degree. Matula and Beck, J. ACM 30 (1983) 417. */
heat_status heat_degeneracy_get(heat_context *ctx, const heat_pairwise *graph, int32_t *degeneracy)
{
    int32_t n = graph->n, most = 0;
    int32_t *degree = NULL, *sorted = NULL, *place = NULL, *bucket = NULL;
    heat_status status;

    *degeneracy = 0;
    if ((status = heat_alloc(ctx, n, sizeof *degree, &degree)) != HEAT_OK ||
        (status = heat_alloc(ctx, (int64_t)n + 1, sizeof *sorted, &sorted)) != HEAT_OK ||
        (status = heat_alloc(ctx, n, sizeof *place, &place)) != HEAT_OK ||
        (status = heat_alloc(ctx, (int64_t)n + 2, sizeof *bucket, &bucket)) != HEAT_OK)
        goto out;
    for (int32_t v = 0; v < n; v++) {
        degree[v] = (int32_t)(graph->row[v + 1] - graph->row[v]);
        bucket[degree[v] + 1]++;
        most = degree[v] > most ? degree[v] : most;
    }
    for (int32_t d = 1; d <= most; d++) /* bucket[d]: where degree d begins */
        bucket[d] += bucket[d - 1];
    for (int32_t v = 0; v < n; v++) {
        place[v] = bucket[degree[v]]++;
        sorted[place[v]] = v;
    }
    for (int32_t d = most; d > 0; d--)
        bucket[d] = bucket[d - 1];
    bucket[0] = 0;
    for (int32_t k = 0; k < n; k++) {
        int32_t v = sorted[k];
        if (k % VERTICES_BETWEEN_POLLS == 0 && heat_halted(ctx))
            break;
        if (degree[v] > *degeneracy)
            *degeneracy = degree[v];
        for (int64_t e = graph->row[v]; e < graph->row[v + 1]; e++) {
            int32_t u = graph->col[e], first = bucket[degree[u]], other = sorted[first];
            if (degree[u] <= degree[v])
                continue;
            /* u changes places with its bucket's first, and the bucket shrinks */
            sorted[place[u]] = other;
            place[other] = place[u];
            sorted[first] = u;
            place[u] = first;
            bucket[degree[u]] = first + 1;
            degree[u]--;
        }
    }
out:
    heat_free(degree);
    heat_free(sorted);
    heat_free(place);
    heat_free(bucket);
    return status;
}

/* Breadth-first from `start` among unmarked vertices; marks them, lists them in `queue`, returns how many. */
static int32_t flood(const heat_pairwise *graph, int32_t start, int32_t mark, int32_t *marks, int32_t *queue)
{
    int32_t count = 1;

    queue[0] = start;
    marks[start] = mark;
    for (int32_t k = 0; k < count; k++)
        for (int64_t e = graph->row[queue[k]]; e < graph->row[queue[k] + 1]; e++)
            if (marks[graph->col[e]] != mark) {
                marks[graph->col[e]] = mark;
                queue[count++] = graph->col[e];
            }
    return count;
}

typedef struct sweep {
    heat_context *ctx;
    const heat_pairwise *graph;
    int32_t *unseen;  /* neighbours of v not seen yet */
    int32_t *age;     /* when v was seen; 0: not yet */
    int32_t *by_age;  /* vertices as they were seen, from 1 */
    uint64_t *queued; /* the key under which v last entered the heap; 0: gone */
    int32_t n_seen, widest;
    heat_elimination_order *found;
    heat_key_heap heap;
} sweep;

static heat_status sweep_queue(sweep *s, int32_t v)
{
    uint64_t key = (uint64_t)s->unseen[v] << 32 | (uint64_t)s->age[v];

    s->queued[v] = key;
    return heat_key_heap_add(s->ctx, &s->heap, key);
}

static heat_status sweep_see(sweep *s, int32_t v)
{
    heat_status status;

    s->age[v] = ++s->n_seen;
    s->by_age[s->n_seen] = v;
    for (int64_t e = s->graph->row[v]; e < s->graph->row[v + 1]; e++) {
        int32_t u = s->graph->col[e];
        s->unseen[u]--;
        if (s->age[u] != 0 && s->queued[u] != 0 && (status = sweep_queue(s, u)) != HEAT_OK)
            return status;
    }
    return sweep_queue(s, v);
}

/* What was swept hangs together, so that a vertex leaves all that is seen and still there as its separator.
 */
static void note_boundary(sweep *s, int32_t count)
{
    int32_t boundary = s->n_seen - count;

    if (boundary > s->found->width)
        s->found->width = boundary;
    if (boundary > s->widest || (count % VERTICES_BETWEEN_POLLS == 0 && heat_halted(s->ctx)))
        s->found->complete = false;
}

/* Sweeps the component of `start`; returns through *count how many places of `order` are filled. */
static heat_status sweep_component(sweep *s, int32_t start, int32_t *order, int32_t *count)
{
    heat_status status = sweep_see(s, start);

    while (status == HEAT_OK && s->heap.count > 0 && s->found->complete) {
        uint64_t key = heat_key_heap_take(&s->heap);
        int32_t v = s->by_age[key & UINT32_MAX];
        if (s->queued[v] != key)
            continue;
        s->queued[v] = 0;
        order[(*count)++] = v;
        for (int64_t e = s->graph->row[v]; e < s->graph->row[v + 1] && status == HEAT_OK; e++)
            if (s->age[s->graph->col[e]] == 0)
                status = sweep_see(s, s->graph->col[e]);
        note_boundary(s, *count);
    }
    return status;
}

heat_status heat_sweep_order_get(heat_context *ctx, const heat_pairwise *graph, int32_t widest,
                                 int32_t *order, heat_elimination_order *found)
{
    sweep s = {.ctx = ctx, .graph = graph, .widest = widest, .found = found};
    int32_t n = graph->n, count = 0, *marks = NULL, *queue = NULL;
    heat_status status;

    *found = (heat_elimination_order){.width = 0, .complete = true};
    if ((status = heat_alloc(ctx, n, sizeof *marks, &marks)) != HEAT_OK ||
        (status = heat_alloc(ctx, n, sizeof *queue, &queue)) != HEAT_OK ||
        (status = heat_alloc(ctx, n, sizeof *s.unseen, &s.unseen)) != HEAT_OK ||
        (status = heat_alloc(ctx, n, sizeof *s.age, &s.age)) != HEAT_OK ||
        (status = heat_alloc(ctx, (int64_t)n + 1, sizeof *s.by_age, &s.by_age)) != HEAT_OK ||
        (status = heat_alloc(ctx, n, sizeof *s.queued, &s.queued)) != HEAT_OK)
        goto out;
    for (int32_t v = 0; v < n; v++)
        s.unseen[v] = (int32_t)(graph->row[v + 1] - graph->row[v]);
    for (int32_t v = 0; v < n && status == HEAT_OK && found->complete; v++) {
        int32_t rim;
        if (s.age[v] != 0)
            continue;
        rim = queue[flood(graph, v, 1, marks, queue) - 1];
        rim = queue[flood(graph, rim, 2, marks, queue) - 1];
        status = sweep_component(&s, rim, order, &count);
    }
out:
    heat_free(marks);
    heat_free(queue);
    heat_free(s.unseen);
    heat_free(s.age);
    heat_free(s.by_age);
    heat_free(s.queued);
    heat_free(s.heap.keys);
    return status;
}
