/* Tapes for AVX2. */
#define TAPE_ISA avx2
#include "kernel/tape_body.h"
