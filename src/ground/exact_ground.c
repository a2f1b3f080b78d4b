/* The exact method of ground: enumeration or elimination over (min, +), whichever is cheaper. Its answer is
 * proved. */
#include "base/context_private.h"
#include "base/memory.h"
#include "exact/exact_choice.h"
#include "ground/bound.h"
#include "ground/ground_methods.h"
#include "ground/unit_ground.h"

#include <math.h>
#include <string.h>

static const double cheap_operations = 3e8; /* about a second: what `auto` pays for a proof */

static bool is_cheap(const heat_exact_cost *cost)
{
    bool by_layer =
        strcmp(cost->method, "layer enumeration") == 0; /* of which a visit is a part of a vector */

    return cost->affordable && cost->operations <= (by_layer ? 4 : 1) * cheap_operations;
}

heat_status heat_ground_exact_is_cheap(heat_context *ctx, const heat_search *search, bool *cheap)
{
    heat_exact_cost cost;
    heat_status status = heat_exact_estimate(ctx, search->model, search->opt->memory, &cost);

    *cheap = status == HEAT_OK && is_cheap(&cost);
    return status;
}

heat_status heat_ground_estimate(heat_context *ctx, const heat_model *model,
                                 const heat_ground_options *options, const heat_exact_cost *exact,
                                 heat_cost *cost)
{
    heat_ground_options opt;
    heat_model_info info;
    bool wanted;

    if (ctx == NULL)
        return HEAT_ERROR_ARGUMENT;
    if (model == NULL || exact == NULL || cost == NULL)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "heat_ground_estimate: a model and two costs are needed");
    heat_ground_options_init(&opt);
    if (options != NULL)
        heat_struct_copy(&opt, sizeof opt, options, options->size);
    heat_model_describe(model, &info);
    if (heat_model_is_real(&info)) {
        heat_ground_price_units(model, cost);
        return HEAT_OK;
    }
    wanted = strcmp(opt.method, "exact") == 0;
    if (wanted || (strcmp(opt.method, "auto") == 0 && is_cheap(exact))) {
        *cost = (heat_cost){sizeof *cost,
                            exact->method,
                            wanted ? "asked for" : "a proof takes about a second or less",
                            exact->bytes,
                            heat_exact_seconds(exact),
                            exact->affordable};
        return HEAT_OK;
    }
    heat_ground_price_anneal(model, &opt, cost);
    cost->reason = strcmp(opt.method, "anneal") == 0 ? "asked for"
                   : exact->affordable ? "a proof takes longer than a second: ask for method exact"
                                       : "no exact method is affordable";
    return HEAT_OK;
}

static heat_status minimise_units(heat_context *ctx, const heat_search *search, const heat_unit_layers *u,
                                  int8_t *state, double *energy)
{
    double *values = NULL;
    heat_status status = heat_alloc(ctx, search->info.n_variables, sizeof *values, &values);

    if (status == HEAT_OK)
        status = heat_unit_enumeration_run_minimum(ctx, u, search->opt->threads, energy, values);
    if (status == HEAT_OK)
        heat_units_write_row(u, values, state);
    heat_free(values);
    return status;
}

static heat_status minimise(heat_context *ctx, const heat_search *search, const heat_exact_choice *choice,
                            int8_t *state, double *energy)
{
    heat_enumeration e = {.state = state};
    heat_status status;

    if (choice->by_layer)
        return heat_layer_enumeration_run_minimum(ctx, search->model, search->opt->threads, energy, state);
    if (choice->by_units)
        return minimise_units(ctx, search, &choice->units, state, energy);
    if (choice->plan != NULL) {
        status = heat_elimination_run_minimum(ctx, choice->plan, search->opt->threads, energy, state);
        heat_exact_states_from_plan(choice, search->model, 1, state);
        return status;
    }
    status = heat_enumeration_run(ctx, search->model, 1, search->opt->threads, &e);
    *energy = e.minimum;
    return status;
}

static heat_status run_exact(heat_context *ctx, heat_search *search)
{
    heat_ground_result *r = search->result;
    heat_exact_choice choice = {0};
    int8_t *state = NULL;
    double energy = (double)NAN;
    heat_status status = heat_exact_choose(ctx, search->model, search->opt->memory, true, &choice);

    if (status == HEAT_OK && !choice.cost.affordable && !heat_halted(ctx)) /* half a plan prices nothing */
        status = heat_exact_fail(ctx, &choice.cost, search->opt->memory);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, search->info.n_variables, 1, &state);
    if (status == HEAT_OK && choice.cost.affordable)
        status = minimise(ctx, search, &choice, state, &energy);
    if (status != HEAT_OK)
        goto out;
    r->method = choice.cost.method;
    if (isnan(energy)) { /* half an elimination knows nothing: say so, with a state that is only a start */
        r->outcome = heat_halt_outcome(ctx, HEAT_OUTCOME_INTERRUPTED);
        r->reason = "stopped before the proof was complete";
        status = heat_search_fall_back(ctx, search);
    } else {
        r->outcome = HEAT_OUTCOME_PROVED;
        r->reason = "every state was weighed";
        search->bound = energy;
        search->is_proved = true;
        status = heat_search_improve(ctx, search, state, energy);
    }
    if (status == HEAT_OK && !search->is_proved &&
        heat_bound_is_met(search->model, search->bound, r->state, search->best_energy)) {
        r->outcome = HEAT_OUTCOME_PROVED;
        r->reason = heat_reason_bound;
    }
out:
    heat_free(state);
    heat_exact_choice_clear(&choice);
    return status;
}

const heat_ground_method heat_ground_method_exact = {"exact", run_exact};
