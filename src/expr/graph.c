/* Nodes of an expression, each once. */
#include "expr/graph.h"

#include "base/memory.h"
#include "kernel/isa.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_TABLE = 256, MOST_PRODUCT = 64 };

/* Every bit reaches the low ones. */
static uint64_t mix(uint64_t h, uint64_t bits)
{
    h = (h ^ bits) * 0x9e3779b97f4a7c15;
    return h ^ h >> 32;
}

static int64_t slot_of(const heat_graph *g, const heat_node *n)
{
    uint64_t bits, h = n->op;

    memcpy(&bits, &n->value, sizeof bits);
    for (int k = 0; k < 3; k++)
        h = mix(h, (uint32_t)n->operand[k]);
    return (int64_t)(mix(mix(h, bits), 0) & (uint64_t)(g->table_size - 1));
}

static bool is_same(const heat_node *a, const heat_node *b)
{
    return a->op == b->op && memcmp(a->operand, b->operand, sizeof a->operand) == 0 &&
           memcmp(&a->value, &b->value, sizeof a->value) == 0;
}

static void enter(heat_graph *g, int32_t k)
{
    int64_t slot = slot_of(g, &g->nodes[k]);

    while (g->table[slot] != 0)
        slot = (slot + 1) & (g->table_size - 1);
    g->table[slot] = k + 1;
}

/* Room for one more node; the table stays at most half full. */
static heat_status make_room(heat_graph *g)
{
    int32_t *table;
    heat_status status = heat_grow(g->ctx, g->n_nodes + 1, sizeof *g->nodes, &g->capacity, &g->nodes);

    if (status != HEAT_OK || 2 * ((int64_t)g->n_nodes + 1) <= g->table_size)
        return status;
    status = heat_alloc(g->ctx, g->table_size == 0 ? FIRST_TABLE : 2 * g->table_size, sizeof *table, &table);
    if (status != HEAT_OK)
        return status;
    heat_free(g->table);
    g->table = table;
    g->table_size = g->table_size == 0 ? FIRST_TABLE : 2 * g->table_size;
    for (int32_t k = 0; k < g->n_nodes; k++)
        enter(g, k);
    return HEAT_OK;
}

static int32_t add_node(heat_graph *g, heat_node n)
{
    if (g->status != HEAT_OK)
        return 0;
    if (g->table_size > 0)
        for (int64_t slot = slot_of(g, &n); g->table[slot] != 0; slot = (slot + 1) & (g->table_size - 1))
            if (is_same(&g->nodes[g->table[slot] - 1], &n))
                return g->table[slot] - 1;
    g->status = make_room(g);
    if (g->status != HEAT_OK)
        return 0;
    for (int k = 0; k < 3 && n.op < HEAT_NODE_CONSTANT; k++)
        n.is_varying = n.is_varying || (n.operand[k] >= 0 && g->nodes[n.operand[k]].is_varying);
    g->n_operations += n.op < HEAT_NODE_CONSTANT;
    g->nodes[g->n_nodes] = n;
    enter(g, g->n_nodes);
    return g->n_nodes++;
}

void heat_graph_init(heat_context *ctx, heat_graph *g)
{
    *g = (heat_graph){.ctx = ctx};
    (void)heat_graph_constant(g, 0);
}

void heat_graph_clear(heat_graph *g)
{
    heat_free(g->nodes);
    heat_free(g->table);
    *g = (heat_graph){0};
}

int32_t heat_graph_constant(heat_graph *g, double value)
{
    return add_node(g, (heat_node){.op = HEAT_NODE_CONSTANT, .operand = {-1, -1, -1}, .value = value});
}

int32_t heat_graph_x(heat_graph *g, int32_t index)
{
    return add_node(g, (heat_node){.op = HEAT_NODE_X, .operand = {index, -1, -1}, .is_varying = true});
}

int32_t heat_graph_direction(heat_graph *g, int32_t index)
{
    return add_node(g, (heat_node){.op = HEAT_NODE_DIRECTION, .operand = {index, -1, -1}});
}

/* The constant that a function makes of constants: a tape of one step, run. */
static int32_t fold_function(heat_graph *g, heat_tape_op op, const int32_t operand[3])
{
    double constants[3 * HEAT_TAPE_WIDEST], value = 0, no_x = 0;
    double work[5 * HEAT_TAPE_WIDEST] __attribute__((aligned(64)));
    const heat_tape_step step = {
        op, heat_tape_place(HEAT_TAPE_VALUE, 0), heat_tape_place(HEAT_TAPE_CONSTANT, 0),
        heat_tape_place(HEAT_TAPE_CONSTANT, 1), heat_tape_place(HEAT_TAPE_CONSTANT, 2)};
    const heat_tape tape = {.n_steps = 1, .steps = &step, .constants = constants};
    const heat_tape_rows rows = {.n_chains = 1, .stride = 1, .x = &no_x, .values = &value, .work = work};

    for (int k = 0; k < 3; k++)
        for (int l = 0; l < HEAT_TAPE_WIDEST; l++)
            constants[k * HEAT_TAPE_WIDEST + l] = operand[k] < 0 ? 0 : g->nodes[operand[k]].value;
    heat_tape_ref.run(&tape, &rows);
    return heat_graph_constant(g, value);
}

static int32_t fold(heat_graph *g, heat_tape_op op, const int32_t operand[3])
{
    const double a = g->nodes[operand[0]].value, b = operand[1] < 0 ? 0 : g->nodes[operand[1]].value;

    switch (op) {
    case HEAT_TAPE_NEGATE:
        return heat_graph_constant(g, -a);
    case HEAT_TAPE_ADD:
        return heat_graph_constant(g, a + b);
    case HEAT_TAPE_SUB:
        return heat_graph_constant(g, a - b);
    case HEAT_TAPE_MUL:
        return heat_graph_constant(g, a * b);
    case HEAT_TAPE_DIV:
        return heat_graph_constant(g, a / b);
    default:
        return fold_function(g, op, operand);
    }
}

static int32_t operation(heat_graph *g, heat_tape_op op, int32_t a, int32_t b, int32_t c)
{
    const int32_t operand[3] = {a, b, c};
    bool is_known = g->status == HEAT_OK;

    for (int k = 0; k < 3 && is_known; k++)
        is_known = operand[k] < 0 || heat_graph_is_constant(g, operand[k]);
    if (is_known)
        return fold(g, op, operand);
    return add_node(g, (heat_node){.op = (uint8_t)op, .operand = {a, b, c}});
}

static bool is_value(const heat_graph *g, int32_t a, double value)
{
    return heat_graph_is_constant(g, a) && g->nodes[a].value == value;
}

static bool is_op(const heat_graph *g, int32_t a, heat_tape_op op)
{
    return g->nodes[a].op == op;
}

/* A product's constant factor, which stands first, is a power of 2. */
static bool has_power_of_2(const heat_graph *g, int32_t a)
{
    const heat_node *n = &g->nodes[a];
    int exponent;

    return n->op == HEAT_TAPE_MUL && heat_graph_is_constant(g, n->operand[0]) &&
           fabs(frexp(g->nodes[n->operand[0]].value, &exponent)) == 0.5;
}

int32_t heat_graph_negate(heat_graph *g, int32_t a)
{
    if (g->status != HEAT_OK)
        return 0;
    if (is_op(g, a, HEAT_TAPE_NEGATE))
        return g->nodes[a].operand[0];
    if (is_op(g, a, HEAT_TAPE_MUL) && heat_graph_is_constant(g, g->nodes[a].operand[0]))
        return heat_graph_mul(g, heat_graph_negate(g, g->nodes[a].operand[0]), g->nodes[a].operand[1]);
    return operation(g, HEAT_TAPE_NEGATE, a, -1, -1);
}

int32_t heat_graph_add(heat_graph *g, int32_t a, int32_t b)
{
    if (g->status != HEAT_OK)
        return 0;
    if (is_value(g, a, 0))
        return b;
    if (is_value(g, b, 0))
        return a;
    if (is_op(g, b, HEAT_TAPE_NEGATE))
        return heat_graph_sub(g, a, g->nodes[b].operand[0]);
    if (is_op(g, a, HEAT_TAPE_NEGATE))
        return heat_graph_sub(g, b, g->nodes[a].operand[0]);
    if (a == b)
        return heat_graph_mul(g, heat_graph_constant(g, 2), a);
    return a < b ? operation(g, HEAT_TAPE_ADD, a, b, -1) : operation(g, HEAT_TAPE_ADD, b, a, -1);
}

int32_t heat_graph_sub(heat_graph *g, int32_t a, int32_t b)
{
    if (g->status != HEAT_OK)
        return 0;
    if (is_value(g, b, 0))
        return a;
    if (is_value(g, a, 0))
        return heat_graph_negate(g, b);
    if (is_op(g, b, HEAT_TAPE_NEGATE))
        return heat_graph_add(g, a, g->nodes[b].operand[0]);
    if (heat_graph_is_constant(g, b))
        return heat_graph_add(g, a, heat_graph_negate(g, b));
    return operation(g, HEAT_TAPE_SUB, a, b, -1);
}

/* A constant stands first. */
int32_t heat_graph_mul(heat_graph *g, int32_t a, int32_t b)
{
    if (g->status != HEAT_OK)
        return 0;
    if (is_value(g, a, 0) || is_value(g, b, 1))
        return a;
    if (is_value(g, b, 0) || is_value(g, a, 1))
        return b;
    if (is_value(g, a, -1))
        return heat_graph_negate(g, b);
    if (is_value(g, b, -1))
        return heat_graph_negate(g, a);
    if (is_op(g, a, HEAT_TAPE_NEGATE))
        return heat_graph_negate(g, heat_graph_mul(g, g->nodes[a].operand[0], b));
    if (is_op(g, b, HEAT_TAPE_NEGATE))
        return heat_graph_negate(g, heat_graph_mul(g, a, g->nodes[b].operand[0]));
    if (has_power_of_2(g, a) && !heat_graph_is_constant(g, b)) {
        const int32_t factor = g->nodes[a].operand[0];
        return heat_graph_mul(g, factor, heat_graph_mul(g, g->nodes[a].operand[1], b));
    }
    if (has_power_of_2(g, b)) {
        const int32_t factor = g->nodes[b].operand[0], rest = g->nodes[b].operand[1];
        if (!heat_graph_is_constant(g, a))
            return heat_graph_mul(g, factor, heat_graph_mul(g, a, rest));
        if (isfinite(g->nodes[a].value * g->nodes[factor].value))
            return heat_graph_mul(g, heat_graph_mul(g, a, factor), rest);
    }
    if (heat_graph_is_constant(g, b) || (!heat_graph_is_constant(g, a) && b < a))
        return has_power_of_2(g, a) ? heat_graph_mul(g, b, a) : operation(g, HEAT_TAPE_MUL, b, a, -1);
    return operation(g, HEAT_TAPE_MUL, a, b, -1);
}

int32_t heat_graph_div(heat_graph *g, int32_t a, int32_t b)
{
    int exponent;

    if (g->status != HEAT_OK)
        return 0;
    if (is_value(g, b, 1) || (is_value(g, a, 0) && !is_value(g, b, 0)))
        return a;
    if (is_op(g, a, HEAT_TAPE_NEGATE))
        return heat_graph_negate(g, heat_graph_div(g, g->nodes[a].operand[0], b));
    if (heat_graph_is_constant(g, b) && fabs(frexp(g->nodes[b].value, &exponent)) == 0.5 &&
        abs(exponent) < 1000)
        return heat_graph_mul(g, heat_graph_constant(g, 1 / g->nodes[b].value), a);
    return operation(g, HEAT_TAPE_DIV, a, b, -1);
}

/* a^n by squares, n > 0. */
static int32_t whole_power(heat_graph *g, int32_t a, int n)
{
    int32_t square = a, product = n & 1 ? a : -1;

    for (n >>= 1; n > 0; n >>= 1) {
        square = heat_graph_mul(g, square, square);
        if (n & 1)
            product = product < 0 ? square : heat_graph_mul(g, product, square);
    }
    return product;
}

int32_t heat_graph_pow(heat_graph *g, int32_t a, int32_t b)
{
    double power, size;
    int32_t product;

    if (g->status != HEAT_OK)
        return 0;
    power = heat_graph_is_constant(g, b) ? g->nodes[b].value : 0.25;
    size = fabs(power);
    if (power == 0.5)
        return heat_graph_function(g, HEAT_TAPE_SQRT, a, -1);
    if (size > MOST_PRODUCT || size != floor(size))
        return operation(g, HEAT_TAPE_POW, a, b, -1);
    product = size >= 1 ? whole_power(g, a, (int)size) : heat_graph_constant(g, 1);
    return power < 0 ? heat_graph_div(g, heat_graph_constant(g, 1), product) : product;
}

int32_t heat_graph_function(heat_graph *g, heat_tape_op op, int32_t a, int32_t b)
{
    return operation(g, op, a, b, -1);
}

int32_t heat_graph_pick(heat_graph *g, heat_tape_op op, int32_t a, int32_t b, int32_t c)
{
    if (g->status == HEAT_OK && is_value(g, c, 0))
        return c;
    return operation(g, op, a, b, c);
}
