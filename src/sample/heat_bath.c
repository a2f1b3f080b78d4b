/* Heat bath: a variable forgets its value and takes each with its conditional probability, exp(-beta E(a)) /
 * sum. Glauber, J. Math. Phys. 4 (1963) 294; Geman and Geman, IEEE TPAMI 6 (1984) 721. */
#include "kernel/elementary.h"
#include "sample/engine.h"

static void heat_bath_rule(int32_t q, int32_t current, const double *x, double *p)
{
    double largest = x[current], sum = 0;

    for (int32_t a = 0; a < q; a++)
        largest = x[a] > largest ? x[a] : largest;
    for (int32_t a = 0; a < q; a++) {
        p[a] =
            x[a] == largest ? 1 : heat_exp_negative(x[a] - largest); /* +infinity leaves a forbidden state */
        sum += p[a];
    }
    for (int32_t a = 0; a < q; a++)
        p[a] /= sum;
}

static heat_status heat_bath_sweep(heat_context *worker, heat_chains *chains, int64_t unit)
{
    return heat_site_sweep(worker, chains, unit, heat_bath_rule, HEAT_FLIP_HEAT_BATH);
}

const heat_engine heat_engine_heat_bath = {"heat-bath", heat_bath_rule, heat_bath_sweep};
