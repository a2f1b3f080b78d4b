/* Derivatives. Of each operation k = f(a, b, c) one function tells factor * d k / d operand, and serves both
 * ways through the graph.
 *
 * Reverse mode (Griewank and Walther, Evaluating Derivatives, 2nd ed. (2008), section 3.2): with the adjoint
 * of the value 1, nodes from last to first add adjoint(k) d k / d a to adjoint(a). The adjoints of x are the
 * gradient, at the price of a few evaluations however many x there are.
 *
 * Forward over reverse (Pearlmutter, Neural Comput. 6 (1994) 147): with the tangent of x_j v_j, nodes from
 * first to last have the tangent sum over operands d k / d a tangent(a). The tangents of the gradient are H
 * v.
 */
#include "expr/derivative.h"

#include "base/memory.h"

static int32_t square_and_1(heat_graph *g, int32_t a)
{
    return heat_graph_add(g, heat_graph_mul(g, a, a), heat_graph_constant(g, 1));
}

/* Of a^b by a: b a^(b - 1); by b: a^b log(a), 0 where a is not above 0. */
static int32_t times_power(heat_graph *g, int32_t k, int which, int32_t factor)
{
    const int32_t a = g->nodes[k].operand[0], b = g->nodes[k].operand[1];
    int32_t less, slope;

    if (which == 0) {
        less = heat_graph_pow(g, a, heat_graph_sub(g, b, heat_graph_constant(g, 1)));
        return heat_graph_mul(g, factor, heat_graph_mul(g, b, less));
    }
    slope = heat_graph_mul(g, k, heat_graph_function(g, HEAT_TAPE_LOG, a, -1));
    return heat_graph_mul(g, factor, heat_graph_pick(g, HEAT_TAPE_PICK, heat_graph_constant(g, 0), a, slope));
}

/* factor * d k / d operand, of k with one operand a. */
static int32_t times_slope(heat_graph *g, int32_t k, int32_t factor)
{
    const int32_t a = g->nodes[k].operand[0];

    switch (g->nodes[k].op) {
    case HEAT_TAPE_NEGATE:
        return heat_graph_negate(g, factor);
    case HEAT_TAPE_ABS:
        return heat_graph_mul(g, factor, heat_graph_function(g, HEAT_TAPE_SIGN, a, -1));
    case HEAT_TAPE_SQRT: /* 0 at 0, as of abs: sqrt(x^2 + y^2) is often evaluated there */
        factor = heat_graph_div(g, heat_graph_mul(g, heat_graph_constant(g, 0.5), factor), k);
        return heat_graph_pick(g, HEAT_TAPE_PICK, heat_graph_constant(g, 0), k, factor);
    case HEAT_TAPE_EXP:
        return heat_graph_mul(g, factor, k);
    case HEAT_TAPE_LOG:
        return heat_graph_div(g, factor, a);
    case HEAT_TAPE_SIN:
        return heat_graph_mul(g, factor, heat_graph_function(g, HEAT_TAPE_COS, a, -1));
    case HEAT_TAPE_COS:
        return heat_graph_negate(g, heat_graph_mul(g, factor, heat_graph_function(g, HEAT_TAPE_SIN, a, -1)));
    case HEAT_TAPE_TAN:
        return heat_graph_mul(g, factor, square_and_1(g, k));
    case HEAT_TAPE_ATAN:
        return heat_graph_div(g, factor, square_and_1(g, a));
    case HEAT_TAPE_SINH:
        return heat_graph_mul(g, factor, heat_graph_function(g, HEAT_TAPE_COSH, a, -1));
    case HEAT_TAPE_COSH:
        return heat_graph_mul(g, factor, heat_graph_function(g, HEAT_TAPE_SINH, a, -1));
    case HEAT_TAPE_TANH:
        return heat_graph_mul(g, factor,
                              heat_graph_sub(g, heat_graph_constant(g, 1), heat_graph_mul(g, k, k)));
    default: /* SIGN */
        return heat_graph_constant(g, 0);
    }
}

/* factor * d k / d operand[which]. */
static int32_t times_partial(heat_graph *g, int32_t k, int which, int32_t factor)
{
    const int32_t a = g->nodes[k].operand[0], b = g->nodes[k].operand[1];

    switch (g->nodes[k].op) {
    case HEAT_TAPE_ADD:
        return factor;
    case HEAT_TAPE_SUB:
        return which == 0 ? factor : heat_graph_negate(g, factor);
    case HEAT_TAPE_MUL:
        return heat_graph_mul(g, factor, which == 0 ? b : a);
    case HEAT_TAPE_DIV:
        factor = heat_graph_div(g, factor, b);
        return which == 0 ? factor : heat_graph_negate(g, heat_graph_mul(g, factor, k));
    case HEAT_TAPE_MIN:
        return heat_graph_pick(g, which == 0 ? HEAT_TAPE_PICK : HEAT_TAPE_PICK_ELSE, a, b, factor);
    case HEAT_TAPE_MAX:
        return heat_graph_pick(g, which == 0 ? HEAT_TAPE_PICK : HEAT_TAPE_PICK_ELSE, b, a, factor);
    case HEAT_TAPE_PICK:
    case HEAT_TAPE_PICK_ELSE:
        return which == 2 ? heat_graph_pick(g, g->nodes[k].op, a, b, factor) : heat_graph_constant(g, 0);
    case HEAT_TAPE_POW:
        return times_power(g, k, which, factor);
    default:
        return times_slope(g, k, factor);
    }
}

heat_status heat_derivative_gradient(heat_graph *g, int32_t of, int32_t n, int32_t *gradient)
{
    int32_t *adjoint = NULL; /* -1: 0 */
    heat_status status = heat_alloc(g->ctx, of + 1, sizeof *adjoint, &adjoint);

    if (status != HEAT_OK)
        return status;
    for (int32_t k = 0; k < of; k++)
        adjoint[k] = -1;
    adjoint[of] = heat_graph_constant(g, 1);
    for (int32_t i = 0; i < n; i++)
        gradient[i] = heat_graph_constant(g, 0);
    for (int32_t k = of; k >= 0 && g->status == HEAT_OK; k--) {
        if (adjoint[k] < 0 || !g->nodes[k].is_varying)
            continue;
        if (g->nodes[k].op == HEAT_NODE_X)
            gradient[g->nodes[k].operand[0]] = adjoint[k];
        for (int which = 0; which < 3 && g->nodes[k].op < HEAT_NODE_CONSTANT; which++) {
            const int32_t a = g->nodes[k].operand[which];
            if (a < 0 || !g->nodes[a].is_varying)
                continue;
            const int32_t part = times_partial(g, k, which, adjoint[k]);
            adjoint[a] = adjoint[a] < 0 ? part : heat_graph_add(g, adjoint[a], part);
        }
    }
    heat_free(adjoint);
    return g->status;
}

heat_status heat_derivative_along(heat_graph *g, int32_t n, const int32_t *gradient, int32_t *product)
{
    const int32_t n_nodes = g->n_nodes;
    int32_t *tangent = NULL;
    heat_status status = heat_alloc(g->ctx, n_nodes, sizeof *tangent, &tangent);

    if (status != HEAT_OK)
        return status;
    for (int32_t k = 0; k < n_nodes && g->status == HEAT_OK; k++) {
        tangent[k] = heat_graph_constant(g, 0);
        if (g->nodes[k].op == HEAT_NODE_X)
            tangent[k] = heat_graph_direction(g, g->nodes[k].operand[0]);
        for (int which = 0; which < 3 && g->nodes[k].is_varying && g->nodes[k].op < HEAT_NODE_CONSTANT;
             which++) {
            const int32_t a = g->nodes[k].operand[which];
            if (a >= 0 && g->nodes[a].is_varying)
                tangent[k] = heat_graph_add(g, tangent[k], times_partial(g, k, which, tangent[a]));
        }
    }
    for (int32_t i = 0; i < n && g->status == HEAT_OK; i++)
        product[i] = tangent[gradient[i]];
    heat_free(tangent);
    return g->status;
}
