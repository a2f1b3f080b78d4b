/* Where the nodes of a quadrature stand: one variable x as a function of t, by the walls it has;
 * and what is summed over them. */
#ifndef HEATBATH_QUADRATURE_NODES_H
#define HEATBATH_QUADRATURE_NODES_H

#include "exact/quadrature.h"

#include <stdbool.h>

typedef struct heat_node_map {
    double lower, upper;  /* walls; infinite where there are none */
    double centre, scale; /* of what counts on a line; the scale of a ray too */
} heat_node_map;

typedef struct heat_node {
    double x;
    double log_slope; /* log of |dx / dt| */
    double direction; /* its sign */
    int wall;         /* the nearer one: 0 the lower, 1 the upper; -1: there is none */
    double log_near;  /* log of the distance to it, which x may have rounded away */
} heat_node;

bool heat_node_has_wall(const heat_node_map *map, int upper);

double heat_node_get_wall(const heat_node_map *map, int upper);

/* Between two walls, else the scale. */
double heat_node_get_room(const heat_node_map *map);

heat_node heat_node_find(const heat_node_map *map, double t);

/* The t of an x between the walls, which `heat_node_find` leads back to x. */
double heat_node_invert(const heat_node_map *map, double x);

/* What stands at a distance d from a wall: power log d + bend d / d0, and a constant. */
typedef struct heat_wall_law {
    double power, bend;
} heat_wall_law;

/* From three values at d0 and further out, each four times as far as the one before. */
heat_wall_law heat_wall_law_find(const double *log_distance, const double *value);

/* How much more it is at `to` than at `from`, logs of d / d0. */
double heat_wall_law_get(const heat_wall_law *law, double from, double to);

/* Weights exp(w - highest) of nodes, added up, and what they weigh: the energy, its squared distance from the
 * mean, summed, and the gradient. */
typedef struct heat_node_tally {
    double highest, sum, energy, square;
    double gradient[HEAT_QUADRATURE_DIMENSIONS];
} heat_node_tally;

heat_node_tally heat_node_tally_empty(void);

/* Adds one tally to another. */
void heat_node_tally_join(heat_node_tally *to, const heat_node_tally *t);

/* Adds n tallies, HEAT_TALLIES_AT_ONCE at most; log_share: logs of their parts, NULL: all of each. */
enum { HEAT_TALLIES_AT_ONCE = 64 };
void heat_node_tally_gather(heat_node_tally *to, int64_t n, const heat_node_tally *t,
                            const double *log_share);

/* log of all weights. */
double heat_node_tally_log(const heat_node_tally *t);

#endif
