/* What the walk moves are made of: leapfrog steps of a unit's chains from where they are to where they would
 * be, and the decision. */
#ifndef HEATBATH_WALK_MOTION_H
#define HEATBATH_WALK_MOTION_H

#include "sample/walk_chains.h"

/* momentum -= step S' gradient, x += step S momentum, S the scale, a matrix where the mass is dense. */
void heat_walk_kick(const heat_chains *chains, int64_t unit, const heat_walk_lanes *lanes,
                    const double *step);
void heat_walk_drift(const heat_chains *chains, int64_t unit, const heat_walk_lanes *lanes,
                     const double *step);

/* Readies a trajectory: new momenta, and new_x, new_gradient and new_energy where the chains are; pace is
 * their step. */
void heat_walk_set_off(const heat_chains *chains, int64_t unit);

/* One step of leapfrog by pace, from new_x. A chain that runs away (to where the energy is infinite, or x
 * beyond all bounds) rests where it set off from, with new_energy infinite and no momentum. */
HEAT_MUST_USE heat_status heat_walk_leap(heat_context *worker, const heat_chains *chains, int64_t unit);

/* Stops, in the same way, chains whose new_x is beyond all bounds, or that walls have turned back too often.
 */
void heat_walk_stop_runaways(const heat_walk_store *store, heat_walk_unit *unit);

/* The ratio and the odds of every move, lost ones -infinity and 0. */
void heat_walk_compare(const heat_chains *chains, int64_t unit);

/* Takes each move with probability min(1, exp(ratio)), and counts those that were lost. */
void heat_walk_decide(const heat_chains *chains, int64_t unit);

/* Before a sweep: looks for first steps where there are none yet, doubling and halving until one leap is
 * taken about four times in five (Hoffman and Gelman, algorithm 4), or as often as a move without a test
 * wants.
 */
HEAT_MUST_USE heat_status heat_walk_find_steps(heat_context *worker, heat_chains *chains, int64_t unit);

/* A trajectory lost so much: log of the odds. */
#define HEAT_WALK_DIVERGED (-1000.0)

#endif
