/* MALA and Hamiltonian Monte Carlo: a trajectory of leapfrog steps from fresh momenta, accepted with
 * probability min(1, exp(-change of H / T)). MALA is that of one step e, x' = x - h grad U + sqrt(2 T h) xi
 * with h = e^2 / 2: Roberts and Tweedie, Bernoulli 2 (1996) 341; Duane et al., Phys. Lett. B 195 (1987) 216.
 *
 * The number of steps is drawn evenly from 1 ... 2 L - 1, so that no period of the motion is met: Mackenze,
 * Phys. Lett. B 226 (1989) 369. Where L is not given it makes a quarter of the period of a variable whose
 * standard deviation at T = 1 is its scale. */
#include "sample/sampling.h"
#include "sample/walk_motion.h"

#include <math.h>

enum { MOST_LEAPS = 1000 };

/* L of a chain with that step. */
static double mean_leaps(const heat_walk_plan *plan, double step)
{
    const double quarter = 1.570796326794896619;
    double leaps = plan->n_steps > 0 ? (double)plan->n_steps : ceil(quarter / step);

    return leaps >= 1 && leaps < MOST_LEAPS ? leaps : leaps >= 1 ? MOST_LEAPS : 1;
}

/* Sets the leaps of each chain and returns the most. One number decides for the whole unit: it does not
 * depend on any state. */
static int64_t draw_leaps(const heat_walk_store *s, heat_walk_unit *u)
{
    double uniform = heat_walk_take_uniforms(s, u)[0];
    int64_t most = 0;

    for (int64_t lane = 0; lane < u->n_chains; lane++) {
        u->leaps[lane] = 1 + floor(uniform * (2 * mean_leaps(&s->plan, u->step[lane]) - 1));
        most = (int64_t)u->leaps[lane] > most ? (int64_t)u->leaps[lane] : most;
    }
    return most;
}

static heat_status run_trajectory(heat_context *worker, heat_chains *c, int64_t unit, bool is_single)
{
    const heat_walk_store *s = c->store;
    heat_walk_unit *u = &s->units[unit];
    heat_status status = heat_walk_find_steps(worker, c, unit);
    int64_t most = 1;

    if (status != HEAT_OK)
        return status;
    for (int64_t lane = 0; lane < u->n_chains; lane++)
        u->leaps[lane] = 1;
    if (!is_single)
        most = draw_leaps(s, u);
    heat_walk_set_off(c, unit);
    for (int64_t lane = 0; lane < u->n_chains; lane++)
        u->total[lane] = u->energy[lane] + u->before[lane];
    for (int64_t k = 0; k < most && status == HEAT_OK; k++) {
        for (int64_t lane = 0; lane < u->n_chains && !is_single; lane++)
            u->pace[lane] = (double)k < u->leaps[lane] ? u->pace[lane] : 0;
        status = heat_walk_leap(worker, c, unit);
    }
    if (status != HEAT_OK)
        return status;
    heat_walk_compare(c, unit);
    heat_walk_decide(c, unit);
    heat_walk_end_sweep(c, unit);
    return HEAT_OK;
}

static heat_status sweep_once(heat_context *worker, heat_chains *c, int64_t unit)
{
    return run_trajectory(worker, c, unit, true);
}

static heat_status sweep_many(heat_context *worker, heat_chains *c, int64_t unit)
{
    return run_trajectory(worker, c, unit, false);
}

/* The acceptances at which either is cheapest in many dimensions: Roberts and Rosenthal, J. R. Stat. Soc. B
 * 60 (1998) 255; Beskos et al., Bernoulli 19 (2013) 1501, below which long steps are lost in curved places.
 */
const heat_walk_move heat_walk_mala = {
    .target = 0.574, .refined = 1, .needs_gradient = true, .is_squared = true, .sweep = sweep_once};
const heat_walk_move heat_walk_hmc = {
    .target = 0.8, .refined = 1, .needs_gradient = true, .sweep = sweep_many};

const heat_engine heat_engine_mala = {
    .name = "mala", .layout = &heat_layout_walks, .walk = &heat_walk_mala, .run = heat_sampling_run_chains};
const heat_engine heat_engine_hmc = {
    .name = "hmc", .layout = &heat_layout_walks, .walk = &heat_walk_hmc, .run = heat_sampling_run_chains};
