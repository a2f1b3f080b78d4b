/* The bound that needs no search: every term at its best at once. */
#ifndef HEATBATH_BOUND_H
#define HEATBATH_BOUND_H

#include "model/views.h"

/* offset - sum |J| - sum |h|, rounded down: no state lies lower. -infinity without a pairwise view. */
double heat_bound_get(const heat_model *model);

/* True if `state`, of this energy, has every term at its best: then it is a ground state. Where energies are
 * rounded the signs decide, not the sums. Cost: O(variables + edges), only where the energy is close. */
bool heat_bound_is_met(const heat_model *model, double bound, const int8_t *state, double energy);

#endif
