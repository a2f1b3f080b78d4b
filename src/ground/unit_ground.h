/* ground of RBMs some of whose units are real numbers. */
#ifndef HEATBATH_UNIT_GROUND_H
#define HEATBATH_UNIT_GROUND_H

#include "model/views.h"

#include <heatbath/ground.h>

/* The whole of heat_ground for such a model (n_states 0), options checked. */
HEAT_MUST_USE heat_status heat_ground_of_units(heat_context *ctx, const heat_model *model,
                                               const heat_ground_options *options,
                                               heat_ground_result *result);

/* What it would take; seconds NaN where that is not known. */
void heat_ground_price_units(const heat_model *model, heat_cost *cost);

#endif
