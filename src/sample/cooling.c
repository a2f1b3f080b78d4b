/* Temperatures in time, and the pilot of chains that walk. */
#include "sample/cooling.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "sample/sampling.h"

#include <math.h>
#include <string.h>

/* Between neighbours of the pilot temperatures fall by this at most, where they are few enough. */
static const double most_ratio = 2;
enum { FEWEST_CYCLES = 4 };

static void space_rungs(heat_cooling *c)
{
    double hot = c->schedule.hot, cold = c->schedule.cold, n = ceil(log(hot / cold) / log(most_ratio)) + 1;

    c->n_rungs = n < HEAT_COOLING_RUNGS ? (int32_t)n : HEAT_COOLING_RUNGS;
    for (int32_t r = 0; r < c->n_rungs; r++)
        c->betas[r] = c->n_rungs == 1 ? 1 / cold : pow(hot / cold, (double)r / (c->n_rungs - 1)) / hot;
}

heat_status heat_cooling_read(heat_context *ctx, heat_sample_options *opt, heat_cooling *c)
{
    heat_status status;

    *c = (heat_cooling){.is_on = opt->schedule != NULL};
    if (!c->is_on)
        return HEAT_OK;
    status = heat_schedule_parse(ctx, opt->schedule, &c->schedule);
    if (status != HEAT_OK)
        return status;
    if (opt->temperature_set != NULL || opt->temperature != 1)
        return heat_fail_option(ctx, "temperature", opt->temperature_set,
                                "a schedule has its own temperatures");
    if (strcmp(opt->output_format, "stan") == 0)
        return heat_fail_option(ctx, "output_format", opt->output_format,
                                "its draws are at one temperature, a schedule's way is not");
    c->length = c->schedule.period > 0 ? c->schedule.period : opt->sweeps;
    c->n_cycles = opt->sweeps / c->length;
    if (c->schedule.period > 0 && c->n_cycles < FEWEST_CYCLES)
        return heat_fail_option(ctx, "schedule", opt->schedule,
                                "%lld sweeps (option --sweeps) hold fewer than %d cycles",
                                (long long)opt->sweeps, FEWEST_CYCLES);
    opt->sweeps = c->n_cycles * c->length;
    space_rungs(c);
    return HEAT_OK;
}

double heat_cooling_get(const heat_cooling *c, int64_t sweep)
{
    return heat_schedule_get(&c->schedule, sweep, c->n_cycles * c->length);
}

int64_t heat_cooling_draw(const heat_cooling *c, int64_t sweep)
{
    if (!c->is_on)
        return sweep;
    return (sweep + 1) % c->length == 0 ? sweep / c->length : -1;
}

/* The rung nearest to beta in log T. */
static int32_t nearest_rung(const heat_cooling *c, double beta)
{
    int32_t r = 0;

    while (r + 1 < c->n_rungs && beta * beta > c->betas[r] * c->betas[r + 1])
        r++;
    return r;
}

void heat_cooling_set(heat_sampling *s, int64_t unit, int64_t sweep)
{
    const double beta = 1 / heat_cooling_get(&s->cooling, sweep);
    const int32_t rung = nearest_rung(&s->cooling, beta);
    int64_t first, last;

    heat_chains_get_unit(s->chains, unit, &first, &last);
    for (int64_t chain = first; chain < last; chain++) {
        s->chains->rung[chain] = rung;
        heat_chains_set_beta(s->chains, chain, beta);
    }
}

/* --- the pilot --- */

typedef struct pilot {
    const heat_sampling *s;
    heat_chains *chains; /* [rung][replica] */
    int64_t n_sweeps;
} pilot;

static heat_status burn_in_unit(heat_context *worker, void *arg, int64_t unit)
{
    const pilot *p = arg;
    heat_status status = HEAT_OK;

    for (int64_t k = 0; k < p->n_sweeps && status == HEAT_OK && !heat_halted(worker); k++)
        status = heat_engine_sweep(worker, p->s->engine, p->chains, unit);
    return status;
}

static heat_status run_pilot(heat_context *ctx, pilot *p)
{
    const heat_sampling *s = p->s;
    const int64_t replicas = s->opt.replicas, n_chains = s->cooling.n_rungs * replicas;
    heat_chains_plan plan = heat_sampling_plan_rungs(s, n_chains, s->cooling.n_rungs, s->cooling.betas);
    heat_status status;

    plan.first_stream += (uint64_t)s->plan.n_chains;
    status = heat_chains_create(ctx, s->model, &plan, &p->chains);
    for (int64_t chain = 0; chain < n_chains && status == HEAT_OK; chain++)
        heat_chains_set_rung(p->chains, chain, (int32_t)(chain / replicas));
    for (int64_t unit = 0; status == HEAT_OK && unit < p->chains->n_units; unit++)
        status = heat_chains_start_whole_unit(ctx, p->chains, unit, s->initial);
    p->n_sweeps = s->opt.burn_in > 0 ? s->opt.burn_in : 1;
    return status == HEAT_OK ? heat_chains_run_units(ctx, p->chains, s->opt.threads, burn_in_unit, p)
                             : status;
}

/* What the pilot's unit of such a replica at a rung has learnt. */
static void take_tuning(heat_sampling *s, const pilot *p, int64_t unit, int32_t rung)
{
    const heat_walk_store *from = p->chains->store;
    heat_walk_store *to = s->chains->store;
    const int64_t size = heat_walk_tuning_size(s->chains->n, to->plan.mass);
    int64_t replica = unit * s->chains->width, source, target = unit * s->chains->n_rungs + rung;

    source = (rung * s->opt.replicas + replica) / p->chains->width * p->chains->n_rungs + rung;
    to->tunings[target] = from->tunings[source];
    memcpy(to->numbers + target * size, from->numbers + source * size, (size_t)size * sizeof *to->numbers);
}

/* Every chain goes on from the hottest of its replica. */
static heat_status take_places(heat_context *ctx, heat_sampling *s, const pilot *p)
{
    void *row = s->recorder.row;
    heat_status status = HEAT_OK;

    for (int64_t chain = 0; chain < s->plan.n_chains && status == HEAT_OK; chain++) {
        heat_chains_get_state(p->chains, chain, row);
        status = heat_chains_set_state(ctx, s->chains, chain, row);
    }
    return status;
}

heat_status heat_cooling_begin(heat_context *ctx, heat_sampling *s)
{
    pilot p = {.s = s};
    heat_status status;

    if (!s->cooling.is_on || s->engine->walk == NULL || s->chains->n_sweeps[0] > 0)
        return HEAT_OK;
    status = run_pilot(ctx, &p);
    if (status == HEAT_OK)
        status = take_places(ctx, s, &p);
    for (int64_t unit = 0; unit < s->chains->n_units && status == HEAT_OK; unit++) {
        for (int32_t rung = 0; rung < s->cooling.n_rungs; rung++)
            take_tuning(s, &p, unit, rung);
        heat_walk_load_unit(s->chains, unit);
        s->chains->n_sweeps[unit] = s->opt.burn_in;
    }
    heat_chains_free(p.chains);
    return status;
}
