/* Potentials as models: what texts, files and options make of them, and integrals that diverge. */
#include "kernel/isa.h"
#include "model/smooth_growth.h"
#include "model/views.h"
#include "support.h"

#include <math.h>
#include <string.h>

static void parameters_and_walls_are_taken(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_load_options opt;
    heat_model *model = NULL;
    heat_smooth view;
    double lower, upper, e[2];

    heat_load_options_init(&opt);
    opt.let = "a=2,b=0.5";
    opt.box = "-3:3,:4";
    assert_ok(ctx, heat_model_load_with(ctx, "potential:a*(x^2-1)^2 + b*y^2", &opt, &model));
    assert_ok(ctx, heat_model_get_energy_of(ctx, model, 2, (const double[]){0, 2, 0, 5}, e, NULL));
    assert_true(e[0] == 4 && e[1] == (double)INFINITY);
    heat_model_get_bounds(model, 0, &lower, &upper);
    assert_true(lower == -3 && upper == 3);
    heat_model_get_bounds(model, 1, &lower, &upper);
    assert_true(lower == -(double)INFINITY && upper == 4);
    heat_model_free(model);
    opt.let = NULL;
    opt.box = "-1:1";
    assert_ok(ctx, heat_model_load_with(ctx, "eight-schools", &opt, &model));
    heat_model_get_bounds(model, 1, &lower, &upper);
    assert_true(lower == 0 && upper == 1);
    assert_true(heat_model_get_smooth(model, heat_isa_get("auto"), &view));
    assert_null(view.start); /* that is beyond the walls */
    heat_model_free(model);
    heat_context_free(ctx);
}

/* Walls at which the energy falls to -infinity are bounds of its own; no others are. */
static void ends_are_told_from_walls(void **state)
{
    const double inf = (double)INFINITY;
    const struct {
        const char *spec, *box;
        double lower, upper; /* of the first variable, its own */
    } cases[] = {{"potential:0.5*log(x)+0.5*log(1-x)", "0:1", 0, 1},
                 {"potential:0.5*log(x)+x", "0:", 0, inf},
                 {"potential:0.5*log(x)+y^2", "0:3,-1:1", 0, inf},
                 {"potential:0.5*log(3-x)+x^2+log(y)", ":3,1:2", -inf, 3},
                 {"potential:0.5*log(x)+x", "1:2", -inf, inf},
                 {"potential:x-log(x)", "0:", -inf, inf},
                 {"potential:x^2", "-1:1", -inf, inf}};
    heat_context *ctx = test_context();

    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        heat_load_options opt;
        heat_model *model;
        heat_smooth view;
        heat_load_options_init(&opt);
        opt.box = cases[k].box;
        assert_ok(ctx, heat_model_load_with(ctx, cases[k].spec, &opt, &model));
        assert_true(heat_model_get_smooth(model, heat_isa_get("auto"), &view));
        assert_true(view.own_lower[0] == cases[k].lower && view.own_upper[0] == cases[k].upper);
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

static void options_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *spec, *let, *box, *option, *message;
    } cases[] = {
        {"double-well", "a=1", NULL, "let", "no parameters"},
        {"lattice:2x2", "a=1", NULL, "let", "is no potential"},
        {"lattice:2x2", NULL, "0:1", "box", "is no potential"},
        {"potential:x^2", "a=1", NULL, "let", "does not use a"},
        {"potential:a*x^2", "a", NULL, "let", "'a' is no name=number"},
        {"potential:a*x^2", "a=1,b", NULL, "let", "'b' is no name=number"},
        {"potential:a*x^2", "a=x", NULL, "let", "'a=x' is no name=number"},
        {"muller-brown", NULL, "0:1,0:1,0:1", "box", "has 3 intervals, and there are 2"},
        {"muller-brown", NULL, "1:0", "box", "'1:0' is no interval"},
        {"muller-brown", NULL, "0:1,2", "box", "'2' is no interval"},
        {"eight-schools", NULL, ":-1", "box", "leaves variable 1 no room"},
    };
    heat_context *ctx = test_context();

    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        heat_load_options opt;
        heat_model *model = NULL;
        heat_load_options_init(&opt);
        opt.let = cases[k].let;
        opt.box = cases[k].box;
        assert_int_equal(heat_model_load_with(ctx, cases[k].spec, &opt, &model), HEAT_ERROR_OPTION);
        assert_contains(heat_context_error(ctx), cases[k].option);
        assert_contains(heat_context_error(ctx), cases[k].message);
        assert_null(model);
    }
    heat_context_free(ctx);
}

static void texts_that_are_no_potential_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *spec, *message;
    } cases[] = {
        {"potential:(x^2-1", "potential:1:"},
        {"double-well:2", "double-well needs nothing behind its name"},
        {"rosenbrock", "rosenbrock needs a number of variables, from 2 on: rosenbrock:2"},
        {"rosenbrock:1", "from 2 on"},
        {"funnel:x", "from 2 on"},
        {"basins:10", "basins needs a number of variables y and the rate c: basins:10,0.2"},
        {"basins:0,1", "the rate c"},
        {"eight-schools:8", "nothing behind"},
        {"muler-brown", "did you mean muller-brown?"},
    };
    heat_context *ctx = test_context();

    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        heat_model *model = NULL;
        assert_int_equal(heat_model_load(ctx, cases[k].spec, &model), HEAT_ERROR_INPUT);
        assert_contains(heat_context_error(ctx), cases[k].message);
        assert_null(model);
    }
    heat_context_free(ctx);
}

static void matrices_that_are_no_covariance_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"1,2\n", "1 x 2 numbers"},
        {"1,2\n2,1\n", "not positive definite"},
        {"1,0.5\n0.4,1\n", "C[0][1] is 0.5 and C[1][0] is 0.4"},
        {"1 0\n0\n", ":2:2: a line of 1 numbers, expected 2"},
        {"1,x\n", ":1:3:"},
        {"", "0 x 0 numbers"},
        {"-1\n", "not positive definite"},
    };
    heat_context *ctx = test_context();

    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        heat_model *model = NULL;
        char spec[1024];
        snprintf(spec, sizeof spec, "gaussian:%s", test_file(".csv", cases[k].text, strlen(cases[k].text)));
        assert_int_equal(heat_model_load(ctx, spec, &model), HEAT_ERROR_INPUT);
        assert_contains(heat_context_error(ctx), cases[k].message);
        assert_null(model);
    }
    heat_context_free(ctx);
}

static heat_status load_and_free(heat_context *ctx, void *arg)
{
    heat_model *model = NULL;
    heat_status status = heat_model_load(ctx, arg, &model);

    heat_model_free(model);
    return status;
}

static void failing_allocations_leak_nothing(void **state)
{
    (void)state;
    char spec[1024];

    snprintf(spec, sizeof spec, "gaussian:%s", test_file(".csv", "1,2\n2,1\n1,3\n", 12));
    test_failing_allocations(load_and_free, spec);
    test_failing_allocations(load_and_free, "eight-schools");
    test_failing_allocations(load_and_free, "potential:(x^2-1)^2");
}

static void a_potential_says_what_it_is(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model = NULL;
    heat_model_info info;

    assert_ok(ctx, heat_model_load(ctx, "basins:2,1", &model));
    heat_model_describe(model, &info);
    assert_string_equal(info.kind, "potential");
    assert_int_equal(info.n_variables, 3);
    assert_int_equal(info.n_states, 0);
    assert_string_equal(heat_model_get_label(model, 0), "x");
    assert_string_equal(heat_model_get_label(model, 2), "z");
    heat_model_free(model);
    heat_context_free(ctx);
}

static heat_status check_growth(heat_context *ctx, const char *expression, double temperature)
{
    char spec[256];
    heat_model *model = NULL;
    heat_smooth view;
    heat_status status;

    snprintf(spec, sizeof spec, "potential:%s", expression);
    assert_ok(ctx, heat_model_load(ctx, spec, &model));
    assert_true(heat_model_get_smooth(model, heat_isa_get("auto"), &view));
    status = heat_smooth_check_growth(ctx, &view, temperature);
    heat_model_free(model);
    return status;
}

static void integrals_that_diverge_are_seen(void **state)
{
    (void)state;
    static const struct {
        const char *expression, *where;
    } cases[] = {
        {"x", "as x goes to -infinity"},
        {"-x^2", "x goes to -infinity"},
        {"sin(x)", "x goes to -infinity"},
        {"exp(-x)", "as x goes to infinity"},
        {"(x^2-1)^2 + y", "as y goes to -infinity"},
        {"x^2 + exp(y)", "as y goes to -infinity"},
        {"0.9*log(1+x^2+y^2)", "x goes to -infinity"},
        {"x1^2+x2^2+x3^2+x4^2+0.1*x5", "x5 goes to -infinity"},
    };
    heat_context *ctx = test_context();

    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        assert_int_equal(check_growth(ctx, cases[k].expression, 1), HEAT_ERROR_UNDEFINED);
        assert_contains(heat_context_error(ctx), cases[k].where);
    }
    assert_int_equal(check_growth(ctx, "log(1+x^2)", 2.1), HEAT_ERROR_UNDEFINED);
    heat_context_free(ctx);
}

static void integrals_that_converge_pass(void **state)
{
    (void)state;
    static const char *const expressions[] = {
        "x^2",        "(x^2-1)^2",    "abs(x)",       "log(1+x^2)", "1.1*log(1+x^2+y^2)", "x^2*exp(y^2)+0*y",
        "x^2-log(x)", "1e-6*x^2+y^4", "cosh(x*1e-3)",
    };
    static const char *const named[] = {"double-well", "muller-brown",  "rosenbrock:3",
                                        "funnel:10",   "basins:10,0.2", "eight-schools"};
    heat_context *ctx = test_context();

    for (size_t k = 0; k < sizeof expressions / sizeof *expressions; k++)
        assert_ok(ctx, check_growth(ctx, expressions[k], 1));
    for (size_t k = 0; k < sizeof named / sizeof *named; k++) {
        heat_model *model = NULL;
        heat_smooth view;
        assert_ok(ctx, heat_model_load(ctx, named[k], &model));
        assert_true(heat_model_get_smooth(model, heat_isa_get("auto"), &view));
        assert_ok(ctx, heat_smooth_check_growth(ctx, &view, 1));
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

static void walls_make_integrals_converge(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_load_options opt;
    heat_model *model = NULL;
    heat_smooth view;

    heat_load_options_init(&opt);
    opt.box = "0:";
    assert_ok(ctx, heat_model_load_with(ctx, "potential:x", &opt, &model));
    assert_true(heat_model_get_smooth(model, heat_isa_get("auto"), &view));
    assert_ok(ctx, heat_smooth_check_growth(ctx, &view, 1));
    heat_model_free(model);
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_potential_says_what_it_is),
        cmocka_unit_test(parameters_and_walls_are_taken),
        cmocka_unit_test(ends_are_told_from_walls),
        cmocka_unit_test(options_that_do_not_fit_are_refused),
        cmocka_unit_test(texts_that_are_no_potential_are_refused),
        cmocka_unit_test(matrices_that_are_no_covariance_are_refused),
        cmocka_unit_test(integrals_that_diverge_are_seen),
        cmocka_unit_test(integrals_that_converge_pass),
        cmocka_unit_test(walls_make_integrals_converge),
        cmocka_unit_test(failing_allocations_leak_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
