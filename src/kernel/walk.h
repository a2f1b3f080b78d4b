/* Steps of chains of real numbers that stand side by side, x[i * stride + c] being variable i of chain c, and
 * the random numbers that drive them: eight generators (xoshiro256+: Blackman and Vigna, ACM Trans. Math.
 * Softw. 47 (2021) 36) whose draws go round. Momenta are those of a mass 1 / scale^2, in units of 1 / scale:
 * normal with variance T whatever the scale. */
#ifndef HEATBATH_WALK_H
#define HEATBATH_WALK_H

#include "kernel/smooth.h"

#include <stdint.h>

enum { HEAT_WALK_LANES = 8 };

typedef struct heat_walk_random {
    uint64_t word[4][HEAT_WALK_LANES]; /* at a multiple of 64 bytes */
} heat_walk_random;

/* Chains whose arrays have rows of `stride` numbers, a multiple of eight, at multiples of 64 bytes. */
typedef struct heat_walk_lanes {
    int32_t n;
    int64_t stride;
    const double *scale; /* [n][stride]; NULL: 1 */
    const double
        *lower; /* [n] walls that reflect, infinite where there are none; NULL: no variable has any */
    const double *upper;
    double *x;              /* [n][stride] */
    double *momentum;       /* [n][stride] */
    const double *gradient; /* [n][stride] */
} heat_walk_lanes;

/* A variable x within bounds by a coordinate y that has none, growing with x. */
typedef enum heat_walk_side {
    HEAT_WALK_OPEN = 0, /* x = y */
    HEAT_WALK_ABOVE,    /* x = lower + exp(y) */
    HEAT_WALK_BELOW,    /* x = upper - exp(-y) */
    HEAT_WALK_BETWEEN   /* x = lower + (upper - lower) / (1 + exp(-y)) */
} heat_walk_side;

/* y stays within 700 of 0. */
typedef struct heat_walk_bound {
    heat_walk_side side;
    double lower, upper;
    double least, most; /* of x, as far as numbers and walls go */
} heat_walk_bound;

/* Chains that are walked in such coordinates, rows as above, of bounds [n]. */
typedef struct heat_walk_free {
    int32_t n;
    int64_t stride;
    const heat_walk_bound *bounds;
    const double *y;
    double *x;      /* x(y) */
    double *factor; /* dx/dy; not written where x = y */
    /* E_c -= weight_c log |dx/dy|, and with it the gradient; NULL: it has none. A constant is left out. */
    const double *weight;
    double *energy, *gradient;
} heat_walk_free;

typedef void (*heat_walk_place_fn)(const heat_walk_free *free); /* x and factor */
typedef void (*heat_walk_weigh_fn)(const heat_walk_free *free); /* energy and gradient */

/* Standard normal numbers (Box and Muller, Ann. Math. Stat. 29 (1958) 610), n a multiple of 16, at a multiple
 * of 64 bytes. */
typedef void (*heat_walk_draw_fn)(heat_walk_random *random, int64_t n, double *values);

/* momentum -= step_c scale gradient */
typedef void (*heat_walk_kick_fn)(const heat_walk_lanes *lanes, const double *step);

/* x += step_c scale momentum; a wall turns x and the momentum round. What comes to lie outside a thousand
 * times gets an infinite momentum. */
typedef void (*heat_walk_drift_fn)(const heat_walk_lanes *lanes, const double *step);

/* momentum = keep_c momentum + spread_c noise. Rows of noise are n_noise apart; eight numbers are read past
 * the last. */
typedef void (*heat_walk_refresh_fn)(const heat_walk_lanes *lanes, const double *keep, const double *spread,
                                     const double *noise, int64_t n_noise);

/* n_steps times x += step_c (spread_c noise - step_c / 2 gradient), walls and noise as above, of n * n_noise
 * numbers: a refresh, half a kick and a drift that leave no momentum. After each step comes an evaluation
 * into `block`, whose x and gradients are those of the lanes.
 * *is_sound is false where an energy was infinite or NaN on the way. */
typedef heat_status (*heat_walk_wander_fn)(heat_context *ctx, const heat_walk_lanes *lanes,
                                           const heat_smooth *view, const heat_smooth_block *block,
                                           const double *step, const double *spread, const double *noise,
                                           int64_t n_noise, int64_t n_steps, bool *is_sound);

/* energy_c = sum of momentum^2 / 2 */
typedef void (*heat_walk_kinetic_fn)(const heat_walk_lanes *lanes, double *energy);

/* A matrix [n][n], or the parts of it that are not 0. */
typedef enum heat_walk_shape {
    HEAT_WALK_FULL = 0,
    HEAT_WALK_LOWER,     /* a triangle L: no more is read */
    HEAT_WALK_TRANSPOSED /* L' of that triangle */
} heat_walk_shape;

/* to = M (from - centre), rows [n][stride] that do not overlap, summed in the order of columns; `centre`:
 * [n]; NULL: 0. */
typedef void (*heat_walk_multiply_fn)(int32_t n, const double *matrix, heat_walk_shape shape, int64_t stride,
                                      const double *from, const double *centre, double *to);

/* True if none of n numbers, a multiple of eight, is infinite or NaN. */
typedef bool (*heat_walk_finite_fn)(int64_t n, const double *values);

/* The same in single precision: rows are a multiple of HEAT_SINGLE_LANES apart; normal numbers come in
 * multiples of 32; sixteen numbers are read past the last of the noise. */
typedef struct heat_single_lanes {
    int32_t n;
    int64_t stride;
    const double *lower;
    const double *upper;
    float *x;
    const float *gradient;
} heat_single_lanes;

typedef void (*heat_single_draw_fn)(heat_walk_random *random, int64_t n, float *values);
typedef heat_status (*heat_single_wander_fn)(heat_context *ctx, const heat_single_lanes *lanes,
                                             const heat_smooth *view, const heat_single_block *block,
                                             const float *step, const float *spread, const float *noise,
                                             int64_t n_noise, int64_t n_steps, bool *is_sound);

typedef struct heat_walk_single_kernel {
    const char *isa;
    heat_single_draw_fn normals;
    heat_single_wander_fn wander;
} heat_walk_single_kernel;

/* One row an instruction set; all give the same bits. */
typedef struct heat_walk_kernel {
    const char *isa;
    heat_walk_draw_fn normals;
    heat_walk_draw_fn uniforms; /* on [0, 1), n a multiple of 8 */
    heat_walk_kick_fn kick;
    heat_walk_drift_fn drift;
    heat_walk_refresh_fn refresh;
    heat_walk_wander_fn wander;
    heat_walk_kinetic_fn kinetic;
    heat_walk_multiply_fn multiply;
    heat_walk_finite_fn are_finite;
    heat_walk_place_fn place;
    heat_walk_weigh_fn weigh;
} heat_walk_kernel;

extern const heat_walk_kernel heat_walk_ref;
extern const heat_walk_single_kernel heat_walk_single_ref;
#ifdef HEAT_X86_KERNELS
extern const heat_walk_kernel heat_walk_avx2, heat_walk_avx512;
extern const heat_walk_single_kernel heat_walk_single_avx2, heat_walk_single_avx512;
#endif

#endif
