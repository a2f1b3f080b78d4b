/* The named potentials as kernels, each a heat_smooth_fn:
 *
 *     double-well    U = (x^2 - 1)^2
 *     gaussian       U = (x - m)' P (x - m) / 2
 *     muller-brown   four hills: Mueller and Brown, Theor. Chim. Acta 53 (1979) 75
 *     rosenbrock     U = sum_i (1 - x_i)^2 + 100 (x_(i+1) - x_i^2)^2
 *     funnel         U = x_1^2 / 18 + (n - 1) x_1 / 2 + exp(-x_1) |x_2 ... x_n|^2 / 2
 *     basins         U = (x^2 - 1)^2 + exp(-c x) |y|^2 / 2
 *     eight-schools  minus the log density of a hierarchy and its data */
#ifndef HEATBATH_POTENTIALS_H
#define HEATBATH_POTENTIALS_H

#include "kernel/smooth.h"

typedef enum heat_potential_name {
    HEAT_POTENTIAL_DOUBLE_WELL = 0,
    HEAT_POTENTIAL_GAUSSIAN,
    HEAT_POTENTIAL_MULLER_BROWN,
    HEAT_POTENTIAL_ROSENBROCK,
    HEAT_POTENTIAL_FUNNEL,
    HEAT_POTENTIAL_BASINS,
    HEAT_POTENTIAL_EIGHT_SCHOOLS,
    HEAT_N_POTENTIALS
} heat_potential_name;

enum { HEAT_GAUSSIAN_ROWS = 4 }; /* of P that are multiplied at a time */

/* What the kernels read as `self`. */
typedef struct heat_potential_numbers {
    int32_t n;
    const double *mean;      /* [n] of gaussian */
    const double *precision; /* P of gaussian, [n][n], and rows up to a multiple of HEAT_GAUSSIAN_ROWS */
    const double *zero;      /* [n] zeroes, of gaussian */
    double rate;             /* c of basins */
} heat_potential_numbers;

/* One row an instruction set; all give the same bits. */
typedef struct heat_potential_kernel {
    const char *isa;
    heat_smooth_fn evaluate[HEAT_N_POTENTIALS];
    heat_smooth_fn multiply[HEAT_N_POTENTIALS];
} heat_potential_kernel;

/* In single precision. */
typedef struct heat_potential_single_kernel {
    const char *isa;
    heat_single_fn evaluate[HEAT_N_POTENTIALS];
    heat_single_fn multiply[HEAT_N_POTENTIALS];
} heat_potential_single_kernel;

extern const heat_potential_kernel heat_potentials_ref;
extern const heat_potential_single_kernel heat_potentials_single_ref;
#ifdef HEAT_X86_KERNELS
extern const heat_potential_kernel heat_potentials_avx2, heat_potentials_avx512;
extern const heat_potential_single_kernel heat_potentials_single_avx2, heat_potentials_single_avx512;
#endif

#endif
