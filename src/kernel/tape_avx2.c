/* Tapes for AVX2. */
#define TAPE_ISA avx2
#include "kernel/tape_body.h"

const heat_tape_kernel heat_tape_avx2 = {"avx2", VEC_LANES, tape_run_avx2};
