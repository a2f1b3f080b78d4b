/* ground of potentials: all minima that quenches reach, and the saddles between them. */
#ifndef HEATBATH_POTENTIAL_GROUND_H
#define HEATBATH_POTENTIAL_GROUND_H

#include "model/views.h"

#include <heatbath/ground.h>

/* The whole of heat_ground for a model of this view, options checked. */
HEAT_MUST_USE heat_status heat_ground_of_potential(heat_context *ctx, const heat_smooth *view,
                                                   const heat_ground_options *options,
                                                   heat_ground_result *result);

#endif
