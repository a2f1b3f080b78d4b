/* Annealing of potentials: walks that are cooled, again and again, and the minima below their cold ends. */
#ifndef HEATBATH_POTENTIAL_ANNEAL_H
#define HEATBATH_POTENTIAL_ANNEAL_H

#include "landscape/minima.h"

#include <heatbath/ground.h>

/* Adds what cooled walks find to the minima of scattered quenches, and to the result its schedule, sweeps and
 * trajectory, the times from begin_s on. Where the options ask for nothing, a landscape of one known minimum
 * is left as it is, and so is one whose density at the hot temperature has no integral. With a time to keep
 * it goes on for three quarters of that; the saddles need the rest. */
HEAT_MUST_USE heat_status heat_potential_anneal(heat_context *ctx, const heat_smooth *view,
                                                const heat_ground_options *options, double begin_s,
                                                heat_minima *found, heat_ground_result *result);

/* The lowest minimum as the next point of the trajectory, if it lies below the last. */
HEAT_MUST_USE heat_status heat_potential_note_best(heat_context *ctx, const heat_minima *found,
                                                   double begin_s, heat_ground_result *result);

#endif
