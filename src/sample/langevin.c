/* Langevin dynamics without a Metropolis test: right in the limit of small steps alone, fast, and honest
 * about its bias, which is measured by steps of two sizes.
 *
 *     ula           x' = x - h grad U + sqrt(2 T h) xi: bias of order h
 *     underdamped   velocities too, with friction g; a step e is B A O A B, of kicks, drifts and a heat bath:
 *                   Leimkuhler and Matthews, Appl. Math. Res. Express 2013 (2013) 34: bias of order e^2
 *
 * In the burn-in an automatic step is aimed at where a Metropolis test takes nearly all. */
#include "base/context_private.h"
#include "sample/sampling.h"
#include "sample/walk_motion.h"

#include <math.h>

static heat_status fail_away(heat_context *worker, const heat_chains *c)
{
    return heat_fail(worker, HEAT_ERROR_UNDEFINED,
                     "%s: a chain ran away to where the energy is infinite: the step is too large (option "
                     "--step), or it cannot do without a Metropolis test (engine mala)",
                     c->info.name);
}

/* Steps of a sweep, of the chains whose rungs are refined twice as many. */
static int64_t count_steps(const heat_chains *c)
{
    const heat_walk_store *s = c->store;

    return s->plan.n_steps > 0 ? s->plan.n_steps : 1;
}

/* The pace of the steps that refined chains make alone; false if there are none. */
static bool rest_but_refined(const heat_chains *c, int64_t unit)
{
    const heat_walk_store *s = c->store;
    heat_walk_unit *u = &s->units[unit];
    bool goes_on = false;

    for (int64_t lane = 0; lane < u->n_chains; lane++) {
        bool goes = c->rung[unit * c->width + lane] >= s->plan.refined_from;
        u->pace[lane] = goes ? u->step[lane] : 0;
        goes_on = goes_on || goes;
    }
    return goes_on && !heat_walk_adapts(c, unit);
}

/* While the step is looked for moves are leaps of leapfrog, tested: no trial step can lose a chain. */
static heat_status sweep_tested(heat_context *worker, heat_chains *c, int64_t unit)
{
    heat_status status = heat_walk_find_steps(worker, c, unit);

    if (status != HEAT_OK)
        return status;
    heat_walk_set_off(c, unit);
    status = heat_walk_leap(worker, c, unit);
    if (status != HEAT_OK)
        return status;
    heat_walk_compare(c, unit);
    heat_walk_decide(c, unit);
    return HEAT_OK;
}

/* n steps by this pace. */
typedef heat_status (*go_fn)(heat_context *worker, heat_chains *c, int64_t unit, const double *pace,
                             int64_t n);

/* One sweep of a unit, by `go` where it is not the step that is sought. */
static heat_status sweep_by(heat_context *worker, heat_chains *c, int64_t unit, go_fn go)
{
    const heat_walk_store *s = c->store;
    const heat_walk_unit *u = &s->units[unit];
    heat_status status = HEAT_OK;

    if (s->plan.step == 0 && heat_walk_adapts(c, unit)) {
        status = sweep_tested(worker, c, unit);
    } else {
        int64_t n = count_steps(c);
        status = heat_walk_find_steps(worker, c, unit);
        if (status == HEAT_OK)
            status = go(worker, c, unit, u->step, n);
        if (status == HEAT_OK && s->plan.refined_from < c->n_rungs && rest_but_refined(c, unit))
            status = go(worker, c, unit, u->pace, n);
    }
    if (status == HEAT_OK)
        heat_walk_end_sweep(c, unit);
    return status;
}

static int64_t single_stride(const heat_walk_unit *u)
{
    return (u->stride + HEAT_SINGLE_LANES - 1) / HEAT_SINGLE_LANES * HEAT_SINGLE_LANES;
}

/* Numbers of a unit's chains as floats, rows a multiple of HEAT_SINGLE_LANES apart; and back. Lanes
 * past the last hold what the first does, or rest. */
static float *to_singles(const heat_walk_unit *u, int32_t n, const double *from, bool rests, double *room)
{
    const int64_t stride = single_stride(u);
    float *to = (float *)(void *)room;

    for (int32_t i = 0; i < n; i++) {
        for (int64_t c = 0; c < u->stride; c++)
            to[i * stride + c] = (float)from[i * u->stride + c];
        for (int64_t c = u->stride; c < stride; c++)
            to[i * stride + c] = rests ? 0 : to[i * stride];
    }
    return to;
}

static void from_singles(const heat_walk_unit *u, int32_t n, const float *from, double *to)
{
    const int64_t stride = single_stride(u);

    for (int32_t i = 0; i < n; i++)
        for (int64_t c = 0; c < u->stride; c++)
            to[i * u->stride + c] = from[i * stride + c];
}

/* In single precision, in the work space: what the chains keep are doubles. */
static heat_status go_single(heat_context *worker, heat_chains *c, int64_t unit, const double *pace,
                             int64_t n)
{
    const heat_walk_store *s = c->store;
    heat_walk_unit *u = &s->units[unit];
    float *x = to_singles(u, c->n, u->x, false, u->new_x);
    float *gradient = to_singles(u, c->n, u->gradient, false, u->new_gradient);
    float *energy = to_singles(u, 1, u->energy, false, u->new_energy);
    const float *step = to_singles(u, 1, pace, true, u->half),
                *spread = to_singles(u, 1, u->spread, true, u->odds);
    const heat_single_lanes lanes = {.n = c->n,
                                     .stride = single_stride(u),
                                     .lower = s->view.lower,
                                     .upper = s->view.upper,
                                     .x = x,
                                     .gradient = gradient};
    const heat_single_block block = {.n_chains = u->n_chains,
                                     .stride = lanes.stride,
                                     .x = x,
                                     .energies = energy,
                                     .gradients = gradient,
                                     .work = (float *)(void *)u->work};

    for (int64_t k = 0, count; k < n; k += count) {
        bool is_sound;
        count = n - k;
        const float *noise = heat_walk_take_singles(s, u, &count);
        heat_status status = s->singles->wander(worker, &lanes, &s->view, &block, step, spread, noise,
                                                u->n_chains, count, &is_sound);
        if (status == HEAT_OK && !is_sound)
            status = fail_away(worker, c);
        if (status != HEAT_OK)
            return status;
    }
    from_singles(u, c->n, x, u->x);
    from_singles(u, c->n, gradient, u->gradient);
    from_singles(u, 1, energy, u->energy);
    return HEAT_OK;
}

static heat_status go_overdamped(heat_context *worker, heat_chains *c, int64_t unit, const double *pace,
                                 int64_t n)
{
    const heat_walk_store *s = c->store;
    heat_walk_unit *u = &s->units[unit];
    const heat_walk_lanes lanes = heat_walk_lanes_now(s, u);
    const heat_smooth_block block = heat_walk_block(s, u, false);

    if (s->plan.is_single)
        return go_single(worker, c, unit, pace, n);
    for (int64_t k = 0; k < n;) {
        bool is_sound;
        int64_t count = n - k;
        const double *noise = heat_walk_take_sweeps(s, u, &count);
        heat_status status = s->kernel->wander(worker, &lanes, &s->view, &block, pace, u->spread, noise,
                                               u->n_chains, count, &is_sound);
        if (status == HEAT_OK && !is_sound)
            status = fail_away(worker, c);
        if (status != HEAT_OK)
            return status;
        k += count;
    }
    return HEAT_OK;
}

static heat_status step_underdamped(heat_context *worker, heat_chains *c, int64_t unit, const double *pace)
{
    const heat_walk_store *s = c->store;
    heat_walk_unit *u = &s->units[unit];
    heat_walk_lanes lanes = heat_walk_lanes_now(s, u);
    heat_status status;

    for (int64_t lane = 0; lane < u->n_chains; lane++) {
        bool goes = pace[lane] > 0; /* a chain that rests keeps its momentum */
        u->half[lane] = 0.5 * pace[lane];
        u->before[lane] = goes ? u->keep[lane] : 1;
        u->after[lane] = goes ? u->kick[lane] : 0;
    }
    heat_walk_kick(c, unit, &lanes, u->half);
    heat_walk_drift(c, unit, &lanes, u->half);
    s->kernel->refresh(&lanes, u->before, u->after, heat_walk_take_normals(s, u), u->n_chains);
    heat_walk_drift(c, unit, &lanes, u->half);
    status = heat_walk_evaluate(worker, s, u, false);
    if (status == HEAT_OK && !s->kernel->are_finite(u->stride, u->energy))
        status = fail_away(worker, c);
    if (status == HEAT_OK)
        heat_walk_kick(c, unit, &lanes, u->half);
    return status;
}

static heat_status go_underdamped(heat_context *worker, heat_chains *c, int64_t unit, const double *pace,
                                  int64_t n)
{
    heat_status status = HEAT_OK;

    for (int64_t k = 0; k < n && status == HEAT_OK; k++)
        status = step_underdamped(worker, c, unit, pace);
    return status;
}

static heat_status sweep_overdamped(heat_context *worker, heat_chains *c, int64_t unit)
{
    return sweep_by(worker, c, unit, go_overdamped);
}

static heat_status sweep_underdamped(heat_context *worker, heat_chains *c, int64_t unit)
{
    return sweep_by(worker, c, unit, go_underdamped);
}

const heat_walk_move heat_walk_ula = {.target = 0.995,
                                      .refined = 0.70710678118654752440,
                                      .order = 1,
                                      .needs_gradient = true,
                                      .is_squared = true,
                                      .sweep = sweep_overdamped};
const heat_walk_move heat_walk_underdamped = {
    .target = 0.99, .refined = 0.5, .order = 2, .needs_gradient = true, .sweep = sweep_underdamped};

const heat_engine heat_engine_ula = {
    .name = "ula", .layout = &heat_layout_walks, .walk = &heat_walk_ula, .run = heat_sampling_run_chains};
const heat_engine heat_engine_underdamped = {.name = "underdamped",
                                             .layout = &heat_layout_walks,
                                             .walk = &heat_walk_underdamped,
                                             .run = heat_sampling_run_chains};
