/* A quadratic form of numbers that are not negative, and its lowest point. */
#ifndef HEATBATH_ORTHANT_FORM_H
#define HEATBATH_ORTHANT_FORM_H

#include <heatbath/context.h>

/* x M x / 2 - g.x over x >= 0. */
typedef struct heat_orthant_form {
    int32_t n;
    const double *m; /* [n][n], symmetric */
    const double *g;
} heat_orthant_form;

typedef struct heat_orthant_minimum {
    double value;
    bool is_proved;   /* no x lies lower, but for rounding */
    bool is_endless;  /* it falls without end along an x that was found; the rest is then unspecified */
    const char *road; /* "active set", "supports" or "coordinate descent"; static */
} heat_orthant_minimum;

/* The lowest point x[n] found: of a positive definite M by active sets, which is the only one; else of at
 * most 24 numbers by all sets that may be above 0, if `may_prove`; else by descents from `starts` points.
 * Halted it is the best so far. Cost: O(n^3) for each change of an active set; 2^n n^2; starts n^2 times some
 * hundred. */
HEAT_MUST_USE heat_status heat_orthant_form_minimise(heat_context *ctx, const heat_orthant_form *form,
                                                     bool may_prove, int64_t starts, uint64_t seed, double *x,
                                                     heat_orthant_minimum *minimum);

#endif
