/* Growing an edge list, and rewriting it over the other coding: with s = 2x - 1,
 *   -J s s' = -4J x x' + 2J x + 2J x' - J,   -h s = -2h x + h. */
#include "io/edge_list.h"
#include "base/context_private.h"
#include "base/memory.h"

#include <math.h>

enum { EDGES_BETWEEN_POLLS = 1 << 16 };

static heat_status grow(heat_context *ctx, heat_edge_list *list)
{
    int64_t need = list->n_edges + 1, of_i = list->capacity, of_j = of_i, of_weight = of_i;
    heat_status status = heat_grow(ctx, need, sizeof *list->i, &of_i, &list->i);

    if (status == HEAT_OK)
        status = heat_grow(ctx, need, sizeof *list->j, &of_j, &list->j);
    if (status == HEAT_OK)
        status = heat_grow(ctx, need, sizeof *list->weight, &of_weight, &list->weight);
    if (status == HEAT_OK)
        list->capacity = of_weight;
    return status;
}

heat_status heat_edge_list_add(heat_context *ctx, heat_edge_list *list, int32_t i, int32_t j, double weight)
{
    heat_status status = HEAT_OK;

    if (list->n_edges % EDGES_BETWEEN_POLLS == EDGES_BETWEEN_POLLS - 1)
        status = heat_halt_check(ctx, "the model was complete");
    if (status == HEAT_OK && list->n_edges == list->capacity)
        status = grow(ctx, list);
    if (status != HEAT_OK)
        return status;
    list->i[list->n_edges] = i;
    list->j[list->n_edges] = j;
    list->weight[list->n_edges] = weight;
    list->n_edges++;
    return HEAT_OK;
}

heat_status heat_edge_list_add_field(heat_context *ctx, heat_edge_list *list, int64_t i, double value)
{
    heat_status status = heat_grow(ctx, i + 1, sizeof(double), &list->field_capacity, &list->field);

    if (status == HEAT_OK)
        list->field[i] += value;
    return status;
}

heat_status heat_edge_list_complete_field(heat_context *ctx, heat_edge_list *list)
{
    if (list->field == NULL)
        return HEAT_OK;
    return heat_grow(ctx, list->n_variables, sizeof(double), &list->field_capacity, &list->field);
}

static heat_status need_field(heat_context *ctx, heat_edge_list *list)
{
    if (list->field != NULL)
        return HEAT_OK;
    list->field_capacity = list->n_variables;
    return heat_alloc(ctx, list->n_variables, sizeof *list->field, &list->field);
}

static heat_status check_finite(heat_context *ctx, const heat_edge_list *list)
{
    bool finite = isfinite(list->offset);

    for (int64_t e = 0; e < list->n_edges; e++)
        finite &= isfinite(list->weight[e]);
    for (int64_t i = 0; i < list->n_variables; i++)
        finite &= isfinite(list->field[i]);
    return finite ? HEAT_OK
                  : heat_fail(ctx, HEAT_ERROR_OUTPUT,
                              "the couplings are too large to be written in the other coding");
}

/* The same energy in the sign of a QUBO. */
static void boltzmann_to_qubo(heat_edge_list *list)
{
    for (int64_t e = 0; e < list->n_edges; e++)
        list->weight[e] = 0 - list->weight[e]; /* no -0 */
    for (int64_t i = 0; list->field != NULL && i < list->n_variables; i++)
        list->field[i] = 0 - list->field[i];
    list->form = HEAT_FORM_QUBO;
}

heat_status heat_edge_list_to_binary(heat_context *ctx, heat_edge_list *list)
{
    double sign = list->form == HEAT_FORM_MAX_CUT ? -1 : 1, constant = 0;
    heat_status status;

    if (list->form == HEAT_FORM_BOLTZMANN)
        boltzmann_to_qubo(list);
    status = list->form == HEAT_FORM_QUBO ? HEAT_OK : need_field(ctx, list);
    if (status != HEAT_OK || list->form == HEAT_FORM_QUBO)
        return status;
    for (int64_t i = 0; i < list->n_variables; i++) {
        constant += list->field[i];
        list->field[i] *= -2;
    }
    for (int64_t e = 0; e < list->n_edges; e++) {
        double coupling = sign * list->weight[e];
        list->field[list->i[e]] += 2 * coupling;
        list->field[list->j[e]] += 2 * coupling;
        constant -= coupling;
        list->weight[e] = -4 * coupling;
    }
    list->offset += constant;
    list->form = HEAT_FORM_QUBO;
    return check_finite(ctx, list);
}

heat_status heat_edge_list_to_spins(heat_context *ctx, heat_edge_list *list)
{
    double constant = 0;
    heat_status status;

    if (list->form == HEAT_FORM_BOLTZMANN)
        boltzmann_to_qubo(list);
    status = list->form == HEAT_FORM_QUBO ? need_field(ctx, list) : HEAT_OK;
    if (status != HEAT_OK || list->form != HEAT_FORM_QUBO)
        return status;
    for (int64_t i = 0; i < list->n_variables; i++) {
        list->field[i] /= -2;
        constant -= list->field[i];
    }
    for (int64_t e = 0; e < list->n_edges; e++) {
        double coupling = list->weight[e] / -4;
        list->field[list->i[e]] += coupling;
        list->field[list->j[e]] += coupling;
        constant -= coupling;
        list->weight[e] = coupling;
    }
    list->offset += constant;
    list->form = HEAT_FORM_ISING;
    return check_finite(ctx, list);
}

void heat_edge_list_clear(heat_edge_list *list)
{
    heat_free(list->i);
    heat_free(list->j);
    heat_free(list->weight);
    heat_free(list->field);
    heat_free(list->tables);
    heat_free(list->table);
    heat_free(list->rbm.weights);
    heat_free(list->rbm.visible_bias);
    heat_free(list->rbm.hidden_bias);
    heat_free(list->rbm.visible_precision);
    heat_free(list->rbm.hidden_precision);
    heat_labels_clear(&list->labels);
    heat_free(list->chains.values);
    *list = (heat_edge_list){0};
}
