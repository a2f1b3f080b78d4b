/* Words of an expression, and what is said about those that are wrong. */
#include "expr/reader.h"

#include "base/context_private.h"
#include "base/text.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LONGEST_MESSAGE = 512, MOST_LETS = 256 };

static const heat_word words[] = {
    {"exp", 1, HEAT_TAPE_EXP, 0},
    {"log", 1, HEAT_TAPE_LOG, 0},
    {"sqrt", 1, HEAT_TAPE_SQRT, 0},
    {"sin", 1, HEAT_TAPE_SIN, 0},
    {"cos", 1, HEAT_TAPE_COS, 0},
    {"tan", 1, HEAT_TAPE_TAN, 0},
    {"atan", 1, HEAT_TAPE_ATAN, 0},
    {"sinh", 1, HEAT_TAPE_SINH, 0},
    {"cosh", 1, HEAT_TAPE_COSH, 0},
    {"tanh", 1, HEAT_TAPE_TANH, 0},
    {"abs", 1, HEAT_TAPE_ABS, 0},
    {"min", 2, HEAT_TAPE_MIN, 0},
    {"max", 2, HEAT_TAPE_MAX, 0},
    {"pow", 2, HEAT_TAPE_POW, 0},
    {"sum", -1, HEAT_WORD_SUM, 0},
    {"product", -1, HEAT_WORD_PRODUCT, 0},
    {"pi", 0, HEAT_WORD_CONSTANT, 3.14159265358979323846},
    {"e", 0, HEAT_WORD_CONSTANT, 2.71828182845904523536},
};

enum { N_WORDS = sizeof words / sizeof *words };

const heat_word *heat_reader_word(const char *name)
{
    for (int k = 0; k < N_WORDS; k++)
        if (strcmp(words[k].name, name) == 0)
            return &words[k];
    return NULL;
}

int32_t heat_reader_fail(heat_reader *r, const char *where, const char *format, ...)
{
    char message[LONGEST_MESSAGE];
    int64_t line = 1, column = 1;
    va_list args;

    if (r->status == HEAT_OK)
        r->status = r->graph->status;
    if (r->status != HEAT_OK)
        return 0;
    for (const char *t = r->text; t < where; t++) {
        line += *t == '\n';
        column = *t == '\n' ? 1 : column + 1;
    }
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    r->status = heat_fail_file(r->ctx, HEAT_ERROR_INPUT, r->name, line, column, "%s", message);
    return 0;
}

bool heat_reader_is_name_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

char heat_reader_peek(heat_reader *r)
{
    while (*r->at == ' ' || *r->at == '\t' || *r->at == '\n' || *r->at == '\r')
        r->at++;
    return *r->at;
}

int32_t heat_reader_expect(heat_reader *r, const char *what)
{
    const char c = heat_reader_peek(r);
    int length = 1;

    if (c == '\0')
        return heat_reader_fail(r, r->at, "expected %s, found the end", what);
    if ((unsigned char)c >= 0x80)
        return heat_reader_fail(r, r->at, "expected %s, found a character that is not ASCII", what);
    if ((unsigned char)c < 0x20 || c == 0x7f)
        return heat_reader_fail(r, r->at, "expected %s, found a control character", what);
    while ((heat_reader_is_name_start(c) || is_digit(c)) && length < HEAT_EXPRESSION_LONGEST_NAME &&
           (heat_reader_is_name_start(r->at[length]) || is_digit(r->at[length])))
        length++;
    return heat_reader_fail(r, r->at, "expected %s, found '%.*s'", what, length, r->at);
}

bool heat_reader_take(heat_reader *r, char c)
{
    if (r->status != HEAT_OK || heat_reader_peek(r) != c)
        return false;
    r->at++;
    r->n_words++;
    return true;
}

bool heat_reader_take_dots(heat_reader *r)
{
    if (r->status != HEAT_OK || heat_reader_peek(r) != '.' || r->at[1] != '.')
        return false;
    r->at += 2;
    return true;
}

bool heat_reader_take_name(heat_reader *r, char name[HEAT_EXPRESSION_LONGEST_NAME + 1])
{
    size_t length = 0;

    if (r->status != HEAT_OK || !heat_reader_is_name_start(heat_reader_peek(r)))
        return false;
    while (heat_reader_is_name_start(r->at[length]) || is_digit(r->at[length]))
        length++;
    if (length > HEAT_EXPRESSION_LONGEST_NAME) {
        heat_reader_fail(r, r->at, "expected a name of at most %d characters", HEAT_EXPRESSION_LONGEST_NAME);
        return false;
    }
    memcpy(name, r->at, length);
    name[length] = '\0';
    r->at += length;
    r->n_words++;
    return true;
}

bool heat_reader_take_number(heat_reader *r, double *value)
{
    const char *t = r->at;

    if (r->status != HEAT_OK || !(is_digit(*t) || (*t == '.' && is_digit(t[1]))))
        return false;
    while (is_digit(*t))
        t++;
    if (*t == '.' && t[1] != '.')
        for (t++; is_digit(*t); t++) {
        }
    if ((*t == 'e' || *t == 'E') && (is_digit(t[1]) || ((t[1] == '+' || t[1] == '-') && is_digit(t[2]))))
        for (t += 2; is_digit(*t); t++) {
        }
    if (!heat_parse_real(r->at, (size_t)(t - r->at), value)) {
        heat_reader_fail(r, r->at, "expected a number that a double can hold, found '%.*s'",
                         t - r->at < 40 ? (int)(t - r->at) : 40, r->at);
        return false;
    }
    r->at = t;
    r->n_words++;
    return true;
}

int32_t heat_reader_indexed_name(const char *name)
{
    int64_t index = 0;

    if (name[0] != 'x' || !is_digit(name[1]))
        return -1;
    for (name++; is_digit(*name); name++)
        index = index > HEAT_EXPRESSION_MOST_VARIABLES ? index : 10 * index + (*name - '0');
    if (*name != '\0')
        return -1;
    return index > HEAT_EXPRESSION_MOST_VARIABLES ? HEAT_EXPRESSION_MOST_VARIABLES + 1 : (int32_t)index;
}

int32_t heat_reader_unknown(heat_reader *r, const char *where, const char *name, bool is_function)
{
    const char *known[N_WORDS + MOST_LETS + HEAT_EXPRESSION_MOST_DEPTH + 3];
    int count = 0, nearest;

    for (int k = 0; k < N_WORDS; k++)
        if ((words[k].n_operands != 0) == is_function)
            known[count++] = words[k].name;
    for (int k = 0; k < r->n_lets && !is_function; k++)
        known[count++] = r->lets[k].name;
    for (int k = 0; k < r->n_indices && !is_function; k++)
        known[count++] = r->index[k].name;
    if (strcmp(name, "ln") == 0)
        return heat_reader_fail(r, where, "there is no function ln; the natural logarithm is log");
    nearest = name[1] == '\0' ? -1 : heat_nearest_word(name, known, count);
    if (is_function && nearest >= 0)
        return heat_reader_fail(r, where, "there is no function %s; did you mean %s?", name, known[nearest]);
    if (is_function)
        return heat_reader_fail(
            r, where,
            "there is no function %s: expected exp, log, sqrt, sin, cos, tan, atan, sinh, "
            "cosh, tanh, abs, min, max, pow, sum or product",
            name);
    if (nearest >= 0)
        return heat_reader_fail(r, where,
                                "there is no name %s; did you mean %s? A parameter needs --let %s=VALUE",
                                name, known[nearest], name);
    return heat_reader_fail(
        r, where,
        "there is no name %s: expected x, y, z, or x1, x2, ..., pi, e, or a parameter, which "
        "needs --let %s=VALUE",
        name, name);
}

static heat_status refuse_let(heat_reader *r, const heat_let *let, const char *why)
{
    char value[32];

    return heat_fail_option(r->ctx, "let", heat_text_real(let->value, value, sizeof value), "%.40s: %s",
                            let->name, why);
}

heat_status heat_reader_check_lets(heat_reader *r)
{
    if (r->n_lets > MOST_LETS)
        return heat_fail_option(r->ctx, "let", NULL, "at most %d parameters", MOST_LETS);
    for (int32_t k = 0; k < r->n_lets; k++) {
        const heat_let *let = &r->lets[k];
        const size_t length = strlen(let->name);
        bool is_name = heat_reader_is_name_start(let->name[0]) && length <= HEAT_EXPRESSION_LONGEST_NAME;
        for (size_t j = 0; j < length; j++)
            is_name = is_name && (heat_reader_is_name_start(let->name[j]) || is_digit(let->name[j]));
        if (!is_name)
            return refuse_let(r, let,
                              "a parameter's name is a letter, then letters, digits and _, at most 31");
        if (heat_reader_word(let->name) != NULL)
            return refuse_let(r, let, "this name has a meaning already");
        if (heat_reader_indexed_name(let->name) >= 0 || strcmp(let->name, "x") == 0 ||
            strcmp(let->name, "y") == 0 || strcmp(let->name, "z") == 0)
            return refuse_let(r, let, "this is the name of a variable");
        if (!isfinite(let->value))
            return refuse_let(r, let, "expected a finite number");
        for (int32_t j = 0; j < k; j++)
            if (strcmp(r->lets[j].name, let->name) == 0)
                return refuse_let(r, let, "given twice");
    }
    return HEAT_OK;
}
