/* With the other layer y summed out, Gaussian units x are a mixture of normal densities of one width and
 * weights w_y > 0,
 *
 *     sum_y w_y prod_i N(x_i; m_i(y), 1 / beta a_i),   m_i(y) = (b_i + sum_j W_ij phi(y_j)) / a_i,
 *
 * of each of which the trapezoidal rule of step s / r, s the deviation, is off by 2 exp(-2 pi^2 r^2) of its
 * integral, wherever its mean is: so it is of all of them together. What is cut off lies FAR deviations
 * beyond the outermost means. Trefethen and Weideman, SIAM Rev. 56 (2014) 385.
 *
 * ReLU units have no outermost value: of a single x the slope of the log density at x > 0 is at most
 * B - a' x, as their means are at most max(0, f) / a_j + 0.8 / sqrt(beta a_j) in a field f,
 *
 *     B = |b| + sum_j |W_j| (|c_j| / a_j + 0.8 / sqrt(beta a_j)),   a' = a - sum_(W_j > 0) W_j^2 / a_j,
 *
 * and likewise below 0: beyond B / a' it falls off as a normal density of precision a' at least. */
#include "exact/unit_grid.h"

#include <math.h>

static const double nodes_a_deviation = 1.4; /* an error of 1e-16 */
static const double far = 8.6, most_nodes = 1048576, most_states = 1099511627776;

/* W of number a of the layer `is_visible` and m of the other. */
static double weight(const heat_unit_layers *u, bool is_visible, int64_t a, int64_t m)
{
    int64_t width = heat_unit_layer_width(&u->hidden);

    return u->weights[is_visible ? a * width + m : m * width + a];
}

/* Lowest and highest a m_i(y). */
static void find_ends(const heat_unit_layers *u, bool is_visible, int32_t i, double *low, double *high)
{
    const heat_unit_layer *own = is_visible ? &u->visible : &u->hidden;
    const heat_unit_layer *other = is_visible ? &u->hidden : &u->visible;

    *low = *high = own->bias[i];
    for (int32_t j = 0; j < other->n; j++) {
        double least = (double)INFINITY, most = -least;
        for (int32_t a = 0; a < heat_unit_layer_states(other); a++) {
            int32_t place;
            double x = other->kind->layer == HEAT_LAYER_SPIN ? 2 * a - 1 : a;
            double feature = heat_unit_feature(other, x, &place);
            double pull = feature * weight(u, is_visible, i, (int64_t)j * other->q + place);
            least = fmin(least, pull);
            most = fmax(most, pull);
        }
        *low += least;
        *high += most;
    }
}

/* The same where a single unit meets ReLU units, and the least precision it falls off with; false: it does
 * not. */
static bool bound_ends(const heat_unit_layers *u, bool is_visible, double beta, double *low, double *high,
                       double *precision)
{
    const heat_unit_layer *own = is_visible ? &u->visible : &u->hidden;
    const heat_unit_layer *other = is_visible ? &u->hidden : &u->visible;
    double up = 0, down = 0, pull = fabs(own->bias[0]);

    for (int32_t j = 0; j < other->n; j++) {
        double w = weight(u, is_visible, 0, j), a = other->precision[j];
        *(w > 0 ? &up : &down) += w * w / a;
        pull += fabs(w) * (fabs(other->bias[j]) / a + 0.8 / sqrt(beta * a));
    }
    *precision = own->precision[0] - fmax(up, down);
    *low = -pull;
    *high = pull;
    return *precision > 1e-9 * own->precision[0];
}

bool heat_unit_grid_diverges(const heat_unit_layers *u, bool is_visible)
{
    const heat_unit_layer *own = is_visible ? &u->visible : &u->hidden;
    const heat_unit_layer *other = is_visible ? &u->hidden : &u->visible;
    double low, high, precision;

    return own->kind->layer == HEAT_LAYER_GAUSSIAN && other->kind->layer == HEAT_LAYER_RELU && own->n == 1 &&
           !bound_ends(u, is_visible, 1, &low, &high, &precision);
}

bool heat_unit_grid_find(const heat_unit_layers *u, bool is_visible, int32_t i, double beta,
                         heat_unit_nodes *nodes)
{
    const heat_unit_layer *own = is_visible ? &u->visible : &u->hidden;
    const heat_unit_layer *other = is_visible ? &u->hidden : &u->visible;
    bool is_half = other->kind->layer == HEAT_LAYER_RELU;
    double low, high, precision, count;

    if (own->kind->layer != HEAT_LAYER_GAUSSIAN || other->kind->layer == HEAT_LAYER_GAUSSIAN ||
        (is_half && own->n != 1))
        return false;
    precision = own->precision[i];
    if (!is_half)
        find_ends(u, is_visible, i, &low, &high);
    else if (!bound_ends(u, is_visible, beta, &low, &high, &precision))
        return false;
    low = low / precision - far / sqrt(beta * precision);
    high = high / precision + far / sqrt(beta * precision);
    count = ceil((high - low) * nodes_a_deviation * sqrt(beta * own->precision[i])) + 1;
    if (!(count <= most_nodes))
        return false;
    *nodes = (heat_unit_nodes){low, (high - low) / (count - 1), (int64_t)count};
    return true;
}

double heat_unit_grid_count(const heat_unit_layers *u, bool is_visible, double beta)
{
    const heat_unit_layer *own = is_visible ? &u->visible : &u->hidden;
    double count = 1;

    for (int32_t i = 0; i < own->n; i++) {
        heat_unit_nodes nodes;
        if (!heat_unit_grid_find(u, is_visible, i, beta, &nodes))
            return (double)INFINITY;
        count *= (double)nodes.count;
        if (count > most_states)
            return (double)INFINITY;
    }
    return count;
}
