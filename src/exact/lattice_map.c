/* The rotation of a graph that is a square, triangular or honeycomb lattice near every vertex, as on a torus
 * wide enough for no shortest face to close round it. Two edges of a vertex are neighbours in the rotation
 * where they lie on a common face: a triangle (degree 6), a square (4) or a hexagon (3). The sense of each
 * rotation is taken over from vertex to vertex. */
#include "base/memory.h"
#include "exact/surface_map.h"

enum { MOST_DEGREE = 6 };

static int32_t head(const heat_map *map, int32_t h)
{
    return map->origin[h ^ 1];
}

static bool adjacent(const heat_map *map, int32_t u, int32_t v)
{
    for (int32_t k = map->first[u]; k < map->first[u + 1]; k++)
        if (head(map, map->around[k]) == v)
            return true;
    return false;
}

/* True if some vertex but `v` and `w` is next to both a and b. */
static bool meet(const heat_map *map, int32_t a, int32_t b, int32_t v, int32_t w)
{
    for (int32_t k = map->first[a]; k < map->first[a + 1]; k++) {
        int32_t x = head(map, map->around[k]);
        if (x != v && x != w && adjacent(map, x, b))
            return true;
    }
    return false;
}

/* True if a, v, b are corners in a row of a face of the lattice of v's degree. */
static bool is_corner(const heat_map *map, int32_t a, int32_t v, int32_t b)
{
    switch (heat_map_degree(map, v)) {
    case 3: /* all pairs */
        return true;
    case 4:
        return meet(map, a, b, v, v);
    default:
        return adjacent(map, a, b);
    }
}

/* True if u, v, w, x are corners in a row of such a face. */
static bool is_side(const heat_map *map, int32_t u, int32_t v, int32_t w, int32_t x)
{
    switch (heat_map_degree(map, v)) {
    case 3:
        for (int32_t k = map->first[u]; k < map->first[u + 1]; k++) {
            int32_t z = head(map, map->around[k]);
            if (z != v && z != w && z != x && meet(map, z, x, u, w))
                return true;
        }
        return false;
    case 4:
        return adjacent(map, u, x);
    default:
        return u == x;
    }
}

/* Puts v's half-edges in an order in which each forms a corner with the next; false if there is not one ring
 * of them. */
static bool ring(heat_map *map, int32_t v)
{
    int32_t degree = heat_map_degree(map, v), *around = map->around + map->first[v], corners = 0;

    for (int32_t i = 0; i < degree; i++)
        for (int32_t j = 0; j < i; j++)
            corners += is_corner(map, head(map, around[i]), v, head(map, around[j]));
    if (corners != degree)
        return false;
    for (int32_t i = 1; i < degree; i++) {
        int32_t j = i;
        while (j < degree && !is_corner(map, head(map, around[i - 1]), v, head(map, around[j])))
            j++;
        if (j == degree)
            return false;
        int32_t next = around[j];
        around[j] = around[i];
        around[i] = next;
    }
    return is_corner(map, head(map, around[degree - 1]), v, head(map, around[0]));
}

/* With h = (v, w) and u the end after w around v: the end before v around w must lie on the face of u, v, w.
 * 1: it does; -1: the one after does, the sense of w is the other one; 0: neither, or both. */
static int sense(const heat_map *map, int32_t h)
{
    int32_t v = map->origin[h], w = head(map, h), u = head(map, heat_map_turn(map, h));
    int32_t degree = heat_map_degree(map, w), at = map->place[h ^ 1] - map->first[w];
    const int32_t *around = map->around + map->first[w];
    bool before = is_side(map, u, v, w, head(map, around[(at + degree - 1) % degree]));
    bool after = is_side(map, u, v, w, head(map, around[(at + 1) % degree]));

    return before == after ? 0 : before ? 1 : -1;
}

static void reverse(heat_map *map, int32_t v)
{
    for (int32_t i = map->first[v], j = map->first[v + 1] - 1; i < j; i++, j--) {
        int32_t other = map->around[i];
        map->around[i] = map->around[j];
        map->around[j] = other;
    }
    for (int32_t k = map->first[v]; k < map->first[v + 1]; k++)
        map->place[map->around[k]] = k;
}

/* Carries the sense of a root through its component. */
static bool spread_sense(heat_map *map, int32_t root, int32_t *queue, bool *reached)
{
    int32_t begin = 0, end = 0;

    queue[end++] = root;
    reached[root] = true;
    while (begin < end) {
        int32_t v = queue[begin++];
        for (int32_t k = map->first[v]; k < map->first[v + 1]; k++) {
            int32_t w = head(map, map->around[k]);
            int told = sense(map, map->around[k]);
            if (told == 0 || (reached[w] && told < 0))
                return false;
            if (reached[w])
                continue;
            if (told < 0)
                reverse(map, w);
            reached[w] = true;
            queue[end++] = w;
        }
    }
    return true;
}

heat_status heat_lattice_map_find(heat_context *ctx, heat_map *map, bool *found)
{
    int32_t *queue = NULL, degree = map->n > 0 ? heat_map_degree(map, 0) : 0;
    bool *reached = NULL;
    heat_status status = heat_alloc(ctx, map->n, sizeof *queue, &queue);

    *found = degree == 3 || degree == 4 || degree == MOST_DEGREE;
    if (status == HEAT_OK)
        status = heat_alloc(ctx, map->n, sizeof *reached, &reached);
    if (status != HEAT_OK)
        goto out;
    for (int32_t v = 0; v < map->n && *found; v++)
        *found = heat_map_degree(map, v) == degree;
    for (int32_t v = 0; v < map->n && *found; v++)
        *found = ring(map, v);
    heat_map_index(map);
    for (int32_t v = 0; v < map->n && *found; v++)
        if (!reached[v])
            *found = spread_sense(map, v, queue, reached);
out:
    heat_free(queue);
    heat_free(reached);
    return status;
}
