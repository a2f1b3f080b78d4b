/* The road that exact answers take: enumeration or elimination, whichever is cheaper, within the memory
 * allowed. */
#ifndef HEATBATH_EXACT_CHOICE_H
#define HEATBATH_EXACT_CHOICE_H

#include "exact/elimination.h"
#include "exact/enumeration.h"

#include <heatbath/cost.h>

/* A choice made: what it costs, and the plan if it is elimination. */
typedef struct heat_exact_choice {
    heat_exact_cost cost;
    heat_elimination *plan; /* NULL: enumeration, or nothing affordable */
    heat_pairwise graph;    /* what the plan borrows: one of the two */
    heat_categorical categorical;
} heat_exact_choice;

/* Chooses for `model`. With `marginals` the backward pass is counted too. A choice that is not affordable is
 * still HEAT_OK: look at cost.affordable. Keep the struct where it is while the plan lives. */
HEAT_MUST_USE heat_status heat_exact_choose(heat_context *ctx, const heat_model *model, int64_t memory,
                                            bool marginals, heat_exact_choice *choice);
void heat_exact_choice_clear(heat_exact_choice *choice);

/* Makes the plan of an elimination whatever enumeration would cost, for draws: HEAT_ERROR_UNABLE if it cannot
 * be afforded. Halted, there may be no plan. */
HEAT_MUST_USE heat_status heat_exact_choose_elimination(heat_context *ctx, const heat_model *model,
                                                        int64_t memory, heat_exact_choice *choice);

/* Rewrites rows as the plan leaves them in the model's coding, in place. */
void heat_exact_states_from_plan(const heat_exact_choice *choice, const heat_model *model, int64_t n_rows,
                                 int8_t *states);

/* Fails with HEAT_ERROR_UNABLE in the words of the cost: the width found, the width affordable, the memory.
 */
heat_status heat_exact_fail(heat_context *ctx, const heat_exact_cost *cost, int64_t memory);

#endif
