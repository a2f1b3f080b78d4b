/* Every engine against exact values: the distribution of states on small models, of energies on the 8x8
 * torus, and averages of heat_sample against tables. One state a chain: no draw knows of another. */
#include "compare.h"
#include "ledger.h"
#include "random/stream.h"
#include "sample/engine.h"
#include "support.h"
#include "survival.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct subject {
    heat_context *ctx;
    const heat_engine *engine;
} subject;

/* A frustrated function of 5 variables with 3 values: a ring with unlike neighbours, tilted by site. */
static int three_valued(void *user, int64_t n_rows, const int8_t *x, double *energies)
{
    (void)user;
    for (int64_t r = 0; r < n_rows; r++, x += 5) {
        energies[r] = 0;
        for (int i = 0; i < 5; i++)
            energies[r] +=
                (x[i] == x[(i + 1) % 5] ? 0.7 : 0.1 * i) - 0.3 * x[i] * (i - 2) / (1 + x[(i + 2) % 5]);
    }
    return 0;
}

/* Three-spin couplings, which no pairwise kernel sees. */
static int triplets(void *user, int64_t n_rows, const int8_t *s, double *energies)
{
    (void)user;
    for (int64_t r = 0; r < n_rows; r++, s += 7) {
        energies[r] = 0;
        for (int i = 0; i < 7; i++)
            energies[r] += -0.8 * s[i] * s[(i + 1) % 7] * s[(i + 3) % 7] + 0.2 * s[i];
    }
    return 0;
}

static heat_model *custom_model(heat_context *ctx, bool three)
{
    heat_custom c;
    heat_model *model;

    heat_custom_init(&c);
    c.n_variables = three ? 5 : 7;
    c.n_states = three ? 3 : 2;
    c.coding = three ? HEAT_CODING_INDEX : HEAT_CODING_SPIN;
    c.energy = three ? three_valued : triplets;
    assert_ok(ctx, heat_model_create_custom(ctx, &c, &model));
    return model;
}

static const struct {
    const char *spec; /* NULL: custom */
    bool three;
    double temperature;
    int slow; /* times as many sweeps of cluster engines: frustrated, and in a field, most clusters are held
               */
} small[] = {
    {"sk:8,J=gauss,seed=3", false, 0.8, 1},
    {"sk:8,J=gauss,h=0.3,seed=4", false, 0.7, 16},
    {"regular:8,k=3,J=pm,h=1,seed=5", false, 1.5, 4},
    {"lattice:2x4,J=0.5", false, 1.0, 1},
    {NULL, true, 0.6, 1},
    {NULL, false, 1.2, 1},
};
enum { N_SMALL = sizeof small / sizeof *small };

static double judge_states(uint64_t seed, int factor, void *arg)
{
    const subject *s = arg;
    double p[N_SMALL];
    int n = 0;

    for (int k = 0; k < N_SMALL; k++) {
        heat_model *model;
        compare_sample sample = {.engine = s->engine->name,
                                 .temperature = small[k].temperature,
                                 .n_draws = 12288 * factor,
                                 .n_sweeps = 30,
                                 .seed = seed * N_SMALL + (uint64_t)k};
        int64_t n_states;
        double *probability;
        if (small[k].spec == NULL && (s->engine->rule == NULL || s->engine->n_paired == 2))
            continue; /* exact draws and clusters need pairs of spins */
        if (small[k].spec == NULL)
            model = custom_model(s->ctx, small[k].three);
        else
            assert_ok(s->ctx, heat_model_load(s->ctx, small[k].spec, &model));
        if (small[k].spec == NULL)
            sample.n_draws /= 2;
        if (s->engine->layout == &heat_layout_clusters && small[k].slow > 1) {
            sample.n_sweeps = 60 * small[k].slow;
            sample.n_draws = 32768 / small[k].slow * factor;
        }
        sample.model = model;
        probability = compare_enumerate(s->ctx, model, sample.temperature, &n_states);
        p[n] = compare_states(s->ctx, &sample, probability, n_states);
        print_message("  %s, T = %g: p = %.3g\n", small[k].spec == NULL ? "custom" : small[k].spec,
                      sample.temperature, p[n]);
        n++;
        free(probability);
        heat_model_free(model);
    }
    return survival_least(n, p);
}

static double judge_torus(uint64_t seed, int factor, void *arg)
{
    const subject *s = arg;
    double energy[65], weight[65], p;
    int64_t n_levels = compare_load_levels("exact/ising2d_L8_dos.tsv", 65, energy, weight);
    heat_model *model;
    compare_sample sample = {.engine = s->engine->name,
                             .temperature = 2.5,
                             .n_draws = 8192 * factor,
                             .n_sweeps = s->engine->layout == &heat_layout_clusters ? 40 : 160,
                             .seed = seed};

    assert_int_equal(n_levels, 65);
    assert_ok(s->ctx, heat_model_load(s->ctx, "lattice:8x8", &model));
    sample.model = model;
    p = compare_energies(s->ctx, &sample, sample.temperature, n_levels, energy, weight);
    heat_model_free(model);
    return p;
}

static void for_every_engine(const char *what, ledger_trial_fn trial)
{
    subject s = {.ctx = test_context()};

    for (int k = 0; k < heat_engine_count(); k++) {
        char name[64];
        s.engine = heat_engine_at(k);
        if (s.engine == &heat_engine_gibbs || s.engine->walk != NULL)
            continue; /* no layers here, and no space: test_layers.c, test_walks.c */
        snprintf(name, sizeof name, "%s %s", what, s.engine->name);
        ledger_judge(name, trial, &s);
    }
    heat_context_free(s.ctx);
}

static void states_follow_boltzmann(void **state)
{
    (void)state;
    for_every_engine("states", judge_states);
}

static void energies_of_the_torus_follow_its_density_of_states(void **state)
{
    (void)state;
    test_data("exact/ising2d_L8_dos.tsv");
    for_every_engine("torus energies", judge_torus);
}

static void exact_draws_need_pairs(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model = custom_model(ctx, true);
    heat_sample_options opt;
    heat_sample_result r = {0};

    heat_sample_options_init(&opt);
    opt.engine = "exact";
    assert_int_equal(heat_sample(ctx, model, &opt, &r), HEAT_ERROR_UNABLE);
    heat_model_free(model);
    heat_context_free(ctx);
}

/* A table of exact values, its rows, and how one of its systems is built. */
enum { MOST_ROWS = 512 };
typedef struct table {
    heat_context *ctx;
    const char *file;
    bool (*wanted)(const test_row *row);
    heat_model *(*build)(heat_context *ctx, const test_row *row);
    /* The estimate and error of the row's quantity; false if the run does not measure it. */
    bool (*read)(const test_row *row, const heat_sample_result *r, double *mean, double *error);
    int64_t sweeps;
    int most_refused; /* runs that may be too slow for their sweeps */
    test_row rows[MOST_ROWS];
    int n;
    int runs, refused; /* of the last trial */
} table;

static void keep_row(const test_row *row, void *arg)
{
    table *t = arg;

    if (!t->wanted(row))
        return;
    assert_true(t->n < MOST_ROWS);
    t->rows[t->n++] = *row;
}

/* One run by one engine for all rows of one system and temperature. What heat_sample refuses is left out and
 * counted: that is what refusing is for. */
static void measure(table *t, int first, const char *engine, uint64_t seed, int factor, compare_table *cells)
{
    const test_row *head = &t->rows[first];
    heat_model *model = t->build(t->ctx, head);
    heat_sample_options opt;
    heat_sample_result r = {0};

    heat_sample_options_init(&opt);
    opt.engine = engine;
    opt.seed = seed;
    opt.threads = 1;
    opt.replicas = 8;
    opt.temperature = test_parameter(head, "T", (double)NAN);
    opt.sweeps = t->sweeps * factor;
    if (strcmp(engine, "exact") == 0)
        opt.sweeps = t->sweeps / 4 * factor;
    else
        opt.burn_in = 500;
    opt.observables = "spins,edges";
    assert_ok(t->ctx, heat_sample(t->ctx, model, &opt, &r));
    t->runs++;
    t->refused += r.outcome != HEAT_OUTCOME_CONVERGED;
    for (int k = first; k < t->n && r.outcome == HEAT_OUTCOME_CONVERGED; k++) {
        double mean, error;
        if (strcmp(t->rows[k].name, head->name) != 0 || strcmp(t->rows[k].parameters, head->parameters) != 0)
            continue;
        if (!t->read(&t->rows[k], &r, &mean, &error))
            continue;
        if (!(fabs(mean - t->rows[k].value) <= 4 * error) && fabs(mean - t->rows[k].value) > 1e-12)
            print_message("  look: %s %s %s %s: %.8g +- %.2g, exact %.8g; %s\n", engine, head->name,
                          head->parameters, t->rows[k].quantity, mean, error, t->rows[k].value, r.reasons);
        compare_add(cells, t->rows[k].quantity, mean, error, t->rows[k].value);
    }
    heat_sample_result_clear(&r);
    heat_model_free(model);
}

enum { EXACT = 2 };

/* The L = 16 torus is too wide to be exact. Below T = 1 single moves may stay in one valley of a glass for
 * all of a run, and no diagnostic sees a valley that no chain has entered: exact draws alone go there. */
static bool takes_part(const test_row *row, int engine)
{
    return engine == EXACT ? test_parameter(row, "L", 0) < 16 : test_parameter(row, "T", 0) >= 1;
}

static double judge_table(uint64_t seed, int factor, void *arg)
{
    static const char *const engines[] = {"metropolis", "heat-bath", "exact"};
    table *t = arg;
    compare_table cells = {0};
    uint64_t run = 0;

    t->runs = t->refused = 0;

    for (int first = 0; first < t->n; first++) {
        bool seen = false;
        for (int k = 0; k < first && !seen; k++)
            seen = strcmp(t->rows[k].name, t->rows[first].name) == 0 &&
                   strcmp(t->rows[k].parameters, t->rows[first].parameters) == 0;
        for (int e = 0; e < 3 && !seen; e++, run++)
            if (takes_part(&t->rows[first], e))
                measure(t, first, engines[e], seed * 4096 + run, factor, &cells);
    }
    print_message("  %d of %d runs refused\n", t->refused, t->runs);
    return compare_judge(&cells);
}

static void judge_file(const char *name, table *t)
{
    test_data(t->file);
    t->ctx = test_context();
    test_each_row(t->file, keep_row, t);
    assert_true(t->n > 0);
    ledger_judge(name, judge_table, t);
    assert_true(t->refused <= t->most_refused);
    heat_context_free(t->ctx);
}

/* An observable under the table's name for it, in the table's units. */
static bool read_observable(const heat_sample_result *r, const char *name, double scale, double *mean,
                            double *error)
{
    const heat_observable *o = compare_find(&r->temperatures[0], name);

    *mean = o->mean * scale;
    *error = o->error * scale;
    return true;
}

static bool read_common(const test_row *row, const heat_sample_result *r, double *mean, double *error)
{
    static const char *const names[][2] = {{"energy_per_spin", "energy_per_spin"},
                                           {"magnetization_per_spin", "magnetization_per_spin"},
                                           {"abs_m", "abs_magnetization_per_spin"},
                                           {"m2", "magnetization_per_spin_squared"},
                                           {"m4", "magnetization_per_spin_fourth"},
                                           {"binder_U4", "binder"},
                                           {"energy", "energy"},
                                           {"heat_capacity", "heat_capacity"}};

    for (size_t k = 0; k < sizeof names / sizeof *names; k++)
        if (strcmp(row->quantity, names[k][0]) == 0)
            return read_observable(r, names[k][1], 1, mean, error);
    if (strcmp(row->quantity, "heat_capacity_per_spin") == 0)
        return read_observable(r, "heat_capacity", 1.0 / r->n_variables, mean, error);
    return false;
}

/* Where single-spin moves converge within the sweeps: not cold, and L = 16 not near the transition. */
static bool wants_torus(const test_row *row)
{
    double l = test_parameter(row, "L", 0), temperature = test_parameter(row, "T", 0);

    return (l == 4 && temperature >= 2) || (l == 8 && temperature >= 2.5) || (l == 16 && temperature >= 3);
}

static heat_model *build_torus(heat_context *ctx, const test_row *row)
{
    char spec[64];
    int l = (int)test_parameter(row, "L", 0);
    heat_model *model;

    snprintf(spec, sizeof spec, "lattice:%dx%d", l, l);
    assert_ok(ctx, heat_model_load(ctx, spec, &model));
    return model;
}

static void averages_meet_kaufman(void **state)
{
    (void)state;
    table t = {.file = "exact/ising2d_kaufman.tsv",
               .wanted = wants_torus,
               .build = build_torus,
               .read = read_common,
               .sweeps = 4000,
               .most_refused = 4};

    judge_file("table ising2d_kaufman", &t);
}

static bool wants_ring(const test_row *row)
{
    double n = test_parameter(row, "N", 0), temperature = test_parameter(row, "T", 0);

    return (n == 10 && temperature >= 1) || (n == 100 && temperature >= 2);
}

static heat_model *build_ring(heat_context *ctx, const test_row *row)
{
    char spec[64];
    heat_model *model;

    snprintf(spec, sizeof spec, "lattice:%d,h=%g", (int)test_parameter(row, "N", 0),
             test_parameter(row, "h", 0));
    assert_ok(ctx, heat_model_load(ctx, spec, &model));
    return model;
}

static void averages_meet_the_ring(void **state)
{
    (void)state;
    table t = {.file = "exact/ising1d.tsv",
               .wanted = wants_ring,
               .build = build_ring,
               .read = read_common,
               .sweeps = 4000,
               .most_refused = 3};

    judge_file("table ising1d", &t);
}

static bool wants_complete_graph(const test_row *row)
{
    return test_parameter(row, "N", 0) <= 20;
}

/* E = -M^2 / 2N - h M, where M^2 holds each pair twice and every i = j once: J = 1/N and offset -1/2. */
static heat_model *build_complete_graph(heat_context *ctx, const test_row *row)
{
    int32_t n = (int32_t)test_parameter(row, "N", 0), i[190], j[190];
    double coupling[190], field[20];
    int64_t n_edges = 0;
    heat_model *model;

    for (int32_t a = 0; a < n; a++) {
        field[a] = test_parameter(row, "h", 0);
        for (int32_t b = a + 1; b < n; b++) {
            i[n_edges] = a;
            j[n_edges] = b;
            coupling[n_edges++] = 1.0 / n;
        }
    }
    assert_ok(ctx, heat_model_create_ising(ctx, n, n_edges, i, j, coupling, field, -0.5, &model));
    return model;
}

static void averages_meet_the_complete_graph(void **state)
{
    (void)state;
    table t = {.file = "exact/curie_weiss.tsv",
               .wanted = wants_complete_graph,
               .build = build_complete_graph,
               .read = read_common,
               .sweeps = 4000,
               .most_refused = 3};

    judge_file("table curie_weiss", &t);
}

static bool wants_instance(const test_row *row)
{
    return test_parameter(row, "T", 0) >= 0.5;
}

static heat_model *build_instance(heat_context *ctx, const test_row *row)
{
    char name[128];
    heat_model *model;

    snprintf(name, sizeof name, "exact/instances/%s.ising", row->name);
    assert_ok(ctx, heat_model_load(ctx, test_data(name), &model));
    return model;
}

static bool read_instance(const test_row *row, const heat_sample_result *r, double *mean, double *error)
{
    if (strcmp(row->quantity, "mean_s0") == 0) {
        *mean = r->temperatures[0].spin_mean[0];
        *error = r->temperatures[0].spin_error[0];
        return true;
    }
    if (strcmp(row->quantity, "corr_s0s1") == 0) {
        if (r->n_edges == 0 || r->edge_i[0] != 0 || r->edge_j[0] != 1)
            return false; /* not an edge of this graph */
        *mean = r->temperatures[0].edge_mean[0];
        *error = r->temperatures[0].edge_error[0];
        return true;
    }
    return read_common(row, r, mean, error);
}

static void averages_meet_the_enumerated_glasses(void **state)
{
    (void)state;
    table t = {.file = "exact/random_small.tsv",
               .wanted = wants_instance,
               .build = build_instance,
               .read = read_instance,
               .sweeps = 4000,
               .most_refused = 5};

    judge_file("table random_small", &t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(states_follow_boltzmann),
        cmocka_unit_test(energies_of_the_torus_follow_its_density_of_states),
        cmocka_unit_test(exact_draws_need_pairs),
        cmocka_unit_test(averages_meet_kaufman),
        cmocka_unit_test(averages_meet_the_ring),
        cmocka_unit_test(averages_meet_the_complete_graph),
        cmocka_unit_test(averages_meet_the_enumerated_glasses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
