/* The best distinct states that a search has met, with how often it met each. */
#ifndef HEATBATH_STATE_POOL_H
#define HEATBATH_STATE_POOL_H

#include <heatbath/model.h>

typedef struct heat_state_pool {
    int32_t n;         /* variables */
    bool is_symmetric; /* a state and its global flip are one: the form that begins with +1 is kept */
    int64_t capacity, count;
    int8_t *states;   /* [capacity + 1][n]; the last is scratch */
    int64_t *order;   /* [count] places of the states, best first */
    double *energies; /* [place] */
    int64_t *met;     /* [place] */
} heat_state_pool;

/* A pool of at most `capacity` states; 0 keeps none and takes no memory. */
HEAT_MUST_USE heat_status heat_state_pool_init(heat_context *ctx, heat_state_pool *pool,
                                               const heat_model_info *info, int64_t capacity);
void heat_state_pool_clear(heat_state_pool *pool);

/* Adds a state, or counts it once more. Of equal energies the earlier stands first. Cost O(capacity + n). */
void heat_state_pool_add(heat_state_pool *pool, const int8_t *state, double energy);

/* Hands the states over in order: arrays of the caller's, [count][n], [count], [count]. */
void heat_state_pool_get(const heat_state_pool *pool, int8_t *states, double *energies, int64_t *met);

#endif
