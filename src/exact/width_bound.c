/* What no order can undercut. Contracting an edge never raises the treewidth, nor does leaving vertices out,
 * so that a vertex of least degree in any minor has no more neighbours than the best order is wide. A large
 * graph is first contracted to about a thousand connected regions, grown breadth-first around seeds spread
 * over its vertices; there the vertex of least degree is contracted, again and again, into the neighbour with
 * which it shares the fewest. The bound is the largest of the least degrees (Bodlaender, Wolle and Koster,
 * J. Graph Algorithms Appl. 10 (2006) 5). Planar graphs never show more than 5. */
#include "base/context_private.h"
#include "base/memory.h"
#include "exact/elimination_order.h"

enum { MOST_REGIONS = 1024, WORDS = MOST_REGIONS / 64, VERTICES_BETWEEN_POLLS = 1 << 15 };

/* A graph of regions as rows of bits. */
typedef struct region_graph {
    int32_t n;
    int32_t degree[MOST_REGIONS];
    bool gone[MOST_REGIONS];
    uint64_t row[MOST_REGIONS][WORDS];
} region_graph;

static bool joined(const region_graph *g, int32_t a, int32_t b)
{
    return g->row[a][b / 64] >> b % 64 & 1;
}

static void join(region_graph *g, int32_t a, int32_t b)
{
    g->row[a][b / 64] |= (uint64_t)1 << b % 64;
    g->row[b][a / 64] |= (uint64_t)1 << a % 64;
}

/* Grows the regions; an edge between two is seen at the latest from its second end. */
static heat_status grow_regions(heat_context *ctx, const heat_pairwise *graph, region_graph *g)
{
    int32_t n = graph->n, count = 0, *region = NULL, *queue = NULL;
    heat_status status;

    g->n = n < MOST_REGIONS ? n : MOST_REGIONS;
    if ((status = heat_alloc(ctx, n, sizeof *region, &region)) != HEAT_OK ||
        (status = heat_alloc(ctx, n, sizeof *queue, &queue)) != HEAT_OK)
        goto out;
    for (; count < g->n; count++) {
        queue[count] = (int32_t)((int64_t)count * n / g->n);
        region[queue[count]] = count + 1; /* 0: none yet */
    }
    for (int32_t k = 0; k < count; k++) {
        int32_t own = region[queue[k]];
        if (k % VERTICES_BETWEEN_POLLS == 0 && heat_halted(ctx))
            break;
        for (int64_t e = graph->row[queue[k]]; e < graph->row[queue[k] + 1]; e++) {
            int32_t u = graph->col[e];
            if (region[u] == 0) {
                region[u] = own;
                queue[count++] = u;
            } else if (region[u] != own) {
                join(g, own - 1, region[u] - 1);
            }
        }
    }
out:
    heat_free(region);
    heat_free(queue);
    return status;
}

static int32_t least_degree(const region_graph *g)
{
    int32_t least = -1;

    for (int32_t v = 0; v < g->n; v++)
        if (!g->gone[v] && (least < 0 || g->degree[v] < g->degree[least]))
            least = v;
    return least;
}

/* The neighbour of v with which it shares the fewest neighbours; v has one. */
static int32_t least_shared(const region_graph *g, int32_t v)
{
    int32_t best = -1, least = INT32_MAX;

    for (int32_t u = 0; u < g->n; u++) {
        int32_t shared = 0;
        if (!joined(g, v, u))
            continue;
        for (int w = 0; w < WORDS; w++)
            shared += __builtin_popcountll(g->row[v][w] & g->row[u][w]);
        if (shared < least) {
            least = shared;
            best = u;
        }
    }
    return best;
}

/* Contracts v into u. */
static void contract(region_graph *g, int32_t v, int32_t u)
{
    for (int32_t w = 0; w < g->n; w++) {
        if (!joined(g, v, w))
            continue;
        g->row[w][v / 64] &= ~((uint64_t)1 << v % 64);
        if (w != u && !joined(g, u, w)) {
            join(g, u, w);
            g->degree[u]++;
        } else {
            g->degree[w]--;
        }
    }
    g->gone[v] = true;
}

heat_status heat_width_bound_get(heat_context *ctx, const heat_pairwise *graph, int32_t *bound)
{
    region_graph *g = NULL;
    heat_status status = heat_alloc(ctx, 1, sizeof *g, &g);

    *bound = 0;
    if (status == HEAT_OK)
        status = grow_regions(ctx, graph, g);
    if (status != HEAT_OK)
        goto out;
    for (int32_t v = 0; v < g->n; v++)
        for (int w = 0; w < WORDS; w++)
            g->degree[v] += __builtin_popcountll(g->row[v][w]);
    for (int32_t left = g->n; left > *bound && !heat_halted(ctx); left--) { /* so few left cannot show more */
        int32_t v = least_degree(g);
        if (g->degree[v] > *bound)
            *bound = g->degree[v];
        if (g->degree[v] > 0)
            contract(g, v, least_shared(g, v));
        else
            g->gone[v] = true;
    }
out:
    heat_free(g);
    return status;
}
