/* Orders of elimination against the same rules written naively, and their widths on graphs that are known. */
#include "exact/elimination_order.h"
#include "pairwise_graphs.h"
#include "support.h"

enum { MOST = 40 };

typedef struct naive_graph {
    int32_t n;
    bool joined[MOST][MOST], gone[MOST];
} naive_graph;

static test_graph random_graph(heat_stream *r, naive_graph *naive)
{
    int32_t n = 1 + (int32_t)heat_stream_below(r, MOST);
    double density = heat_stream_uniform(r) * (heat_stream_below(r, 2) == 0 ? 0.2 : 1);
    test_graph g = test_graph_begin(n);

    memset(naive, 0, sizeof *naive);
    naive->n = n;
    for (int32_t i = 0; i < n; i++)
        for (int32_t j = 0; j < i; j++)
            if (heat_stream_uniform(r) < density) {
                naive->joined[i][j] = naive->joined[j][i] = true;
                test_graph_add(&g, i, j, 1);
            }
    return g;
}

static int32_t naive_degree(const naive_graph *g, int32_t v)
{
    int32_t degree = 0;

    for (int32_t u = 0; u < g->n; u++)
        degree += g->joined[v][u] && !g->gone[u];
    return degree;
}

static int32_t naive_fill(const naive_graph *g, int32_t v)
{
    int32_t fill = 0;

    for (int32_t a = 0; a < g->n; a++)
        for (int32_t b = 0; b < a; b++)
            fill += g->joined[v][a] && !g->gone[a] && g->joined[v][b] && !g->gone[b] && !g->joined[a][b];
    return fill;
}

static void naive_eliminate(naive_graph *g, int32_t v)
{
    g->gone[v] = true;
    for (int32_t a = 0; a < g->n; a++)
        for (int32_t b = 0; b < g->n; b++)
            if (a != b && g->joined[v][a] && !g->gone[a] && g->joined[v][b] && !g->gone[b])
                g->joined[a][b] = true;
}

/* Steps until nothing within `widest` is left; returns how many. */
static int32_t naive_min_fill(naive_graph *g, int32_t widest, int32_t *order, int32_t *width)
{
    for (int32_t done = 0;; done++) {
        int32_t best = -1, best_fill = 0, best_degree = 0, least = MOST;
        for (int32_t v = 0; v < g->n; v++) {
            int32_t degree = naive_degree(g, v), fill;
            if (g->gone[v])
                continue;
            least = degree < least ? degree : least;
            if (degree > widest)
                continue;
            fill = naive_fill(g, v);
            if (best < 0 || fill < best_fill || (fill == best_fill && degree < best_degree)) {
                best = v;
                best_fill = fill;
                best_degree = degree;
            }
        }
        if (best < 0) {
            if (done < g->n && least > *width)
                *width = least;
            return done;
        }
        *width = best_degree > *width ? best_degree : *width;
        order[done] = best;
        naive_eliminate(g, best);
    }
}

static void min_fill_is_what_its_rule_says(void **state)
{
    heat_context *ctx = test_context();
    heat_stream r;

    (void)state;
    heat_stream_init(&r, 21, HEAT_PURPOSE_TEST, 0);
    for (int trial = 0; trial < 400; trial++) {
        naive_graph naive;
        int32_t order[MOST], expected[MOST], width = 0, widest = (int32_t)heat_stream_below(&r, MOST), count;
        test_graph g = random_graph(&r, &naive);
        heat_elimination_order found;
        assert_ok(ctx, heat_min_fill_get(ctx, test_graph_seal(&g, 0, true), widest, order, &found));
        count = naive_min_fill(&naive, widest, expected, &width);
        assert_int_equal(found.complete, count == g.n);
        assert_int_equal(found.width, width);
        assert_memory_equal(order, expected, (size_t)count * sizeof *order);
        test_graph_clear(&g);
    }
    heat_context_free(ctx);
}

static void degeneracy_is_the_densest_core(void **state)
{
    heat_context *ctx = test_context();
    heat_stream r;

    (void)state;
    heat_stream_init(&r, 22, HEAT_PURPOSE_TEST, 0);
    for (int trial = 0; trial < 400; trial++) {
        naive_graph naive;
        int32_t most = 0, found;
        test_graph g = random_graph(&r, &naive);
        for (int32_t done = 0; done < g.n; done++) { /* peel a vertex of least degree, join nothing */
            int32_t least = -1;
            for (int32_t v = 0; v < g.n; v++)
                if (!naive.gone[v] && (least < 0 || naive_degree(&naive, v) < naive_degree(&naive, least)))
                    least = v;
            most = naive_degree(&naive, least) > most ? naive_degree(&naive, least) : most;
            naive.gone[least] = true;
        }
        assert_ok(ctx, heat_degeneracy_get(ctx, test_graph_seal(&g, 0, true), &found));
        assert_int_equal(found, most);
        test_graph_clear(&g);
    }
    heat_context_free(ctx);
}

static void a_sweep_visits_every_vertex_once(void **state)
{
    heat_context *ctx = test_context();
    heat_stream r;

    (void)state;
    heat_stream_init(&r, 23, HEAT_PURPOSE_TEST, 0);
    for (int trial = 0; trial < 200; trial++) {
        naive_graph naive;
        int32_t order[MOST];
        bool seen[MOST] = {false};
        heat_elimination_order found;
        test_graph g = random_graph(&r, &naive);
        assert_ok(ctx, heat_sweep_order_get(ctx, test_graph_seal(&g, 0, true), MOST, order, &found));
        assert_true(found.complete);
        for (int32_t k = 0; k < g.n; k++) {
            assert_in_range(order[k], 0, g.n - 1);
            assert_false(seen[order[k]]);
            seen[order[k]] = true;
        }
        test_graph_clear(&g);
    }
    heat_context_free(ctx);
}

static void a_sweep_along_a_strip_is_no_wider_than_the_strip(void **state)
{
    heat_context *ctx = test_context();
    test_graph g = test_graph_lattice(200, 16, false, 0, 1);
    const heat_pairwise *graph = test_graph_seal(&g, 0, true);
    int32_t *order = malloc(3200 * sizeof *order), widest = 0, boundary = 0;
    int8_t *seen = calloc(3200, 1);
    heat_elimination_order found;

    (void)state;
    assert_ok(ctx, heat_sweep_order_get(ctx, graph, 15, order, &found));
    assert_false(found.complete);
    assert_int_equal(found.width, 16);
    assert_ok(ctx, heat_sweep_order_get(ctx, graph, 16, order, &found));
    assert_true(found.complete);
    assert_int_equal(found.width, 16);
    for (int32_t k = 0; k < 3200; k++) {
        int32_t v = order[k];
        boundary -= seen[v];
        seen[v] = 1;
        for (int64_t e = graph->row[v]; e < graph->row[v + 1]; e++) {
            boundary += !seen[graph->col[e]];
            seen[graph->col[e]] = 1;
        }
        widest = boundary > widest ? boundary : widest;
    }
    assert_int_equal(widest, 16);
    free(order);
    free(seen);
    test_graph_clear(&g);
    heat_context_free(ctx);
}

/* The best width of any order, over all subsets of vertices gone (Bodlaender et al., ACM Trans. Algorithms 9
 * (2012) 12): the neighbours of v are those reached through vertices gone before. */
static int32_t best_width(const naive_graph *g)
{
    int32_t *best = malloc(((size_t)1 << g->n) * sizeof *best), width;

    best[0] = 0;
    for (uint32_t gone = 1; gone < 1u << g->n; gone++) {
        best[gone] = MOST;
        for (int32_t v = 0; v < g->n; v++) {
            uint32_t before = gone & ~(1u << v), reached = 1u << v, grown = 0;
            int32_t own;
            if (!(gone >> v & 1))
                continue;
            while (reached != grown) {
                grown = reached;
                for (int32_t a = 0; a < g->n; a++)
                    for (int32_t b = 0; b < g->n; b++)
                        if ((a == v || before >> a & 1) && grown >> a & 1 && g->joined[a][b])
                            reached |= 1u << b;
            }
            own = __builtin_popcount(reached & ~gone);
            own = own > best[before] ? own : best[before];
            best[gone] = own < best[gone] ? own : best[gone];
        }
    }
    width = best[(1u << g->n) - 1];
    free(best);
    return width;
}

static void no_order_is_less_wide_than_the_bound(void **state)
{
    heat_context *ctx = test_context();
    heat_stream r;
    int32_t met = 0;

    (void)state;
    heat_stream_init(&r, 24, HEAT_PURPOSE_TEST, 0);
    for (int trial = 0; trial < 60; trial++) {
        naive_graph naive = {.n = 3 + (int32_t)heat_stream_below(&r, 7)};
        int32_t bound, best;
        double density = heat_stream_uniform(&r);
        test_graph g = test_graph_begin(naive.n);
        for (int32_t i = 0; i < naive.n; i++)
            for (int32_t j = 0; j < i; j++)
                if (heat_stream_uniform(&r) < density) {
                    naive.joined[i][j] = naive.joined[j][i] = true;
                    test_graph_add(&g, i, j, 1);
                }
        assert_ok(ctx, heat_width_bound_get(ctx, test_graph_seal(&g, 0, true), &bound));
        best = best_width(&naive);
        assert_true(bound <= best);
        met += bound == best;
        test_graph_clear(&g);
    }
    assert_true(met > 40); /* a bound of 0 would pass above */
    heat_context_free(ctx);
}

/* Regions of many vertices: the bound is below what is known of the graph. */
static void the_bound_of_large_graphs_is_that_of_their_regions(void **state)
{
    heat_context *ctx = test_context();
    test_graph strip = test_graph_lattice(2000, 4, false, 0, 1),
               torus = test_graph_lattice(60, 60, true, 0, 1);
    int32_t bound;

    (void)state;
    assert_ok(ctx, heat_width_bound_get(ctx, test_graph_seal(&strip, 0, true), &bound));
    assert_in_range(bound, 1, 4);
    assert_ok(ctx, heat_width_bound_get(ctx, test_graph_seal(&torus, 0, true), &bound));
    assert_in_range(bound, 4, 120);
    test_graph_clear(&strip);
    test_graph_clear(&torus);
    heat_context_free(ctx);
}

static void a_part_is_as_wide_as_its_graph_or_less(void **state)
{
    heat_context *ctx = test_context();
    test_graph g = test_graph_lattice(50, 6, false, 0, 1);
    const heat_pairwise *graph = test_graph_seal(&g, 0, true);
    heat_elimination_order found;

    (void)state;
    assert_ok(ctx, heat_min_fill_get_part(ctx, graph, 100, 20, &found));
    assert_true(found.complete);
    assert_in_range(found.width, 4, 8);
    assert_ok(ctx, heat_min_fill_get_part(ctx, graph, 100, 2, &found));
    assert_false(found.complete);
    assert_true(found.width > 2);
    test_graph_clear(&g);
    heat_context_free(ctx);
}

static heat_status all_orders(heat_context *ctx, void *arg)
{
    int32_t order[49], degeneracy;
    heat_elimination_order found;
    heat_status status = heat_min_fill_get(ctx, arg, 40, order, &found);

    if (status == HEAT_OK)
        status = heat_sweep_order_get(ctx, arg, 40, order, &found);
    if (status == HEAT_OK)
        status = heat_min_fill_get_part(ctx, arg, 30, 40, &found);
    if (status == HEAT_OK)
        status = heat_width_bound_get(ctx, arg, &degeneracy);
    return status == HEAT_OK ? heat_degeneracy_get(ctx, arg, &degeneracy) : status;
}

static void every_failing_allocation_is_reported(void **state)
{
    test_graph g = test_graph_lattice(7, 7, true, 0, 1);
    heat_pairwise graph = *test_graph_seal(&g, 0, true);

    (void)state;
    test_failing_allocations(all_orders, &graph);
    test_graph_clear(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(min_fill_is_what_its_rule_says),
        cmocka_unit_test(degeneracy_is_the_densest_core),
        cmocka_unit_test(a_sweep_visits_every_vertex_once),
        cmocka_unit_test(a_sweep_along_a_strip_is_no_wider_than_the_strip),
        cmocka_unit_test(no_order_is_less_wide_than_the_bound),
        cmocka_unit_test(the_bound_of_large_graphs_is_that_of_their_regions),
        cmocka_unit_test(a_part_is_as_wide_as_its_graph_or_less),
        cmocka_unit_test(every_failing_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
