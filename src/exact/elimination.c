/* The three questions that a plan answers: how much do the states weigh, which states does the heat bath
 * visit, which is the lowest. */
#include "exact/elimination.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "exact/elimination_run.h"
#include "random/stream.h"

enum { DRAWS_PER_UNIT = 256 };

static void forget(const heat_elimination *plan, heat_elimination_sum *sum)
{
    sum->log_z = sum->mean_energy = (double)NAN;
    for (int32_t v = 0; v < plan->n && sum->spin_mean != NULL; v++)
        sum->spin_mean[v] = (double)NAN;
    for (int64_t e = 0; e < plan->graph->row[plan->n] && sum->pair_mean != NULL; e++)
        sum->pair_mean[e] = (double)NAN;
}

/* Numbers where they are known to fit, logarithms elsewhere. */
static heat_semiring sum_semiring(const heat_elimination *plan, double beta)
{
    return beta * plan->range <= heat_semiring_sum_range ? HEAT_SEMIRING_SUM : HEAT_SEMIRING_LOG;
}

static heat_status check_beta(heat_context *ctx, double beta)
{
    if (!(beta >= 0 && beta < (double)INFINITY))
        return heat_fail(ctx, HEAT_ERROR_ARGUMENT, "an inverse temperature of %g: expected 0 or more", beta);
    return HEAT_OK;
}

heat_status heat_elimination_run_sum(heat_context *ctx, const heat_elimination *plan, double beta,
                                     bool marginals, int64_t threads, heat_elimination_sum *sum)
{
    heat_run run = {.plan = plan};
    bool halted = false;
    heat_status status = check_beta(ctx, beta);

    sum->log_z = sum->mean_energy = (double)NAN;
    if (status != HEAT_OK ||
        (status = heat_run_init(ctx, &run, plan, sum_semiring(plan, beta), beta, threads, marginals,
                                marginals)) != HEAT_OK ||
        (status = heat_run_forward(ctx, &run, &halted)) != HEAT_OK || halted)
        goto out;
    sum->log_z = run.total.sum + run.total.error;
    if (marginals)
        status = heat_marginals_run(ctx, &run, sum, &halted);
    if (status == HEAT_OK && !halted && !(fabs(sum->log_z) < (double)INFINITY))
        status = heat_fail(ctx, HEAT_ERROR_UNDEFINED, "log Z is beyond the range of a double");
out:
    if (halted || status != HEAT_OK)
        forget(plan, sum);
    heat_run_clear(&run);
    return status;
}

typedef struct draw_pass {
    heat_run *run;
    int64_t n_draws;
    heat_stream *streams; /* [n_draws]; NULL: the lowest state */
    int8_t *states;
    uint64_t first;
} draw_pass;

/* The variable of the bucket, in one unit of the draws, given those already drawn. */
static heat_status draw_unit(heat_context *worker, void *arg, int64_t unit)
{
    const draw_pass *pass = arg;
    const heat_elimination *plan = pass->run->plan;
    int32_t k = pass->run->bucket.k, x = plan->variable[k], width = pass->run->bucket.width;
    int64_t last = (unit + 1) * DRAWS_PER_UNIT < pass->n_draws ? (unit + 1) * DRAWS_PER_UNIT : pass->n_draws;

    (void)worker;
    for (int64_t d = unit * DRAWS_PER_UNIT; d < last; d++) {
        int8_t *state = pass->states + d * plan->n;
        double entries[2], share;
        uint64_t index = 0;
        for (int32_t b = 0; b < width; b++)
            index |= (uint64_t)(state[plan->variable[plan->separator[plan->begin[k] + b]]] > 0) << b;
        heat_bucket_get(pass->run, index, entries);
        share = heat_semiring_share(pass->run->semiring, entries[0], entries[1]);
        state[x] = (pass->streams == NULL ? 0.5 : heat_stream_uniform(&pass->streams[d])) < share ? 1 : -1;
    }
    return HEAT_OK;
}

static heat_status draw_down(heat_context *ctx, heat_run *run, int32_t k, void *arg)
{
    draw_pass *pass = arg;
    int64_t units = (pass->n_draws + DRAWS_PER_UNIT - 1) / DRAWS_PER_UNIT;

    (void)k;
    if (units > 1)
        return heat_parallel_for(ctx, run->threads, units, draw_unit, pass);
    return draw_unit(ctx, pass, 0);
}

heat_status heat_elimination_run_draws(heat_context *ctx, const heat_elimination *plan, double beta,
                                       uint64_t seed, int64_t first_draw, int64_t n_draws, int64_t threads,
                                       int8_t *states)
{
    heat_run run = {.plan = plan};
    draw_pass pass = {.run = &run, .n_draws = n_draws, .states = states};
    bool halted;
    heat_status status = check_beta(ctx, beta);

    if (status != HEAT_OK ||
        (status = heat_alloc(ctx, n_draws, sizeof *pass.streams, &pass.streams)) != HEAT_OK ||
        (status = heat_run_init(ctx, &run, plan, sum_semiring(plan, beta), beta, threads, true, false)) !=
            HEAT_OK)
        goto out;
    for (int64_t d = 0; d < n_draws; d++)
        heat_stream_init(&pass.streams[d], seed, HEAT_PURPOSE_EXACT, (uint64_t)(first_draw + d));
    status = heat_run_forward(ctx, &run, &halted);
    if (status == HEAT_OK && !halted)
        status = heat_run_backward(ctx, &run, draw_down, &pass, &halted);
out:
    heat_run_clear(&run);
    heat_free(pass.streams);
    return status;
}

/* E(s) from the definition, each edge once, in the order of the rows. */
static double energy_of(const heat_pairwise *graph, const int8_t *state)
{
    heat_long_sum energy = {graph->offset, 0};

    for (int32_t i = 0; i < graph->n; i++) {
        heat_long_sum_add(&energy, -graph->field[i] * state[i]);
        for (int64_t e = graph->row[i]; e < graph->row[i + 1]; e++)
            if (graph->col[e] > i)
                heat_long_sum_add(&energy,
                                  -heat_pairwise_coupling(graph, e) * state[i] * state[graph->col[e]]);
    }
    return energy.sum + energy.error;
}

heat_status heat_elimination_run_minimum(heat_context *ctx, const heat_elimination *plan, int64_t threads,
                                         double *energy, int8_t *state)
{
    heat_run run = {.plan = plan};
    draw_pass pass = {.run = &run, .n_draws = 1, .states = state};
    bool halted;
    heat_status status = heat_run_init(ctx, &run, plan, HEAT_SEMIRING_MIN, 0, threads, state != NULL, false);

    *energy = (double)NAN;
    if (status != HEAT_OK || (status = heat_run_forward(ctx, &run, &halted)) != HEAT_OK || halted)
        goto out;
    if (state == NULL) {
        *energy = run.total.sum + run.total.error;
        goto out;
    }
    status = heat_run_backward(ctx, &run, draw_down, &pass, &halted);
    if (status == HEAT_OK && !halted)
        *energy = energy_of(plan->graph, state);
out:
    heat_run_clear(&run);
    return status;
}
