/* Without a Metropolis test an average is off by c h^p, h the step. Every temperature is walked at twice: at
 * h and at a part of it, r h, with as many chains. Then
 *
 *     bias at h = (mean at h - mean at r h) / (1 - r^p),
 *
 * up to higher orders, which are less by another power of what the expansion is in: the bias over the spread
 * of the quantity itself, which the error holds (Richardson, Phil. Trans. R. Soc. A 210 (1911) 307; of
 * Langevin dynamics: Talay and Tubaro, Stoch. Anal. Appl. 8 (1990) 483). */
#include "sample/step_bias.h"
#include "base/memory.h"

#include <math.h>
#include <string.h>

heat_status heat_step_bias_plan(heat_context *ctx, heat_sampling *s)
{
    double *once = s->temperatures;
    int64_t n = s->n_temperatures;
    heat_status status;

    if (s->engine->walk == NULL || s->engine->walk->order == 0 || s->cooling.is_on)
        return HEAT_OK;
    heat_free(s->betas);
    heat_free(s->acceptance);
    s->temperatures = s->betas = s->acceptance = NULL;
    s->n_temperatures = 2 * n;
    s->n_refined = n;
    s->walk.refined_from = (int32_t)n;
    status = heat_sampling_alloc_temperatures(ctx, s);
    for (int64_t t = 0; t < 2 * n && status == HEAT_OK; t++)
        s->temperatures[t] = once[t % n];
    heat_free(once);
    return status;
}

/* A mean whose bias is not known is none. */
static void compare(const heat_sample_temperature *fine, double factor, heat_observable *o)
{
    o->step_bias = o->step_bias_error = (double)NAN;
    for (int32_t k = 0; k < fine->n_observables; k++)
        if (strcmp(fine->observables[k].name, o->name) == 0) {
            o->step_bias = factor * (o->mean - fine->observables[k].mean);
            o->step_bias_error = hypot(factor * hypot(o->error, fine->observables[k].error),
                                       o->sd > 0 ? o->step_bias * o->step_bias / o->sd : 0);
            if (isnan(fine->observables[k].mean))
                o->mean = o->error = (double)NAN;
        }
}

void heat_step_bias_report(const heat_sampling *s, heat_sample_result *r)
{
    for (int64_t t = 0; t < s->n_refined; t++) {
        heat_sample_temperature *row = &r->temperatures[t], *fine = &r->temperatures[t + s->n_refined];
        double factor = 1 / (1 - pow(fine->step / row->step, s->engine->walk->order));
        for (int32_t k = 0; k < s->basins.count; k++) {
            heat_sample_basin *b = &row->basins[k], *other = &fine->basins[k];
            b->first_passage_bias = factor * (b->first_passage - other->first_passage);
            b->first_passage_bias_error = factor * hypot(b->first_passage_error, other->first_passage_error);
        }
        for (int32_t k = 0; k < row->n_observables; k++)
            compare(fine, factor, &row->observables[k]);
        if (fine->outcome != HEAT_OUTCOME_CONVERGED)
            row->outcome = fine->outcome;
        heat_sample_temperature_clear(fine);
    }
    if (s->n_refined > 0)
        r->n_temperatures = (int32_t)s->n_refined;
}
