/* The smooth view as it is called: checked, and by rows. */
#ifndef HEATBATH_SMOOTH_ROWS_H
#define HEATBATH_SMOOTH_ROWS_H

#include "model/views.h"

/* view->evaluate, of chains within the bounds. HEAT_ERROR_CALLBACK, which names x, where an energy is NaN or
 * -infinity, or a gradient that was asked for is NaN where the energy is below 1e300. */
HEAT_MUST_USE heat_status heat_smooth_evaluate(heat_context *ctx, const heat_smooth *view,
                                               const heat_smooth_block *block);

/* Energies of rows of n numbers each, +infinity beyond the bounds, and their gradients where that is not
 * NULL.
 */
HEAT_MUST_USE heat_status heat_smooth_evaluate_rows(heat_context *ctx, const heat_smooth *view,
                                                    int64_t n_rows, const double *rows, double *energies,
                                                    double *gradients);

/* The black-box view of a kind that has the smooth one. */
HEAT_MUST_USE heat_status heat_smooth_energies(heat_context *ctx, const heat_model *model, int64_t n_rows,
                                               const void *rows, double *energies);

/* chains of a block of `stride` from n_chains rows; the lanes that are left copy the last. And back. */
void heat_smooth_from_rows(int32_t n, int64_t n_chains, int64_t stride, const double *rows, double *x);
void heat_smooth_to_rows(int32_t n, int64_t n_chains, int64_t stride, const double *x, double *rows);

/* The least stride that n_chains take. */
int64_t heat_smooth_stride(int64_t n_chains);

#endif
