/* The trivial bound, E >= offset - sum_(i<j) |J_ij| - sum_i |h_i|. The sum is carried in two doubles, by
 * Knuth's error-free addition (The Art of Computer Programming 2, section 4.2.2, theorem B), so that what is
 * rounded is the bound itself, once, downwards. */
#include "ground/bound.h"

#include <float.h>
#include <math.h>

/* high + low, |low| at most half a unit of high's last place. */
typedef struct double_sum {
    double high, low;
} double_sum;

static double_sum add(double_sum s, double x)
{
    double high = s.high + x, part = high - s.high;
    double low = s.low + ((s.high - (high - part)) + (x - part)), sum = high + low;

    return (double_sum){sum, low - (sum - high)};
}

double heat_bound_get(const heat_model *model)
{
    heat_pairwise g;
    heat_model_info info;
    double_sum s = {0};
    double slack = 0;

    if (!heat_model_get_pairwise(model, &g))
        return -(double)INFINITY;
    heat_model_describe(model, &info);
    for (int32_t i = 0; i < g.n; i++) {
        for (int64_t k = g.row[i + 1]; k > g.row[i] && g.col[k - 1] > i; k--)
            s = add(s, -fabs(heat_pairwise_coupling(&g, k - 1)));
        s = add(s, -fabs(g.field[i]));
    }
    if (!g.exact && info.coding != HEAT_CODING_SPIN) /* its fields are rounded sums of its terms */
        slack = DBL_EPSILON * (info.max_degree + 2.0) * (fabs(s.high) + fabs(g.offset));
    s = add(s, g.offset);
    s = add(s, -slack);
    return s.low < 0 ? nextafter(s.high, -(double)INFINITY) : s.high;
}

/* No coupling and no field pulls against the state. */
static bool is_satisfied(const heat_pairwise *g, const int8_t *state)
{
    for (int32_t i = 0; i < g->n; i++) {
        if (g->field[i] * state[i] < 0)
            return false;
        for (int64_t k = g->row[i]; k < g->row[i + 1]; k++)
            if (heat_pairwise_coupling(g, k) * state[i] * state[g->col[k]] < 0)
                return false;
    }
    return true;
}

bool heat_bound_is_met(const heat_model *model, double bound, const int8_t *state, double energy)
{
    heat_pairwise g;
    heat_model_info info;

    heat_model_describe(model, &info);
    if (info.exact)
        return energy <= bound;
    return info.coding == HEAT_CODING_SPIN && energy <= bound + 1e-9 * (1 + fabs(bound)) &&
           heat_model_get_pairwise(model, &g) && is_satisfied(&g, state);
}
