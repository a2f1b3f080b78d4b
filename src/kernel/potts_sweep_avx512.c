/* The Potts kernel for AVX-512 (F, BW, DQ, VL). */
#define LANE_ISA avx512
#include "kernel/potts_sweep_body.h"

const heat_potts_kernel heat_potts_avx512 = {"avx512", potts_sweep_avx512};
