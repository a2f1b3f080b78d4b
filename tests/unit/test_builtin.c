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
    check_shape(ctx, "lattice:4x5,open=1", 20, 35, 3, 4);
    check_shape(ctx, "lattice:4x5,open=1+2", 20, 31, 2, 4);
    check_shape(ctx, "lattice:4x1x5", 20, 40, 4, 4);
    check_shape(ctx, "triangular:4x5", 20, 60, 6, 6);
    check_shape(ctx, "triangular:4x5,open", 20, 43, 2, 6);
    check_shape(ctx, "triangular:2x2", 4, 6, 3, 3);
    check_shape(ctx, "triangular:5x1", 5, 5, 2, 2);
    check_shape(ctx, "honeycomb:4x5", 40, 60, 3, 3);
    check_shape(ctx, "honeycomb:4x5,open", 40, 51, 1, 3);
    check_shape(ctx, "honeycomb:2x2", 8, 12, 3, 3);
    check_shape(ctx, "honeycomb:1x1", 2, 1, 1, 1);
    check_shape(ctx, "potts:4x5,q=5", 20, 40, 4, 4);
    check_shape(ctx, "potts:4x5,graph=triangular", 20, 60, 6, 6);
    check_shape(ctx, "potts:4x5,graph=honeycomb,open", 40, 51, 1, 3);
    check_shape(ctx, "potts:10,k=4,graph=regular", 10, 20, 4, 4);
    check_shape(ctx, "potts:6,graph=complete", 6, 15, 5, 5);
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

/* The six neighbours of an inner site of a triangular lattice, and the three of a honeycomb's. */
static void lattices_have_their_neighbours(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *triangular = load(ctx, "triangular:4x5"), *honeycomb = load(ctx, "honeycomb:4x5");
    heat_pairwise v;
    static const int32_t six[] = {0, 1, 5, 7, 11, 12}, first[] = {3, 11, 13}, second[] = {12, 14, 22};

    assert_true(heat_model_get_pairwise(triangular, &v));
    assert_memory_equal(v.col + v.row[6], six, sizeof six);
    assert_true(heat_model_get_pairwise(honeycomb, &v));
    assert_memory_equal(v.col + v.row[12], first, sizeof first); /* the cell (1, 1) */
    assert_memory_equal(v.col + v.row[13], second, sizeof second);
    heat_model_free(triangular);
    heat_model_free(honeycomb);
    heat_context_free(ctx);
}

static void fields_follow_their_law(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *pm = load(ctx, "lattice:30x30,h=pm:0.5"), *gauss = load(ctx, "lattice:30x30,h=gauss:2"),
               *potts = load(ctx, "potts:3x3,q=4,h=0.25"), *random = load(ctx, "potts:3x3,q=4,h=gauss");
    heat_pairwise v;
    heat_categorical c;
    double sum = 0, square = 0;

    assert_true(heat_model_get_pairwise(pm, &v));
    for (int i = 0; i < 900; i++) {
        assert_close(fabs(v.field[i]), 0.5, 0);
        sum += v.field[i];
    }
    assert_close(sum, 0, 6 * 0.5 * 30);
    assert_true(heat_model_get_pairwise(gauss, &v));
    for (int i = 0; i < 900; i++)
        square += v.field[i] * v.field[i];
    assert_close(square / 900, 4, 6 * 4 * sqrt(2.0 / 900));
    assert_true(heat_model_get_categorical(potts, &c));
    for (int k = 0; k < 36; k++)
        assert_close(c.field[k], k % 4 == 0 ? 0.25 : 0, 0);
    assert_true(heat_model_get_categorical(random, &c));
    for (int k = 1; k < 36; k++)
        assert_true(c.field[k] != 0 && c.field[k] != c.field[k - 1]);
    heat_model_free(pm);
    heat_model_free(gauss);
    heat_model_free(potts);
    heat_model_free(random);
    heat_context_free(ctx);
}

static void a_range_of_seeds_is_several_models(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model_list list;

    assert_ok(ctx, heat_model_expand(ctx, "ea:8x8,seed=9..11,h=1", &list));
    assert_int_equal(list.count, 3);
    assert_string_equal(list.specs[0], "ea:8x8,seed=9,h=1");
    assert_string_equal(list.specs[1], "ea:8x8,seed=10,h=1");
    assert_string_equal(list.specs[2], "ea:8x8,seed=11,h=1");
    heat_model_list_clear(&list);
    assert_ok(ctx, heat_model_expand(ctx, "ea:8x8,seed=18446744073709551614..18446744073709551615", &list));
    assert_int_equal(list.count, 2);
    assert_string_equal(list.specs[1], "ea:8x8,seed=18446744073709551615");
    heat_model_list_clear(&list);
    assert_ok(ctx, heat_model_expand(ctx, "some,seed=1..2.mc", &list)); /* a file's name */
    assert_int_equal(list.count, 1);
    assert_string_equal(list.specs[0], "some,seed=1..2.mc");
    heat_model_list_clear(&list);
    heat_model_list_clear(&list);
    assert_int_equal(heat_model_expand(ctx, "ea:8x8,seed=3..1", &list), HEAT_ERROR_INPUT);
    assert_contains(heat_context_error(ctx), "seed=3..1 is no range");
    assert_int_equal(heat_model_expand(ctx, "ea:8x8,seed=1..", &list), HEAT_ERROR_INPUT);
    assert_int_equal(heat_model_expand(ctx, "ea:8x8,seed=0..4294967296", &list), HEAT_ERROR_INPUT);
    assert_contains(heat_context_error(ctx), "more than");
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
    refuse(ctx, "lattice:4,open=2", "open needs no value, or dimensions");
    refuse(ctx, "lattice:4x4,open=1+1", "open needs");
    refuse(ctx, "lattice:4x4,open=", "open needs");
    refuse(ctx, "lattice:4,sed=1",
           "'sed' is none of what lattice reads (J, h, seed, open); did you mean seed?");
    refuse(ctx, "lattice:4,J=1,J=2", "J is given twice");
    refuse(ctx, "lattice:4x4,open,open=1", "open is given twice");
    refuse(ctx, "lattice:4,J", "J needs a value");
    refuse(ctx, "lattice:4,J=pm:", "J needs");
    refuse(ctx, "lattice:4,J=1:2", "J needs");
    refuse(ctx, "lattice:4,h=guass", "h needs");
    refuse(ctx, "lattice:4,q=3", "'q' is none of");
    refuse(ctx, "lattice:4,seed=1..3", "several models");
    refuse(ctx, "triangular:4", "too few dimensions");
    refuse(ctx, "honeycomb:4x4x4", "too many dimensions");
    refuse(ctx, "honeycomb:40000x40000", "more than");
    refuse(ctx, "potts:4x4,q=1", "q needs a whole number from 2 to 127");
    refuse(ctx, "potts:4x4,k=3", "'k' is none of what potts on graph lattice reads");
    refuse(ctx, "potts:4x4,graph=regular", "too many dimensions");
    refuse(ctx, "potts:9,graph=cubic", "graph needs");
    refuse(ctx, "potts:9,graph", "graph needs a value");
    refuse(ctx, "potts:9,graph=regular,k=2,graph=regular", "graph is given twice");
    refuse(ctx, "pots:4", "did you mean potts:");
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

static heat_status expand_and_clear(heat_context *ctx, void *arg)
{
    heat_model_list list;
    heat_status status = heat_model_expand(ctx, arg, &list);

    heat_model_list_clear(&list);
    return status;
}

static void failing_memory_leaks_nothing(void **state)
{
    (void)state;
    char lattice[] = "lattice:4x4,J=gauss,h=1", regular[] = "regular:20,k=3", potts[] = "potts:3x3,h=1",
         range[] = "sk:9,seed=1..4";

    test_failing_allocations(load_and_free, lattice);
    test_failing_allocations(load_and_free, regular);
    test_failing_allocations(load_and_free, potts);
    test_failing_allocations(expand_and_clear, range);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes_have_their_edges),
        cmocka_unit_test(a_ring_of_two_has_a_double_bond),
        cmocka_unit_test(sites_are_numbered_by_rows),
        cmocka_unit_test(disorder_follows_its_seed_and_law),
        cmocka_unit_test(lattices_have_their_neighbours),
        cmocka_unit_test(fields_follow_their_law),
        cmocka_unit_test(a_range_of_seeds_is_several_models),
        cmocka_unit_test(what_makes_no_sense_is_refused),
        cmocka_unit_test(failing_memory_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
