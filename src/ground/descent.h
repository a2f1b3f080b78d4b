/* Greedy descent: the last step of every search. */
#ifndef HEATBATH_DESCENT_H
#define HEATBATH_DESCENT_H

#include "model/views.h"

/* Moves single variables of `state` in order, each to its lowest value, until no such move lowers the energy,
 * or, on graphs so large that it would take long, until it is halted. */
HEAT_MUST_USE heat_status heat_descend(heat_context *ctx, const heat_model *model, int8_t *state);

#endif
