/* Cuts a map in two again and again, by few edges each time. A cut is a level of the difference between the
 * distances from two far vertices, or of one distance: of five such functions the one whose best level
 * between two fifths and three fifths of the vertices cuts fewest edges. On a grid that is a straight line.
 */
#include "base/context_private.h"
#include "base/memory.h"
#include "exact/planar_plan.h"

#include <stdlib.h>

enum { N_FIELDS = 3, N_KEYS = 5, POLL_SIZE = 4096 };

typedef struct bisection {
    const heat_map *map;
    const uint8_t *seam;         /* [m] edges that are not there, where not 0 */
    int32_t *order;              /* [n] vertices, those of a part together */
    int32_t *buffer, *part;      /* [n] room; the part that a vertex is in */
    int32_t *distance[N_FIELDS]; /* [n] */
    int32_t *key, *side;         /* [n] */
    int32_t *count;              /* [4n + 4] */
    int32_t stamp;
} bisection;

static void bisection_clear(bisection *b)
{
    heat_free(b->order);
    heat_free(b->buffer);
    heat_free(b->part);
    for (int k = 0; k < N_FIELDS; k++)
        heat_free(b->distance[k]);
    heat_free(b->key);
    heat_free(b->side);
    heat_free(b->count);
}

static heat_status bisection_init(heat_context *ctx, const heat_planar *plan, bisection *b)
{
    int64_t n = plan->map.n;
    heat_status status;

    *b = (bisection){.map = &plan->map, .seam = plan->signs.seam};
    if ((status = heat_alloc(ctx, n, sizeof *b->order, &b->order)) != HEAT_OK ||
        (status = heat_alloc(ctx, n, sizeof *b->buffer, &b->buffer)) != HEAT_OK ||
        (status = heat_alloc(ctx, n, sizeof *b->part, &b->part)) != HEAT_OK ||
        (status = heat_alloc(ctx, n, sizeof *b->key, &b->key)) != HEAT_OK ||
        (status = heat_alloc(ctx, n, sizeof *b->side, &b->side)) != HEAT_OK)
        return status;
    for (int k = 0; k < N_FIELDS && status == HEAT_OK; k++)
        status = heat_alloc(ctx, n, sizeof *b->distance[k], &b->distance[k]);
    return status == HEAT_OK ? heat_alloc(ctx, 4 * n + 4, sizeof *b->count, &b->count) : status;
}

/* Distances from `root` within its part, -1 where it does not lead. The buffer, from `at` on, lists the
 * vertices reached; returns their end. */
static int32_t spread(bisection *b, int32_t root, int32_t *distance, int32_t at)
{
    int32_t begin = at, part = b->part[root];

    b->buffer[at++] = root;
    distance[root] = 0;
    while (begin < at) {
        int32_t v = b->buffer[begin++];
        for (int32_t k = b->map->first[v]; k < b->map->first[v + 1]; k++) {
            int32_t h = b->map->around[k], u = b->map->origin[h ^ 1];
            if (b->seam[h / 2] != 0 || b->part[u] != part || distance[u] >= 0)
                continue;
            distance[u] = distance[v] + 1;
            b->buffer[at++] = u;
        }
    }
    return at;
}

static void forget(bisection *b, int32_t low, int32_t high, int32_t *distance)
{
    for (int32_t k = low; k < high; k++)
        distance[b->order[k]] = -1;
}

/* Orders a part that falls apart by its components; returns the end of one of them, the nearest to the
 * middle. */
static int32_t order_components(bisection *b, int32_t low, int32_t high)
{
    int32_t at = 0, best = high, middle = (low + high) / 2;

    forget(b, low, high, b->distance[0]);
    for (int32_t k = low; k < high; k++)
        if (b->distance[0][b->order[k]] < 0) {
            at = spread(b, b->order[k], b->distance[0], at);
            if (low + at < high && abs(low + at - middle) < abs(best - middle))
                best = low + at;
        }
    for (int32_t k = low; k < high; k++)
        b->order[k] = b->buffer[k - low];
    return best;
}

/* The functions whose levels are tried. */
static void put_keys(bisection *b, int32_t low, int32_t high, int which)
{
    static const int first[N_KEYS] = {0, 0, 1, 0, 1}, second[N_KEYS] = {1, 2, 2, -1, -1};
    const int32_t *from = b->distance[first[which]];
    const int32_t *to = second[which] < 0 ? NULL : b->distance[second[which]];

    for (int32_t k = low; k < high; k++) {
        int32_t v = b->order[k];
        b->key[v] = from[v] - (to == NULL ? 0 : to[v]);
    }
}

/* The part sorted by the key, into the buffer. */
static void sort_by_key(bisection *b, int32_t low, int32_t high)
{
    int32_t size = high - low;

    for (int32_t k = 0; k <= 2 * size; k++)
        b->count[k] = 0;
    for (int32_t k = low; k < high; k++)
        b->count[b->key[b->order[k]] + size + 1]++;
    for (int32_t k = 0; k < 2 * size; k++)
        b->count[k + 1] += b->count[k];
    for (int32_t k = low; k < high; k++)
        b->buffer[b->count[b->key[b->order[k]] + size]++] = b->order[k];
}

/* Walks through the sorted part; *cut is the fewest edges cut near the middle; returns how many vertices then
 * lie before the cut. */
static int32_t best_level(bisection *b, int32_t size, int32_t *cut)
{
    int32_t least = size * 2 / 5, most = size - size * 2 / 5, best = 0, now = 0, stamp = ++b->stamp;

    for (int32_t k = 0; k < most && k < size - 1; k++) {
        int32_t v = b->buffer[k];
        for (int32_t i = b->map->first[v]; i < b->map->first[v + 1]; i++) {
            int32_t h = b->map->around[i], u = b->map->origin[h ^ 1];
            if (b->seam[h / 2] == 0 && b->part[u] == b->part[v])
                now += b->side[u] == stamp ? -1 : 1;
        }
        b->side[v] = stamp;
        if (k + 1 >= least && (best == 0 || now < *cut)) {
            best = k + 1;
            *cut = now;
        }
    }
    return best;
}

/* Orders order[low .. high) so that the first of its two parts comes first; returns where the second begins.
 */
static int32_t bisect(bisection *b, int32_t low, int32_t high)
{
    int32_t size = high - low, least = INT32_MAX, best = 0, far;
    int best_key = 0;

    if (size == 2)
        return low + 1;
    forget(b, low, high, b->distance[0]);
    if (spread(b, b->order[low], b->distance[0], 0) < size)
        return order_components(b, low, high);
    for (int k = 0; k < N_FIELDS; k++) { /* two ends, and the vertex farthest from both */
        far = b->buffer[size - 1];
        for (int32_t i = low, most = -1; i < high && k == 2; i++) {
            int32_t v = b->order[i], one = b->distance[0][v], two = b->distance[1][v];
            if ((one < two ? one : two) > most) {
                most = one < two ? one : two;
                far = v;
            }
        }
        forget(b, low, high, b->distance[k]);
        spread(b, far, b->distance[k], 0);
    }
    for (int k = 0; k < N_KEYS; k++) {
        int32_t cut = INT32_MAX;
        put_keys(b, low, high, k);
        sort_by_key(b, low, high);
        best_level(b, size, &cut);
        if (cut < least) {
            least = cut;
            best_key = k;
        }
    }
    put_keys(b, low, high, best_key);
    sort_by_key(b, low, high);
    best = best_level(b, size, &least);
    for (int32_t k = low; k < high; k++)
        b->order[k] = b->buffer[k - low];
    return low + best;
}

/* A part that is still to become a node. */
typedef struct waiting_part {
    int32_t low, high, parent;
    bool is_right;
} waiting_part;

/* Makes the nodes; node k's vertices are order[begin[k] ... begin[k] + how many). */
static heat_status cut_up(heat_context *ctx, heat_planar *plan, bisection *b, int32_t *begin)
{
    int32_t n = plan->map.n, n_waiting = 0;
    waiting_part *waiting = NULL;
    heat_status status = heat_alloc(ctx, (int64_t)n + 1, sizeof *waiting, &waiting);

    if (status != HEAT_OK)
        return status;
    for (int32_t v = 0; v < n; v++)
        b->order[v] = v;
    waiting[n_waiting++] = (waiting_part){0, n, -1, false};
    while (n_waiting > 0) {
        waiting_part part = waiting[--n_waiting];
        int32_t id = plan->n_nodes++, middle;
        plan->nodes[id] = (heat_planar_node){.left = -1, .right = -1, .vertex = b->order[part.low]};
        begin[id] = part.low;
        if (part.parent >= 0)
            *(part.is_right ? &plan->nodes[part.parent].right : &plan->nodes[part.parent].left) = id;
        if (part.high - part.low == 1)
            continue;
        for (int32_t k = part.low; k < part.high; k++)
            b->part[b->order[k]] = id;
        if (part.high - part.low > POLL_SIZE &&
            (status = heat_halt_check(ctx, "the graph was cut up")) != HEAT_OK)
            break;
        middle = bisect(b, part.low, part.high);
        waiting[n_waiting++] = (waiting_part){part.low, middle, id, false};
        waiting[n_waiting++] = (waiting_part){middle, part.high, id, true};
    }
    heat_free(waiting);
    return status;
}

/* Lists of half-edges that leave parts, one upon the other. */
typedef struct rim_stack {
    int32_t *list;
    int64_t room, top;
    int32_t *spot;            /* [n] of each vertex in the order */
    int32_t *place;           /* [2m] in the front under way */
    int64_t numbers;          /* of the matrices of all parts on the stack */
    int64_t n_index, n_joins; /* of the plan's arrays, used so far */
} rim_stack;

static heat_status put_leaf(heat_context *ctx, const heat_planar *plan, heat_planar_node *node,
                            rim_stack *rims)
{
    const heat_map *map = &plan->map;
    heat_status status;

    node->rest = heat_map_degree(map, node->vertex);
    status = heat_grow(ctx, rims->top + node->rest, sizeof *rims->list, &rims->room, &rims->list);
    if (status != HEAT_OK)
        return status;
    for (int32_t k = map->first[node->vertex]; k < map->first[node->vertex + 1]; k++)
        rims->list[rims->top++] = map->around[k];
    rims->numbers += (int64_t)node->rest * node->rest;
    return HEAT_OK;
}

/* True if the edge of h is there and leads to order[low .. high). */
static bool leads_into(const heat_planar *plan, const rim_stack *rims, int32_t h, int32_t low, int32_t high)
{
    int32_t spot = rims->spot[plan->map.origin[h ^ 1]];

    return plan->signs.seam[h / 2] == 0 && spot >= low && spot < high;
}

/* Joins the two lists on top of the stack: gives every half-edge its place in the front, and leaves the list
 * of the rest. */
static heat_status put_join(heat_context *ctx, heat_planar *plan, heat_planar_node *node, rim_stack *rims,
                            const int32_t *begin, int32_t high)
{
    int32_t n_left = plan->nodes[node->left].rest, n_right = plan->nodes[node->right].rest, rest = 0;
    int32_t low = begin[node->left], middle = begin[node->right], *index;
    int64_t to = rims->top - n_left - n_right;
    heat_status status;

    node->indices = rims->n_index;
    node->joins = rims->n_joins;
    if ((status = heat_grow(ctx, node->indices + n_left + n_right, sizeof *plan->index, &plan->index_room,
                            &plan->index)) != HEAT_OK ||
        (status = heat_grow(ctx, node->joins + n_left, sizeof *plan->join, &plan->join_room, &plan->join)) !=
            HEAT_OK)
        return status;
    index = plan->index + node->indices;
    for (int32_t k = 0; k < n_left; k++) {
        int32_t h = rims->list[to + k];
        index[k] = -1;
        if (!leads_into(plan, rims, h, middle, high))
            continue;
        index[k] = 2 * node->joined;
        rims->place[h ^ 1] = 2 * node->joined + 1;
        plan->join[node->joins + node->joined++] = h;
    }
    for (int32_t k = 0; k < n_left + n_right; k++) {
        int32_t h = rims->list[to + k];
        if (k >= n_left)
            index[k] = leads_into(plan, rims, h, low, middle) ? rims->place[h] : -1;
        if (index[k] < 0) {
            index[k] = 2 * node->joined + rest;
            rims->list[to + rest++] = h;
        }
    }
    node->rest = rest;
    rims->top = to + rest;
    rims->n_index += n_left + n_right;
    rims->n_joins += node->joined;
    return HEAT_OK;
}

/* What the join costs: its front, its factors, its place on the stack. */
static void price_join(heat_planar *plan, const heat_planar_node *node, rim_stack *rims)
{
    int64_t n_left = plan->nodes[node->left].rest, n_right = plan->nodes[node->right].rest;
    int32_t size = 2 * node->joined + node->rest;

    plan->largest_front = size > plan->largest_front ? size : plan->largest_front;
    for (int32_t left = size - 2; left >= node->rest; left -= 2) { /* up and down: 2 and 4 per entry */
        plan->cost.operations += 6.0 * left * left;
        plan->factors += 2 * (int64_t)left + 1;
    }
    rims->numbers += (int64_t)node->rest * node->rest - n_left * n_left - n_right * n_right;
}

/* What the root still has are the ends of the cuts' edges: pairs them as the last front will. */
static heat_status put_closing(heat_context *ctx, heat_planar *plan, rim_stack *rims)
{
    int32_t rest = plan->nodes[0].rest, pairs = 0;
    heat_status status = heat_alloc(ctx, rest, sizeof *plan->closing, &plan->closing);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, rest, sizeof *plan->closing_place, &plan->closing_place);
    if (status != HEAT_OK)
        return status;
    plan->n_closing = rest;
    for (int32_t k = 0; k < rest; k++)
        rims->place[rims->list[k]] = -1;
    for (int32_t k = 0; k < rest; k++) {
        int32_t h = rims->list[k];
        if (rims->place[h] >= 0)
            continue;
        rims->place[h] = 2 * pairs;
        rims->place[h ^ 1] = 2 * pairs++ + 1;
    }
    for (int32_t k = 0; k < rest; k++) {
        plan->closing_place[k] = rims->place[rims->list[k]];
        plan->closing[plan->closing_place[k]] = rims->list[k];
    }
    if (rest > plan->largest_front)
        plan->largest_front = rest;
    for (int32_t left = rest - 2; left >= 0; left -= 2) {
        plan->cost.operations += 4 * 6.0 * left * left;
        plan->n_closing_factors += 2 * (int64_t)left + 1;
    }
    return HEAT_OK;
}

/* Upwards: which half-edges leave each part, and where they stand. */
static heat_status put_rims(heat_context *ctx, heat_planar *plan, const int32_t *order, const int32_t *begin)
{
    int32_t n = plan->map.n, *high = NULL;
    rim_stack rims = {.list = NULL};
    heat_status status;

    if ((status = heat_alloc(ctx, n, sizeof *rims.spot, &rims.spot)) != HEAT_OK ||
        (status = heat_alloc(ctx, 2 * (int64_t)plan->map.m, sizeof *rims.place, &rims.place)) != HEAT_OK ||
        (status = heat_alloc(ctx, plan->n_nodes, sizeof *high, &high)) != HEAT_OK)
        goto out;
    for (int32_t k = 0; k < n; k++)
        rims.spot[order[k]] = k;
    for (int32_t id = plan->n_nodes - 1; id >= 0 && status == HEAT_OK; id--) {
        heat_planar_node *node = &plan->nodes[id];
        high[id] = node->left < 0 ? begin[id] + 1 : high[node->right];
        if (node->left < 0) {
            status = put_leaf(ctx, plan, node, &rims);
            plan->largest_vertex = node->rest > plan->largest_vertex ? node->rest : plan->largest_vertex;
        } else if ((status = put_join(ctx, plan, node, &rims, begin, high[id])) == HEAT_OK) {
            price_join(plan, node, &rims);
        }
        plan->stack = rims.numbers > plan->stack ? rims.numbers : plan->stack;
    }
    if (status == HEAT_OK)
        status = put_closing(ctx, plan, &rims);
out:
    heat_free(rims.list);
    heat_free(rims.spot);
    heat_free(rims.place);
    heat_free(high);
    return status;
}

heat_status heat_planar_tree_create(heat_context *ctx, heat_planar *plan)
{
    int32_t n = plan->map.n, *begin = NULL;
    bisection b = {.map = NULL};
    heat_status status = HEAT_OK;

    if (n == 0)
        return HEAT_OK;
    if ((status = bisection_init(ctx, plan, &b)) != HEAT_OK ||
        (status = heat_alloc(ctx, 2 * (int64_t)n, sizeof *plan->nodes, &plan->nodes)) != HEAT_OK ||
        (status = heat_alloc(ctx, 2 * (int64_t)n, sizeof *begin, &begin)) != HEAT_OK ||
        (status = cut_up(ctx, plan, &b, begin)) != HEAT_OK)
        goto out;
    status = put_rims(ctx, plan, b.order, begin);
out:
    bisection_clear(&b);
    heat_free(begin);
    return status;
}
