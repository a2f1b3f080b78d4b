/* The Ising kind: merging, symmetry of its rows, energies by the definition, exactness, and its description.
 */
#include "model/views.h"
#include "random/stream.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N = 7, M = 30 };

typedef struct graph {
    int32_t i[M], j[M];
    double coupling[M], field[N];
} graph;

/* Random pairs with many repeats, in both orders. */
static graph random_graph(uint64_t seed)
{
    graph g;
    heat_stream stream;

    heat_stream_init(&stream, seed, HEAT_PURPOSE_TEST, 0);
    for (int e = 0; e < M; e++) {
        g.i[e] = (int32_t)heat_stream_below(&stream, N);
        g.j[e] = (int32_t)((g.i[e] + 1 + (int32_t)heat_stream_below(&stream, N - 1)) % N);
        g.coupling[e] = heat_stream_normal(&stream);
    }
    for (int k = 0; k < N; k++)
        g.field[k] = heat_stream_normal(&stream);
    return g;
}

static heat_model *model_of(heat_context *ctx, const graph *g, double offset)
{
    heat_model *model;

    assert_ok(ctx, heat_model_create_ising(ctx, N, M, g->i, g->j, g->coupling, g->field, offset, &model));
    return model;
}

static void energies_follow_the_definition(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    graph g = random_graph(3);
    heat_model *model = model_of(ctx, &g, 0.75);

    for (int x = 0; x < 1 << N; x++) {
        int8_t s[N];
        double expected = 0.75, energy, delta;
        for (int k = 0; k < N; k++)
            s[k] = x >> k & 1 ? 1 : -1;
        for (int e = 0; e < M; e++)
            expected -= g.coupling[e] * s[g.i[e]] * s[g.j[e]];
        for (int k = 0; k < N; k++)
            expected -= g.field[k] * s[k];
        assert_ok(ctx, heat_model_get_energy(ctx, model, 1, s, &energy));
        assert_close(energy, expected, 1e-12);
        for (int32_t k = 0; k < N; k++) {
            int8_t flipped = (int8_t)-s[k];
            double after;
            assert_ok(ctx, heat_model_deltas(ctx, model, 1, s, k, &flipped, &delta));
            s[k] = flipped;
            assert_ok(ctx, heat_model_get_energy(ctx, model, 1, s, &after));
            s[k] = (int8_t)-flipped;
            assert_close(delta, after - energy, 1e-12);
        }
    }
    heat_model_free(model);
    heat_context_free(ctx);
}

static void rows_are_sorted_symmetric_and_merged(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    graph g = random_graph(4);
    heat_model *model = model_of(ctx, &g, 0);
    heat_model_info info;
    heat_pairwise v;

    heat_model_describe(model, &info);
    assert_true(heat_model_get_pairwise(model, &v));
    assert_int_equal(v.row[v.n], 2 * info.n_edges);
    assert_int_equal(info.n_edges + info.n_merged, M);
    assert_true(info.n_merged > 0);
    for (int32_t i = 0; i < v.n; i++)
        for (int64_t k = v.row[i]; k < v.row[i + 1]; k++) {
            bool found = false;
            assert_true(v.col[k] != i && (k == v.row[i] || v.col[k] > v.col[k - 1]));
            for (int64_t b = v.row[v.col[k]]; b < v.row[v.col[k] + 1]; b++)
                found |= v.col[b] == i && heat_pairwise_coupling(&v, b) == heat_pairwise_coupling(&v, k);
            assert_true(found);
        }
    heat_model_free(model);
    heat_context_free(ctx);
}

static void check_exactness(heat_context *ctx, double a, double b, double field, bool exact, bool integer)
{
    const int32_t i[] = {0, 1}, j[] = {1, 2};
    const double coupling[] = {a, b}, fields[] = {field, 0, 0};
    heat_model *model;
    heat_model_info info;

    assert_ok(ctx, heat_model_create_ising(ctx, 3, 2, i, j, coupling, fields, 0, &model));
    heat_model_describe(model, &info);
    assert_int_equal(info.exact, exact);
    assert_int_equal(info.integer, integer);
    heat_model_free(model);
}

static void exactness_is_told(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    check_exactness(ctx, 1, -3, 0, true, true);
    check_exactness(ctx, 0.25, -3, 0.5, true, false);
    check_exactness(ctx, 0.1, 1, 0, false, false);
    check_exactness(ctx, 0x1p50, 1, 0, true, true);
    check_exactness(ctx, 0x1p53, 1, 0, false, false);
    check_exactness(ctx, 0x1p-30, 0x1p30, 0, false, false);
    check_exactness(ctx, 0, 0, 0, true, true);
    heat_context_free(ctx);
}

/* Integer multiples of a power of two take four bytes, and are read back as the same doubles. */
static void couplings_are_narrow_where_that_is_exact(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    const int32_t i[] = {0, 1, 0}, j[] = {1, 2, 2};
    static const struct {
        double coupling[3];
        double unit; /* 0: none */
    } cases[] = {
        {{1, -3, 2}, 1},      {{0.75, -3, 0}, 0.25},    {{0, 0, 0}, 1},   {{INT32_MAX, -INT32_MAX, 1}, 1},
        {{-0x1p31, 1, 1}, 0}, {{0x1p31, 6, 0x1p31}, 2}, {{0.1, 1, 1}, 0}, {{0x1p-1050, 0, 0}, 0}};

    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        heat_model *model;
        heat_pairwise v;
        assert_ok(ctx, heat_model_create_ising(ctx, 3, 3, i, j, cases[c].coupling, NULL, 0, &model));
        assert_true(heat_model_get_pairwise(model, &v));
        assert_true((v.units != NULL) == (cases[c].unit > 0));
        assert_true((v.coupling == NULL) == (cases[c].unit > 0));
        if (v.units != NULL)
            assert_close(v.unit, cases[c].unit, 0);
        assert_close(heat_pairwise_coupling(&v, 0), cases[c].coupling[0], 0); /* 0-1 0-2 1-0 1-2 2-0 2-1 */
        assert_close(heat_pairwise_coupling(&v, 1), cases[c].coupling[2], 0);
        assert_close(heat_pairwise_coupling(&v, 2), cases[c].coupling[0], 0);
        assert_close(heat_pairwise_coupling(&v, 5), cases[c].coupling[1], 0);
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

static void what_is_no_graph_is_refused(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    const int32_t i[] = {0}, loop[] = {0}, outside[] = {3};
    const double one[] = {1}, nan[] = {(double)NAN}, huge[] = {1e308};
    const double fields[] = {1e308, 0};
    heat_model *model;

    assert_int_equal(heat_model_create_ising(ctx, 2, 1, i, loop, one, NULL, 0, &model), HEAT_ERROR_ARGUMENT);
    assert_contains(heat_context_error(ctx), "edge 0: (0, 0)");
    assert_int_equal(heat_model_create_ising(ctx, 2, 1, i, outside, one, NULL, 0, &model),
                     HEAT_ERROR_ARGUMENT);
    assert_int_equal(heat_model_create_ising(ctx, 4, 1, i, outside, nan, NULL, 0, &model),
                     HEAT_ERROR_ARGUMENT);
    assert_contains(heat_context_error(ctx), "not finite");
    assert_int_equal(heat_model_create_ising(ctx, 2, 1, i, (const int32_t[]){1}, huge, fields, 0, &model),
                     HEAT_ERROR_INPUT);
    assert_int_equal(heat_model_create_ising(ctx, -1, 0, NULL, NULL, NULL, NULL, 0, &model),
                     HEAT_ERROR_ARGUMENT);
    assert_null(model);
    heat_context_free(ctx);
}

static void states_outside_the_coding_are_refused(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model;
    const int8_t row[] = {1, -1, 0};
    double energy;

    assert_ok(ctx, heat_model_load(ctx, "lattice:3", &model));
    assert_int_equal(heat_model_get_energy(ctx, model, 1, row, &energy), HEAT_ERROR_ARGUMENT);
    assert_contains(heat_context_error(ctx), "variable 2: 0 is not in the coding");
    heat_model_free(model);
    heat_context_free(ctx);
}

static heat_status create_and_free(heat_context *ctx, void *arg)
{
    const graph *g = arg;
    heat_model *model = NULL;
    heat_status status = heat_model_create_ising(ctx, N, M, g->i, g->j, g->coupling, g->field, 0, &model);

    heat_model_free(model);
    return status;
}

static void failing_memory_leaks_nothing(void **state)
{
    (void)state;
    graph g = random_graph(5);

    test_failing_allocations(create_and_free, &g);
}

/* Half a model is worth nothing: reading one ends with a status of its own; saving is not work to be stopped.
 */
static void a_stop_or_a_limit_ends_reading(void **state)
{
    (void)state;
    static const char text[] = "3 2\n1 2 1\n2 3 1\n";
    heat_context *ctx = test_context();
    const char *path = test_file(".mc", text, strlen(text)), *copy = test_file(".mc", "", 0);
    heat_model *model, *other;

    assert_ok(ctx, heat_model_load(ctx, path, &model));
    heat_context_stop(ctx);
    assert_int_equal(heat_model_load(ctx, path, &other), HEAT_ERROR_STOPPED);
    assert_contains(heat_context_error(ctx), "stopped on request");
    assert_null(other);
    assert_int_equal(heat_model_load(ctx, "ea:400x400", &other), HEAT_ERROR_STOPPED);
    assert_ok(ctx, heat_model_save(ctx, model, copy));
    heat_context_resume(ctx);
    heat_context_limit(ctx, 0);
    assert_int_equal(heat_model_load(ctx, path, &other), HEAT_ERROR_STOPPED);
    assert_contains(heat_context_error(ctx), "the time was up");
    heat_context_limit(ctx, 1e300);
    assert_ok(ctx, heat_model_load(ctx, copy, &other));
    heat_model_free(model);
    heat_model_free(other);
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(energies_follow_the_definition),
        cmocka_unit_test(rows_are_sorted_symmetric_and_merged),
        cmocka_unit_test(exactness_is_told),
        cmocka_unit_test(couplings_are_narrow_where_that_is_exact),
        cmocka_unit_test(what_is_no_graph_is_refused),
        cmocka_unit_test(states_outside_the_coding_are_refused),
        cmocka_unit_test(failing_memory_leaks_nothing),
        cmocka_unit_test(a_stop_or_a_limit_ends_reading),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
