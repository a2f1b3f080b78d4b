/* Whether log Z of a potential can exist. */
#ifndef HEATBATH_SMOOTH_GROWTH_H
#define HEATBATH_SMOOTH_GROWTH_H

#include "kernel/smooth.h"

/* HEAT_ERROR_UNDEFINED, which names the direction, where the integral of exp(-U/T) is seen to diverge: along
 * an axis without a wall U / T grows more slowly than log r in a whole tube around the axis, or than n log r
 * in a whole cone, between r = 2^20 and 2^40 of the scale. It is seen there and nowhere else: HEAT_OK proves
 * nothing. Cost: some hundred evaluations a variable. */
HEAT_MUST_USE heat_status heat_smooth_check_growth(heat_context *ctx, const heat_smooth *view,
                                                   double temperature);

#endif
