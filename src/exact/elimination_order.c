/* Min-fill by exact bookkeeping. fill(v) is the number of pairs of v's neighbours that are not joined. When x
 * goes, its neighbours are joined; each new edge {a, b} with c common neighbours changes
 *     fill(a) += deg(a) - c,   fill(b) += deg(b) - c,   fill(w) -= 1 for the c common neighbours w,
 * so that nothing is counted twice. A vertex above the widest degree allowed cannot go, and its fill is not
 * kept. Koster, Bodlaender, van Hoesel, Electron. Notes Discrete Math. 8 (2001) 54. */
#include "exact/elimination_order.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "exact/key_heap.h"

#include <string.h>

enum { STEPS_BETWEEN_POLLS = 256, VERTICES_BETWEEN_POLLS = 1 << 12 };

/* Glances at pairs of vertices that a search may cost: about a second, and what sparse graphs need. */
static const int64_t most_glances = 1 << 27, glances_a_vertex = 256;

static const int32_t unknown = -1;

/* The graph as it shrinks. Lists keep vertices that are gone until somebody walks along them. */
typedef struct shrinking_graph {
    heat_context *ctx;
    int32_t n, widest;
    int64_t *begin;   /* of the list of v in `pool` */
    int32_t *length;  /* entries in it, gone ones included */
    int32_t *room;    /* entries it may hold where it is */
    int32_t *degree;  /* neighbours that are still there */
    int32_t *fill;    /* `unknown` above the widest degree */
    uint64_t *queued; /* the key under which v last entered the heap; 0: never, or gone */
    int32_t *touched; /* vertices whose key may have changed, unique by `in_touched` */
    bool *in_touched, *gone;
    int32_t n_touched;
    int32_t *pool;
    int64_t pool_used, pool_room;
    uint64_t *pairs; /* hash set of edges, gone ones included; 0: empty */
    int64_t n_pairs, pairs_room;
    int64_t glances;
    heat_key_heap heap;
} shrinking_graph;

static void graph_clear(shrinking_graph *g)
{
    heat_free(g->begin);
    heat_free(g->length);
    heat_free(g->room);
    heat_free(g->degree);
    heat_free(g->fill);
    heat_free(g->queued);
    heat_free(g->touched);
    heat_free(g->in_touched);
    heat_free(g->gone);
    heat_free(g->pool);
    heat_free(g->pairs);
    heat_free(g->heap.keys);
}

static uint64_t pair_key(int32_t a, int32_t b)
{
    uint64_t low = (uint64_t)(a < b ? a : b), high = (uint64_t)(a < b ? b : a);
    return low << 32 | high; /* never 0: high > low >= 0 */
}

static int64_t pair_place(const shrinking_graph *g, uint64_t key)
{
    uint64_t mask = (uint64_t)g->pairs_room - 1;
    uint64_t mixed = key * 0x9e3779b97f4a7c15u;
    uint64_t place = (mixed ^ mixed >> 32) & mask;

    while (g->pairs[place] != 0 && g->pairs[place] != key)
        place = (place + 1) & mask;
    return (int64_t)place;
}

static bool joined(const shrinking_graph *g, int32_t a, int32_t b)
{
    return g->pairs[pair_place(g, pair_key(a, b))] != 0;
}

static heat_status pairs_grow(shrinking_graph *g, int64_t room)
{
    uint64_t *old = g->pairs, *larger;
    int64_t old_room = g->pairs_room;
    heat_status status = heat_alloc(g->ctx, room, sizeof *larger, &larger);

    if (status != HEAT_OK)
        return status;
    g->pairs = larger;
    g->pairs_room = room;
    for (int64_t k = 0; k < old_room; k++)
        if (old[k] != 0)
            larger[pair_place(g, old[k])] = old[k];
    heat_free(old);
    return HEAT_OK;
}

static heat_status pairs_add(shrinking_graph *g, int32_t a, int32_t b)
{
    heat_status status;

    if (2 * (g->n_pairs + 1) > g->pairs_room) {
        status = pairs_grow(g, 2 * g->pairs_room);
        if (status != HEAT_OK)
            return status;
    }
    g->pairs[pair_place(g, pair_key(a, b))] = pair_key(a, b);
    g->n_pairs++;
    return HEAT_OK;
}

/* The list of v without those who are gone; its length is then the degree. */
static const int32_t *live_list(shrinking_graph *g, int32_t v)
{
    int32_t *list = g->pool + g->begin[v];
    int32_t kept = 0;

    if (g->length[v] > g->degree[v]) {
        for (int32_t k = 0; k < g->length[v]; k++)
            if (!g->gone[list[k]])
                list[kept++] = list[k];
        g->length[v] = kept;
    }
    return list;
}

static heat_status list_add(shrinking_graph *g, int32_t v, int32_t neighbour)
{
    if (g->length[v] == g->room[v])
        live_list(g, v);
    if (g->length[v] == g->room[v]) { /* move to the pool's end, with twice the room */
        int32_t room = 2 * g->room[v] + 2;
        heat_status status = heat_grow(g->ctx, g->pool_used + room, sizeof *g->pool, &g->pool_room, &g->pool);
        if (status != HEAT_OK)
            return status;
        memcpy(g->pool + g->pool_used, g->pool + g->begin[v], (size_t)g->length[v] * sizeof *g->pool);
        g->begin[v] = g->pool_used;
        g->room[v] = room;
        g->pool_used += room;
    }
    g->pool[g->begin[v] + g->length[v]++] = neighbour;
    return HEAT_OK;
}

static void touch(shrinking_graph *g, int32_t v)
{
    if (!g->in_touched[v]) {
        g->in_touched[v] = true;
        g->touched[g->n_touched++] = v;
    }
}

static int32_t count_fill(shrinking_graph *g, int32_t v)
{
    const int32_t *list = live_list(g, v);
    int32_t missing = 0;

    g->glances += (int64_t)g->degree[v] * g->degree[v] / 2;
    for (int32_t a = 1; a < g->degree[v]; a++)
        for (int32_t b = 0; b < a; b++)
            missing += !joined(g, list[a], list[b]);
    return missing;
}

/* Puts every touched vertex that may go into the heap, under its present key. */
static heat_status queue_touched(shrinking_graph *g)
{
    heat_status status = HEAT_OK;

    for (int32_t k = 0; k < g->n_touched && status == HEAT_OK; k++) {
        int32_t v = g->touched[k];
        uint64_t key;
        if (k % VERTICES_BETWEEN_POLLS == VERTICES_BETWEEN_POLLS - 1 && heat_halted(g->ctx))
            break; /* the caller stops there, too */
        g->in_touched[v] = false;
        if (g->degree[v] > g->widest) {
            g->fill[v] = unknown;
            g->queued[v] = 0;
            continue;
        }
        if (g->fill[v] == unknown)
            g->fill[v] = count_fill(g, v);
        /* fill 12 bits, degree 8, vertex 31, and a 1 so that no key is 0 */
        key = (uint64_t)g->fill[v] << 44 | (uint64_t)g->degree[v] << 36 | (uint64_t)v << 1 | 1;
        if (key != g->queued[v]) {
            g->queued[v] = key;
            status = heat_key_heap_add(g->ctx, &g->heap, key);
        }
    }
    g->n_touched = 0;
    return status;
}

static heat_status graph_init(shrinking_graph *g, heat_context *ctx, const heat_pairwise *graph,
                              int32_t widest)
{
    int64_t n = graph->n, ends = graph->row[n], room = 64;
    heat_status status;

    *g = (shrinking_graph){.ctx = ctx, .n = graph->n, .widest = widest, .pool_used = ends};
    while (room < 2 * ends)
        room *= 2;
    if ((status = heat_alloc(ctx, n, sizeof *g->begin, &g->begin)) != HEAT_OK ||
        (status = heat_alloc(ctx, n, sizeof *g->length, &g->length)) != HEAT_OK ||
        (status = heat_alloc(ctx, n, sizeof *g->room, &g->room)) != HEAT_OK ||
        (status = heat_alloc(ctx, n, sizeof *g->degree, &g->degree)) != HEAT_OK ||
        (status = heat_alloc(ctx, n, sizeof *g->fill, &g->fill)) != HEAT_OK ||
        (status = heat_alloc(ctx, n, sizeof *g->queued, &g->queued)) != HEAT_OK ||
        (status = heat_alloc(ctx, n, sizeof *g->touched, &g->touched)) != HEAT_OK ||
        (status = heat_alloc(ctx, n, sizeof *g->in_touched, &g->in_touched)) != HEAT_OK ||
        (status = heat_alloc(ctx, n, sizeof *g->gone, &g->gone)) != HEAT_OK ||
        (status = heat_grow(ctx, ends + 1, sizeof *g->pool, &g->pool_room, &g->pool)) != HEAT_OK ||
        (status = pairs_grow(g, room)) != HEAT_OK)
        return status;
    for (int32_t v = 0; v < graph->n; v++) {
        int32_t degree = (int32_t)(graph->row[v + 1] - graph->row[v]);
        if (v % VERTICES_BETWEEN_POLLS == 0 && heat_halted(ctx))
            return HEAT_OK;
        g->begin[v] = graph->row[v];
        g->length[v] = g->room[v] = g->degree[v] = degree;
        g->fill[v] = unknown;
        for (int64_t e = graph->row[v]; e < graph->row[v + 1]; e++) {
            g->pool[e] = graph->col[e];
            if (graph->col[e] > v && (status = pairs_add(g, v, graph->col[e])) != HEAT_OK)
                return status;
        }
        touch(g, v);
    }
    return queue_touched(g);
}

static heat_status join(shrinking_graph *g, int32_t a, int32_t b)
{
    int32_t shorter = g->degree[a] <= g->degree[b] ? a : b, other = shorter == a ? b : a, common = 0;
    const int32_t *list = live_list(g, shorter);
    heat_status status;

    g->glances += g->degree[shorter];
    for (int32_t k = 0; k < g->degree[shorter]; k++)
        if (joined(g, list[k], other)) {
            common++;
            if (g->fill[list[k]] != unknown)
                g->fill[list[k]]--;
            touch(g, list[k]);
        }
    if (g->fill[a] != unknown)
        g->fill[a] += g->degree[a] - common;
    if (g->fill[b] != unknown)
        g->fill[b] += g->degree[b] - common;
    if ((status = pairs_add(g, a, b)) != HEAT_OK || (status = list_add(g, a, b)) != HEAT_OK ||
        (status = list_add(g, b, a)) != HEAT_OK)
        return status;
    g->degree[a]++;
    g->degree[b]++;
    return HEAT_OK;
}

/* Takes x away: out of its neighbours' counts first, then joins them. */
static heat_status eliminate(shrinking_graph *g, int32_t x, int32_t *neighbours)
{
    int32_t d = g->degree[x];
    heat_status status = HEAT_OK;

    memcpy(neighbours, live_list(g, x), (size_t)d * sizeof *neighbours);
    g->glances += (int64_t)d * d;
    g->gone[x] = true;
    g->queued[x] = 0;
    for (int32_t a = 0; a < d; a++) {
        int32_t u = neighbours[a], shared = 0;
        if (g->fill[u] != unknown) { /* the pairs {x, w}, w not joined to x, leave fill(u) */
            for (int32_t b = 0; b < d; b++)
                shared += b != a && joined(g, u, neighbours[b]);
            g->fill[u] -= g->degree[u] - 1 - shared;
        }
        g->degree[u]--;
        touch(g, u);
    }
    for (int32_t a = 1; a < d && status == HEAT_OK; a++)
        for (int32_t b = 0; b < a && status == HEAT_OK; b++)
            if (!joined(g, neighbours[a], neighbours[b]))
                status = join(g, neighbours[a], neighbours[b]);
    return status == HEAT_OK ? queue_touched(g) : status;
}

heat_status heat_min_fill_get(heat_context *ctx, const heat_pairwise *graph, int32_t widest, int32_t *order,
                              heat_elimination_order *found)
{
    shrinking_graph g = {.n = 0};
    int32_t neighbours[64], done = 0, least = INT32_MAX;
    heat_status status;

    if (widest > 63)
        widest = 63;
    *found = (heat_elimination_order){.width = 0, .complete = false};
    status = graph_init(&g, ctx, graph, widest);
    while (status == HEAT_OK && g.heap.count > 0) {
        uint64_t key = heat_key_heap_take(&g.heap);
        int32_t x = (int32_t)(key >> 1 & INT32_MAX);
        if (g.queued[x] != key)
            continue;
        if ((done % STEPS_BETWEEN_POLLS == 0 && heat_halted(ctx)) ||
            g.glances > most_glances + glances_a_vertex * graph->n)
            break;
        if (g.degree[x] > found->width)
            found->width = g.degree[x];
        order[done++] = x;
        status = eliminate(&g, x, neighbours);
    }
    if (status == HEAT_OK && done < graph->n) {
        for (int32_t v = 0; v < graph->n; v++)
            if (!g.gone[v] && g.degree[v] < least)
                least = g.degree[v];
        if (least > found->width)
            found->width = least;
    }
    found->complete = done == graph->n;
    graph_clear(&g);
    return status;
}

/* Lists up to `most` vertices breadth-first from one of largest degree; place[v] is 1 + v's place there. */
static int32_t gather(const heat_pairwise *graph, int32_t most, int32_t *vertices, int32_t *place)
{
    int32_t count = 1, first = 0;

    for (int32_t v = 1; v < graph->n; v++)
        if (graph->row[v + 1] - graph->row[v] > graph->row[first + 1] - graph->row[first])
            first = v;
    vertices[0] = first;
    place[first] = 1;
    for (int32_t k = 0; k < count; k++)
        for (int64_t e = graph->row[vertices[k]]; e < graph->row[vertices[k] + 1] && count < most; e++)
            if (place[graph->col[e]] == 0) {
                vertices[count++] = graph->col[e];
                place[graph->col[e]] = count;
            }
    return count;
}

heat_status heat_min_fill_get_part(heat_context *ctx, const heat_pairwise *graph, int32_t most,
                                   int32_t widest, heat_elimination_order *found)
{
    int32_t *vertices = NULL, *place = NULL, *col = NULL, *order = NULL, n;
    int64_t *row = NULL, col_room = 0;
    heat_status status;

    if ((status = heat_alloc(ctx, most, sizeof *vertices, &vertices)) != HEAT_OK ||
        (status = heat_alloc(ctx, graph->n, sizeof *place, &place)) != HEAT_OK ||
        (status = heat_alloc(ctx, most, sizeof *order, &order)) != HEAT_OK ||
        (status = heat_alloc(ctx, (int64_t)most + 1, sizeof *row, &row)) != HEAT_OK)
        goto out;
    n = gather(graph, most, vertices, place);
    for (int32_t k = 0; k < n; k++) {
        row[k + 1] = row[k];
        for (int64_t e = graph->row[vertices[k]]; e < graph->row[vertices[k] + 1]; e++) {
            if (place[graph->col[e]] == 0)
                continue;
            status = heat_grow(ctx, row[k + 1] + 1, sizeof *col, &col_room, &col);
            if (status != HEAT_OK)
                goto out;
            col[row[k + 1]++] = place[graph->col[e]] - 1;
        }
    }
    status = heat_min_fill_get(ctx, &(heat_pairwise){.n = n, .row = row, .col = col}, widest, order, found);
out:
    heat_free(vertices);
    heat_free(place);
    heat_free(col);
    heat_free(order);
    heat_free(row);
    return status;
}
