/* Which exact road, and whether it can be afforded. */
#include "exact/exact_choice.h"
#include "base/context_private.h"
#include "base/text.h"

#include <math.h>
#include <string.h>

static const double most_operations = 1e13;
static const double most_states = 1099511627776; /* 2^40 states */

static const char by_layer_word[] = "layer enumeration";

/* Bytes that an enumeration holds, whatever its size. */
static const double enumeration_bytes = 1 << 20;

/* The widest separator of which the tables at once fit: one read and one written on the way forward; on the
 * way back the joint, which has q of them, one to which it is summed, and one still to be read. */
static int32_t width_within(double memory, int32_t q, bool marginals)
{
    double entries = memory / (marginals ? 16 + 8 * q : 16);
    int32_t width = 0;

    for (double size = q; q > 1 && size <= entries; size *= q)
        width++;
    return width;
}

/* A plan from whichever graph the model has; none if it has neither. */
static heat_status make_plan(heat_context *ctx, const heat_model *model, int32_t widest,
                             heat_exact_choice *choice)
{
    if (heat_model_get_pairwise(model, &choice->graph))
        return heat_elimination_create(ctx, &choice->graph, widest, &choice->plan);
    if (heat_model_get_categorical(model, &choice->categorical))
        return heat_elimination_create_categorical(ctx, &choice->categorical, widest, &choice->plan);
    return HEAT_OK;
}

/* What an entry costs on the average, far or near. */
static double entry_ns(const heat_elimination_cost *cost)
{
    return HEAT_ENTRY_NS + (cost->entries > 0 ? cost->far_entries / cost->entries * HEAT_FAR_NS : 0);
}

/* Takes elimination where it is the cheaper, the only one that can be afforded, or the one to complain of. */
static bool elimination_wins(const heat_exact_choice *choice, double n_variables, double memory,
                             bool marginals, bool *affordable)
{
    heat_elimination_cost cost = heat_elimination_get_cost(choice->plan);

    *affordable = !cost.is_bound && (marginals ? cost.bytes_back : cost.bytes) <= memory &&
                  cost.entries <= most_operations;
    if (!choice->cost.affordable)
        return true;
    return *affordable && cost.entries * entry_ns(&cost) + n_variables * HEAT_STEP_NS <
                              heat_exact_seconds(&choice->cost) * 1e9;
}

/* Takes the enumeration of the smaller layer, where there is one, if it is the cheaper, or the only one that
 * can be afforded. */
static void choose_layer(const heat_model *model, double memory, heat_exact_choice *choice)
{
    heat_exact_cost *cost = &choice->cost, layer = *cost;
    bool of_two_values = heat_model_get_layered(model, &choice->layers);
    double count;

    if (!of_two_values && !heat_model_get_units(model, &choice->units))
        return;
    layer.method =
        !of_two_values && heat_unit_enumeration_is_integral(&choice->units) ? "quadrature" : by_layer_word;
    layer.bytes = of_two_values ? heat_layer_enumeration_bytes(&choice->layers)
                                : heat_unit_enumeration_bytes(&choice->units);
    layer.operations = of_two_values ? heat_layer_enumeration_visits(&choice->layers)
                                     : heat_unit_enumeration_visits(&choice->units);
    layer.operation_ns = of_two_values ? HEAT_UNIT_NS : HEAT_VALUE_STATE_NS;
    layer.steps = 0;
    count = of_two_values ? heat_layer_enumeration_count(&choice->layers)
                          : heat_unit_enumeration_count(&choice->units);
    layer.affordable = count <= most_states && layer.bytes <= memory && layer.operations <= most_operations;
    if (!layer.affordable || (cost->affordable && heat_exact_seconds(cost) <= heat_exact_seconds(&layer)))
        return;
    *cost = layer;
    choice->by_layer = of_two_values;
    choice->by_units = !of_two_values;
    heat_elimination_free(choice->plan);
    choice->plan = NULL;
}

heat_status heat_exact_choose(heat_context *ctx, const heat_model *model, int64_t memory, bool marginals,
                              heat_exact_choice *choice)
{
    heat_exact_cost *cost = &choice->cost;
    heat_elimination_cost priced;
    heat_model_info info;
    heat_status status;
    bool affordable;

    *choice = (heat_exact_choice){.plan = NULL};
    *cost = (heat_exact_cost){.size = sizeof *cost, .method = "enumeration", .bytes = enumeration_bytes};
    cost->operations = heat_enumeration_count(model);
    cost->affordable = cost->operations <= most_states && enumeration_bytes <= (double)memory;
    heat_model_describe(model, &info);
    if (heat_model_is_real(&info)) {
        *cost = (heat_exact_cost){.size = sizeof *cost, .method = "none"};
        choose_layer(model, (double)memory, choice);
        return HEAT_OK;
    }
    cost->operation_ns = heat_model_get_pairwise(model, &choice->graph) ? HEAT_SPIN_STATE_NS : HEAT_STATE_NS;
    cost->width_affordable = width_within((double)memory, info.n_states, marginals);
    status = make_plan(ctx, model, cost->width_affordable, choice);
    if (status != HEAT_OK)
        return status;
    if (choice->plan == NULL) {
        choose_layer(model, (double)memory, choice);
        return HEAT_OK;
    }
    priced = heat_elimination_get_cost(choice->plan);
    cost->width = priced.width;
    cost->width_is_bound = priced.is_bound;
    cost->width_proved = priced.width_proved;
    if (elimination_wins(choice, info.n_variables, (double)memory, marginals, &affordable)) {
        cost->method = "elimination";
        cost->bytes = marginals ? priced.bytes_back : priced.bytes;
        cost->operations = priced.entries;
        cost->operation_ns = entry_ns(&priced);
        cost->steps = info.n_variables;
        cost->affordable = affordable;
    } else {
        affordable = false;
    }
    if (!affordable) {
        heat_elimination_free(choice->plan);
        choice->plan = NULL;
    }
    choose_layer(model, (double)memory, choice);
    return HEAT_OK;
}

heat_status heat_exact_choose_elimination(heat_context *ctx, const heat_model *model, int64_t memory,
                                          heat_exact_choice *choice)
{
    heat_exact_cost *cost = &choice->cost;
    heat_elimination_cost priced;
    heat_model_info info;
    heat_status status;

    heat_model_describe(model, &info);
    *choice = (heat_exact_choice){.cost = {.size = sizeof *cost, .method = "elimination"}};
    cost->width_affordable = width_within((double)memory, info.n_states, true);
    status = make_plan(ctx, model, cost->width_affordable, choice);
    if (status != HEAT_OK || heat_halted(ctx))
        return status;
    if (choice->plan == NULL)
        return heat_fail(ctx, HEAT_ERROR_UNABLE, "a %s model has no graph to eliminate variables of",
                         info.kind);
    priced = heat_elimination_get_cost(choice->plan);
    cost->width = priced.width;
    cost->width_is_bound = priced.is_bound;
    cost->width_proved = priced.width_proved;
    cost->bytes = priced.bytes_back;
    cost->operations = priced.entries;
    cost->operation_ns = entry_ns(&priced);
    cost->steps = info.n_variables;
    cost->affordable = !priced.is_bound && priced.bytes_back <= (double)memory;
    return cost->affordable ? HEAT_OK : heat_exact_fail(ctx, cost, memory);
}

void heat_exact_states_from_plan(const heat_exact_choice *choice, const heat_model *model, int64_t n_rows,
                                 int8_t *states)
{
    heat_model_info info;

    heat_model_describe(model, &info);
    if (choice->categorical.n == 0) /* a plan of q values leaves values */
        heat_states_from_spins(&info, n_rows, states);
}

void heat_exact_choice_clear(heat_exact_choice *choice)
{
    heat_elimination_free(choice->plan);
    heat_planar_free(choice->planar);
    heat_exact_parts_free(choice->parts);
    *choice = (heat_exact_choice){.plan = NULL};
}

heat_status heat_exact_estimate(heat_context *ctx, const heat_model *model, int64_t memory,
                                heat_exact_cost *cost)
{
    heat_exact_choice choice;
    heat_status status;

    if (ctx == NULL)
        return HEAT_ERROR_ARGUMENT;
    if (model == NULL || cost == NULL || memory <= 0)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT,
                         "heat_exact_estimate: a model, a cost and memory > 0 are needed");
    status = heat_exact_choose_sum(ctx, model, memory, &choice);
    *cost = choice.cost;
    heat_exact_choice_clear(&choice);
    return status;
}

double heat_exact_seconds(const heat_exact_cost *exact)
{
    double begin = strcmp(exact->method, "enumeration") == 0 ? HEAT_TABLE_NS : 0;

    return (exact->operations * exact->operation_ns + exact->steps * HEAT_STEP_NS + begin) * 1e-9;
}

heat_status heat_exact_fail(heat_context *ctx, const heat_exact_cost *cost, int64_t memory)
{
    char allowed[32], needed[32];
    const char *at_least = cost->width_is_bound ? " (at least)" : "";

    heat_text_bytes((double)memory, allowed, sizeof allowed);
    heat_text_bytes(cost->bytes, needed, sizeof needed);
    if (strcmp(cost->method, "enumeration") == 0)
        return heat_fail(ctx, HEAT_ERROR_UNABLE, "too many states to visit them all: %.3g, 2^40 are possible",
                         cost->operations);
    if (cost->width > cost->width_affordable)
        return heat_fail(ctx, HEAT_ERROR_UNABLE,
                         "too wide for exact elimination: width %d found%s, width %d affordable with %s "
                         "(option --memory)",
                         cost->width, at_least, cost->width_affordable, allowed);
    if (cost->bytes > (double)memory)
        return heat_fail(ctx, HEAT_ERROR_UNABLE,
                         "too large for exact elimination: width %d found%s, which needs %s, %s are allowed "
                         "(option --memory)",
                         cost->width, at_least, needed, allowed);
    return heat_fail(ctx, HEAT_ERROR_UNABLE,
                     "too long for exact elimination: width %d found%s, %.3g operations, 1e13 are possible",
                     cost->width, at_least, cost->operations);
}
