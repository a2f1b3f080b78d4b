/* The lane kernel for AVX2. */
#define LANE_ISA avx2
#include "kernel/lane_sweep_body.h"

const heat_lane_kernel heat_lane_avx2 = {"avx2", lane_sweep_avx2, lane_refresh_avx2, lane_residual_avx2,
                                         lane_count_avx2};
