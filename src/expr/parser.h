/* The text of an expression, as nodes of a graph. */
#ifndef HEATBATH_PARSER_H
#define HEATBATH_PARSER_H

#include "expr/expression.h"
#include "expr/graph.h"

typedef struct heat_parsed {
    int32_t value; /* the node */
    int32_t n_variables;
    bool is_indexed; /* x1 ... xn, not x, y, z */
} heat_parsed;

/* As heat_expression_parse. */
HEAT_MUST_USE heat_status heat_parser_run(heat_graph *g, const char *name, const char *text, int32_t n_lets,
                                          const heat_let *lets, heat_parsed *out);

#endif
