/* The road that exact answers take: enumeration of all variables or of the smaller of two layers, elimination
 * or, for sums over states, Pfaffians or magnetisations; whichever is cheapest, within the memory allowed. Of
 * a potential the sum is an integral, by quadrature. */
#ifndef HEATBATH_EXACT_CHOICE_H
#define HEATBATH_EXACT_CHOICE_H

#include "exact/elimination.h"
#include "exact/enumeration.h"
#include "exact/layer_enumeration.h"
#include "exact/magnetization.h"
#include "exact/planar.h"
#include "exact/quadrature.h"
#include "exact/unit_enumeration.h"

#include <heatbath/cost.h>

/* Parts that no coupling joins, a choice each: exact/components.h. */
typedef struct heat_exact_parts heat_exact_parts;
void heat_exact_parts_free(heat_exact_parts *parts);

/* The word for parts that take several roads. */
extern const char heat_exact_by_components[];

/* A choice made: what it costs, and the plan if it is elimination or Pfaffians. */
typedef struct heat_exact_choice {
    heat_exact_cost cost;
    bool by_layer;                 /* the smaller of two layers is enumerated */
    heat_layered layers;           /* of the model, where `by_layer` */
    bool by_units;                 /* the same of two layers of other kinds */
    heat_unit_layers units;        /* of the model, where `by_units` */
    heat_elimination *plan;        /* NULL: enumeration, or nothing affordable */
    heat_planar *planar;           /* NULL unless it is the cheapest road of a sum */
    bool by_magnetization;         /* that is */
    bool by_quadrature;            /* that is, of a potential */
    heat_smooth smooth;            /* of the model, where `by_quadrature` */
    heat_quadrature_places places; /* its wells; the caller's, who may leave it empty */
    heat_exact_parts *parts;       /* NULL unless each by a road of its own is cheapest */
    heat_pairwise graph;           /* what the plans borrow: one of the two */
    heat_categorical categorical;
} heat_exact_choice;

/* Chooses for `model`. With `marginals` the backward pass is counted too. A choice that is not affordable is
 * still HEAT_OK: look at cost.affordable. Keep the struct where it is while the plan lives. */
HEAT_MUST_USE heat_status heat_exact_choose(heat_context *ctx, const heat_model *model, int64_t memory,
                                            bool marginals, heat_exact_choice *choice);
void heat_exact_choice_clear(heat_exact_choice *choice);

/* The same for a sum over states, with marginals: magnetisations and Pfaffians too where the graph allows,
 * and for each component by itself where that is cheaper. */
HEAT_MUST_USE heat_status heat_exact_choose_sum(heat_context *ctx, const heat_model *model, int64_t memory,
                                                heat_exact_choice *choice);

/* True if the choice's road knows the means of all spins and pairs. */
bool heat_exact_has_means(const heat_exact_choice *choice);

/* The sum over states by the road chosen, or, where a Pfaffian is too cold for its digits, by elimination if
 * there is a plan of it: sum->road tells. What `sum` may ask for depends on the model's view: spin_mean and
 * pair_mean of a pairwise model by elimination, Pfaffians (where a pair is NaN if its J is 0) or
 * magnetisations (where all are NaN if fields differ), value_p and pair_p of a categorical one; by
 * enumeration nothing. Halted runs (heat_halted) leave NaN. */
HEAT_MUST_USE heat_status heat_exact_run_sum(heat_context *ctx, const heat_model *model,
                                             const heat_exact_choice *choice, double beta, int64_t threads,
                                             heat_elimination_sum *sum);

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
