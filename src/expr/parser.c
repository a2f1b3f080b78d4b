/* The grammar, read from the left, each rule a function that gives a node:
 *
 *     sum      = product { ("+" | "-") product }
 *     product  = signed { ("*" | "/") signed }
 *     signed   = { "-" | "+" } power
 *     power    = primary [ "^" signed ]                  so -x^2 is -(x^2), and x^y^z is x^(y^z)
 *     primary  = number | name | "x" "[" sum "]" | name "(" sum { "," sum } ")" | "(" sum ")"
 *              | ("sum" | "product") "(" name "=" sum ".." sum "," sum ")"
 *
 * The terms of a sum are read once for each value of its index; a sum of none once for its form. */
#include "expr/parser.h"

#include "base/context_private.h"
#include "base/memory.h"
#include "base/text.h"
#include "expr/reader.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static int32_t read_sum(heat_reader *r);

static int32_t constant(heat_reader *r, double value)
{
    return heat_graph_constant(r->graph, value);
}

/* A coordinate, counted from 1, that stands at `where`. */
static int32_t indexed_variable(heat_reader *r, const char *where, double index)
{
    if (r->n_idle > 0)
        return constant(r, 0);
    if (!(index >= 1 && index <= HEAT_EXPRESSION_MOST_VARIABLES))
        return heat_reader_fail(r, where, "x[%.17g] is none of the coordinates x1 up to x%d", index,
                                HEAT_EXPRESSION_MOST_VARIABLES);
    if (r->lettered != NULL)
        return heat_reader_fail(r, where,
                                "x%.0f stands beside %c: expected x, y, z, or x1, x2, ..., not both", index,
                                *r->lettered);
    r->indexed = r->indexed != NULL ? r->indexed : where;
    r->n_variables = index > r->n_variables ? (int32_t)index : r->n_variables;
    return heat_graph_x(r->graph, (int32_t)index - 1);
}

/* The same, by its name. */
static int32_t named_variable(heat_reader *r, const char *where, const char *name)
{
    const int32_t index = heat_reader_indexed_name(name);

    if (r->n_idle == 0 && (index < 1 || index > HEAT_EXPRESSION_MOST_VARIABLES))
        return heat_reader_fail(r, where, "%s is none of the coordinates x1 up to x%d", name,
                                HEAT_EXPRESSION_MOST_VARIABLES);
    return indexed_variable(r, where, index);
}

static int32_t lettered_variable(heat_reader *r, const char *where)
{
    const int32_t index = *where - 'x';

    if (r->n_idle > 0)
        return constant(r, 0);
    if (r->indexed != NULL)
        return heat_reader_fail(
            r, where, "%c stands beside x1, x2, ...: expected x, y, z, or x1, x2, ..., not both", *where);
    r->lettered = r->lettered != NULL ? r->lettered : where;
    r->n_variables = index >= r->n_variables ? index + 1 : r->n_variables;
    return heat_graph_x(r->graph, index);
}

/* A sum that must come to a whole number. */
static double read_whole(heat_reader *r, const char *what)
{
    const char *where = (heat_reader_peek(r), r->at);
    const int32_t node = read_sum(r);
    double value = 0;

    if (r->status != HEAT_OK || r->graph->status != HEAT_OK)
        return 0;
    if (heat_graph_is_constant(r->graph, node))
        value = r->graph->nodes[node].value;
    else
        heat_reader_fail(r, where, "%s depends on a variable: expected a whole number", what);
    if (!(fabs(value) <= 1e9 && value == floor(value)) && r->n_idle == 0)
        heat_reader_fail(r, where, "%s is %.17g: expected a whole number", what, value);
    return value;
}

static void close_parenthesis(heat_reader *r, const char *opened, char c)
{
    char what[64];
    int64_t column = 1;

    if (heat_reader_take(r, c))
        return;
    for (const char *t = opened; t > r->text && t[-1] != '\n'; t--)
        column++;
    snprintf(what, sizeof what, "an operator, or '%c' for the '%c' of column %lld", c, *opened,
             (long long)column);
    heat_reader_expect(r, what);
}

/* The index of a sum: a name that means nothing else. */
static bool open_index(heat_reader *r)
{
    const char *where = (heat_reader_peek(r), r->at);
    heat_index *index = &r->index[r->n_indices];
    bool is_taken;

    if (!heat_reader_take_name(r, index->name)) {
        heat_reader_expect(r, "the name of an index, as in sum(i=1..3, x[i]^2)");
        return false;
    }
    is_taken = heat_reader_word(index->name) != NULL || heat_reader_indexed_name(index->name) >= 0 ||
               (index->name[1] == '\0' && index->name[0] >= 'x' && index->name[0] <= 'z');
    for (int32_t k = 0; k < r->n_lets; k++)
        is_taken = is_taken || strcmp(r->lets[k].name, index->name) == 0;
    for (int k = 0; k < r->n_indices; k++)
        is_taken = is_taken || strcmp(r->index[k].name, index->name) == 0;
    if (is_taken)
        heat_reader_fail(r, where, "%s has a meaning already: expected a new name for the index",
                         index->name);
    else if (!heat_reader_take(r, '='))
        heat_reader_expect(r, "'=', as in sum(i=1..3, x[i]^2)");
    return r->status == HEAT_OK;
}

/* Behind "sum(" or "product(". */
static int32_t read_series(heat_reader *r, int op, const char *opened)
{
    double from, to;
    const char *body;
    int32_t total = constant(r, op == HEAT_WORD_SUM ? 0 : 1);

    if (!open_index(r))
        return 0;
    from = read_whole(r, "where the index begins");
    if (!heat_reader_take_dots(r))
        return heat_reader_expect(r, "'..', as in sum(i=1..3, x[i]^2)");
    to = read_whole(r, "where the index ends");
    if (!heat_reader_take(r, ','))
        return heat_reader_expect(r, "an operator, or ',' before the terms");
    body = r->at;
    r->n_idle += to < from;
    r->n_indices++;
    for (double i = from; i <= (to < from ? from : to) && r->status == HEAT_OK && r->graph->status == HEAT_OK;
         i++) {
        int32_t term;
        r->at = body;
        r->n_words += 3; /* a term costs more than its words */
        r->index[r->n_indices - 1].value = i;
        term = read_sum(r);
        if (to >= from)
            total = op == HEAT_WORD_SUM ? heat_graph_add(r->graph, total, term)
                                        : heat_graph_mul(r->graph, total, term);
    }
    r->n_indices--;
    r->n_idle -= to < from;
    close_parenthesis(r, opened, ')');
    return total;
}

/* A function, behind its name. */
static int32_t read_function(heat_reader *r, const heat_word *word)
{
    heat_graph *g = r->graph;
    const char *opened = (heat_reader_peek(r), r->at);
    int32_t a, b;

    if (!heat_reader_take(r, '('))
        return heat_reader_expect(r, "'(' behind the name of a function");
    if (word->n_operands < 0)
        return read_series(r, word->op, opened);
    a = read_sum(r);
    if (word->n_operands == 1) {
        if (r->status == HEAT_OK && heat_reader_peek(r) == ',')
            return heat_reader_fail(r, r->at, "%s takes one argument: expected ')', found ','", word->name);
        close_parenthesis(r, opened, ')');
        return heat_graph_function(g, (heat_tape_op)word->op, a, -1);
    }
    if (r->status == HEAT_OK && heat_reader_peek(r) != ',')
        return heat_reader_expect(r, "an operator, or ',' before the second argument");
    while (heat_reader_take(r, ',')) {
        b = read_sum(r);
        a = word->op == HEAT_TAPE_POW ? heat_graph_pow(g, a, b)
                                      : heat_graph_function(g, (heat_tape_op)word->op, a, b);
        if (word->op == HEAT_TAPE_POW && r->status == HEAT_OK && heat_reader_peek(r) == ',')
            return heat_reader_fail(r, r->at, "pow takes two arguments: expected ')', found ','");
    }
    close_parenthesis(r, opened, ')');
    return a;
}

/* The value of a parameter or of an index, if `name` is one. */
static bool find_value(heat_reader *r, const char *name, double *value)
{
    for (int k = 0; k < r->n_indices; k++)
        if (strcmp(r->index[k].name, name) == 0) {
            *value = r->index[k].value;
            return true;
        }
    for (int32_t k = 0; k < r->n_lets; k++)
        if (strcmp(r->lets[k].name, name) == 0) {
            r->is_used[k] = true;
            *value = r->lets[k].value;
            return true;
        }
    return false;
}

static int32_t read_name(heat_reader *r)
{
    const char *where = r->at;
    char name[HEAT_EXPRESSION_LONGEST_NAME + 1];
    const heat_word *word;
    double value;

    if (!heat_reader_take_name(r, name))
        return 0;
    word = heat_reader_word(name);
    if (word != NULL && word->n_operands == 0)
        return constant(r, word->value);
    if (word != NULL)
        return read_function(r, word);
    if (strcmp(name, "x") == 0 && heat_reader_peek(r) == '[') {
        const char *opened = r->at++;
        value = read_whole(r, "the index of x");
        close_parenthesis(r, opened, ']');
        return r->status == HEAT_OK ? indexed_variable(r, where, value) : 0;
    }
    if (name[1] == '\0' && name[0] >= 'x' && name[0] <= 'z')
        return lettered_variable(r, where);
    if (heat_reader_indexed_name(name) >= 0)
        return named_variable(r, where, name);
    if (find_value(r, name, &value))
        return constant(r, value);
    return heat_reader_unknown(r, where, name, heat_reader_peek(r) == '(');
}

static int32_t read_primary(heat_reader *r)
{
    const char c = heat_reader_peek(r), *where = r->at;
    double value;
    int32_t node;

    if (r->n_words > HEAT_EXPRESSION_MOST_WORDS)
        return heat_reader_fail(r, where, "too long: more than %d words are read, those of a sum once a term",
                                HEAT_EXPRESSION_MOST_WORDS);
    if (heat_reader_take_number(r, &value))
        return constant(r, value);
    if (heat_reader_is_name_start(c))
        return read_name(r);
    if (!heat_reader_take(r, '('))
        return heat_reader_expect(r, "a number, a name or '('");
    node = read_sum(r);
    close_parenthesis(r, where, ')');
    return node;
}

static int32_t read_signed(heat_reader *r)
{
    bool negative = false;
    int32_t node;

    while (heat_reader_peek(r) == '-' || *r->at == '+') {
        negative ^= *r->at == '-';
        r->at++;
    }
    if (r->depth >= HEAT_EXPRESSION_MOST_DEPTH)
        return heat_reader_fail(r, r->at, "too deep: more than %d parentheses and powers within each other",
                                HEAT_EXPRESSION_MOST_DEPTH);
    r->depth++;
    node = read_primary(r);
    if (heat_reader_take(r, '^'))
        node = heat_graph_pow(r->graph, node, read_signed(r));
    r->depth--;
    return negative ? heat_graph_negate(r->graph, node) : node;
}

static void check_size(heat_reader *r, const char *where)
{
    if (r->graph->n_operations > HEAT_EXPRESSION_MOST_OPERATIONS)
        heat_reader_fail(r, where, "too large: more than %d operations", HEAT_EXPRESSION_MOST_OPERATIONS);
}

static int32_t read_product(heat_reader *r)
{
    int32_t node = read_signed(r);

    while (r->status == HEAT_OK && r->graph->status == HEAT_OK) {
        const char *where = r->at;
        if (heat_reader_peek(r) == '*' && r->at[1] == '*')
            return heat_reader_fail(r, r->at, "expected a factor, found '**'; powers are written ^");
        if (heat_reader_take(r, '*'))
            node = heat_graph_mul(r->graph, node, read_signed(r));
        else if (heat_reader_take(r, '/'))
            node = heat_graph_div(r->graph, node, read_signed(r));
        else
            break;
        check_size(r, where);
    }
    return node;
}

static int32_t read_sum(heat_reader *r)
{
    int32_t node = read_product(r);

    while (r->status == HEAT_OK && r->graph->status == HEAT_OK) {
        const char *where = (heat_reader_peek(r), r->at);
        if (heat_reader_take(r, '+'))
            node = heat_graph_add(r->graph, node, read_product(r));
        else if (heat_reader_take(r, '-'))
            node = heat_graph_sub(r->graph, node, read_product(r));
        else
            break;
        check_size(r, where);
    }
    return node;
}

/* What a whole text must come to. */
static void check_end(heat_reader *r)
{
    if (r->status != HEAT_OK || r->graph->status != HEAT_OK)
        return;
    if (heat_reader_peek(r) == '(' || heat_reader_is_name_start(*r->at))
        heat_reader_expect(r, "an operator (products are written with *)");
    else if (*r->at != '\0')
        heat_reader_expect(r, "an operator or the end");
    else if (r->n_variables == 0)
        heat_reader_fail(r, r->text, "no variable: expected x, y, z, or x1, x2, ...");
}

static heat_status check_used(const heat_reader *r)
{
    char value[32];

    for (int32_t k = 0; k < r->n_lets; k++)
        if (!r->is_used[k])
            return heat_fail_option(r->ctx, "let", heat_text_real(r->lets[k].value, value, sizeof value),
                                    "the expression does not use %s", r->lets[k].name);
    return HEAT_OK;
}

heat_status heat_parser_run(heat_graph *g, const char *name, const char *text, int32_t n_lets,
                            const heat_let *lets, heat_parsed *out)
{
    heat_reader *r = NULL;
    bool *is_used = NULL;
    heat_status status = heat_alloc(g->ctx, 1, sizeof *r, &r);

    if (status == HEAT_OK)
        status = heat_alloc(g->ctx, n_lets, sizeof *is_used, &is_used);
    if (status != HEAT_OK)
        goto out;
    *r = (heat_reader){.ctx = g->ctx,
                       .graph = g,
                       .name = name,
                       .text = text,
                       .at = text,
                       .n_lets = n_lets,
                       .lets = lets,
                       .is_used = is_used};
    status = heat_reader_check_lets(r);
    if (status != HEAT_OK)
        goto out;
    if (strlen(text) > HEAT_EXPRESSION_MOST_CHARACTERS)
        heat_reader_fail(r, text + HEAT_EXPRESSION_MOST_CHARACTERS, "too long: more than %d characters",
                         HEAT_EXPRESSION_MOST_CHARACTERS);
    else
        out->value = read_sum(r);
    check_end(r);
    status = r->status != HEAT_OK ? r->status : g->status;
    if (status == HEAT_OK)
        status = check_used(r);
    out->n_variables = r->n_variables;
    out->is_indexed = r->indexed != NULL;
out:
    heat_free(is_used);
    heat_free(r);
    return status;
}
