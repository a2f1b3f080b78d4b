/* The kernel of layers for AVX-512 (F, BW, DQ, VL). */
#define LANE_ISA avx512
#include "kernel/layer_sweep_body.h"

const heat_layer_kernel heat_layer_avx512 = {"avx512",          layer_list_units_avx512, layer_draw_avx512,
                                             layer_skip_avx512, layer_list_rows_avx512,  layer_climb_avx512,
                                             layer_gain_avx512};
