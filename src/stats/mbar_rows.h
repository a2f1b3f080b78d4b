/* MBAR's walk over its rows: what each says of the states, summed up over fixed stretches of rows. */
#ifndef HEATBATH_MBAR_ROWS_H
#define HEATBATH_MBAR_ROWS_H

#include "stats/mbar.h"

struct heat_mbar {
    heat_mbar_states states;
    heat_mbar_samples samples;
    int64_t threads;
    double *centre;      /* [n_features] subtracted from features, which keeps digits of large energies */
    double *constant;    /* [n_states] u_k at the centre */
    double *drawn;       /* [n_states] N_k, the weight of state k's rows */
    double *f;           /* [n_states] -log Z_k less its constant, f_0 = 0 */
    double *log_mixture; /* [n] log sum_k N_k exp(f_k - u_k(x)), without the constants */
    double *factor;      /* [n_states - 1][n_states - 1] Cholesky factor of the Hessian at the solution */
    double *log_z, *covariance, *overlap;
    double *spread; /* [n_states] sqrt(B / (B - 1)) for the B blocks with rows of the state; 1 without blocks
                     */
};

/* What a walk calls for each row: p[k] = N_k exp(f_k - u_k(x)) / mixture, which sum to 1. */
typedef struct heat_mbar_walk heat_mbar_walk;
typedef void (*heat_mbar_row_fn)(const heat_mbar_walk *walk, int64_t row, const double *p, double log_mixture,
                                 double *sums);
struct heat_mbar_walk {
    const heat_mbar *m;
    const double *f; /* [n_states] where to evaluate */
    heat_mbar_row_fn visit;
    const void *arg;
    int64_t n_sums; /* length of what a row adds to */
};

/* Walks all rows, with `stretches` sums of their own added up in order into sums[n_sums]. A halt does not cut
 * it short: what was drawn is to be analysed. */
HEAT_MUST_USE heat_status heat_mbar_walk_run(heat_context *ctx, const heat_mbar_walk *walk, double *sums);

/* Solves for m->f, with m->overlap and m->factor at the solution; see heat_mbar_create. */
HEAT_MUST_USE heat_status heat_mbar_solve(heat_context *ctx, heat_mbar *m);

/* True if errors come from the scatter of blocks. */
static inline bool heat_mbar_has_blocks(const heat_mbar *m)
{
    return m->samples.block != NULL || m->samples.block_weight != NULL;
}

/* The weight of a row. */
static inline double heat_mbar_weight(const heat_mbar *m, int64_t row)
{
    return m->samples.weight == NULL ? 1 : m->samples.weight[row];
}

/* Feature f of a row, less its centre. */
static inline double heat_mbar_feature(const heat_mbar *m, int64_t row, int32_t feature)
{
    return m->samples.features[row * m->states.n_features + feature] - m->centre[feature];
}

#endif
