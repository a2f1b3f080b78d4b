/* The run of chains: chains on their rungs -> burn-in -> recorded sweeps. */
#include "sample/sampling.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "sample/sampling_checkpoint.h"

#include <math.h>
#include <string.h>

/* Sweeps up to a target, the same for all units. */
typedef struct stretch {
    heat_sampling *s;
    int64_t target;
} stretch;

/* Engines of a ladder set each replica's temperatures side by side, the others each temperature's replicas.
 */
static int64_t replica_of(const heat_sampling *s, int64_t chain)
{
    return s->engine->is_ladder ? chain / s->n_temperatures : chain % s->opt.replicas;
}

int64_t heat_sampling_get_slot(const heat_sampling *s, int64_t chain)
{
    if (s->cooling.is_on) /* rungs follow the sweep */
        return chain;
    return s->chains->rung[chain] * s->opt.replicas + replica_of(s, chain);
}

int64_t heat_sampling_get_chain(const heat_sampling *s, int64_t slot)
{
    if (!s->engine->is_ladder)
        return slot;
    return s->exchange.chain_at[slot % s->opt.replicas * s->n_temperatures + slot / s->opt.replicas];
}

static heat_status start_chains(heat_context *ctx, heat_sampling *s)
{
    const heat_chains_plan plan = heat_sampling_plan_chains(s);
    heat_status status = heat_chains_create(ctx, s->model, &plan, &s->chains);

    for (int64_t chain = 0; chain < s->plan.n_chains && status == HEAT_OK; chain++) {
        int64_t rung = s->engine->is_ladder ? chain % s->n_temperatures : chain / s->opt.replicas;
        heat_chains_set_rung(s->chains, chain, (int32_t)rung);
    }
    for (int64_t unit = 0; status == HEAT_OK && unit < s->chains->n_units; unit++)
        status = heat_chains_start_whole_unit(ctx, s->chains, unit, s->initial);
    if (status == HEAT_OK && s->engine->is_ladder)
        status = heat_exchange_init(ctx, &s->exchange, s->chains);
    return status == HEAT_OK ? heat_passages_open(ctx, s) : status;
}

void heat_sampling_get_row(const heat_sampling *s, const heat_chains *chains, int64_t chain, void *row)
{
    heat_chains_get_state(chains, chain, row);
    if (s->clamped != NULL)
        heat_model_get_whole(s->clamped, 1, row, row);
}

static void *row_of(const heat_sampling *s, int64_t chain)
{
    return heat_row_edit(&s->recorder.form, s->recorder.row, chain);
}

void heat_sampling_get_scalars(const heat_sampling *s, const heat_chains *chains, int64_t chain,
                               double *values)
{
    for (int id = 0; id < HEAT_N_SERIES; id++)
        if (s->plan.scalars.wants[id] && heat_series_is_of_chains((heat_series_id)id))
            values[id] = heat_chains_get_scalar(chains, chain, (heat_series_id)id);
    values[HEAT_SERIES_MAGNETIZATION] += s->clamped_total;
}

/* The number by which the recorder keeps a sweep's state: every thin-th, with a schedule at the end of each
 * stretch of so many, where its cold ends are. */
static int64_t kept_number(const heat_sampling *s, int64_t sweep)
{
    return s->cooling.is_on ? sweep - (s->opt.thin - 1) : sweep;
}

/* What one sweep leaves of the chain in a slot: a draw, unless that is negative, and a kept state. */
static heat_status record_slot(heat_context *worker, heat_sampling *s, int64_t slot, int64_t sweep,
                               int64_t draw, bool with_state)
{
    int64_t chain = heat_sampling_get_chain(s, slot);
    double values[HEAT_N_SERIES] = {0};
    const int64_t kept = kept_number(s, sweep);
    heat_status status = HEAT_OK;

    heat_sampling_get_scalars(s, s->chains, chain, values);
    if (with_state) {
        int64_t next = slot % s->opt.replicas % 2 == 0 ? slot + s->n_paired - 1 : slot;
        int64_t partner = heat_sampling_get_chain(s, next);
        heat_scalars_get(&s->plan.scalars, row_of(s, chain), row_of(s, partner), values);
    }
    if (draw >= 0 && s->basins.count > 0)
        status = heat_passages_look(worker, s, chain / s->chains->width, slot, row_of(s, chain),
                                    values[HEAT_SERIES_ENERGY], &values[HEAT_SERIES_BASIN]);
    if (draw >= 0)
        heat_recorder_add(&s->recorder, slot, draw, row_of(s, chain), values);
    if (heat_recorder_keeps(&s->recorder, kept))
        heat_recorder_keep(&s->recorder, slot, kept, row_of(s, chain), values[HEAT_SERIES_ENERGY]);
    return status;
}

static heat_status record_unit(heat_context *worker, heat_sampling *s, int64_t unit, int64_t sweep)
{
    const int64_t draw = heat_cooling_draw(&s->cooling, sweep);
    bool with_state = (draw >= 0 && heat_recorder_adds_states(&s->recorder)) ||
                      heat_recorder_keeps(&s->recorder, kept_number(s, sweep));
    int64_t first, last;
    heat_status status = HEAT_OK;

    if (draw < 0 && !with_state)
        return HEAT_OK;
    if (with_state)
        heat_chains_measure(s->chains, unit);
    else
        heat_chains_follow(s->chains, unit);
    heat_chains_get_unit(s->chains, unit, &first, &last);
    for (int64_t chain = first; chain < last && with_state; chain++)
        heat_sampling_get_row(s, s->chains, chain, row_of(s, chain));
    for (int64_t chain = first; chain < last && status == HEAT_OK; chain++)
        status = record_slot(worker, s, heat_sampling_get_slot(s, chain), sweep, draw, with_state);
    return status;
}

heat_status heat_sampling_step(heat_context *worker, heat_sampling *s, int64_t unit)
{
    heat_status status = heat_engine_sweep(worker, s->engine, s->chains, unit);

    if (status == HEAT_OK && s->engine->after_sweep != NULL)
        status = s->engine->after_sweep(worker, s, unit);
    return status;
}

heat_status heat_sampling_exchange(heat_context *worker, heat_sampling *s, int64_t unit)
{
    int64_t first, last;

    (void)worker;
    heat_chains_get_unit(s->chains, unit, &first, &last);
    for (int64_t ladder = first / s->n_temperatures; ladder < last / s->n_temperatures; ladder++)
        heat_exchange_step(&s->exchange, s->chains, ladder, (int32_t)(s->chains->n_sweeps[unit] % 2));
    return HEAT_OK;
}

/* The burn-in of a unit is over: what it counted does not count. */
static void end_burn_in(heat_sampling *s, int64_t unit)
{
    int64_t first, last;

    heat_chains_get_unit(s->chains, unit, &first, &last);
    heat_chains_reset_moves(s->chains, unit);
    if (s->engine->is_ladder)
        for (int64_t ladder = first / s->n_temperatures; ladder < last / s->n_temperatures; ladder++)
            heat_exchange_reset(&s->exchange, ladder);
}

/* Sweeps of the burn-in that nothing comes between, so many that they take some milliseconds at most. */
static int64_t sweeps_in_one_go(const heat_sampling *s, int64_t target, int64_t done)
{
    const int64_t last = target < s->opt.burn_in ? target : s->opt.burn_in;
    int64_t most = ((int64_t)1 << 27) / (s->info.n_variables + 1);

    if (s->engine->sweep != NULL || s->engine->after_sweep != NULL || s->chains->layout->sweep_many == NULL)
        return 1;
    most = most < 16 ? most : 16;
    return last - done < most ? last - done : most;
}

/* A unit's sweeps up to the target, or to a halt: its own count says where it stands, so that a run can go on
 * from any point. */
static heat_status run_unit(heat_context *worker, void *arg, int64_t unit)
{
    const stretch *w = arg;
    heat_sampling *s = w->s;
    const int64_t *n_sweeps = &s->chains->n_sweeps[unit];

    while (*n_sweeps < w->target && !heat_halted(worker)) {
        int64_t n = sweeps_in_one_go(s, w->target, *n_sweeps);
        heat_status status;
        if (*n_sweeps == s->opt.burn_in)
            end_burn_in(s, unit);
        if (s->cooling.is_on && *n_sweeps >= s->opt.burn_in)
            heat_cooling_set(s, unit, *n_sweeps - s->opt.burn_in);
        status = n > 1 ? heat_chains_sweep_many(worker, s->chains, unit, s->engine->rule, n)
                       : heat_sampling_step(worker, s, unit);
        if (status != HEAT_OK)
            return status;
        if (*n_sweeps > s->opt.burn_in)
            status = record_unit(worker, s, unit, *n_sweeps - 1 - s->opt.burn_in);
        if (status != HEAT_OK)
            return status;
    }
    return HEAT_OK;
}

/* Sweeps that every unit has made, and what all have visited together. */
static int64_t count_sweeps(heat_sampling *s)
{
    int64_t fewest = s->opt.burn_in + s->opt.sweeps;

    s->updates = 0;
    for (int64_t unit = 0; unit < s->chains->n_units; unit++) {
        int64_t first, last, n = s->chains->n_sweeps[unit];
        heat_chains_get_unit(s->chains, unit, &first, &last);
        if (s->engine->visits == NULL)
            s->updates += n * (last - first) * s->info.n_variables;
        for (int64_t chain = first; chain < last && s->engine->visits != NULL; chain++)
            s->updates += s->engine->visits(s->chains, chain);
        fewest = n < fewest ? n : fewest;
    }
    return fewest;
}

static heat_status run_sweeps(heat_context *ctx, heat_sampling *s, heat_sampling_checkpoint *checkpoint)
{
    int64_t step = heat_chains_sweeps_per_look(s->chains), all = s->opt.burn_in + s->opt.sweeps;
    int64_t done = count_sweeps(s);
    heat_status status = HEAT_OK;

    while (done < all && !heat_halted(ctx) && status == HEAT_OK) {
        stretch w = {s, done + step < all ? done + step : all};
        status = heat_chains_run_units(ctx, s->chains, s->opt.threads, run_unit, &w);
        done = count_sweeps(s);
        if (status == HEAT_OK)
            status = heat_sampling_checkpoint_save(ctx, checkpoint, done == all || heat_halted(ctx));
        heat_show_progress(ctx, (double)done / (double)all, (double)s->updates, (double)NAN);
    }
    s->n_swept = done > s->opt.burn_in ? done - s->opt.burn_in : 0;
    s->n_recorded = s->cooling.is_on ? s->n_swept / s->cooling.length : s->n_swept;
    return status;
}

/* Over the replicas at each temperature; chains of a ladder wander, theirs belong to none. */
static void report_acceptance(heat_sampling *s)
{
    for (int64_t t = 0; t < s->n_temperatures && !s->engine->is_ladder; t++) {
        s->acceptance[t] = 0;
        for (int64_t chain = t * s->opt.replicas; chain < (t + 1) * s->opt.replicas; chain++)
            s->acceptance[t] += heat_chains_get_acceptance(s->chains, chain) / (double)s->opt.replicas;
    }
}

heat_status heat_sampling_run_chains(heat_context *ctx, heat_sampling *s)
{
    heat_sampling_checkpoint checkpoint = {.sampling = s};
    heat_status status = start_chains(ctx, s);

    if (status == HEAT_OK)
        status = heat_sampling_checkpoint_open(ctx, &checkpoint);
    if (status == HEAT_OK)
        status = heat_cooling_begin(ctx, s);
    if (status == HEAT_OK)
        status = run_sweeps(ctx, s, &checkpoint);
    if (status == HEAT_OK && s->n_recorded > 0)
        report_acceptance(s);
    heat_sampling_checkpoint_close(&checkpoint);
    return status;
}
