/* Sums over a layer's states for AVX-512 (F, BW, DQ, VL). */
#define LAYER_ISA avx512
#include "kernel/layer_sum_body.h"

const heat_layer_sum_kernel heat_layer_sum_avx512 = {
    "avx512",           layer_sum_avx512,   layer_moments_avx512, layer_begin_avx512,
    layer_visit_avx512, layer_offer_avx512, layer_energy_avx512};
