/* What negative phases share: rows moved by sweeps, and their means. */
#include "base/context_private.h"
#include "base/parallel.h"
#include "learn/learner.h"
#include "sample/engine.h"

#include <string.h>

typedef struct moving {
    heat_chains *chains;
    int64_t sweeps;
} moving;

static heat_status move_unit(heat_context *worker, void *arg, int64_t unit)
{
    const moving *m = arg;
    heat_status status = HEAT_OK;

    for (int64_t k = 0; k < m->sweeps && status == HEAT_OK; k++)
        status = heat_chains_sweep(worker, m->chains, unit, &heat_rule_heat_bath);
    return status;
}

heat_status heat_negative_move(heat_context *ctx, heat_negative *negative, const heat_learner *l,
                               int64_t n_rows, const void *from, void *to)
{
    const double beta = 1;
    heat_chains_plan plan = {.n_chains = n_rows,
                             .n_rungs = 1,
                             .betas = &beta,
                             .seed = negative->seed,
                             .isa = negative->isa,
                             .is_steady = true};
    moving m = {.sweeps = negative->k};
    heat_model *model = NULL;
    heat_context quiet = *ctx;
    heat_status status = l->kind->make_model(ctx, l, &model);

    if (negative->n_updates > 0) /* what is said of a layout is said once */
        quiet.config.log = NULL;
    plan.first_stream = (uint64_t)negative->n_updates << 32; /* more than any set has chains */
    if (status == HEAT_OK) {
        status = heat_chains_create(&quiet, model, &plan, &m.chains);
        if (status != HEAT_OK)
            ctx->error = quiet.error;
    }
    for (int64_t c = 0; c < n_rows && status == HEAT_OK; c++)
        status = heat_chains_start(ctx, m.chains, c, heat_row_at(&l->form, from, c), 0);
    if (status == HEAT_OK)
        status = heat_parallel_for(ctx, heat_chains_thread_limit(m.chains, negative->threads),
                                   m.chains->n_units, move_unit, &m);
    for (int64_t c = 0; c < n_rows && status == HEAT_OK; c++)
        heat_chains_get_state(m.chains, c, heat_row_edit(&l->form, to, c));
    heat_chains_free(m.chains);
    heat_model_free(model);
    return status;
}

heat_status heat_negative_run(heat_context *ctx, heat_negative *negative, const heat_learner *l,
                              int64_t n_rows, const void *rows, const double *weight, double *mean)
{
    negative->kept_updates = negative->n_updates;
    return negative->kind->run(ctx, negative, l, n_rows, rows, weight, mean);
}

void heat_negative_undo(heat_negative *negative)
{
    if (negative->kind->undo != NULL)
        negative->kind->undo(negative);
    negative->n_updates = negative->kept_updates;
}

void heat_negative_close(heat_negative *negative)
{
    if (negative->self != NULL)
        negative->kind->free(negative);
}

void heat_negative_draw(const heat_negative *negative, const heat_learner *l, void *rows)
{
    heat_model_info info = {.coding = l->coding, .n_states = l->n_states};
    heat_stream stream;

    heat_stream_init(&stream, negative->seed, HEAT_PURPOSE_BATCH, UINT64_MAX);
    if (l->kind->draw != NULL)
        l->kind->draw(l, &stream, negative->n_chains, rows);
    for (int64_t k = 0; k < negative->n_chains * l->n_visible && l->kind->draw == NULL; k++)
        heat_row_set(&l->form, rows, k, heat_random_value(&info, &stream));
}

int64_t heat_negative_threads(const heat_negative *negative, double visits)
{
    static const double least_visits = 2e6;

    return visits < least_visits ? 1 : negative->threads;
}

void heat_negative_average(heat_negative *negative, const heat_learner *l, int64_t n_rows, const void *rows,
                           const double *weight, double *mean)
{
    negative->dreams = rows;
    negative->n_dreams = n_rows;
    negative->dream_weight = weight;
    if (mean == NULL)
        return;
    memset(mean, 0, (size_t)l->n_parameters * sizeof *mean);
    l->kind->add_statistics(l, n_rows, rows, weight, mean);
    for (int64_t a = 0; a < l->n_parameters; a++)
        mean[a] /= (double)n_rows;
}

heat_status heat_negative_mean(heat_context *ctx, heat_negative *negative, const heat_learner *l,
                               int64_t n_rows, const void *from, void *to, const double *weight, double *mean)
{
    heat_status status = l->kind->move(ctx, negative, l, n_rows, from, to);

    negative->n_updates++;
    if (status == HEAT_OK)
        heat_negative_average(negative, l, n_rows, to, weight, mean);
    return status;
}
