/* From options to the plan of a run: what is measured, at which temperatures, and what memory it takes. */
#include "base/context_private.h"
#include "base/memory.h"
#include "base/text.h"
#include "io/checkpoint.h"
#include "io/state_file.h"
#include "kernel/isa.h"
#include "sample/ladder.h"
#include "sample/sample_histogram.h"
#include "sample/step_bias.h"
#include "sample/walk_options.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* One word: sums of every variable or every edge, or scalars. */
static heat_status grant(heat_context *ctx, heat_recorder_plan *plan, const char *list, const char *word,
                         size_t length)
{
    if (length == 5 && strncmp(word, "spins", length) == 0) {
        plan->spins = true;
        return HEAT_OK;
    }
    if (length == 5 && strncmp(word, "edges", length) == 0) {
        plan->edges = true;
        return heat_scalars_need(ctx, &plan->scalars, HEAT_NEEDS_STATES | HEAT_NEEDS_EDGES, list, "edges");
    }
    return heat_scalars_ask(ctx, &plan->scalars, list, word, length);
}

static heat_status parse_observables(heat_context *ctx, heat_sampling *s)
{
    const char *list = s->opt.observables;

    heat_scalars_init(s->whole, &s->plan.scalars);
    for (const char *c = list; c != NULL && *c != '\0'; c += strcspn(c, ","), c += *c == ',') {
        heat_status status = grant(ctx, &s->plan, list, c, strcspn(c, ","));
        if (status != HEAT_OK)
            return status;
    }
    return heat_histogram_plan(ctx, s->opt.histogram, &s->plan.scalars);
}

/* Replicas are compared in pairs. */
static heat_status pair_replicas(heat_context *ctx, heat_sampling *s)
{
    char value[24];

    s->n_paired = s->engine->n_paired > 0 ? s->engine->n_paired : 1;
    for (int id = 0; id < HEAT_N_SERIES; id++)
        if (heat_series_is_paired((heat_series_id)id) && s->plan.scalars.wants[id])
            s->n_paired = 2;
    if (s->n_paired == 1 || s->opt.replicas % 2 == 0)
        return HEAT_OK;
    snprintf(value, sizeof value, "%lld", (long long)s->opt.replicas);
    return heat_fail_option(ctx, "replicas", value,
                            "overlaps and cluster moves take replicas in pairs: an even number is needed");
}

/* A ladder climbs: its temperatures in order, each once. */
static heat_status order_ladder(heat_context *ctx, heat_sampling *s)
{
    char number[40];
    const char *text = s->opt.temperature_set != NULL
                           ? s->opt.temperature_set
                           : heat_text_real(s->opt.temperature, number, sizeof number);

    for (int64_t k = 1; k < s->n_temperatures; k++) {
        double t = s->temperatures[k];
        int64_t at = k;
        for (; at > 0 && s->temperatures[at - 1] > t; at--)
            s->temperatures[at] = s->temperatures[at - 1];
        s->temperatures[at] = t;
    }
    for (int64_t k = 1; k < s->n_temperatures; k++)
        if (!(s->temperatures[k] > s->temperatures[k - 1]))
            return heat_fail_option(ctx, "temperature", text, "a ladder has each temperature once");
    if (s->n_temperatures < 2 || s->n_temperatures > HEAT_MOST_RUNGS)
        return heat_fail_option(ctx, "temperature", text,
                                "engine %s needs a ladder of 2 to %d temperatures (lo:hi lets it space them)",
                                s->engine->name, HEAT_MOST_RUNGS);
    return HEAT_OK;
}

heat_status heat_sampling_alloc_temperatures(heat_context *ctx, heat_sampling *s)
{
    heat_status status = heat_alloc(ctx, s->n_temperatures, sizeof *s->temperatures, &s->temperatures);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, s->n_temperatures, sizeof *s->betas, &s->betas);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, s->n_temperatures, sizeof *s->acceptance, &s->acceptance);
    return status;
}

/* The temperatures as the option spells them. */
static heat_status list_temperatures(heat_context *ctx, heat_sampling *s)
{
    const char *set = s->opt.temperature_set;
    heat_status status = HEAT_OK;

    s->n_temperatures = 1;
    if (s->cooling.is_on)
        s->opt.temperature = s->cooling.schedule.cold;
    if (set != NULL)
        status = heat_temperature_set_get(ctx, set, 0, NULL, &s->n_temperatures);
    if (status == HEAT_OK)
        status = heat_sampling_alloc_temperatures(ctx, s);
    if (status != HEAT_OK)
        return status;
    s->temperatures[0] = s->opt.temperature;
    if (set != NULL)
        status = heat_temperature_set_get(ctx, set, s->n_temperatures, s->temperatures, &s->n_temperatures);
    if (status == HEAT_OK && s->engine->is_ladder)
        status = order_ladder(ctx, s);
    return status;
}

static heat_status choose_temperatures(heat_context *ctx, heat_sampling *s)
{
    const char *set = s->opt.temperature_set;
    double lo, hi;
    heat_status status;

    status = heat_cooling_read(ctx, &s->opt, &s->cooling);
    if (status != HEAT_OK)
        return status;
    if (s->engine->is_ladder && set != NULL && heat_temperature_range_get(set, &lo, &hi))
        status = heat_ladder_space(ctx, s, lo, hi);
    else
        status = list_temperatures(ctx, s);
    if (status == HEAT_OK)
        status = heat_step_bias_plan(ctx, s);
    for (int64_t t = 0; t < s->n_temperatures && status == HEAT_OK; t++) {
        s->betas[t] = 1 / s->temperatures[t];
        s->acceptance[t] = (double)NAN;
    }
    return status;
}

heat_chains_plan heat_sampling_plan_rungs(const heat_sampling *s, int64_t n_chains, int32_t n_rungs,
                                          const double *betas)
{
    return (heat_chains_plan){.n_chains = n_chains,
                              .n_rungs = n_rungs,
                              .betas = betas,
                              .seed = s->opt.seed,
                              .first_stream = s->first_stream,
                              .isa = s->opt.isa,
                              .layout = s->engine->layout,
                              .walk = &s->walk,
                              .rule = s->engine->sweep == NULL ? s->engine->rule : NULL,
                              .burn_in = s->opt.burn_in,
                              .is_steady = s->engine->rule != NULL && s->engine->sweep == NULL &&
                                           !s->cooling.is_on && !s->engine->is_ladder &&
                                           s->engine->after_sweep == NULL,
                              .group = (int32_t)((s->n_together > s->n_paired ? s->n_together : s->n_paired) *
                                                 (s->engine->is_ladder ? s->n_temperatures : 1))};
}

heat_chains_plan heat_sampling_plan_chains(const heat_sampling *s)
{
    const heat_cooling *c = &s->cooling;

    return c->is_on ? heat_sampling_plan_rungs(s, s->plan.n_chains, c->n_rungs, c->betas)
                    : heat_sampling_plan_rungs(s, s->plan.n_chains, (int32_t)s->n_temperatures, s->betas);
}

/* The draws of a run that is cooled once are those of its replicas: no pair of them is a series. */
static heat_status plan_draws(heat_context *ctx, heat_sampling *s)
{
    s->plan.n_sweeps = s->cooling.is_on ? s->cooling.n_cycles : s->opt.sweeps;
    s->plan.n_kept_of = s->opt.sweeps;
    s->plan.thin = s->opt.thin;
    s->plan.keep_states = s->opt.keep_states;
    if (s->cooling.is_on && s->cooling.n_cycles == 1 && s->n_paired > 1)
        return heat_fail_option(ctx, "schedule", s->opt.schedule,
                                "overlaps are averaged over the cycles of cyclic:hot:cold:period");
    return HEAT_OK;
}

/* What will be taken is compared with what is allowed before any of it is taken. */
static heat_status plan_memory(heat_context *ctx, heat_sampling *s)
{
    const bool keeps_moves =
        s->opt.keep_states && s->opt.schedule == NULL && strcmp(s->opt.output_format, "stan") == 0;
    char needed[32], allowed[32];
    double bytes;

    heat_status status = plan_draws(ctx, s);

    if (status != HEAT_OK)
        return status;
    s->plan.n_chains = s->n_temperatures * s->opt.replicas;
    if (heat_engine_moves_chains(s->engine)) {
        heat_chains_plan chains = heat_sampling_plan_chains(s);
        s->chain_bytes = heat_chains_bytes(s->model, &chains);
        for (int id = HEAT_SERIES_VIRIAL; id < HEAT_N_SERIES; id++)
            s->plan.scalars.wants[id] = (id == HEAT_SERIES_VIRIAL || keeps_moves) &&
                                        heat_chains_have_scalar(s->model, &chains, (heat_series_id)id);
        if (s->cooling.is_on && s->engine->walk != NULL) { /* the pilot */
            chains.n_chains *= s->cooling.n_rungs;
            s->chain_bytes += heat_chains_bytes(s->model, &chains);
        }
    }
    if (s->engine->plan != NULL) {
        status = s->engine->plan(ctx, s);
        if (status != HEAT_OK)
            return status;
    }
    bytes = heat_recorder_bytes(&s->plan);
    bytes += s->chain_bytes;
    if (!(bytes <= (double)s->opt.memory))
        return heat_fail(
            ctx, HEAT_ERROR_UNABLE,
            "%lld chains of %lld draws would take %s, %s are allowed (options --sweeps, --replicas, --thin, "
            "--memory%s)",
            (long long)s->plan.n_chains, (long long)s->plan.n_sweeps,
            heat_text_bytes(bytes, needed, sizeof needed),
            heat_text_bytes((double)s->opt.memory, allowed, sizeof allowed),
            s->engine->walk != NULL && s->engine->walk->order > 0
                ? "; --steps makes more of the dynamics a sweep"
                : "");
    return HEAT_OK;
}

static heat_status clamp_model(heat_context *ctx, heat_sampling *s)
{
    int64_t n = s->plan.scalars.info.n_variables;
    heat_status status = heat_model_create_clamped_by(ctx, s->whole, s->opt.clamp, &s->clamped);

    if (status != HEAT_OK)
        return status;
    s->model = s->clamped;
    s->clamp = heat_model_get_clamp(s->clamped);
    for (int64_t i = 0; i < n && s->clamp != NULL; i++)
        s->clamped_total += s->clamp[i] == HEAT_FREE ? 0 : s->clamp[i];
    return HEAT_OK;
}

static heat_status load_place(heat_context *ctx, heat_sampling *s, const heat_smooth *view)
{
    double *x;
    heat_status status;

    if (s->walk.n_walkers > 0)
        return heat_fail_option(ctx, "initial", s->opt.initial, "the walkers of an ensemble begin apart");
    status = heat_alloc(ctx, view->n, sizeof *x, &x);
    if (status != HEAT_OK)
        return status;
    s->initial = x;
    status = heat_state_file_read_real(ctx, s->opt.initial, view->n, x);
    for (int32_t i = 0; i < view->n && view->lower != NULL && status == HEAT_OK; i++)
        if (!(x[i] >= view->lower[i] && x[i] <= view->upper[i]))
            status = heat_fail_option(ctx, "initial", s->opt.initial, "%s begins at %g, behind a wall",
                                      heat_model_get_label(s->model, i), x[i]);
    return status;
}

static heat_status load_initial(heat_context *ctx, heat_sampling *s)
{
    heat_smooth view;
    int8_t *state;
    heat_status status;

    if (heat_model_get_smooth(s->model, heat_isa_get("auto"), &view))
        return load_place(ctx, s, &view);
    status = heat_model_need_states(ctx, s->model, "option --initial");
    if (status == HEAT_OK)
        status = heat_alloc(ctx, s->plan.scalars.info.n_variables, 1, &state);
    if (status != HEAT_OK)
        return status;
    s->initial = state;
    status = heat_model_load_state(ctx, s->whole, s->opt.initial, state);
    return status == HEAT_OK ? heat_model_take_free(ctx, s->model, s->opt.initial, state) : status;
}

heat_status heat_sampling_prepare(heat_context *ctx, heat_sampling *s)
{
    const char *reason;
    heat_status status;

    s->first_stream = (uint64_t)s->opt.index << 40; /* chains and restarts of one model stay below */
    status = parse_observables(ctx, s);
    if (status == HEAT_OK && s->opt.clamp != NULL && heat_model_is_walked(s->model))
        status = heat_fail_option(ctx, "clamp", s->opt.clamp, "no variable of a potential is held");
    if (status == HEAT_OK && s->opt.clamp != NULL)
        status = clamp_model(ctx, s);
    if (status == HEAT_OK) {
        s->engine = heat_engine_choose(s->model, s->opt.engine, s->opt.temperature_set,
                                       s->opt.schedule != NULL, &reason);
        status = heat_walk_check(ctx, s->model, s->engine, &s->opt);
        s->walk = heat_walk_plan_of(s->model, s->engine, &s->opt);
        if (status == HEAT_OK)
            heat_walk_gather(s);
    }
    if (status == HEAT_OK && strcmp(s->opt.engine, "auto") == 0) /* what it stands for may not read all */
        status = heat_option_check(ctx, heat_option_table_get("sample"), &s->opt, s->engine->name);
    if (status == HEAT_OK)
        status = pair_replicas(ctx, s);
    heat_model_describe(s->model, &s->info);
    if (status == HEAT_OK && s->plan.scalars.wants[HEAT_SERIES_BASIN])
        status = heat_basins_find(ctx, s->model, s->opt.observables, s->opt.seed, s->opt.threads, &s->basins);
    if (status == HEAT_OK && s->opt.initial != NULL)
        status = load_initial(ctx, s);
    if (status == HEAT_OK)
        status = choose_temperatures(ctx, s);
    if (status == HEAT_OK)
        status = heat_checkpoint_check_every(ctx, heat_option_table_get("sample"), &s->opt);
    if (status == HEAT_OK && s->opt.interpolate > 0 && s->n_temperatures < 2)
        status = heat_fail_option(ctx, "interpolate", NULL, "needs a scan of at least 2 temperatures");
    if (status == HEAT_OK)
        status = plan_memory(ctx, s);
    if (status == HEAT_OK)
        status = heat_recorder_init(ctx, &s->recorder, &s->plan);
    return status;
}

void heat_sampling_clear(heat_sampling *s)
{
    heat_chains_free(s->chains);
    heat_recorder_clear(&s->recorder);
    heat_passages_close(&s->passages);
    heat_basins_close(&s->basins);
    heat_free(s->temperatures);
    heat_free(s->betas);
    heat_free(s->acceptance);
    heat_free(s->initial);
    heat_model_free(s->clamped);
    heat_free(s->annealed);
    heat_exchange_clear(&s->exchange);
}
