/* Leapfrog steps of a unit, and the decision: Duane, Kennedy, Pendleton, Roweth, Phys. Lett. B 195 (1987)
 * 216. A wall turns momenta round as the drift meets it, which keeps a trajectory reversible and its volume
 * (Neal, in Handbook of Markov Chain Monte Carlo (2011), section 5.5.1.5). */
#include "sample/walk_motion.h"
#include "kernel/elementary.h"
#include "sample/walk_free.h"

#include <math.h>
#include <string.h>

static const double short_step = 0.125; /* of the one found best: what is lost by it has no step */
enum { MOST_TRIES = 120 };

static heat_walk_unit *unit_at(const heat_chains *c, int64_t unit)
{
    const heat_walk_store *s = c->store;

    return &s->units[unit];
}

static const double *triangle_of(const heat_chains *c, int64_t unit, int64_t lane)
{
    const heat_walk_store *s = c->store;
    int64_t size = heat_walk_tuning_size(c->n, s->plan.mass);
    int32_t rung = c->rung[unit * c->width + lane];

    if (s->plan.reference != NULL)
        return s->plan.reference->factor;
    return heat_walk_tuning_scales(c->n, s->plan.mass, s->numbers + (unit * c->n_rungs + rung) * size);
}

/* to = L from, or L' from, of one chain: rows are `stride` apart. */
static void multiply_one(int32_t n, const double *l, const double *from, bool transposed, int64_t stride,
                         double *to)
{
    for (int32_t i = 0; i < n; i++) {
        double sum = 0;
        for (int32_t j = transposed ? i : 0; j < (transposed ? n : i + 1); j++)
            sum += l[transposed ? (int64_t)j * n + i : (int64_t)i * n + j] * from[j * stride];
        to[i * stride] = sum;
    }
}

static bool share_a_rung(const heat_chains *c, int64_t unit)
{
    const heat_walk_store *s = c->store;
    const int32_t *rung = c->rung + unit * c->width;

    for (int64_t lane = 1; lane < s->units[unit].n_chains && s->plan.reference == NULL; lane++)
        if (rung[lane] != rung[0])
            return false;
    return true;
}

/* Each chain by the triangle of its rung. */
static void multiply(const heat_chains *c, int64_t unit, const double *from, bool transposed, double *to)
{
    const heat_walk_store *s = c->store;
    const heat_walk_unit *u = &s->units[unit];

    if (share_a_rung(c, unit))
        s->kernel->multiply(c->n, triangle_of(c, unit, 0),
                            transposed ? HEAT_WALK_TRANSPOSED : HEAT_WALK_LOWER, u->stride, from, NULL, to);
    else
        for (int64_t lane = 0; lane < u->n_chains; lane++)
            multiply_one(c->n, triangle_of(c, unit, lane), from + lane, transposed, u->stride, to + lane);
}

void heat_walk_kick(const heat_chains *c, int64_t unit, const heat_walk_lanes *lanes, const double *step)
{
    const heat_walk_store *s = c->store;
    const heat_walk_unit *u = &s->units[unit];
    heat_walk_lanes turned = *lanes;

    if (s->plan.mass == HEAT_MASS_DENSE) {
        multiply(c, unit, lanes->gradient, true, u->turned);
        turned.gradient = u->turned;
    }
    s->kernel->kick(&turned, step);
}

/* Of a dense mass, where no variable with walls is coupled to others: its momentum turns as the velocity did.
 */
static void take_turns(const heat_walk_lanes *lanes, const double *velocity, int32_t i)
{
    if (isinf(lanes->lower[i]) && isinf(lanes->upper[i]))
        return;
    for (int64_t at = i * lanes->stride; at < (i + 1) * lanes->stride; at++)
        lanes->momentum[at] =
            isinf(velocity[at]) ? velocity[at] : copysign(lanes->momentum[at], velocity[at]);
}

void heat_walk_drift(const heat_chains *c, int64_t unit, const heat_walk_lanes *lanes, const double *step)
{
    const heat_walk_store *s = c->store;
    const heat_walk_unit *u = &s->units[unit];
    heat_walk_lanes turned = *lanes;

    if (s->plan.mass == HEAT_MASS_DENSE) {
        multiply(c, unit, lanes->momentum, false, u->turned);
        turned.momentum = u->turned;
    }
    s->kernel->drift(&turned, step);
    for (int32_t i = 0; i < c->n && s->plan.mass == HEAT_MASS_DENSE && lanes->lower != NULL; i++)
        take_turns(lanes, u->turned, i);
}

/* Welford's sums over H as trajectories set off. */
static void note_energies(const heat_chains *c, heat_walk_unit *u, int64_t unit)
{
    double count = (double)c->n_counted[unit] + 1;

    for (int64_t lane = 0; lane < u->n_chains; lane++) {
        double h = u->energy[lane] + u->before[lane], off = h - u->mean_h[lane];
        u->mean_h[lane] += off / count;
        u->spread_h[lane] += off * (h - u->mean_h[lane]);
        if (count > 1)
            u->jumps_h[lane] += (h - u->last_h[lane]) * (h - u->last_h[lane]);
        u->last_h[lane] = h;
    }
}

void heat_walk_set_off(const heat_chains *c, int64_t unit)
{
    const heat_walk_store *s = c->store;
    heat_walk_unit *u = unit_at(c, unit);
    heat_walk_lanes lanes = heat_walk_lanes_now(s, u);
    size_t row = (size_t)u->stride * sizeof(double);

    memset(u->momentum, 0, (size_t)c->n * row); /* some may be infinite */
    s->kernel->refresh(&lanes, u->zero, u->spread, heat_walk_take_normals(s, u), u->n_chains);
    s->kernel->kinetic(&lanes, u->before);
    if (!heat_walk_adapts(c, unit))
        note_energies(c, u, unit);
    memcpy(u->new_x, u->x, (size_t)c->n * row);
    memcpy(u->new_gradient, u->gradient, (size_t)c->n * row);
    memcpy(u->new_energy, u->energy, row);
    memcpy(u->pace, u->step, row);
    for (int64_t lane = 0; lane < u->stride && (c->has_reference || s->plan.varies); lane++)
        u->pace[lane] *= u->jitter;
}

/* The chain rests where it set off from. */
static void stop_lane(const heat_walk_store *s, heat_walk_unit *u, int64_t lane)
{
    for (int32_t i = 0; i < s->view.n; i++) {
        int64_t at = i * u->stride + lane;
        u->new_x[at] = u->x[at];
        u->new_gradient[at] = u->gradient[at];
        u->momentum[at] = 0;
    }
    u->pace[lane] = 0;
}

/* The kernel leaves a chain that walls turned back more often than it counts on one of them, with an infinite
 * momentum. */
static bool has_run_away(heat_walk_limits limits, const heat_walk_unit *u, int64_t at)
{
    return !heat_walk_is_within(limits, u->new_x[at]) || isinf(u->momentum[at]);
}

void heat_walk_stop_runaways(const heat_walk_store *s, heat_walk_unit *u)
{
    for (int32_t i = 0; i < s->view.n; i++) {
        const heat_walk_limits limits = heat_walk_get_limits(s, i);
        int64_t count = 0;
        for (int64_t at = i * u->stride; at < (i + 1) * u->stride; at++)
            count += has_run_away(limits, u, at);
        for (int64_t lane = 0; lane < u->stride && count > 0; lane++)
            if (has_run_away(limits, u, i * u->stride + lane)) {
                stop_lane(s, u, lane);
                u->before[lane] = -(double)INFINITY;
            }
    }
}

heat_status heat_walk_leap(heat_context *worker, const heat_chains *c, int64_t unit)
{
    const heat_walk_store *s = c->store;
    heat_walk_unit *u = unit_at(c, unit);
    heat_walk_lanes lanes = heat_walk_lanes_new(s, u);
    heat_status status;

    for (int64_t lane = 0; lane < u->stride; lane++)
        u->half[lane] = 0.5 * u->pace[lane];
    heat_walk_kick(c, unit, &lanes, u->half);
    heat_walk_drift(c, unit, &lanes, u->pace);
    heat_walk_stop_runaways(s, u);
    status = heat_walk_evaluate(worker, s, u, true);
    if (status != HEAT_OK)
        return status;
    for (int64_t lane = 0; lane < u->n_chains; lane++) {
        if (!isfinite(u->new_energy[lane])) {
            stop_lane(s, u, lane);
            u->before[lane] = -(double)INFINITY;
        }
        u->half[lane] = 0.5 * u->pace[lane];
    }
    heat_walk_kick(c, unit, &lanes, u->half);
    return HEAT_OK;
}

void heat_walk_compare(const heat_chains *c, int64_t unit)
{
    const heat_walk_store *s = c->store;
    heat_walk_unit *u = unit_at(c, unit);
    heat_walk_lanes lanes = heat_walk_lanes_new(s, u);

    s->kernel->kinetic(&lanes, u->after);
    for (int64_t lane = 0; lane < u->n_chains; lane++) {
        double rise = (u->new_energy[lane] - u->energy[lane]) + (u->after[lane] - u->before[lane]);
        u->ratio[lane] = -heat_walk_beta(c, unit * c->width + lane) * rise;
        if (!(u->ratio[lane] > -(double)INFINITY))
            u->ratio[lane] = -(double)INFINITY;
        u->odds[lane] = heat_exp_negative(fmin(0, u->ratio[lane]));
    }
}

void heat_walk_decide(const heat_chains *c, int64_t unit)
{
    const heat_walk_store *s = c->store;
    heat_walk_unit *u = unit_at(c, unit);
    const double *uniform = heat_walk_take_uniforms(s, u);
    bool counts = !heat_walk_adapts(c, unit), is_short = !s->plan.varies || u->jitter < short_step;

    for (int64_t lane = 0; lane < u->n_chains; lane++) {
        u->lost[lane] = s->plan.move->needs_gradient && is_short && u->ratio[lane] < HEAT_WALK_DIVERGED;
        u->n_diverged[lane] += counts ? u->lost[lane] : 0;
        if (!(uniform[lane] < u->odds[lane]))
            continue;
        for (int32_t i = 0; i < c->n; i++) {
            u->x[i * u->stride + lane] = u->new_x[i * u->stride + lane];
            u->gradient[i * u->stride + lane] = u->new_gradient[i * u->stride + lane];
        }
        u->energy[lane] = u->new_energy[lane];
        if (!isnan(u->total[lane]))
            u->total[lane] = u->new_energy[lane] + u->after[lane];
    }
}

/* --- the first step --- */

/* One leap with every rung's trial step, from where the chains are. */
static heat_status try_leap(heat_context *worker, heat_chains *c, int64_t unit)
{
    heat_status status;

    heat_walk_load_unit(c, unit);
    heat_walk_set_off(c, unit);
    status = heat_walk_leap(worker, c, unit);
    if (status == HEAT_OK)
        heat_walk_compare(c, unit);
    return status;
}

/* What a leap says of the trial step: on, twice or half as far, until it has crossed over. */
static void judge_step(heat_walk_tuning *t, bool is_taken)
{
    if (t->n_updates != 0 && is_taken != (t->n_updates > 0)) {
        heat_walk_tuning_begin(t, is_taken ? t->step : 0.5 * t->step);
        t->is_found = true;
        return;
    }
    t->n_updates = is_taken ? 1 : -1;
    t->step *= is_taken ? 2 : 0.5;
}

static bool all_are_found(const heat_chains *c, const heat_walk_tuning *tunings)
{
    for (int32_t r = 0; r < c->n_rungs; r++)
        if (!tunings[r].is_found)
            return false;
    return true;
}

heat_status heat_walk_find_steps(heat_context *worker, heat_chains *c, int64_t unit)
{
    const heat_walk_store *s = c->store;
    const double wanted = s->plan.move->order > 0 ? s->plan.move->target : 0.8;
    heat_walk_tuning *tunings = s->tunings + unit * c->n_rungs;

    if (all_are_found(c, tunings))
        return HEAT_OK;
    for (int k = 0; k < MOST_TRIES && !all_are_found(c, tunings); k++) {
        heat_status status = try_leap(worker, c, unit);
        if (status != HEAT_OK)
            return status;
        for (int32_t r = 0; r < c->n_rungs; r++) {
            double mean;
            if (tunings[r].is_found)
                continue;
            if (heat_walk_mean_accepted(c, unit, r, &mean))
                judge_step(&tunings[r], mean > wanted);
            else
                tunings[r].is_found = true; /* nobody is there */
        }
    }
    for (int32_t r = 0; r < c->n_rungs; r++) {
        if (!tunings[r].is_found)
            heat_walk_tuning_begin(&tunings[r], tunings[r].step);
        tunings[r].is_found = true;
        tunings[r].is_settled = c->burn_in == 0;
    }
    heat_walk_load_unit(c, unit);
    return HEAT_OK;
}
