/* The arrays that the kernels over a layer's states read, made from the layered view. */
#ifndef HEATBATH_LAYER_TABLE_H
#define HEATBATH_LAYER_TABLE_H

#include "kernel/isa.h"
#include "kernel/layered.h"

#include <heatbath/context.h>

typedef struct heat_layer_arrays {
    heat_layer_table table; /* points into the arrays below */
    bool bits_are_hidden;   /* which layer is enumerated: the smaller */
    int32_t n_real;         /* units without the padding */
    double shift_sum;       /* sum_i s_i; 0 where the table is direct */
    double *weights, *bias, *own, *factor, *ones, *shift, *rest;
    double *bits; /* [unit] the most that a unit's factor takes, 0 in the padding; scratch of groups */
    heat_scaled *own_factor;
    float *single;
    int32_t *groups, *single_groups;
} heat_layer_arrays;

/* Multiplicative where that is possible, unless `direct`. */
HEAT_MUST_USE heat_status heat_layer_arrays_init(heat_context *ctx, const heat_layered *layers, double beta,
                                                 bool direct, heat_layer_arrays *arrays);
/* Adds factors in single precision, for visits alone, if all odds keep well within its range. */
HEAT_MUST_USE heat_status heat_layer_arrays_add_singles(heat_context *ctx, heat_layer_arrays *arrays);
void heat_layer_arrays_clear(heat_layer_arrays *arrays);

#endif
