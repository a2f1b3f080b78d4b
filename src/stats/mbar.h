/* MBAR: samples of several states of one system make one estimate of every log Z, and of any average at any
 * state between them. Shirts and Chodera, J. Chem. Phys. 129 (2008) 124105. */
#ifndef HEATBATH_MBAR_H
#define HEATBATH_MBAR_H

#include "stats/resampling.h"

#include <heatbath/context.h>

/* The states: -log of the unnormalised density of state k at a sample is
 * u_k(x) = offset[k] + sum_f slope[k * n_features + f] * feature_f(x). A temperature ladder has one feature,
 * the energy, and slope[k] = beta_k; a path away from a reference has two. */
typedef struct heat_mbar_states {
    int32_t n_states;
    int32_t n_features;
    const double *slope;  /* NULL: n_features = n_states and feature k is u_k itself */
    const double *offset; /* n_states; NULL: zeroes */
} heat_mbar_states;

/* The samples, one a row; rows with the same state, block and features may be one row of larger weight. */
typedef struct heat_mbar_samples {
    int64_t n;
    const double *features; /* [n][n_features] */
    const int32_t *state;   /* [n] the state that a row was drawn from; every state has rows */
    const double *weight; /* [n] independent draws that a row stands for, > 0: 1 / tau of a correlated chain;
                             NULL: 1 */
    const int32_t *block; /* [n] rows of one block may be correlated in any way, those of two blocks are
                             independent, every state has rows in two; NULL: all rows are independent */
    int32_t n_blocks;
    const double *block_weight; /* [n][n_blocks] how much of a row's weight lies in each block, for rows that
                                   stand for draws of many; NULL: all of it in `block` */
} heat_mbar_samples;

/* An estimate. It borrows the arrays of states and samples until it is freed. */
typedef struct heat_mbar heat_mbar;

/* Solves for every log Z. HEAT_ERROR_UNDEFINED if the samples do not connect the states (the message names
 * the gap); HEAT_ERROR_UNABLE if the solver does not reach its tolerance, a gradient of 1e-9 of the draws of
 * each state. Memory: 8 bytes a row and 8 * (192 + n_blocks / n_states) * n_states^2; cost: about ten times
 * n * n_states * (n_features + exp) and n * n_states^2. Same bits for any number of threads. */
HEAT_MUST_USE heat_status heat_mbar_create(heat_context *ctx, int64_t threads, const heat_mbar_states *states,
                                           const heat_mbar_samples *samples, heat_mbar **out);
void heat_mbar_free(heat_mbar *mbar);

/* log Z_k - log Z_0, [n_states]; valid as long as `mbar`. */
const double *heat_mbar_get_log_z(const heat_mbar *mbar);

/* Covariances of log Z_j - log Z_0 and log Z_k - log Z_0, [n_states][n_states]; with blocks from their
 * scatter, else the asymptotic ones of independent draws. */
const double *heat_mbar_get_covariance(const heat_mbar *mbar);

/* Overlap: element [j][k] is the probability that a draw of state j came, for all its features say, from
 * state k; rows sum to 1. */
const double *heat_mbar_get_overlap(const heat_mbar *mbar);

/* How alike the worst pair of neighbours k, k + 1 is: the cosine of p_k and p_k+1 over all draws,
 * sqrt(O_k,k+1 O_k+1,k / O_k,k O_k+1,k+1), 1 for equal states and 0 for disjoint ones, whatever the length of
 * the ladder. Below 0.03 no error is to be trusted (for two states the threshold of Klimovich, Shirts,
 * Mobley, J. Comput. Aided Mol. Des. 29 (2015) 397). *gap (may be NULL) is its k. 1 for one state. */
double heat_mbar_get_connection(const heat_mbar *mbar, int32_t *gap);

/* log Z_k - log Z_j and its standard error. */
void heat_mbar_get_difference(const heat_mbar *mbar, int32_t j, int32_t k, double *value, double *error);

/* A state to estimate at, which needs no samples of its own. */
typedef struct heat_mbar_target {
    const double *slope; /* [n_features]; with states.slope NULL a row's u is given in `reduced` instead */
    double offset;
    const double *reduced; /* [n] u of every row; NULL: from slope and offset */
} heat_mbar_target;

/* log Z - log Z_0 of the target; *ess (may be NULL) is the effective number of rows, (sum w)^2 / sum w^2,
 * that the estimate stands on. */
HEAT_MUST_USE heat_status heat_mbar_get_target(heat_context *ctx, const heat_mbar *mbar,
                                               const heat_mbar_target *target, double *log_z, double *error,
                                               double *ess);

/* The average of an observable, one value a row, at the target. */
HEAT_MUST_USE heat_status heat_mbar_get_mean(heat_context *ctx, const heat_mbar *mbar,
                                             const heat_mbar_target *target, const double *observable,
                                             double *mean, double *error);

/* What the energy of a temperature ladder says at the target: Var(E) and S = log Z - log Z_0 + beta <E>. */
typedef struct heat_mbar_thermo {
    double log_z, log_z_error; /* less log Z_0 */
    double energy, energy_error;
    double variance, variance_error;
    double entropy, entropy_error; /* less log Z_0 */
    double ess;                    /* effective number of rows, as of heat_mbar_get_target */
} heat_mbar_thermo;

/* All of it at the state of beta, where feature 0 is the energy and the only one. */
HEAT_MUST_USE heat_status heat_mbar_get_thermo(heat_context *ctx, const heat_mbar *mbar, double beta,
                                               heat_mbar_thermo *out);

/* A function of averages at the target (heat capacity, Binder cumulant), columns[column][n]; its error to
 * first order. HEAT_ERROR_UNDEFINED where f is not finite. */
HEAT_MUST_USE heat_status heat_mbar_get_derived(heat_context *ctx, const heat_mbar *mbar,
                                                const heat_mbar_target *target, int64_t n_columns,
                                                const double *const *columns, heat_derived_fn f, void *arg,
                                                double *value, double *error);

#endif
