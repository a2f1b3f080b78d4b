/* Annealing there and back: one estimate of log Z from the weights of both ways, which are not independent.
 */
#ifndef HEATBATH_TWO_WAYS_H
#define HEATBATH_TWO_WAYS_H

#include <heatbath/context.h>

typedef struct heat_two_ways {
    double forward, forward_error; /* log Z from the way there, and from the way back */
    double reverse, reverse_error;
    double gap_error;    /* of reverse - forward */
    double log_z, error; /* of both, by Bennett's ratio */
} heat_two_ways;

/* forward[n]: log weights of independent members, whose mean is Z. reverse[m]: those of members that were
 * drawn from them by their weights and came back, whose mean is 1 / Z; ancestor[m] says from which. Errors
 * are infinite where a few members hold all the weight. n >= 2, m >= 1. */
HEAT_MUST_USE heat_status heat_two_ways_get(heat_context *ctx, int64_t n, const double *forward, int64_t m,
                                            const double *reverse, const int64_t *ancestor,
                                            heat_two_ways *out);

#endif
