/* The road that exact sums take by themselves, against the tables of exact values of lattices: Kaufman's, the
 * densities of states, the Potts models. */
#include "exact/enumeration.h"
#include "exact/exact_choice.h"
#include "support.h"

#include <heatbath/logz.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The sum of the last model asked for, kept for the next row. */
typedef struct last_sum {
    heat_context *ctx;
    char spec[64];
    double temperature;
    heat_elimination_sum sum;
    int compared;
} last_sum;

static const heat_elimination_sum *sum_of(last_sum *last, const char *spec, double temperature)
{
    heat_exact_choice choice;
    heat_model *model;

    if (strcmp(spec, last->spec) == 0 && temperature == last->temperature)
        return &last->sum;
    snprintf(last->spec, sizeof last->spec, "%s", spec);
    last->temperature = temperature;
    assert_ok(last->ctx, heat_model_load(last->ctx, spec, &model));
    assert_ok(last->ctx, heat_exact_choose_sum(last->ctx, model, (int64_t)1 << 31, &choice));
    assert_true(choice.cost.affordable || choice.cost.sum_method != NULL);
    assert_ok(last->ctx, heat_exact_run_sum(last->ctx, model, &choice, 1 / temperature, 1, &last->sum));
    heat_exact_choice_clear(&choice);
    heat_model_free(model);
    return &last->sum;
}

/* Half a unit of the last digit, or what doubles allow of a sum of `size` terms. */
static double tolerance_of(const test_row *row)
{
    return fabs(row->value) * fmax(0.6 * pow(10, 1 - row->digits), 1e-12);
}

static void visit_ising(const test_row *row, void *arg)
{
    last_sum *last = arg;
    double side = test_parameter(row, "L", 0), temperature = test_parameter(row, "T", 0);
    double n = side * side, factor = 1;
    const heat_elimination_sum *sum;
    char spec[64];

    if (!(side > 0 && side < 100 && temperature > 0))
        return;
    snprintf(spec, sizeof spec, "lattice:%dx%d,J=1", (int)side, (int)side);
    if (strcmp(row->quantity, "lnZ") == 0) {
        factor = n;
    } else if (strcmp(row->quantity, "lnZ_per_spin") != 0 && strcmp(row->quantity, "energy_per_spin") != 0 &&
               strcmp(row->quantity, "entropy_per_spin") != 0) {
        return;
    }
    sum = sum_of(last, spec, temperature);
    last->compared++;
    if (row->quantity[0] == 'l')
        assert_close(sum->log_z * factor / n, row->value, tolerance_of(row));
    else if (row->quantity[1] == 'n' && row->quantity[2] == 'e')
        assert_close(sum->mean_energy / n, row->value, tolerance_of(row));
    else /* a small difference of large numbers at low temperatures */
        assert_close((sum->log_z + sum->mean_energy / temperature) / n, row->value, 1e-12);
}

static void square_lattices_meet_kaufmans_table(void **state)
{
    last_sum last = {.ctx = test_context()};

    (void)state;
    test_each_row("exact/ising2d_kaufman.tsv", visit_ising, &last);
    assert_true(last.compared >= 190);
    heat_context_free(last.ctx);
}

/* log of sum g exp(-E / T) over a table of `E g`. */
static double log_z_of_states(const char *table, double temperature)
{
    char line[1024];
    double *term = calloc(4096, sizeof *term), largest = -INFINITY, sum = 0;
    FILE *f = fopen(test_data(table), "r");
    int n = 0;

    assert_non_null(f);
    while (fgets(line, sizeof line, f) != NULL) {
        char *end;
        double energy = strtod(line, &end), count = strtod(end, NULL);
        if (end == line || !(count > 0))
            continue;
        assert_true(n < 4096);
        term[n] = log(count) - energy / temperature;
        largest = fmax(largest, term[n++]);
    }
    fclose(f);
    assert_true(n > 10);
    for (int k = 0; k < n; k++)
        sum += exp(term[k] - largest);
    free(term);
    return largest + log(sum);
}

static void square_lattices_meet_their_densities_of_states(void **state)
{
    static const double temperatures[] = {0.4, 1, 2.269185314213022, 3.7, 1000};
    last_sum last = {.ctx = test_context()};

    (void)state;
    for (int side = 4; side <= 32; side *= 2)
        for (size_t k = 0; k < sizeof temperatures / sizeof *temperatures; k++) {
            char spec[64], table[64];
            double expected;
            snprintf(spec, sizeof spec, "lattice:%dx%d,J=1", side, side);
            snprintf(table, sizeof table, "exact/ising2d_L%d_dos.tsv", side);
            expected = log_z_of_states(table, temperatures[k]);
            assert_close(sum_of(&last, spec, temperatures[k])->log_z, expected, 1e-12 * expected);
        }
    heat_context_free(last.ctx);
}

static void visit_potts(const test_row *row, void *arg)
{
    last_sum *last = arg;
    double side = test_parameter(row, "L", 0), temperature = test_parameter(row, "T", 0);
    double length = test_parameter(row, "N", 0), q = test_parameter(row, "q", 0);
    bool ring = strcmp(row->name, "potts1d") == 0;
    char spec[64];

    if (!(temperature > 0) || (!ring && !(side > 2 && side < 100 && pow(q, 2 * side) < 1e8)))
        return;
    if (ring)
        snprintf(spec, sizeof spec, "potts:%d,q=%d", (int)length, (int)q);
    else
        snprintf(spec, sizeof spec, "potts:%dx%d,q=%d", (int)side, (int)side, (int)q);
    last->compared++;
    if (strcmp(row->quantity, "lnZ") == 0)
        assert_close(sum_of(last, spec, temperature)->log_z, row->value, tolerance_of(row));
    else if (strcmp(row->quantity, "energy_per_spin") == 0)
        assert_close(sum_of(last, spec, temperature)->mean_energy / (ring ? length : side * side), row->value,
                     ring ? tolerance_of(row) : 1e-8);
    else
        last->compared--;
}

static void potts_models_meet_their_table(void **state)
{
    last_sum last = {.ctx = test_context()};

    (void)state;
    test_each_row("exact/potts.tsv", visit_potts, &last);
    assert_true(last.compared >= 80);
    heat_context_free(last.ctx);
}

/* log Z by the road taken, means of visible units as marginals. */
static void visit_rbm(const test_row *row, void *arg)
{
    last_sum *last = arg;
    heat_logz_options options;
    heat_logz_result result = {0};
    heat_marginals marginals = {0};
    heat_model *model;
    char weights[128];
    bool large = strncmp(row->name, "rbm784x20", 9) == 0; /* its weights are printed to nine digits */

    snprintf(weights, sizeof weights, "exact/instances/%s_W.txt", large ? "rbm784x20" : row->name);
    heat_logz_options_init(&options);
    options.method = "exact";
    options.threads = 1;
    assert_ok(last->ctx, heat_model_load(last->ctx, test_data(weights), &model));
    last->compared++;
    if (strcmp(row->quantity, "lnZ") == 0) {
        assert_ok(last->ctx, heat_logz(last->ctx, model, &options, &result));
        assert_close(result.log_z, row->value, large ? 1e-6 : tolerance_of(row));
    } else {
        assert_memory_equal(row->quantity, "mean_v", 6);
        assert_ok(last->ctx, heat_exact_marginals(last->ctx, model, 1, (int64_t)1 << 30, 1, &marginals));
        assert_close(marginals.single[2 * atoi(row->quantity + 6) + 1], row->value, 0.6e-12);
    }
    heat_marginals_clear(&marginals);
    heat_logz_result_clear(&result);
    heat_model_free(model);
}

static void rbms_meet_their_table(void **state)
{
    last_sum last = {.ctx = test_context()};

    (void)state;
    test_each_row("exact/rbm_small.tsv", visit_rbm, &last);
    assert_int_equal(last.compared, 13);
    heat_context_free(last.ctx);
}

/* Elimination has no second moment: a difference, with its error, within which the closed form and a sum over
 * all states must lie. */
static void heat_capacities_lie_within_their_errors(void **state)
{
    static const double temperatures[] = {0.05, 0.3, 0.7, 1, 1.6, 2, 2.269185314213022, 2.6, 4, 20, 1000};
    heat_context *ctx = test_context();
    heat_logz_options options;
    heat_logz_result result;
    heat_model *torus, *glass;

    (void)state;
    heat_logz_options_init(&options);
    options.method = "exact";
    assert_ok(ctx, heat_model_load(ctx, "lattice:8x8,J=1", &torus));
    assert_ok(ctx, heat_model_load(ctx, "ea:3x5,seed=2", &glass));
    for (size_t k = 0; k < sizeof temperatures / sizeof *temperatures; k++) {
        double expected, t = temperatures[k];
        heat_enumeration all = {.log_z = 0};
        options.temperature = t;
        for (int which = 0; which < 2; which++) {
            heat_logz_result_init(&result);
            assert_ok(ctx, heat_logz(ctx, which == 0 ? torus : glass, &options, &result));
            assert_string_equal(result.method, "elimination");
            assert_ok(ctx, heat_exact_square_ising(ctx, 8, 8, 1, t, NULL, NULL, &expected));
            assert_ok(ctx, heat_enumeration_run(ctx, glass, 1 / t, 1, &all));
            if (which == 1)
                expected = all.energy_variance / t / t;
            assert_close(result.rows[0].heat_capacity, expected, result.rows[0].heat_capacity_error);
            assert_true(result.rows[0].heat_capacity_error < 1e-6 * expected + 1e-6);
            heat_logz_result_clear(&result);
        }
    }
    heat_model_free(torus);
    heat_model_free(glass);
    heat_context_free(ctx);
}

/* Of every road: log Z as with the energies, which are left out. */
static void log_z_alone_is_the_same(void **state)
{
    static const char *const models[] = {"lattice:3x4,J=1,h=0.3", "lattice:16x16,J=1",
                                         "potts:4x4,q=3",         "sk:40,J=1",
                                         "sk:14,seed=1",          "exact/instances/rbm784x20_W.txt"};
    heat_context *ctx = test_context();

    (void)state;
    for (size_t k = 0; k < sizeof models / sizeof *models; k++) {
        const char *spec = strchr(models[k], '/') == NULL ? models[k] : test_data(models[k]);
        heat_logz_result results[2];
        heat_logz_options options;
        heat_model *model;
        heat_logz_options_init(&options);
        options.method = "exact";
        assert_ok(ctx, heat_model_load(ctx, spec, &model));
        for (int only = 0; only < 2; only++) {
            options.log_z_only = only;
            heat_logz_result_init(&results[only]);
            assert_ok(ctx, heat_logz(ctx, model, &options, &results[only]));
        }
        assert_close(results[1].log_z, results[0].log_z, 1e-13 * fabs(results[0].log_z));
        assert_true(isfinite(results[0].rows[0].mean_energy));
        assert_true(isnan(results[1].rows[0].mean_energy) && isnan(results[1].rows[0].entropy));
        assert_true(isnan(results[1].rows[0].heat_capacity));
        for (int only = 0; only < 2; only++)
            heat_logz_result_clear(&results[only]);
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(square_lattices_meet_kaufmans_table),
        cmocka_unit_test(square_lattices_meet_their_densities_of_states),
        cmocka_unit_test(potts_models_meet_their_table),
        cmocka_unit_test(rbms_meet_their_table),
        cmocka_unit_test(log_z_alone_is_the_same),
        cmocka_unit_test(heat_capacities_lie_within_their_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
