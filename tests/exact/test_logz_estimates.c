/* Every estimator of logz against the exact road on small models of every kind: within 5 of its own standard
 * errors, with bits that depend on nothing but the seed, and with a refusal where it cannot know. */
#include "logz/level_walk.h"
#include "logz/typical_rows.h"
#include "support.h"

#include <heatbath/logz.h>
#include <math.h>
#include <string.h>

#define METHOD_NAME(tag, name, help) name,
static const char *const methods[] = {HEAT_LOGZ_METHODS(METHOD_NAME)};
enum { N_METHODS = sizeof methods / sizeof *methods, MOST_ROWS = 4 };

static bool is_exact(const char *method)
{
    return strcmp(method, "exact") == 0;
}

static bool is_wang_landau(const char *method)
{
    return strcmp(method, "wang-landau") == 0;
}

static heat_logz_options options_of(const char *method)
{
    heat_logz_options o;

    heat_logz_options_init(&o);
    o.method = method;
    o.target_error = 0.03;
    o.threads = 1;
    return o;
}

static void check_row(const char *spec, const char *method, const heat_logz_row *row,
                      const heat_logz_row *truth)
{
    print_message("%s by %s at T = %g: log Z %.4f +- %.4f (exact %.4f), energy %.4f +- %.4f (%.4f)\n", spec,
                  method, row->temperature, row->log_z, row->error, truth->log_z, row->mean_energy,
                  row->mean_energy_error, truth->mean_energy);
    assert_true(row->error > 0 && row->error <= 0.03);
    assert_close(row->log_z, truth->log_z, 5 * row->error);
    assert_close(row->free_energy, -row->temperature * row->log_z, 1e-12 * fabs(row->free_energy));
    assert_close(row->mean_energy, truth->mean_energy, 5 * row->mean_energy_error + 1e-9);
    assert_close(row->entropy, truth->entropy, 5 * row->entropy_error + 1e-9);
    assert_true(row->heat_capacity > 0 && row->heat_capacity_error > 0);
}

/* Var(E) / T^2 by differences of the exact mean energy. */
static double exact_capacity(heat_context *ctx, const heat_model *model, double temperature)
{
    heat_logz_options o = options_of("exact");
    double energy[2];

    for (int k = 0; k < 2; k++) {
        heat_logz_result r = {0};
        heat_logz_result_init(&r);
        o.temperature = temperature * (k == 0 ? 0.999 : 1.001);
        assert_ok(ctx, heat_logz(ctx, model, &o, &r));
        energy[k] = r.rows[0].mean_energy;
        heat_logz_result_clear(&r);
    }
    return (energy[1] - energy[0]) / (0.002 * temperature);
}

static void check_model(heat_context *ctx, const char *spec, const char *temperatures)
{
    heat_logz_options o = options_of("exact");
    heat_logz_result truth, r;
    heat_model *model;

    assert_ok(ctx, heat_model_load(ctx, spec, &model));
    heat_logz_result_init(&truth);
    o.temperature_set = temperatures;
    assert_ok(ctx, heat_logz(ctx, model, &o, &truth));
    for (int m = 0; m < N_METHODS; m++) {
        heat_model_info info;
        heat_model_describe(model, &info);
        if (is_exact(methods[m]) || (is_wang_landau(methods[m]) && !info.integer))
            continue;
        o = options_of(methods[m]);
        o.temperature_set = temperatures;
        heat_logz_result_init(&r);
        assert_ok(ctx, heat_logz(ctx, model, &o, &r));
        if (r.outcome != HEAT_OUTCOME_CONVERGED)
            print_message("%s: %s; %s\n", methods[m], r.reason, r.diagnosis);
        assert_int_equal(r.outcome, HEAT_OUTCOME_CONVERGED);
        assert_string_equal(r.method, methods[m]);
        assert_false(r.exact);
        assert_true(r.n_rows == truth.n_rows && r.log_z == r.rows[0].log_z && r.error == r.rows[0].error);
        for (int32_t k = 0; k < r.n_rows; k++) {
            double capacity = exact_capacity(ctx, model, r.rows[k].temperature);
            check_row(spec, methods[m], &r.rows[k], &truth.rows[k]);
            assert_close(r.rows[k].heat_capacity, capacity, 5 * r.rows[k].heat_capacity_error);
        }
        heat_logz_result_clear(&r);
    }
    heat_logz_result_clear(&truth);
    heat_model_free(model);
}

static void every_estimate_agrees_with_the_exact_sum(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    check_model(ctx, "lattice:4x4", "2,2.5");
    check_model(ctx, "ea:3x5,seed=3,h=pm:0.5", "1.5");
    check_model(ctx, "potts:4x3,q=3", "1,2");
    heat_context_free(ctx);
}

/* Couplings that are no multiples of anything: rows of energies that never repeat. */
static void real_couplings_are_counted_too(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    check_model(ctx, "sk:12,seed=2", "0.7,1.5");
    heat_context_free(ctx);
}

static heat_logz_result run(heat_context *ctx, const char *spec, const heat_logz_options *o)
{
    heat_model *model;
    heat_logz_result r;

    heat_logz_result_init(&r);
    assert_ok(ctx, heat_model_load(ctx, spec, &model));
    assert_ok(ctx, heat_logz(ctx, model, o, &r));
    heat_model_free(model);
    return r;
}

static void threads_and_instruction_sets_change_no_bit(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    for (int m = 0; m < N_METHODS; m++) {
        heat_logz_options o = options_of(methods[m]);
        heat_logz_result a, b;
        o.target_error = 0.05;
        a = run(ctx, "ea:4x4,seed=5", &o);
        o.threads = 3;
        o.isa = "ref";
        b = run(ctx, "ea:4x4,seed=5", &o);
        assert_true(a.log_z == b.log_z && a.error == b.error && a.updates == b.updates);
        assert_true(a.rows[0].heat_capacity == b.rows[0].heat_capacity || is_exact(methods[m]));
        heat_logz_result_clear(&b);
        o.seed = 2;
        b = run(ctx, "ea:4x4,seed=5", &o);
        assert_true(is_exact(methods[m]) || a.log_z != b.log_z);
        heat_logz_result_clear(&a);
        heat_logz_result_clear(&b);
    }
    heat_context_free(ctx);
}

/* The cross-checks over the ladder say what MBAR says. */
static void a_ladder_carries_its_cross_checks(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_logz_options o = options_of("mbar");
    heat_logz_result r;

    o.temperature = 2;
    r = run(ctx, "lattice:8x8", &o);
    assert_int_equal(r.outcome, HEAT_OUTCOME_CONVERGED);
    assert_close(r.bar, r.log_z, 4 * r.bar_error);
    assert_close(r.integral, r.log_z, 4 * r.integral_error);
    assert_true(r.n_rungs >= 5 && r.rungs[0].beta == 0 && r.rungs[0].error == 0);
    assert_close(r.rungs[0].log_z, 64 * log(2), 1e-12);
    assert_true(r.rungs[r.n_rungs - 1].beta == 0.5);
    assert_close(r.rungs[r.n_rungs - 1].log_z, r.log_z, 1e-9);
    for (int32_t k = 0; k + 1 < r.n_rungs; k++)
        assert_true(r.rungs[k].overlap >= r.overlap && r.rungs[k].tau >= 1);
    heat_logz_result_clear(&r);
    heat_context_free(ctx);
}

static void too_few_temperatures_are_refused(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_logz_options o = options_of("mbar");
    heat_logz_result r;

    o.temperature = 2.27;
    o.rungs = 3;
    r = run(ctx, "lattice:16x16", &o);
    assert_int_equal(r.outcome, HEAT_OUTCOME_NOT_CONVERGED);
    assert_true(isnan(r.log_z) && isnan(r.error) && isnan(r.rows[0].entropy) && isnan(r.bar));
    assert_contains(r.diagnosis, "too few temperatures");
    heat_logz_result_clear(&r);
    heat_context_free(ctx);
}

static void sweeps_and_time_end_a_run(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_logz_options o = options_of("mbar");
    heat_logz_result r;

    o.target_error = 1e-9;
    o.sweeps = 512;
    r = run(ctx, "ea:4x4,seed=5", &o);
    assert_int_equal(r.outcome, HEAT_OUTCOME_NOT_CONVERGED);
    assert_true(isfinite(r.log_z) && r.error > 1e-9 && r.n_sweeps == 512); /* honest, though too wide */
    heat_logz_result_clear(&r);
    o.sweeps = 64; /* of which every one is of the way from the random start */
    r = run(ctx, "ea:4x4,seed=5", &o);
    assert_int_equal(r.outcome, HEAT_OUTCOME_NOT_CONVERGED);
    assert_true(isnan(r.log_z) && isnan(r.error));
    assert_contains(r.diagnosis, "only 64 sweeps");
    heat_logz_result_clear(&r);
    o.sweeps = 1000000000;
    o.time = 1;
    r = run(ctx, "ea:4x4,seed=5", &o);
    assert_int_equal(r.outcome, HEAT_OUTCOME_TIME);
    heat_logz_result_clear(&r);
    o.time = 0;
    r = run(ctx, "ea:4x4,seed=5", &o);
    assert_int_equal(r.outcome, HEAT_OUTCOME_TIME);
    assert_true(isnan(r.log_z) && isnan(r.rows[0].mean_energy));
    heat_logz_result_clear(&r);
    heat_context_free(ctx);
}

static void auto_takes_the_exact_road_where_it_can(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_logz_options o = options_of("auto");
    heat_logz_result r = run(ctx, "lattice:8x8", &o);

    assert_true(r.exact && r.outcome == HEAT_OUTCOME_PROVED);
    heat_logz_result_clear(&r);
    o.temperature = 2;
    r = run(ctx, "sk:64", &o);
    assert_true(!r.exact && r.outcome == HEAT_OUTCOME_CONVERGED);
    assert_string_equal(r.method, "mbar");
    heat_logz_result_clear(&r);
    heat_context_free(ctx);
}

/* All weights alike: a sum over how many hidden units are on. */
static void auto_anneals_two_large_layers(void **state)
{
    (void)state;
    enum { V = 130, H = 129 };
    const double w = 0.02, b = -1, c = -0.5;
    static double weights[V * H], visible[V], hidden[H];
    heat_context *ctx = test_context();
    heat_logz_options o = options_of("auto");
    double log_z = -(double)INFINITY;
    heat_logz_result r;
    heat_model *model;
    heat_rbm rbm;

    for (int k = 0; k < V * H; k++)
        weights[k] = w;
    for (int i = 0; i < V; i++)
        visible[i] = b;
    for (int j = 0; j <= H; j++) {
        double term =
            lgamma(H + 1.0) - lgamma(j + 1.0) - lgamma(H - j + 1.0) + j * c + V * log1p(exp(b + j * w));
        log_z = fmax(log_z, term) + log1p(exp(-fabs(log_z - term)));
        if (j < H)
            hidden[j] = c;
    }
    heat_rbm_init(&rbm);
    rbm.n_visible = V;
    rbm.n_hidden = H;
    rbm.weights = weights;
    rbm.visible_bias = visible;
    rbm.hidden_bias = hidden;
    assert_ok(ctx, heat_model_create_rbm(ctx, &rbm, &model));
    heat_logz_result_init(&r);
    o.replicas = 256;
    assert_ok(ctx, heat_logz(ctx, model, &o, &r));
    print_message("%s: %.4f +- %.4f (exact %.4f)\n", r.method, r.log_z, r.error, log_z);
    assert_string_equal(r.method, "ais");
    assert_int_equal(r.outcome, HEAT_OUTCOME_CONVERGED);
    assert_close(r.log_z, log_z, 5 * r.error);
    heat_logz_result_clear(&r);
    heat_model_free(model);
    heat_context_free(ctx);
}

/* An energy of one callback: all spins alike are rewarded. */
static int curie_energy(void *user, int64_t n_rows, const int8_t *states, double *energies)
{
    int32_t n = *(const int32_t *)user;

    for (int64_t r = 0; r < n_rows; r++) {
        double m = 0;
        for (int32_t i = 0; i < n; i++)
            m += states[r * n + i];
        energies[r] = -m * m / (2 * n);
    }
    return 0;
}

static void a_callback_is_enough(void **state)
{
    (void)state;
    enum { N = 20 };
    static int32_t n = N;
    heat_context *ctx = test_context();
    heat_custom custom;
    heat_model *model;
    double log_z = -(double)INFINITY;

    heat_custom_init(&custom);
    custom.user = &n;
    custom.name = "curie-weiss";
    custom.n_variables = N;
    custom.energy = curie_energy;
    assert_ok(ctx, heat_model_create_custom(ctx, &custom, &model));
    for (int k = 0; k <= N; k++) {
        double m = 2 * k - N,
               term = lgamma(N + 1.0) - lgamma(k + 1.0) - lgamma(N - k + 1.0) + m * m / (2 * N);
        log_z = fmax(log_z, term) + log1p(exp(-fabs(log_z - term)));
    }
    for (int m = 0; m < N_METHODS; m++) {
        heat_logz_options o = options_of(methods[m]);
        heat_logz_result r;
        if (is_exact(methods[m]))
            continue;
        heat_logz_result_init(&r);
        o.target_error = 0.05;
        if (is_wang_landau(methods[m])) {
            assert_int_equal(heat_logz(ctx, model, &o, &r), HEAT_ERROR_OPTION);
            assert_contains(heat_context_error(ctx), "whole numbers");
            continue;
        }
        assert_ok(ctx, heat_logz(ctx, model, &o, &r));
        print_message("%s: %.4f +- %.4f (exact %.4f)\n", methods[m], r.log_z, r.error, log_z);
        assert_int_equal(r.outcome, HEAT_OUTCOME_CONVERGED);
        assert_close(r.log_z, log_z, 5 * r.error);
        heat_logz_result_clear(&r);
    }
    heat_model_free(model);
    heat_context_free(ctx);
}

/* Every level of the 4 x 4 torus to within 5 of its errors, those below 2 %, and the two ground states. */
static void the_density_of_states_is_counted(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_logz_options o = options_of("wang-landau");
    FILE *f = fopen(test_data("exact/ising2d_L4_dos.tsv"), "r");
    char line[256];
    double e, g;
    int64_t level = 0;
    heat_logz_result r;

    assert_non_null(f);
    o.target_error = 0.008;
    o.temperature = 0.1;
    r = run(ctx, "lattice:4x4", &o);
    assert_int_equal(r.outcome, HEAT_OUTCOME_CONVERGED);
    while (fgets(line, sizeof line, f) != NULL)
        if (sscanf(line, "%lf %lf", &e, &g) == 2 && g > 0) {
            assert_true(level < r.n_levels && r.levels[level].energy == e);
            assert_true(r.levels[level].error < 0.02);
            assert_close(r.levels[level].log_count, log(g), 5 * r.levels[level].error);
            level++;
        }
    assert_true(level == r.n_levels && level > 10);
    assert_close(r.rows[0].entropy, log(2), 5 * r.rows[0].entropy_error);
    assert_true(r.ground_energy == -32 && r.log_degeneracy == r.levels[0].log_count);
    heat_logz_result_clear(&r);
    o.sweeps = 64;
    r = run(ctx, "lattice:16x16", &o);
    assert_int_equal(r.outcome, HEAT_OUTCOME_NOT_CONVERGED);
    assert_true(isnan(r.log_z) && strstr(r.diagnosis, "more sweeps") != NULL);
    heat_logz_result_clear(&r);
    fclose(f);
    heat_context_free(ctx);
}

/* A frustrated lattice has many ground states: log Z + E / T at a temperature that sees no others. Where the
 * coldest temperature hardly meets them, they are not counted. */
static void ground_states_are_counted_from_the_cold_end(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_logz_options o = options_of("exact");
    heat_logz_result r;
    double log_g;

    o.temperature = 0.02;
    r = run(ctx, "triangular:4x5,J=-1", &o);
    log_g = r.log_z + r.rows[0].mean_energy / o.temperature;
    assert_close(r.log_degeneracy, log_g, 1e-9);
    heat_logz_result_clear(&r);
    o = options_of("mbar");
    o.temperature = 0.5;
    o.target_error = 0.01;
    r = run(ctx, "triangular:4x5,J=-1", &o);
    assert_true(r.ground_energy == -20 && r.log_degeneracy_error < 0.02);
    assert_close(r.log_degeneracy, log_g, 5 * r.log_degeneracy_error);
    heat_logz_result_clear(&r);
    o.temperature = 10;
    r = run(ctx, "ea:8x8", &o);
    assert_true(r.outcome == HEAT_OUTCOME_CONVERGED && isnan(r.log_degeneracy) && isnan(r.ground_energy));
    heat_logz_result_clear(&r);
    heat_context_free(ctx);
}

/* With these seeds the way there alone ends high: its bound has to give way to the estimate. */
static void an_estimate_lies_between_its_bounds(void **state)
{
    (void)state;
    static const char *const specs[] = {"lattice:4x4", "sk:12,h=0.5"};
    static const uint64_t seeds[] = {26, 2};
    heat_context *ctx = test_context();

    for (int k = 0; k < 2; k++) {
        heat_logz_options o = options_of("ais");
        heat_logz_result r;
        o.target_error = 0.02;
        o.seed = seeds[k];
        r = run(ctx, specs[k], &o);
        assert_true(r.rows[0].log_z_lower <= r.log_z - 1.99 * r.error);
        assert_true(r.rows[0].log_z_upper >= r.log_z + 1.99 * r.error);
        heat_logz_result_clear(&r);
    }
    heat_context_free(ctx);
}

/* From units with the marginals of the model the way is shorter, and ends at the same sum. */
static void estimates_start_from_matched_units(void **state)
{
    (void)state;
    static const char *const specs[] = {"sk:12,h=0.5", "ea:4x4,h=gauss", "lattice:4x4"};
    static const char *const ways[] = {"ais", "population", "mbar"};
    heat_context *ctx = test_context();

    for (int k = 0; k < 9; k++) {
        heat_logz_options o = options_of("exact");
        heat_logz_result truth = run(ctx, specs[k / 3], &o), uniform, matched;
        o = options_of(ways[k % 3]);
        o.reference = "uniform";
        uniform = run(ctx, specs[k / 3], &o);
        o.reference = "base-rate";
        matched = run(ctx, specs[k / 3], &o);
        assert_int_equal(matched.outcome, HEAT_OUTCOME_CONVERGED);
        check_row(specs[k / 3], ways[k % 3], &matched.rows[0], &truth.rows[0]);
        assert_true(matched.log_z != uniform.log_z);
        if (k / 3 < 2 && k % 3 < 2)
            assert_true(matched.error < 0.8 * uniform.error || matched.n_sweeps < uniform.n_sweeps);
        if (k / 3 < 2 && k % 3 == 2)
            assert_true(matched.n_rungs <= uniform.n_rungs &&
                        matched.rungs[0].log_z != uniform.rungs[0].log_z);
        if (k == 0)
            assert_true(matched.rows[0].log_z_lower < truth.log_z &&
                        matched.rows[0].log_z_upper > truth.log_z);
        heat_logz_result_clear(&truth);
        heat_logz_result_clear(&uniform);
        heat_logz_result_clear(&matched);
    }
    heat_context_free(ctx);
}

/* An RBM, whichever way its chains are kept: both layers have biases of their own. */
static void an_rbm_starts_from_its_base_rates(void **state)
{
    (void)state;
    enum { V = 8, H = 6 };
    heat_context *ctx = test_context();
    heat_logz_options o = options_of("exact");
    heat_logz_result truth, r;
    double weights[V * H], visible[V], hidden[H];
    heat_model *model;
    heat_rbm rbm;

    heat_rbm_init(&rbm);
    rbm.n_visible = V;
    rbm.n_hidden = H;
    rbm.weights = weights;
    rbm.visible_bias = visible;
    rbm.hidden_bias = hidden;
    for (int k = 0; k < V * H; k++)
        weights[k] = 1.5 * sin(1 + 2.3 * k);
    for (int k = 0; k < V; k++)
        visible[k] = sin(2 + 5.1 * k) - 0.5;
    for (int k = 0; k < H; k++)
        hidden[k] = sin(3 + 1.7 * k) - 0.5;
    assert_ok(ctx, heat_model_create_rbm(ctx, &rbm, &model));
    heat_logz_result_init(&truth);
    assert_ok(ctx, heat_logz(ctx, model, &o, &truth));
    for (int k = 0; k < 6; k++) {
        o = options_of(k % 3 == 0 ? "ais" : k % 3 == 1 ? "population" : "mbar");
        o.target_error = 0.02;
        o.reference = k / 3 == 0 ? "base-rate" : "auto";
        heat_logz_result_init(&r);
        assert_ok(ctx, heat_logz(ctx, model, &o, &r));
        assert_int_equal(r.outcome, HEAT_OUTCOME_CONVERGED);
        check_row("rbm", o.method, &r.rows[0], &truth.rows[0]);
        heat_logz_result_clear(&r);
    }
    heat_logz_result_clear(&truth);
    heat_model_free(model);
    heat_context_free(ctx);
}

static void matched_units_have_two_values_at_one_temperature(void **state)
{
    (void)state;
    static const char *const specs[] = {"potts:3x3,q=3", "sk:8,h=1"};
    heat_context *ctx = test_context();

    for (int k = 0; k < 2; k++) {
        heat_logz_options o = options_of("ais");
        heat_logz_result r;
        heat_model *model;
        o.reference = "base-rate";
        o.temperature_set = k == 0 ? "1" : "1,2";
        heat_logz_result_init(&r);
        assert_ok(ctx, heat_model_load(ctx, specs[k], &model));
        assert_int_equal(heat_logz(ctx, model, &o, &r), HEAT_ERROR_OPTION);
        assert_contains(heat_context_error(ctx), "two values, at one temperature");
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

/* The exact road's ground states, whatever the temperature asked for, against a look at every state. */
static void exact_sums_count_the_ground_states(void **state)
{
    (void)state;
    enum { MOST = 12 };
    static const char *const specs[] = {"lattice:3x4", "triangular:3x3,J=-1", "regular:10,k=3,J=-1,seed=4"};
    heat_context *ctx = test_context();

    for (size_t k = 0; k < sizeof specs / sizeof *specs; k++) {
        heat_logz_options o = options_of("exact");
        double lowest = (double)INFINITY, count = 0, energy;
        heat_model_info info;
        heat_logz_result r;
        heat_model *model;
        assert_ok(ctx, heat_model_load(ctx, specs[k], &model));
        heat_model_describe(model, &info);
        assert_true(info.n_variables <= MOST);
        for (int x = 0; x < 1 << info.n_variables; x++) {
            int8_t row[MOST];
            for (int i = 0; i < info.n_variables; i++)
                row[i] = x >> i & 1 ? 1 : -1;
            assert_ok(ctx, heat_model_energies(ctx, model, 1, row, &energy));
            count = energy < lowest ? 1 : count + (energy == lowest);
            lowest = fmin(lowest, energy);
        }
        o.temperature = 3;
        heat_logz_result_init(&r);
        assert_ok(ctx, heat_logz(ctx, model, &o, &r));
        assert_true(r.ground_energy == lowest && r.log_degeneracy_error == 0);
        assert_close(r.log_degeneracy, log(count), 1e-10);
        heat_logz_result_clear(&r);
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

/* Energies of a million, in which the fluctuations are a millionth: nothing is lost. */
static void a_large_offset_is_carried(void **state)
{
    (void)state;
    static const int32_t i[] = {0, 1, 2, 3}, j[] = {1, 2, 3, 0};
    static const double coupling[] = {1, -1, 1, 1};
    heat_context *ctx = test_context();

    for (int m = 0; m < N_METHODS; m++)
        for (int side = -1; side <= 1; side += 2) {
            heat_logz_options o = options_of(methods[m]);
            heat_logz_result r;
            heat_model *model;
            double z = 0;
            for (int x = 0; x < 16; x++) {
                double e = 0;
                for (int k = 0; k < 4; k++)
                    e -= coupling[k] * (2 * (x >> i[k] & 1) - 1) * (2 * (x >> j[k] & 1) - 1);
                z += exp(-e);
            }
            heat_logz_result_init(&r);
            assert_ok(ctx, heat_model_create_ising(ctx, 4, 4, i, j, coupling, NULL, side * 1e6, &model));
            assert_ok(ctx, heat_logz(ctx, model, &o, &r));
            assert_close(r.log_z, log(z) - side * 1e6, 5 * r.error + 1e-9);
            assert_true(r.error < 0.03);
            heat_logz_result_clear(&r);
            heat_model_free(model);
        }
    heat_context_free(ctx);
}

/* Penalties of a million beside fields of a few: what the coldest chains tell apart, hot ones meet in
 * passing. */
static void large_couplings_beside_small_ones_are_carried(void **state)
{
    (void)state;
    enum { SPINS = 5, PAIRS = 5 };
    static const char *const names[] = {"mbar", "population"};
    static const int32_t i[PAIRS] = {0, 1, 0, 2, 3}, j[PAIRS] = {1, 2, 2, 3, 4};
    static const double coupling[PAIRS] = {1e6, -1e6, 7e5, 1, -2};
    static const double fields[2][SPINS] = {{3, 0, 0, 1, 0}, {0.7, 0, -0.4, 0.3, 0}};
    heat_context *ctx = test_context();

    for (int kind = 0; kind < 2; kind++) {
        heat_logz_options o = options_of("exact");
        heat_logz_result exact, r;
        heat_model *model;
        assert_ok(ctx, heat_model_create_ising(ctx, SPINS, PAIRS, i, j, coupling, fields[kind], 0, &model));
        heat_logz_result_init(&exact);
        assert_ok(ctx, heat_logz(ctx, model, &o, &exact));
        for (int m = 0; m < 2; m++) {
            o = options_of(names[m]);
            heat_logz_result_init(&r);
            assert_ok(ctx, heat_logz(ctx, model, &o, &r));
            assert_int_equal(r.outcome, HEAT_OUTCOME_CONVERGED);
            assert_close(r.log_z, exact.log_z, 5 * r.error);
            assert_true(r.error < 0.03);
            heat_logz_result_clear(&r);
        }
        heat_logz_result_clear(&exact);
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

/* All that happens on the way happens before beta = 2e-5; the last step goes on to 1. */
static void annealing_takes_steps_decades_apart(void **state)
{
    (void)state;
    static const int32_t i[] = {0, 1, 0}, j[] = {1, 2, 2};
    static const double coupling[] = {1e6, -1e6, 7e5};
    heat_context *ctx = test_context();
    heat_logz_options o = options_of("ais");
    heat_logz_result r;
    heat_model *model;

    assert_ok(ctx, heat_model_create_ising(ctx, 3, 3, i, j, coupling, NULL, 0, &model));
    heat_logz_result_init(&r);
    assert_ok(ctx, heat_logz(ctx, model, &o, &r));
    assert_int_equal(r.outcome, HEAT_OUTCOME_CONVERGED);
    assert_close(r.log_z, 1.3e6 + log(2), 5 * r.error);
    assert_true(r.error < 0.03 && r.n_sweeps < 5000);
    heat_logz_result_clear(&r);
    heat_model_free(model);
    heat_context_free(ctx);
}

enum { HOLE_UNITS = 20 };

/* One state alone is low, by more than all others weigh together: no chain that is cooled finds it. */
static int hole_energy(void *user, int64_t n_rows, const int8_t *states, double *energies)
{
    (void)user;
    for (int64_t r = 0; r < n_rows; r++) {
        int n = 0;
        for (int i = 0; i < HOLE_UNITS; i++)
            n += states[r * HOLE_UNITS + i] == 1;
        energies[r] = n == HOLE_UNITS ? -HOLE_UNITS : 0.01 * n;
    }
    return 0;
}

static heat_logz_result count_hole(heat_context *ctx, const heat_model *model, const int8_t *states)
{
    heat_typical_rows rows = {states == NULL ? 0 : 50, HOLE_UNITS, states};
    heat_logz_options o = options_of("ais");
    heat_logz_result r;

    o.replicas = 64;
    o.target_error = 0.1;
    o.reference = "uniform";
    o.sweeps = 500;
    heat_logz_result_init(&r);
    assert_ok(ctx, heat_logz_by_rows(ctx, model, &rows, &o, &r));
    return r;
}

/* Annealing alone is sure of what it found; beside chains from rows in the hole it is refused, and beside
 * such as lie elsewhere it is as sure as alone. */
static void a_valley_that_was_missed_is_seen_from_the_data(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    const double missed = HOLE_UNITS * log1p(exp(-0.01));
    int8_t states[50 * HOLE_UNITS];
    heat_logz_result r;
    heat_custom custom;
    heat_model *model;

    heat_custom_init(&custom);
    custom.name = "hole";
    custom.n_variables = HOLE_UNITS;
    custom.energy = hole_energy;
    assert_ok(ctx, heat_model_create_custom(ctx, &custom, &model));
    r = count_hole(ctx, model, NULL);
    assert_int_equal(r.outcome, HEAT_OUTCOME_CONVERGED);
    assert_close(r.log_z, missed, 5 * r.error);
    heat_logz_result_clear(&r);
    for (int k = 0; k < 50 * HOLE_UNITS; k++)
        states[k] = k * 7 / 3 % 5 < 2 ? 1 : -1;
    r = count_hole(ctx, model, states);
    assert_int_equal(r.outcome, HEAT_OUTCOME_CONVERGED);
    assert_close(r.log_z, missed, 5 * r.error);
    heat_logz_result_clear(&r);
    memset(states, 1, sizeof states);
    r = count_hole(ctx, model, states);
    assert_int_equal(r.outcome, HEAT_OUTCOME_NOT_CONVERGED);
    assert_true(isnan(r.log_z));
    assert_contains(r.diagnosis, "find a larger log Z");
    heat_logz_result_clear(&r);
    heat_model_free(model);
    heat_context_free(ctx);
}

enum { FEW = 6 };

/* What a broken callback does where more spins are up than down. */
typedef struct breaking {
    double energy;
    int failure;
} breaking;

static int breaking_energy(void *user, int64_t n_rows, const int8_t *states, double *energies)
{
    const breaking *b = user;

    for (int64_t r = 0; r < n_rows; r++) {
        int m = 0;
        for (int i = 0; i < FEW; i++)
            m += states[r * FEW + i];
        energies[r] = m > 0 ? b->energy : -m;
        if (m > 0 && b->failure != 0)
            return b->failure;
    }
    return 0;
}

static heat_status count_breaking(heat_context *ctx, breaking how, const char *method, heat_logz_result *r)
{
    heat_logz_options o = options_of(method);
    heat_custom custom;
    heat_model *model;
    heat_status status;

    heat_custom_init(&custom);
    custom.name = "broken";
    custom.user = &how;
    custom.n_variables = FEW;
    custom.energy = breaking_energy;
    assert_ok(ctx, heat_model_create_custom(ctx, &custom, &model));
    heat_logz_result_init(r);
    status = heat_logz(ctx, model, &o, r);
    heat_model_free(model);
    return status;
}

static void a_broken_callback_is_an_error_on_every_road(void **state)
{
    static const struct {
        breaking how;
        const char *says;
    } cases[] = {{{(double)NAN, 0}, "nan"}, {{-(double)INFINITY, 0}, "inf"}, {{0, 7}, "7"}};
    heat_context *ctx = test_context();

    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++)
        for (int m = 0; m < N_METHODS; m++) {
            heat_logz_result r;
            if (is_wang_landau(methods[m])) /* real energies */
                continue;
            assert_int_not_equal(count_breaking(ctx, cases[k].how, methods[m], &r), HEAT_OK);
            assert_contains(heat_context_error(ctx), cases[k].says);
            heat_logz_result_clear(&r);
        }
    heat_context_free(ctx);
}

/* States of energy inf count nothing. An estimate that cannot go round them says so. */
static void forbidden_states_are_left_out_or_refused(void **state)
{
    heat_context *ctx = test_context();
    const double log_z = log(exp(-6) + 6 * exp(-4) + 15 * exp(-2) + 20);

    (void)state;
    for (int m = 0; m < N_METHODS; m++) {
        heat_logz_result r;
        heat_status status;
        if (is_wang_landau(methods[m]))
            continue;
        status = count_breaking(ctx, (breaking){(double)INFINITY, 0}, methods[m], &r);
        print_message("%s: %s %.6f +- %.6f (%.6f)\n", methods[m],
                      status == HEAT_OK ? r.diagnosis : heat_context_error(ctx), r.log_z, r.error, log_z);
        if (is_exact(methods[m]) || (status == HEAT_OK && !isnan(r.log_z))) {
            assert_ok(ctx, status);
            assert_close(r.log_z, log_z, fmax(1e-12, 5 * r.error));
        } else if (status != HEAT_OK) {
            assert_contains(heat_context_error(ctx), "inf");
        }
        heat_logz_result_clear(&r);
    }
    heat_context_free(ctx);
}

static heat_status estimate(heat_context *ctx, void *arg)
{
    heat_logz_options o = options_of(arg);
    heat_logz_result r;
    heat_model *model = NULL;
    heat_status status = heat_model_load(ctx, "lattice:3x3", &model);

    heat_logz_result_init(&r);
    o.replicas = 20;
    o.sweeps = 256;
    if (status == HEAT_OK)
        status = heat_logz(ctx, model, &o, &r);
    heat_logz_result_clear(&r);
    heat_model_free(model);
    return status;
}

static void every_failing_allocation_is_reported(void **state)
{
    char mbar[] = "mbar", wang_landau[] = "wang-landau", ais[] = "ais";

    (void)state;
    test_failing_allocations(estimate, mbar);
    test_failing_allocations(estimate, wang_landau);
    test_failing_allocations(estimate, ais);
}

/* Halted while they search, walkers have densities of their own, in parts of the average: of the 4 x 4 torus
 * against its exact counts, of -32, -24, ..., 32. */
static void walkers_under_way_have_densities(void **state)
{
    static const double counts[] = {2, 32, 64, 424, 1728, 6688, 13568, 20524};
    static const int energies[] = {-32, -24, -20, -16, -12, -8, -4, 0};
    enum { WALKERS = 16, LEVELS = sizeof counts / sizeof *counts };
    heat_context *ctx = test_context();
    heat_logz_options o = options_of("wang-landau");
    heat_counting c = {.opt = &o};
    heat_level_walk w;
    heat_model *model;

    (void)state;
    assert_ok(ctx, heat_model_load(ctx, "lattice:4x4", &model));
    c.model = model;
    heat_model_describe(model, &c.info);
    assert_ok(ctx, heat_level_walk_open(ctx, &c, WALKERS, &w));
    assert_ok(ctx, heat_level_walk_run(ctx, &w, 4096));
    assert_int_equal(w.n_sweeps, 4096);
    assert_ok(ctx, heat_level_walk_fix(ctx, &w, true));
    for (int k = 0; k < LEVELS; k++) {
        double mean = 0, of_zero = 0;
        for (int v = 0; v < WALKERS; v++) {
            const heat_level_table *t = &w.table[v];
            double parts = t->visits[energies[k] - t->first];
            assert_true(fabs(log(parts)) < 0.5);
            mean += parts / WALKERS;
            of_zero += t->visits[-t->first] / WALKERS;
        }
        mean = log(mean / of_zero) + w.table[0].log_g[energies[k] - w.table[0].first] -
               w.table[0].log_g[-w.table[0].first];
        assert_close(mean, log(counts[k] / counts[LEVELS - 1]), 0.1);
    }
    heat_level_walk_close(&w);
    heat_model_free(model);
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_estimate_agrees_with_the_exact_sum),
        cmocka_unit_test(real_couplings_are_counted_too),
        cmocka_unit_test(threads_and_instruction_sets_change_no_bit),
        cmocka_unit_test(a_ladder_carries_its_cross_checks),
        cmocka_unit_test(too_few_temperatures_are_refused),
        cmocka_unit_test(sweeps_and_time_end_a_run),
        cmocka_unit_test(auto_takes_the_exact_road_where_it_can),
        cmocka_unit_test(auto_anneals_two_large_layers),
        cmocka_unit_test(a_callback_is_enough),
        cmocka_unit_test(the_density_of_states_is_counted),
        cmocka_unit_test(ground_states_are_counted_from_the_cold_end),
        cmocka_unit_test(an_estimate_lies_between_its_bounds),
        cmocka_unit_test(estimates_start_from_matched_units),
        cmocka_unit_test(an_rbm_starts_from_its_base_rates),
        cmocka_unit_test(matched_units_have_two_values_at_one_temperature),
        cmocka_unit_test(exact_sums_count_the_ground_states),
        cmocka_unit_test(a_large_offset_is_carried),
        cmocka_unit_test(large_couplings_beside_small_ones_are_carried),
        cmocka_unit_test(annealing_takes_steps_decades_apart),
        cmocka_unit_test(a_valley_that_was_missed_is_seen_from_the_data),
        cmocka_unit_test(a_broken_callback_is_an_error_on_every_road),
        cmocka_unit_test(forbidden_states_are_left_out_or_refused),
        cmocka_unit_test(walkers_under_way_have_densities),
        cmocka_unit_test(every_failing_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
