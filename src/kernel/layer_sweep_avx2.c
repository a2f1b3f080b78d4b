/* The kernel of layers for AVX2. */
#define LANE_ISA avx2
#include "kernel/layer_sweep_body.h"

const heat_layer_kernel heat_layer_avx2 = {"avx2",          layer_list_units_avx2, layer_draw_avx2,
                                           layer_skip_avx2, layer_list_rows_avx2,  layer_climb_avx2,
                                           layer_gain_avx2};
