/* Rounds of `sample` under a schedule, whose cold ends are quenched. The schedule is cyclic by default: hot
 * is the height of what stands between minima, by the highest point of the straight line between two of them,
 * and cold a hundredth of it. A typical line of a rugged landscape crosses many barriers, so hot is rather
 * too hot; a cycle passes all temperatures on its way down. */
#include "ground/potential_anneal.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "sample/schedule.h"

#include <heatbath/sample.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    CHAINS = 16,
    FEW_VARIABLES = 3, /* up to these */
    SHORT_PERIOD = 500,
    FEW_SWEEPS = 4 * SHORT_PERIOD,
    PERIOD = 1000,
    MANY_SWEEPS = 20 * PERIOD,
    BURN_IN = 200,
    MOST_LINES = 32,
    LINE_POINTS = 20
};
static const double cold_part = 1e-2, searched_part = 0.75;

/* By how much the line between two minima rises above the higher of them. */
static heat_status measure_line(heat_context *ctx, heat_landscape *l, const heat_places *p, int64_t a,
                                int64_t b, double *x, double *rise)
{
    const int32_t n = l->view->n;
    double highest = -(double)INFINITY, energy, *slope = x + n;
    heat_status status = HEAT_OK;

    for (int k = 1; k < LINE_POINTS && status == HEAT_OK; k++) {
        for (int32_t i = 0; i < n; i++)
            x[i] = p->x[a * n + i] + (p->x[b * n + i] - p->x[a * n + i]) * k / LINE_POINTS;
        status = heat_landscape_evaluate(ctx, l, x, &energy, slope);
        highest = isfinite(energy) ? fmax(highest, energy) : highest;
    }
    *rise = highest - fmax(p->energy[a], p->energy[b]);
    return status;
}

/* The middle one of the rises between neighbours in the list; 0 if there is none. */
static heat_status measure_barriers(heat_context *ctx, const heat_smooth *view, const heat_places *p,
                                    double *barrier)
{
    heat_landscape l = {.view = NULL};
    double rises[MOST_LINES], *x = NULL;
    int n_rises = 0;
    heat_status status = heat_landscape_open(ctx, view, &l);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, 2 * (int64_t)view->n, sizeof *x, &x);
    for (int64_t k = 1; k < p->count && k <= MOST_LINES && status == HEAT_OK; k++) {
        double rise;
        int at = n_rises;
        status = measure_line(ctx, &l, p, k - 1, k, x, &rise);
        if (!(rise > 0))
            continue;
        for (; at > 0 && rises[at - 1] > rise; at--)
            rises[at] = rises[at - 1];
        rises[at] = rise;
        n_rises++;
    }
    *barrier = n_rises > 0 ? rises[n_rises / 2] : 0;
    heat_landscape_close(&l);
    heat_free(x);
    return status;
}

static heat_status choose_schedule(heat_context *ctx, const heat_smooth *view, const heat_ground_options *opt,
                                   const heat_minima *found, heat_schedule *s)
{
    double barrier;
    heat_status status;

    if (opt->schedule != NULL)
        return heat_schedule_parse(ctx, opt->schedule, s);
    status = measure_barriers(ctx, view, &found->minima, &barrier);
    *s = heat_schedule_flat;
    s->kind = HEAT_SCHEDULE_CYCLIC;
    s->period = view->n <= FEW_VARIABLES ? SHORT_PERIOD : PERIOD;
    s->hot = barrier > 0 ? barrier : 1;
    s->cold = cold_part * s->hot;
    return status;
}

static int64_t count_sweeps(const heat_smooth *view, const heat_ground_options *opt, const heat_schedule *s)
{
    int64_t sweeps = view->n <= FEW_VARIABLES ? FEW_SWEEPS : MANY_SWEEPS;

    sweeps = opt->sweeps != HEAT_AUTO ? opt->sweeps : sweeps;
    return sweeps < 4 * s->period ? 4 * s->period : sweeps;
}

heat_status heat_potential_note_best(heat_context *ctx, const heat_minima *found, double begin_s,
                                     heat_ground_result *r)
{
    const int64_t n = r->n_trajectory;
    const double energy = found->minima.energy[heat_minima_lowest(found)];
    int64_t capacity = n, same = n;
    heat_status status;

    if (n > 0 && !(energy < r->trajectory_energy[n - 1]))
        return HEAT_OK;
    status = heat_grow(ctx, n + 1, sizeof *r->trajectory_s, &capacity, &r->trajectory_s);
    if (status == HEAT_OK)
        status = heat_grow(ctx, n + 1, sizeof *r->trajectory_energy, &same, &r->trajectory_energy);
    if (status != HEAT_OK)
        return status;
    r->trajectory_s[n] = heat_clock() - begin_s;
    r->trajectory_energy[n] = energy;
    r->n_trajectory++;
    return HEAT_OK;
}

/* One round: walks, and quenches from where they are cold. */
static heat_status anneal_once(heat_context *ctx, const heat_smooth *view, const heat_ground_options *opt,
                               const heat_sample_options *walk, heat_minima *found, heat_ground_result *r)
{
    heat_sample_result walks;
    heat_status status;

    heat_sample_result_init(&walks);
    status = heat_sample(ctx, view->model, walk, &walks);
    if (status == HEAT_OK) {
        r->updates += walks.updates;
        r->sweeps += walks.n_sweeps;
        status =
            heat_minima_add(ctx, view, walks.n_chains * walks.n_draws, walks.values, opt->threads, found);
    }
    heat_sample_result_clear(&walks);
    return status;
}

heat_status heat_potential_anneal(heat_context *ctx, const heat_smooth *view, const heat_ground_options *opt,
                                  double begin_s, heat_minima *found, heat_ground_result *r)
{
    const bool is_asked = opt->schedule != NULL || opt->sweeps != HEAT_AUTO || opt->time < HEAT_FOREVER;
    const double deadline =
        opt->time < HEAT_FOREVER ? begin_s + searched_part * (ctx->deadline_s - begin_s) : HEAT_FOREVER;
    heat_sample_options walk;
    heat_schedule schedule;
    char text[120];
    heat_status status = heat_potential_note_best(ctx, found, begin_s, r);

    if (status != HEAT_OK || (found->minima.count < 2 && !is_asked) || heat_halted(ctx))
        return status;
    status = choose_schedule(ctx, view, opt, found, &schedule);
    if (status != HEAT_OK)
        return status;
    heat_sample_options_init(&walk);
    snprintf(text, sizeof text, schedule.period > 0 ? "%s:%.17g:%.17g:%lld" : "%s:%.17g:%.17g",
             heat_schedule_name(&schedule), schedule.hot, schedule.cold, (long long)schedule.period);
    walk.schedule = text;
    walk.sweeps = count_sweeps(view, opt, &schedule);
    walk.thin = schedule.period > 0 ? schedule.period : walk.sweeps;
    walk.replicas = opt->replicas != HEAT_AUTO ? opt->replicas : CHAINS;
    walk.burn_in = BURN_IN;
    walk.keep_states = true;
    walk.seed = opt->seed;
    walk.threads = opt->threads;
    walk.memory = opt->memory;
    walk.isa = opt->isa;
    do {
        walk.time = deadline < HEAT_FOREVER ? fmax(1e-9, deadline - heat_clock()) : HEAT_FOREVER;
        status = anneal_once(ctx, view, opt, &walk, found, r);
        if (status == HEAT_ERROR_UNDEFINED && opt->schedule == NULL)
            return HEAT_OK;
        if (status == HEAT_OK)
            status = heat_potential_note_best(ctx, found, begin_s, r);
        r->restarts = walk.index++;
    } while (status == HEAT_OK && opt->time < HEAT_FOREVER && heat_clock() < deadline && !heat_halted(ctx) &&
             found->minima.energy[heat_minima_lowest(found)] > opt->target_energy);
    r->hot = schedule.hot;
    r->cold = schedule.cold;
    r->period = schedule.period;
    r->schedule = heat_schedule_name(&schedule);
    return status;
}
