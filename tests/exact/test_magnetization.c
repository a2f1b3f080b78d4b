/* Complete graphs with one coupling: sums by magnetisation against enumeration, and in their limits. */
#include "base/context_private.h"
#include "exact/enumeration.h"
#include "exact/exact_choice.h"
#include "random/stream.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>

/* All pairs coupled by J; fields normal, or all the same. */
static heat_model *make_model(heat_context *ctx, int32_t n, double coupling, double field, bool alike)
{
    int64_t n_edges = (int64_t)n * (n - 1) / 2, e = 0;
    int32_t *i = calloc((size_t)n_edges, sizeof *i), *j = calloc((size_t)n_edges, sizeof *j);
    double *couplings = calloc((size_t)n_edges, sizeof *couplings);
    double *fields = calloc((size_t)n, sizeof *fields);
    heat_model *model;
    heat_stream r;

    heat_stream_init(&r, 11, HEAT_PURPOSE_TEST, 0);
    for (int32_t a = 0; a < n; a++) {
        fields[a] = field * (alike ? 1 : heat_stream_normal(&r));
        for (int32_t b = 0; b < a; b++, e++) {
            i[e] = a;
            j[e] = b;
            couplings[e] = coupling;
        }
    }
    assert_ok(ctx, heat_model_create_ising(ctx, n, n_edges, i, j, couplings, fields, 0.7, &model));
    free(i);
    free(j);
    free(couplings);
    free(fields);
    return model;
}

static heat_elimination_sum sum_of(heat_context *ctx, const heat_model *model, double beta, double *p,
                                   double *spin)
{
    heat_elimination_sum sum = {.spin_mean = spin};
    heat_pairwise graph;

    assert_true(heat_model_get_pairwise(model, &graph));
    assert_true(heat_magnetization_fits(&graph));
    assert_ok(ctx, heat_magnetization_run_sum(ctx, &graph, beta, p, &sum));
    return sum;
}

static void compare(heat_context *ctx, const heat_model *model, int32_t n, double beta, bool alike)
{
    double means[16], spin[16], p[17], total = 0, span;
    heat_enumeration all = {.value_mean = means};
    heat_elimination_sum sum = sum_of(ctx, model, beta, p, spin);

    assert_ok(ctx, heat_enumeration_run(ctx, model, beta, 1, &all));
    span = (1 + beta) * (1 + fabs(all.minimum));
    assert_close(sum.log_z, all.log_z, 1e-13 * span + 1e-12);
    assert_close(sum.mean_energy, all.mean_energy, 1e-12 * span);
    assert_close(sum.energy_variance, all.energy_variance, 1e-11 * (1 + beta) * (1 + all.energy_variance));
    for (int32_t i = 0; i < n; i++) {
        if (!alike)
            assert_true(isnan(spin[i]));
        else
            assert_close(spin[i], means[i], 1e-12 * (1 + beta));
    }
    for (int32_t i = 0; i <= n; i++)
        total += p[i];
    assert_close(total, 1, 1e-14 * n);
}

static void any_fields_agree_with_enumeration(void **state)
{
    static const double betas[] = {0, 0.01, 0.3, 1, 5, 60};
    heat_context *ctx = test_context();

    (void)state;
    for (int32_t n = 2; n <= 13; n++)
        for (int kind = 0; kind < 6; kind++) {
            heat_model *model =
                make_model(ctx, n, kind % 2 == 0 ? 1.3 / n : -0.4, kind < 2 ? 0 : -0.8, kind < 4);
            for (size_t k = 0; k < sizeof betas / sizeof *betas; k++)
                compare(ctx, model, n, betas[k], kind < 4);
            heat_model_free(model);
        }
    heat_context_free(ctx);
}

/* Beyond the range of doubles: two states, or those of the middle, are left. */
static void cold_and_large_systems_lose_nothing(void **state)
{
    heat_context *ctx = test_context();
    double p[2001], n = 2000;
    heat_model *model = make_model(ctx, (int32_t)n, 1, 0, true);
    heat_elimination_sum sum = sum_of(ctx, model, 1, p, NULL);

    (void)state;
    assert_close(sum.log_z, log(2) + n * (n - 1) / 2 - 0.7, 1e-9);
    assert_close(sum.mean_energy, -n * (n - 1) / 2 + 0.7, 0);
    assert_close(sum.energy_variance, 0, 0);
    sum = sum_of(ctx, model, 1e250, p, NULL);
    assert_close(sum.mean_energy, -n * (n - 1) / 2 + 0.7, 0);
    heat_model_free(model);
    model = make_model(ctx, (int32_t)n, -1, 0, true);
    sum = sum_of(ctx, model, 100, p, NULL);
    assert_close(sum.log_z, lgamma(n + 1) - 2 * lgamma(n / 2 + 1) + 100 * (n / 2 - 0.7), 1e-9);
    assert_close(p[1000], 1, 1e-13);
    sum = sum_of(ctx, model, 0, p, NULL);
    assert_close(sum.log_z, n * log(2), 1e-10);
    assert_close(sum.energy_variance, n * (n - 1) / 2, 1e-6);
    heat_model_free(model);
    model = make_model(ctx, (int32_t)n, 1e-3, -1e6, true);
    sum = sum_of(ctx, model, 1, p, NULL);
    assert_close(sum.log_z, 1e6 * n + 1e-3 * n * (n - 1) / 2 - 0.7, 1e-3);
    assert_close(p[0], 1, 0);
    heat_model_free(model);
    heat_context_free(ctx);
}

static void graphs_that_are_not_uniform_take_other_roads(void **state)
{
    static const char *const others[] = {"sk:40,seed=1", "lattice:6x6"};
    heat_context *ctx = test_context();
    heat_model *model;
    heat_exact_choice choice;
    heat_exact_cost cost = {.size = sizeof cost};
    heat_pairwise graph;

    (void)state;
    for (int k = 0; k < 2; k++) {
        assert_ok(ctx, heat_model_load(ctx, others[k], &model));
        assert_true(heat_model_get_pairwise(model, &graph));
        assert_false(heat_magnetization_fits(&graph));
        heat_model_free(model);
    }
    model = make_model(ctx, 300, 0.01, 0.1, false);
    assert_ok(ctx, heat_exact_choose_sum(ctx, model, (int64_t)1 << 30, &choice));
    assert_true(choice.by_magnetization);
    assert_false(choice.cost.affordable);
    heat_exact_choice_clear(&choice);
    assert_ok(ctx, heat_exact_estimate(ctx, model, (int64_t)1 << 30, &cost));
    assert_string_equal(cost.sum_method, "magnetization");
    assert_true(cost.sum_bytes > 300 * 32 && cost.sum_seconds < 0.01);
    assert_ok(ctx, heat_exact_choose_sum(ctx, model, 1000, &choice));
    assert_false(choice.by_magnetization);
    heat_exact_choice_clear(&choice);
    heat_model_free(model);
    heat_context_free(ctx);
}

static void a_halted_run_leaves_nothing(void **state)
{
    heat_context *ctx = test_context();
    heat_model *model = make_model(ctx, 50, 0.02, 0.1, true);
    double p[51];
    heat_elimination_sum sum;

    (void)state;
    heat_context_stop(ctx);
    sum = sum_of(ctx, model, 1, p, NULL);
    assert_true(isnan(sum.log_z) && isnan(sum.mean_energy) && isnan(sum.energy_variance));
    heat_model_free(model);
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_fields_agree_with_enumeration),
        cmocka_unit_test(cold_and_large_systems_lose_nothing),
        cmocka_unit_test(graphs_that_are_not_uniform_take_other_roads),
        cmocka_unit_test(a_halted_run_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
