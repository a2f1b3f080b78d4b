/* A potential seen from one point: its energy, slope and curvature, with the room that takes. */
#ifndef HEATBATH_LANDSCAPE_H
#define HEATBATH_LANDSCAPE_H

#include "model/views.h"

/* Starts as zeroes. */
typedef struct heat_landscape {
    const heat_smooth *view; /* borrowed */
    double *scale;           /* [n] how far a variable ranges, the view's or 1 */
    double *x, *gradients, *directions, *products, *work, *energies; /* of a block of eight */
} heat_landscape;

HEAT_MUST_USE heat_status heat_landscape_open(heat_context *ctx, const heat_smooth *view,
                                              heat_landscape *landscape);
void heat_landscape_close(heat_landscape *landscape);

/* Energy at x, and gradient[n]; by differences where the view has none. */
HEAT_MUST_USE heat_status heat_landscape_evaluate(heat_context *ctx, heat_landscape *landscape,
                                                  const double *x, double *energy, double *gradient);

/* hessian[n][n] at x: exact where the view multiplies by it, else by differences of gradients, or energies.
 */
HEAT_MUST_USE heat_status heat_landscape_curve(heat_context *ctx, heat_landscape *landscape, const double *x,
                                               double *hessian);

/* curvatures[n]: the eigenvalues of the Hessian at x, rising. */
HEAT_MUST_USE heat_status heat_landscape_curvatures(heat_context *ctx, heat_landscape *landscape,
                                                    const double *x, double *curvatures);

/* Into the box, in place. */
void heat_landscape_confine(const heat_landscape *landscape, double *x);

/* The largest |gradient_i| scale_i of variables that are not pressed against a wall. */
double heat_landscape_slope(const heat_landscape *landscape, const double *x, const double *gradient);

/* True if x_i lies on a wall that a step of this sign would cross. */
bool heat_landscape_is_held(const heat_landscape *landscape, const double *x, int32_t i, double step);

#endif
