/* The bit kernel for AVX-512 (F). */
#define BITS_ISA avx512
#include "kernel/bit_sweep_body.h"

const heat_bit_kernel heat_bit_avx512 = {"avx512",         bit_sweep_avx512,       bit_count_pairs_avx512,
                                         bit_count_avx512, bit_total_pairs_avx512, bit_total_avx512};
