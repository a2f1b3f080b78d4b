/* The language of expressions: what a text means, and where each wrong one is wrong. */
#include "base/memory.h"
#include "expr/expression.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 8 };

/* The value at x[MOST]. */
static double value_at(const char *text, int32_t n_lets, const heat_let *lets, const double *x)
{
    heat_context *ctx = test_context();
    heat_expression *e = NULL;
    double *work = NULL, value = NAN;

    assert_ok(ctx, heat_expression_parse(ctx, "potential", text, n_lets, lets, &e));
    assert_true(heat_expression_n_variables(e) <= MOST);
    assert_ok(ctx, heat_alloc(ctx, heat_expression_work_size(e), sizeof *work, &work));
    heat_expression_evaluate(e, 1, 1, x, &value, NULL, work);
    heat_free(work);
    heat_expression_free(e);
    heat_context_free(ctx);
    return value;
}

static void operators_bind_as_in_mathematics(void **state)
{
    static const double x[MOST] = {2, 3, 5, 7, 11, 13, 17, 19};
    static const struct {
        const char *text;
        double value;
    } cases[] = {
        {"x", 2},
        {"x+y*z", 17},
        {"(x+y)*z", 25},
        {"x-y-z", -6},
        {"x-(y-z)", 4},
        {"x/y/z", 2.0 / 3 / 5},
        {"x/y*z", 2.0 / 3 * 5},
        {"-x^2", -4},
        {"(-x)^2", 4},
        {"-x^-2", -0.25},
        {"x^y^2", 512},
        {"(x^y)^2", 64},
        {"x^-y", 0.125},
        {"2^-x^2", 0.0625},
        {"x*-y", -6},
        {"x--y", 5},
        {"x+-+-y", 5},
        {"+x", 2},
        {"2*x^3*y", 48},
        {" x\t+\n y ", 5},
        {"1.5e1*x", 30},
        {".5*x", 1},
        {"2.*x", 4},
        {"1E-1*x", 0.2},
        {"x*pi", 2 * 3.14159265358979323846},
        {"x*e", 2 * 2.71828182845904523536},
        {"min(x,y,z)", 2},
        {"max(x,y,z)", 5},
        {"min(z,y)", 3},
        {"pow(x,y)", 8},
        {"abs(x-z)", 3},
        {"sqrt(x*x)", 2},
        {"x^0", 1},
        {"0*x+y", 3},
        {"x1+x2", 5},
        {"x[1]+x[2]", 5},
        {"x[1+1]*x1", 6},
        {"sum(i=1..3, x[i]^2)", 38},
        {"sum(i=1..3, x[i]*i) + x4", 30},
        {"sum(i=1..2, x[i]*x[i+1])", 21},
        {"sum(i = 3 .. 1, x[i]) + x1", 2},
        {"product(i=1..4, x[i])", 210},
        {"product(i=2..1, x[i]) + x1", 3},
        {"sum(i=1..2, sum(j=i..3, x[i]*x[j]))", 2 * 2 + 2 * 3 + 2 * 5 + 3 * 3 + 3 * 5},
        {"sum(i=1..3, 2)*x", 12},
        {"sum(i=0..2, i^2*x)", 10},
        {"sum(i=-1..1, i)+x", 2},
        {"sum(k=1..2*2, x[2*k])", 3 + 7 + 13 + 19},
        {"n*x + s", 8.5},
        {"sum(i=1..n, x[i]) + s", 17 + 0.5 - 7},
    };
    const heat_let lets[] = {{"n", 4}, {"s", 0.5}};

    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof *cases - 2; k++)
        assert_close(value_at(cases[k].text, 0, NULL, x), cases[k].value, 1e-14 * fabs(cases[k].value));
    assert_close(value_at("n*x + s", 2, lets, x), 8.5, 0);
    assert_close(value_at("sum(i=1..n, x[i]) + s", 2, lets, x), 17.5, 0);
    assert_true(isnan(value_at("log(x-3)", 0, NULL, x)));
    assert_true(isnan(value_at("(x-3)^0.25", 0, NULL, x)));
    assert_true(value_at("1/(x-2)", 0, NULL, x) == INFINITY);
    assert_true(value_at("(x-2)^0", 0, NULL, x) == 1);
    assert_true(value_at("(x-2)^(y-3)", 0, NULL, x) == 1);
    assert_true(value_at("(-x)^y", 0, NULL, x) == -8);
}

typedef struct wrong {
    const char *text;
    int64_t line, column;
    const char *message;
} wrong;

static void every_error_points_at_its_column(void **state)
{
    static const wrong cases[] = {
        {"", 1, 1, "expected a number, a name or '(', found the end"},
        {"  ", 1, 3, "found the end"},
        {"x^", 1, 3, "expected a number, a name or '(', found the end"},
        {"x +* y", 1, 4, "found '*'"},
        {"(x+1", 1, 5, "expected an operator, or ')' for the '(' of column 1, found the end"},
        {"x+\n (y]", 2, 4, "or ')' for the '(' of column 2, found ']'"},
        {"x)", 1, 2, "expected an operator or the end, found ')'"},
        {"x**2", 1, 2, "powers are written ^"},
        {"2x", 1, 2, "products are written with *"},
        {"2(x)", 1, 2, "products are written with *"},
        {"x 2", 1, 3, "expected an operator or the end, found '2'"},
        {"x = 2", 1, 3, "found '='"},
        {"x + \xc3\xa9", 1, 5, "found a character that is not ASCII"},
        {"x + \x01", 1, 5, "found a control character"},
        {"1e999*x", 1, 1, "a number that a double can hold, found '1e999'"},
        {"x + exq(y)", 1, 5, "there is no function exq; did you mean exp?"},
        {"x + qwertyuiop(y)", 1, 5, "there is no function qwertyuiop: expected exp, log"},
        {"ln(x)", 1, 1, "the natural logarithm is log"},
        {"x + alphx", 1, 5, "there is no name alphx; did you mean alpha?"},
        {"x + q", 1, 5, "needs --let q=VALUE"},
        {"x + x0", 1, 5, "x0 is none of the coordinates x1 up to x16384"},
        {"x16385", 1, 1, "x16385 is none of the coordinates"},
        {"x1^2 + x99999999999999999999", 1, 8, "x99999999999999999999 is none of the coordinates"},
        {"x[16385]", 1, 1, "x[16385] is none of the coordinates"},
        {"x1 + y", 1, 6, "y stands beside x1, x2, ..."},
        {"y + x1", 1, 5, "x1 stands beside y"},
        {"x + x[2]", 1, 5, "x2 stands beside x"},
        {"x[1.5]", 1, 3, "the index of x is 1.5: expected a whole number"},
        {"x[x1]", 1, 3, "the index of x depends on a variable"},
        {"x[1", 1, 4, "or ']' for the '[' of column 2, found the end"},
        {"sin x", 1, 5, "expected '(' behind the name of a function, found 'x'"},
        {"sin(x,y)", 1, 6, "sin takes one argument"},
        {"sin()", 1, 5, "found ')'"},
        {"pow(x)", 1, 6, "expected an operator, or ',' before the second argument"},
        {"pow(x,y,z)", 1, 8, "pow takes two arguments"},
        {"min(x)", 1, 6, "before the second argument"},
        {"3*alpha", 1, 1, "no variable: expected x, y, z, or x1, x2, ..."},
        {"sum(i=1..3, x[i]", 1, 17, "or ')' for the '(' of column 4, found the end"},
        {"sum(1..3, x1)", 1, 5, "expected the name of an index"},
        {"sum(i 1..3, x1)", 1, 7, "expected '='"},
        {"sum(i=1, x1)", 1, 8, "expected '..'"},
        {"sum(i=1..3 x1)", 1, 12, "or ',' before the terms"},
        {"sum(i=1..2.5, x[i])", 1, 10, "where the index ends is 2.5"},
        {"sum(i=x1..2, x[i])", 1, 7, "where the index begins depends on a variable"},
        {"sum(i=1..3, x[i-1])", 1, 13, "x[0] is none of the coordinates"},
        {"sum(x=1..3, x)", 1, 5, "x has a meaning already"},
        {"sum(alpha=1..3, x1)", 1, 5, "alpha has a meaning already"},
        {"sum(i=1..3, sum(i=1..2, x[i]))", 1, 17, "i has a meaning already"},
        {"sum(i=1..3, x[i]) + i", 1, 21, "there is no name i"},
        {"sum(i=3..1, x[i) + x1", 1, 16, "found ')'"},
        {"sum(i=1..1000000000, i)*x", 1, 22, "more than 262144 words are read"},
        {"sum(i=1..100000, (x+i)*(y-i))", 1, 26, "more than 65536 operations"},
        {"abcdefghijklmnopqrstuvwxyzabcdefg*x", 1, 1, "a name of at most 31 characters"},
    };
    const heat_let alpha = {"alpha", 1};
    heat_context *ctx = test_context();

    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        heat_expression *e = NULL;
        char place[64];
        heat_status status = heat_expression_parse(ctx, "potential", cases[k].text, 1, &alpha, &e);
        snprintf(place, sizeof place, "potential:%d:%d: ", (int)cases[k].line, (int)cases[k].column);
        if (status != HEAT_ERROR_INPUT || strstr(heat_context_error(ctx), place) == NULL)
            printf("%s\n", cases[k].text);
        assert_true(status == HEAT_ERROR_INPUT && e == NULL);
        assert_contains(heat_context_error(ctx), cases[k].message);
        assert_contains(heat_context_error(ctx), place);
        assert_int_equal(heat_context_error_detail(ctx).line, cases[k].line);
        assert_int_equal(heat_context_error_detail(ctx).column, cases[k].column);
    }
    heat_context_free(ctx);
}

static void parameters_are_checked(void **state)
{
    static const struct {
        heat_let lets[2];
        const char *message;
    } cases[] = {
        {{{"a", 1}, {"bad", 1}}, "the expression does not use bad"},
        {{{"a", 1}, {"a", 2}}, "a: given twice"},
        {{{"a", 1}, {"pi", 3}}, "pi: this name has a meaning already"},
        {{{"a", 1}, {"exp", 3}}, "exp: this name has a meaning already"},
        {{{"a", 1}, {"x", 3}}, "x: this is the name of a variable"},
        {{{"a", 1}, {"x12", 3}}, "x12: this is the name of a variable"},
        {{{"a", 1}, {"2b", 3}}, "a parameter's name is a letter"},
        {{{"a", 1}, {"", 3}}, "a parameter's name is a letter"},
        {{{"a", 1}, {"b", INFINITY}}, "b: expected a finite number"},
        {{{"a", NAN}, {"b", 1}}, "a: expected a finite number"},
    };
    heat_context *ctx = test_context();
    heat_expression *e = NULL;

    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        assert_int_equal(heat_expression_parse(ctx, "potential", "a*x", 2, cases[k].lets, &e),
                         HEAT_ERROR_OPTION);
        assert_contains(heat_context_error(ctx), cases[k].message);
        assert_string_equal(heat_context_error_detail(ctx).option, "let");
        assert_null(e);
    }
    heat_context_free(ctx);
}

static void variables_have_names(void **state)
{
    heat_context *ctx = test_context();
    heat_expression *e = NULL;
    char name[16];

    (void)state;
    assert_ok(ctx, heat_expression_parse(ctx, "potential", "z^2 + 0*y", 0, NULL, &e));
    assert_int_equal(heat_expression_n_variables(e), 3);
    assert_string_equal(heat_expression_variable_name(e, 1, name), "y");
    assert_false(heat_expression_depends_on(e, 0));
    assert_false(heat_expression_depends_on(e, 1));
    assert_true(heat_expression_depends_on(e, 2));
    heat_expression_free(e);
    assert_ok(ctx, heat_expression_parse(ctx, "potential", "x[12]^2", 0, NULL, &e));
    assert_int_equal(heat_expression_n_variables(e), 12);
    assert_string_equal(heat_expression_variable_name(e, 11, name), "x12");
    heat_expression_free(e);
    heat_expression_free(NULL);
    heat_context_free(ctx);
}

/* `open` n times, "x", `close` n times. */
static char *nested(int n, const char *open, const char *close)
{
    size_t length = (size_t)n * (strlen(open) + strlen(close)) + 2;
    char *text = calloc(length, 1);

    assert_non_null(text);
    for (int k = 0; k < n; k++)
        strcat(text, open);
    strcat(text, "x");
    for (int k = 0; k < n; k++)
        strcat(text, close);
    return text;
}

static void depth_and_length_are_limited(void **state)
{
    static const struct {
        int n;
        const char *open, *close, *message;
    } cases[] = {
        {180, "(", ")", NULL},         {5000, "-", "", NULL},
        {5000, "x+", "", NULL},        {5000, "x*", "", NULL},
        {5000, "(", ")", "too deep"},  {5000, "x^", "", "too deep"},
        {5000, "x^-", "", "too deep"}, {5000, "exp(", ")", "too deep"},
        {5000, "x[", "]", "too deep"}, {40000, "x+", "", "too long: more than 65536 characters"},
    };
    heat_context *ctx = test_context();

    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        char *text = nested(cases[k].n, cases[k].open, cases[k].close);
        heat_expression *e = NULL;
        heat_status status = heat_expression_parse(ctx, "potential", text, 0, NULL, &e);
        free(text);
        if (cases[k].message == NULL) {
            assert_ok(ctx, status);
        } else {
            assert_int_equal(status, HEAT_ERROR_INPUT);
            assert_contains(heat_context_error(ctx), cases[k].message);
        }
        heat_expression_free(e);
    }
    heat_context_free(ctx);
}

static heat_status parse_some(heat_context *ctx, void *arg)
{
    const heat_let let = {"n", 40};
    heat_expression *e = NULL;
    heat_status status = heat_expression_parse(ctx, "potential", arg, 1, &let, &e);

    heat_expression_free(e);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    static char text[] = "sum(i=1..n, x[i]^4/(1+exp(x[i])) + sin(x[i+1])*cos(x[i+1])^0.3)";

    (void)state;
    test_failing_allocations(parse_some, text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operators_bind_as_in_mathematics),
        cmocka_unit_test(every_error_points_at_its_column),
        cmocka_unit_test(parameters_are_checked),
        cmocka_unit_test(variables_have_names),
        cmocka_unit_test(depth_and_length_are_limited),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
