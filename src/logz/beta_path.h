/* The path from beta = 0 to the coldest beta asked for: how the energy fluctuates along it, and betas spaced
 * by that. */
#ifndef HEATBATH_BETA_PATH_H
#define HEATBATH_BETA_PATH_H

#include "logz/logz_methods.h"

/* The standard deviation of the energy at betas from 0 to the coldest; between them it is linear. */
typedef struct heat_beta_path {
    int64_t n;
    int64_t capacity_betas, capacity_sigmas, capacity_lengths;
    double *betas;
    double *sigmas;
    double *lengths; /* the integral of sigma over beta up to here */
} heat_beta_path;

/* What a path measures besides: where its members end. */
typedef struct heat_path_end {
    double *log_odds;     /* [n] of each variable's higher value, of two; NULL: not wanted */
    bool takes_reference; /* the members' layout does */
} heat_path_end;

/* Measures by annealing a small population, whose streams are its own, from `reference` (NULL: uniform; see
 * heat_chains_plan). A halt may leave a path that ends early: ask heat_halted. `end` may be NULL. */
HEAT_MUST_USE heat_status heat_beta_path_measure(heat_context *ctx, const heat_counting *counting,
                                                 const double *reference, heat_beta_path *path,
                                                 heat_path_end *end);
void heat_beta_path_clear(heat_beta_path *path);

/* The length of the whole path: the change in log weight, in standard deviations, that it takes. */
double heat_beta_path_length(const heat_beta_path *path);

/* betas[0] = 0 to betas[n - 1], the coldest: n >= 2 betas with equal lengths between them. */
void heat_beta_path_space(const heat_beta_path *path, int64_t n, double *betas);

#endif
