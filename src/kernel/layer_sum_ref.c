/* Sums over a layer's states in plain C: the oracle of the other two. */
#define LAYER_ISA ref
#include "kernel/layer_sum_body.h"

const heat_layer_sum_kernel heat_layer_sum_ref = {"ref",           layer_sum_ref,   layer_moments_ref,
                                                  layer_begin_ref, layer_visit_ref, layer_offer_ref,
                                                  layer_energy_ref};
