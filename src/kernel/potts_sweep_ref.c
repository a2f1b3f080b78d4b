/* The Potts kernel in plain C: the oracle of the other two. */
#define LANE_ISA ref
#include "kernel/potts_sweep_body.h"

const heat_potts_kernel heat_potts_ref = {"ref", potts_sweep_ref};
