/* HEAT_CUSTOM: the one open door for energies. A model of discrete variables given by batched callbacks. */
#ifndef HEATBATH_CUSTOM_H
#define HEATBATH_CUSTOM_H

#include <heatbath/context.h>

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
    int32_t n_states;   /* q, 2 to 127, the same for every variable */
    heat_coding coding; /* of the rows that the callbacks see */
    bool thread_safe;

    /* Required. energies[r] = E(states row r); rows are n_variables long, one after the other. */
    int (*energy)(void *user, int64_t n_rows, const int8_t *states, double *energies);

    /* Optional. deltas[r] = E(row r with `site` set to proposed[r]) - E(row r). */
    int (*delta)(void *user, int64_t n_rows, const int8_t *states, int32_t site, const int8_t *proposed,
                 double *deltas);

    /* Optional: called once with `user` when the model is freed. */
    void (*free)(void *user);
} heat_custom;

/* Zeroes the struct, sets its size, n_states 2 and HEAT_CODING_SPIN. */
HEAT_API void heat_custom_init(heat_custom *custom);

HEAT_END_DECLS

#endif
