/* The exact road of logz: every state is counted, by enumeration, by elimination over (log-sum-exp, +),
 * by Pfaffians or by magnetisations. */
#include "base/context_private.h"
#include "exact/exact_choice.h"
#include "kernel/isa.h"
#include "landscape/wells.h"
#include "logz/logz_methods.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SLOPES = 3 }; /* of the mean energy, by two sums each, where they make a heat capacity */

static const double cheap_seconds = 0.1; /* of one sum, for six more to be worth a heat capacity */
static const double step = 2e-3;         /* of beta, relative */
/* A Pfaffian gives way to elimination at the temperatures that are too cold for it. */
static const char by_both[] = "planar and elimination";
static const double rounding = 1e-14; /* of a mean energy, relative to its size */

/* Of one sum and its mean energy, on one thread. */
static double seconds_of_sum(const heat_exact_cost *cost)
{
    bool eliminates = cost->sum_method == NULL && strcmp(cost->method, "elimination") == 0;

    return cost->sum_method != NULL ? cost->sum_seconds
                                    : heat_exact_seconds(cost) * (eliminates ? HEAT_SUM_OVER_SEARCH : 1);
}

double heat_logz_exact_seconds(const heat_exact_cost *cost)
{
    double sum = seconds_of_sum(cost);
    bool knows_variance = cost->sum_method != NULL || strcmp(cost->method, "enumeration") == 0;

    return sum * (!knows_variance && sum < cheap_seconds ? 1 + 2 * SLOPES : 1);
}

/* The variance of the energy where the road does not know it: -d<E>/d beta by central differences D at one
 * step and two, (4 D(h) - D(2h)) / 3; the error is that to the same of two steps and three, (9 D(2h) - 4
 * D(3h)) / 5, which is eight times further off. */
static heat_status find_slope(heat_context *ctx, const heat_counting *c, const heat_exact_choice *choice,
                              double beta, double *variance, double *error)
{
    double slope[SLOPES], size = 0;

    for (int k = 0; k < SLOPES; k++) {
        double h = (k + 1) * step * beta;
        heat_elimination_sum low = {0}, high = {0};
        heat_status status = heat_exact_run_sum(ctx, c->model, choice, beta - h, c->opt->threads, &low);
        if (status == HEAT_OK)
            status = heat_exact_run_sum(ctx, c->model, choice, beta + h, c->opt->threads, &high);
        if (status != HEAT_OK)
            return status;
        slope[k] = (low.mean_energy - high.mean_energy) / (2 * h);
        size = fmax(size, fmax(fabs(low.mean_energy), fabs(high.mean_energy)));
    }
    *variance = (4 * slope[0] - slope[1]) / 3;
    *error = fabs(*variance - (9 * slope[1] - 4 * slope[2]) / 5) + rounding * size / (step * beta);
    *variance = *variance < 0 ? 0 : *variance;
    return HEAT_OK;
}

/* *road becomes that of this row, or tells of both where others took another. */
static heat_status sum_states(heat_context *ctx, const heat_counting *c, const heat_exact_choice *choice,
                              heat_logz_row *row, const char **road)
{
    heat_elimination_sum sum = {.log_z_only = c->opt->log_z_only};
    double error = 0;
    heat_status status =
        heat_exact_run_sum(ctx, c->model, choice, 1 / row->temperature, c->opt->threads, &sum);

    if (status != HEAT_OK || isnan(sum.log_z)) /* halted before the sum was complete */
        return status;
    *road = *road == NULL || strcmp(*road, sum.road) == 0 ? sum.road
            : choice->parts != NULL                       ? heat_exact_by_components
                                                          : by_both;
    if (!sum.log_z_only && isnan(sum.energy_variance) && seconds_of_sum(&choice->cost) < cheap_seconds)
        status = find_slope(ctx, c, choice, 1 / row->temperature, &sum.energy_variance, &error);
    if (sum.log_z_only) /* whatever the road */
        sum.mean_energy = sum.energy_variance = (double)NAN;
    heat_logz_fill_row(row, sum.log_z, 0, sum.mean_energy, sum.energy_variance);
    row->mean_energy_error = row->entropy_error = 0;
    row->heat_capacity_error =
        isnan(sum.energy_variance) ? (double)NAN : error / row->temperature / row->temperature;
    row->log_z_lower = row->log_z_upper = sum.log_z;
    return status;
}

/* No road to an integral over real numbers. */
static heat_status refuse_integral(heat_context *ctx, const heat_counting *c)
{
    heat_smooth smooth;

    if (heat_model_get_smooth(c->model, heat_isa_get("auto"), &smooth))
        return heat_fail(ctx, HEAT_ERROR_UNABLE,
                         "%s: integrals are summed up in at most %d dimensions, and this has %d",
                         c->info.name, HEAT_QUADRATURE_DIMENSIONS, smooth.n);
    return heat_fail(
        ctx, HEAT_ERROR_UNABLE,
        "%s: log Z is known where one layer has few values and few enough units to visit all its states, "
        "or where both are Gaussian",
        c->info.name);
}

/* States of the lowest level, by a sum so cold that others, 1 higher at least, weigh e^-40 together: one sum
 * more, where that is cheap. A Pfaffian may be too cold there: then nothing is told. */
static heat_status count_ground_states(heat_context *ctx, const heat_counting *c,
                                       const heat_exact_choice *choice)
{
    heat_logz_result *r = c->result;
    double beta = fmax(40 + c->log_states, c->beta_max), lowest;
    heat_elimination_sum sum = {0};
    heat_error_text before = ctx->error;
    heat_status status;

    if (!c->info.integer || c->info.n_states == 0 || !(seconds_of_sum(&choice->cost) < cheap_seconds))
        return HEAT_OK;
    status = heat_exact_run_sum(ctx, c->model, choice, beta, c->opt->threads, &sum);
    if (status == HEAT_ERROR_UNABLE || status == HEAT_ERROR_UNDEFINED) {
        ctx->error = before;
        return HEAT_OK;
    }
    lowest = round(sum.mean_energy);
    if (status != HEAT_OK || !(fabs(sum.mean_energy - lowest) < 1e-6))
        return status;
    r->ground_energy = lowest;
    r->log_degeneracy = sum.log_z + beta * lowest;
    r->log_degeneracy_error = 0;
    return HEAT_OK;
}

/* How far a sum was that was stopped: nothing of it stands before it is complete. */
static void note_way(const heat_context *ctx, heat_counting *c, bool has_plan)
{
    const heat_logz_result *r = c->result;
    char part[64] = "";
    int32_t k = 0;

    while (k < r->n_rows && !isnan(r->rows[k].log_z))
        k++;
    if (!has_plan) {
        heat_logz_doubt(c, "a cheap order of the sum was still looked for");
        return;
    }
    if (ctx->done > 0 && ctx->done < 1)
        snprintf(part, sizeof part, ", and about %.2g %% of the next", 100 * ctx->done);
    if (r->n_rows > 1)
        heat_logz_doubt(c, "the sums at %d of %d temperatures were complete%s", k, r->n_rows, part);
    else if (part[0] != '\0')
        heat_logz_doubt(c, "about %.2g %% of the sum was made", 100 * ctx->done);
}

/* A choice is priced at T = 1. */
static void price_cold(const heat_counting *c, heat_exact_choice *choice)
{
    double factor;

    if (!choice->by_units || !(c->beta_max > 1))
        return;
    factor = heat_unit_enumeration_visits_at(&choice->units, c->beta_max) /
             heat_unit_enumeration_visits(&choice->units);
    choice->cost.sum_seconds *= factor;
    choice->cost.operations *= factor;
}

static heat_status run_exact(heat_context *ctx, heat_counting *c)
{
    heat_logz_result *r = c->result;
    heat_exact_choice choice = {0};
    heat_wells wells = {.count = 0};
    const char *road = NULL;
    heat_status status = heat_exact_choose_sum(ctx, c->model, c->opt->memory, &choice);

    if (status == HEAT_OK && !choice.cost.affordable && choice.cost.sum_method == NULL &&
        !heat_halted(ctx)) /* half a plan prices nothing */
        status = heat_model_is_real(&c->info) ? refuse_integral(ctx, c)
                                              : heat_exact_fail(ctx, &choice.cost, c->opt->memory);
    if (status == HEAT_OK)
        price_cold(c, &choice);
    c->is_slow = status == HEAT_OK && heat_logz_exact_seconds(&choice.cost) * r->n_rows > c->most_seconds;
    if (c->is_slow)
        status = heat_fail(ctx, HEAT_ERROR_UNABLE, "%s: an exact sum would take about %.2g s", c->info.name,
                           heat_logz_exact_seconds(&choice.cost) * r->n_rows);
    if (status == HEAT_OK && choice.by_quadrature && !heat_halted(ctx)) {
        status = heat_wells_find(ctx, &choice.smooth, c->opt->threads, &wells);
        choice.places = (heat_quadrature_places){wells.count, wells.x, wells.energy, wells.hessian};
    }
    for (int32_t k = 0; k < r->n_rows && status == HEAT_OK && !heat_halted(ctx); k++) {
        if (r->n_rows > 1)
            heat_show_progress(ctx, (double)k / r->n_rows, (double)NAN, (double)NAN);
        ctx->done = (double)NAN;
        status = sum_states(ctx, c, &choice, &r->rows[k], &road);
    }
    if (status == HEAT_OK && !c->opt->log_z_only && !isnan(r->rows[r->n_rows - 1].log_z) && !heat_halted(ctx))
        status = count_ground_states(ctx, c, &choice);
    r->method = road != NULL                     ? road
                : choice.cost.sum_method != NULL ? choice.cost.sum_method
                                                 : choice.cost.method;
    r->exact = true;
    r->outcome =
        isnan(r->rows[r->n_rows - 1].log_z) ? heat_halt_outcome(ctx, HEAT_OUTCOME_NONE) : HEAT_OUTCOME_PROVED;
    r->reason = r->outcome != HEAT_OUTCOME_PROVED      ? "stopped before every state was counted"
                : strcmp(r->method, "quadrature") == 0 ? "finer grids change no digit of ten"
                                                       : "every state was counted";
    if (status == HEAT_OK && r->outcome != HEAT_OUTCOME_PROVED)
        note_way(ctx, c, choice.cost.affordable || choice.cost.sum_method != NULL);
    heat_exact_choice_clear(&choice);
    heat_wells_close(&wells);
    return status;
}

const heat_logz_method heat_logz_method_exact = {.name = "exact", .run = run_exact};
