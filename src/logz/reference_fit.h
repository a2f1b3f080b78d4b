/* Where a path to a potential begins: a normal distribution fitted to draws at its end. */
#ifndef HEATBATH_REFERENCE_FIT_H
#define HEATBATH_REFERENCE_FIT_H

#include "logz/logz_methods.h"

/* The reference at the temperature 1 / beta_max, by a short run whose streams are its own; or, as the option
 * `reference` says, uniform within the walls. A halt may leave it empty (n = 0): ask heat_halted. */
HEAT_MUST_USE heat_status heat_reference_fit(heat_context *ctx, const heat_counting *counting,
                                             const heat_smooth *view, heat_walk_reference *reference);

/* How chains of such a potential move. */
const heat_walk_move *heat_reference_choose_move(const heat_smooth *view);

#endif
