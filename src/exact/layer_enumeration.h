/* Exact answers on two layers by visiting the states of the smaller one, the other summed out unit by unit.
 */
#ifndef HEATBATH_LAYER_ENUMERATION_H
#define HEATBATH_LAYER_ENUMERATION_H

#include "kernel/layer_sum.h"
#include "model/views.h"

/* What is wanted, and what it is. Means are of units over 0 and 1. */
typedef struct heat_layer_enumeration {
    bool wants_energy;      /* its mean and variance, at the cost of three sums */
    bool wants_moments;     /* its mean, and all below; the arrays are the caller's, NULL where they are not
                             * wanted.     At the cost of ten sums */
    double log_z;           /* nats, at the beta asked for */
    double mean_energy;     /* NaN where it is not wanted */
    double energy_variance; /* NaN where it is not wanted, and where odds leave the range of doubles */
    double *visible_mean;   /* [visible] */
    double *hidden_mean;    /* [hidden] */
    double *pair_mean;      /* [visible][hidden]: of x_i y_j */
} heat_layer_enumeration;

/* States of the smaller layer; infinity beyond the doubles. */
double heat_layer_enumeration_count(const heat_layered *layers);

/* What a run costs: unit visits, states times the units that are summed out; and bytes at most. */
double heat_layer_enumeration_visits(const heat_layered *layers);
double heat_layer_enumeration_bytes(const heat_layered *layers);

/* Visits all of them, by the widest kernel. HEAT_ERROR_UNABLE beyond 2^40 states. The result does not depend
 * on `threads`, nor on the instruction set. Halted runs leave the numbers NaN. */
HEAT_MUST_USE heat_status heat_layer_enumeration_run(heat_context *ctx, const heat_layered *layers,
                                                     double beta, int64_t threads,
                                                     heat_layer_enumeration *result);

/* The same by one kernel (of heat_isa), for tests. */
HEAT_MUST_USE heat_status heat_layer_enumeration_run_by(heat_context *ctx, const heat_layered *layers,
                                                        double beta, int64_t threads,
                                                        const heat_layer_sum_kernel *kernel,
                                                        heat_layer_enumeration *result);

/* A state of lowest energy, in the coding of `model`, which has the layered view, and its energy by the
 * definition; halted, the energy is NaN. */
HEAT_MUST_USE heat_status heat_layer_enumeration_run_minimum(heat_context *ctx, const heat_model *model,
                                                             int64_t threads, double *energy, int8_t *state);

#endif
