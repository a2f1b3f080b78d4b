/* The order of visits: a permutation that keeps neighbours apart and near numbers near. */
#include "base/memory.h"
#include "model/views.h"
#include "sample/visit_order.h"
#include "support.h"

#include <stdlib.h>
#include <string.h>

enum { WINDOW = 256, APART = 6 };

static heat_model *load(heat_context *ctx, const char *spec, heat_pairwise *graph)
{
    heat_model *model;

    assert_ok(ctx, heat_model_load(ctx, spec, &model));
    assert_true(heat_model_get_pairwise(model, graph));
    return model;
}

/* Visits that come at most APART after one of a neighbour. */
static int32_t count_close_visits(const heat_pairwise *g, const int32_t *order)
{
    int32_t *visit = calloc((size_t)g->n, sizeof *visit), n_close = 0;

    assert_non_null(visit);
    for (int32_t t = 0; t < g->n; t++)
        visit[order[t]] = t;
    for (int32_t i = 0; i < g->n; i++) {
        bool is_close = false;
        for (int64_t k = g->row[i]; k < g->row[i + 1]; k++)
            is_close |= visit[g->col[k]] < visit[i] && visit[g->col[k]] >= visit[i] - APART;
        n_close += is_close;
    }
    free(visit);
    return n_close;
}

static void every_site_is_visited_once_and_near_its_number(void **state)
{
    (void)state;
    static const char *const specs[] = {"lattice:40x30", "ea:11x12x13",     "triangular:31x17",
                                        "lattice:300",   "lattice:16,open", "sk:40"};
    heat_context *ctx = test_context();

    for (size_t s = 0; s < sizeof specs / sizeof *specs; s++) {
        heat_pairwise g;
        heat_model *model = load(ctx, specs[s], &g);
        int32_t *order, n_seen = 0;
        bool *seen = calloc((size_t)g.n, sizeof *seen);
        assert_ok(ctx, heat_visit_order_create(ctx, &g, &order));
        for (int32_t t = 0; order != NULL && t < g.n; t++) {
            assert_in_range(order[t], 0, g.n - 1);
            assert_false(seen[order[t]]);
            assert_int_equal(order[t] / WINDOW, t / WINDOW);
            seen[order[t]] = true;
            n_seen++;
        }
        assert_int_equal(n_seen, order != NULL ? g.n : 0);
        free(seen);
        heat_free(order);
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

static void lattices_keep_neighbours_apart(void **state)
{
    (void)state;
    static const char *const specs[] = {"lattice:40x50", "ea:12x12x12", "lattice:3000", "honeycomb:20x30"};
    heat_context *ctx = test_context();

    for (size_t s = 0; s < sizeof specs / sizeof *specs; s++) {
        heat_pairwise g;
        heat_model *model = load(ctx, specs[s], &g);
        int32_t *order;
        assert_ok(ctx, heat_visit_order_create(ctx, &g, &order));
        assert_non_null(order);
        assert_true(count_close_visits(&g, order) < g.n / 20);
        heat_free(order);
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

/* Where sites have few neighbours among near numbers, or where no order could help. */
static void graphs_without_need_keep_their_numbers(void **state)
{
    (void)state;
    static const char *const specs[] = {"regular:5000,k=6", "sk:100", "lattice:1"};
    heat_context *ctx = test_context();

    for (size_t s = 0; s < sizeof specs / sizeof *specs; s++) {
        heat_pairwise g;
        heat_model *model = load(ctx, specs[s], &g);
        int32_t *order;
        assert_ok(ctx, heat_visit_order_create(ctx, &g, &order));
        assert_null(order);
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

static void scattered_graphs_are_told_from_lattices(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_pairwise g;
    heat_model *model = load(ctx, "regular:200000,k=3", &g);

    assert_true(heat_visit_is_scattered(&g));
    heat_model_free(model);
    model = load(ctx, "lattice:400x500", &g);
    assert_false(heat_visit_is_scattered(&g));
    heat_model_free(model);
    model = load(ctx, "regular:2000,k=3", &g); /* all of it is near */
    assert_false(heat_visit_is_scattered(&g));
    heat_model_free(model);
    heat_context_free(ctx);
}

static heat_status create_and_free(heat_context *ctx, void *arg)
{
    int32_t *order;
    heat_status status = heat_visit_order_create(ctx, arg, &order);

    heat_free(order);
    return status;
}

static void every_failing_allocation_is_reported(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_pairwise g;
    heat_model *model = load(ctx, "lattice:20x20", &g);

    test_failing_allocations(create_and_free, &g);
    heat_model_free(model);
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_site_is_visited_once_and_near_its_number),
        cmocka_unit_test(lattices_keep_neighbours_apart),
        cmocka_unit_test(graphs_without_need_keep_their_numbers),
        cmocka_unit_test(scattered_graphs_are_told_from_lattices),
        cmocka_unit_test(every_failing_allocation_is_reported),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
