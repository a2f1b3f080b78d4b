/* Ladders spaced by measured energy fluctuations. */
#ifndef HEATBATH_LADDER_H
#define HEATBATH_LADDER_H

#include "sample/sampling.h"

/* Temperatures from lo to hi, as many as neighbours need to trade places at an even rate, into
 * sampling->temperatures; from a pilot run of chains of their own. HEAT_ERROR_UNABLE if more than
 * HEAT_MOST_RUNGS were needed. */
HEAT_MUST_USE heat_status heat_ladder_space(heat_context *ctx, heat_sampling *sampling, double lo, double hi);

#endif
