/* log Z of potentials by the estimators against closed forms and tables: within 5 of their own standard
 * errors, with bits that depend on nothing but the seed, and with a refusal where they cannot know. */
#include "support.h"

#include <heatbath/logz.h>
#include <math.h>
#include <string.h>

static const char *const estimators[] = {"mbar", "ais"};
enum { N_ESTIMATORS = 2 };

static heat_logz_options options_of(const char *method)
{
    heat_logz_options o;

    heat_logz_options_init(&o);
    o.method = method;
    o.target_error = 0.03;
    o.threads = 1;
    return o;
}

static heat_model *load(heat_context *ctx, const char *spec, const char *box)
{
    heat_load_options options;
    heat_model *model;

    heat_load_options_init(&options);
    options.box = box;
    assert_ok(ctx, heat_model_load_with(ctx, spec, &options, &model));
    return model;
}

static heat_logz_result run(heat_context *ctx, const char *spec, const char *box, const heat_logz_options *o)
{
    heat_model *model = load(ctx, spec, box);
    heat_logz_result r;

    heat_logz_result_init(&r);
    assert_ok(ctx, heat_logz(ctx, model, o, &r));
    heat_model_free(model);
    return r;
}

/* NaN: not known. */
static void check(heat_context *ctx, const char *spec, const char *box, double temperature, double log_z,
                  double mean_energy, double heat_capacity)
{
    for (int m = 0; m < N_ESTIMATORS; m++) {
        heat_logz_options o = options_of(estimators[m]);
        heat_logz_result r;
        const heat_logz_row *row;
        o.temperature = temperature;
        r = run(ctx, spec, box, &o);
        row = &r.rows[0];
        print_message("%s at T = %g by %s: log Z %.4f +- %.4f (exact %.4f), energy %.4f +- %.4f (%.4f) %s\n",
                      spec, temperature, r.method, r.log_z, r.error, log_z, row->mean_energy,
                      row->mean_energy_error, mean_energy, r.diagnosis);
        assert_int_equal(r.outcome, HEAT_OUTCOME_CONVERGED);
        assert_string_equal(r.method, estimators[m]);
        assert_true(row->error > 0 && row->error <= 0.03 && !r.exact);
        assert_close(row->log_z, log_z, 5 * row->error);
        assert_true(isnan(mean_energy) || fabs(row->mean_energy - mean_energy) <= 5 * row->mean_energy_error);
        assert_true(isnan(heat_capacity) ||
                    fabs(row->heat_capacity - heat_capacity) <= 5 * row->heat_capacity_error);
        assert_close(row->entropy, row->log_z + row->mean_energy / temperature, 1e-9);
        assert_true(m == 0 ? fabs(r.integral - log_z) <= 5 * r.integral_error && r.integral_error < 0.5 &&
                                 fabs(r.bar - r.log_z) <= 5 * r.bar_error
                           : row->log_z_lower < row->log_z && row->log_z < row->log_z_upper);
        heat_logz_result_clear(&r);
    }
}

static void estimates_agree_with_closed_forms(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    check(ctx, "potential:50*(x1-x2)^2+(x1+x2-3)^2/8+(x4-x3-1)^2/2+x3^2/2", NULL, 2,
          log(2 * acos(-1) * 2) + log(2 * acos(-1) * 2) - log(10), 4, 2);
    check(ctx, "double-well", NULL, 0.1, log(0.5725340617), 0.05247724, 0.559611);
    check(ctx, "basins:10,.2", NULL, 0.25, 2.61068168, 1.38687142, (double)NAN);
    check(ctx, "eight-schools", NULL, 1, -31.311347, (double)NAN, (double)NAN);
    heat_context_free(ctx);
}

/* Walls on both sides, on one, and where the path begins an energy that is infinite. */
static void walls_bound_the_integral(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    check(ctx, "potential:x^2-log(x)", "0:", 1, log(0.5), (double)NAN, (double)NAN);
    check(ctx, "potential:x+y+0*z", "0:,-1:3,0:10", 0.5, log(0.5) + log(0.5 * (exp(2) - exp(-6))) + log(10),
          (double)NAN, (double)NAN);
    heat_context_free(ctx);
}

/* Half of the weight lies within 0.15 of the ends, a hundredth within 6e-5: there a density piles up. */
static void ends_where_weight_piles_up_are_met(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    check(ctx, "potential:0.5*log(x)+0.5*log(1-x)", "0:1", 1, log(acos(-1)), -2 * log(2), (double)NAN);
    check(ctx, "potential:0.7*log(x)+x+y^2", "0:5,-1:1", 1, log(2.98962052271) + log(sqrt(acos(-1)) * erf(1)),
          (double)NAN, (double)NAN);
    heat_context_free(ctx);
}

static int ring_energy(void *user, int64_t n_rows, const double *rows, double *energies)
{
    (void)user;
    for (int64_t r = 0; r < n_rows; r++) {
        double square = rows[2 * r] * rows[2 * r] + rows[2 * r + 1] * rows[2 * r + 1];
        energies[r] = square < 1 ? (double)INFINITY : square / 2;
    }
    return 0;
}

/* A hole where the energy is infinite, in the middle of where the path begins, and no gradient. */
static void a_callback_is_enough(void **state)
{
    heat_context *ctx = test_context();
    heat_logz_options o = options_of("mbar");
    heat_logz_result r;
    heat_custom custom;
    heat_model *model;

    (void)state;
    heat_custom_init(&custom);
    custom.name = "ring";
    custom.n_variables = 2;
    custom.n_states = 0;
    custom.real_energy = ring_energy;
    assert_ok(ctx, heat_model_create_custom(ctx, &custom, &model));
    heat_logz_result_init(&r);
    assert_ok(ctx, heat_logz(ctx, model, &o, &r));
    print_message("ring: %.4f +- %.4f (exact %.4f) %s\n", r.log_z, r.error, log(2 * acos(-1)) - 0.5,
                  r.diagnosis);
    assert_int_equal(r.outcome, HEAT_OUTCOME_CONVERGED);
    assert_close(r.log_z, log(2 * acos(-1)) - 0.5, 5 * r.error);
    assert_close(r.rows[0].mean_energy, 1.5, 5 * r.rows[0].mean_energy_error);
    o.method = "ais";
    assert_int_equal(heat_logz(ctx, model, &o, &r), HEAT_ERROR_UNABLE);
    assert_contains(heat_context_error(ctx), "method mbar does not");
    heat_logz_result_clear(&r);
    heat_model_free(model);
    heat_context_free(ctx);
}

static void each_temperature_is_a_run_of_its_own(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    for (int m = 0; m < N_ESTIMATORS; m++) {
        heat_logz_options o = options_of(estimators[m]);
        heat_logz_result all, one;
        o.temperature_set = "1,0.1,0.25";
        all = run(ctx, "double-well", NULL, &o);
        assert_int_equal(all.n_rows, 3);
        assert_int_equal(all.outcome, HEAT_OUTCOME_CONVERGED);
        o.temperature_set = NULL;
        o.threads = 3;
        o.isa = "ref";
        for (int k = 0; k < 3; k++) {
            o.temperature = all.rows[k].temperature;
            one = run(ctx, "double-well", NULL, &o);
            assert_true(one.log_z == all.rows[k].log_z && one.error == all.rows[k].error);
            assert_true(one.rows[0].heat_capacity == all.rows[k].heat_capacity);
            assert_true(k != 1 || m != 0 || (one.bar == all.bar && one.n_rungs == all.n_rungs));
            heat_logz_result_clear(&one);
        }
        heat_logz_result_clear(&all);
    }
    heat_context_free(ctx);
}

static void check_refusal(heat_context *ctx, const char *spec, const char *method, const char *reference,
                          heat_status status, const char *message)
{
    heat_model *model = load(ctx, spec, NULL);
    heat_logz_options o = options_of(method);
    heat_logz_result r;

    o.reference = reference;
    heat_logz_result_init(&r);
    assert_int_equal(heat_logz(ctx, model, &o, &r), status);
    assert_contains(heat_context_error(ctx), message);
    heat_model_free(model);
}

static void what_cannot_be_is_refused_by_name(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    check_refusal(ctx, "double-well", "wang-landau", "auto", HEAT_ERROR_OPTION, "real numbers");
    check_refusal(ctx, "double-well", "population", "auto", HEAT_ERROR_OPTION, "mbar and ais do");
    check_refusal(ctx, "double-well", "mbar", "base-rate", HEAT_ERROR_OPTION, "normal distribution");
    check_refusal(ctx, "double-well", "mbar", "uniform", HEAT_ERROR_OPTION, "within walls");
    check_refusal(ctx, "potential:x1^2+x2^2+x3^2+0*x4", "auto", "auto", HEAT_ERROR_UNDEFINED, "diverges");
    heat_context_free(ctx);
}

static void doubts_and_halts_leave_no_number(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_logz_options o = options_of("mbar");
    heat_logz_result r;

    o.reference = "uniform"; /* so far from the narrow well that three rungs do not meet */
    o.rungs = 3;
    r = run(ctx, "potential:1e8*x^2", "-10:10", &o);
    assert_int_equal(r.outcome, HEAT_OUTCOME_NOT_CONVERGED);
    assert_true(isnan(r.log_z) && isnan(r.error) && isnan(r.rows[0].entropy) && isnan(r.bar));
    assert_contains(r.diagnosis, "too few temperatures");
    heat_logz_result_clear(&r);
    o = options_of("mbar");
    o.time = 0;
    o.temperature_set = "1,2";
    r = run(ctx, "funnel:10", NULL, &o);
    assert_int_equal(r.outcome, HEAT_OUTCOME_TIME);
    assert_true(isnan(r.log_z) && isnan(r.rows[1].mean_energy));
    heat_logz_result_clear(&r);
    heat_context_free(ctx);
}

static heat_status count(heat_context *ctx, void *arg)
{
    heat_logz_options o = options_of("mbar");
    heat_logz_result r;
    heat_status status;

    o.sweeps = 4;
    o.replicas = 8;
    o.rungs = 3;
    heat_logz_result_init(&r);
    status = heat_logz(ctx, arg, &o, &r);
    heat_logz_result_clear(&r);
    return status;
}

static void lost_memory_is_told(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, "double-well", NULL);

    test_failing_allocations(count, model);
    heat_model_free(model);
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(estimates_agree_with_closed_forms),
        cmocka_unit_test(walls_bound_the_integral),
        cmocka_unit_test(ends_where_weight_piles_up_are_met),
        cmocka_unit_test(a_callback_is_enough),
        cmocka_unit_test(each_temperature_is_a_run_of_its_own),
        cmocka_unit_test(what_cannot_be_is_refused_by_name),
        cmocka_unit_test(doubts_and_halts_leave_no_number),
        cmocka_unit_test(lost_memory_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
