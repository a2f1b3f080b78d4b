/* See ledger.h: the table of weights, and the rule. */
#include "ledger.h"
#include "support.h"
#include "survival.h"

#include <string.h>

static const ledger_row rows[] = {
    {"states metropolis", 15},
    {"torus energies metropolis", 15},
    {"states heat-bath", 15},
    {"torus energies heat-bath", 15},
    {"states wolff", 15},
    {"torus energies wolff", 15},
    {"states swendsen-wang", 15},
    {"torus energies swendsen-wang", 15},
    {"states tempering", 15},
    {"torus energies tempering", 15},
    {"states houdayer", 15},
    {"torus energies houdayer", 15},
    {"states population", 15},
    {"torus energies population", 15},
    {"states exact", 15},
    {"torus energies exact", 15},
    {"table ising2d_kaufman", 100},
    {"table ising1d", 100},
    {"table curie_weiss", 100},
    {"table random_small", 100},
    {"states potts", 20},
    {"table potts", 20},
    {"clusters ising2d_kaufman", 4},
    {"clusters potts", 2},
    {"coverage", 118},
    {"population log Z", 4},
    {"refusal does not bias", 50},
    {"planted nothing: states", 20},
    {"planted nothing: torus", 20},
    {"planted nothing: wolff", 2},
    {"planted nothing: swendsen-wang", 2},
    {"planted nothing: averages", 20},
    {"effective replicas metropolis", 15},
    {"effective replicas heat-bath", 15},
    {"stripes ising2d_kaufman", 4},
    {"disorder average", 2},
    {"discarded start", 2},
    {"log Z coverage", 10},
    {"states gibbs", 15},
    {"table rbm_small", 15},
    {"log Z coverage of potentials", 10},
};

const ledger_row *ledger_get_rows(int *count)
{
    *count = sizeof rows / sizeof *rows;
    return rows;
}

static int row_of(const char *name)
{
    for (int k = 0; k < (int)(sizeof rows / sizeof *rows); k++)
        if (strcmp(rows[k].name, name) == 0)
            return k;
    fail_msg("the ledger has no row '%s'", name);
    return -1;
}

double ledger_get_limit(const char *name)
{
    double sum = 0;

    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++)
        sum += rows[k].weight;
    return rows[row_of(name)].weight / sum * LEDGER_BUDGET;
}

uint64_t ledger_get_seed(const char *name)
{
    enum { SEEDS_A_ROW = 1 << 10, MOST_ROWS = 1 << 10 };

    return test_seed() * SEEDS_A_ROW * MOST_ROWS + (uint64_t)row_of(name) * SEEDS_A_ROW;
}

ledger_verdict ledger_decide(double limit, ledger_trial_fn trial, void *arg, uint64_t seed)
{
    ledger_verdict v = {.looks = 1, .seeds = seed, .p = trial(seed, 1, arg)};

    if (v.p >= limit / 2 && v.p < LEDGER_SUSPICIOUS) {
        v.looks = 2;
        v.seeds = seed + 1;
        v.p = survival_fisher(v.p, trial(seed + 1, 4, arg));
    }
    v.passes = v.p >= limit / 2; /* NaN does not */
    return v;
}

void ledger_judge(const char *name, ledger_trial_fn trial, void *arg)
{
    uint64_t seed = ledger_get_seed(name);
    double limit = ledger_get_limit(name);
    ledger_verdict v = ledger_decide(limit, trial, arg, seed);

    print_message("%s: p = %.3g after %d look%s (limit %.2g)\n", name, v.p, v.looks, v.looks > 1 ? "s" : "",
                  limit / 2);
    if (v.passes)
        return;
    test_reproduce(seed);
    fail_msg("%s: p = %.3g is below its limit %.3g", name, v.p, limit / 2);
}

void ledger_require_alarm(const char *name, const char *bug, ledger_trial_fn trial, void *arg, int n_seeds)
{
    double limit = ledger_get_limit(name), largest = 0;
    uint64_t seed = ledger_get_seed(name);
    int alarms = 0;

    for (int k = 0; k < n_seeds; k++) {
        double p = trial(seed + 100 + (uint64_t)k, 1, arg);
        alarms += p < limit / 2;
        largest = p > largest ? p : largest;
    }
    print_message("planted: %s: %d alarms of %d, largest p = %.2g\n", bug, alarms, n_seeds, largest);
    if (alarms == n_seeds)
        return;
    test_reproduce(seed);
    fail_msg("%s: the planted bug '%s' passed %d times of %d", name, bug, n_seeds - alarms, n_seeds);
}
