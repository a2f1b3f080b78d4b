/* Exact curves of a scan, where the exact roads of logz are quick enough to draw one. */
#ifndef HEATBATH_EXACT_CURVE_H
#define HEATBATH_EXACT_CURVE_H

#include <heatbath/model.h>

enum { HEAT_EXACT_POINTS = 49 };

typedef struct heat_exact_curve {
    int64_t n; /* 0: none */
    double temperature[HEAT_EXACT_POINTS];
    double energy[HEAT_EXACT_POINTS], heat_capacity[HEAT_EXACT_POINTS]; /* NaN where not known */
} heat_exact_curve;

/* From `low` to `high`; n = 0 where that would take more than some seconds, or cannot be done. Fails only
 * with HEAT_ERROR_MEMORY. */
HEAT_MUST_USE heat_status heat_exact_curve_get(heat_context *ctx, const heat_model *model, double low,
                                               double high, heat_exact_curve *curve);

#endif
