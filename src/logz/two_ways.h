/* Annealing there and back: one estimate of log Z from the weights of both ways, which are not independent.
 */
#ifndef HEATBATH_TWO_WAYS_H
#define HEATBATH_TWO_WAYS_H

#include <heatbath/context.h>

/* Log weights that members gained over one stage of the way, and who they descend from. A way of several
 * stages resamples its members by them after each. */
typedef struct heat_way {
    int64_t n, capacity_weight, capacity_ancestor;
    double *log_weight;
    int64_t *ancestor; /* number of an independent member of the start */
} heat_way;

HEAT_MUST_USE heat_status heat_way_add(heat_context *ctx, heat_way *way, double log_weight, int64_t ancestor);
void heat_way_clear(heat_way *way);

typedef struct heat_two_ways {
    double forward, forward_error; /* log Z / Z_0 from the way there, and from the way back */
    double reverse, reverse_error;
    double gap_error;    /* of reverse - forward */
    double log_z, error; /* of both, by Bennett's ratio at every stage */
} heat_two_ways;

/* there[stage]: members that began as n independent ones; the product over stages of their mean weights is
 * Z / Z_0. back[stage]: those that were drawn from the last by their weights and came back, whose mean
 * weights are of 1 / that. Errors are infinite where a few members hold all the weight. n >= 2. */
HEAT_MUST_USE heat_status heat_two_ways_get(heat_context *ctx, int64_t n, int64_t n_stages,
                                            const heat_way *there, const heat_way *back, heat_two_ways *out);

/* One way alone: the log of the product of its mean weights, and its error. */
HEAT_MUST_USE heat_status heat_one_way_get(heat_context *ctx, int64_t n, int64_t n_stages,
                                           const heat_way *way, double *log_mean, double *error);

#endif
