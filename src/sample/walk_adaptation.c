/* What the sweeps of a burn-in do to the steps and scales of a unit's rungs, and how its chains read them. */
#include "kernel/elementary.h"
#include "sample/walk_chains.h"

#include <math.h>

static heat_walk_tuning *tuning_of(const heat_chains *c, int64_t chain, double **numbers)
{
    const heat_walk_store *s = c->store;
    int64_t at = chain / c->width * c->n_rungs + c->rung[chain];

    *numbers = s->numbers + at * heat_walk_tuning_size(c->n, s->plan.mass);
    return &s->tunings[at];
}

void heat_walk_load_tuning(heat_chains *c, int64_t chain)
{
    const heat_walk_store *s = c->store;
    const heat_walk_unit *u = &s->units[chain / c->width];
    int64_t lane = chain % c->width;
    double *numbers, *scales;
    const heat_walk_tuning *t = tuning_of(c, chain, &numbers);
    double beta = heat_walk_beta(c, chain);

    scales = heat_walk_tuning_scales(c->n, s->plan.mass, numbers);
    u->step[lane] =
        t->step * (t->is_settled && c->rung[chain] >= s->plan.refined_from ? s->plan.move->refined : 1);
    for (int32_t i = 0; i < c->n && s->plan.mass == HEAT_MASS_DIAGONAL; i++)
        u->scale[i * u->stride + lane] = scales[i];
    if (c->has_reference) {
        u->beta[lane] = c->beta[chain];
        u->part[lane] = heat_chains_reference_part(c, c->beta[chain]);
    }
    if (heat_walk_has_steps(c))
        u->step[lane] = heat_walk_reference_get_step(s->plan.reference, c->beta[chain]);
    u->spread[lane] = sqrt(1 / beta);
    u->weight[lane] = c->has_reference ? 1 - u->part[lane] : 1 / beta;
    u->keep[lane] = heat_exp_negative(-s->plan.friction * u->step[lane]);
    u->kick[lane] = sqrt((1 - u->keep[lane] * u->keep[lane]) / beta);
}

void heat_walk_load_unit(heat_chains *c, int64_t unit)
{
    int64_t first, last;

    heat_chains_get_unit(c, unit, &first, &last);
    for (int64_t chain = first; chain < last; chain++)
        heat_walk_load_tuning(c, chain);
}

bool heat_walk_adapts(const heat_chains *c, int64_t unit)
{
    return c->n_sweeps[unit] < c->burn_in;
}

bool heat_walk_mean_accepted(const heat_chains *c, int64_t unit, int32_t rung, double *mean)
{
    const heat_walk_store *s = c->store;
    const heat_walk_unit *u = &s->units[unit];
    double sum = 0, count = 0;

    for (int64_t lane = 0; lane < u->n_chains; lane++)
        if (c->rung[unit * c->width + lane] == rung) {
            sum += u->odds[lane];
            count++;
        }
    *mean = sum / count;
    return count > 0;
}

double heat_walk_longest_step(const heat_chains *c, int64_t unit, int32_t rung)
{
    const heat_walk_store *s = c->store;
    const bool is_dense = s->plan.mass == HEAT_MASS_DENSE;
    double *numbers = s->numbers + (unit * c->n_rungs + rung) * heat_walk_tuning_size(c->n, s->plan.mass);
    const double *scales = is_dense && s->plan.reference != NULL
                               ? s->plan.reference->factor
                               : heat_walk_tuning_scales(c->n, s->plan.mass, numbers);
    const double spread = c->has_reference ? 1 : sqrt(1 / c->betas[rung]);
    double longest = 0;

    if (s->plan.move->needs_gradient)
        return (double)INFINITY;
    for (int32_t i = 0; i < c->n; i++) {
        double width = s->view.lower == NULL || s->view.upper == NULL ? (double)INFINITY
                                                                      : s->view.upper[i] - s->view.lower[i];
        double scale = s->plan.mass == HEAT_MASS_UNIT ? 1 : scales[is_dense ? (int64_t)i * c->n + i : i];
        longest = fmax(longest, width / (scale * spread));
    }
    return longest;
}

/* A new scale makes the step of the old one wrong: it is looked for again. */
static void close_window(heat_chains *c, int64_t unit)
{
    const heat_walk_store *s = c->store;
    const heat_walk_scaling how = {c->n, s->plan.mass, s->view.has_gradient, s->plan.least_condition};

    for (int32_t r = 0; r < c->n_rungs; r++) {
        heat_walk_tuning *t = &s->tunings[unit * c->n_rungs + r];
        double *numbers = s->numbers + (unit * c->n_rungs + r) * heat_walk_tuning_size(c->n, s->plan.mass);
        if (t->n_draws < 2)
            continue;
        heat_walk_tuning_rescale(t, &how, 1 / c->betas[r], numbers);
        if (s->plan.step > 0)
            continue;
        heat_walk_tuning_begin(t, 1);
        t->is_found = false;
    }
}

/* One sweep of the burn-in. */
static void adapt(heat_chains *c, int64_t unit)
{
    const heat_walk_store *s = c->store;
    const heat_walk_unit *u = &s->units[unit];
    int64_t sweep = c->n_sweeps[unit];
    heat_walk_phase phase = heat_walk_phase_of(sweep, c->burn_in);
    double mean;

    for (int32_t r = 0; r < c->n_rungs && s->plan.step == 0; r++)
        if (heat_walk_mean_accepted(c, unit, r, &mean))
            heat_walk_tuning_update(&s->tunings[unit * c->n_rungs + r], mean, s->plan.target,
                                    heat_walk_longest_step(c, unit, r));
    for (int64_t lane = 0; lane < u->n_chains && phase != HEAT_WALK_SETTLES && s->plan.mass != HEAT_MASS_UNIT;
         lane++) {
        double *numbers;
        heat_walk_tuning *t = tuning_of(c, unit * c->width + lane, &numbers);
        heat_walk_tuning_add(t, c->n, s->plan.mass, u->x + lane,
                             s->view.has_gradient ? u->gradient + lane : NULL, u->stride, numbers);
    }
    if (phase == HEAT_WALK_CLOSES && s->plan.mass != HEAT_MASS_UNIT)
        close_window(c, unit);
    for (int32_t r = 0; r < c->n_rungs && sweep + 1 == c->burn_in && s->plan.step == 0; r++)
        heat_walk_tuning_settle(&s->tunings[unit * c->n_rungs + r]);
    heat_walk_load_unit(c, unit);
}

void heat_walk_end_sweep(heat_chains *c, int64_t unit)
{
    const heat_walk_store *s = c->store;
    heat_walk_unit *u = &s->units[unit];

    if (heat_walk_adapts(c, unit)) {
        adapt(c, unit);
        return;
    }
    c->n_counted[unit]++;
    for (int64_t lane = 0; s->plan.move->order == 0 && lane < u->n_chains; lane++)
        u->accepted[lane] += u->odds[lane];
}
