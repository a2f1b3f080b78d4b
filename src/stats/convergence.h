/* Averages over chains with honest error bars: autocorrelation time, effective sample sizes, R-hat.
 * Vehtari, Gelman, Simpson, Carpenter, Buerkner, Bayesian Analysis 16 (2021) 667 (rank-normalised split
 * R-hat, bulk and tail ESS); Geyer, Statist. Sci. 7 (1992) 473 (initial monotone sequence). */
#ifndef HEATBATH_CONVERGENCE_H
#define HEATBATH_CONVERGENCE_H

#include "stats/levels.h"

enum { HEAT_MANY_CHAINS = 32 };

typedef struct heat_convergence {
    double mean;
    double error; /* one standard error of the mean: sd / sqrt(ess of the mean) */
    double sd;    /* of one draw */
    double q05, q50, q95;
    double tau; /* integrated autocorrelation time, 1 + 2 sum rho(t), in draws: all draws / ess of the mean */
    double ess; /* bulk */
    double ess_tail;
    double rhat;         /* rank-normalised split R-hat, the larger of bulk and folded */
    double rhat_lasting; /* of HEAT_MANY_CHAINS chains and more: of what lasts, without the scatter that the
                            means of finite chains have; at most rhat. Of fewer: rhat */
    double drift;        /* of as many chains: standard errors by which the means of their first and last
                            thirds differ, in normal scores, bulk or folded; 0 of fewer */
} heat_convergence;

/* Diagnoses n_chains series of n_draws values, x[chain * n_draws + draw]. All values equal: error 0, tau 1,
 * rhat 1, ess all draws; each chain constant but not all equal: rhat infinity, ess n_chains, error from the
 * chain means. Chains whose halves are constant are judged likewise; nothing is ever NaN. An odd n_draws
 * leaves its middle draw out of ess and rhat. Fewer than 4 draws, no chains or a value that is not finite:
 * HEAT_ERROR_ARGUMENT. Of more than 64 chains an even choice of 32 to 64 tells the autocorrelation. Cost:
 * O(N) for N = n_chains * n_draws, and O(L log L) for a chain's L; memory: 12 bytes a draw and 84 a different
 * one, while they are found 44, and at most 1100 a draw of one chain. */
HEAT_MUST_USE heat_status heat_convergence_get(heat_context *ctx, int64_t n_chains, int64_t n_draws,
                                               const double *x, heat_convergence *out);

/* The same of several functions of the draws: their levels are found once, and what ranks decide is not
 * judged again for a function that orders them as the one before did. The table is read by heat_draws_create
 * alone, the threads serve both; f NULL stands for the draw itself. */
typedef struct heat_draws heat_draws;
typedef double (*heat_quantity_fn)(double draw, double parameter);

HEAT_MUST_USE heat_status heat_draws_create(heat_context *ctx, const heat_draw_table *table,
                                            heat_draws **out);
HEAT_MUST_USE heat_status heat_draws_judge(heat_context *ctx, heat_draws *draws, heat_quantity_fn f,
                                           double parameter, heat_convergence *out);
void heat_draws_free(heat_draws *draws);

/* The integrated autocorrelation time of one series by Sokal's window (smallest W >= 5 tau(W)), for those who
 * have one chain only; draws. A constant series has tau 1; no tau is below 1 / log10(n). n < 1 or a value
 * that is not finite: HEAT_ERROR_ARGUMENT. Sokal, in Functional Integration (Plenum, 1997) 131. */
HEAT_MUST_USE heat_status heat_autocorrelation_time(heat_context *ctx, int64_t n, const double *x,
                                                    double *tau);

#endif
