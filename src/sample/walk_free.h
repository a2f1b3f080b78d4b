/* Free coordinates. A bound of an energy's own is where its density ends, not a wall: chains walk in a y that
 * has no such bound (heat_walk_side, kernel/walk.h), with the density
 *
 *     exp(-U(x(y)) / T) |dx/dy|,
 *
 * the energy U - T log |dx/dy| at temperature T: the Jacobian's weight is the same at every temperature. It
 * is there while a unit sweeps; between sweeps energies are the potential's own and gradients dU/dy, so that
 * what chains of different temperatures trade is U alone.
 *
 * Walls that a box puts up still reflect, where they are in y; engines without a Metropolis test follow the
 * physical dynamics, and for them all bounds are walls. */
#ifndef HEATBATH_WALK_FREE_H
#define HEATBATH_WALK_FREE_H

#include "sample/walk_chains.h"

/* Whether such a walk has any variable in free coordinates, and whether it meets walls. */
bool heat_walk_is_free(const heat_smooth *view, const heat_walk_plan *plan);
bool heat_walk_has_walls(const heat_smooth *view, const heat_walk_plan *plan);

/* Chooses the coordinates of a walk that is free, and makes store->view.lower and upper what walls are left,
 * in y. */
HEAT_MUST_USE heat_status heat_walk_free_open(heat_context *ctx, heat_walk_store *store);
void heat_walk_free_close(heat_walk_store *store);

/* y of x, which is moved off the bounds. */
double heat_walk_free_from(const heat_walk_store *store, int32_t i, double x);

/* Between these x(y) is a number that energies are asked of: none is beyond 1e50, below e^115.2. */
typedef struct heat_walk_limits {
    double least, most;
} heat_walk_limits;

static inline heat_walk_limits heat_walk_get_limits(const heat_walk_store *s, int32_t i)
{
    heat_walk_side side = s->bounds == NULL ? HEAT_WALK_OPEN : s->bounds[i].side;

    if (side == HEAT_WALK_OPEN)
        return (heat_walk_limits){-1e50, 1e50};
    return (heat_walk_limits){side == HEAT_WALK_BELOW ? -115 : -700, side == HEAT_WALK_ABOVE ? 115 : 700};
}

static inline bool heat_walk_is_within(heat_walk_limits limits, double y)
{
    return y > limits.least && y < limits.most;
}

/* The view's energies of chains in free coordinates block->x, and gradients in these; without the Jacobian.
 */
HEAT_MUST_USE heat_status heat_walk_free_evaluate(heat_context *worker, const heat_walk_store *store,
                                                  const heat_walk_unit *unit, const heat_smooth_block *block);

/* Takes the Jacobian into energies and gradients of a block by these weights, [stride]. */
void heat_walk_free_weigh(const heat_walk_store *store, const heat_smooth_block *block, const double *weight);

/* Of a unit's chains where they are: the Jacobian into energies and gradients; out of them again; and x. */
void heat_walk_free_begin_sweep(const heat_walk_store *store, heat_walk_unit *unit);
void heat_walk_free_end_sweep(const heat_walk_store *store, heat_walk_unit *unit);
void heat_walk_free_place(const heat_walk_store *store, heat_walk_unit *unit);

/* Minus the log of the reference's density at a chain, in the potential's coordinates. */
double heat_walk_free_reference(const heat_walk_store *store, const heat_walk_unit *unit, int64_t lane);

/* What variable i gives to the virial by its gradient dU/dy: T on average, whatever U is. */
double heat_walk_free_virial(const heat_walk_store *store, int32_t i, double y, double gradient,
                             double temperature);

/* The chain's own coordinates, y. */
void heat_walk_get_free(const heat_chains *chains, int64_t chain, double *y);

#endif
