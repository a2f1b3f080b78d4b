/* heat_ground: choose a method, run it, and check its answer against the definition of the energy. */
#include "base/context_private.h"
#include "base/memory.h"
#include "ground/bound.h"
#include "ground/ground_methods.h"
#include "ground/potential_ground.h"
#include "ground/unit_ground.h"
#include "kernel/isa.h"
#include "sample/schedule.h"

#include <math.h>
#include <string.h>

const char heat_reason_bound[] = "the energy meets the bound: every coupling and field is at its best";

void heat_ground_result_init(heat_ground_result *result)
{
    *result = (heat_ground_result){.size = sizeof *result};
}

void heat_ground_result_clear(heat_ground_result *r)
{
    size_t size;

    if (r == NULL)
        return;
    heat_free(r->state);
    heat_free(r->trajectory_s);
    heat_free(r->trajectory_energy);
    heat_free(r->states);
    heat_free(r->state_energies);
    heat_free(r->state_counts);
    heat_free(r->values);
    heat_free(r->kept_values);
    heat_free(r->curvatures);
    heat_free(r->saddles);
    heat_free(r->saddle_energies);
    heat_free(r->saddle_curvatures);
    heat_free(r->saddle_ends);
    heat_free(r->extents);
    size = r->size;
    *r = (heat_ground_result){.size = size};
}

heat_status heat_search_improve(heat_context *ctx, heat_search *search, const int8_t *state, double energy)
{
    heat_ground_result *r = search->result;
    int64_t capacity = search->capacity;
    heat_status status;

    if (!(energy < search->best_energy) && isfinite(search->best_energy))
        return HEAT_OK;
    status = heat_grow(ctx, r->n_trajectory + 1, sizeof *r->trajectory_s, &capacity, &r->trajectory_s);
    if (status == HEAT_OK)
        status = heat_grow(ctx, r->n_trajectory + 1, sizeof *r->trajectory_energy, &search->capacity,
                           &r->trajectory_energy);
    if (status != HEAT_OK)
        return status;
    r->trajectory_s[r->n_trajectory] = heat_clock() - search->begin_s;
    r->trajectory_energy[r->n_trajectory++] = energy;
    search->best_energy = energy;
    memcpy(r->state, state, (size_t)search->info.n_variables);
    return HEAT_OK;
}

heat_status heat_search_fall_back(heat_context *ctx, heat_search *search)
{
    int32_t n = search->info.n_variables;
    int8_t *state = NULL;
    double energy;
    heat_status status = heat_alloc(ctx, n, 1, &state);

    if (status != HEAT_OK)
        return status;
    if (search->initial != NULL)
        memcpy(state, search->initial, (size_t)n);
    else
        memset(state, search->info.coding == HEAT_CODING_SPIN ? 1 : 0, (size_t)n);
    status = heat_model_energies(ctx, search->model, 1, state, &energy);
    if (status == HEAT_OK)
        status = heat_search_improve(ctx, search, state, energy);
    heat_free(state);
    return status;
}

/* The reported energy is that of the reported state, summed from the definition; the search's own must agree.
 */
static heat_status verify(heat_context *ctx, const heat_model *model, const heat_search *search)
{
    heat_ground_result *r = search->result;
    double found = search->opt->maximize ? 0 - search->best_energy : search->best_energy;
    double tolerance = search->info.exact ? 0 : 1e-9 * (1 + fabs(found));
    heat_status status = heat_model_get_energy(ctx, model, 1, r->state, &r->energy);

    if (status == HEAT_OK && !(fabs(r->energy - found) <= tolerance) && !(isinf(r->energy) && isinf(found)))
        return heat_fail(ctx, HEAT_ERROR_INTERNAL,
                         "the search says %.17g, its state has %.17g: please report this", found, r->energy);
    return status;
}

/* The states over all variables of the model that was clamped. */
static heat_status unclamp(heat_context *ctx, const heat_model *clamped, heat_ground_result *r)
{
    int8_t *whole = NULL;
    heat_status status = HEAT_OK;

    heat_model_get_whole(clamped, 1, r->state, r->state);
    if (r->states == NULL)
        return HEAT_OK;
    status = heat_alloc(ctx, (int64_t)r->n_states * r->n_variables, 1, &whole);
    if (status == HEAT_OK)
        heat_model_get_whole(clamped, r->n_states, r->states, whole);
    heat_free(r->states);
    r->states = whole;
    return status;
}

static void turn(double *energies, int64_t count)
{
    for (int64_t k = 0; k < count; k++)
        if (!isinf(energies[k]))
            energies[k] = 0 - energies[k];
}

/* What the search found of its model, in the sign of the caller's. */
static void report(const heat_search *search)
{
    heat_ground_result *r = search->result;
    bool is_maximum = search->opt->maximize;
    bool is_met = r->outcome == HEAT_OUTCOME_PROVED;

    r->bound = isfinite(search->bound) ? search->bound : (double)NAN;
    if (is_maximum) {
        turn(r->trajectory_energy, r->n_trajectory);
        turn(r->state_energies, r->n_states);
        turn(&r->bound, 1);
    }
    if (is_met || (is_maximum ? r->energy > r->bound : r->energy < r->bound)) /* by a last place's rounding */
        r->bound = r->energy;
}

/* `auto` took the exact road: says which of the options that were set it does not read. */
static void note_unread(heat_context *ctx, const heat_search *search)
{
    heat_error_text before = ctx->error;

    if (heat_option_check(ctx, heat_option_table_get("ground"), search->opt, "exact") != HEAT_OK)
        heat_log(ctx, HEAT_LOG_NOTE, "the exact method was chosen; %s", ctx->error.message);
    ctx->error = before;
}

#define ROW(tag, name, help) &heat_ground_method_##tag,
static const heat_ground_method *const methods[] = {HEAT_GROUND_METHODS(ROW)};

/* The method of that name, which the option table has checked; NULL of "auto". */
static const heat_ground_method *method_get(const char *name)
{
    for (size_t k = 0; k < sizeof methods / sizeof *methods; k++)
        if (strcmp(methods[k]->name, name) == 0)
            return methods[k];
    return NULL;
}

static heat_status choose_and_run(heat_context *ctx, heat_search *search)
{
    const heat_ground_method *method = method_get(search->opt->method);
    double target = search->opt->target_energy;
    bool is_auto = method == NULL, is_cheap = false;
    heat_schedule schedule = heat_schedule_flat;
    heat_status status = HEAT_OK;

    search->bound = heat_bound_get(search->model);
    search->target = fabs(target) >= HEAT_FOREVER ? -(double)INFINITY
                     : search->opt->maximize      ? -target
                                                  : target;
    ctx->best_is_negated = search->opt->maximize;
    if (search->opt->schedule != NULL) /* a word that means nothing is refused on every road */
        status = heat_schedule_parse(ctx, search->opt->schedule, &schedule);
    if (status == HEAT_OK && schedule.period > 0 && search->opt->restart_sweeps != HEAT_AUTO)
        status = heat_fail_option(ctx, "restart_sweeps", NULL, "an anneal of a cyclic schedule is a period");
    if (status == HEAT_OK && is_auto)
        status = heat_ground_exact_is_cheap(ctx, search, &is_cheap);
    if (status != HEAT_OK)
        return status;
    if (is_auto)
        method = is_cheap ? &heat_ground_method_exact : &heat_ground_method_anneal;
    if (is_cheap && search->opt->keep == 0)
        note_unread(ctx, search);
    status = method->run(ctx, search);
    if (status == HEAT_OK && search->opt->keep > 0 && search->is_proved)
        status =
            heat_ground_method_anneal.run(ctx, search); /* the proof is there; more states are asked for */
    return status;
}

/* What stands between the caller's model and the search's. */
typedef struct views {
    heat_model *clamped, *negated; /* NULL where the options ask for none */
} views;

static heat_status open_models(heat_context *ctx, const heat_model *model, heat_search *search, views *v)
{
    heat_status status = HEAT_OK;

    if (search->opt->clamp != NULL) {
        status = heat_model_create_clamped_by(ctx, model, search->opt->clamp, &v->clamped);
        search->model = v->clamped;
    }
    if (status != HEAT_OK)
        return status;
    heat_model_describe(search->model, &search->info);
    if (search->opt->maximize) {
        status = heat_model_create_negated(ctx, search->model, &v->negated);
        search->model = v->negated;
    }
    return status;
}

heat_status heat_ground(heat_context *ctx, const heat_model *model, const heat_ground_options *options,
                        heat_ground_result *result)
{
    heat_ground_options opt;
    heat_ground_result r;
    heat_search search = {.model = model, .opt = &opt, .best_energy = (double)INFINITY, .result = &r};
    views between = {NULL, NULL};
    heat_smooth smooth;
    heat_budget budget;
    int8_t *initial = NULL;
    heat_status status;

    if (ctx == NULL)
        return HEAT_ERROR_ARGUMENT;
    if (model == NULL || result == NULL)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "heat_ground: no model or no place for the result");
    heat_ground_options_init(&opt);
    if (options != NULL)
        heat_struct_copy(&opt, sizeof opt, options, options->size);
    status = heat_option_check(ctx, heat_option_table_get("ground"), &opt, opt.method);
    if (status == HEAT_OK)
        status = heat_isa_check(ctx, opt.isa);
    if (status != HEAT_OK)
        return status;
    heat_ground_result_init(&r);
    budget = heat_budget_enter(ctx, "ground", opt.time, opt.memory);
    search.begin_s = heat_clock();
    heat_model_describe(model, &search.info);
    r.n_variables = search.info.n_variables;
    r.hot = r.cold = (double)NAN;
    if (heat_model_get_smooth(model, heat_isa_get("auto"), &smooth)) {
        status = heat_ground_of_potential(ctx, &smooth, &opt, &r);
        goto out;
    }
    if (heat_model_is_real(&search.info)) {
        status = heat_ground_of_units(ctx, model, &opt, &r);
        goto out;
    }
    status = heat_alloc(ctx, r.n_variables, 1, &r.state);
    if (status == HEAT_OK)
        status = open_models(ctx, model, &search, &between);
    if (status == HEAT_OK && opt.initial != NULL) {
        status = heat_alloc(ctx, r.n_variables, 1, &initial);
        if (status == HEAT_OK)
            status = heat_model_load_state(ctx, model, opt.initial, initial);
        if (status == HEAT_OK && between.clamped != NULL)
            status = heat_model_take_free(ctx, between.clamped, opt.initial, initial);
        search.initial = initial;
    }
    if (status == HEAT_OK)
        status = choose_and_run(ctx, &search);
    if (status == HEAT_OK && between.clamped != NULL)
        status = unclamp(ctx, between.clamped, &r);
    if (status == HEAT_OK)
        status = verify(ctx, model, &search);
    if (status == HEAT_OK)
        report(&search);
out:
    ctx->best_is_negated = false;
    r.seconds = heat_clock() - search.begin_s;
    heat_budget_leave(ctx, &budget);
    heat_free(initial);
    heat_model_free(between.negated);
    heat_model_free(between.clamped);
    if (status != HEAT_OK) {
        heat_ground_result_clear(&r);
        return status;
    }
    heat_struct_copy(result, result->size == 0 ? sizeof r : result->size, &r, sizeof r);
    return HEAT_OK;
}
