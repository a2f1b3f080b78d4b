/* Reading an expression's text: blanks, names, numbers, signs, and errors that point at a column. */
#ifndef HEATBATH_READER_H
#define HEATBATH_READER_H

#include "expr/expression.h"
#include "expr/graph.h"

/* The variable of a sum, as long as it stands in it. */
typedef struct heat_index {
    char name[HEAT_EXPRESSION_LONGEST_NAME + 1];
    double value;
} heat_index;

typedef struct heat_reader {
    heat_context *ctx;
    heat_status status; /* of the first failure */
    heat_graph *graph;
    const char *name, *text, *at;
    int32_t n_lets;
    const heat_let *lets;
    bool *is_used; /* [n_lets] */
    int32_t n_variables;
    const char *lettered, *indexed; /* the first variable of either kind, NULL if none was met */
    int depth, n_idle;              /* n_idle: within sums of no terms, which are read for their form */
    int64_t n_words;
    int n_indices;
    heat_index index[HEAT_EXPRESSION_MOST_DEPTH];
} heat_reader;

/* Records an error at `where` in the text, unless there is one, or the graph has failed; returns node 0. */
int32_t heat_reader_fail(heat_reader *r, const char *where, const char *format, ...) HEAT_PRINTF(3, 4);

/* The same: "expected WHAT, found ..." with what stands at r->at. */
int32_t heat_reader_expect(heat_reader *r, const char *what);

/* Skips blanks; the character there, 0 at the end. */
char heat_reader_peek(heat_reader *r);

/* Takes the character if it stands next. */
bool heat_reader_take(heat_reader *r, char c);

/* Takes ".." */
bool heat_reader_take_dots(heat_reader *r);

bool heat_reader_is_name_start(char c);

/* Takes a name; its first HEAT_EXPRESSION_LONGEST_NAME characters into `name`. A longer one is an error. */
bool heat_reader_take_name(heat_reader *r, char name[HEAT_EXPRESSION_LONGEST_NAME + 1]);

/* Takes a decimal number; "1..9" is 1 and two dots. */
bool heat_reader_take_number(heat_reader *r, double *value);

/* The functions and constants of the language. */
typedef struct heat_word {
    const char *name;
    int n_operands; /* 0: a constant; 2: two or more for min and max; -1: sum and product */
    int op;         /* heat_tape_op, or one of the following */
    double value;   /* of a constant */
} heat_word;

enum { HEAT_WORD_SUM = HEAT_TAPE_N_OPS, HEAT_WORD_PRODUCT, HEAT_WORD_CONSTANT };

/* NULL if it is none. */
const heat_word *heat_reader_word(const char *name);

/* An error for a name that means nothing, with the nearest one that does. */
int32_t heat_reader_unknown(heat_reader *r, const char *where, const char *name, bool is_function);

/* Checks the names of the parameters. */
HEAT_MUST_USE heat_status heat_reader_check_lets(heat_reader *r);

/* The index of "x7", counted from 1; -1 if it is no such name; one above the most if it is too large. */
int32_t heat_reader_indexed_name(const char *name);

#endif
