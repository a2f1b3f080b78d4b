/* ground of RBMs with real numbers. Where the other layer has few values, the real one is at its best and the
 * search goes over states of what is left (model/marginal.h), by whichever method; two Gaussian layers are a
 * quadratic form, lowest at its mean if it has one. Of Gaussian visible and ReLU hidden units what is left,
 * the visible ones at their best, is a form over h >= 0 (exact/orthant_form.h),
 *
 *     E(h) = h M h / 2 - g.h + const,   M = A_h - W^T A_v^-1 W,   g = c + W^T A_v^-1 b. */
#include "ground/unit_ground.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "exact/orthant_form.h"
#include "exact/unit_enumeration.h"
#include "model/marginal.h"

#include <math.h>
#include <string.h>

enum { AUTO_STARTS = 256 };

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

static bool is_half(const heat_unit_layers *u)
{
    return u->visible.kind->layer == HEAT_LAYER_GAUSSIAN && u->hidden.kind->layer == HEAT_LAYER_RELU;
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
    } else if (is_half(&u)) {
        cost->method = "active set";
        cost->reason = "a quadratic form of units that are not negative";
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

/* M and g. */
static void fill_form(const heat_unit_layers *u, double *m, double *g)
{
    int64_t n = u->hidden.n;

    for (int64_t j = 0; j < n; j++) {
        m[j * n + j] = u->hidden.precision[j];
        g[j] = u->hidden.bias[j];
    }
    for (int64_t i = 0; i < u->visible.n; i++)
        for (int64_t j = 0; j < n; j++) {
            double w = u->weights[i * n + j] / u->visible.precision[i];
            g[j] += w * u->visible.bias[i];
            for (int64_t k = 0; k < n && w != 0; k++)
                m[j * n + k] -= w * u->weights[i * n + k];
        }
}

static void tell_outcome(heat_context *ctx, const heat_orthant_minimum *minimum, heat_ground_result *r)
{
    bool is_convex = strcmp(minimum->road, "active set") == 0;

    r->method = minimum->road;
    r->hot = r->cold = (double)NAN;
    r->outcome = minimum->is_proved ? HEAT_OUTCOME_PROVED : heat_halt_outcome(ctx, HEAT_OUTCOME_BEST_FOUND);
    r->reason = !minimum->is_proved ? "descents from many points end there"
                : is_convex         ? "the lowest point of a convex form"
                                    : "every set of units that may be above 0 was weighed";
}

/* Gaussian visible, ReLU hidden units. */
static heat_status solve_half(heat_context *ctx, const heat_unit_layers *u, const heat_ground_options *opt,
                              heat_ground_result *r)
{
    int64_t n = u->hidden.n;
    double *m = NULL, *g, *field;
    heat_orthant_minimum minimum;
    heat_status status = heat_alloc(ctx, u->visible.n + n, sizeof *r->values, &r->values);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, n * n + n + u->visible.n, sizeof *m, &m);
    if (status != HEAT_OK)
        return status;
    g = m + n * n;
    field = g + n;
    fill_form(u, m, g);
    status = heat_orthant_form_minimise(ctx, &(heat_orthant_form){(int32_t)n, m, g},
                                        strcmp(opt->method, "anneal") != 0,
                                        opt->replicas == HEAT_AUTO ? AUTO_STARTS : opt->replicas, opt->seed,
                                        r->values + u->visible.n, &minimum);
    if (status == HEAT_OK && minimum.is_endless)
        status = heat_fail(ctx, HEAT_ERROR_UNDEFINED,
                           "the energy has no lowest value: where some relu units grow together, the weights "
                           "outdo the precisions");
    else if (status == HEAT_OK && !minimum.is_proved && strcmp(opt->method, "exact") == 0 &&
             !heat_halted(ctx))
        status =
            heat_fail(ctx, HEAT_ERROR_UNABLE,
                      "the energy of %d relu units is not convex, and the sets of more than 24 that may be "
                      "above 0 are too many to weigh: --method auto searches",
                      (int)n);
    if (status == HEAT_OK) {
        heat_units_find_visible_fields(u, r->values + u->visible.n, field);
        u->visible.kind->best(&u->visible, field, r->values);
        tell_outcome(ctx, &minimum, r);
    }
    heat_free(m);
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
    if (!is_one && is_half(&u))
        return solve_half(ctx, &u, opt, r);
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
