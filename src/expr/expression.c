/* Parsed expressions, and their evaluation. */
#include "expr/expression.h"

#include "base/memory.h"
#include "expr/derivative.h"
#include "expr/parser.h"
#include "expr/tape_writer.h"
#include "kernel/isa.h"

#include <stdio.h>

struct heat_expression {
    heat_parsed parsed;
    heat_tape_text value, gradient, hessian; /* the second gives the value too */
    bool *depends;                           /* [n_variables] */
    const heat_tape_kernel *kernel;
    const heat_tape_single_kernel *single_kernel;
};

/* Writes the three tapes. rows[n] is work space. */
static heat_status write_tapes(heat_graph *g, heat_expression *e, int32_t *rows)
{
    const int32_t n = e->parsed.n_variables, value = e->parsed.value;
    heat_status status = heat_tape_write(g, n, value, NULL, &e->value);

    if (status == HEAT_OK)
        status = heat_derivative_gradient(g, value, n, rows);
    if (status == HEAT_OK)
        status = heat_tape_write(g, n, value, rows, &e->gradient);
    for (int32_t i = 0; i < n && status == HEAT_OK; i++)
        e->depends[i] = !heat_graph_is_constant(g, rows[i]) || g->nodes[rows[i]].value != 0;
    if (status == HEAT_OK)
        status = heat_derivative_along(g, n, rows, rows);
    if (status == HEAT_OK)
        status = heat_tape_write(g, n, -1, rows, &e->hessian);
    return status;
}

heat_status heat_expression_parse(heat_context *ctx, const char *name, const char *text, int32_t n_lets,
                                  const heat_let *lets, heat_expression **out)
{
    heat_graph graph;
    heat_expression *e = NULL;
    int32_t *rows = NULL;
    heat_status status;

    *out = NULL;
    heat_graph_init(ctx, &graph);
    status = graph.status;
    if (status == HEAT_OK)
        status = heat_alloc(ctx, 1, sizeof *e, &e);
    if (status == HEAT_OK)
        status = heat_parser_run(&graph, name, text, n_lets, lets, &e->parsed);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, e->parsed.n_variables, sizeof *e->depends, &e->depends);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, e->parsed.n_variables, sizeof *rows, &rows);
    if (status == HEAT_OK)
        status = write_tapes(&graph, e, rows);
    heat_graph_clear(&graph);
    heat_free(rows);
    if (status != HEAT_OK) {
        heat_expression_free(e);
        return status;
    }
    *out = e;
    heat_expression_set_isa(e, "auto");
    return HEAT_OK;
}

void heat_expression_free(heat_expression *e)
{
    if (e == NULL)
        return;
    heat_tape_text_clear(&e->value);
    heat_tape_text_clear(&e->gradient);
    heat_tape_text_clear(&e->hessian);
    heat_free(e->depends);
    heat_free(e);
}

int32_t heat_expression_n_variables(const heat_expression *e)
{
    return e->parsed.n_variables;
}

const char *heat_expression_variable_name(const heat_expression *e, int32_t i, char *buffer)
{
    if (e->parsed.is_indexed)
        snprintf(buffer, 16, "x%d", (int)i + 1);
    else
        snprintf(buffer, 16, "%c", 'x' + (int)i);
    return buffer;
}

bool heat_expression_depends_on(const heat_expression *e, int32_t i)
{
    return e->depends[i];
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

int64_t heat_expression_work_size(const heat_expression *e)
{
    return larger(heat_tape_work_size(&e->value.tape),
                  larger(heat_tape_work_size(&e->gradient.tape), heat_tape_work_size(&e->hessian.tape)));
}

int64_t heat_expression_whole_vectors(const heat_expression *e, int64_t n_chains)
{
    return (n_chains + e->kernel->lanes - 1) & -(int64_t)e->kernel->lanes;
}

void heat_expression_evaluate(const heat_expression *e, int64_t n_chains, int64_t stride, const double *x,
                              double *values, double *gradients, double *work)
{
    const heat_tape_rows rows = {
        .n_chains = n_chains, .stride = stride, .x = x, .values = values, .rows = gradients, .work = work};

    e->kernel->run(gradients == NULL ? &e->value.tape : &e->gradient.tape, &rows);
}

void heat_expression_evaluate_single(const heat_expression *e, int64_t n_chains, int64_t stride,
                                     const float *x, float *values, float *gradients, float *work)
{
    const heat_tape_single_rows rows = {
        .n_chains = n_chains, .stride = stride, .x = x, .values = values, .rows = gradients, .work = work};

    e->single_kernel->run(gradients == NULL ? &e->value.tape : &e->gradient.tape, &rows);
}

void heat_expression_times_hessian(const heat_expression *e, int64_t n_chains, int64_t stride,
                                   const double *x, const double *v, double *products, double *work)
{
    const heat_tape_rows rows = {
        .n_chains = n_chains, .stride = stride, .x = x, .direction = v, .rows = products, .work = work};

    e->kernel->run(&e->hessian.tape, &rows);
}

bool heat_expression_set_isa(heat_expression *e, const char *isa)
{
    const heat_isa *row = heat_isa_get(isa);

    if (row == NULL)
        return false;
    e->kernel = row->tapes;
    e->single_kernel = row->single_tapes;
    return true;
}
