/* heat_ground: choose a method, run it, and check its answer against the definition of the energy. */
#include "base/context_private.h"
#include "base/memory.h"
#include "ground/ground_methods.h"
#include "ground/schedule.h"

#include <math.h>
#include <string.h>

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

/* Every term at its best at once: -sum |J| - sum |h| + offset. */
static double trivial_bound(const heat_model *model)
{
    heat_pairwise g;
    double pairs = 0, fields = 0;

    if (!heat_model_get_pairwise(model, &g))
        return -(double)INFINITY;
    for (int64_t k = 0; k < g.row[g.n]; k++)
        pairs += fabs(g.coupling[k]);
    for (int32_t i = 0; i < g.n; i++)
        fields += fabs(g.field[i]);
    if (!g.exact) /* rounding must not prove anything */
        return (g.offset - 0.5 * pairs - fields) - 1e-12 * (fabs(g.offset) + pairs + fields);
    return g.offset - 0.5 * pairs - fields;
}

/* The reported energy is that of the reported state, summed from the definition; the search's own must agree.
 */
static heat_status verify(heat_context *ctx, const heat_search *search)
{
    heat_ground_result *r = search->result;
    double tolerance = search->info.exact ? 0 : 1e-9 * (1 + fabs(search->best_energy));
    heat_status status = heat_model_get_energy(ctx, search->model, 1, r->state, &r->energy);

    if (status == HEAT_OK && !(fabs(r->energy - search->best_energy) <= tolerance) &&
        !(isinf(r->energy) && isinf(search->best_energy)))
        return heat_fail(ctx, HEAT_ERROR_INTERNAL,
                         "the search says %.17g, its state has %.17g: please report this",
                         search->best_energy, r->energy);
    r->bound = isfinite(search->bound) ? search->bound : (double)NAN;
    return status;
}

/* `auto` took the exact road: says which of the options that were set it does not read. */
static void note_unread(heat_context *ctx, const heat_search *search)
{
    heat_error_text before = ctx->error;

    if (heat_option_check(ctx, heat_option_table_get("ground"), search->opt, "exact") != HEAT_OK)
        heat_log(ctx, HEAT_LOG_NOTE, "the exact method was chosen; %s", ctx->error.message);
    ctx->error = before;
}

static heat_status choose_and_run(heat_context *ctx, heat_search *search)
{
    bool exact = strcmp(search->opt->method, "exact") == 0;
    heat_schedule schedule;
    heat_status status = HEAT_OK;

    if (search->opt->schedule != NULL) /* a word that means nothing is refused on every road */
        status = heat_schedule_parse(ctx, search->opt->schedule, &schedule);
    if (status == HEAT_OK && strcmp(search->opt->method, "auto") == 0)
        status = heat_ground_exact_is_cheap(ctx, search, &exact);
    if (status != HEAT_OK)
        return status;
    if (exact && strcmp(search->opt->method, "auto") == 0)
        note_unread(ctx, search);
    return exact ? heat_ground_exact(ctx, search) : heat_ground_anneal(ctx, search);
}

heat_status heat_ground(heat_context *ctx, const heat_model *model, const heat_ground_options *options,
                        heat_ground_result *result)
{
    heat_ground_options opt;
    heat_ground_result r;
    heat_search search = {.model = model, .opt = &opt, .best_energy = (double)INFINITY, .result = &r};
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
    if (status != HEAT_OK)
        return status;
    heat_ground_result_init(&r);
    budget = heat_budget_enter(ctx, "ground", opt.time, opt.memory);
    search.begin_s = heat_clock();
    heat_model_describe(model, &search.info);
    r.n_variables = search.info.n_variables;
    r.hot = r.cold = (double)NAN;
    search.bound = trivial_bound(model);
    status = heat_alloc(ctx, r.n_variables, 1, &r.state);
    if (status == HEAT_OK && opt.initial != NULL) {
        status = heat_alloc(ctx, r.n_variables, 1, &initial);
        if (status == HEAT_OK)
            status = heat_model_load_state(ctx, model, opt.initial, initial);
        search.initial = initial;
    }
    if (status == HEAT_OK)
        status = choose_and_run(ctx, &search);
    if (status == HEAT_OK)
        status = verify(ctx, &search);
    r.seconds = heat_clock() - search.begin_s;
    heat_budget_leave(ctx, &budget);
    heat_free(initial);
    if (status != HEAT_OK) {
        heat_ground_result_clear(&r);
        return status;
    }
    heat_struct_copy(result, result->size == 0 ? sizeof r : result->size, &r, sizeof r);
    return HEAT_OK;
}
