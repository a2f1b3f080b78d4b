/* log Z of RBMs of every pairing of layers, counted or annealed, against sums and integrals over the visible
 * layer; Gaussian and ReLU units by their couplings, and the integrals that diverge. */
#include "stats/log_sum.h"
#include "support.h"
#include "unit_instance.h"

#include <heatbath/logz.h>
#include <heatbath/score.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { GRID = 61 };
static const double reach = 12, temperature = 1.3; /* the grid is wide: what it leaves out is below 1e-12 */

/* Value number k of a visible unit, and how many there are. */
static double value_of(heat_layer layer, int k)
{
    return layer == HEAT_LAYER_SPIN ? 2 * k - 1 : is_real(layer) ? reach * (2.0 * k / (GRID - 1) - 1) : k;
}

static int count_of(heat_layer layer)
{
    return layer == HEAT_LAYER_POTTS ? Q_VISIBLE : is_real(layer) ? GRID : 2;
}

/* log of the sum or integral of exp(-F_T / T) over three visible units. */
static double brute_force(heat_context *ctx, const heat_model *model, heat_layer visible)
{
    int n = count_of(visible), rows = n * n * n;
    double *row = malloc((size_t)(rows * V) * sizeof *row), *f = malloc((size_t)rows * sizeof *f), log_z;

    for (int r = 0; r < rows; r++)
        for (int i = 0, k = r; i < V; i++, k /= n)
            row[r * V + i] = value_of(visible, k % n);
    assert_ok(ctx, heat_rbm_free_energies_of(ctx, model, temperature, rows, row, f));
    for (int r = 0; r < rows; r++)
        f[r] /= -temperature;
    log_z = heat_log_sum_exp(rows, f) + (is_real(visible) ? V * log(2 * reach / (GRID - 1)) : 0);
    free(row);
    free(f);
    return log_z;
}

static heat_status count(heat_context *ctx, const heat_model *model, const char *method, heat_logz_result *r)
{
    heat_logz_options options;

    heat_logz_options_init(&options);
    heat_logz_result_init(r);
    options.method = method;
    options.temperature = temperature;
    options.target_error = 0.01;
    options.threads = 1;
    return heat_logz(ctx, model, &options, r);
}

static void check(heat_context *ctx, const heat_model *model, const char *method, double expected)
{
    heat_logz_result r;

    assert_ok(ctx, count(ctx, model, method, &r));
    assert_true(r.outcome == HEAT_OUTCOME_PROVED || r.outcome == HEAT_OUTCOME_CONVERGED);
    assert_close(r.log_z, expected, r.exact ? 1e-8 : 5 * r.error);
    assert_true(r.error <= 0.01);
    if (!r.exact) {
        assert_true(r.rows[0].log_z_lower < expected + 3 * r.forward_error);
        assert_true(r.rows[0].log_z_upper > expected - 3 * r.reverse_error);
        assert_close(r.forward, expected, 5 * r.forward_error);
        assert_close(r.reverse, expected, 5 * r.reverse_error);
    }
    heat_logz_result_clear(&r);
}

static void every_pairing_is_counted_and_annealed(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model;
    instance s;

    for (int v = 0; v < N_KINDS - 1; v++)
        for (int h = 0; h < N_KINDS; h++) {
            double expected;
            make(&s, kinds[v], kinds[h], 0.5);
            assert_ok(ctx, heat_model_create_rbm(ctx, &s.rbm, &model));
            expected = brute_force(ctx, model, kinds[v]);
            check(ctx, model, "auto", expected);
            if (!(kinds[v] == HEAT_LAYER_GAUSSIAN && kinds[h] == HEAT_LAYER_GAUSSIAN))
                check(ctx, model, "ais", expected);
            heat_model_free(model);
        }
    heat_context_free(ctx);
}

/* Gaussian and ReLU units, of one precision, whose weights are one number or minus that. */
static heat_model *all_alike(heat_context *ctx, double weight)
{
    heat_model *model;
    instance s;

    make(&s, HEAT_LAYER_GAUSSIAN, HEAT_LAYER_RELU, 0.3);
    for (int i = 0; i < V; i++)
        s.visible_precision[i] = 1.5;
    for (int j = 0; j < H; j++)
        s.hidden_precision[j] = 1.5;
    for (int k = 0; k < V * H; k++)
        s.weights[k] = weight * (k % H == 0 ? 1 : -1);
    assert_ok(ctx, heat_model_create_rbm(ctx, &s.rbm, &model));
    return model;
}

/* Two ReLU units that pull apart: at 0.7 the form is not positive definite, and yet positive where both are.
 */
static void what_diverges_is_told_from_what_does_not(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model;
    heat_logz_options options;
    heat_logz_result r;

    model = all_alike(ctx, 0.7);
    check(ctx, model, "auto", brute_force(ctx, model, HEAT_LAYER_GAUSSIAN));
    heat_logz_options_init(&options);
    heat_logz_result_init(&r);
    options.temperature_set = "1,2";
    assert_int_equal(heat_logz(ctx, model, &options, &r), HEAT_ERROR_UNABLE);
    assert_contains(heat_context_error(ctx), "at one temperature at a time");
    assert_int_equal(count(ctx, model, "mbar", &r), HEAT_ERROR_OPTION);
    assert_int_equal(count(ctx, model, "exact", &r), HEAT_ERROR_UNABLE);
    heat_model_free(model);
    model = all_alike(ctx, 1.5);
    assert_int_equal(count(ctx, model, "auto", &r), HEAT_ERROR_UNDEFINED);
    assert_contains(heat_context_error(ctx), "the integral over its units diverges");
    heat_model_free(model);
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pairing_is_counted_and_annealed),
        cmocka_unit_test(what_diverges_is_told_from_what_does_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
