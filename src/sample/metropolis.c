/* Metropolis: propose one of the other values, accept with probability min(1, exp(-beta delta)).
 * Metropolis, Rosenbluth, Rosenbluth, Teller, Teller, J. Chem. Phys. 21 (1953) 1087. */
#include "kernel/elementary.h"
#include "sample/sampling.h"

static void metropolis_rule(int32_t q, int32_t current, const double *x, double *p)
{
    double moves = 0;

    for (int32_t a = 0; a < q; a++) {
        p[a] = a == current ? 0 : heat_exp_negative(x[a] < 0 ? x[a] : 0) / (q - 1);
        moves += p[a];
    }
    p[current] = 1 - moves;
}

const heat_site_rule heat_rule_metropolis = {metropolis_rule, HEAT_FLIP_METROPOLIS};

const heat_engine heat_engine_metropolis = {
    .name = "metropolis", .rule = &heat_rule_metropolis, .run = heat_sampling_run_chains};
