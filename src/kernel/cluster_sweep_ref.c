/* The cluster kernels in plain C: the oracle of the other two. */
#define CLUSTER_ISA ref
#include "kernel/cluster_body.h"
