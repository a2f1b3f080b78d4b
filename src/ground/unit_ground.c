/* ground of RBMs with real numbers. Where the other layer has few values, the real one is at its best and the
 * search goes over states of what is left (model/marginal.h), by whichever method; two Gaussian layers are a
 * quadratic form, lowest at its mean if it has one. */
#include "ground/unit_ground.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "exact/unit_enumeration.h"
#include "model/marginal.h"

#include <math.h>
#include <string.h>

static heat_status refuse(heat_context *ctx, const heat_model_info *info, const heat_ground_options *opt)
{
    if (opt->maximize)
        return heat_fail(ctx, HEAT_ERROR_UNDEFINED,
                         "%s: some of its variables are real numbers, and its energy has no highest value",
                         info->name);
    if (opt->initial != NULL)
        return heat_fail_option(ctx, "initial", opt->initial,
                                "some variables of %s are real numbers: no state of "
                                "it is read",
                                info->name);
    return HEAT_OK;
}

static bool is_quadratic(const heat_unit_layers *u)
{
    return u->visible.kind->layer == HEAT_LAYER_GAUSSIAN && u->hidden.kind->layer == HEAT_LAYER_GAUSSIAN;
}

void heat_ground_price_units(const heat_model *model, heat_cost *cost)
{
    heat_unit_layers u;

    *cost = heat_cost_of_none();
    if (!heat_model_get_units(model, &u)) {
        cost->affordable = true;
        cost->method = "quench";
        cost->reason = "a potential falls off to its minima";
        return;
    }
    cost->affordable = true;
    if (heat_marginal_fits(model)) {
        cost->method = "marginal";
        cost->reason = "a search over the states of the layer of few values";
    } else if (is_quadratic(&u)) {
        cost->method = "quadratic form";
        cost->reason = "two Gaussian layers are one";
    } else {
        cost->affordable = false;
    }
}

/* The states found become values of all units. */
static heat_status complete(heat_context *ctx, const heat_marginal *m, heat_ground_result *r)
{
    int32_t n_kept = r->n_variables, n = m->layers.visible.n + m->layers.hidden.n;
    heat_status status = heat_alloc(ctx, n, sizeof *r->values, &r->values);

    if (status == HEAT_OK)
        status = heat_marginal_complete(ctx, m, r->state, r->values);
    if (status == HEAT_OK && r->states != NULL)
        status = heat_alloc(ctx, r->n_states * n, sizeof *r->kept_values, &r->kept_values);
    for (int64_t k = 0; k < r->n_states && r->states != NULL && status == HEAT_OK; k++)
        status = heat_marginal_complete(ctx, m, r->states + k * n_kept, r->kept_values + k * n);
    heat_free(r->state);
    heat_free(r->states);
    r->state = r->states = NULL;
    return status;
}

static heat_status search_states(heat_context *ctx, const heat_model *model, const heat_ground_options *opt,
                                 heat_ground_result *r)
{
    heat_ground_options own = *opt;
    heat_marginal m;
    heat_status status = heat_marginal_create(ctx, model, 0, &m);

    own.clamp = NULL;
    if (status == HEAT_OK)
        status = heat_ground(ctx, m.model, &own, r);
    if (status == HEAT_OK)
        status = complete(ctx, &m, r);
    heat_marginal_clear(&m);
    return status;
}

/* One state: that of two Gaussian layers, or of the one layer that was not held. */
static heat_status solve(heat_context *ctx, const heat_unit_layers *u, heat_ground_result *r)
{
    int32_t n = u->visible.n + u->hidden.n;
    heat_unit_sums sums = {.wants_moments = true};
    heat_status status = heat_alloc(ctx, n, sizeof *r->values, &r->values);

    if (status != HEAT_OK)
        return status;
    sums.visible_mean = r->values;
    sums.hidden_mean = r->values + u->visible.n;
    if (u->visible.n == 0 || u->hidden.n == 0) {
        u->visible.kind->best(&u->visible, u->visible.bias, r->values);
        u->hidden.kind->best(&u->hidden, u->hidden.bias, r->values + u->visible.n);
    } else {
        status = heat_unit_enumeration_run(ctx, u, 1, 1, &sums);
    }
    r->outcome = HEAT_OUTCOME_PROVED;
    r->reason = "the lowest point of a quadratic form";
    r->method = "quadratic form";
    r->hot = r->cold = (double)NAN;
    return status;
}

static heat_status choose(heat_context *ctx, const heat_model *model, const heat_ground_options *opt,
                          heat_ground_result *r)
{
    heat_unit_layers u;
    heat_model_info info;
    bool is_one;

    heat_model_describe(model, &info);
    if (!heat_model_get_units(model, &u))
        return heat_fail(ctx, HEAT_ERROR_UNABLE, "%s: no search walks in real variables", info.name);
    if (heat_marginal_fits(model))
        return search_states(ctx, model, opt, r);
    is_one = u.visible.n == 0 || u.hidden.n == 0;
    if (!is_one && !is_quadratic(&u))
        return heat_fail(
            ctx, HEAT_ERROR_UNABLE,
            "%s: no method seeks the lowest energy of a %s visible and a %s hidden layer: one of "
            "few values, or two Gaussian ones are needed",
            info.name, u.visible.kind->name, u.hidden.kind->name);
    return solve(ctx, &u, r);
}

/* Rows of a clamped model become those of the whole. */
static heat_status unclamp(heat_context *ctx, const heat_model *clamped, int32_t n, int64_t n_rows,
                           double **values)
{
    double *whole = NULL;
    heat_status status = HEAT_OK;

    if (*values == NULL)
        return HEAT_OK;
    status = heat_alloc(ctx, n_rows * n, sizeof *whole, &whole);
    if (status == HEAT_OK)
        heat_model_get_whole(clamped, n_rows, *values, whole);
    heat_free(*values);
    *values = whole;
    return status;
}

heat_status heat_ground_of_units(heat_context *ctx, const heat_model *model, const heat_ground_options *opt,
                                 heat_ground_result *r)
{
    heat_model_info info;
    heat_model *clamped = NULL;
    heat_status status;

    heat_model_describe(model, &info);
    status = refuse(ctx, &info, opt);
    if (status == HEAT_OK && opt->clamp != NULL)
        status = heat_model_create_clamped_by(ctx, model, opt->clamp, &clamped);
    if (status == HEAT_OK)
        status = choose(ctx, clamped == NULL ? model : clamped, opt, r);
    if (status == HEAT_OK && clamped != NULL)
        status = unclamp(ctx, clamped, info.n_variables, 1, &r->values);
    if (status == HEAT_OK && clamped != NULL)
        status = unclamp(ctx, clamped, info.n_variables, r->n_states, &r->kept_values);
    if (status == HEAT_OK)
        status = heat_model_energies(ctx, model, 1, r->values, &r->energy);
    r->n_variables = info.n_variables;
    if (r->outcome == HEAT_OUTCOME_PROVED || r->energy < r->bound)
        r->bound = r->energy;
    heat_model_free(clamped);
    return status;
}
