/* Cluster engines where single moves are too slow: the tori of Kaufman's table at every temperature, at T_c
 * above all, and Potts models. */
#include "compare.h"
#include "ledger.h"
#include "support.h"

#include <heatbath/sample.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST_ROWS = 512 };

typedef struct table {
    heat_context *ctx;
    const char *file;
    bool (*wanted)(const test_row *row);
    heat_model *(*build)(heat_context *ctx, const test_row *row);
    int64_t sweeps;
    test_row rows[MOST_ROWS];
    int n;
} table;

static void keep_row(const test_row *row, void *arg)
{
    table *t = arg;

    if (!t->wanted(row))
        return;
    assert_true(t->n < MOST_ROWS);
    t->rows[t->n++] = *row;
}

static bool wants_torus(const test_row *row)
{
    double l = test_parameter(row, "L", 0);

    return l >= 4 && l <= 32; /* NaN of L = inf is not wanted */
}

static bool wants_potts(const test_row *row)
{
    double l = test_parameter(row, "L", 0);

    return l >= 3 && l <= 5 && strcmp(row->quantity, "energy_per_spin") == 0;
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

/* E = -sum delta on the square torus. */
static heat_model *build_potts(heat_context *ctx, const test_row *row)
{
    enum { MOST_SITES = 25 };
    int32_t l = (int32_t)test_parameter(row, "L", 0), i[2 * MOST_SITES], j[2 * MOST_SITES];
    double couplings[2 * MOST_SITES];
    heat_potts potts;
    heat_model *model;

    for (int32_t k = 0; k < l * l; k++) {
        i[2 * k] = i[2 * k + 1] = k;
        j[2 * k] = k / l * l + (k % l + 1) % l;
        j[2 * k + 1] = (k + l) % (l * l);
        couplings[2 * k] = couplings[2 * k + 1] = 1;
    }
    heat_potts_init(&potts);
    potts.n_variables = l * l;
    potts.n_states = (int32_t)test_parameter(row, "q", 0);
    potts.n_edges = 2 * l * l;
    potts.i = i;
    potts.j = j;
    potts.couplings = couplings;
    assert_ok(ctx, heat_model_create_potts(ctx, &potts, &model));
    return model;
}

/* The table's name for it -> the observable, and its scale; false for what is not sampled. */
static bool read_row(const test_row *row, const heat_sample_result *r, double *mean, double *error)
{
    static const char *const names[][2] = {
        {"energy_per_spin", "energy"},           {"heat_capacity_per_spin", "heat_capacity"},
        {"abs_m", "abs_magnetization_per_spin"}, {"m2", "magnetization_per_spin_squared"},
        {"m4", "magnetization_per_spin_fourth"}, {"binder_U4", "binder"}};

    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        const heat_observable *o;
        double scale = k < 2 ? 1.0 / r->n_variables : 1;
        if (strcmp(row->quantity, names[k][0]) != 0)
            continue;
        o = compare_find(&r->temperatures[0], names[k][1]);
        *mean = o->mean * scale;
        *error = o->error * scale;
        return true;
    }
    return false;
}

static bool is_first(const table *t, int row)
{
    for (int k = 0; k < row; k++)
        if (strcmp(t->rows[k].parameters, t->rows[row].parameters) == 0)
            return false;
    return true;
}

/* One run for all rows of a system. */
static void measure(const table *t, int first, const char *engine, uint64_t seed, int factor,
                    compare_table *cells)
{
    const test_row *head = &t->rows[first];
    heat_sample_options opt;
    heat_sample_result r = {0};
    heat_model *model = t->build(t->ctx, head);

    heat_sample_options_init(&opt);
    opt.engine = engine;
    opt.seed = seed;
    opt.threads = 1;
    opt.replicas = 4;
    opt.burn_in = 200;
    opt.sweeps = t->sweeps * factor;
    opt.temperature = test_parameter(head, "T", (double)NAN);
    assert_ok(t->ctx, heat_sample(t->ctx, model, &opt, &r));
    for (int k = first; k < t->n; k++) {
        double mean, error;
        if (strcmp(t->rows[k].parameters, head->parameters) != 0 || !read_row(&t->rows[k], &r, &mean, &error))
            continue;
        if (r.outcome != HEAT_OUTCOME_CONVERGED && !isfinite(error))
            continue; /* withheld: states that are nearly always the ground state have no error */
        if (!(fabs(mean - t->rows[k].value) <= 4 * error))
            print_message("  look: %s %s %s: %.9g +- %.2g, exact %.9g; %s\n", engine, head->parameters,
                          t->rows[k].quantity, mean, error, t->rows[k].value, r.reasons);
        compare_add(cells, t->rows[k].quantity, mean, error, t->rows[k].value);
    }
    heat_sample_result_clear(&r);
    heat_model_free(model);
}

static double judge(uint64_t seed, int factor, void *arg)
{
    static const char *const engines[] = {"swendsen-wang", "wolff"};
    const table *t = arg;
    compare_table cells = {0};
    uint64_t run = 0;

    for (int row = 0; row < t->n; row++)
        for (int e = 0; e < 2 && is_first(t, row); e++)
            measure(t, row, engines[e], seed * 4096 + run++, factor, &cells);
    return compare_judge(&cells);
}

static void judge_file(const char *name, table *t)
{
    test_data(t->file);
    t->ctx = test_context();
    test_each_row(t->file, keep_row, t);
    assert_true(t->n > 0);
    ledger_judge(name, judge, t);
    heat_context_free(t->ctx);
}

static void averages_meet_kaufman_at_every_temperature(void **state)
{
    (void)state;
    static table t = {
        .file = "exact/ising2d_kaufman.tsv", .wanted = wants_torus, .build = build_torus, .sweeps = 2000};

    judge_file("clusters ising2d_kaufman", &t);
}

static void averages_meet_potts(void **state)
{
    (void)state;
    static table t = {.file = "exact/potts.tsv", .wanted = wants_potts, .build = build_potts, .sweeps = 2000};

    judge_file("clusters potts", &t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(averages_meet_kaufman_at_every_temperature),
        cmocka_unit_test(averages_meet_potts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
