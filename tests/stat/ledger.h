/* The budget of false alarms. A run of all statistical tests together cries wolf with probability at most
 * 1e-6; each test owns a share of that, written in one table.
 *
 * The rule, fixed in advance. With limit = share * 1e-6, half of it is spent on each of two looks. Look one:
 * the p-value of fresh samples; below limit / 2 the test fails, at 1e-3 or above it passes. In between it is
 * suspicious, and look two follows: four times as many samples under the next seed, and the p-value of both
 * looks by Fisher; below limit / 2 the test fails, else it passes. There is no look three. */
#ifndef HEATBATH_TEST_LEDGER_H
#define HEATBATH_TEST_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#define LEDGER_BUDGET 1e-6
#define LEDGER_SUSPICIOUS 1e-3

typedef struct ledger_row {
    const char *name;
    double weight; /* its share of the budget is its part of the sum of all weights: a new row is one line */
} ledger_row;

/* All rows; *count is how many. */
const ledger_row *ledger_get_rows(int *count);

/* The share of a test times the budget, by its weight; fails the test if the ledger does not name it. */
double ledger_get_limit(const char *name);

/* A seed that no other test of the ledger uses, nor its second look: from the name's row and from the
 * environment's HEATBATH_TEST_SEED (default 1). */
uint64_t ledger_get_seed(const char *name);

/* The p-value of fresh samples drawn under `seed`, `factor` times the usual number. */
typedef double (*ledger_trial_fn)(uint64_t seed, int factor, void *arg);

typedef struct ledger_verdict {
    bool passes;
    int looks;
    double p;       /* of all looks together */
    uint64_t seeds; /* the last seed used */
} ledger_verdict;

/* The rule, for a limit. */
ledger_verdict ledger_decide(double limit, ledger_trial_fn trial, void *arg, uint64_t seed);

/* Fails the running test, with seed and command, unless the rule passes it under its share. */
void ledger_judge(const char *name, ledger_trial_fn trial, void *arg);

/* Measures the power against a planted bug: one look under each of n_seeds seeds. Prints how many raise the
 * alarm by the test's limit, and fails unless all do. `bug` is for the message. */
void ledger_require_alarm(const char *name, const char *bug, ledger_trial_fn trial, void *arg, int n_seeds);

#endif
