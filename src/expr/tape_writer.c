/* The writing of tapes. Nodes that nothing needs are left out; an operation that only one other reads is
 * taken into it where there is a step for both (a b + c, rounded as two); sine and cosine of the same node
 * are one step. Rows of work are given again once they have been read for the last time, the last one first,
 * so that they stay in the nearest cache; a node that is asked for goes straight to its row. */
#include "expr/tape_writer.h"

#include "base/memory.h"

#include <string.h>

static const uint32_t NOWHERE = UINT32_MAX;

typedef struct writer {
    const heat_graph *g;
    int32_t n_x, value;
    const int32_t *rows;
    int32_t *n_uses;   /* [node] by steps, and as a result */
    int32_t *inner;    /* [node] the operand that it takes in, -1 none */
    int32_t *partner;  /* [node] that the same step gives, -1 none */
    uint8_t *is_taken; /* [node] into another */
    uint32_t *place;   /* [node] */
    int32_t *free_rows, n_free;
    int32_t n_constants;
    int64_t constants_capacity, single_capacity, steps_capacity;
    heat_tape_text *out;
} writer;

/* Whether there is a result r. */
static bool has_result(const writer *w, int32_t r)
{
    return r < (w->value >= 0) + (w->rows != NULL ? w->n_x : 0);
}

/* Result r is a node and the place where it goes: first the value, then the rows. */
static int32_t result(const writer *w, int32_t r, uint32_t *to)
{
    const int32_t row = r - (w->value >= 0);

    *to = row < 0 ? heat_tape_place(HEAT_TAPE_VALUE, 0) : heat_tape_place(HEAT_TAPE_ROW, row);
    return row < 0 ? w->value : w->rows[row];
}

static bool is_operation(const writer *w, int32_t k)
{
    return w->g->nodes[k].op < HEAT_NODE_CONSTANT;
}

/* Counts who reads each node, from last to first: what nobody reads reads nothing. */
static void count_uses(writer *w)
{
    uint32_t to;

    for (int32_t r = 0; has_result(w, r); r++)
        w->n_uses[result(w, r, &to)]++;
    for (int32_t k = w->g->n_nodes - 1; k >= 0; k--)
        for (int i = 0; i < 3 && is_operation(w, k) && w->n_uses[k] > 0; i++)
            if (w->g->nodes[k].operand[i] >= 0)
                w->n_uses[w->g->nodes[k].operand[i]]++;
}

static bool can_take(const writer *w, int32_t a, heat_tape_op op)
{
    return a >= 0 && w->g->nodes[a].op == op && w->n_uses[a] == 1 && w->inner[a] < 0 &&
           w->place[a] == NOWHERE;
}

/* Which operand a node takes in: sums take products first. */
static void choose_inner(writer *w)
{
    static const heat_tape_op into_sum[] = {HEAT_TAPE_MUL, HEAT_TAPE_ADD};
    static const heat_tape_op into_difference[] = {HEAT_TAPE_MUL};
    static const heat_tape_op into_product[] = {HEAT_TAPE_MUL, HEAT_TAPE_SUB, HEAT_TAPE_ADD};

    for (int32_t k = 0; k < w->g->n_nodes; k++) {
        const heat_node *n = &w->g->nodes[k];
        const heat_tape_op *ops = n->op == HEAT_TAPE_ADD   ? into_sum
                                  : n->op == HEAT_TAPE_SUB ? into_difference
                                                           : into_product;
        const int n_ops = n->op == HEAT_TAPE_ADD   ? 2
                          : n->op == HEAT_TAPE_SUB ? 1
                          : n->op == HEAT_TAPE_MUL ? 3
                                                   : 0;
        for (int j = 0; j < n_ops && w->n_uses[k] > 0; j++)
            for (int i = 0; i < 2 && w->inner[k] < 0; i++)
                if (can_take(w, n->operand[i], ops[j]))
                    w->inner[k] = n->operand[i];
        if (w->inner[k] >= 0)
            w->is_taken[w->inner[k]] = 1;
    }
}

/* Sines and cosines of the same node, by a table of the node's first of them. */
static void pair_functions(writer *w, int32_t *first)
{
    static const heat_tape_op pairs[2][2] = {{HEAT_TAPE_SIN, HEAT_TAPE_COS},
                                             {HEAT_TAPE_SINH, HEAT_TAPE_COSH}};

    for (int p = 0; p < 2; p++) {
        for (int32_t k = 0; k < w->g->n_nodes; k++)
            first[k] = -1;
        for (int32_t k = 0; k < w->g->n_nodes; k++) {
            const heat_node *n = &w->g->nodes[k];
            if (w->n_uses[k] == 0 || (n->op != pairs[p][0] && n->op != pairs[p][1]))
                continue;
            if (first[n->operand[0]] >= 0) {
                w->partner[first[n->operand[0]]] = k;
                w->partner[k] = first[n->operand[0]];
            }
            first[n->operand[0]] = k;
        }
    }
}

static heat_status add_constant(writer *w, double value, uint32_t *place)
{
    heat_tape_text *t = w->out;
    heat_status status = heat_grow(w->g->ctx, (int64_t)(w->n_constants + 1) * HEAT_TAPE_WIDEST,
                                   sizeof *t->constants, &w->constants_capacity, &t->constants);

    if (status == HEAT_OK)
        status = heat_grow(w->g->ctx, (int64_t)(w->n_constants + 1) * HEAT_TAPE_SINGLES,
                           sizeof *t->single_constants, &w->single_capacity, &t->single_constants);
    for (int l = 0; l < HEAT_TAPE_WIDEST && status == HEAT_OK; l++)
        t->constants[(int64_t)w->n_constants * HEAT_TAPE_WIDEST + l] = value;
    for (int l = 0; l < HEAT_TAPE_SINGLES && status == HEAT_OK; l++)
        t->single_constants[(int64_t)w->n_constants * HEAT_TAPE_SINGLES + l] = (float)value;
    *place = heat_tape_place(HEAT_TAPE_CONSTANT, w->n_constants++);
    return status;
}

/* Where node k is read; leaves get their place when they are first. */
static heat_status read_place(writer *w, int32_t k, uint32_t *place)
{
    const heat_node *n = &w->g->nodes[k];
    heat_status status = HEAT_OK;

    if (w->place[k] == NOWHERE && n->op == HEAT_NODE_CONSTANT)
        status = add_constant(w, n->value, &w->place[k]);
    else if (n->op == HEAT_NODE_X)
        w->place[k] = heat_tape_place(HEAT_TAPE_X, n->operand[0]);
    else if (n->op == HEAT_NODE_DIRECTION)
        w->place[k] = heat_tape_place(HEAT_TAPE_DIRECTION, n->operand[0]);
    *place = w->place[k];
    return status;
}

/* A row of work is free once all have read it; only rows of work are ever read to the end. */
static void let_go(writer *w, int32_t k)
{
    if (--w->n_uses[k] == 0 && is_operation(w, k))
        w->free_rows[w->n_free++] = (int32_t)(w->place[k] >> HEAT_TAPE_KIND_BITS);
}

static uint32_t write_place(writer *w, int32_t k)
{
    if (w->place[k] == NOWHERE)
        w->place[k] = heat_tape_place(HEAT_TAPE_WORK,
                                      w->n_free > 0 ? w->free_rows[--w->n_free] : w->out->tape.n_work++);
    return w->place[k];
}

static heat_status add_step(writer *w, heat_tape_step step)
{
    heat_tape_text *t = w->out;
    heat_status status =
        heat_grow(w->g->ctx, t->tape.n_steps + 1, sizeof *t->steps, &w->steps_capacity, &t->steps);

    if (status == HEAT_OK)
        t->steps[t->tape.n_steps++] = step;
    return status;
}

/* What a step for node k does, and the nodes that it reads. */
static heat_tape_op step_of(const writer *w, int32_t k, int32_t reads[3])
{
    const heat_node *n = &w->g->nodes[k];
    const int32_t m = w->inner[k];

    memcpy(reads, n->operand, sizeof n->operand);
    if (m < 0)
        return n->op;
    reads[2] = n->operand[0] == m ? n->operand[1] : n->operand[0];
    memcpy(reads, w->g->nodes[m].operand, 2 * sizeof *reads);
    switch (w->g->nodes[m].op) {
    case HEAT_TAPE_ADD:
        return n->op == HEAT_TAPE_ADD ? HEAT_TAPE_ADD_ADD : HEAT_TAPE_ADD_OF_MUL;
    case HEAT_TAPE_SUB:
        return HEAT_TAPE_SUB_OF_MUL;
    default:
        return n->op == HEAT_TAPE_MUL      ? HEAT_TAPE_MUL_MUL
               : n->op == HEAT_TAPE_ADD    ? HEAT_TAPE_MUL_ADD
               : reads[2] == n->operand[0] ? HEAT_TAPE_SUB_MUL
                                           : HEAT_TAPE_MUL_SUB;
    }
}

static heat_status write_step(writer *w, int32_t k)
{
    int32_t reads[3];
    uint32_t from[3] = {0};
    const int32_t other = w->partner[k];
    heat_tape_op op = step_of(w, k, reads);
    heat_tape_step step;
    heat_status status = HEAT_OK;

    for (int i = 0; i < 3 && status == HEAT_OK; i++)
        if (reads[i] >= 0)
            status = read_place(w, reads[i], &from[i]);
    if (status != HEAT_OK)
        return status;
    for (int i = 0; i < 3; i++)
        if (reads[i] >= 0)
            let_go(w, reads[i]);
    if (other < 0)
        return add_step(w, (heat_tape_step){op, write_place(w, k), from[0], from[1], from[2]});
    let_go(w, reads[0]); /* as the other half, which is not written again */
    w->partner[other] = w->partner[k] = -1;
    w->is_taken[other] = 1;
    step = (heat_tape_step){.a = from[0]};
    step.op = op == HEAT_TAPE_SIN || op == HEAT_TAPE_COS ? HEAT_TAPE_SIN_COS : HEAT_TAPE_SINH_COSH;
    step.to = write_place(w, op == HEAT_TAPE_SIN || op == HEAT_TAPE_SINH ? k : other);
    step.b = write_place(w, op == HEAT_TAPE_SIN || op == HEAT_TAPE_SINH ? other : k);
    return add_step(w, step);
}

static heat_status write_steps(writer *w)
{
    heat_status status = HEAT_OK;
    uint32_t to, from;

    for (int32_t r = 0; has_result(w, r); r++) {
        const int32_t k = result(w, r, &to);
        if (is_operation(w, k) && w->place[k] == NOWHERE)
            w->place[k] = to;
    }
    choose_inner(w);
    pair_functions(w, w->free_rows);
    for (int32_t k = 0; k < w->g->n_nodes && status == HEAT_OK; k++)
        if (is_operation(w, k) && w->n_uses[k] > 0 && !w->is_taken[k])
            status = write_step(w, k);
    for (int32_t r = 0; has_result(w, r) && status == HEAT_OK; r++) {
        status = read_place(w, result(w, r, &to), &from);
        if (status == HEAT_OK && from != to)
            status = add_step(w, (heat_tape_step){HEAT_TAPE_COPY, to, from, from, from});
    }
    w->out->tape.steps = w->out->steps;
    w->out->tape.constants = w->out->constants;
    w->out->tape.single_constants = w->out->single_constants;
    return status;
}

heat_status heat_tape_write(const heat_graph *g, int32_t n_x, int32_t value, const int32_t *rows,
                            heat_tape_text *out)
{
    writer w = {.g = g, .n_x = n_x, .value = value, .rows = rows, .out = out};
    heat_status status = heat_alloc(g->ctx, g->n_nodes, sizeof *w.n_uses, &w.n_uses);

    *out = (heat_tape_text){.tape = {.n_x = n_x}};
    if (status == HEAT_OK)
        status = heat_alloc(g->ctx, g->n_nodes, sizeof *w.inner, &w.inner);
    if (status == HEAT_OK)
        status = heat_alloc(g->ctx, g->n_nodes, sizeof *w.partner, &w.partner);
    if (status == HEAT_OK)
        status = heat_alloc(g->ctx, g->n_nodes, sizeof *w.is_taken, &w.is_taken);
    if (status == HEAT_OK)
        status = heat_alloc(g->ctx, g->n_nodes, sizeof *w.place, &w.place);
    if (status == HEAT_OK)
        status = heat_alloc(g->ctx, g->n_nodes, sizeof *w.free_rows, &w.free_rows);
    if (status == HEAT_OK) {
        for (int32_t k = 0; k < g->n_nodes; k++) {
            w.inner[k] = w.partner[k] = -1;
            w.place[k] = NOWHERE;
        }
        count_uses(&w);
        status = write_steps(&w);
    }
    heat_free(w.n_uses);
    heat_free(w.inner);
    heat_free(w.partner);
    heat_free(w.is_taken);
    heat_free(w.place);
    heat_free(w.free_rows);
    return status;
}

void heat_tape_text_clear(heat_tape_text *t)
{
    heat_free(t->steps);
    heat_free(t->constants);
    heat_free(t->single_constants);
    *t = (heat_tape_text){0};
}
