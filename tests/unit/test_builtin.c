/* Built-in models: shapes, disorder, and what is refused. */
#include "model/views.h"
#include "support.h"

#include <math.h>
#include <string.h>

static heat_model *load(heat_context *ctx, const char *spec)
{
    heat_model *model;

    assert_ok(ctx, heat_model_load(ctx, spec, &model));
    return model;
}

/* Variables, edges and the range of degrees of a built-in. */
static void check_shape(heat_context *ctx, const char *spec, int32_t n, int64_t m, int32_t low, int32_t high)
{
    heat_model *model = load(ctx, spec);
    heat_model_info info;

    heat_model_describe(model, &info);
    assert_int_equal(info.n_variables, n);
    assert_int_equal(info.n_edges, m);
    assert_int_equal(info.min_degree, low);
    assert_int_equal(info.max_degree, high);
    heat_model_free(model);
}

static void shapes_have_their_edges(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    check_shape(ctx, "lattice:10", 10, 10, 2, 2);
    check_shape(ctx, "lattice:10,open", 10, 9, 1, 2);
    check_shape(ctx, "lattice:4x5", 20, 40, 4, 4);
    check_shape(ctx, "lattice:4x5,open", 20, 31, 2, 4);
    check_shape(ctx, "lattice:3x3x3", 27, 81, 6, 6);
    check_shape(ctx, "lattice:3x3x3x3,J=0.5,h=0.1", 81, 324, 8, 8);
    check_shape(ctx, "lattice:2x2", 4, 4, 2, 2);
    check_shape(ctx, "lattice:1", 1, 0, 0, 0);
    check_shape(ctx, "ea:4x4x4,seed=7", 64, 192, 6, 6);
    check_shape(ctx, "sk:9", 9, 36, 8, 8);
    check_shape(ctx, "regular:100,k=3", 100, 150, 3, 3);
    check_shape(ctx, "regular:50,k=49", 50, 1225, 49, 49);
    heat_context_free(ctx);
}

static void a_ring_of_two_has_a_double_bond(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, "lattice:2,J=1.5");
    heat_pairwise v;

    assert_true(heat_model_get_pairwise(model, &v));
    assert_close(heat_pairwise_coupling(&v, 0), 3, 0);
    heat_model_free(model);
    heat_context_free(ctx);
}

/* The neighbours of the corner and of one inner site of a 3 x 4 torus, numbered by rows. */
static void sites_are_numbered_by_rows(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, "lattice:3x4");
    heat_pairwise v;
    static const int32_t corner[] = {1, 3, 4, 8}, inner[] = {1, 4, 6, 9};

    assert_true(heat_model_get_pairwise(model, &v));
    assert_memory_equal(v.col + v.row[0], corner, sizeof corner);
    assert_memory_equal(v.col + v.row[5], inner, sizeof inner);
    heat_model_free(model);
    heat_context_free(ctx);
}

static void disorder_follows_its_seed_and_law(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *a = load(ctx, "ea:20x20,seed=1"), *b = load(ctx, "ea:20x20,seed=1"),
               *c = load(ctx, "ea:20x20,seed=2");
    heat_model *sk = load(ctx, "sk:200,seed=3");
    heat_pairwise va, vb, vc, vs;
    double square = 0, sum = 0;

    assert_true(heat_model_get_pairwise(a, &va) && heat_model_get_pairwise(b, &vb) &&
                heat_model_get_pairwise(c, &vc) && heat_model_get_pairwise(sk, &vs));
    assert_memory_equal(va.units, vb.units, 1600 * sizeof(int32_t));
    assert_memory_not_equal(va.units, vc.units, 1600 * sizeof(int32_t));
    for (int k = 0; k < 1600; k++) {
        assert_true(fabs(heat_pairwise_coupling(&va, k)) == 1);
        sum += heat_pairwise_coupling(&va, k) / 2;
    }
    assert_close(sum, 0, 6 * sqrt(800)); /* seed fixed: a bound, not a gamble */
    for (int64_t k = 0; k < vs.row[200]; k++)
        square += heat_pairwise_coupling(&vs, k) * heat_pairwise_coupling(&vs, k) / 2;
    assert_close(square, 199.0 / 2, 6 * 199.0 / 2 * sqrt(2.0 / 19900)); /* variance 1/n a coupling */
    heat_model_free(a);
    heat_model_free(b);
    heat_model_free(c);
    heat_model_free(sk);
    heat_context_free(ctx);
}

static void refuse(heat_context *ctx, const char *spec, const char *part)
{
    heat_model *model;

    assert_int_equal(heat_model_load(ctx, spec, &model), HEAT_ERROR_INPUT);
    assert_null(model);
    assert_contains(heat_context_error(ctx), part);
}

static void what_makes_no_sense_is_refused(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    refuse(ctx, "lattice:", "'' is not a size");
    refuse(ctx, "lattice:3x", "'' is not a size");
    refuse(ctx, "lattice:3y4", "'3y4' is not a size");
    refuse(ctx, "lattice:0x4", "'0' is not a size");
    refuse(ctx, "lattice:-3", "'-3' is not a size");
    refuse(ctx, "lattice:100000x100000", "more than");
    refuse(ctx, "lattice:4611686018427387904", "is not a size");
    refuse(ctx, "lattice:2x2x2x2x2x2x2x2x2x2x2x2x2x2x2x2x2", "too many dimensions");
    refuse(ctx, "lattice:4,J=", "J needs");
    refuse(ctx, "lattice:4,J=nan", "J needs");
    refuse(ctx, "lattice:4,k=3", "'k' is none of");
    refuse(ctx, "lattice:4,open=1", "open needs no value");
    refuse(ctx, "lattice:4,sed=1", "'sed' is none of");
    refuse(ctx, "sk:4x4", "too many dimensions");
    refuse(ctx, "sk:4,open", "'open' is none of");
    refuse(ctx, "regular:5,k=3", "no graph of 5 vertices has degree 3");
    refuse(ctx, "regular:4,k=4", "no graph of 4 vertices has degree 4");
    refuse(ctx, "latice:4", "did you mean lattice:");
    refuse(ctx, "nonsense:4", "no such built-in");
    refuse(ctx, "nonsense.mc", "nonsense.mc");
    heat_context_free(ctx);
}

static heat_status load_and_free(heat_context *ctx, void *arg)
{
    heat_model *model = NULL;
    heat_status status = heat_model_load(ctx, arg, &model);

    heat_model_free(model);
    return status;
}

static void failing_memory_leaks_nothing(void **state)
{
    (void)state;
    char lattice[] = "lattice:4x4,J=gauss,h=1", regular[] = "regular:20,k=3";

    test_failing_allocations(load_and_free, lattice);
    test_failing_allocations(load_and_free, regular);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes_have_their_edges),        cmocka_unit_test(a_ring_of_two_has_a_double_bond),
        cmocka_unit_test(sites_are_numbered_by_rows),     cmocka_unit_test(disorder_follows_its_seed_and_law),
        cmocka_unit_test(what_makes_no_sense_is_refused), cmocka_unit_test(failing_memory_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
