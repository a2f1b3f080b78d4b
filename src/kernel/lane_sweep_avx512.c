/* The lane kernel for AVX-512 (F, BW, DQ, VL). */
#define LANE_ISA avx512
#include "kernel/lane_sweep_body.h"

const heat_lane_kernel heat_lane_avx512 = {"avx512", lane_sweep_avx512, lane_refresh_avx512,
                                           lane_residual_avx512, lane_count_avx512};
