/* heat_sample: the verb's entry. */
#include "base/context_private.h"
#include "kernel/isa.h"
#include "model/smooth_growth.h"
#include "sample/sampling.h"

#include <math.h>

/* HEAT_ERROR_UNDEFINED where a potential has no p(x) at the hottest temperature, as far as can be seen. */
static heat_status check_growth(heat_context *ctx, const heat_sampling *s)
{
    heat_smooth view;
    double hottest = s->cooling.schedule.hot;

    for (int64_t t = 0; t < s->n_temperatures; t++)
        hottest = fmax(hottest, s->temperatures[t]);
    if (!(hottest > 0) || !heat_model_get_smooth(s->model, heat_isa_get("auto"), &view))
        return HEAT_OK;
    return heat_smooth_check_growth(ctx, &view, hottest);
}

heat_status heat_sample(heat_context *ctx, const heat_model *model, const heat_sample_options *options,
                        heat_sample_result *result)
{
    heat_sampling s = {.model = model, .whole = model};
    heat_sample_result r;
    heat_budget budget;
    double begin = heat_clock();
    size_t size;
    heat_status status;

    if (ctx == NULL)
        return HEAT_ERROR_ARGUMENT;
    if (model == NULL || result == NULL)
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "heat_sample: no model or no place for the result");
    heat_sample_options_init(&s.opt);
    if (options != NULL)
        heat_struct_copy(&s.opt, sizeof s.opt, options, options->size);
    heat_sample_result_init(&r);
    status = heat_option_check(ctx, heat_option_table_get("sample"), &s.opt, s.opt.engine);
    if (status == HEAT_OK)
        status = heat_isa_check(ctx, s.opt.isa);
    if (status != HEAT_OK)
        return status;
    budget = heat_budget_enter(ctx, "sample", s.opt.time, s.opt.memory);
    status = heat_sampling_prepare(ctx, &s);
    if (status == HEAT_OK)
        status = check_growth(ctx, &s);
    if (status == HEAT_OK)
        status = s.engine->run(ctx, &s);
    if (status == HEAT_OK)
        status = heat_sampling_report(ctx, &s, &r);
    r.seconds = heat_clock() - begin;
    heat_budget_leave(ctx, &budget);
    heat_sampling_clear(&s);
    if (status != HEAT_OK) {
        heat_sample_result_clear(&r);
        return status;
    }
    size = result->size == 0 ? sizeof r : result->size;
    heat_struct_copy(result, size, &r, sizeof r);
    return HEAT_OK;
}
