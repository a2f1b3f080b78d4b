/* Which engines walk, and how. */
#include "sample/walk_options.h"
#include "base/context_private.h"
#include "base/text.h"
#include "sample/walk_free.h"

#include <stdio.h>
#include <string.h>

bool heat_model_is_walked(const heat_model *model)
{
    heat_smooth view;

    return heat_model_get_smooth(model, heat_isa_get("auto"), &view);
}

static const double stretch = 2;
enum { WALKERS_APART = 16 };

static int64_t count_walkers(const heat_model *model, const heat_sample_options *opt)
{
    heat_model_info info;

    if (opt->walkers > 0)
        return opt->walkers;
    heat_model_describe(model, &info);
    return (2 * (int64_t)info.n_variables + 2 + WALKERS_APART - 1) / WALKERS_APART * WALKERS_APART;
}

void heat_walk_gather(heat_sampling *s)
{
    s->n_together = s->engine->n_paired > 0 ? s->engine->n_paired : 1;
    if (s->walk.n_walkers > 0) {
        s->n_together = s->walk.n_walkers;
        s->opt.replicas *= s->walk.n_walkers;
    }
}

/* Trajectories in a landscape of this condition are three times as long as in one of 1. */
static const double least_condition = 9;
enum { MOST_DENSE = 32, BURN_IN_EACH = 50 };

/* Correlations are looked for where they cost little to learn and to use. */
static void choose_mass(const heat_model *model, const heat_engine *engine, const heat_sample_options *opt,
                        heat_walk_plan *plan)
{
    heat_smooth view;

    plan->mass = HEAT_MASS_DIAGONAL;
    if (engine->walk == NULL || opt->schedule != NULL ||
        !heat_model_get_smooth(model, heat_isa_get("auto"), &view))
        return;
    if (view.n > 1 && view.n <= MOST_DENSE && !heat_walk_has_walls(&view, plan) &&
        opt->burn_in >= BURN_IN_EACH * view.n) {
        plan->mass = HEAT_MASS_DENSE;
        plan->least_condition = least_condition;
    }
}

heat_walk_plan heat_walk_plan_of(const heat_model *model, const heat_engine *engine,
                                 const heat_sample_options *opt)
{
    static const char *const masses[] = {"unit", "diagonal", "dense"};
    heat_walk_plan plan = {.move = engine->walk,
                           .step = opt->step > 0 ? opt->step : 0,
                           .target = opt->target_acceptance > 0 ? opt->target_acceptance : 0,
                           .friction = opt->friction,
                           .n_steps = opt->steps > 0 ? opt->steps : 0,
                           .is_single = strcmp(opt->precision, "single") == 0,
                           .refined_from = INT32_MAX};

    choose_mass(model, engine, opt, &plan);
    for (int k = 0; k < 3; k++)
        if (strcmp(opt->mass, masses[k]) == 0)
            plan.mass = (heat_walk_mass)k;
    plan.varies = plan.step == 0 && (engine->walk == &heat_walk_mala || engine->walk == &heat_walk_hmc);
    if (engine->walk != NULL && (engine->walk->order > 0 || engine->walk->is_ensemble))
        plan.mass = HEAT_MASS_UNIT;
    if (engine->walk != NULL && engine->walk->is_ensemble) {
        plan.step = opt->step > 0 ? opt->step : stretch;
        plan.n_walkers = count_walkers(model, opt);
    }
    return plan;
}

static void list_walkers(char *words, size_t size)
{
    size_t used = 0;

    for (int k = 0; k < heat_engine_count() && used < size; k++)
        if (heat_engine_at(k)->walk != NULL)
            used += (size_t)snprintf(words + used, size - used, "%s, ", heat_engine_at(k)->name);
    if (used < size)
        snprintf(words + used, size - used, "tempering");
}

/* Options that are of walks alone. */
static heat_status check_options(heat_context *ctx, const heat_model_info *info,
                                 const heat_sample_options *opt)
{
    static const char *const names[] = {"step", "mass", "steps", "target_acceptance", "walkers"};
    bool is_set[] = {opt->step != HEAT_AUTO, strcmp(opt->mass, "auto") != 0, opt->steps != HEAT_AUTO,
                     opt->target_acceptance != HEAT_AUTO, opt->walkers != HEAT_AUTO};

    for (int k = 0; k < 5; k++)
        if (is_set[k])
            return heat_fail_option(ctx, names[k], NULL,
                                    "it is of walks in space, and %s is none to walk in (kind %s)",
                                    info->name, info->kind);
    return HEAT_OK;
}

/* Fewer walkers than that may stay in a plane. */
static heat_status check_ensemble(heat_context *ctx, const heat_model_info *info,
                                  const heat_sample_options *opt)
{
    int64_t least = info->n_variables > 1 ? 2 * (int64_t)info->n_variables : 4;
    char value[40];

    if (opt->step != HEAT_AUTO && !(opt->step > 1))
        return heat_fail_option(ctx, "step", heat_text_real(opt->step, value, sizeof value),
                                "the longest stretch of an ensemble is above 1");
    if (opt->walkers == HEAT_AUTO || (opt->walkers >= least && opt->walkers % 2 == 0))
        return HEAT_OK;
    snprintf(value, sizeof value, "%lld", (long long)opt->walkers);
    return heat_fail_option(ctx, "walkers", value,
                            "an ensemble over %lld variables takes an even number, at least %lld",
                            (long long)info->n_variables, (long long)least);
}

/* Of what is no space to walk in. */
static heat_status check_units(heat_context *ctx, const heat_model_info *info, const heat_engine *engine,
                               const heat_sample_options *opt)
{
    if (engine->walk != NULL)
        return heat_fail_option(ctx, "engine", engine->name,
                                "it walks in space, and %s is none to walk in (kind %s)", info->name,
                                info->kind);
    if (heat_model_is_real(info) && engine != &heat_engine_gibbs && engine != &heat_engine_heat_bath &&
        engine != &heat_engine_tempering)
        return heat_fail_option(ctx, "engine", engine->name,
                                "some units of %s are real numbers, which are drawn a layer at a time: "
                                "gibbs, heat-bath and tempering do",
                                info->name);
    return check_options(ctx, info, opt);
}

heat_status heat_walk_check(heat_context *ctx, const heat_model *model, const heat_engine *engine,
                            const heat_sample_options *opt)
{
    bool walks = engine->walk != NULL || engine == &heat_engine_tempering;
    char words[160];
    heat_model_info info;
    heat_smooth view;

    heat_model_describe(model, &info);
    list_walkers(words, sizeof words);
    if (!heat_model_get_smooth(model, heat_isa_get("auto"), &view))
        return check_units(ctx, &info, engine, opt);
    if (!walks)
        return heat_fail_option(ctx, "engine", engine->name, "%s is walked in: %s do", info.name, words);
    if (engine->walk != NULL && engine->walk->needs_gradient && !view.has_gradient)
        return heat_fail_option(ctx, "engine", engine->name,
                                "%s has no gradient: ensemble and random-walk do without one", info.name);
    if (engine->walk != NULL && engine->walk->is_ensemble)
        return check_ensemble(ctx, &info, opt);
    if (strcmp(opt->precision, "single") == 0 && view.evaluate_single == NULL)
        return heat_fail_option(ctx, "precision", opt->precision, "%s is evaluated in double precision alone",
                                info.name);
    if (strcmp(opt->mass, "dense") == 0 &&
        heat_walk_has_walls(&view, &(heat_walk_plan){.move = engine->walk}))
        return heat_fail_option(ctx, "mass", opt->mass,
                                "walls turn back along one coordinate: diagonal or unit");
    return HEAT_OK;
}
