/* The cluster kernels with avx2's instructions. */
#define CLUSTER_ISA avx2
#include "kernel/cluster_body.h"
