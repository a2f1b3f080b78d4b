/* Tapes for AVX-512 (F, BW, DQ, VL). */
#define TAPE_ISA avx512
#include "kernel/tape_body.h"
