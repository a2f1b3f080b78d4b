/* Why chains of trajectories do not converge, in words that help: what was lost, because some place is too
 * narrow for the step, is where they never were (Betancourt, arXiv:1701.02434, section 6.2); and an energy
 * whose spread is far above what fresh momenta bring is walked through at random (Betancourt,
 * arXiv:1604.00695). Both are signs of a funnel. */
#include "sample/geometry_check.h"

#include <math.h>
#include <stdio.h>

/* Of the moves; and below this an energy is slow: Stan's 0.3 warns of what may be, here something is. */
static const double most_lost = 1e-3, least_e_bfmi = 0.2;

static heat_status tell_lost(heat_context *ctx, heat_sample_temperature *row, int64_t n_moves,
                             heat_sample_result *r)
{
    char line[256];

    heat_sample_withhold(r, row);
    snprintf(line, sizeof line,
             "T = %g: %lld of %lld trajectories diverged: there are places too narrow for the step. Smaller "
             "ones may fit (--target-acceptance 0.99), else other coordinates",
             row->temperature, (long long)row->divergences, (long long)n_moves);
    return heat_sampling_add_reason(ctx, r, line);
}

static heat_status tell_slow(heat_context *ctx, const heat_sample_temperature *row, heat_sample_result *r)
{
    char line[256];

    snprintf(line, sizeof line,
             "T = %g: E-BFMI %.2g: the energy spreads far wider than momenta change it in a sweep, as in a "
             "funnel. More --sweeps, or coordinates whose scales do not depend on one another",
             row->temperature, row->e_bfmi);
    return heat_sampling_add_reason(ctx, r, line);
}

heat_status heat_geometry_check(heat_context *ctx, const heat_sampling *s, heat_sample_result *r)
{
    int64_t n_moves = s->n_recorded * s->opt.replicas;
    heat_status status = HEAT_OK;

    for (int32_t t = 0; t < r->n_temperatures && status == HEAT_OK; t++) {
        heat_sample_temperature *row = &r->temperatures[t];
        if (s->engine->walk != NULL && (double)row->divergences > most_lost * (double)n_moves)
            status = tell_lost(ctx, row, n_moves, r);
        if (status == HEAT_OK && row->outcome == HEAT_OUTCOME_NOT_CONVERGED && row->e_bfmi < least_e_bfmi)
            status = tell_slow(ctx, row, r);
    }
    return status;
}
