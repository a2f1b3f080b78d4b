/* Heat bath: a variable forgets its value and takes each with its conditional probability, exp(-beta E(a)) /
 * sum. Glauber, J. Math. Phys. 4 (1963) 294; Geman and Geman, IEEE TPAMI 6 (1984) 721. */
#include "kernel/elementary.h"
#include "sample/sampling.h"

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

const heat_site_rule heat_rule_heat_bath = {heat_bath_rule, HEAT_FLIP_HEAT_BATH};

const heat_engine heat_engine_heat_bath = {
    .name = "heat-bath", .rule = &heat_rule_heat_bath, .run = heat_sampling_run_chains};
