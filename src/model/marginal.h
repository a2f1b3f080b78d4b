/* One layer of an RBM taken out, the other a model of its own: what stays has few values, whatever the layer
 * taken out is, so that searches and counts of states serve RBMs with real numbers.
 *
 * summed   E'(x) = -T log sum_y exp(-E(x, y) / T): log Z is the same at T, and at no other temperature, but
 *          where y is Gaussian: then E' does not depend on T once the volume of y, n log(2 pi T) / 2 -
 *          sum log(a) / 2, is left out, and what stays is a dense graph, exactly
 * at best  E'(x) = min_y E(x, y): the ground states are the same. Of a Gaussian layer it is the same E'.
 *
 * Hopfield, PNAS 79 (1982) 2554; Barra, Bernacchia, Santucci and Contucci, Neural Networks 34 (2012) 1. */
#ifndef HEATBATH_MARGINAL_H
#define HEATBATH_MARGINAL_H

#include "model/unit_layers.h"

typedef struct heat_marginal {
    heat_model *model;       /* of the layer that stays */
    heat_unit_layers layers; /* of the RBM, borrowed */
    bool keeps_visible;
    bool is_graph;     /* E' is that of a graph, at every temperature */
    double log_volume; /* at T = 1: log Z has log_volume + n_real log(T) / 2 more than that of `model` */
    int32_t n_real;
} heat_marginal;

/* True if one layer has few values and the other is real: which stays is then no question. */
bool heat_marginal_fits(const heat_model *model);

/* Of such an RBM, which must outlive it. `temperature` 0: at best. Takes 8 bytes a pair of numbers of the
 * fields of the layer that stays, where the other is Gaussian. */
HEAT_MUST_USE heat_status heat_marginal_create(heat_context *ctx, const heat_model *model, double temperature,
                                               heat_marginal *marginal);
void heat_marginal_clear(heat_marginal *marginal);

/* The whole state, values of both layers, of one of the layer that stays: the other one at its best. */
HEAT_MUST_USE heat_status heat_marginal_complete(heat_context *ctx, const heat_marginal *marginal,
                                                 const int8_t *state, double *values);

#endif
