/* Free energies of visible states, the hidden units summed out: over 0 and 1
 *
 *     F_T(v) = offset - b.v - T sum_j log(1 + exp((c_j + sum_i v_i W_ij) / T)),
 *
 * with log(1 + e^x) = max(0, x) + log(1 + e^-|x|); of the second terms the factors are multiplied, a few
 * hundred at a time, and one logarithm is taken of each product. Hinton, A Practical Guide to Training RBMs,
 * UTML TR 2010-003 (2010), section 16.1. */
#include "base/context_private.h"
#include "base/memory.h"
#include "kernel/elementary.h"
#include "model/model_private.h"

#include <math.h>
#include <string.h>

enum { FACTORS = 512 /* of at most 2 each: their product is below 2^1000 */ };

/* x_j of all hidden units: the bias and the rows of W whose unit is on. */
static double add_rows(const heat_layered *l, const int8_t *v, double *x)
{
    double own = 0;

    memcpy(x, l->hidden_bias, (size_t)l->n_hidden * sizeof *x);
    for (int64_t i = 0; i < l->n_visible; i++) {
        const double *w = l->weights + i * l->n_hidden;
        if (v[i] != 1)
            continue;
        own += l->visible_bias[i];
        for (int64_t j = 0; j < l->n_hidden; j++)
            x[j] += l->scale * w[j];
    }
    return own;
}

double heat_sum_softplus(int64_t n, const double *x, double beta)
{
    double positive = 0, rest = 0;

    for (int64_t begin = 0; begin < n; begin += FACTORS) {
        int64_t end = n - begin < FACTORS ? n : begin + FACTORS;
        double product = 1;
        for (int64_t j = begin; j < end; j++) {
            positive += x[j] > 0 ? x[j] : 0;
            product *= 1 + heat_exp_negative(-beta * fabs(x[j]));
        }
        rest += log(product);
    }
    return beta * positive + rest;
}

static heat_status check_rows(heat_context *ctx, const heat_model_info *info, int64_t n_rows,
                              const int8_t *visible)
{
    int8_t low = info->coding == HEAT_CODING_SPIN ? -1 : 0;

    for (int64_t k = 0; k < n_rows * info->n_visible; k++)
        if (visible[k] != low && visible[k] != 1)
            return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "visible row %lld, unit %lld: %d is neither %d nor 1",
                             (long long)(k / info->n_visible), (long long)(k % info->n_visible), visible[k],
                             low);
    return HEAT_OK;
}

/* What both calls need of their arguments. */
static bool is_a_call(const heat_model *model, double temperature, int64_t n_rows, const void *visible,
                      const double *free_energies)
{
    return model != NULL && n_rows >= 0 && (n_rows == 0 || (visible != NULL && free_energies != NULL)) &&
           temperature > 0 && temperature < (double)INFINITY;
}

heat_status heat_rbm_free_energies_of(heat_context *ctx, const heat_model *model, double temperature,
                                      int64_t n_rows, const double *visible, double *free_energies)
{
    heat_unit_layers u;
    heat_model_info info;
    double *field = NULL;
    heat_status status;

    if (ctx == NULL)
        return HEAT_ERROR_ARGUMENT;
    if (!is_a_call(model, temperature, n_rows, visible, free_energies))
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT,
                         "heat_rbm_free_energies_of: a model, rows, and a temperature above 0 are needed");
    heat_model_describe(model, &info);
    if (!heat_model_get_units(model, &u))
        return heat_fail(ctx, HEAT_ERROR_UNABLE, "%s has no hidden layer to sum out (kind %s)", info.name,
                         info.kind);
    for (int64_t k = 0; k < n_rows * u.visible.n; k++)
        if (!heat_unit_has_value(&u.visible, visible[k]))
            return heat_fail(ctx, HEAT_ERROR_ARGUMENT,
                             "visible row %lld, unit %lld: %g is no value of a %s "
                             "unit",
                             (long long)(k / u.visible.n), (long long)(k % u.visible.n), visible[k],
                             u.visible.kind->name);
    status = heat_alloc_unset(ctx, heat_unit_layer_width(&u.hidden), sizeof *field, &field);
    for (int64_t r = 0; r < n_rows && status == HEAT_OK; r++)
        free_energies[r] = heat_units_free_energy(&u, temperature, visible + r * u.visible.n, field);
    heat_free(field);
    return status;
}

/* Rows of states of a model without the layered view, as numbers. */
static heat_status free_energies_by_units(heat_context *ctx, const heat_model *model, double temperature,
                                          int64_t n_rows, const int8_t *visible, double *free_energies)
{
    heat_unit_layers u;
    double *values = NULL;
    heat_status status;

    heat_model_get_units(model, &u);
    status = heat_alloc_unset(ctx, n_rows * u.visible.n, sizeof *values, &values);
    for (int64_t k = 0; k < n_rows * u.visible.n && status == HEAT_OK; k++)
        values[k] = u.visible.kind->layer == HEAT_LAYER_SPIN ? 2 * visible[k] - 1 : visible[k];
    if (status == HEAT_OK)
        status = heat_rbm_free_energies_of(ctx, model, temperature, n_rows, values, free_energies);
    heat_free(values);
    return status;
}

heat_status heat_rbm_free_energies(heat_context *ctx, const heat_model *model, double temperature,
                                   int64_t n_rows, const int8_t *visible, double *free_energies)
{
    heat_layered l;
    heat_model_info info;
    double *x = NULL;
    heat_status status;

    if (ctx == NULL)
        return HEAT_ERROR_ARGUMENT;
    if (!is_a_call(model, temperature, n_rows, visible, free_energies))
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT,
                         "heat_rbm_free_energies: a model, rows, and a temperature above 0 are needed");
    heat_model_describe(model, &info);
    if (!heat_model_get_layered(model, &l) && heat_model_get_units(model, &(heat_unit_layers){0}))
        return free_energies_by_units(ctx, model, temperature, n_rows, visible, free_energies);
    if (!heat_model_get_layered(model, &l))
        return heat_fail(ctx, HEAT_ERROR_UNABLE, "%s has no hidden layer to sum out (kind %s)", info.name,
                         info.kind);
    status = check_rows(ctx, &info, n_rows, visible);
    if (status == HEAT_OK)
        status = heat_alloc_unset(ctx, l.n_hidden, sizeof *x, &x);
    for (int64_t r = 0; r < n_rows && status == HEAT_OK; r++) {
        double own = add_rows(&l, visible + r * l.n_visible, x);
        free_energies[r] = l.offset - own - temperature * heat_sum_softplus(l.n_hidden, x, 1 / temperature);
    }
    heat_free(x);
    return status;
}
