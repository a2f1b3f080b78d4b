/* The virial theorem, <x . grad U> = n T (Clausius, Phil. Mag. 40 (1870) 122), by integration by parts: it
 * holds for every potential whose density vanishes far out, and fails for a wrong temperature, noise or
 * scale. */
#include "sample/virial_check.h"
#include "kernel/isa.h"
#include "sample/walk_free.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double most_errors = 5;

/* What is left of a step bias after extrapolation is of higher order: less than the bias. */
static bool is_off(const heat_observable *o, double expected)
{
    double off = fabs(o->mean - o->step_bias - expected), error = hypot(o->error, o->step_bias_error);

    return !isnan(o->mean) && !(off <= most_errors * error + fabs(o->step_bias));
}

static heat_status refuse(heat_context *ctx, heat_sample_temperature *row, const heat_observable *virial,
                          double expected, heat_sample_result *r)
{
    char line[200];

    snprintf(line, sizeof line,
             "T = %g: the virial x . grad U is %.6g +- %.2g on average, not n T = %.6g: nothing here is at "
             "this temperature",
             row->temperature, virial->mean, virial->error, expected);
    heat_sample_withhold(r, row);
    return heat_sampling_add_reason(ctx, r, line);
}

heat_status heat_virial_check(heat_context *ctx, const heat_sampling *s, heat_sample_result *r)
{
    heat_status status = HEAT_OK;
    heat_smooth view;

    if (!heat_model_get_smooth(s->model, heat_isa_get("auto"), &view) || heat_walk_has_walls(&view, &s->walk))
        return HEAT_OK;
    for (int32_t t = 0; t < r->n_temperatures && status == HEAT_OK; t++) {
        heat_sample_temperature *row = &r->temperatures[t];
        double expected = s->info.n_variables * row->temperature;
        for (int32_t k = 0; k < row->n_observables && status == HEAT_OK; k++)
            if (strcmp(row->observables[k].name, "virial") == 0 && is_off(&row->observables[k], expected))
                status = refuse(ctx, row, &row->observables[k], expected, r);
    }
    return status;
}
