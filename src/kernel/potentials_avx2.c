/* Named potentials with AVX2. */
#define POTENTIALS_ISA avx2
#include "kernel/potentials_body.h"
