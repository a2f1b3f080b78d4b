/* Ladders that space themselves: ends as asked, rising, and swaps of an even rate. */
#include "support.h"

#include <heatbath/sample.h>

/* Near 40 % of swaps succeed, wherever the energies are about normal. */
static void gaps_have_an_even_rate_of_swaps(void **state)
{
    (void)state;
    static const char *const specs[] = {"ea:6x6x6,seed=1", "lattice:12x12", "ea:8x8,J=gauss,seed=2"};
    heat_context *ctx = test_context();

    for (int m = 0; m < 3; m++) {
        heat_model *model;
        heat_sample_options opt;
        heat_sample_result r = {0};
        double mean = 0;
        assert_ok(ctx, heat_model_load(ctx, specs[m], &model));
        heat_sample_options_init(&opt);
        opt.engine = "tempering";
        opt.temperature_set = "1.4:4";
        opt.replicas = 2;
        opt.burn_in = 1000;
        opt.sweeps = 1500;
        assert_ok(ctx, heat_sample(ctx, model, &opt, &r));
        assert_true(r.n_temperatures > 3);
        assert_true(r.temperatures[0].temperature == 1.4);
        assert_true(r.temperatures[r.n_temperatures - 1].temperature == 4);
        for (int32_t t = 0; t + 1 < r.n_temperatures; t++) {
            double rate = r.temperatures[t].exchange;
            assert_true(r.temperatures[t + 1].temperature > r.temperatures[t].temperature);
            if (!(rate > 0.2 && rate < 0.7))
                fail_msg("%s: gap %d of %d swaps %.2f", specs[m], t, r.n_temperatures, rate);
            mean += rate / (r.n_temperatures - 1);
        }
        assert_close(mean, 0.43, 0.1);
        assert_true(r.round_trips > 0);
        heat_sample_result_clear(&r);
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

static void what_no_ladder_spans_is_refused(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model;
    heat_sample_options opt;
    heat_sample_result r = {0};

    assert_ok(ctx, heat_model_load(ctx, "lattice:512x512", &model));
    heat_sample_options_init(&opt);
    opt.engine = "tempering";
    opt.temperature_set = "1.4:40";
    opt.burn_in = 0;
    assert_int_equal(heat_sample(ctx, model, &opt, &r), HEAT_ERROR_OPTION);
    assert_contains(heat_context_error(ctx), "choose a narrower range");
    opt.temperature_set = "2:1";
    assert_int_equal(heat_sample(ctx, model, &opt, &r), HEAT_ERROR_OPTION);
    assert_contains(heat_context_error(ctx), "a ladder lo:hi needs 0 < lo < hi");
    heat_model_free(model);
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gaps_have_an_even_rate_of_swaps),
        cmocka_unit_test(what_no_ladder_spans_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
