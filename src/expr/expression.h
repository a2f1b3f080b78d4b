/* Expressions typed by a user, such as `(x^2-1)^2 + 0.5*y^2`: text -> graph -> tapes, which give values,
 * gradients and products with the Hessian for many chains at once. docs/expressions.md tells the language.
 *
 * A text is parsed into a graph without repetitions (expr/graph.h), to which reverse mode adds the nodes of
 * the gradient and forward mode over it those of H v (expr/derivative.h); three tapes are written from the
 * graph (expr/tape_writer.h), and kernel/tape.h runs them. */
#ifndef HEATBATH_EXPRESSION_H
#define HEATBATH_EXPRESSION_H

#include <heatbath/context.h>

enum {
    HEAT_EXPRESSION_MOST_CHARACTERS = 1 << 16,
    HEAT_EXPRESSION_MOST_VARIABLES = 1 << 14,
    HEAT_EXPRESSION_MOST_OPERATIONS = 1 << 16, /* of the value, constants and repetitions not counted */
    HEAT_EXPRESSION_MOST_DEPTH = 200,          /* of parentheses, powers and signs within each other */
    HEAT_EXPRESSION_MOST_WORDS = 1 << 18,      /* read, those within a sum once a term */
    HEAT_EXPRESSION_LONGEST_NAME = 31
};

/* A parameter that the text may use, `--let name=value`. */
typedef struct heat_let {
    const char *name; /* a letter, then letters, digits and _ */
    double value;     /* finite */
} heat_let;

typedef struct heat_expression heat_expression;

/* Parses `text`, which may use the parameters lets[n_lets]. `name` is what errors call the text: a message is
 * "NAME:LINE:COLUMN: ..." with both counted from 1, in the context too. HEAT_ERROR_INPUT if it does not
 * parse, passes a limit, or uses no variable; HEAT_ERROR_OPTION (option `let`) for a parameter that is no
 * name, is there twice, is taken already (pi, x, exp), is not finite, or is not used. */
HEAT_MUST_USE heat_status heat_expression_parse(heat_context *ctx, const char *name, const char *text,
                                                int32_t n_lets, const heat_let *lets, heat_expression **out);

/* NULL is allowed. */
void heat_expression_free(heat_expression *e);

/* x, y and z: up to the last of them that is used. x1 ... xn: up to the greatest index. */
int32_t heat_expression_n_variables(const heat_expression *e);

/* "x" or "x7" of variable i, counted from 0; `buffer` takes 16 bytes. Returns it. */
const char *heat_expression_variable_name(const heat_expression *e, int32_t i, char *buffer);

/* Whether the value depends on variable i at all. */
bool heat_expression_depends_on(const heat_expression *e, int32_t i);

/* How many doubles the evaluations below work in. */
int64_t heat_expression_work_size(const heat_expression *e);

/* The fewest chains, at least n_chains, that fill vectors (at most 8 chains each): who has room for them,
 * with any numbers in x, and evaluates so many, saves that the last are copied. */
int64_t heat_expression_whole_vectors(const heat_expression *e, int64_t n_chains);

/* values[c] for c < n_chains, at x[i * stride + c], and gradients[i * stride + c] = d value / d x_i unless it
 * is NULL. NaN where a function is not defined; no other check. `work` is heat_expression_work_size() doubles
 * that begin at a multiple of 64 bytes (as heat_alloc gives them), one such array a thread: nothing else is
 * written to. The bits depend on x alone: not on the instruction set, n_chains or stride, and values not on
 * whether there are gradients. */
void heat_expression_evaluate(const heat_expression *e, int64_t n_chains, int64_t stride, const double *x,
                              double *values, double *gradients, double *work);

/* The same in single precision, constants rounded to it; twice as many floats of work. */
void heat_expression_evaluate_single(const heat_expression *e, int64_t n_chains, int64_t stride,
                                     const float *x, float *values, float *gradients, float *work);

/* products[i * stride + c] = sum_j d^2 value / (d x_i d x_j) v[j * stride + c] at x, likewise. */
void heat_expression_times_hessian(const heat_expression *e, int64_t n_chains, int64_t stride,
                                   const double *x, const double *v, double *products, double *work);

/* Makes it run on another instruction set than the widest; false if there is none of that name here. */
bool heat_expression_set_isa(heat_expression *e, const char *isa);

#endif
