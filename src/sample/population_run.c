/* The engine `population`: every replica is an annealed population, its members are the draws. The betas of
 * the steps come from a pilot population and are then fixed, so that those of the run do not depend on what
 * it finds. */
#include "base/context_private.h"
#include "base/memory.h"
#include "sample/population.h"
#include "sample/sampling.h"

#include <math.h>

enum { PILOT_MEMBERS = 256, MOST_STEPS = 100000 };

/* Its members' streams lie beyond all of the run's. */
static const uint64_t pilot_stream = (uint64_t)1 << 62;

/* The betas of all steps, in order; the temperature that is recorded there, or -1. */
typedef struct cooling {
    double *betas;
    int32_t *recorded;
    int64_t count, capacity, capacity_recorded;
} cooling;

static heat_population_plan plan_population(const heat_sampling *s)
{
    heat_population_plan plan = {.n_populations = s->opt.replicas,
                                 .n_members = s->opt.population,
                                 .n_sweeps = s->opt.step_sweeps,
                                 .rule = s->engine->rule,
                                 .seed = s->opt.seed,
                                 .first_stream = s->first_stream,
                                 .isa = s->opt.isa,
                                 .threads = s->opt.threads};

    for (int64_t t = 0; t < s->n_temperatures; t++)
        plan.beta_max = fmax(plan.beta_max, 1 / s->temperatures[t]);
    return plan;
}

static heat_status plan_members(heat_context *ctx, heat_sampling *s)
{
    heat_population_plan plan = plan_population(s);

    (void)ctx;
    s->plan.n_sweeps = s->opt.population;
    s->chain_bytes = heat_population_bytes(s->model, &plan);
    return HEAT_OK;
}

/* The hottest temperature colder than beta that is to be recorded; -1 if none is left. */
static int32_t next_recorded(const heat_sampling *s, double beta)
{
    int32_t next = -1;

    for (int32_t t = 0; t < s->n_temperatures; t++)
        if (s->betas[t] > beta && (next < 0 || s->betas[t] < s->betas[next]))
            next = t;
    return next;
}

static heat_status add_step(heat_context *ctx, cooling *c, double beta, int32_t recorded)
{
    heat_status status = heat_grow(ctx, c->count + 1, sizeof *c->betas, &c->capacity, &c->betas);

    if (status == HEAT_OK)
        status = heat_grow(ctx, c->count + 1, sizeof *c->recorded, &c->capacity_recorded, &c->recorded);
    if (status != HEAT_OK)
        return status;
    if (c->count == MOST_STEPS)
        return heat_fail(ctx, HEAT_ERROR_UNABLE, "cooling to the lowest temperature takes more than %d steps",
                         MOST_STEPS);
    c->betas[c->count] = beta;
    c->recorded[c->count++] = recorded;
    return HEAT_OK;
}

static heat_status choose_cooling(heat_context *ctx, const heat_sampling *s, cooling *c)
{
    heat_population_plan plan = plan_population(s);
    heat_population pilot;
    int32_t next = next_recorded(s, 0);
    heat_status status;

    plan.n_populations = 1;
    plan.n_members = PILOT_MEMBERS;
    plan.first_stream += pilot_stream;
    status = heat_population_init(ctx, &pilot, s->model, &plan);
    while (status == HEAT_OK && next >= 0 && !heat_halted(ctx)) {
        double beta = pilot.beta + heat_population_choose_step(&pilot);
        bool records = beta >= s->betas[next];
        if (records)
            beta = s->betas[next];
        status = add_step(ctx, c, beta, records ? next : -1);
        if (status == HEAT_OK)
            status = heat_population_step(ctx, &pilot, beta);
        next = next_recorded(s, pilot.beta);
    }
    heat_population_clear(&pilot);
    return status;
}

/* Temperatures given twice are recorded together. */
static void record_members(heat_sampling *s, heat_population *p, int64_t temperature)
{
    int64_t n = p->plan.n_members;

    for (int64_t unit = 0; unit < p->chains->n_units; unit++)
        heat_chains_measure(p->chains, unit);
    for (int64_t m = 0; m < n; m++)
        for (int64_t r = 0; r < s->opt.replicas; r++) {
            int64_t chain = r * n + m, partner = r % 2 == 0 && s->n_paired == 2 ? chain + n : chain;
            void *row = s->recorder.row, *other = heat_row_edit(&s->recorder.form, row, partner != chain);
            double values[HEAT_N_SERIES] = {0};
            heat_sampling_get_scalars(s, p->chains, chain, values);
            if (heat_recorder_wants_state(&s->recorder, m)) {
                heat_sampling_get_row(s, p->chains, chain, row);
                if (partner != chain)
                    heat_sampling_get_row(s, p->chains, partner, other);
                heat_scalars_get(&s->plan.scalars, row, other, values);
            }
            heat_recorder_record(&s->recorder, temperature * s->opt.replicas + r, m, row, values);
        }
}

/* Mean and standard error over the populations. */
static void report_log_z(heat_sampling *s, heat_population *p, int64_t temperature)
{
    heat_sampling_annealed *a = &s->annealed[temperature];
    double n = (double)p->plan.n_populations, mean = 0, squares = 0;

    for (int64_t k = 0; k < p->plan.n_populations; k++)
        mean += p->log_z[k] / n;
    for (int64_t k = 0; k < p->plan.n_populations; k++)
        squares += (p->log_z[k] - mean) * (p->log_z[k] - mean);
    a->log_z = mean;
    a->log_z_error = n > 1 ? sqrt(squares / (n - 1) / n) : (double)NAN;
    a->family_size = heat_population_get_family_size(p);
}

static heat_status run_cooling(heat_context *ctx, heat_sampling *s, const cooling *c, heat_population *p)
{
    heat_status status = HEAT_OK;

    for (int64_t k = 0; k < c->count && status == HEAT_OK && !heat_halted(ctx); k++) {
        status = heat_population_step(ctx, p, c->betas[k]);
        if (status != HEAT_OK || heat_halted(ctx))
            break;
        s->updates += s->opt.step_sweeps * p->chains->n_chains * s->info.n_variables;
        for (int64_t t = 0; t < s->n_temperatures && c->recorded[k] >= 0; t++)
            if (s->betas[t] == c->betas[k]) {
                record_members(s, p, t);
                report_log_z(s, p, t);
            }
        if (k == c->count - 1)
            s->n_recorded = p->plan.n_members;
        heat_show_progress(ctx, (double)(k + 1) / (double)c->count, (double)s->updates, (double)NAN);
    }
    return status;
}

static heat_status run_population(heat_context *ctx, heat_sampling *s)
{
    cooling c = {0};
    heat_population p = {.n_steps = 0};
    heat_population_plan plan = plan_population(s);
    heat_status status = heat_alloc(ctx, s->n_temperatures, sizeof *s->annealed, &s->annealed);

    if (status == HEAT_OK)
        status = choose_cooling(ctx, s, &c);
    if (status == HEAT_OK)
        status = heat_population_init(ctx, &p, s->model, &plan);
    if (status == HEAT_OK)
        status = run_cooling(ctx, s, &c, &p);
    heat_free(c.betas);
    heat_free(c.recorded);
    heat_population_clear(&p);
    return status;
}

const heat_engine heat_engine_population = {
    .name = "population", .rule = &heat_rule_heat_bath, .plan = plan_members, .run = run_population};
