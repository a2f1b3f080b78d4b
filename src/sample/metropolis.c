/* Metropolis: propose one of the other values, accept with probability min(1, exp(-beta delta)).
 * Metropolis, Rosenbluth, Rosenbluth, Teller, Teller, J. Chem. Phys. 21 (1953) 1087. */
#include "kernel/elementary.h"
#include "sample/engine.h"

static void metropolis_rule(int32_t q, int32_t current, const double *x, double *p)
{
    double moves = 0;

    for (int32_t a = 0; a < q; a++) {
        p[a] = a == current ? 0 : heat_exp_negative(x[a] < 0 ? x[a] : 0) / (q - 1);
        moves += p[a];
    }
    p[current] = 1 - moves;
}

static heat_status metropolis_sweep(heat_context *worker, heat_chains *chains, int64_t unit)
{
    return heat_site_sweep(worker, chains, unit, metropolis_rule, HEAT_FLIP_METROPOLIS);
}

const heat_engine heat_engine_metropolis = {"metropolis", metropolis_rule, metropolis_sweep};
