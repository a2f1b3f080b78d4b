/* Ways that share no assumption must agree. One that is further than `most` errors from more of the others
 * than any other is refused; two that differ from each other alone are both. */
#include "base/context_private.h"
#include "base/memory.h"
#include "explore/exploring.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const double most = 4;         /* standard errors of a difference */
static const double rounding = 1e-10; /* of a difference, in units of T */

enum { WHY = 200, LEAST_WAYS = 2 };

static const char *const names[HEAT_EXPLORE_WAYS] = {"counting", "exchange", "integration", "mbar"};
static const char *const answers[HEAT_EXPLORE_ANSWERS] = {"unasked", "holds", "out_of_reach", "refused"};

const char *heat_explore_way_name(heat_explore_way way)
{
    return way >= 0 && way < HEAT_EXPLORE_WAYS ? names[way] : "none";
}

static void forget(const heat_exploring *e, int32_t t, heat_explore_way way)
{
    const double nan = (double)NAN;

    for (int64_t k = 0; k < e->basins.count; k++)
        *heat_exploring_weight(e, t, k, way) = (heat_explore_weight){nan, nan, nan, nan};
}

const char *heat_explore_answer_name(heat_explore_answer answer)
{
    return answer >= 0 && answer < HEAT_EXPLORE_ANSWERS ? answers[answer] : "unasked";
}

heat_status heat_exploring_withhold(heat_context *ctx, const heat_exploring *e, int32_t t,
                                    heat_explore_way way, heat_explore_answer answer, const char *format, ...)
{
    heat_explore_verdict *verdict = &e->r->temperatures[t].ways[way];
    char why[WHY];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(why, sizeof why, format, arguments);
    va_end(arguments);
    forget(e, t, way);
    verdict->answer = answer > verdict->answer ? answer : verdict->answer;
    return verdict->reason != NULL ? HEAT_OK : heat_copy_text(ctx, why, &verdict->reason);
}

static bool has(const heat_exploring *e, int32_t t, heat_explore_way way)
{
    return e->r->temperatures[t].ways[way].answer == HEAT_EXPLORE_HOLDS;
}

/* The largest difference of two ways over the basins, in its standard errors. */
static double compare(const heat_exploring *e, int32_t t, heat_explore_way a, heat_explore_way b)
{
    double worst = 0;

    for (int64_t k = 0; k < e->basins.count; k++) {
        const heat_explore_weight *p = heat_exploring_weight(e, t, k, a),
                                  *q = heat_exploring_weight(e, t, k, b);
        double error = hypot(p->delta_f_error, q->delta_f_error) + rounding * e->temperatures[t];
        worst = fmax(worst, fabs(p->delta_f - q->delta_f) / error);
    }
    return worst;
}

/* One round: the ways that disagree with most others; false if none does. */
static heat_status refuse_outliers(heat_context *ctx, const heat_exploring *e, int32_t t, bool *found)
{
    int64_t against[HEAT_EXPLORE_WAYS] = {0}, largest = 0;
    heat_explore_way foe[HEAT_EXPLORE_WAYS] = {0};
    heat_status status = HEAT_OK;

    for (int a = 0; a < HEAT_EXPLORE_WAYS; a++)
        for (int b = 0; b < HEAT_EXPLORE_WAYS; b++)
            if (a != b && has(e, t, (heat_explore_way)a) && has(e, t, (heat_explore_way)b) &&
                !(compare(e, t, (heat_explore_way)a, (heat_explore_way)b) <= most)) {
                against[a]++;
                foe[a] = (heat_explore_way)b;
                largest = against[a] > largest ? against[a] : largest;
            }
    *found = largest > 0;
    for (int a = 0; a < HEAT_EXPLORE_WAYS && status == HEAT_OK && *found; a++)
        if (against[a] == largest)
            status = heat_exploring_withhold(ctx, e, t, (heat_explore_way)a, HEAT_EXPLORE_REFUSED,
                                             "it disagrees with %s by more than %g standard errors",
                                             heat_explore_way_name(foe[a]), most);
    return status;
}

/* The largest error of a difference by a way, in units of T. */
static double worst_error(const heat_exploring *e, int32_t t, heat_explore_way way)
{
    double worst = 0;

    for (int64_t k = 0; k < e->basins.count; k++)
        worst = fmax(worst, heat_exploring_weight(e, t, k, way)->delta_f_error);
    return worst / e->temperatures[t];
}

/* The way of the least error of all that are left. */
static void pick_surest(const heat_exploring *e, int32_t t)
{
    heat_explore_temperature *row = &e->r->temperatures[t];
    double least = (double)INFINITY;

    row->surest = -1;
    for (int way = 0; way < HEAT_EXPLORE_WAYS; way++) {
        double worst = worst_error(e, t, (heat_explore_way)way);
        if (has(e, t, (heat_explore_way)way) && worst < least) {
            least = worst;
            row->surest = way;
        }
    }
    for (int64_t k = 0; k < e->basins.count && row->surest >= 0; k++) {
        row->basins[k].occupancy = row->basins[k].by[row->surest].occupancy;
        row->basins[k].occupancy_error = row->basins[k].by[row->surest].occupancy_error;
    }
}

static heat_status add_reason(heat_context *ctx, const heat_exploring *e, int32_t t, heat_explore_way way,
                              const char *why)
{
    char line[WHY + 100];
    char *reasons = NULL;
    size_t before = strlen(e->r->reasons), length;
    heat_status status;

    e->r->temperatures[t].outcome = HEAT_OUTCOME_NOT_CONVERGED;
    length = (size_t)snprintf(line, sizeof line, "T = %g: %s: %s", e->temperatures[t], names[way], why);
    status = heat_alloc(ctx, (int64_t)(before + length + 2), 1, &reasons);
    if (status != HEAT_OK)
        return status;
    snprintf(reasons, before + length + 2, "%s%s%s", e->r->reasons, before > 0 ? "\n" : "", line);
    heat_free(e->r->reasons);
    e->r->reasons = reasons;
    return HEAT_OK;
}

/* What speaks against a row: ways that were refused; that are out of reach, where they were named or too few
 * are left; or that have not reached the error they were to. */
static heat_status sum_up(heat_context *ctx, const heat_exploring *e, int32_t t)
{
    int holding = 0;
    heat_status status = HEAT_OK;

    for (int way = 0; way < HEAT_EXPLORE_WAYS; way++)
        holding += has(e, t, (heat_explore_way)way);
    for (int way = 0; way < HEAT_EXPLORE_WAYS && status == HEAT_OK; way++) {
        const heat_explore_verdict *verdict = &e->r->temperatures[t].ways[way];
        char why[WHY];
        double error;
        if (verdict->answer == HEAT_EXPLORE_REFUSED ||
            (verdict->answer == HEAT_EXPLORE_OUT_OF_REACH && (e->opt.method != NULL || holding < LEAST_WAYS)))
            status = add_reason(ctx, e, t, (heat_explore_way)way, verdict->reason);
        if (verdict->answer != HEAT_EXPLORE_HOLDS || e->opt.target_error == HEAT_AUTO)
            continue;
        error = worst_error(e, t, (heat_explore_way)way);
        snprintf(why, sizeof why, "an error of %.2g T is above the target: more --sweeps", error);
        if (status == HEAT_OK && !(error <= e->target_error))
            status = add_reason(ctx, e, t, (heat_explore_way)way, why);
    }
    return status;
}

heat_status heat_explore_agree(heat_context *ctx, heat_exploring *e)
{
    heat_status status = HEAT_OK;

    for (int32_t t = 0; t < e->n_temperatures && status == HEAT_OK; t++) {
        bool found = true;
        while (found && status == HEAT_OK)
            status = refuse_outliers(ctx, e, t, &found);
        pick_surest(e, t);
        if (status == HEAT_OK)
            status = sum_up(ctx, e, t);
        if (!e->wants[HEAT_EXPLORE_INTEGRATION] || has(e, t, HEAT_EXPLORE_INTEGRATION))
            continue;
        for (int64_t k = 0; k < e->basins.count; k++)
            e->r->temperatures[t].basins[k].free_energy = e->r->temperatures[t].basins[k].free_energy_error =
                (double)NAN;
    }
    return status;
}
