/* Rotations of the plane and of tori, and the signs of their edges. */
#include "exact/surface_map.h"
#include "random/stream.h"
#include "support.h"

#include <stdlib.h>

/* A graph as a list of its ends. */
typedef struct edges {
    int32_t n, m;
    int32_t (*end)[2];
} edges;

/* A triangulation of the sphere: each vertex after three goes into a random triangle. The triangles with
 * their corners in order are kept in `face`. */
static edges stack_triangles(int32_t n, heat_stream *r)
{
    edges g = {n, 0, calloc((size_t)(3 * n), sizeof *g.end)};
    int32_t(*face)[3] = calloc((size_t)(2 * n), sizeof *face), n_faces = 2;

    for (int k = 0; k < 3; k++) {
        face[0][k] = k;
        face[1][k] = 2 - k;
        g.end[g.m][0] = k;
        g.end[g.m++][1] = (k + 1) % 3;
    }
    for (int32_t v = 3; v < n; v++) {
        int32_t f = (int32_t)(heat_stream_bits(r) % (uint64_t)n_faces), corner[3];
        for (int k = 0; k < 3; k++) {
            corner[k] = face[f][k];
            g.end[g.m][0] = v;
            g.end[g.m++][1] = corner[k];
        }
        for (int k = 0; k < 3; k++) {
            int32_t *to = face[k == 0 ? f : n_faces++];
            to[0] = corner[k];
            to[1] = corner[(k + 1) % 3];
            to[2] = v;
        }
    }
    free(face);
    return g;
}

/* Renumbers vertices, and reorders edges and their ends. */
static void shuffle(edges *g, heat_stream *r)
{
    int32_t *label = calloc((size_t)g->n, sizeof *label);

    for (int32_t v = 0; v < g->n; v++) {
        int32_t other = (int32_t)(heat_stream_bits(r) % (uint64_t)(v + 1));
        label[v] = label[other];
        label[other] = v;
    }
    for (int32_t e = 0; e < g->m; e++) {
        int32_t other = (int32_t)(heat_stream_bits(r) % (uint64_t)(e + 1)), a = label[g->end[e][0]],
                b = label[g->end[e][1]];
        bool turn = heat_stream_bits(r) & 1;
        g->end[e][0] = g->end[other][0];
        g->end[e][1] = g->end[other][1];
        g->end[other][0] = turn ? b : a;
        g->end[other][1] = turn ? a : b;
    }
    free(label);
}

static void put_map(heat_context *ctx, const edges *g, heat_map *map)
{
    assert_ok(ctx, heat_map_init(ctx, g->n, g->m, map));
    for (int32_t e = 0; e < g->m; e++) {
        map->origin[2 * e] = g->end[e][0];
        map->origin[2 * e + 1] = g->end[e][1];
    }
    heat_map_gather(map);
}

static int32_t count_faces(const heat_map *map)
{
    bool *seen = calloc(2 * (size_t)map->m + 1, 1);
    int32_t n_faces = 0;

    for (int32_t start = 0; start < 2 * map->m; start++) {
        n_faces += !seen[start];
        for (int32_t h = start; !seen[h]; h = heat_map_follow(map, h))
            seen[h] = true;
    }
    free(seen);
    return n_faces;
}

/* Every half-edge stands once in the list of its own vertex. */
static void check_rotation(const heat_map *map)
{
    for (int32_t v = 0; v < map->n; v++)
        for (int32_t k = map->first[v]; k < map->first[v + 1]; k++) {
            assert_int_equal(map->origin[map->around[k]], v);
            assert_int_equal(map->place[map->around[k]], k);
        }
}

static void planar_graphs_get_the_faces_of_a_sphere(void **state)
{
    heat_context *ctx = test_context();
    heat_stream r;

    (void)state;
    heat_stream_init(&r, 1, HEAT_PURPOSE_TEST, 3);
    for (int32_t n = 3; n <= 300; n += 1 + n / 8)
        for (int part = 0; part < 6; part++) {
            edges g = stack_triangles(n, &r);
            heat_map map;
            heat_map_signs signs;
            bool planar;
            shuffle(&g, &r);
            g.m = g.m * (part + 1) / 6; /* the edges left out make trees, parts and lone vertices */
            put_map(ctx, &g, &map);
            assert_ok(ctx, heat_planarity_run(ctx, &map, &planar));
            assert_true(planar);
            check_rotation(&map);
            if (part == 5)
                assert_int_equal(n - g.m + count_faces(&map), 2);
            assert_ok(ctx, heat_map_signs_find(ctx, &map, &signs));
            assert_int_equal(signs.n_cuts, 0);
            heat_map_signs_clear(&signs);
            heat_map_clear(&map);
            free(g.end);
        }
    heat_context_free(ctx);
}

static bool has_edge(const edges *g, int32_t a, int32_t b)
{
    for (int32_t e = 0; e < g->m; e++)
        if ((g->end[e][0] == a && g->end[e][1] == b) || (g->end[e][0] == b && g->end[e][1] == a))
            return true;
    return false;
}

/* A triangulation has one drawing: an edge moved to a pair that shares no face makes it not planar. */
static void one_edge_too_many_is_noticed(void **state)
{
    heat_context *ctx = test_context();
    heat_stream r;

    (void)state;
    heat_stream_init(&r, 2, HEAT_PURPOSE_TEST, 3);
    for (int32_t n = 7; n <= 100; n += 3) {
        edges g = stack_triangles(n, &r);
        int32_t gone = (int32_t)(heat_stream_bits(&r) % (uint64_t)g.m), a, b, apart = 0;
        heat_map map;
        bool planar;
        int32_t u = g.end[gone][0], w = g.end[gone][1];
        do {
            a = (int32_t)(heat_stream_bits(&r) % (uint64_t)n);
            b = (int32_t)(heat_stream_bits(&r) % (uint64_t)n);
            apart = a != b && !has_edge(&g, a, b) && !(has_edge(&g, a, u) && has_edge(&g, a, w));
        } while (!apart);
        g.end[gone][0] = a;
        g.end[gone][1] = b;
        shuffle(&g, &r);
        put_map(ctx, &g, &map);
        assert_ok(ctx, heat_planarity_run(ctx, &map, &planar));
        assert_false(planar);
        heat_map_clear(&map);
        free(g.end);
    }
    heat_context_free(ctx);
}

/* K5 and K3,3 with every edge cut into a path: few edges, not planar; one of them less, planar. */
static void the_two_forbidden_graphs_are_noticed(void **state)
{
    heat_context *ctx = test_context();

    (void)state;
    for (int which = 0; which < 2; which++)
        for (int less = 0; less < 2; less++) {
            int32_t pair[100][2];
            edges g = {which == 0 ? 5 : 6, 0, pair};
            heat_map map;
            bool planar;
            for (int32_t a = 0; a < (which == 0 ? 5 : 3); a++)
                for (int32_t b = which == 0 ? a + 1 : 3; b < (which == 0 ? 5 : 6); b++) {
                    int32_t middle = g.n++;
                    pair[g.m][0] = a;
                    pair[g.m++][1] = middle;
                    pair[g.m][0] = b;
                    pair[g.m++][1] = middle;
                }
            g.m -= less;
            put_map(ctx, &g, &map);
            assert_ok(ctx, heat_planarity_run(ctx, &map, &planar));
            assert_int_equal(planar, less);
            heat_map_clear(&map);
        }
    heat_context_free(ctx);
}

/* A square lattice glued to a torus, or, with its last row turned round, to a Klein bottle. */
static edges glue(int32_t side, bool turned)
{
    edges g = {side * side, 0, calloc((size_t)(2 * side * side), sizeof *g.end)};

    for (int32_t x = 0; x < side; x++)
        for (int32_t y = 0; y < side; y++) {
            bool last = x + 1 == side;
            int32_t beside = last && turned ? side - 1 - y : y;
            g.end[g.m][0] = x * side + y;
            g.end[g.m++][1] = (x + 1) % side * side + beside;
            g.end[g.m][0] = x * side + y;
            g.end[g.m++][1] = x * side + (y + 1) % side;
        }
    return g;
}

static void lattices_on_a_torus_are_seen_and_cut_twice(void **state)
{
    heat_context *ctx = test_context();
    heat_stream r;

    (void)state;
    heat_stream_init(&r, 4, HEAT_PURPOSE_TEST, 3);
    for (int32_t side = 5; side <= 9; side++)
        for (int turned = 0; turned < 2; turned++) {
            edges g = glue(side, turned);
            heat_map map;
            heat_map_signs signs;
            bool found;
            int32_t crossed[2] = {0, 0};
            shuffle(&g, &r);
            put_map(ctx, &g, &map);
            assert_ok(ctx, heat_lattice_map_find(ctx, &map, &found));
            assert_int_equal(found, !turned);
            if (found) {
                check_rotation(&map);
                assert_int_equal(count_faces(&map), side * side);
                assert_ok(ctx, heat_map_signs_find(ctx, &map, &signs));
                assert_int_equal(signs.n_cuts, 2);
                for (int32_t e = 0; e < g.m; e++)
                    for (int i = 0; i < 2; i++)
                        crossed[i] += signs.seam[e] >> i & 1;
                assert_true(crossed[0] >= side && crossed[1] >= side);
                heat_map_signs_clear(&signs);
            }
            heat_map_clear(&map);
            free(g.end);
        }
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(planar_graphs_get_the_faces_of_a_sphere),
        cmocka_unit_test(one_edge_too_many_is_noticed),
        cmocka_unit_test(the_two_forbidden_graphs_are_noticed),
        cmocka_unit_test(lattices_on_a_torus_are_seen_and_cut_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
