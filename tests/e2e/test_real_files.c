/* Real files in, published and proved numbers out. Every cut is recomputed from the file's own lines, by a
 * reader that shares nothing with the library. */
#include "support.h"

#include <heatbath/heatbath.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One row of best-known.tsv. */
typedef struct record {
    char file[64];
    int n;
    long m;
    double best;
} record;

static int read_records(record *records, int most)
{
    FILE *f = fopen(test_data("best-known.tsv"), "r");
    char line[256];
    int count = 0;

    if (f == NULL)
        fail_msg("no best-known.tsv");
    while (count < most && fgets(line, sizeof line, f) != NULL) {
        record *r = &records[count];
        if (sscanf(line, "%63[^\t]\t%d\t%ld\t%*[^\t]\t%lf", r->file, &r->n, &r->m, &r->best) == 4)
            count++;
    }
    fclose(f);
    return count;
}

/* The weight between the two sides, line by line from the file. */
static double cut_of(const char *file, const int8_t *state)
{
    FILE *f = fopen(test_data(file), "r");
    double cut = 0, w;
    long n, m = 0;
    int i, j;

    if (f == NULL || fscanf(f, "%ld %ld", &n, &m) != 2)
        fail_msg("cannot read %s", file);
    for (long e = 0; e < m; e++) {
        if (fscanf(f, "%d %d %lf", &i, &j, &w) != 3)
            fail_msg("%s: line %ld", file, e + 2);
        if (state[i - 1] != state[j - 1])
            cut += w;
    }
    fclose(f);
    return cut;
}

/* Anneals for a fixed number of sweeps and returns the cut, which the file's own lines confirm. */
static double anneal(heat_context *ctx, const heat_model *model, const char *file, int64_t sweeps,
                     heat_outcome *outcome)
{
    heat_ground_options opt;
    heat_ground_result r = {0};
    double cut;

    heat_ground_options_init(&opt);
    opt.method = "anneal";
    opt.sweeps = sweeps;
    assert_ok(ctx, heat_ground(ctx, model, &opt, &r));
    assert_ok(ctx, heat_model_get_cut(ctx, model, r.energy, &cut));
    assert_close(cut, cut_of(file, r.state), 0);
    *outcome = r.outcome;
    heat_ground_result_clear(&r);
    return cut;
}

static void sample_briefly(heat_context *ctx, const heat_model *model)
{
    heat_sample_options opt;
    heat_sample_result r = {0};

    heat_sample_options_init(&opt);
    opt.sweeps = 8;
    opt.burn_in = 4;
    opt.temperature = 2;
    opt.keep_states = true;
    assert_ok(ctx, heat_sample(ctx, model, &opt, &r));
    assert_int_equal(r.n_draws, 8);
    for (int64_t k = 0; k < 32; k++) {
        double energy;
        assert_ok(ctx, heat_model_get_energy(ctx, model, 1, r.states + k * r.n_variables, &energy));
        assert_close(r.energies[k], energy, 0);
    }
    heat_sample_result_clear(&r);
}

static void every_graph_is_read_sampled_and_cut(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    record records[64];
    int count = read_records(records, 64);

    assert_true(count >= 19);
    for (int k = 0; k < count; k++) {
        const record *r = &records[k];
        bool is_qubo = strncmp(r->file, "qubo/", 5) == 0;
        heat_model *model;
        heat_model_info info;
        heat_outcome outcome;
        double cut;
        assert_ok(ctx, heat_model_load(ctx, test_data(r->file), &model));
        heat_model_describe(model, &info);
        assert_int_equal(info.n_variables, r->n);
        assert_int_equal(info.n_edges, r->m);
        assert_true(info.max_cut && info.integer && info.n_merged == 0);
        sample_briefly(ctx, model);
        cut = anneal(ctx, model, r->file, is_qubo ? 1000 : 60, &outcome);
        if (!(cut <= r->best))
            fail_msg("%s: a cut of %.0f, best known %.0f", r->file, cut, r->best);
        if (is_qubo && cut != r->best) /* all of these are proved optima, and easy */
            fail_msg("%s: a cut of %.0f, optimum %.0f", r->file, cut, r->best);
        if (!(cut >= 0.97 * r->best))
            fail_msg("%s: a cut of %.0f is far from %.0f", r->file, cut, r->best);
        if (strcmp(r->file, "gset/G48.mc") == 0) { /* bipartite: the bound proves it */
            assert_close(cut, 6000, 0);
            assert_int_equal(outcome, HEAT_OUTCOME_PROVED);
        }
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

/* x'Qx line by line from a qbsolv file. */
static double objective_of(const char *file, const int8_t *x)
{
    FILE *f = fopen(test_data(file), "r");
    char line[256];
    double sum = 0, q;
    int i, j;

    if (f == NULL)
        fail_msg("cannot read %s", file);
    while (fgets(line, sizeof line, f) != NULL)
        if (sscanf(line, "%d %d %lf", &i, &j, &q) == 3)
            sum += q * x[i] * x[j];
    fclose(f);
    return sum;
}

/* Beasley's problems are to be maximised; these are their published optima. */
static void published_qubos_reach_their_published_maxima(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        int32_t n;
        int64_t n_edges;
        double maximum;
    } cases[] = {{"qubo/bqp100_1.qubo", 100, 464, 7970},
                 {"qubo/bqp250_1.qubo", 250, 3089, 45607},
                 {"qubo/bqp1000_1.qubo", 1000, 49458, 371438}};
    heat_context *ctx = test_context();

    for (int k = 0; k < 3; k++) {
        heat_ground_options opt;
        heat_ground_result r = {0};
        heat_model *model;
        heat_model_info info;
        assert_ok(ctx, heat_model_load(ctx, test_data(cases[k].file), &model));
        heat_model_describe(model, &info);
        assert_true(info.n_variables == cases[k].n && info.n_edges == cases[k].n_edges);
        assert_true(info.integer && info.coding == HEAT_CODING_INDEX && strcmp(info.kind, "qubo") == 0);
        heat_ground_options_init(&opt);
        opt.method = "anneal";
        opt.maximize = true;
        opt.sweeps = 3000;
        opt.target_energy = cases[k].maximum;
        assert_ok(ctx, heat_ground(ctx, model, &opt, &r));
        assert_close(r.energy, cases[k].maximum, 0);
        assert_close(objective_of(cases[k].file, r.state), cases[k].maximum, 0);
        assert_int_equal(r.outcome, HEAT_OUTCOME_COMPLETED);
        assert_true(r.bound >= r.energy);
        heat_ground_result_clear(&r);
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

static void ground_row(const test_row *row, void *arg)
{
    heat_context *ctx = arg;
    char path[128];
    heat_model *model;
    heat_ground_options opt;
    heat_ground_result r = {0};

    if (strcmp(row->quantity, "ground_energy") != 0)
        return;
    snprintf(path, sizeof path, "exact/instances/%s.ising", row->name);
    assert_ok(ctx, heat_model_load(ctx, test_data(path), &model));
    heat_ground_options_init(&opt);
    assert_ok(ctx, heat_ground(ctx, model, &opt, &r));
    assert_int_equal(r.outcome, HEAT_OUTCOME_PROVED);
    assert_close(r.energy, row->value, fabs(row->value) * pow(10, 1 - row->digits));
    heat_ground_result_clear(&r);
    heat_model_free(model);
}

static void small_instances_are_proved(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    assert_true(test_each_row("exact/random_small.tsv", ground_row, ctx) > 100);
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_graph_is_read_sampled_and_cut),
        cmocka_unit_test(published_qubos_reach_their_published_maxima),
        cmocka_unit_test(small_instances_are_proved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
