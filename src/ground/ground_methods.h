/* What a ground method is given and what it hands back; one file a method. */
#ifndef HEATBATH_GROUND_METHODS_H
#define HEATBATH_GROUND_METHODS_H

#include "model/views.h"

#include <heatbath/ground.h>
#include <heatbath/methods.h>

/* A search under way, always for a minimum. `best` and the trajectory are the result's own;
 * heat_search_improve keeps them. */
typedef struct heat_search {
    const heat_model *model; /* whose minimum is sought: -E where E is to be maximised */
    heat_model_info info;
    const heat_ground_options *opt;
    const int8_t *initial; /* NULL: random */
    double begin_s;        /* on heat_clock's scale */
    double target;         /* -infinity: none */
    double bound;          /* no energy lies lower; -infinity if unknown */
    bool is_proved;        /* an exact method found the bound and the state that has it */
    double best_energy;    /* +infinity before the first state */
    heat_ground_result *result;
    int64_t capacity; /* of the two trajectory arrays */
} heat_search;

/* Takes `state` (energy already known) as the best so far if it is lower, and notes the time. */
HEAT_MUST_USE heat_status heat_search_improve(heat_context *ctx, heat_search *search, const int8_t *state,
                                              double energy);

/* A state to report where nothing was searched: the initial one, or all spins +1 (values 0). */
HEAT_MUST_USE heat_status heat_search_fall_back(heat_context *ctx, heat_search *search);

/* Why a state is proved that no exact method found. */
extern const char heat_reason_bound[];

typedef struct heat_ground_method {
    const char *name;
    /* The whole run: fills the result's state, outcome, reason, method and updates. */
    heat_status (*run)(heat_context *ctx, heat_search *search);
} heat_ground_method;

/* The rows; each lives in a file of its own. */
#define HEAT_GROUND_EXTERN(tag, name, help) extern const heat_ground_method heat_ground_method_##tag;
HEAT_GROUND_METHODS(HEAT_GROUND_EXTERN)

/* What an anneal by these options takes: fills in all but the reason. */
void heat_ground_price_anneal(const heat_model *model, const heat_ground_options *opt, heat_cost *cost);

/* True if the exact method is cheap enough that `auto` takes it. */
HEAT_MUST_USE heat_status heat_ground_exact_is_cheap(heat_context *ctx, const heat_search *search,
                                                     bool *cheap);

#endif
