/* The cluster kernels with avx512's instructions. */
#define CLUSTER_ISA avx512
#include "kernel/cluster_body.h"
