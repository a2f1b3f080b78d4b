/* Reverse annealed importance sampling from the data's end: members begin at rows spread over the data, sweep
 * on at the model until they are its own, and the mean weight of their way back to beta = 0 is Z_0 / Z. If
 * the model keeps another valley than the data's, the two ends disagree by far more than their errors. Burda,
 * Grosse, Salakhutdinov, AISTATS (2015); Grosse, Ghahramani, Adams, arXiv:1511.02543. */
#include "learn/rows_back.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "sample/population.h"
#include "stats/log_sum.h"
#include "stats/moments.h"

#include <math.h>
#include <string.h>

enum { MEMBERS = 100, REST = 200, STEPS = 1000 };
static const uint64_t first_stream = (uint64_t)5 << 60; /* beyond those of logz */

static int8_t coded(const heat_model_info *info, int8_t value)
{
    if (info->coding == HEAT_CODING_SPIN)
        return value == 1 ? 1 : -1;
    return value == -1 ? 0 : value;
}

/* Log-odds of visible units by the rows; hidden ones, which come after them, are even. */
static void find_reference(const heat_learn_rows *rows, int32_t n_visible, double *odds)
{
    for (int32_t i = 0; i < n_visible; i++) {
        double on = 0.5;
        for (int64_t r = 0; r < rows->n; r++)
            on += rows->states[r * n_visible + i] == 1;
        odds[i] = log(on / ((double)rows->n + 1 - on));
    }
}

/* Members at the coldest beta, in the states of rows. */
static heat_status begin(heat_context *ctx, const heat_learn_rows *rows, int32_t n_visible, uint64_t seed,
                         heat_population *p)
{
    const heat_model_info *info = &p->chains->info;
    int8_t *state = NULL;
    heat_stream stream;
    heat_status status = heat_alloc(ctx, info->n_variables, 1, &state);

    heat_stream_init(&stream, seed, HEAT_PURPOSE_INITIAL, first_stream);
    for (int64_t k = 0; k < MEMBERS && status == HEAT_OK; k++) {
        const int8_t *row = rows->states + k * rows->n / MEMBERS * n_visible;
        for (int32_t i = 0; i < info->n_variables; i++)
            state[i] =
                i < n_visible ? coded(info, row[i]) : heat_model_random_value(p->chains->model, i, &stream);
        heat_chains_set_beta(p->chains, k, p->plan.beta_max);
        status = heat_chains_set_state(ctx, p->chains, k, state);
    }
    p->beta = p->plan.beta_max;
    heat_free(state);
    return status;
}

static heat_status go_back(heat_context *ctx, heat_population *p)
{
    heat_status status = heat_population_sweep(ctx, p, REST);

    if (heat_chains_has_gains(p->chains))
        for (int64_t k = 0; k < MEMBERS; k++)
            heat_chains_take_gain(p->chains, k); /* of the jump there, which is no way */
    for (int64_t t = STEPS - 1; t >= 0 && status == HEAT_OK && !heat_halted(ctx); t--)
        status = heat_population_step(ctx, p, p->plan.beta_max * (double)t / STEPS);
    return status;
}

heat_status heat_rows_annealed_back(heat_context *ctx, const heat_model *model, const heat_learn_rows *rows,
                                    const heat_learn_options *options, double *log_z, double *error)
{
    heat_population_plan plan = {.n_populations = 1,
                                 .n_members = MEMBERS,
                                 .n_sweeps = 1,
                                 .rule = &heat_rule_heat_bath,
                                 .seed = options->seed,
                                 .first_stream = first_stream,
                                 .isa = options->isa,
                                 .beta_max = 1,
                                 .threads = options->threads,
                                 .is_weighted = true,
                                 .is_steady = true};
    heat_model_info info;
    heat_layered layers;
    heat_population p = {.n_steps = 0};
    double *odds = NULL, weight[MEMBERS], log_mean;
    int32_t n_visible;
    heat_status status = HEAT_OK;

    *log_z = *error = (double)NAN;
    heat_model_describe(model, &info);
    n_visible = info.n_visible > 0 ? info.n_visible : info.n_variables;
    if (heat_model_get_layered(model, &layers))
        status = heat_alloc(ctx, info.n_variables, sizeof *odds, &odds);
    if (odds != NULL)
        find_reference(rows, n_visible, odds);
    plan.reference = odds;
    if (status == HEAT_OK)
        status = heat_population_init(ctx, &p, model, &plan);
    if (status == HEAT_OK)
        status = begin(ctx, rows, n_visible, options->seed, &p);
    if (status == HEAT_OK)
        status = go_back(ctx, &p);
    if (status == HEAT_OK && !heat_halted(ctx)) {
        log_mean = heat_log_sum_exp(MEMBERS, p.log_weight) - log(MEMBERS);
        for (int k = 0; k < MEMBERS; k++)
            weight[k] = exp(p.log_weight[k] - log_mean);
        *log_z = p.log_start - log_mean;
        *error = sqrt(heat_variance(MEMBERS, weight) / MEMBERS);
    }
    if (p.chains != NULL)
        heat_population_clear(&p);
    heat_free(odds);
    return status;
}
