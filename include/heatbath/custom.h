/* HEAT_CUSTOM: the one open door for energies. A model of variables of few values, or of real ones, given by
 * batched callbacks: in a program, or in a shared object that the command loads as MODEL. */
#ifndef HEATBATH_CUSTOM_H
#define HEATBATH_CUSTOM_H

#include <heatbath/context.h>

/* Before a function that a shared object exports. */
#define HEAT_EXPORTS HEAT_API

HEAT_BEGIN_DECLS

/* How a row spells a variable of q states. */
typedef enum heat_coding {
    HEAT_CODING_SPIN = 0, /* -1, +1 (q = 2) */
    HEAT_CODING_INDEX     /* 0 ... q-1 */
} heat_coding;

/* A value is a byte. */
enum { HEAT_MOST_STATES = 127 };

/* Callbacks return 0, or anything else to fail the verb with HEAT_ERROR_CALLBACK; a NaN energy fails
 * likewise, +infinity forbids a state. They are called from one thread at a time unless thread_safe is set.
 * Custom models are outside the promise of same bits: that is theirs to keep. */
typedef struct heat_custom {
    size_t size; /* set by heat_custom_init */
    void *user;  /* handed to every callback */
    const char *name;
    int32_t n_variables;
    int32_t n_states;   /* q, 2 to 127, the same for every variable; 0: they are real numbers */
    heat_coding coding; /* of the rows of states that the callbacks see */
    bool thread_safe;

    /* Required of states. energies[r] = E(states row r); rows are n_variables long, one after the other. */
    int (*energy)(void *user, int64_t n_rows, const int8_t *states, double *energies);

    /* Optional. deltas[r] = E(row r with `site` set to proposed[r]) - E(row r). */
    int (*delta)(void *user, int64_t n_rows, const int8_t *states, int32_t site, const int8_t *proposed,
                 double *deltas);

    /* Optional: called once with `user` when the model is freed. */
    void (*free)(void *user);

    /* Optional: [n_variables] names of the variables, copied, no two alike; of real ones x, y, z or x1, x2,
     * ... without, and none of them energy, virial, heat_capacity, chain, draw, temperature, or ending in __.
     */
    const char *const *names;

    /* Required of real variables. energies[r] = E(row r); rows are n_variables numbers long. */
    int (*real_energy)(void *user, int64_t n_rows, const double *rows, double *energies);

    /* Optional. The energies too, and gradients[r * n_variables + i] = dE/dx_i at row r. */
    int (*real_gradient)(void *user, int64_t n_rows, const double *rows, double *energies, double *gradients);

    /* Optional, of real variables, either or both: [n_variables] bounds, -INFINITY and INFINITY where there
     * are none, copied. The integrals of p(x) run between them, and no callback is asked beyond. Chains walk
     * in coordinates without bounds, x = lower + exp(y) and the like, whose Jacobian is seen to: E needs
     * none, and may be infinite at a bound. */
    const double *lower, *upper;

    /* Optional, of real variables: [n_variables] where chains begin, copied. */
    const double *start;
} heat_custom;

/* Zeroes the struct, sets its size, n_states 2 and HEAT_CODING_SPIN. */
HEAT_API void heat_custom_init(heat_custom *custom);

/* What a shared object exports to be a MODEL: it is given what heat_custom_init makes, but for the size,
 * which it sets to its own `sizeof *custom`, and returns 0. Called once for each model that is loaded; the
 * object stays open while the model lives. Needs no library to be linked. */
HEAT_EXPORTS int heat_custom_fill(heat_custom *custom);

HEAT_END_DECLS

#endif
