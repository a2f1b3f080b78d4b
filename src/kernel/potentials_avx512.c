/* Named potentials with AVX-512. */
#define POTENTIALS_ISA avx512
#include "kernel/potentials_body.h"
