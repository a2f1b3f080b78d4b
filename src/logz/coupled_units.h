/* log Z of two layers of real numbers that no closed form and no sum over states gives: Gaussian visible and
 * ReLU hidden units. */
#ifndef HEATBATH_COUPLED_UNITS_H
#define HEATBATH_COUPLED_UNITS_H

#include "logz/logz_methods.h"
#include "model/unit_layers.h"

/* Whether the integral over gaussian and relu units is seen to diverge, were the weights `room` times as
 * large. Cost: O(visible * hidden^2 + hidden^3). */
HEAT_MUST_USE heat_status heat_coupled_units_check(heat_context *ctx, const heat_unit_layers *units,
                                                   double room, bool *diverges);

/* HEAT_ERROR_UNDEFINED where a state is found along which the integral diverges; HEAT_ERROR_UNABLE for
 * several temperatures. */
HEAT_MUST_USE heat_status heat_logz_run_coupled(heat_context *ctx, heat_counting *counting);

#endif
