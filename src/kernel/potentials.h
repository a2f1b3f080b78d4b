/* The named potentials as kernels, each a heat_smooth_fn over eight chains at a time. */
#ifndef HEATBATH_POTENTIALS_H
#define HEATBATH_POTENTIALS_H

#include "kernel/smooth.h"

typedef enum heat_potential_name {
    HEAT_POTENTIAL_DOUBLE_WELL = 0,
    HEAT_POTENTIAL_GAUSSIAN,
    HEAT_N_POTENTIALS
} heat_potential_name;

/* What the kernels read as `self`. */
typedef struct heat_potential_numbers {
    int32_t n;
    const double *mean;      /* [n] of gaussian */
    const double *precision; /* [n][n], symmetric, of gaussian */
} heat_potential_numbers;

/* One row an instruction set; all give the same bits. */
typedef struct heat_potential_kernel {
    const char *isa;
    heat_smooth_fn evaluate[HEAT_N_POTENTIALS];
    heat_smooth_fn multiply[HEAT_N_POTENTIALS];
} heat_potential_kernel;

extern const heat_potential_kernel heat_potentials_ref;
#ifdef HEAT_X86_KERNELS
extern const heat_potential_kernel heat_potentials_avx2, heat_potentials_avx512;
#endif

#endif
