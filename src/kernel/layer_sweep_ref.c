/* The kernel of layers in plain C: the oracle of the other two. */
#define LANE_ISA ref
#include "kernel/layer_sweep_body.h"

const heat_layer_kernel heat_layer_ref = {"ref",          layer_list_units_ref, layer_draw_ref,
                                          layer_skip_ref, layer_list_rows_ref,  layer_climb_ref,
                                          layer_gain_ref};
