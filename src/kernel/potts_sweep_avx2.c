/* The Potts kernel for AVX2. */
#define LANE_ISA avx2
#include "kernel/potts_sweep_body.h"

const heat_potts_kernel heat_potts_avx2 = {"avx2", potts_sweep_avx2};
