/* The exact engine: independent states of the Boltzmann distribution by elimination, where its width is
 * affordable. Each sweep of each chain is a fresh draw: tau is 1 by construction. */
#include "base/context_private.h"
#include "base/memory.h"
#include "sample/sampling.h"

#include "exact/exact_choice.h"

#include <math.h>

enum { BYTES_AT_ONCE = 1 << 26 };

/* Draws of all temperatures use one plan and one pair of arrays. */
typedef struct drawing {
    heat_sampling *s;
    heat_exact_choice choice; /* its plan borrows from it: it stays where it is */
    int64_t at_once;          /* draws in `states`, a multiple of the replicas */
    int8_t *states;
    double *energies;
} drawing;

static heat_status open_drawing(heat_context *ctx, heat_sampling *s, drawing *d)
{
    int64_t total = s->opt.replicas * s->recorder.n_sweeps;
    heat_status status = heat_exact_choose_elimination(ctx, s->model, ctx->config.memory, &d->choice);

    d->at_once = (BYTES_AT_ONCE / (s->recorder.form.n + 8) / s->opt.replicas + 1) * s->opt.replicas;
    d->at_once = d->at_once < total ? d->at_once : total;
    if (status == HEAT_OK)
        status = heat_alloc(ctx, d->at_once * s->recorder.form.n, 1, &d->states);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, d->at_once, sizeof *d->energies, &d->energies);
    return status;
}

/* Draw k belongs to replica k mod replicas: a run cut short leaves chains of equal length. */
static void record_draws(const drawing *d, int64_t temperature, int64_t first_sweep, int64_t count)
{
    heat_sampling *s = d->s;
    int64_t n = s->recorder.form.n, replicas = s->opt.replicas;

    for (int64_t k = 0; k < count; k++) {
        const int8_t *state = d->states + k * n;
        int64_t partner = k % replicas % 2 == 0 ? k + s->n_paired - 1 : k;
        double values[HEAT_N_SERIES] = {0};
        for (int64_t i = 0; i < n; i++)
            values[HEAT_SERIES_MAGNETIZATION] += state[i];
        values[HEAT_SERIES_ENERGY] = d->energies[k];
        heat_scalars_get(&s->plan.scalars, state, d->states + partner * n, values);
        heat_recorder_record(&s->recorder, temperature * replicas + k % replicas, first_sweep + k / replicas,
                             state, values);
    }
}

/* *n_sweeps is how many each replica got: fewer than planned when halted. */
static heat_status draw_temperature(heat_context *ctx, drawing *d, int64_t temperature, int64_t *n_sweeps)
{
    heat_sampling *s = d->s;
    int64_t total = s->opt.replicas * s->recorder.n_sweeps;
    heat_status status = HEAT_OK;

    *n_sweeps = 0;
    for (int64_t done = 0; done < total && !heat_halted(ctx); done += d->at_once) {
        int64_t count = total - done < d->at_once ? total - done : d->at_once;
        status = heat_elimination_run_draws(ctx, d->choice.plan, s->betas[temperature], s->opt.seed,
                                            (int64_t)s->first_stream + temperature * total + done, count,
                                            s->opt.threads, d->states);
        if (status != HEAT_OK || heat_halted(ctx))
            break;
        heat_exact_states_from_plan(&d->choice, s->model, count, d->states);
        status = heat_model_energies(ctx, s->model, count, d->states, d->energies);
        if (status != HEAT_OK)
            break;
        heat_model_get_whole(s->model, count, d->states, d->states);
        record_draws(d, temperature, done / s->opt.replicas, count);
        *n_sweeps = (done + count) / s->opt.replicas;
    }
    return status;
}

static heat_status run_draws(heat_context *ctx, heat_sampling *s)
{
    drawing d = {.s = s};
    heat_status status = open_drawing(ctx, s, &d);

    s->n_recorded = s->opt.sweeps;
    for (int64_t t = 0; t < s->n_temperatures && status == HEAT_OK; t++) {
        int64_t n_sweeps = 0; /* a temperature that a halt kept from its draws has none */
        if (!heat_halted(ctx))
            status = draw_temperature(ctx, &d, t, &n_sweeps);
        s->n_recorded = n_sweeps < s->n_recorded ? n_sweeps : s->n_recorded;
        s->updates += n_sweeps * s->opt.replicas * s->info.n_variables;
        heat_show_progress(ctx, (double)(t + 1) / (double)s->n_temperatures, (double)s->updates, (double)NAN);
    }
    heat_free(d.states);
    heat_free(d.energies);
    heat_exact_choice_clear(&d.choice);
    return status;
}

const heat_engine heat_engine_exact = {.name = "exact", .run = run_draws};
