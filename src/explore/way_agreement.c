/* Ways that share no assumption must agree. One that is further than `most` errors from more of the others
 * than any other is refused; two that differ from each other alone are both. */
#include "base/memory.h"
#include "explore/exploring.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const double most = 4; /* standard errors of a difference */

static const char *const names[HEAT_EXPLORE_WAYS] = {"counting", "exchange", "integration", "mbar"};

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

heat_status heat_exploring_refuse(heat_context *ctx, const heat_exploring *e, int32_t t, heat_explore_way way,
                                  const char *format, ...)
{
    char why[200], line[300];
    char *reasons = NULL;
    size_t before = strlen(e->r->reasons), length;
    va_list arguments;
    heat_status status;

    va_start(arguments, format);
    vsnprintf(why, sizeof why, format, arguments);
    va_end(arguments);
    forget(e, t, way);
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

static bool has(const heat_exploring *e, int32_t t, heat_explore_way way)
{
    return e->wants[way] && !isnan(heat_exploring_weight(e, t, 0, way)->occupancy);
}

/* The largest difference of two ways over the basins, in its standard errors. */
static double compare(const heat_exploring *e, int32_t t, heat_explore_way a, heat_explore_way b)
{
    double worst = 0;

    for (int64_t k = 0; k < e->basins.count; k++) {
        const heat_explore_weight *p = heat_exploring_weight(e, t, k, a),
                                  *q = heat_exploring_weight(e, t, k, b);
        double error = hypot(p->delta_f_error, q->delta_f_error), off = fabs(p->delta_f - q->delta_f);
        if (off > 0)
            worst = fmax(worst, off / error);
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
            status = heat_exploring_refuse(ctx, e, t, (heat_explore_way)a,
                                           "it disagrees with %s by more than %g standard errors",
                                           heat_explore_way_name(foe[a]), most);
    return status;
}

/* The way of the least error of all that are left. */
static void pick_surest(const heat_exploring *e, int32_t t)
{
    heat_explore_temperature *row = &e->r->temperatures[t];
    double least = (double)INFINITY;

    row->surest = -1;
    for (int way = 0; way < HEAT_EXPLORE_WAYS; way++) {
        double worst = 0;
        for (int64_t k = 0; k < e->basins.count && has(e, t, (heat_explore_way)way); k++)
            worst = fmax(worst, heat_exploring_weight(e, t, k, (heat_explore_way)way)->delta_f_error);
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

heat_status heat_explore_agree(heat_context *ctx, heat_exploring *e)
{
    heat_status status = HEAT_OK;

    for (int32_t t = 0; t < e->n_temperatures && status == HEAT_OK; t++) {
        bool found = true;
        while (found && status == HEAT_OK)
            status = refuse_outliers(ctx, e, t, &found);
        pick_surest(e, t);
        if (!e->wants[HEAT_EXPLORE_INTEGRATION] || has(e, t, HEAT_EXPLORE_INTEGRATION))
            continue;
        for (int64_t k = 0; k < e->basins.count; k++)
            e->r->temperatures[t].basins[k].free_energy = e->r->temperatures[t].basins[k].free_energy_error =
                (double)NAN;
    }
    return status;
}
