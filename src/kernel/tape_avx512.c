/* Tapes for AVX-512 (F, BW, DQ, VL). */
#define TAPE_ISA avx512
#include "kernel/tape_body.h"

const heat_tape_kernel heat_tape_avx512 = {"avx512", VEC_LANES, tape_run_avx512};
