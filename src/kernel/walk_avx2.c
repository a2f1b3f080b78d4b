/* Steps of chains of real numbers for AVX2. */
#define WALK_ISA avx2
#include "kernel/walk_body.h"
