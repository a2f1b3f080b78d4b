/* Base rates of the data: Salakhutdinov and Murray, ICML 2008. Independent variables of the data's marginals
 * lie nearer to a model of the data than those of chains that were cooled in haste, which may all have
 * fallen into a valley of little weight. */
#include "logz/typical_rows.h"
#include "base/memory.h"

#include <math.h>

heat_status heat_typical_rows_take_chains(heat_context *ctx, const heat_model *model, int8_t **own,
                                          heat_typical_rows *rows)
{
    const float *values;
    heat_model_info info;
    int64_t n = heat_model_get_chains(model, &values);
    heat_status status;

    *own = NULL;
    *rows = (heat_typical_rows){.n = 0};
    heat_model_describe(model, &info);
    if (n == 0 || info.n_states < 2)
        return HEAT_OK;
    rows->n_visible = info.n_visible > 0 ? info.n_visible : info.n_variables;
    status = heat_alloc(ctx, n * rows->n_visible, 1, own);
    if (status != HEAT_OK)
        return status;
    for (int64_t k = 0; k < n * rows->n_visible; k++)
        (*own)[k] = (int8_t)values[k];
    rows->n = n;
    rows->states = *own;
    return HEAT_OK;
}

void heat_typical_rows_find_odds(const heat_typical_rows *rows, int32_t n_variables, double *odds)
{
    for (int32_t i = 0; i < n_variables; i++)
        odds[i] = 0;
    for (int64_t r = 0; r < rows->n; r++)
        for (int32_t i = 0; i < rows->n_visible; i++)
            odds[i] += rows->states[r * rows->n_visible + i] > 0;
    for (int32_t i = 0; i < rows->n_visible; i++)
        odds[i] = log((odds[i] + 0.5) / ((double)rows->n - odds[i] + 0.5));
}

static int8_t coded(const heat_model_info *info, int8_t value)
{
    if (info->coding == HEAT_CODING_SPIN)
        return value == 1 ? 1 : -1;
    return value == -1 ? 0 : value;
}

heat_status heat_typical_rows_start(heat_context *ctx, const heat_typical_rows *rows, heat_population *p)
{
    const heat_chains *c = p->chains;
    int8_t *state = NULL;
    heat_stream stream;
    heat_status status = heat_alloc(ctx, c->n, 1, &state);

    heat_stream_init(&stream, p->plan.seed, HEAT_PURPOSE_INITIAL,
                     p->plan.first_stream + (uint64_t)c->n_chains);
    for (int64_t k = 0; k < c->n_chains && status == HEAT_OK; k++) {
        const int8_t *row = rows->states + k * rows->n / c->n_chains * rows->n_visible;
        for (int32_t i = 0; i < c->n; i++)
            state[i] =
                i < rows->n_visible ? coded(&c->info, row[i]) : heat_model_random_value(c->model, i, &stream);
        heat_chains_set_beta(p->chains, k, p->plan.beta_max);
        status = heat_chains_set_state(ctx, p->chains, k, state);
    }
    p->beta = p->plan.beta_max;
    heat_free(state);
    return status;
}
