/* Steps of chains of real numbers for AVX-512 (F, BW, DQ, VL). */
#define WALK_ISA avx512
#include "kernel/walk_body.h"
