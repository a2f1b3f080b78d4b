/* log Z of two layers of real numbers that no closed form and no sum over states gives: Gaussian visible and
 * ReLU hidden units. */
#ifndef HEATBATH_COUPLED_UNITS_H
#define HEATBATH_COUPLED_UNITS_H

#include "logz/logz_methods.h"

/* HEAT_ERROR_UNDEFINED where a state is found along which the integral diverges; HEAT_ERROR_UNABLE for
 * several temperatures. */
HEAT_MUST_USE heat_status heat_logz_run_coupled(heat_context *ctx, heat_counting *counting);

#endif
