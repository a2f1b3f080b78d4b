/* Signs for the edges of a map, as Kasteleyn's: with M(2e, 2e + 1) = sign(e) and, at each vertex,
 * M(h, h') = +1 where h stands before h' in the rotation's list, every face h1, h2, ... must have
 *     prod M(h_i, twin of h_i) * prod (-1 where the face's corner wraps round the end of the list) = -1.
 * A spanning forest of the graph and one of its dual, which shares no edge with it, leave twice the genus
 * edges over; the dual forest is solved from its leaves. Each edge left over closes a cut of the surface: a
 * cycle of the dual, crossed once by its own cycle of the graph. */
#include "base/memory.h"
#include "exact/surface_map.h"

typedef struct sign_work {
    const heat_map *map;
    heat_map_signs *signs;
    int32_t *queue;  /* [n], or [faces] */
    int32_t *parent; /* [n] half-edge from a vertex to its parent in the forest; -1 at roots */
    int32_t *depth;  /* [n] */
    bool *reached;   /* [n] */
    bool *used;      /* [m] by either forest */
    int32_t n_faces;
    int32_t *face;        /* [2m] of a half-edge */
    int32_t *any;         /* [2m] a half-edge of each face */
    int8_t *product;      /* [2m] of each face */
    int32_t *face_parent; /* [2m] half-edge of a face whose twin lies on the parent face */
    int32_t *face_depth;
} sign_work;

static void work_clear(sign_work *w)
{
    heat_free(w->queue);
    heat_free(w->parent);
    heat_free(w->depth);
    heat_free(w->reached);
    heat_free(w->used);
    heat_free(w->face);
    heat_free(w->any);
    heat_free(w->product);
    heat_free(w->face_parent);
    heat_free(w->face_depth);
}

static heat_status work_init(heat_context *ctx, const heat_map *map, heat_map_signs *signs, sign_work *w)
{
    int64_t n = map->n, ends = 2 * (int64_t)map->m;
    heat_status status;

    *w = (sign_work){.map = map, .signs = signs};
    if ((status = heat_alloc(ctx, n > ends ? n : ends, sizeof *w->queue, &w->queue)) != HEAT_OK ||
        (status = heat_alloc(ctx, n, sizeof *w->parent, &w->parent)) != HEAT_OK ||
        (status = heat_alloc(ctx, n, sizeof *w->depth, &w->depth)) != HEAT_OK ||
        (status = heat_alloc(ctx, n, sizeof *w->reached, &w->reached)) != HEAT_OK ||
        (status = heat_alloc(ctx, map->m, sizeof *w->used, &w->used)) != HEAT_OK ||
        (status = heat_alloc(ctx, ends, sizeof *w->face, &w->face)) != HEAT_OK ||
        (status = heat_alloc(ctx, ends, sizeof *w->any, &w->any)) != HEAT_OK ||
        (status = heat_alloc(ctx, ends, sizeof *w->product, &w->product)) != HEAT_OK ||
        (status = heat_alloc(ctx, ends, sizeof *w->face_parent, &w->face_parent)) != HEAT_OK)
        return status;
    return heat_alloc(ctx, ends, sizeof *w->face_depth, &w->face_depth);
}

/* A spanning tree of root's component. */
static void span_graph(sign_work *w, int32_t root)
{
    const heat_map *map = w->map;
    int32_t begin = 0, end = 0;

    w->queue[end++] = root;
    w->reached[root] = true;
    w->parent[root] = -1;
    while (begin < end) {
        int32_t v = w->queue[begin++];
        for (int32_t k = map->first[v]; k < map->first[v + 1]; k++) {
            int32_t h = map->around[k], u = map->origin[h ^ 1];
            if (w->reached[u])
                continue;
            w->reached[u] = w->used[h / 2] = true;
            w->parent[u] = h ^ 1;
            w->depth[u] = w->depth[v] + 1;
            w->queue[end++] = u;
        }
    }
}

static bool wraps(const heat_map *map, int32_t h)
{
    return map->place[h] + 1 == map->first[map->origin[h] + 1];
}

/* The faces, and the product of each with all signs +1. */
static void find_faces(sign_work *w)
{
    const heat_map *map = w->map;

    for (int32_t h = 0; h < 2 * map->m; h++)
        w->face[h] = -1;
    for (int32_t start = 0; start < 2 * map->m; start++) {
        int32_t h = start, sign = 1;
        if (w->face[start] >= 0)
            continue;
        do {
            w->face[h] = w->n_faces;
            if (h % 2 == 1)
                sign = -sign;
            if (wraps(map, h ^ 1))
                sign = -sign;
            h = heat_map_follow(map, h);
        } while (h != start);
        w->any[w->n_faces] = start;
        w->product[w->n_faces++] = (int8_t)sign;
    }
}

/* A spanning tree of root's component of the dual; then each face but the root is put right by the edge to
 * its parent, the last reached first. */
static void span_dual(sign_work *w, int32_t root)
{
    const heat_map *map = w->map;
    int32_t begin = 0, end = 0;

    w->queue[end++] = root;
    w->face_parent[root] = -1;
    w->face_depth[root] = 1;
    while (begin < end) {
        int32_t f = w->queue[begin++], h = w->any[f];
        do {
            int32_t g = w->face[h ^ 1];
            if (!w->used[h / 2] && w->face_depth[g] == 0) {
                w->used[h / 2] = true;
                w->face_parent[g] = h ^ 1;
                w->face_depth[g] = w->face_depth[f] + 1;
                w->queue[end++] = g;
            }
            h = heat_map_follow(map, h);
        } while (h != w->any[f]);
    }
    while (--end > 0) {
        int32_t f = w->queue[end], h = w->face_parent[f];
        if (w->product[f] < 0)
            continue;
        w->signs->sign[h / 2] = -1;
        w->product[w->face[h ^ 1]] = (int8_t)-w->product[w->face[h ^ 1]];
    }
}

/* Marks the dual cycle that edge e closes, as the cut `bit`. */
static void mark_cut(sign_work *w, int32_t e, uint8_t bit)
{
    int32_t f = w->face[2 * e], g = w->face[2 * e + 1];

    w->signs->seam[e] |= bit;
    while (f != g) {
        int32_t *deeper = w->face_depth[f] > w->face_depth[g] ? &f : &g;
        int32_t h = w->face_parent[*deeper];
        w->signs->seam[h / 2] |= bit;
        *deeper = w->face[h ^ 1];
    }
}

/* M(in, out) at the vertex where a cycle comes in and goes out. */
static int corner_sign(const heat_map *map, int32_t in, int32_t out)
{
    return map->place[in] < map->place[out] ? 1 : -1;
}

static int edge_sign(const sign_work *w, int32_t h)
{
    return h % 2 == 0 ? w->signs->sign[h / 2] : -w->signs->sign[h / 2];
}

/* The product round the cycle that edge e closes in the forest, from both of its ends to where they meet. It
 * is -1, as round a face, where the cycle counts +1. */
static int cycle_sign(const sign_work *w, int32_t e)
{
    const heat_map *map = w->map;
    int32_t out = 2 * e, in = 2 * e + 1; /* the cycle leaves by `out` at one end and comes in by `in` */
    int32_t a = map->origin[out], b = map->origin[in];
    int sign = edge_sign(w, out);

    while (a != b) {
        if (w->depth[b] >= w->depth[a]) { /* go on from the front */
            int32_t h = w->parent[b];
            sign *= corner_sign(map, in, h) * edge_sign(w, h);
            in = h ^ 1;
            b = map->origin[in];
        } else { /* or put an edge before the beginning */
            int32_t h = w->parent[a] ^ 1;
            sign *= corner_sign(map, h ^ 1, out) * edge_sign(w, h);
            out = h;
            a = map->origin[out];
        }
    }
    return sign * corner_sign(map, in, out);
}

heat_status heat_map_signs_find(heat_context *ctx, const heat_map *map, heat_map_signs *signs)
{
    int32_t left_over[2];
    sign_work w;
    heat_status status = work_init(ctx, map, signs, &w);

    *signs = (heat_map_signs){.sign = NULL};
    if (status != HEAT_OK || (status = heat_alloc(ctx, map->m, 1, &signs->sign)) != HEAT_OK ||
        (status = heat_alloc(ctx, map->m, 1, &signs->seam)) != HEAT_OK)
        goto out;
    for (int32_t e = 0; e < map->m; e++)
        signs->sign[e] = 1;
    for (int32_t v = 0; v < map->n; v++)
        if (!w.reached[v])
            span_graph(&w, v);
    find_faces(&w);
    for (int32_t f = 0; f < w.n_faces; f++)
        if (w.face_depth[f] == 0)
            span_dual(&w, f);
    for (int32_t e = 0; e < map->m; e++)
        if (!w.used[e]) {
            if (signs->n_cuts < 2)
                left_over[signs->n_cuts] = e;
            signs->n_cuts++;
        }
    for (int32_t i = 0; i < 2 && signs->n_cuts == 2; i++) {
        mark_cut(&w, left_over[i], (uint8_t)(1 << i));
        signs->twist[i] = cycle_sign(&w, left_over[i]) > 0;
    }
out:
    work_clear(&w);
    return status;
}

void heat_map_signs_clear(heat_map_signs *signs)
{
    heat_free(signs->sign);
    heat_free(signs->seam);
    *signs = (heat_map_signs){.sign = NULL};
}
