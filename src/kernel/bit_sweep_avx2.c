/* The bit kernel for AVX2. */
#define BITS_ISA avx2
#include "kernel/bit_sweep_body.h"

const heat_bit_kernel heat_bit_avx2 = {"avx2",         bit_sweep_avx2,       bit_count_pairs_avx2,
                                       bit_count_avx2, bit_total_pairs_avx2, bit_total_avx2};
