/* Z of a potential in at most three dimensions as an integral, by sums over nodes that are made more until
 * ten digits stand. */
#ifndef HEATBATH_QUADRATURE_H
#define HEATBATH_QUADRATURE_H

#include "kernel/smooth.h"

enum { HEAT_QUADRATURE_DIMENSIONS = 3 };

typedef struct heat_quadrature {
    double log_z, mean_energy, energy_variance; /* NaN where it was halted */
    double error;    /* how much the last refinement changed log_z: its own error is far below */
    double n_points; /* that were evaluated */
} heat_quadrature;

/* Places that the integral must not miss: minima, of positive definite Hessians. All arrays are borrowed. */
typedef struct heat_quadrature_places {
    int64_t count;
    const double *x;       /* [place][n] */
    const double *energy;  /* [place] */
    const double *hessian; /* [place][n][n] */
} heat_quadrature_places;

/* True if the view's integral is one that is tried. */
bool heat_quadrature_fits(const heat_smooth *view);

/* Bytes at once, at most. */
double heat_quadrature_bytes(const heat_smooth *view);

/* log of the integral of exp(-beta U), and mean and variance of U. `places`: what a search knows of, NULL:
 * nothing; wells that are narrow and far from others are found there alone. HEAT_ERROR_UNDEFINED where it
 * diverges, HEAT_ERROR_UNABLE where it cannot be had to ten digits, or falls off too slowly. A halted run
 * leaves NaN. The same bits for any number of threads. */
HEAT_MUST_USE heat_status heat_quadrature_run(heat_context *ctx, const heat_smooth *view, double beta,
                                              const heat_quadrature_places *places, int64_t threads,
                                              heat_quadrature *out);

#endif
