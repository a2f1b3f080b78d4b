/* Exact sums over two layers of any kinds: the states of one layer of few values are visited, or the nodes of
 * a grid over very few Gaussian units, the other is summed out unit by unit; two Gaussian layers are one
 * normal distribution. */
#ifndef HEATBATH_UNIT_ENUMERATION_H
#define HEATBATH_UNIT_ENUMERATION_H

#include "model/unit_layers.h"

/* What is wanted, and what it is. Arrays are the caller's, NULL where they are not wanted. */
typedef struct heat_unit_sums {
    bool wants_moments;
    double log_z;                           /* nats, at the beta asked for */
    double mean_energy;                     /* NaN without moments */
    double *visible_mean, *hidden_mean;     /* of phi: [n][q] */
    double *pair_mean;                      /* [visible][q][hidden][q] */
    double *visible_square, *hidden_square; /* [n] of x^2, of layers with a precision */
} heat_unit_sums;

/* States to be visited, at beta 1; 1 of two Gaussian layers, infinity where no layer can be. */
double heat_unit_enumeration_count(const heat_unit_layers *units);

/* Whether it is a grid's nodes that are. */
bool heat_unit_enumeration_is_integral(const heat_unit_layers *units);

/* Numbers looked at, and bytes. The colder, the finer a grid is. */
double heat_unit_enumeration_visits(const heat_unit_layers *units);
double heat_unit_enumeration_visits_at(const heat_unit_layers *units, double beta);
double heat_unit_enumeration_bytes(const heat_unit_layers *units);

/* HEAT_ERROR_UNABLE beyond 2^40 states, or where neither road is open; HEAT_ERROR_UNDEFINED where an
 * integral over real numbers diverges. The result does not depend on `threads`. Halted runs leave the
 * scalars NaN and the arrays unspecified. */
HEAT_MUST_USE heat_status heat_unit_enumeration_run(heat_context *ctx, const heat_unit_layers *units,
                                                    double beta, int64_t threads, heat_unit_sums *sums);

/* A state of lowest energy where the visited layer has few values, as values of both layers, visible ones
 * first, and its energy, which is NaN where the run was halted. HEAT_ERROR_UNABLE beyond 2^40 states. */
HEAT_MUST_USE heat_status heat_unit_enumeration_run_minimum(heat_context *ctx, const heat_unit_layers *units,
                                                            int64_t threads, double *energy, double *values);

/* The second road, of two Gaussian layers. */
HEAT_MUST_USE heat_status heat_unit_gaussian_run(heat_context *ctx, const heat_unit_layers *units,
                                                 double beta, heat_unit_sums *sums);

#endif
