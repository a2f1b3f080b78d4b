/* The lane kernel in plain C: the oracle of the other two. */
#define LANE_ISA ref
#include "kernel/lane_sweep_body.h"

const heat_lane_kernel heat_lane_ref = {"ref", lane_sweep_ref, lane_refresh_ref, lane_residual_ref,
                                        lane_count_ref};
