/* The smooth view: an energy U(x) of n real variables, evaluated for many chains at a time. Chains stand side
 * by side, x[i * stride + c] being variable i of chain c, so that eight of them fill the lanes of a kernel:
 * stride is a multiple of eight, and lanes past the last chain are evaluated as the others are (let them be
 * copies of one). */
#ifndef HEATBATH_SMOOTH_H
#define HEATBATH_SMOOTH_H

#include <heatbath/context.h>

enum { HEAT_SMOOTH_LANES = 8, HEAT_SINGLE_LANES = 16 };

/* Chains to evaluate, and where the results go. Arrays begin at multiples of 64 bytes; none overlaps another.
 */
typedef struct heat_smooth_block {
    int64_t n_chains, stride; /* n_chains <= stride */
    const double *x;          /* [n][stride] */
    double *energies;         /* [stride] U */
    double *gradients;        /* [n][stride] dU/dx; NULL: not asked for */
    const double *directions; /* [n][stride] v, of `multiply` alone */
    double *products;         /* [n][stride] (d2U/dx dx) v, of `multiply` alone */
    double *work;             /* [n_work of the view], the caller's own */
} heat_smooth_block;

/* The same in single precision: stride is a multiple of HEAT_SINGLE_LANES. */
typedef struct heat_single_block {
    int64_t n_chains, stride;
    const float *x;
    float *energies, *gradients;
    const float *directions;
    float *products;
    float *work; /* [2 n_work] */
} heat_single_block;

/* Called from any thread, unless the model says otherwise (heat_model_is_thread_safe). */
typedef heat_status (*heat_smooth_fn)(heat_context *ctx, const void *self, const heat_smooth_block *block);
typedef heat_status (*heat_single_fn)(heat_context *ctx, const void *self, const heat_single_block *block);

/* All arrays are borrowed from the model. Call heat_smooth_evaluate (model/smooth_rows.h), which checks what
 * comes back. */
typedef struct heat_smooth {
    int32_t n;
    const struct heat_model *model; /* whose view it is */
    const void *self;
    heat_smooth_fn evaluate;        /* energies and, if asked for, gradients; +infinity is outside */
    heat_smooth_fn multiply;        /* products alone; NULL: there are none */
    heat_single_fn evaluate_single; /* in single precision; NULL: there is none */
    bool has_gradient;
    int64_t n_work;      /* doubles of work space that a call takes */
    const double *lower; /* [n] bounds of each variable, -infinity and infinity where there are none; */
    const double *upper; /* both NULL: no variable has any */
    const double
        *own_lower; /* [n] those of them that are the energy's own; any others are walls that were put */
    const double *own_upper; /* up. NULL: all are walls */
    const double *start;     /* [n] a point to begin at; NULL: none is known */
    const double *scale;     /* [n] how far the variables range at T = 1; NULL: not known */
    int32_t n_slow; /* basins are told apart by the first so many, after the others went downhill; 0: all
                       variables go together */
} heat_smooth;

#endif
