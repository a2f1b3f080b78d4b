/* Exact marginal densities of potentials of one and two variables. */
#ifndef HEATBATH_EXACT_DENSITY_H
#define HEATBATH_EXACT_DENSITY_H

#include <heatbath/model.h>

/* p(x_i) at the n points x, by quadrature: of one variable exp(-U/T) / Z, of two the other integrated out.
 * NaN where that cannot be had, and everywhere of models that are no such potential. Fails only with
 * HEAT_ERROR_MEMORY. */
HEAT_MUST_USE heat_status heat_exact_density_get(heat_context *ctx, const heat_model *model,
                                                 double temperature, int32_t variable, int64_t n,
                                                 const double *x, double *density);

#endif
