/* Pfaffians of planar graphs and tori against enumeration, elimination and Kaufman's closed form. */
#include "exact/planar.h"
#include "model/views.h"
#include "pairwise_graphs.h"
#include "support.h"

#include <heatbath/exact.h>
#include <math.h>
#include <stdlib.h>

/* log Z, <E>, <s_i> and <s_i s_j> of every entry, state by state. */
typedef struct truth {
    double log_z, energy, variance;
    double *spin, *pair;
} truth;

static truth enumerate(const heat_pairwise *g, double beta)
{
    truth t = {.spin = calloc((size_t)g->n + 1, sizeof *t.spin),
               .pair = calloc((size_t)g->row[g->n] + 1, sizeof *t.pair)};
    int8_t state[20];
    double lowest = INFINITY, z = 0;

    for (int pass = 0; pass < 2; pass++)
        for (uint32_t k = 0; k < (uint32_t)1 << g->n; k++) {
            double energy, weight;
            for (int32_t v = 0; v < g->n; v++)
                state[v] = k >> v & 1 ? 1 : -1;
            energy = test_graph_energy(g, state);
            if (pass == 0) {
                lowest = fmin(lowest, energy);
                continue;
            }
            weight = exp(-beta * (energy - lowest));
            z += weight;
            t.energy += weight * energy;
            t.variance += weight * (energy - lowest) * (energy - lowest);
            for (int32_t v = 0; v < g->n; v++) {
                t.spin[v] += weight * state[v];
                for (int64_t e = g->row[v]; e < g->row[v + 1]; e++)
                    t.pair[e] += weight * state[v] * state[g->col[e]];
            }
        }
    t.log_z = log(z) - beta * lowest;
    t.energy /= z;
    t.variance = t.variance / z - (t.energy - lowest) * (t.energy - lowest);
    for (int32_t v = 0; v < g->n; v++)
        t.spin[v] /= z;
    for (int64_t e = 0; e < g->row[g->n]; e++)
        t.pair[e] /= z;
    return t;
}

/* A sum from the planar plan, with its means. */
static truth by_pfaffian(heat_context *ctx, const heat_pairwise *g, double beta)
{
    truth t = {.spin = calloc((size_t)g->n + 1, sizeof *t.spin),
               .pair = calloc((size_t)g->row[g->n] + 1, sizeof *t.pair)};
    heat_elimination_sum sum = {.spin_mean = t.spin, .pair_mean = t.pair};
    heat_planar *plan;

    assert_ok(ctx, heat_planar_create(ctx, g, &plan));
    assert_non_null(plan);
    assert_ok(ctx, heat_planar_run_sum(ctx, plan, beta, &sum));
    heat_planar_free(plan);
    t.log_z = sum.log_z;
    t.energy = sum.mean_energy;
    t.variance = sum.energy_variance;
    return t;
}

static void compare(heat_context *ctx, const heat_pairwise *g, double beta)
{
    truth expected = enumerate(g, beta), found = by_pfaffian(ctx, g, beta);
    double scale = fmax(1, fabs(expected.energy));

    assert_close(found.log_z, expected.log_z, 1e-11 * fmax(1, fabs(expected.log_z)));
    assert_close(found.energy, expected.energy, 1e-9 * scale);
    assert_close(found.variance, expected.variance, 1e-7 * expected.variance + 1e-10 * scale);
    for (int32_t v = 0; v < g->n; v++)
        if (isnan(found.spin[v])) /* only among fields, without one */
            assert_true(g->field[v] == 0 && fabs(expected.spin[v]) > 1e-3);
        else
            assert_close(found.spin[v], expected.spin[v], 1e-9);
    for (int64_t e = 0; e < g->row[g->n]; e++)
        if (heat_pairwise_coupling(g, e) != 0)
            assert_close(found.pair[e], expected.pair[e], 1e-9);
        else
            assert_true(isnan(found.pair[e]));
    free(expected.spin);
    free(expected.pair);
    free(found.spin);
    free(found.pair);
}

/* A planar graph: a triangulated grid of 4 x 4, some of its edges, its vertices renumbered. */
static test_graph random_planar(uint64_t seed, bool is_pm)
{
    test_graph g = test_graph_begin(16);
    int32_t label[16];
    heat_stream r;
    uint32_t keep;

    heat_stream_init(&r, seed, HEAT_PURPOSE_TEST, 1);
    keep = 1 + (uint32_t)(heat_stream_bits(&r) % 8); /* of 8 */
    for (int32_t v = 0; v < 16; v++) {
        int32_t other = (int32_t)(heat_stream_bits(&r) % (uint64_t)(v + 1));
        label[v] = label[other];
        label[other] = v;
    }
    for (int32_t v = 0; v < 16; v++)
        for (int k = 0; k < 3; k++) {
            int32_t x = v / 4 + (k != 0), y = v % 4 + (k != 1);
            double coupling = is_pm ? test_pm(&r) : 4 * heat_stream_uniform(&r) - 2;
            if (x > 3 || y > 3 || heat_stream_bits(&r) % 8 >= keep)
                continue;
            if (heat_stream_bits(&r) % 10 == 0)
                coupling = 0;
            test_graph_add(&g, label[v], label[4 * x + y], coupling);
        }
    return g;
}

static void random_planar_graphs_match_enumeration(void **state)
{
    heat_context *ctx = test_context();

    (void)state;
    for (uint64_t seed = 1; seed <= 24; seed++) {
        test_graph g = random_planar(seed, seed % 2 == 0);
        const heat_pairwise *graph = test_graph_seal(&g, 0.25 * (double)seed, false);
        compare(ctx, graph, seed % 3 == 0 ? 2 : 0.3 * (double)(seed % 3));
        test_graph_clear(&g);
    }
    heat_context_free(ctx);
}

/* A field on vertices that one face holds keeps the graph planar; <s_i> follows. */
static void fields_round_one_face_are_one_more_spin(void **state)
{
    heat_context *ctx = test_context();
    test_graph g = test_graph_lattice(4, 4, false, 0, 3);
    const heat_pairwise *graph = test_graph_seal(&g, 0, false);
    heat_planar *plan;

    (void)state;
    for (int32_t v = 0; v < 16; v++) /* the outer face's 12 */
        if (v / 4 == 0 || v / 4 == 3 || v % 4 == 0 || v % 4 == 3)
            g.field[v] = 0.3 * (v % 5) - 0.5;
    compare(ctx, graph, 0.7);
    g.field[5] = g.field[6] = g.field[9] = g.field[10] = 0.25;
    assert_ok(ctx, heat_planar_create(ctx, graph, &plan));
    assert_null(plan);
    test_graph_clear(&g);
    heat_context_free(ctx);
}

/* Stars and wheels: their hubs are cut into chains. */
static void vertices_of_many_edges_are_cut_down(void **state)
{
    heat_context *ctx = test_context();
    heat_stream r;

    (void)state;
    heat_stream_init(&r, 5, HEAT_PURPOSE_TEST, 2);
    for (int32_t n = 8; n <= 16; n++)
        for (int wheel = 0; wheel < 2; wheel++) {
            test_graph g = test_graph_begin(n);
            for (int32_t v = 1; v < n; v++) {
                test_graph_add(&g, 0, v, 2 * heat_stream_uniform(&r) - 1);
                if (wheel)
                    test_graph_add(&g, v, v + 1 < n ? v + 1 : 1, 2 * heat_stream_uniform(&r) - 1);
            }
            compare(ctx, test_graph_seal(&g, 0, false), 1.5);
            test_graph_clear(&g);
        }
    heat_context_free(ctx);
}

static void trees_parts_and_lone_spins_multiply(void **state)
{
    heat_context *ctx = test_context();
    test_graph g = test_graph_begin(15), none = test_graph_begin(6);
    static const int32_t edges[][2] = {{0, 1}, {1, 2}, {2, 0}, {2, 3}, {4, 5},  {6, 7},
                                       {7, 8}, {7, 9}, {9, 6}, {8, 6}, {11, 12}};

    (void)state;
    for (size_t e = 0; e < sizeof edges / sizeof *edges; e++)
        test_graph_add(&g, edges[e][0], edges[e][1], 0.7 - 0.3 * (double)(e % 5));
    compare(ctx, test_graph_seal(&g, 2, false), 1.3);
    compare(ctx, test_graph_seal(&none, -1, false), 1.3);
    test_graph_clear(&g);
    test_graph_clear(&none);
    heat_context_free(ctx);
}

/* T -> infinity: Z -> 2^n, <E> -> -beta sum J^2. T -> 0: log Z -> log g - beta E_0. */
static void both_ends_of_the_temperatures_are_right(void **state)
{
    heat_context *ctx = test_context();
    test_graph g = random_planar(4, true);
    const heat_pairwise *graph = test_graph_seal(&g, 0, false);
    truth hot = by_pfaffian(ctx, graph, 1e-7), zero = by_pfaffian(ctx, graph, 0);
    double squares = 0;

    (void)state;
    for (int64_t e = 0; e < graph->row[16]; e++)
        squares += heat_pairwise_coupling(graph, e) * heat_pairwise_coupling(graph, e) / 2;
    assert_true(squares > 10);
    assert_close(hot.log_z, 16 * log(2) + 0.5e-14 * squares, 1e-13);
    assert_close(hot.energy, -1e-7 * squares, 1e-12 * squares);
    assert_close(zero.log_z, 16 * log(2), 1e-14);
    assert_close(zero.energy, 0, 0);
    for (double beta = 1; beta < 9; beta *= 2)
        compare(ctx, graph, beta);
    test_graph_clear(&g);
    free(hot.spin);
    free(hot.pair);
    free(zero.spin);
    free(zero.pair);
    heat_context_free(ctx);
}

/* The same sum by elimination, of a graph too large to be enumerated. */
static void compare_elimination(heat_context *ctx, const heat_pairwise *graph, double beta)
{
    truth found = by_pfaffian(ctx, graph, beta);
    heat_elimination_sum sum = {.pair_mean = calloc((size_t)graph->row[graph->n] + 1, sizeof(double))};
    heat_elimination *plan;

    assert_ok(ctx, heat_elimination_create(ctx, graph, 24, &plan));
    assert_ok(ctx, heat_elimination_run_sum(ctx, plan, beta, true, 1, &sum));
    assert_close(found.log_z, sum.log_z, 1e-11 * fmax(1, fabs(sum.log_z)));
    assert_close(found.energy, sum.mean_energy, 1e-8 * fmax(1, fabs(sum.mean_energy)));
    for (int64_t e = 0; e < graph->row[graph->n]; e++)
        assert_close(found.pair[e], sum.pair_mean[e], 1e-8);
    heat_elimination_free(plan);
    free(sum.pair_mean);
    free(found.spin);
    free(found.pair);
}

static void strips_match_elimination(void **state)
{
    heat_context *ctx = test_context();

    (void)state;
    for (int32_t wide = 2; wide <= 9; wide += 7) {
        test_graph g = test_graph_lattice(30, wide, false, 0, 8);
        const heat_pairwise *graph = test_graph_seal(&g, 3, true);
        compare_elimination(ctx, graph, 0.6);
        compare_elimination(ctx, graph, 2.5);
        test_graph_clear(&g);
    }
    heat_context_free(ctx);
}

/* Lattices that close on themselves: square, triangular, honeycomb; +-J, so that all four signs matter. */
static void tori_match_elimination(void **state)
{
    static const char *const specs[] = {"lattice:3x7,J=pm,seed=2",      "lattice:5x5,J=pm,seed=3",
                                        "lattice:5x8,J=gauss,seed=1",   "lattice:6x7,J=-1",
                                        "triangular:4x6,J=pm,seed=2",   "triangular:5x5,J=-1",
                                        "honeycomb:8x4,J=gauss,seed=1", "honeycomb:6x6,J=pm,seed=5"};
    heat_context *ctx = test_context();

    (void)state;
    for (size_t k = 0; k < sizeof specs / sizeof *specs; k++) {
        heat_model *model;
        heat_pairwise graph;
        heat_planar *plan;
        assert_ok(ctx, heat_model_load(ctx, specs[k], &model));
        assert_true(heat_model_get_pairwise(model, &graph));
        assert_ok(ctx, heat_planar_create(ctx, &graph, &plan));
        assert_non_null(plan);
        assert_true(heat_planar_get_cost(plan).torus);
        heat_planar_free(plan);
        compare_elimination(ctx, &graph, 0.4);
        compare_elimination(ctx, &graph, 1.7);
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

static void tori_match_kaufman(void **state)
{
    heat_context *ctx = test_context();
    static const double temperatures[] = {0.3, 1, 2.269185314213022, 2.5, 50};

    (void)state;
    for (int32_t side = 5; side <= 32; side += 9)
        for (size_t k = 0; k < sizeof temperatures / sizeof *temperatures; k++) {
            test_graph g = test_graph_lattice(side, side + 3, true, 1, 0);
            double log_z, energy, capacity, beta = 1 / temperatures[k];
            truth found = by_pfaffian(ctx, test_graph_seal(&g, 0, true), beta);
            assert_ok(ctx, heat_exact_square_ising(ctx, side, side + 3, 1, temperatures[k], &log_z, &energy,
                                                   &capacity));
            assert_close(found.log_z, log_z, 1e-12 * log_z);
            assert_close(found.energy, energy, 1e-11 * fabs(energy));
            assert_close(found.variance * beta * beta, capacity, 1e-8 * capacity + 1e-9);
            free(found.spin);
            free(found.pair);
            test_graph_clear(&g);
        }
    heat_context_free(ctx);
}

/* Where doubles cancel, pairs of doubles take over, and where these do, the answer is refused in words. */
static void cold_glasses_are_counted_or_refused(void **state)
{
    heat_context *ctx = test_context();
    test_graph strip = test_graph_lattice(40, 10, false, 0, 4),
               square = test_graph_lattice(40, 40, false, 0, 4);
    const heat_pairwise *graph = test_graph_seal(&square, 0, true);
    heat_elimination_sum sum = {0};
    heat_planar *plan;

    (void)state;
    compare_elimination(ctx, test_graph_seal(&strip, 0, true), 5);
    assert_ok(ctx, heat_planar_create(ctx, graph, &plan));
    assert_int_equal(heat_planar_run_sum(ctx, plan, 25, &sum), HEAT_ERROR_UNABLE);
    assert_contains(heat_context_error(ctx), "temperature 0.04");
    assert_true(isnan(sum.log_z) && isnan(sum.mean_energy));
    assert_int_equal(heat_planar_run_sum(ctx, plan, -1, &sum), HEAT_ERROR_ARGUMENT);
    heat_planar_free(plan);
    test_graph_clear(&strip);
    test_graph_clear(&square);
    heat_context_free(ctx);
}

static void what_is_not_planar_has_no_plan(void **state)
{
    static const char *const specs[] = {"sk:5", "ea:3x3x3", "lattice:4x4", "lattice:4x7", "regular:50,k=3"};
    heat_context *ctx = test_context();

    (void)state;
    for (size_t k = 0; k < sizeof specs / sizeof *specs; k++) {
        heat_model *model;
        heat_pairwise graph;
        heat_planar *plan;
        assert_ok(ctx, heat_model_load(ctx, specs[k], &model));
        assert_true(heat_model_get_pairwise(model, &graph));
        assert_ok(ctx, heat_planar_create(ctx, &graph, &plan));
        assert_null(plan);
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

static heat_status count(heat_context *ctx, void *arg)
{
    heat_elimination_sum sum = {0};
    heat_planar *plan;
    heat_status status = heat_planar_create(ctx, arg, &plan);

    if (status == HEAT_OK)
        status = heat_planar_run_sum(ctx, plan, 4, &sum);
    heat_planar_free(plan);
    return status;
}

static void every_failing_allocation_is_reported(void **state)
{
    test_graph plane = test_graph_lattice(9, 9, false, 0, 1), torus = test_graph_lattice(6, 6, true, 0, 1);

    (void)state;
    test_graph_add(&plane, 0, 80, 1); /* still planar, with a vertex of the fields */
    plane.field[8] = 1;
    test_failing_allocations(count, (void *)(uintptr_t)test_graph_seal(&plane, 0, true));
    test_failing_allocations(count, (void *)(uintptr_t)test_graph_seal(&torus, 0, true));
    test_graph_clear(&plane);
    test_graph_clear(&torus);
}

static void a_stop_leaves_no_numbers(void **state)
{
    heat_context *ctx = test_context();
    test_graph g = test_graph_lattice(20, 20, false, 0, 1);
    heat_elimination_sum sum = {.log_z = 0};
    heat_planar *plan;

    (void)state;
    assert_ok(ctx, heat_planar_create(ctx, test_graph_seal(&g, 0, true), &plan));
    heat_context_stop(ctx);
    assert_ok(ctx, heat_planar_run_sum(ctx, plan, 1, &sum));
    assert_true(isnan(sum.log_z));
    heat_planar_free(plan);
    test_graph_clear(&g);
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_planar_graphs_match_enumeration),
        cmocka_unit_test(fields_round_one_face_are_one_more_spin),
        cmocka_unit_test(vertices_of_many_edges_are_cut_down),
        cmocka_unit_test(trees_parts_and_lone_spins_multiply),
        cmocka_unit_test(both_ends_of_the_temperatures_are_right),
        cmocka_unit_test(strips_match_elimination),
        cmocka_unit_test(tori_match_elimination),
        cmocka_unit_test(tori_match_kaufman),
        cmocka_unit_test(cold_glasses_are_counted_or_refused),
        cmocka_unit_test(what_is_not_planar_has_no_plan),
        cmocka_unit_test(every_failing_allocation_is_reported),
        cmocka_unit_test(a_stop_leaves_no_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
