/* The density of states of the 8 x 8 torus by wang-landau, level by level, against the exact table: 63 counts
 * from 2 to 10^18. A run of --target-error 0.005 is within 1 % at every level, in a minute; this one is a
 * twentieth of it. */
#include "compare.h"
#include "support.h"

#include <heatbath/logz.h>
#include <math.h>

enum { MOST_LEVELS = 65 };

static void every_level_of_the_table_is_met(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    double energy[MOST_LEVELS], count[MOST_LEVELS], square = 0, z = 0;
    int64_t n = compare_load_levels("exact/ising2d_L8_dos.tsv", MOST_LEVELS, energy, count), k = 0;
    heat_logz_options o;
    heat_logz_result r = {0};
    heat_model *model;

    heat_logz_options_init(&o);
    o.method = "wang-landau";
    o.temperature = 0.3; /* where the ground states are all that counts */
    o.target_error = 0.03;
    assert_ok(ctx, heat_model_load(ctx, "lattice:8x8", &model));
    assert_ok(ctx, heat_logz(ctx, model, &o, &r));
    assert_int_equal(r.outcome, HEAT_OUTCOME_CONVERGED);
    for (int64_t level = 0; level < n; level++) {
        double off;
        if (!(count[level] > 0))
            continue;
        assert_true(k < r.n_levels && r.levels[k].energy == energy[level]);
        off = r.levels[k].log_count - log(count[level]);
        assert_true(r.levels[k].error < 0.06);
        assert_close(off, 0, 5 * r.levels[k].error);
        square += off * off;
        z += off * off / r.levels[k].error / r.levels[k].error;
        k++;
    }
    print_message("%lld levels, off by %.2f %% rms, %.2f errors rms\n", (long long)k,
                  100 * sqrt(square / (double)k), sqrt(z / (double)k));
    assert_int_equal(k, r.n_levels);
    assert_int_equal(k, 63);
    assert_true(sqrt(square / (double)k) < 0.03);
    assert_true(sqrt(z / (double)k) < 2);
    heat_logz_result_clear(&r);
    heat_model_free(model);
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_level_of_the_table_is_met)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
