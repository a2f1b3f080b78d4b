/* Energy and heat capacity by the exact roads of logz, at temperatures from end to end of a scan. */
#include "report/exact_curve.h"

#include <heatbath/exact.h>
#include <heatbath/logz.h>
#include <math.h>
#include <stdio.h>

static const double most_s = 2;        /* of one thread, by the estimate, which counts and asks no clock */
static const double sums_a_point = 50; /* by elimination: energies and heat capacities take so many log Z */

static double seconds_of(const heat_exact_cost *cost)
{
    if (cost->sum_method != NULL)
        return HEAT_EXACT_POINTS * cost->sum_seconds;
    return cost->affordable ? HEAT_EXACT_POINTS * sums_a_point * cost->operations * cost->operation_ns * 1e-9
                            : (double)INFINITY;
}

static void copy(const heat_logz_result *r, heat_exact_curve *curve)
{
    if (r->outcome != HEAT_OUTCOME_PROVED || r->n_rows > HEAT_EXACT_POINTS)
        return;
    curve->n = r->n_rows;
    for (int32_t k = 0; k < r->n_rows; k++) {
        curve->temperature[k] = r->rows[k].temperature;
        curve->energy[k] = r->rows[k].mean_energy;
        curve->heat_capacity[k] = r->rows[k].heat_capacity;
    }
}

heat_status heat_exact_curve_get(heat_context *ctx, const heat_model *model, double low, double high,
                                 heat_exact_curve *curve)
{
    heat_exact_cost cost = {0};
    heat_logz_options options;
    heat_logz_result result;
    char set[96];
    heat_status status;

    curve->n = 0;
    heat_logz_options_init(&options);
    heat_logz_result_init(&result);
    status = heat_exact_estimate(ctx, model, options.memory, &cost);
    if (status == HEAT_OK && seconds_of(&cost) <= most_s) {
        snprintf(set, sizeof set, "%.17g:%.17g:%.17g", low, high, (high - low) / (HEAT_EXACT_POINTS - 1));
        options.temperature_set = set;
        options.method = "exact";
        status = heat_logz(ctx, model, &options, &result);
        if (status == HEAT_OK)
            copy(&result, curve);
    }
    heat_logz_result_clear(&result);
    return status == HEAT_ERROR_MEMORY ? status : HEAT_OK;
}
