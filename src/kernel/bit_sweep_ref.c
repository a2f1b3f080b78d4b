/* The bit kernel in plain C: the oracle of the other two. */
#define BITS_ISA ref
#include "kernel/bit_sweep_body.h"

const heat_bit_kernel heat_bit_ref = {"ref",         bit_sweep_ref,       bit_count_pairs_ref,
                                      bit_count_ref, bit_total_pairs_ref, bit_total_ref};
