/* What a run in space says of itself, from rows of results that are written down here: the bias of its step,
 * the virial theorem. */
#include "base/memory.h"
#include "sample/sampling.h"
#include "sample/step_bias.h"
#include "sample/virial_check.h"
#include "support.h"

#include <math.h>
#include <string.h>

/* A row at temperature `temperature` whose observables `names` have these means and errors, and spread 2. */
static void fill_row(heat_context *ctx, heat_sample_temperature *row, double temperature, double step, int n,
                     const char *const *names, const double *means, const double *errors)
{
    *row = (heat_sample_temperature){
        .temperature = temperature, .outcome = HEAT_OUTCOME_CONVERGED, .step = step, .n_observables = n};
    assert_ok(ctx, heat_alloc(ctx, n, sizeof *row->observables, &row->observables));
    for (int k = 0; k < n; k++)
        row->observables[k] =
            (heat_observable){.name = names[k], .mean = means[k], .error = errors[k], .sd = 2};
}

static heat_sample_result make_result(heat_context *ctx, int n_temperatures)
{
    heat_sample_result r;

    heat_sample_result_init(&r);
    r.n_temperatures = n_temperatures;
    assert_ok(ctx, heat_alloc(ctx, n_temperatures, sizeof *r.temperatures, &r.temperatures));
    assert_ok(ctx, heat_copy_text(ctx, "", &r.reasons));
    return r;
}

/* Two temperatures, walked at twice each. The finer rows name the observables in another order. */
static void bias_is_the_difference_of_two_steps(void **state)
{
    static const char *const names[] = {"energy", "x"}, *const turned[] = {"x", "energy"};
    static const double coarse[2][2] = {{1.5, 0.5}, {2.5, -0.5}}, errors[2] = {0.03, 0.5};
    static const double fine[2][2] = {{0.25, 1.25}, {-0.75, 2.25}}, fine_errors[2] = {0.25, 0.04};
    static const struct {
        const heat_engine *engine;
        double ratio, factor; /* 1 / (1 - ratio^order) */
    } cases[] = {{&heat_engine_ula, 0.5, 2}, {&heat_engine_underdamped, 0.5, 4.0 / 3}};

    (void)state;
    for (int k = 0; k < 2; k++) {
        const double factor = cases[k].factor, bias = 0.25 * factor;
        heat_context *ctx = test_context();
        heat_sample_result r = make_result(ctx, 4);
        heat_sampling s = {.engine = cases[k].engine, .n_refined = 2};
        s.basins.count = 1;
        for (int t = 0; t < 2; t++) {
            fill_row(ctx, &r.temperatures[t], 1 + t, 0.2, 2, names, coarse[t], errors);
            fill_row(ctx, &r.temperatures[2 + t], 1 + t, 0.2 * cases[k].ratio, 2, turned, fine[t],
                     fine_errors);
        }
        r.temperatures[3].outcome = HEAT_OUTCOME_NOT_CONVERGED;
        for (int t = 0; t < 4; t++) {
            heat_sample_temperature *row = &r.temperatures[t];
            assert_ok(ctx, heat_alloc(ctx, 1, sizeof *row->basins, &row->basins));
            row->basins[0].first_passage = t < 2 ? 10 : 9;
            row->basins[0].first_passage_error = t < 2 ? 0.3 : 0.4;
        }
        heat_step_bias_report(&s, &r);
        assert_int_equal(r.n_temperatures, 2);
        assert_int_equal(r.temperatures[0].outcome, HEAT_OUTCOME_CONVERGED);
        assert_int_equal(r.temperatures[1].outcome, HEAT_OUTCOME_NOT_CONVERGED);
        for (int t = 0; t < 2; t++) {
            const heat_observable *o = r.temperatures[t].observables;
            const heat_sample_basin *b = r.temperatures[t].basins;
            assert_close(o[0].mean, coarse[t][0], 0);
            for (int i = 0; i < 2; i++) {
                assert_close(o[i].step_bias, bias, 1e-12);
                assert_close(o[i].step_bias_error,
                             hypot(factor * hypot(errors[i], fine_errors[1 - i]), bias * bias / 2), 1e-12);
            }
            assert_close(b->first_passage_bias, factor, 1e-12);
            assert_close(b->first_passage_bias_error, 0.5 * factor, 1e-12);
        }
        heat_sample_result_clear(&r);
        heat_context_free(ctx);
    }
}

/* A histogram of one bin, and a basin. */
static void add_more(heat_context *ctx, heat_sample_temperature *row)
{
    heat_sample_histogram *h;

    assert_ok(ctx, heat_alloc(ctx, 1, sizeof *row->histograms, &row->histograms));
    h = row->histograms;
    *h = (heat_sample_histogram){.name = row->observables[0].name, .n_bins = 1};
    row->n_histograms = 1;
    assert_ok(ctx, heat_alloc(ctx, 2, sizeof *h->edges, &h->edges));
    assert_ok(ctx, heat_alloc(ctx, 1, sizeof *h->p, &h->p));
    assert_ok(ctx, heat_alloc(ctx, 1, sizeof *h->error, &h->error));
    assert_ok(ctx, heat_alloc(ctx, 1, sizeof *row->basins, &row->basins));
}

/* Rows at n T = 4, exactly, off by 4 errors, and by 6; and one whose step bias tells the difference. */
static void a_virial_that_is_off_refuses_its_row_alone(void **state)
{
    static const char *const names[] = {"energy", "virial"};
    static const double means[][2] = {{1, 4}, {1, 4.4}, {1, 4.6}, {1, 3.4}, {1, 5}}, errors[2] = {0.1, 0.1};
    static const bool is_off[] = {false, false, true, true, false};
    enum { N = sizeof is_off / sizeof *is_off };
    heat_context *ctx = test_context();
    heat_sample_result r = make_result(ctx, N);
    heat_sampling s = {.engine = &heat_engine_ula};
    heat_model *model, *walled;
    heat_load_options box;

    (void)state;
    assert_ok(ctx, heat_model_load(ctx, "potential:x^2+y^2", &model));
    heat_load_options_init(&box);
    box.box = "0:";
    assert_ok(ctx, heat_model_load_with(ctx, "potential:x^2+y^2", &box, &walled));
    for (int t = 0; t < N; t++)
        fill_row(ctx, &r.temperatures[t], 2, 0.2, 2, names, means[t], errors);
    for (int t = 0; t < N; t++)
        add_more(ctx, &r.temperatures[t]);
    r.n_basins = 1;
    r.temperatures[4].observables[1].step_bias = 0.9;
    s.info.n_variables = 2;
    s.model = walled; /* where the theorem does not hold */
    assert_ok(ctx, heat_virial_check(ctx, &s, &r));
    assert_string_equal(r.reasons, "");
    s.model = model;
    assert_ok(ctx, heat_virial_check(ctx, &s, &r));
    for (int t = 0; t < N; t++) {
        assert_int_equal(r.temperatures[t].outcome,
                         is_off[t] ? HEAT_OUTCOME_NOT_CONVERGED : HEAT_OUTCOME_CONVERGED);
        const heat_sample_temperature *row = &r.temperatures[t];
        const double numbers[] = {row->observables[0].mean,         row->observables[1].error,
                                  row->histograms[0].p[0],          row->histograms[0].error[0],
                                  row->basins[0].occupancy,         row->basins[0].occupancy_error,
                                  row->basins[0].first_passage,     row->basins[0].first_passage_error,
                                  row->basins[0].first_passage_bias};
        for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++)
            assert_true(!isnan(numbers[k]) == !is_off[t]);
    }
    assert_contains(r.reasons, "T = 2: the virial x . grad U is 4.6 +- 0.1 on average, not n T = 4");
    heat_sample_result_clear(&r);
    heat_model_free(walled);
    heat_model_free(model);
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bias_is_the_difference_of_two_steps),
        cmocka_unit_test(a_virial_that_is_off_refuses_its_row_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
