/* The three questions that a plan answers: how much do the states weigh, which states does the heat bath
 * visit, which is the lowest. */
#include "exact/elimination.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "exact/elimination_digits.h"
#include "random/stream.h"

enum { DRAWS_PER_UNIT = 256 };

void heat_elimination_sum_forget(const heat_pairwise *graph, heat_elimination_sum *sum)
{
    sum->log_z = sum->mean_energy = sum->energy_variance = (double)NAN;
    for (int32_t v = 0; v < graph->n && sum->spin_mean != NULL; v++)
        sum->spin_mean[v] = (double)NAN;
    for (int64_t e = 0; e < graph->row[graph->n] && sum->pair_mean != NULL; e++)
        sum->pair_mean[e] = (double)NAN;
}

static void forget(const heat_elimination *plan, heat_elimination_sum *sum)
{
    heat_elimination_sum_forget(plan->graph, sum);
    for (int64_t k = 0; k < (int64_t)plan->n * plan->q && sum->value_p != NULL; k++)
        sum->value_p[k] = (double)NAN;
    for (int64_t k = 0; k < plan->graph->row[plan->n] * plan->q * plan->q && sum->pair_p != NULL; k++)
        sum->pair_p[k] = (double)NAN;
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

    sum->log_z = sum->mean_energy = sum->energy_variance = (double)NAN;
    if (status != HEAT_OK ||
        (status = heat_run_init(ctx, &run, plan, sum_semiring(plan, beta), beta, threads, marginals,
                                marginals)) != HEAT_OK ||
        (status = heat_run_forward(ctx, &run, &halted)) != HEAT_OK || halted)
        goto out;
    sum->log_z = run.total.sum + run.total.error;
    if (marginals)
        status = plan->categorical != NULL ? heat_digit_marginals_run(ctx, &run, sum, &halted)
                                           : heat_marginals_run(ctx, &run, sum, &halted);
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

static void draw_spin(const draw_pass *pass, heat_stream *stream, int8_t *state)
{
    const heat_elimination *plan = pass->run->plan;
    int32_t k = pass->run->bucket.k;
    double entries[2], share;
    uint64_t index = 0;

    for (int32_t b = 0; b < pass->run->bucket.width; b++)
        index |= (uint64_t)(state[plan->variable[plan->separator[plan->begin[k] + b]]] > 0) << b;
    heat_bucket_get(pass->run, index, entries);
    share = heat_semiring_share(pass->run->semiring, entries[0], entries[1]);
    state[plan->variable[k]] = (stream == NULL ? 0.5 : heat_stream_uniform(stream)) < share ? 1 : -1;
}

/* Makes weights of the q entries, the best 1 (MIN: the first of the lowest 1, the others 0); returns their
 * sum. */
static double weigh(heat_semiring s, int32_t q, double *entries)
{
    double total = 0;
    int32_t best = 0;

    for (int32_t x = 1; x < q; x++)
        if (s == HEAT_SEMIRING_MIN ? entries[x] < entries[best] : entries[x] > entries[best])
            best = x;
    for (int32_t x = 0; x < q; x++)
        if (x != best)
            entries[x] = s == HEAT_SEMIRING_MIN   ? 0
                         : s == HEAT_SEMIRING_SUM ? entries[x] / entries[best]
                                                  : heat_exp_negative(entries[x] - entries[best]);
    entries[best] = 1;
    for (int32_t x = 0; x < q; x++)
        total += entries[x];
    return total;
}

static void draw_value(const draw_pass *pass, heat_stream *stream, int8_t *state)
{
    const heat_elimination *plan = pass->run->plan;
    int32_t k = pass->run->bucket.k, q = plan->q, x = 0;
    double entries[HEAT_MOST_VALUES], left;
    int64_t index = 0;

    for (int32_t b = pass->run->bucket.width - 1; b >= 0; b--)
        index = index * q + state[plan->variable[plan->separator[plan->begin[k] + b]]];
    heat_digits_get(pass->run, index, entries);
    left = weigh(pass->run->semiring, q, entries) * (stream == NULL ? 0.5 : heat_stream_uniform(stream));
    for (; x < q - 1 && !(left < entries[x]); x++)
        left -= entries[x];
    while (entries[x] == 0 && x > 0) /* rounding left no weight at the end */
        x--;
    state[plan->variable[k]] = (int8_t)x;
}

/* The variable of the bucket, in one unit of the draws, given those already drawn. */
static heat_status draw_unit(heat_context *worker, void *arg, int64_t unit)
{
    const draw_pass *pass = arg;
    int64_t last = (unit + 1) * DRAWS_PER_UNIT < pass->n_draws ? (unit + 1) * DRAWS_PER_UNIT : pass->n_draws;

    (void)worker;
    for (int64_t d = unit * DRAWS_PER_UNIT; d < last; d++) {
        heat_stream *stream = pass->streams == NULL ? NULL : &pass->streams[d];
        if (pass->run->digits != NULL)
            draw_value(pass, stream, pass->states + d * pass->run->plan->n);
        else
            draw_spin(pass, stream, pass->states + d * pass->run->plan->n);
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

/* E(a) from the definition, each edge once, in the order of the rows. */
static double categorical_energy(const heat_categorical *graph, const int8_t *state)
{
    heat_long_sum energy = {graph->offset, 0};
    int64_t q = graph->q;

    for (int32_t i = 0; i < graph->n; i++) {
        if (graph->field != NULL)
            heat_long_sum_add(&energy, -graph->field[i * q + state[i]]);
        for (int64_t e = graph->row[i]; e < graph->row[i + 1]; e++) {
            int8_t other = state[graph->col[e]];
            if (graph->col[e] < i)
                continue;
            if (graph->coupling != NULL)
                heat_long_sum_add(&energy, state[i] == other ? -graph->coupling[e] : 0);
            else
                heat_long_sum_add(&energy, -graph->tables[(graph->table[e] * q + state[i]) * q + other]);
        }
    }
    return energy.sum + energy.error;
}

static double energy_of(const heat_elimination *plan, const int8_t *state)
{
    const heat_pairwise *graph = plan->graph;
    heat_long_sum energy = {graph->offset, 0};

    if (plan->categorical != NULL)
        return categorical_energy(plan->categorical, state);
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
        *energy = energy_of(plan, state);
out:
    heat_run_clear(&run);
    return status;
}
