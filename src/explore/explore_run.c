/* heat_explore: minima -> their basins -> the weight of each, by every way that was asked for -> agreement.
 */
#include "base/context_private.h"
#include "base/memory.h"
#include "explore/basin_mbar.h"
#include "explore/basin_walks.h"
#include "kernel/isa.h"
#include "model/smooth_growth.h"

#include <math.h>
#include <string.h>

/* The streams of the ladder's chains lie beyond those of counting, which are so far apart. */
static const uint64_t ladder_stream = (uint64_t)1 << 60, counting_stream = (uint64_t)1 << 40;

static const double usual_error = 0.0015; /* of a difference of free energies, in units of T */
static const double part_of_integrals = 0.3;

enum { BURN_IN = 32, LEAST_BURN_IN = 100 }; /* a part of the sweeps */

void heat_exploring_show(heat_context *ctx, const heat_exploring *e, double part)
{
    heat_show_progress(ctx, e->begun + (e->ends - e->begun) * fmin(part, 1), (double)e->r->updates,
                       (double)NAN);
}

static heat_status parse_ways(heat_context *ctx, heat_exploring *e)
{
    const char *list = e->opt.method;

    for (int way = 0; way < HEAT_EXPLORE_WAYS; way++)
        e->wants[way] = list == NULL;
    for (const char *c = list; c != NULL && *c != '\0'; c += strcspn(c, ","), c += *c == ',') {
        int way = 0;
        while (way < HEAT_EXPLORE_WAYS &&
               (strlen(heat_explore_way_name((heat_explore_way)way)) != strcspn(c, ",") ||
                strncmp(c, heat_explore_way_name((heat_explore_way)way), strcspn(c, ",")) != 0))
            way++;
        if (way == HEAT_EXPLORE_WAYS)
            return heat_fail_option(ctx, "method", list,
                                    "ways are counting, exchange, integration and mbar, between commas");
        e->wants[way] = true;
    }
    return HEAT_OK;
}

static heat_status parse_temperatures(heat_context *ctx, heat_exploring *e)
{
    const char *set = e->opt.temperature_set;
    int64_t n = 1;
    double lo, hi;
    heat_status status = HEAT_OK;

    if (set != NULL && heat_temperature_range_get(set, &lo, &hi))
        return heat_fail_option(ctx, "temperature", set,
                                "the ladder is spaced by itself: name the temperatures to report");
    if (set != NULL)
        status = heat_temperature_set_get(ctx, set, 0, NULL, &n);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, n, sizeof *e->temperatures, &e->temperatures);
    if (status != HEAT_OK)
        return status;
    e->temperatures[0] = e->opt.temperature;
    if (set != NULL)
        status = heat_temperature_set_get(ctx, set, n, e->temperatures, &n);
    e->n_temperatures = (int32_t)n;
    return status;
}

/* What has basins: a potential with a gradient, whose p(x) exists. */
static heat_status check_model(heat_context *ctx, heat_exploring *e)
{
    heat_model_info info;
    double hottest = 0;

    heat_model_describe(e->model, &info);
    if (!heat_model_get_smooth(e->model, heat_isa_get(e->opt.isa), &e->view))
        return heat_fail(ctx, HEAT_ERROR_UNABLE,
                         "%s: explore follows gradients, and kind %s has none: ground finds its low states, "
                         "sample --engine tempering how often they are met",
                         info.name, info.kind);
    if (!e->view.has_gradient)
        return heat_fail(ctx, HEAT_ERROR_UNABLE,
                         "%s: basins are found by its gradient, which it does not give (real_gradient)",
                         info.name);
    for (int32_t t = 0; t < e->n_temperatures; t++)
        hottest = fmax(hottest, e->temperatures[t]);
    return heat_smooth_check_growth(ctx, &e->view, hottest);
}

static heat_status prepare(heat_context *ctx, heat_exploring *e)
{
    heat_status status = parse_ways(ctx, e);

    if (status == HEAT_OK)
        status = parse_temperatures(ctx, e);
    if (status == HEAT_OK)
        status = check_model(ctx, e);
    if (status == HEAT_OK)
        status = heat_copy_text(ctx, "", &e->r->reasons);
    e->target_error = e->opt.target_error == HEAT_AUTO ? usual_error : e->opt.target_error;
    e->may_settle = e->opt.target_error == HEAT_AUTO;
    e->burn_in = e->opt.burn_in;
    if (e->burn_in == HEAT_AUTO)
        e->burn_in = e->opt.sweeps / BURN_IN > LEAST_BURN_IN ? e->opt.sweeps / BURN_IN : LEAST_BURN_IN;
    if (status == HEAT_OK)
        status = heat_minima_find(ctx, &e->view, e->opt.seed, HEAT_AUTO, e->opt.threads, &e->minima);
    if (status == HEAT_OK)
        status = heat_flow_basins_open(ctx, &e->view, &e->minima, &e->basins);
    if (status == HEAT_OK)
        status = heat_explore_fill_landscape(ctx, e);
    return status == HEAT_OK ? heat_explore_make_ladder(ctx, e) : status;
}

/* Where there is one basin all of p(x) lies in it. */
static void weigh_alone(const heat_exploring *e)
{
    for (int32_t t = 0; t < e->n_temperatures; t++)
        for (int way = 0; way < HEAT_EXPLORE_WAYS; way++)
            if (e->r->temperatures[t].ways[way].answer == HEAT_EXPLORE_HOLDS)
                *heat_exploring_weight(e, t, 0, (heat_explore_way)way) = (heat_explore_weight){1, 0, 0, 0};
}

/* The basin of the lowest free energy: by integration, else where chains were seen most. */
static heat_status choose_reference(heat_context *ctx, heat_exploring *e, const heat_basin_walks *seen,
                                    int32_t t)
{
    heat_explore_temperature *row = &e->r->temperatures[t];
    const int64_t n = e->basins.count;
    double *weight, *shares, *room = NULL;
    bool is_known = true;
    heat_status status = heat_alloc(ctx, 2 * n + 1, sizeof *room, &room);

    if (status != HEAT_OK)
        return status;
    weight = room;
    shares = room + n;
    for (int64_t k = 0; k < n; k++) {
        is_known = is_known && !isnan(row->basins[k].free_energy);
        weight[k] = -row->basins[k].free_energy;
    }
    if (seen != NULL) {
        heat_basin_tally_shares(&seen->tally, seen->is_ladder ? e->rung_of[t] : 0, shares);
        row->elsewhere = shares[n];
        if (!is_known)
            weight = shares;
    }
    for (int64_t k = 1; k < n; k++)
        if (weight[k] > weight[row->reference])
            row->reference = k;
    heat_free(room);
    return status;
}

static void report_walks(heat_exploring *e, const heat_basin_walks *w)
{
    e->r->n_chains = w->n_replicas * w->n_rungs;
    e->r->n_sweeps = heat_basin_walks_count_sweeps(w);
}

static heat_status report_ladder(heat_context *ctx, heat_exploring *e, const heat_basin_walks *w)
{
    heat_status status = heat_alloc(ctx, e->n_rungs, sizeof *e->r->ladder, &e->r->ladder);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, e->n_rungs, sizeof *e->r->exchange, &e->r->exchange);
    for (int32_t k = 0; k < e->n_rungs && status == HEAT_OK; k++) {
        e->r->ladder[k] = e->ladder[k];
        e->r->exchange[k] = k + 1 < e->n_rungs ? heat_exchange_get_acceptance(&w->exchange, k) : (double)NAN;
    }
    e->r->n_rungs = status == HEAT_OK ? e->n_rungs : 0;
    return status;
}

/* What every way says, against one reference a temperature; counted[temperature]. */
static heat_status weigh_all(heat_context *ctx, heat_exploring *e, const heat_basin_walks *counted,
                             const heat_basin_walks *ladder)
{
    heat_status status = HEAT_OK;

    for (int32_t t = 0; t < e->n_temperatures && status == HEAT_OK; t++) {
        const heat_basin_walks *seen = ladder->n_rungs > 0 ? ladder : &counted[t];
        status = choose_reference(ctx, e, seen->n_rungs > 0 ? seen : NULL, t);
        if (status == HEAT_OK && e->wants[HEAT_EXPLORE_COUNTING])
            status = heat_basin_tally_report(ctx, e, &counted[t].tally, 0, t, HEAT_EXPLORE_COUNTING);
        if (status == HEAT_OK && e->wants[HEAT_EXPLORE_EXCHANGE])
            status = heat_basin_tally_report(ctx, e, &ladder->tally, e->rung_of[t], t, HEAT_EXPLORE_EXCHANGE);
        if (status == HEAT_OK && e->wants[HEAT_EXPLORE_INTEGRATION])
            heat_explore_weigh_integrals(e, t);
    }
    if (status == HEAT_OK && e->wants[HEAT_EXPLORE_MBAR])
        status = heat_basin_mbar_report(ctx, e, ladder);
    return status;
}

/* Chains of every temperature by themselves: the cold ones take longer. */
static heat_status count(heat_context *ctx, heat_exploring *e, heat_basin_walks *counted)
{
    const double begun = e->begun, part = (e->ends - begun) / e->n_temperatures;
    heat_status status = HEAT_OK;

    for (int32_t t = 0; t < e->n_temperatures && status == HEAT_OK; t++) {
        counted[t].n_replicas = e->opt.replicas;
        counted[t].at = t;
        e->begun = begun + t * part;
        e->ends = begun + (t + 1) * part;
        status =
            heat_basin_walks_run(ctx, &counted[t], 1, &e->temperatures[t], counting_stream * (uint64_t)t);
        if (status == HEAT_OK)
            report_walks(e, &counted[t]);
    }
    return status;
}

static heat_status run_ladder(heat_context *ctx, heat_exploring *e, heat_basin_walks *ladder)
{
    heat_status status;

    ladder->n_replicas = e->opt.replicas;
    status = heat_basin_walks_run(ctx, ladder, e->n_rungs, e->ladder, ladder_stream);
    if (status != HEAT_OK)
        return status;
    report_walks(e, ladder);
    return report_ladder(ctx, e, ladder);
}

static heat_status explore(heat_context *ctx, heat_exploring *e)
{
    const bool many = e->basins.count > 1, *wants = e->wants;
    heat_basin_walks *counted = NULL, ladder = {.exploring = e, .is_ladder = true};
    heat_status status = heat_alloc(ctx, e->n_temperatures, sizeof *counted, &counted);

    for (int32_t t = 0; t < e->n_temperatures && status == HEAT_OK; t++)
        counted[t].exploring = e;
    e->ends = part_of_integrals;
    if (status == HEAT_OK && wants[HEAT_EXPLORE_INTEGRATION])
        status = heat_explore_integrate(ctx, e);
    e->begun = part_of_integrals;
    e->ends = 1;
    if (status == HEAT_OK && many && wants[HEAT_EXPLORE_COUNTING])
        status = count(ctx, e, counted);
    if (status == HEAT_OK && many && (wants[HEAT_EXPLORE_EXCHANGE] || wants[HEAT_EXPLORE_MBAR]))
        status = run_ladder(ctx, e, &ladder);
    if (status == HEAT_OK && many)
        status = weigh_all(ctx, e, counted, &ladder);
    else if (status == HEAT_OK)
        weigh_alone(e);
    if (status == HEAT_OK)
        status = heat_explore_agree(ctx, e);
    for (int32_t t = 0; t < e->n_temperatures && counted != NULL; t++)
        heat_basin_walks_close(&counted[t]);
    heat_free(counted);
    heat_basin_walks_close(&ladder);
    return status;
}

static void clear(heat_exploring *e)
{
    heat_flow_basins_close(&e->basins);
    heat_minima_close(&e->minima);
    heat_free(e->temperatures);
    heat_free(e->ladder);
    heat_free(e->rung_of);
}

static heat_outcome conclude(const heat_context *ctx, const heat_explore_result *r)
{
    heat_outcome worst = heat_halt_outcome(ctx, HEAT_OUTCOME_CONVERGED);

    for (int32_t t = 0; t < r->n_temperatures; t++)
        worst = r->temperatures[t].outcome > worst ? r->temperatures[t].outcome : worst;
    return worst;
}

heat_status heat_explore(heat_context *ctx, const heat_model *model, const heat_explore_options *options,
                         heat_explore_result *result)
{
    heat_exploring e = {.model = model};
    heat_explore_result r;
    heat_budget budget;
    double begin = heat_clock();
    heat_status status;

    if (ctx == NULL)
        return HEAT_ERROR_ARGUMENT;
    if (model == NULL || result == NULL)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "heat_explore: no model or no place for the result");
    heat_explore_options_init(&e.opt);
    if (options != NULL)
        heat_struct_copy(&e.opt, sizeof e.opt, options, options->size);
    heat_explore_result_init(&r);
    e.r = &r;
    status = heat_option_check(ctx, heat_option_table_get("explore"), &e.opt, NULL);
    if (status == HEAT_OK)
        status = heat_isa_check(ctx, e.opt.isa);
    if (status != HEAT_OK)
        return status;
    budget = heat_budget_enter(ctx, "explore", e.opt.time, e.opt.memory);
    status = prepare(ctx, &e);
    if (status == HEAT_OK)
        status = explore(ctx, &e);
    if (status == HEAT_OK)
        r.outcome = conclude(ctx, &r);
    r.seconds = heat_clock() - begin;
    heat_budget_leave(ctx, &budget);
    clear(&e);
    if (status != HEAT_OK) {
        heat_explore_result_clear(&r);
        return status;
    }
    heat_struct_copy(result, result->size == 0 ? sizeof r : result->size, &r, sizeof r);
    return HEAT_OK;
}
