/* Two layers in the integer units of the kernel of layers: E = -unit (sum_ij x_i W_ij y_j + sum_i b_i x_i +
 * sum_j c_j y_j) + offset, with x visible and y hidden. */
#ifndef HEATBATH_LAYER_UNITS_H
#define HEATBATH_LAYER_UNITS_H

#include "kernel/layer_sweep.h"
#include "kernel/layered.h"

#include <heatbath/context.h>

typedef struct heat_layer_units {
    heat_layer_rows up;   /* from visible to hidden units; biases are the hidden ones */
    heat_layer_rows down; /* from hidden to visible units */
    double unit;          /* a power of two: numbers that are multiples of it keep their value */
    double offset;
    bool rounded; /* some number is no multiple of the unit */
    /* What rounding took, in lost_unit; rows are NULL and units 0 where it is not kept. */
    heat_layer_rows lost;  /* of `up` */
    int32_t *lost_visible; /* [visible unit, padded] of the visible biases */
    double lost_unit;
    int32_t *weights[3], *bias[3]; /* owned: of up, down, lost */
    double *column;                /* work space of refresh */
} heat_layer_units;

/* Where arrays of heat_layer_units are. */
enum { HEAT_LAYER_UP, HEAT_LAYER_DOWN, HEAT_LAYER_LOST };

/* The unit for units with |b| + sum |W| up to `largest`. */
double heat_layer_units_choose(double largest);

/* Rooms without numbers, for those who fill them in. */
HEAT_MUST_USE heat_status heat_layer_units_alloc(heat_context *ctx, int32_t n_visible, int32_t n_hidden,
                                                 heat_layer_units **out);

/* Rooms for the numbers of a view of this shape, and the numbers: unit is 2^-29 of a bound on all fields, or
 * up to twice that. `keeps_lost`: also what rounding takes, for exact energies. */
HEAT_MUST_USE heat_status heat_layer_units_create(heat_context *ctx, const heat_layered *view,
                                                  bool keeps_lost, heat_layer_units **out);

void heat_layer_units_free(heat_layer_units *units);

/* Bytes of heat_layer_units. */
double heat_layer_units_bytes(const heat_layered *view, bool keeps_lost);

#endif
