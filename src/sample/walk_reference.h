/* A normal distribution within walls, whose integral is known: where paths to a potential begin. With
 * A(x) = (x - m)' P (x - m) / 2 + log_norm its density is exp(-A), and a chain at beta on its way to
 * betas[last] has the distribution
 *
 *     exp(-W),   W(x) = beta U(x) + (1 - beta / betas[last]) A(x):
 *
 * the normal one at 0, the potential's own at the end. It moves by W at temperature 1. A variable with walls
 * does not depend on the others. In free coordinates (walk_free.h) the normal one is of these. */
#ifndef HEATBATH_WALK_REFERENCE_H
#define HEATBATH_WALK_REFERENCE_H

#include "kernel/walk.h"
#include "random/stream.h"

typedef struct heat_walk_reference {
    int32_t n;
    bool is_dense;
    bool is_free;   /* of free coordinates (walk_free.h), where the walls are those that are left */
    double *mean;   /* [n] */
    double *factor; /* dense: [n][n], L of the covariance L L'; else [n], standard deviations */
    double
        *precision; /* dense: [n][n] P; else [n]. 0 on the diagonal: the variable is uniform within its walls
                     */
    double *lower, *upper; /* [n] walls, infinite where there are none */
    double log_norm;
    int64_t n_steps, capacity_betas, capacity_steps;
    double *betas, *steps; /* [n_steps] of moves along the way, as they were found beforehand */
    int64_t n_ends;
    double *ends; /* [n_ends][n] states at the other end of the path, where chains may begin */
} heat_walk_reference;

/* From a mean within the walls of `view` and a covariance [n][n], of which only the diagonal counts where
 * `is_dense` is false, or it is not positive definite. */
HEAT_MUST_USE heat_status heat_walk_reference_init(heat_context *ctx, const heat_smooth *view, bool is_dense,
                                                   const double *mean, const double *covariance,
                                                   heat_walk_reference *reference);
/* Uniform within the walls; HEAT_ERROR_OPTION, option `reference`, where a variable lacks one. */
HEAT_MUST_USE heat_status heat_walk_reference_init_uniform(heat_context *ctx, const heat_smooth *view,
                                                           heat_walk_reference *reference);
void heat_walk_reference_clear(heat_walk_reference *reference);

/* A draw, into x[i * stride]. */
void heat_walk_reference_draw(const heat_walk_reference *reference, heat_stream *stream, int64_t stride,
                              double *x);

/* A(x) of x[i * stride]. */
double heat_walk_reference_energy(const heat_walk_reference *reference, int64_t stride, const double *x);

/* Of chains side by side: energies and gradients of U become those of W, beta_c U + part_c A; `slopes`: as
 * many numbers as x has, as scratch. */
void heat_walk_reference_mix(const heat_walk_reference *reference, const heat_walk_kernel *kernel,
                             const heat_smooth_block *block, const double *beta, const double *part,
                             double *slopes);

/* Notes the step that was found at a beta larger than all before; and the step at any, linear between. */
HEAT_MUST_USE heat_status heat_walk_reference_add_step(heat_context *ctx, heat_walk_reference *reference,
                                                       double beta, double step);
double heat_walk_reference_get_step(const heat_walk_reference *reference, double beta);

#endif
