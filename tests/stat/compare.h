/* Samples against exact values, as p-values: what the statistical tests and the planted bugs share. */
#ifndef HEATBATH_TEST_COMPARE_H
#define HEATBATH_TEST_COMPARE_H

#include <heatbath/sample.h>

/* A sample to draw: n_draws independent states. */
typedef struct compare_sample {
    const heat_model *model;
    const char *engine;
    double temperature;
    int64_t n_draws;
    int64_t n_sweeps;   /* of every chain before its one draw; engines that draw by themselves ignore it */
    bool share_streams; /* the planted bug: all chains of a unit move by the first one's random numbers */
    bool stop_early;    /* the planted bug: Wolff's burn-in never ends, and stops on what it has seen */
    uint64_t seed;
} compare_sample;

/* Draws one state from each of n_draws chains, which started at random and have forgotten it; the `exact`
 * engine draws n_draws states. [draw][variable], to be freed by free(). */
int8_t *compare_draw(heat_context *ctx, const compare_sample *sample);

/* The Boltzmann probability of every state of a small model, by enumeration; state number x has the value
 * index x / q^i mod q in variable i. Freed by free(); *n_states = q^n. */
double *compare_enumerate(heat_context *ctx, const heat_model *model, double temperature, int64_t *n_states);

/* The p-value of Pearson's chi-square of counts against probabilities that sum to 1. Cells that expect fewer
 * than 25 are pooled; 0 if a cell of probability 0 was met. */
double compare_counts(int64_t n_cells, const double *probability, const int64_t *count);

/* The p-value of sampled states against the enumerated distribution. */
double compare_states(heat_context *ctx, const compare_sample *sample, const double *probability,
                      int64_t n_states);

/* The p-value of sampled energies, of their distribution and of their mean, against a density of states at
 * `temperature`: energy[k] has weight[k] states. */
double compare_energies(heat_context *ctx, const compare_sample *sample, double temperature, int64_t n_levels,
                        const double *energy, const double *weight);

/* Reads a density of states `E g` of the reference data; returns how many levels, at most `most`. */
int64_t compare_load_levels(const char *table, int64_t most, double *energy, double *weight);

/* Deviates of many cells, by quantity: what a table of exact values is judged by. */
enum { COMPARE_MOST_QUANTITIES = 8 };
typedef struct compare_table {
    int n_quantities;
    char name[COMPARE_MOST_QUANTITIES][32];
    double square[COMPARE_MOST_QUANTITIES];
    int64_t cells[COMPARE_MOST_QUANTITIES];
    double largest;
} compare_table;

/* Adds one cell. Cells of one quantity must come from independent samples. A NaN stays and fails. */
void compare_add(compare_table *table, const char *quantity, double mean, double error, double truth);

/* The p-value of the whole table: the chi-square of every quantity and the largest deviate of all, by
 * Bonferroni. */
double compare_judge(const compare_table *table);

/* The observable of that name; fails the test if there is none. */
const heat_observable *compare_find(const heat_sample_temperature *t, const char *name);

#endif
