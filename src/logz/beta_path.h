/* The path from beta = 0 to the coldest beta asked for: how the energy fluctuates along it, and betas spaced
 * by that. */
#ifndef HEATBATH_BETA_PATH_H
#define HEATBATH_BETA_PATH_H

#include "logz/logz_methods.h"

/* The standard deviation of the energy, or what stands for it once refined, at betas from 0 to the coldest;
 * between them it is linear. */
typedef struct heat_beta_path {
    int64_t n;
    int64_t capacity_betas, capacity_sigmas, capacity_lengths;
    double *betas;
    double *sigmas;
    double *lengths; /* the integral of sigma over beta up to here */
} heat_beta_path;

/* Measures by annealing a small population, whose streams are its own: from uniform states, or as the option
 * `reference` says from independent units that are matched to the marginals which such a population ends
 * with. *reference, heat_chains_plan's or NULL, is the caller's. A halt may leave a path that ends early: ask
 * heat_halted. HEAT_ERROR_OPTION: a reference where there can be none. */
HEAT_MUST_USE heat_status heat_beta_path_choose(heat_context *ctx, const heat_counting *counting,
                                                heat_beta_path *path, double **reference);
/* Spaces the path anew by what weighted members of a small population gain, lag and all, in n steps along it.
 * *variance: of their log weights at its end. Halted, or where nothing varies, it leaves the path as it is.
 */
HEAT_MUST_USE heat_status heat_beta_path_refine(heat_context *ctx, const heat_counting *counting,
                                                const double *reference, int64_t n, heat_beta_path *path,
                                                double *variance);
void heat_beta_path_clear(heat_beta_path *path);

/* The length of the whole path: the change in log weight, in standard deviations, that it takes. */
double heat_beta_path_length(const heat_beta_path *path);

/* betas[0] = 0 to betas[n - 1], the coldest: n >= 2 betas with equal lengths between them. */
void heat_beta_path_space(const heat_beta_path *path, int64_t n, double *betas);

#endif
