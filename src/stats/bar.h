/* BAR: the difference of two log Z from draws of both states. Bennett, J. Comput. Phys. 22 (1976) 245. */
#ifndef HEATBATH_BAR_H
#define HEATBATH_BAR_H

#include <heatbath/context.h>

/* Draws of one state: work[t] = u_1 - u_0 of draw t, u = -log of the unnormalised density. */
typedef struct heat_bar_side {
    int64_t n;
    const double *work;
    double tau; /* draws that make one independent draw, >= 1 */
} heat_bar_side;

typedef struct heat_bar_result {
    double log_z;   /* log Z_1 - log Z_0 */
    double error;   /* one standard error, to first order */
    double overlap; /* the probability that a draw of state 0 came, for all its work says, from state 1, for
                       equal numbers of draws: 1/2 at best; below 0.03 the error is not to be trusted */
} heat_bar_result;

/* Solves Bennett's equation. HEAT_ERROR_ARGUMENT: no draws or a work that is not finite;
 * HEAT_ERROR_UNDEFINED: the draws of the two states do not overlap at all. Cost: about 10 passes. */
HEAT_MUST_USE heat_status heat_bar_get(heat_context *ctx, const heat_bar_side *from_0,
                                       const heat_bar_side *from_1, heat_bar_result *result);

#endif
