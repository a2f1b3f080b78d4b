/* The kernel table: one row an instruction set, from the plainest to the widest. */
#ifndef HEATBATH_ISA_H
#define HEATBATH_ISA_H

#include "kernel/bit_sweep.h"
#include "kernel/cluster.h"
#include "kernel/lane_sweep.h"
#include "kernel/layer_sum.h"
#include "kernel/layer_sweep.h"
#include "kernel/potentials.h"
#include "kernel/potts_sweep.h"
#include "kernel/tape.h"
#include "kernel/walk.h"

/* Everything that is compiled once an instruction set. */
typedef struct heat_isa {
    const char *name;
    const heat_lane_kernel *lanes;
    const heat_cluster_kernel *clusters;
    const heat_bit_kernel *bits;
    const heat_potts_kernel *potts;
    const heat_layer_sum_kernel *layer_sums;
    const heat_layer_kernel *layers;
    const heat_potential_kernel *potentials;
    const heat_tape_kernel *tapes;
    const heat_walk_kernel *walks;
    const heat_potential_single_kernel *single_potentials;
    const heat_tape_single_kernel *single_tapes;
    const heat_walk_single_kernel *single_walks;
} heat_isa;

/* The rows that this machine can run; the last is the widest. */
int heat_isa_count(void);
const heat_isa *heat_isa_at(int k);

/* The row of that name, the widest for "auto"; NULL if there is none here. */
const heat_isa *heat_isa_get(const char *name);

/* HEAT_ERROR_OPTION where there is none: of verbs, whether or not they come to a kernel. */
HEAT_MUST_USE heat_status heat_isa_check(heat_context *ctx, const char *name);

#endif
