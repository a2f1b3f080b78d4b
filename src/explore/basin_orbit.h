/* A point's images in the other basins, and the share of each: what a draw tells of basins it is not in. */
#ifndef HEATBATH_BASIN_ORBIT_H
#define HEATBATH_BASIN_ORBIT_H

#include "landscape/gradient_flow.h"

enum { HEAT_ORBIT_BASINS = 8 }; /* basins of one orbit, those next to each other in energy */

/* How basins are laid upon each other. Starts as zeroes. */
typedef struct heat_orbits {
    const heat_flow_basins *basins; /* borrowed */
    double *mirror;                 /* [basin][n] of length 1, or 0: the mirror's normal */
    double *log_det;                /* [basin] of L */
} heat_orbits;

HEAT_MUST_USE heat_status heat_orbits_open(heat_context *ctx, const heat_flow_basins *basins,
                                           heat_orbits *orbits);
void heat_orbits_close(heat_orbits *orbits);

/* The shares of a draw: in basin `first` + k, at an energy. They sum to 1; 0: no image there. */
typedef struct heat_orbit {
    int64_t first;
    int32_t count;
    double energy[HEAT_ORBIT_BASINS], share[HEAT_ORBIT_BASINS];
} heat_orbit;

/* Draws that are to be shared out, of one thread; `orbit` is what becomes of each. Starts as zeroes. */
typedef struct heat_orbit_draws {
    const heat_orbits *orbits; /* borrowed */
    heat_flow *flow;           /* borrowed */
    int64_t most;              /* draws at a time */
    heat_orbit *orbit;         /* [draw] */
    int64_t n_images;
    double *images, *energies; /* [image][n], [image] */
    int32_t *basin;            /* [image] where it lies */
    int64_t *place;            /* [image] draw * HEAT_ORBIT_BASINS + k */
    double *z;                 /* [2][n] scratch */
} heat_orbit_draws;

HEAT_MUST_USE heat_status heat_orbit_draws_open(heat_context *ctx, const heat_orbits *orbits, heat_flow *flow,
                                                int64_t most, heat_orbit_draws *draws);
void heat_orbit_draws_close(heat_orbit_draws *draws);

/* Shares out `count` draws points[count][n] of the density exp(-beta[] U), which lie in basin[] (-1: in none,
 * and are not shared) at energy[]. Cost: an evaluation and a heat_flow_locate of each image. */
HEAT_MUST_USE heat_status heat_orbit_draws_share(heat_context *ctx, heat_orbit_draws *draws, int64_t count,
                                                 const double *points, const int32_t *basin,
                                                 const double *energy, const double *beta);

#endif
