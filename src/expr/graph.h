/* The graph of an expression: nodes in an order in which operands come first, no two alike. What adds nodes
 * folds constants, with the kernels' own functions, and leaves out what changes nothing: x + 0, 1 x, x / 1,
 * -(-x). A factor 0 makes 0, whatever the other is. Factors that are powers of 2 are moved outwards, where
 * they meet. Apart from that a node is rounded as it was written. */
#ifndef HEATBATH_GRAPH_H
#define HEATBATH_GRAPH_H

#include "kernel/tape.h"

#include <heatbath/context.h>

/* Leaves. Inner nodes have those of the tape's operations that do one thing and write one row. */
enum { HEAT_NODE_CONSTANT = HEAT_TAPE_N_OPS, HEAT_NODE_X, HEAT_NODE_DIRECTION };

typedef struct heat_node {
    uint8_t op;
    bool is_varying;    /* depends on x */
    int32_t operand[3]; /* -1 where there is none; of x and of a direction, the first is their index */
    double value;       /* of a constant, else 0 */
} heat_node;

typedef struct heat_graph {
    heat_context *ctx;
    heat_status status; /* of the first failure; adding a node then gives 0, and nothing fails again */
    int32_t n_nodes;
    int32_t n_operations; /* nodes that are no leaves */
    heat_node *nodes;
    int64_t capacity;
    int32_t *table; /* nodes by their hash, plus 1; 0 is none */
    int64_t table_size;
} heat_graph;

void heat_graph_init(heat_context *ctx, heat_graph *g);
void heat_graph_clear(heat_graph *g);

/* Each gives the number of a node. */
int32_t heat_graph_constant(heat_graph *g, double value);
int32_t heat_graph_x(heat_graph *g, int32_t index);
int32_t heat_graph_direction(heat_graph *g, int32_t index);
int32_t heat_graph_negate(heat_graph *g, int32_t a);
int32_t heat_graph_add(heat_graph *g, int32_t a, int32_t b);
int32_t heat_graph_sub(heat_graph *g, int32_t a, int32_t b);
int32_t heat_graph_mul(heat_graph *g, int32_t a, int32_t b);
int32_t heat_graph_div(heat_graph *g, int32_t a, int32_t b);

/* a^b. Whole powers up to 64 are products, 1/2 is a square root; 1 where b is 0. */
int32_t heat_graph_pow(heat_graph *g, int32_t a, int32_t b);

/* MIN, MAX, or a function of one operand (b is -1). */
int32_t heat_graph_function(heat_graph *g, heat_tape_op op, int32_t a, int32_t b);

/* PICK: c where a < b, else 0; PICK_ELSE the reverse. */
int32_t heat_graph_pick(heat_graph *g, heat_tape_op op, int32_t a, int32_t b, int32_t c);

static inline bool heat_graph_is_constant(const heat_graph *g, int32_t a)
{
    return g->nodes[a].op == HEAT_NODE_CONSTANT;
}

#endif
