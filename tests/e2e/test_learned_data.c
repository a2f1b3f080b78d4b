/* Real data in, the likelihoods of the exact optimum out. Digits binarised at > 7, 16 hidden units: -17.11
 * nats a row on the training data where training converged, -18.0 on the test data where validation ended it.
 */
#include "support.h"

#include <heatbath/heatbath.h>

static heat_data *load(heat_context *ctx, const char *part)
{
    char path[64];
    heat_data *data;

    snprintf(path, sizeof path, "ebm/digits.%s.data.gz", part);
    assert_ok(ctx, heat_data_load(ctx, test_data(path), NULL, &data));
    return data;
}

static void digits_are_learned_by_default(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_data *train = load(ctx, "train"), *validation = load(ctx, "valid"), *test = load(ctx, "test");
    heat_learn_input alone = {.size = sizeof alone, .data = train};
    heat_learn_input judged = {.size = sizeof judged, .data = train, .validation = validation, .test = test};

    for (uint64_t seed = 1; seed <= 2; seed++) {
        heat_learn_options options;
        heat_learn_result r;
        heat_learn_options_init(&options);
        heat_learn_result_init(&r);
        options.seed = seed;
        options.threads = 1;
        assert_ok(ctx, heat_learn(ctx, "rbm", &alone, &options, &r));
        assert_int_equal(r.outcome, HEAT_OUTCOME_CONVERGED);
        assert_close(r.train.mean, -17.11, 0.2);
        heat_learn_result_clear(&r);
        assert_ok(ctx, heat_learn(ctx, "rbm", &judged, &options, &r));
        assert_close(r.test.mean, -18.0, 0.3);
        heat_learn_result_clear(&r);
    }
    heat_data_free(train);
    heat_data_free(validation);
    heat_data_free(test);
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digits_are_learned_by_default),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
