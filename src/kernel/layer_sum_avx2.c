/* Sums over a layer's states for AVX2. */
#define LAYER_ISA avx2
#include "kernel/layer_sum_body.h"

const heat_layer_sum_kernel heat_layer_sum_avx2 = {"avx2",           layer_sum_avx2,   layer_moments_avx2,
                                                   layer_begin_avx2, layer_visit_avx2, layer_offer_avx2,
                                                   layer_energy_avx2};
