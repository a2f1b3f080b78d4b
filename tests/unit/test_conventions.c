/* docs/conventions.md, line by line: what signs, words and numbers mean, through public headers alone. */
#include "support.h"

#include <heatbath/heatbath.h>
#include <math.h>
#include <string.h>

static heat_model *load_text(heat_context *ctx, const char *suffix, const char *text)
{
    heat_model *model = NULL;
    assert_ok(ctx, heat_model_load(ctx, test_file(suffix, text, strlen(text)), &model));
    return model;
}

static double energy_of(heat_context *ctx, const heat_model *model, const int8_t *state)
{
    double energy = NAN;
    assert_ok(ctx, heat_model_get_energy(ctx, model, 1, state, &energy));
    return energy;
}

/* E(s) = -sum J s s - sum h s + offset, for all states of three spins. */
static void ising_energy_has_these_signs(void **state)
{
    (void)state;
    const int32_t i[] = {0, 2}, j[] = {1, 1};
    const double J[] = {2, -3}, h[] = {0.5, 0, -4}, offset = 10;
    heat_context *ctx = test_context();
    heat_model *model = NULL;

    assert_ok(ctx, heat_model_create_ising(ctx, 3, 2, i, j, J, h, offset, &model));
    for (int bits = 0; bits < 8; bits++) {
        int8_t s[3];
        double expected = offset;
        for (int k = 0; k < 3; k++)
            s[k] = (bits >> k & 1) != 0 ? 1 : -1;
        for (int e = 0; e < 2; e++)
            expected -= J[e] * s[i[e]] * s[j[e]];
        for (int k = 0; k < 3; k++)
            expected -= h[k] * s[k];
        assert_close(energy_of(ctx, model, s), expected, 0);
    }
    heat_model_free(model);
    heat_context_free(ctx);
}

/* QUBO: E(x) = sum Q_ij x_i x_j + offset; Boltzmann machine: E(x) = -sum W x_i x_j - sum b x_i + offset, for
 * all states of three units. */
static void qubo_and_boltzmann_energies_have_these_signs(void **state)
{
    (void)state;
    const int32_t i[] = {0, 2, 1}, j[] = {1, 1, 1};
    const double Q[] = {2, -3, 0.5}, b[] = {0.5, 0, -4}, offset = 10;
    const heat_boltzmann arrays = {sizeof arrays, 2, 1, 2, i, j, Q, b, offset};
    heat_context *ctx = test_context();
    heat_model *qubo = NULL, *machine = NULL;

    assert_ok(ctx, heat_model_create_qubo(ctx, 3, 3, i, j, Q, offset, &qubo));
    assert_ok(ctx, heat_model_create_boltzmann(ctx, &arrays, &machine));
    for (int bits = 0; bits < 8; bits++) {
        const int8_t x[] = {(int8_t)(bits & 1), (int8_t)(bits >> 1 & 1), (int8_t)(bits >> 2)};
        double pairs = Q[0] * x[0] * x[1] + Q[1] * x[2] * x[1];
        assert_close(energy_of(ctx, qubo, x), offset + pairs + Q[2] * x[1], 0);
        assert_close(energy_of(ctx, machine, x), offset - pairs - b[0] * x[0] - b[2] * x[2], 0);
    }
    heat_model_free(qubo);
    heat_model_free(machine);
    heat_context_free(ctx);
}

/* E(a) = -sum J(a_i, a_j) - sum h_i(a_i) + offset, for all states of three values on three sites, tables and
 * plain couplings, a repeated pair given the other way round. */
static void potts_energy_has_these_signs(void **state)
{
    (void)state;
    const int32_t i[] = {0, 2, 1}, j[] = {1, 1, 0};
    const double couplings[] = {2, -3, 0.5}, fields[] = {0, 1, 0, 0.25, 0, 0, -4, 0, 2};
    double tables[27];
    heat_context *ctx = test_context();

    for (int k = 0; k < 27; k++)
        tables[k] = k * k % 13;
    for (int plain = 0; plain < 2; plain++) {
        heat_model *model = NULL;
        heat_potts potts;
        heat_potts_init(&potts);
        potts.n_variables = 3;
        potts.n_edges = potts.n_tables = 3;
        potts.i = i;
        potts.j = j;
        potts.couplings = plain ? couplings : NULL;
        potts.tables = plain ? NULL : tables;
        potts.fields = fields;
        potts.offset = 10;
        assert_ok(ctx, heat_model_create_potts(ctx, &potts, &model));
        for (int x = 0; x < 27; x++) {
            const int8_t a[] = {(int8_t)(x % 3), (int8_t)(x / 3 % 3), (int8_t)(x / 9)};
            double expected = 10;
            for (int e = 0; e < 3; e++)
                expected -= !plain               ? tables[9 * e + 3 * a[i[e]] + a[j[e]]]
                            : a[i[e]] == a[j[e]] ? couplings[e]
                                                 : 0;
            for (int k = 0; k < 3; k++)
                expected -= fields[3 * k + a[k]];
            assert_close(energy_of(ctx, model, a), expected, 0);
        }
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

static void positive_couplings_align_and_positive_fields_point_up(void **state)
{
    (void)state;
    const int8_t up_up[] = {1, 1}, up_down[] = {1, -1}, down_down[] = {-1, -1};
    heat_context *ctx = test_context();
    heat_model *bond = load_text(ctx, ".ising", "ising 2\n0 1 1\n");
    heat_model *field = load_text(ctx, ".ising", "ising 2\n0 0 1\n1 1 1\n");

    assert_close(energy_of(ctx, bond, up_up), -1, 0);
    assert_close(energy_of(ctx, bond, up_down), 1, 0);
    assert_close(energy_of(ctx, field, up_up), -2, 0); /* a line `i i h` is a field */
    assert_close(energy_of(ctx, field, down_down), 2, 0);
    heat_model_free(field);
    heat_model_free(bond);
    heat_context_free(ctx);
}

/* J = -w and cut = (sum w - E)/2; .mc files count from 1, .ising files from 0. */
static void max_cut_weights_are_couplings_with_the_other_sign(void **state)
{
    (void)state;
    const int a[] = {0, 1, 0}, b[] = {1, 2, 3};
    const double w[] = {5, -2, 7};
    heat_context *ctx = test_context();
    heat_model *graph = load_text(ctx, ".mc", "4 3\n1 2 5\n2 3 -2\n1 4 7\n");
    heat_model *same = load_text(ctx, ".ising", "ising 4\n0 1 -5\n1 2 2\n0 3 -7\n");

    for (int bits = 0; bits < 16; bits++) {
        int8_t s[4];
        double crossing = 0, energy, cut = NAN;
        for (int k = 0; k < 4; k++)
            s[k] = (bits >> k & 1) != 0 ? 1 : -1;
        for (int e = 0; e < 3; e++)
            crossing += s[a[e]] != s[b[e]] ? w[e] : 0;
        energy = energy_of(ctx, graph, s);
        assert_close(energy_of(ctx, same, s), energy, 0);
        assert_ok(ctx, heat_model_get_cut(ctx, graph, energy, &cut));
        assert_close(cut, crossing, 0);
        assert_close(cut, (10 - energy) / 2, 0);
        assert_int_equal(heat_model_get_cut(ctx, same, energy, &cut), HEAT_ERROR_UNDEFINED);
    }
    heat_model_free(same);
    heat_model_free(graph);
    heat_context_free(ctx);
}

static void repeated_edges_add_up_and_max_cut_loops_are_dropped(void **state)
{
    (void)state;
    const int8_t apart[] = {1, -1};
    heat_context *ctx = test_context();
    static const char text[] = "2 3\n1 2 5\n2 1 4\n2 2 100\n";
    heat_model *graph = NULL;
    heat_model_info info;
    double cut = NAN;

    assert_ok(ctx, heat_model_load_format(ctx, test_file(".mc", text, sizeof text - 1), "rudy", &graph));
    heat_model_describe(graph, &info);
    assert_int_equal(info.n_edges, 1);
    assert_int_equal(info.n_merged, 1);
    assert_int_equal(info.n_self_loops, 1);
    assert_ok(ctx, heat_model_get_cut(ctx, graph, energy_of(ctx, graph, apart), &cut));
    assert_close(cut, 9, 0);
    heat_model_free(graph);
    heat_context_free(ctx);
}

static void integer_inputs_make_integer_energies(void **state)
{
    (void)state;
    const struct {
        const char *text;
        bool integer, exact;
    } cases[] = {
        {"ising 2\n0 1 3\n1 1 -2\n", true, true},
        {"ising 2\n0 1 0.5\n", false, true},
        {"ising 2\n0 1 0.1\n", false, false},
        {"ising 2\n0 1 9007199254740993\n1 1 1\n", false, false},
    };
    heat_context *ctx = test_context();

    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        heat_model *model = load_text(ctx, ".ising", cases[k].text);
        heat_model_info info;
        heat_model_describe(model, &info);
        if (info.integer != cases[k].integer || (cases[k].exact && !info.exact))
            fail_msg("%s: integer %d, exact %d", cases[k].text, info.integer, info.exact);
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

/* p(x) ~ exp(-E/T), Boltzmann's constant 1, natural logarithms: two spins have Z = 2 exp(1/T) + 2 exp(-1/T).
 */
static void log_z_is_natural_and_temperature_divides_the_energy(void **state)
{
    (void)state;
    const double temperatures[] = {0.25, 1, 3};
    heat_context *ctx = test_context();
    heat_model *bond = load_text(ctx, ".ising", "ising 2\n0 1 1\n");
    heat_logz_options options;

    heat_logz_options_init(&options);
    assert_close(options.temperature, 1, 0); /* the default */
    for (int k = 0; k < 3; k++) {
        double T = options.temperature = temperatures[k];
        double log_z = log(2 * exp(1 / T) + 2 * exp(-1 / T)), energy = -tanh(1 / T);
        heat_logz_result z;
        heat_logz_result_init(&z);
        assert_ok(ctx, heat_logz(ctx, bond, &options, &z));
        assert_close(z.log_z, log_z, 1e-14 * fabs(log_z));
        assert_close(z.rows[0].free_energy, -T * log_z, 1e-14 * fabs(T * log_z));
        assert_close(z.rows[0].mean_energy, energy, 1e-14);
        assert_close(z.rows[0].entropy, log_z + energy / T, 1e-13);
        assert_close(z.error, 0, 0);
        heat_logz_result_clear(&z);
    }
    heat_model_free(bond);
    heat_context_free(ctx);
}

static void temperature_is_above_zero_and_no_option_is_called_beta(void **state)
{
    (void)state;
    const double wrong[] = {0, -1, NAN, -HUGE_VAL};
    const char *const verbs[] = {"ground", "sample", "logz"};
    heat_context *ctx = test_context();
    heat_model *bond = load_text(ctx, ".ising", "ising 2\n0 1 1\n");

    for (int k = 0; k < 4; k++) {
        heat_logz_options options;
        heat_logz_result z;
        heat_logz_options_init(&options);
        heat_logz_result_init(&z);
        options.temperature = wrong[k];
        assert_int_equal(heat_logz(ctx, bond, &options, &z), HEAT_ERROR_OPTION);
        assert_contains(heat_context_error(ctx), "temperature");
        heat_logz_result_clear(&z);
    }
    for (int v = 0; v < 3; v++) {
        const heat_option_table *table = heat_option_table_get(verbs[v]);
        for (int k = 0; k < table->n_options; k++)
            assert_null(strstr(table->options[k].name, "beta"));
    }
    heat_model_free(bond);
    heat_context_free(ctx);
}

static const heat_observable *observable(const heat_sample_result *result, const char *name)
{
    const heat_sample_temperature *row = &result->temperatures[0];

    for (int k = 0; k < row->n_observables; k++)
        if (strcmp(row->observables[k].name, name) == 0)
            return &row->observables[k];
    fail_msg("no observable named %s", name);
    return NULL;
}

/* Fails unless the observable lies within 5 of its errors of `expected`, and the error is below `limit`. */
static void assert_measured(const heat_sample_result *result, const char *name, double expected, double limit)
{
    const heat_observable *o = observable(result, name);

    if (!(o->error > 0 && o->error < limit && fabs(o->mean - expected) <= 5 * o->error))
        fail_msg("%s = %.9g +- %.3g, expected %.9g", name, o->mean, o->error, expected);
}

/* A closed ring of four spins, enumerated here: the definitions against what sampling reports. The seed is
 * fixed, and each limit on the error is small beside what another definition would give. */
static void observables_mean_what_the_page_says(void **state)
{
    (void)state;
    const double T = 2;
    double z = 0, e1 = 0, e2 = 0, m1 = 0, m2 = 0, m4 = 0;
    heat_context *ctx = test_context();
    heat_model *ring = NULL;
    heat_sample_options options;
    heat_sample_result result;

    for (int bits = 0; bits < 16; bits++) {
        int s[4];
        double energy = 0, m = 0, weight;
        for (int k = 0; k < 4; k++)
            s[k] = (bits >> k & 1) != 0 ? 1 : -1;
        for (int k = 0; k < 4; k++) {
            energy -= s[k] * s[(k + 1) % 4];
            m += s[k];
        }
        weight = exp(-energy / T);
        z += weight;
        e1 += weight * energy;
        e2 += weight * energy * energy;
        m1 += weight * fabs(m);
        m2 += weight * m * m;
        m4 += weight * m * m * m * m;
    }
    assert_ok(ctx, heat_model_load(ctx, "lattice:4,J=1", &ring));
    heat_sample_options_init(&options);
    heat_sample_result_init(&result);
    options.temperature = T;
    options.engine = "exact";
    options.sweeps = 10000;
    assert_ok(ctx, heat_sample(ctx, ring, &options, &result));
    assert_measured(&result, "energy", e1 / z, 0.05);
    assert_measured(&result, "energy_per_spin", e1 / z / 4, 0.05 / 4);
    assert_measured(&result, "magnetization", 0, 0.08);
    assert_measured(&result, "abs_magnetization", m1 / z, 0.08);
    assert_measured(&result, "heat_capacity", (e2 / z - e1 * e1 / z / z) / (T * T), 0.05);
    assert_measured(&result, "binder", 1 - m4 / z / (3 * m2 / z * m2 / z), 0.02);
    heat_sample_result_clear(&result);
    heat_model_free(ring);
    heat_context_free(ctx);
}

/* Independent draws: tau is 1, not 1/2; ESS counts the draws of all chains; the error is sd/sqrt(draws). */
static void diagnostics_are_in_sweeps_and_over_all_chains(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *ring = NULL;
    heat_sample_options options;
    heat_sample_result result;
    const heat_observable *energy;

    assert_ok(ctx, heat_model_load(ctx, "lattice:6,J=1", &ring));
    heat_sample_options_init(&options);
    heat_sample_result_init(&result);
    options.engine = "exact";
    options.sweeps = 5000;
    assert_ok(ctx, heat_sample(ctx, ring, &options, &result));
    energy = observable(&result, "energy");
    assert_close(energy->tau, 1, 0.1);
    assert_close(energy->ess, 20000, 2000);
    assert_close(energy->ess_tail, 20000, 2000);
    assert_close(energy->rhat, 1, 0.002);
    assert_close(energy->error, energy->sd / sqrt(20000), 0.15 * energy->error);
    heat_sample_result_clear(&result);
    heat_model_free(ring);
    heat_context_free(ctx);
}

/* 4 replicas; sweeps are those after the burn-in, and visit every variable; thin keeps every K-th state. */
static void sweeps_replicas_and_thinning_count_like_this(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *ring = NULL;
    heat_sample_options options;
    heat_sample_result result;

    assert_ok(ctx, heat_model_load(ctx, "lattice:6,J=1", &ring));
    heat_sample_options_init(&options);
    heat_sample_result_init(&result);
    options.burn_in = 100;
    options.sweeps = 1000;
    options.thin = 10;
    options.keep_states = true;
    assert_ok(ctx, heat_sample(ctx, ring, &options, &result));
    assert_int_equal(result.n_chains, 4);
    assert_int_equal(result.n_sweeps, 1000);
    assert_int_equal(result.n_draws, 100);
    assert_int_equal(result.updates, 1100 * 4 * 6);
    for (int64_t k = 0; k < result.n_chains * result.n_draws; k++)
        assert_close(energy_of(ctx, ring, result.states + 6 * k), result.energies[k], 0);
    heat_sample_result_clear(&result);
    heat_model_free(ring);
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ising_energy_has_these_signs),
        cmocka_unit_test(qubo_and_boltzmann_energies_have_these_signs),
        cmocka_unit_test(potts_energy_has_these_signs),
        cmocka_unit_test(positive_couplings_align_and_positive_fields_point_up),
        cmocka_unit_test(max_cut_weights_are_couplings_with_the_other_sign),
        cmocka_unit_test(repeated_edges_add_up_and_max_cut_loops_are_dropped),
        cmocka_unit_test(integer_inputs_make_integer_energies),
        cmocka_unit_test(log_z_is_natural_and_temperature_divides_the_energy),
        cmocka_unit_test(temperature_is_above_zero_and_no_option_is_called_beta),
        cmocka_unit_test(observables_mean_what_the_page_says),
        cmocka_unit_test(diagnostics_are_in_sweeps_and_over_all_chains),
        cmocka_unit_test(sweeps_replicas_and_thinning_count_like_this),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
