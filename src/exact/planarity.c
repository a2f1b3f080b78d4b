/* The left-right planarity test (Brandes, The Left-Right Planarity Test, 2009). A depth-first search orients
 * the edges; every back edge then goes left or right of the tree, and two that would cross must go to
 * different sides. Conflict pairs of intervals of back edges hold what is known so far; sides are kept
 * relative to reference edges and settled at the end. An edge is named by the half-edge that points along its
 * orientation; -1 is none. */
#include "base/memory.h"
#include "exact/surface_map.h"

/* Back edges high, ref[high], ... , low, which lie on one side together. */
typedef struct interval {
    int32_t low, high;
} interval;

typedef struct conflict {
    interval left, right;
} conflict;

typedef struct left_right {
    heat_map *map;
    int32_t *height, *parent;                /* [n] of the tree; the edge into a vertex */
    int32_t *oriented;                       /* [m] the half-edge that points along it */
    int32_t *low, *low2;                     /* [2m] lowest and second lowest height that is returned to */
    int32_t *nesting;                        /* [2m] order of the edges that leave a vertex */
    int32_t *leaving;                        /* [2m] edges that leave, by vertex, in the order of nesting */
    int32_t *begin;                          /* [n + 1] */
    int32_t *ref, *side, *low_edge, *bottom; /* [2m] */
    int32_t *stack, *at;                     /* [n] vertices of the walk under way, and where each stands */
    int32_t *count;                          /* [4n + 4] */
    conflict *pairs;                         /* [m + 1] */
    int32_t n_pairs;
} left_right;

static const interval nothing = {-1, -1};

static void left_right_clear(left_right *lr)
{
    heat_free(lr->height);
    heat_free(lr->parent);
    heat_free(lr->oriented);
    heat_free(lr->low);
    heat_free(lr->low2);
    heat_free(lr->nesting);
    heat_free(lr->leaving);
    heat_free(lr->begin);
    heat_free(lr->ref);
    heat_free(lr->side);
    heat_free(lr->low_edge);
    heat_free(lr->bottom);
    heat_free(lr->stack);
    heat_free(lr->at);
    heat_free(lr->count);
    heat_free(lr->pairs);
}

static heat_status left_right_init(heat_context *ctx, heat_map *map, left_right *lr)
{
    int64_t n = map->n, ends = 2 * (int64_t)map->m;
    heat_status status;

    *lr = (left_right){.map = map};
    if ((status = heat_alloc(ctx, n, sizeof *lr->height, &lr->height)) != HEAT_OK ||
        (status = heat_alloc(ctx, n, sizeof *lr->parent, &lr->parent)) != HEAT_OK ||
        (status = heat_alloc(ctx, map->m, sizeof *lr->oriented, &lr->oriented)) != HEAT_OK ||
        (status = heat_alloc(ctx, ends, sizeof *lr->low, &lr->low)) != HEAT_OK ||
        (status = heat_alloc(ctx, ends, sizeof *lr->low2, &lr->low2)) != HEAT_OK ||
        (status = heat_alloc(ctx, ends, sizeof *lr->nesting, &lr->nesting)) != HEAT_OK ||
        (status = heat_alloc(ctx, ends, sizeof *lr->leaving, &lr->leaving)) != HEAT_OK ||
        (status = heat_alloc(ctx, n + 1, sizeof *lr->begin, &lr->begin)) != HEAT_OK ||
        (status = heat_alloc(ctx, ends, sizeof *lr->ref, &lr->ref)) != HEAT_OK ||
        (status = heat_alloc(ctx, ends, sizeof *lr->side, &lr->side)) != HEAT_OK ||
        (status = heat_alloc(ctx, ends, sizeof *lr->low_edge, &lr->low_edge)) != HEAT_OK ||
        (status = heat_alloc(ctx, ends, sizeof *lr->bottom, &lr->bottom)) != HEAT_OK ||
        (status = heat_alloc(ctx, n, sizeof *lr->stack, &lr->stack)) != HEAT_OK ||
        (status = heat_alloc(ctx, n, sizeof *lr->at, &lr->at)) != HEAT_OK ||
        (status = heat_alloc(ctx, 4 * n + 4, sizeof *lr->count, &lr->count)) != HEAT_OK ||
        (status = heat_alloc(ctx, (int64_t)map->m + 1, sizeof *lr->pairs, &lr->pairs)) != HEAT_OK)
        return status;
    for (int64_t v = 0; v < n; v++)
        lr->height[v] = lr->parent[v] = -1;
    for (int64_t h = 0; h < ends; h++) {
        lr->ref[h] = lr->low_edge[h] = -1;
        lr->side[h] = 1;
        lr->oriented[h / 2] = -1;
    }
    return HEAT_OK;
}

static int32_t head(const left_right *lr, int32_t h)
{
    return lr->map->origin[h ^ 1];
}

static int32_t smaller(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

/* What is known of h once everything above it was visited; its parent edge e learns of it. */
static void close_edge(left_right *lr, int32_t h, int32_t e)
{
    lr->nesting[h] = 2 * lr->low[h] + (lr->low2[h] < lr->height[lr->map->origin[h]]);
    if (e < 0)
        return;
    if (lr->low[h] < lr->low[e]) {
        lr->low2[e] = smaller(lr->low[e], lr->low2[h]);
        lr->low[e] = lr->low[h];
    } else if (lr->low[h] > lr->low[e]) {
        lr->low2[e] = smaller(lr->low2[e], lr->low[h]);
    } else {
        lr->low2[e] = smaller(lr->low2[e], lr->low2[h]);
    }
}

/* The first walk: orients every edge of one component. */
static void orient(left_right *lr, int32_t root)
{
    const heat_map *map = lr->map;
    int32_t depth = 0;

    lr->height[root] = 0;
    lr->stack[0] = root;
    lr->at[root] = map->first[root];
    while (depth >= 0) {
        int32_t v = lr->stack[depth], h, w;
        if (lr->at[v] == map->first[v + 1]) {
            depth--;
            continue;
        }
        h = map->around[lr->at[v]];
        w = head(lr, h);
        if (lr->oriented[h / 2] < 0) {
            lr->oriented[h / 2] = h;
            lr->low[h] = lr->low2[h] = lr->height[v];
            if (lr->height[w] < 0) { /* looked at again when w is done */
                lr->parent[w] = h;
                lr->height[w] = lr->height[v] + 1;
                lr->at[w] = map->first[w];
                lr->stack[++depth] = w;
                continue;
            }
            lr->low[h] = lr->height[w];
        }
        if (lr->oriented[h / 2] == h)
            close_edge(lr, h, lr->parent[v]);
        lr->at[v]++;
    }
}

/* Lists the edges that leave each vertex in the order of their nesting, which lies in -2n ... 2n. */
static heat_status sort_leaving(heat_context *ctx, left_right *lr)
{
    const heat_map *map = lr->map;
    int32_t n = map->n, *sorted = NULL, lowest = -2 * n - 1;
    heat_status status = heat_alloc(ctx, map->m, sizeof *sorted, &sorted);

    if (status != HEAT_OK)
        return status;
    for (int32_t k = 0; k < 4 * n + 4; k++)
        lr->count[k] = 0;
    for (int32_t v = 0; v <= n; v++)
        lr->begin[v] = 0;
    for (int32_t e = 0; e < map->m; e++) {
        lr->count[lr->nesting[lr->oriented[e]] - lowest + 1]++;
        lr->begin[map->origin[lr->oriented[e]] + 1]++;
    }
    for (int32_t k = 0; k < 4 * n + 3; k++)
        lr->count[k + 1] += lr->count[k];
    for (int32_t e = 0; e < map->m; e++)
        sorted[lr->count[lr->nesting[lr->oriented[e]] - lowest]++] = lr->oriented[e];
    for (int32_t v = 0; v < n; v++)
        lr->begin[v + 1] += lr->begin[v];
    for (int32_t v = 0; v < n; v++)
        lr->at[v] = lr->begin[v];
    for (int32_t k = 0; k < map->m; k++)
        lr->leaving[lr->at[map->origin[sorted[k]]]++] = sorted[k];
    heat_free(sorted);
    return HEAT_OK;
}

static bool empty(interval i)
{
    return i.high < 0;
}

static bool conflicts(const left_right *lr, interval i, int32_t e)
{
    return !empty(i) && lr->low[i.high] > lr->low[e];
}

static void swap_sides(conflict *c)
{
    interval left = c->left;

    c->left = c->right;
    c->right = left;
}

/* Puts `below` under `i`. */
static void append(left_right *lr, interval *i, interval below)
{
    if (empty(below))
        return;
    if (empty(*i))
        i->high = below.high;
    else
        lr->ref[i->low] = below.high;
    i->low = below.low;
}

/* The return edges of h, not the first to leave, against those before it, for the tree edge e below. */
static bool add_constraints(left_right *lr, int32_t h, int32_t e)
{
    conflict sum = {nothing, nothing};

    do { /* the return edges of h go to one side */
        conflict next = lr->pairs[--lr->n_pairs];
        if (!empty(next.left))
            swap_sides(&next);
        if (!empty(next.left))
            return false;
        if (lr->low[next.right.low] > lr->low[e])
            append(lr, &sum.right, next.right);
        else
            lr->ref[next.right.low] = lr->low_edge[e];
    } while (lr->n_pairs > lr->bottom[h]);
    while (lr->n_pairs > 0 && (conflicts(lr, lr->pairs[lr->n_pairs - 1].left, h) ||
                               conflicts(lr, lr->pairs[lr->n_pairs - 1].right, h))) {
        conflict next = lr->pairs[--lr->n_pairs];
        if (conflicts(lr, next.right, h))
            swap_sides(&next);
        if (conflicts(lr, next.right, h))
            return false;
        append(lr, &sum.right, next.right);
        append(lr, &sum.left, next.left);
    }
    if (!empty(sum.left) || !empty(sum.right))
        lr->pairs[lr->n_pairs++] = sum;
    return true;
}

/* The lowest height that a conflict pair returns to. */
static int32_t lowest(const left_right *lr, const conflict *c)
{
    if (empty(c->left))
        return lr->low[c->right.low];
    if (empty(c->right))
        return lr->low[c->left.low];
    return smaller(lr->low[c->left.low], lr->low[c->right.low]);
}

/* Drops from one side the edges that end at u; the last to go refers to the other side. */
static void trim(left_right *lr, interval *i, interval other, int32_t u)
{
    while (!empty(*i) && head(lr, i->high) == u)
        i->high = lr->ref[i->high];
    if (empty(*i) && i->low >= 0) {
        lr->ref[i->low] = other.low;
        lr->side[i->low] = -1;
        i->low = -1;
    }
}

/* All is known above the tree edge e = (u, v): the edges that return to u are settled. */
static void remove_back_edges(left_right *lr, int32_t e)
{
    int32_t u = lr->map->origin[e];

    while (lr->n_pairs > 0 && lowest(lr, &lr->pairs[lr->n_pairs - 1]) == lr->height[u]) {
        conflict *top = &lr->pairs[--lr->n_pairs];
        if (top->left.low >= 0)
            lr->side[top->left.low] = -1;
    }
    if (lr->n_pairs > 0) {
        conflict *top = &lr->pairs[lr->n_pairs - 1];
        trim(lr, &top->left, top->right, u);
        trim(lr, &top->right, top->left, u);
    }
    if (lr->low[e] < lr->height[u]) { /* e goes where its highest return edge goes */
        int32_t left = lr->pairs[lr->n_pairs - 1].left.high, right = lr->pairs[lr->n_pairs - 1].right.high;
        lr->ref[e] = left >= 0 && (right < 0 || lr->low[left] > lr->low[right]) ? left : right;
    }
}

/* What the edge h of v brings back from above. */
static bool integrate(left_right *lr, int32_t v, int32_t h)
{
    int32_t e = lr->parent[v];

    if (lr->low[h] >= lr->height[v])
        return true;
    if (h == lr->leaving[lr->begin[v]]) {
        lr->low_edge[e] = lr->low_edge[h];
        return true;
    }
    return add_constraints(lr, h, e);
}

/* The second walk: false once a component is not planar. */
static bool test(left_right *lr, int32_t root)
{
    int32_t depth = 0;

    lr->stack[0] = root;
    lr->at[root] = lr->begin[root];
    lr->n_pairs = 0;
    while (depth >= 0) {
        int32_t v = lr->stack[depth], h, w;
        if (lr->at[v] == lr->begin[v + 1]) {
            depth--;
            if (depth < 0)
                break;
            remove_back_edges(lr, lr->parent[v]);
            w = lr->stack[depth];
            if (!integrate(lr, w, lr->parent[v]))
                return false;
            lr->at[w]++;
            continue;
        }
        h = lr->leaving[lr->at[v]];
        w = head(lr, h);
        lr->bottom[h] = lr->n_pairs;
        if (lr->parent[w] == h) {
            lr->stack[++depth] = w;
            lr->at[w] = lr->begin[w];
            continue;
        }
        lr->low_edge[h] = h;
        lr->pairs[lr->n_pairs++] = (conflict){nothing, {h, h}};
        if (!integrate(lr, v, h))
            return false;
        lr->at[v]++;
    }
    return true;
}

/* Settles the side of e: that of its reference, or the other one. `chain` is room for m edges. */
static void settle(left_right *lr, int32_t e, int32_t *chain)
{
    int32_t length = 0;

    for (; lr->ref[e] >= 0; e = lr->ref[e])
        chain[length++] = e;
    while (length-- > 0) {
        lr->side[chain[length]] *= lr->side[e];
        lr->ref[chain[length]] = -1;
        e = chain[length];
    }
}

/* The third walk: places the half-edges that come in, in rings `after` and `before`. */
static void embed(left_right *lr, int32_t root, int32_t *after, int32_t *before, int32_t *start,
                  int32_t *left, int32_t *right)
{
    int32_t depth = 0;

    lr->stack[0] = root;
    lr->at[root] = lr->begin[root];
    while (depth >= 0) {
        int32_t v = lr->stack[depth], h, in, w, previous;
        if (lr->at[v] == lr->begin[v + 1]) {
            depth--;
            continue;
        }
        h = lr->leaving[lr->at[v]++];
        in = h ^ 1;
        w = head(lr, h);
        if (lr->parent[w] == h) { /* in front of w's own edges */
            previous = start[w] < 0 ? in : before[start[w]];
            start[w] = in;
            left[v] = right[v] = h;
            lr->stack[++depth] = w;
            lr->at[w] = lr->begin[w];
        } else if (lr->side[h] > 0) {
            previous = right[w];
        } else {
            previous = before[left[w]];
            left[w] = in;
        }
        if (previous == in) {
            after[in] = before[in] = in;
            continue;
        }
        after[in] = after[previous];
        before[in] = previous;
        before[after[in]] = after[previous] = in;
    }
}

/* The rotation of a planar graph, once the sides are known. */
static heat_status rotate(heat_context *ctx, left_right *lr)
{
    heat_map *map = lr->map;
    int64_t n = map->n, ends = 2 * (int64_t)map->m;
    int32_t *after = NULL, *before = NULL, *start = NULL, *left = NULL, *right = NULL;
    heat_status status;

    if ((status = heat_alloc(ctx, ends, sizeof *after, &after)) != HEAT_OK ||
        (status = heat_alloc(ctx, ends, sizeof *before, &before)) != HEAT_OK ||
        (status = heat_alloc(ctx, n, sizeof *start, &start)) != HEAT_OK ||
        (status = heat_alloc(ctx, n, sizeof *left, &left)) != HEAT_OK ||
        (status = heat_alloc(ctx, n, sizeof *right, &right)) != HEAT_OK)
        goto out;
    for (int32_t e = 0; e < map->m; e++) {
        settle(lr, lr->oriented[e], after);
        lr->nesting[lr->oriented[e]] *= lr->side[lr->oriented[e]];
    }
    status = sort_leaving(ctx, lr);
    if (status != HEAT_OK)
        goto out;
    for (int32_t v = 0; v < map->n; v++) {
        int32_t begin = lr->begin[v], end = lr->begin[v + 1];
        start[v] = begin < end ? lr->leaving[begin] : -1;
        for (int32_t k = begin; k < end; k++) {
            after[lr->leaving[k]] = lr->leaving[k + 1 < end ? k + 1 : begin];
            before[lr->leaving[k]] = lr->leaving[k > begin ? k - 1 : end - 1];
        }
    }
    for (int32_t v = 0; v < map->n; v++)
        if (lr->parent[v] < 0)
            embed(lr, v, after, before, start, left, right);
    for (int32_t v = 0; v < map->n; v++)
        for (int32_t k = map->first[v], h = start[v]; k < map->first[v + 1]; k++, h = after[h])
            map->around[k] = h;
    heat_map_index(map);
out:
    heat_free(after);
    heat_free(before);
    heat_free(start);
    heat_free(left);
    heat_free(right);
    return status;
}

heat_status heat_planarity_run(heat_context *ctx, heat_map *map, bool *planar)
{
    left_right lr;
    heat_status status = left_right_init(ctx, map, &lr);

    *planar = map->n < 3 || map->m <= 3 * (int64_t)map->n - 6;
    if (status != HEAT_OK || !*planar)
        goto out;
    for (int32_t v = 0; v < map->n; v++)
        if (lr.height[v] < 0)
            orient(&lr, v);
    status = sort_leaving(ctx, &lr);
    for (int32_t v = 0; v < map->n && status == HEAT_OK && *planar; v++)
        if (lr.parent[v] < 0)
            *planar = test(&lr, v);
    if (status == HEAT_OK && *planar)
        status = rotate(ctx, &lr);
out:
    left_right_clear(&lr);
    return status;
}
