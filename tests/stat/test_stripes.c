/* One lattice, 512 sites a word: energies and heat capacities of tori against Kaufman's, at temperatures
 * where single moves are fast. The heat capacity is the variance of the energy, which sites that share random
 * numbers would spoil. */
#include "compare.h"
#include "ledger.h"
#include "support.h"

#include <heatbath/sample.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST_ROWS = 32, N_SEEDS = 2, SITES = 64 * 64 };

typedef struct table {
    heat_context *ctx;
    double warmer; /* factor of the temperature */
    test_row rows[MOST_ROWS];
    int n;
} table;

/* T = 2.5 and above, at L = 64: the smallest that chains of few replicas keep as stripes. */
static void keep_row(const test_row *row, void *arg)
{
    table *t = arg;

    if (test_parameter(row, "L", 0) != 64 || !(test_parameter(row, "T", 0) >= 2.5) ||
        (strcmp(row->quantity, "energy_per_spin") != 0 &&
         strcmp(row->quantity, "heat_capacity_per_spin") != 0))
        return;
    assert_true(t->n < MOST_ROWS);
    t->rows[t->n++] = *row;
}

static void measure(const table *t, const test_row *row, const char *engine, uint64_t seed, int factor,
                    compare_table *cells)
{
    bool is_energy = strcmp(row->quantity, "energy_per_spin") == 0;
    heat_sample_options opt;
    heat_sample_result r = {0};
    const heat_observable *o;
    heat_model *model;

    assert_ok(t->ctx, heat_model_load(t->ctx, "lattice:64x64", &model));
    heat_sample_options_init(&opt);
    opt.engine = engine;
    opt.seed = seed;
    opt.threads = 1;
    opt.replicas = 8;
    opt.burn_in = 500;
    opt.sweeps = 5000 * factor;
    opt.temperature = t->warmer * test_parameter(row, "T", (double)NAN);
    assert_ok(t->ctx, heat_sample(t->ctx, model, &opt, &r));
    o = compare_find(&r.temperatures[0], is_energy ? "energy_per_spin" : "heat_capacity");
    compare_add(cells, row->quantity, o->mean / (is_energy ? 1 : SITES), o->error / (is_energy ? 1 : SITES),
                row->value);
    heat_sample_result_clear(&r);
    heat_model_free(model);
}

/* A run for every row: the cells of a quantity must be independent. */
static double judge(uint64_t seed, int factor, void *arg)
{
    static const char *const engines[] = {"metropolis", "heat-bath"};
    const table *t = arg;
    compare_table cells = {0};

    for (int k = 0; k < t->n; k++)
        for (int e = 0; e < 2; e++)
            measure(t, &t->rows[k], engines[e], seed * 4096 + (uint64_t)(2 * k + e), factor, &cells);
    return compare_judge(&cells);
}

static void averages_meet_kaufman(void **state)
{
    (void)state;
    static table t = {.warmer = 1};

    test_data("exact/ising2d_kaufman.tsv");
    t.ctx = test_context();
    test_each_row("exact/ising2d_kaufman.tsv", keep_row, &t);
    assert_true(t.n >= 4);
    ledger_judge("stripes ising2d_kaufman", judge, &t);
    t.warmer = 1.01;
    ledger_require_alarm("stripes ising2d_kaufman", "a temperature off by 1 %", judge, &t, N_SEEDS);
    heat_context_free(t.ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(averages_meet_kaufman),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
