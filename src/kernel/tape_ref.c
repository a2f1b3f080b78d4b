/* Tapes in plain C: the oracle of the other two. */
#define TAPE_ISA ref
#include "kernel/tape_body.h"

const heat_tape_kernel heat_tape_ref = {"ref", VEC_LANES, tape_run_ref};
