/* Expressions against a plain recursive evaluation of the same tree in hyper-dual numbers (Fike and Alonso,
 * AIAA 2011-886), which carries a value, two derivatives and the mixed second one exactly: values, gradients
 * and products with the Hessian. Random trees are drawn from a keyed stream. What rounding may do is
 * measured: every operation of the reference may be disturbed by a random part of a double's last place. */
#include "base/memory.h"
#include "expr/expression.h"
#include "kernel/isa.h"
#include "random/stream.h"
#include "support.h"

#include <math.h>
#include <string.h>

enum { N = 3, MOST_NODES = 64, MOST_TEXT = 2048, CHAINS = 150, STRIDE = 153 };

/* v + a e1 + b e2 + c e1 e2, with e1^2 = e2^2 = 0. */
typedef struct hyper {
    long double v, a, b, c;
} hyper;

typedef enum tree_op {
    LEAF_NUMBER,
    LEAF_X,
    ADD,
    SUB,
    MUL,
    DIV,
    POW,
    MIN,
    MAX,
    NEGATE,
    EXP,
    LOG,
    SQRT,
    SIN,
    COS,
    TAN,
    ATAN,
    SINH,
    COSH,
    TANH,
    ABS,
    N_KINDS
} tree_op;

static const char *const names[N_KINDS] = {
    [MIN] = "min",   [MAX] = "max",   [EXP] = "exp", [LOG] = "log",   [SQRT] = "sqrt",
    [SIN] = "sin",   [COS] = "cos",   [TAN] = "tan", [ATAN] = "atan", [SINH] = "sinh",
    [COSH] = "cosh", [TANH] = "tanh", [ABS] = "abs"};

typedef struct tree {
    int n_nodes;
    struct {
        tree_op kind;
        int a, b; /* a of a variable: which */
        double number;
    } node[MOST_NODES];
} tree;

static heat_stream noise;
static long double noise_size, largest, smallest; /* of what the reference met */

/* A disturbed number. */
static long double near(long double x)
{
    return noise_size == 0 ? x : x * (1 + noise_size * (heat_stream_uniform(&noise) - 0.5L));
}

static void look(long double x)
{
    largest = isnan(x) ? INFINITY : fmaxl(largest, fabsl(x));
    smallest = x == 0 ? smallest : fminl(smallest, fabsl(x));
}

static hyper disturbed(hyper x)
{
    look(x.v), look(x.a), look(x.b), look(x.c);
    return (hyper){near(x.v), near(x.a), near(x.b), near(x.c)};
}

/* f(x), whose derivatives at x.v are known. */
static hyper chain(hyper x, long double f, long double d, long double dd)
{
    return disturbed((hyper){f, d * x.a, d * x.b, dd * x.a * x.b + d * x.c});
}

static hyper product(hyper x, hyper y)
{
    return disturbed((hyper){x.v * y.v, x.a * y.v + x.v * y.a, x.b * y.v + x.v * y.b,
                             x.c * y.v + x.a * y.b + x.b * y.a + x.v * y.c});
}

static hyper power(hyper x, double n)
{
    return chain(x, powl(x.v, n), n == 0 ? 0 : n * powl(x.v, n - 1),
                 n == 0 || n == 1 ? 0 : n * (n - 1) * powl(x.v, n - 2));
}

static hyper function_of(tree_op k, hyper x)
{
    const long double v = x.v, s = sinl(v), c = cosl(v), t = near(tanhl(v)), sec = 1 / c;

    switch (k) {
    case NEGATE:
        return (hyper){-x.v, -x.a, -x.b, -x.c};
    case EXP:
        return chain(x, expl(v), expl(v), expl(v));
    case LOG:
        return chain(x, logl(v), 1 / v, -1 / (v * v));
    case SQRT:
        return chain(x, sqrtl(v), 0.5L / sqrtl(v), -0.25L / (v * sqrtl(v)));
    case SIN:
        return chain(x, s, c, -s);
    case COS:
        return chain(x, c, -s, -c);
    case TAN:
        return chain(x, s / c, sec * sec, 2 * sec * sec * s / c);
    case ATAN:
        return chain(x, atanl(v), 1 / (1 + v * v), -2 * v / ((1 + v * v) * (1 + v * v)));
    case SINH:
        return chain(x, sinhl(v), coshl(v), sinhl(v));
    case COSH:
        return chain(x, coshl(v), sinhl(v), coshl(v));
    case TANH:
        return chain(x, t, 1 - t * t, -2 * t * (1 - t * t));
    default:
        return v < 0 ? function_of(NEGATE, x) : x;
    }
}

static hyper evaluate(const tree *t, int k, const hyper *x)
{
    const tree_op kind = t->node[k].kind;
    hyper a, b;

    if (kind == LEAF_NUMBER)
        return (hyper){t->node[k].number, 0, 0, 0};
    if (kind == LEAF_X)
        return x[t->node[k].a];
    a = evaluate(t, t->node[k].a, x);
    if (kind >= NEGATE)
        return function_of(kind, a);
    b = evaluate(t, t->node[k].b, x);
    switch (kind) {
    case ADD:
        return disturbed((hyper){a.v + b.v, a.a + b.a, a.b + b.b, a.c + b.c});
    case SUB:
        return disturbed((hyper){a.v - b.v, a.a - b.a, a.b - b.b, a.c - b.c});
    case MUL:
        return product(a, b);
    case DIV:
        return product(a, power(b, -1));
    case MIN:
        return a.v < b.v ? a : b;
    case MAX:
        return a.v > b.v ? a : b;
    default:
        if (t->node[t->node[k].b].kind == LEAF_NUMBER)
            return power(a, t->node[t->node[k].b].number);
        return function_of(EXP, product(b, function_of(LOG, a)));
    }
}

static void print(const tree *t, int k, char *text)
{
    const tree_op kind = t->node[k].kind;
    char *end;

    if (kind == LEAF_NUMBER)
        snprintf(text, 32, "%.17g", t->node[k].number);
    else if (kind == LEAF_X)
        snprintf(text, 32, "%c", 'x' + t->node[k].a);
    else if (kind == NEGATE)
        strcpy(text, "(-");
    else if (names[kind] != NULL)
        sprintf(text, "%s(", names[kind]);
    else
        strcpy(text, "(");
    if (kind < ADD)
        return;
    print(t, t->node[k].a, text + strlen(text));
    end = text + strlen(text);
    if (kind < NEGATE) {
        *end = kind == MIN || kind == MAX ? ',' : "+-*/^"[kind - ADD];
        print(t, t->node[k].b, end + 1);
    }
    strcat(text, ")");
}

static double some_number(heat_stream *s)
{
    static const double numbers[] = {1, 2, 3, 0.5, 4, 0.25, 1.5, 0.7, 10, 0.1, 2.3};

    return numbers[heat_stream_below(s, sizeof numbers / sizeof *numbers)];
}

/* x - x and x / x have no derivatives at all, but sums of adjoints that cancel. */
static void tell_apart(tree *t, int a, int b)
{
    if (t->node[a].kind == LEAF_X && t->node[b].kind == LEAF_X && t->node[a].a == t->node[b].a)
        t->node[b].a = (t->node[b].a + 1) % N;
}

static int grow(heat_stream *s, tree *t, int depth)
{
    static const double exponents[] = {0, 1, 2, 3, 4, 5, 7, 12, 0.5, 1.5, 2.5, 0.3, 1.7, 66};
    const int k = t->n_nodes++;
    tree_op kind;

    if (depth == 0 || t->n_nodes > MOST_NODES / 2) {
        kind = heat_stream_below(s, 4) == 0 ? LEAF_NUMBER : LEAF_X;
        t->node[k].number = some_number(s);
        t->node[k].a = (int)heat_stream_below(s, N);
    } else {
        kind =
            (tree_op)(ADD + heat_stream_below(s, heat_stream_below(s, 2) == 0 ? POW - ADD : N_KINDS - ADD));
        t->node[k].a = grow(s, t, depth - 1);
        if (kind < NEGATE)
            t->node[k].b = grow(s, t, kind == POW && heat_stream_below(s, 4) != 0 ? 0 : depth - 1);
        if (kind == SUB || kind == DIV)
            tell_apart(t, t->node[k].a, t->node[k].b);
        if (kind == POW && t->node[t->node[k].b].kind < ADD && heat_stream_below(s, 3) != 0) {
            t->node[t->node[k].b].kind = LEAF_NUMBER;
            t->node[t->node[k].b].number =
                exponents[heat_stream_below(s, sizeof exponents / sizeof *exponents)];
        }
    }
    t->node[k].kind = kind;
    return k;
}

/* An expression and everything it gives at CHAINS points. */
typedef struct batch {
    heat_expression *e;
    double *work;
    double x[N * STRIDE], v[N * STRIDE], values[STRIDE], gradients[N * STRIDE], products[N * STRIDE];
} batch;

static void open_batch(heat_context *ctx, batch *b, const char *text, heat_stream *s)
{
    assert_ok(ctx, heat_expression_parse(ctx, "random", text, 0, NULL, &b->e));
    assert_ok(ctx, heat_alloc(ctx, heat_expression_work_size(b->e), sizeof *b->work, &b->work));
    for (int k = 0; k < N * STRIDE; k++) {
        b->x[k] = 4 * heat_stream_uniform(s) - 2;
        b->v[k] = 2 * heat_stream_uniform(s) - 1;
    }
}

static void close_batch(batch *b)
{
    heat_free(b->work);
    heat_expression_free(b->e);
}

static void evaluate_batch(batch *b, const char *isa)
{
    memset(b->values, 0, sizeof b->values);
    memset(b->gradients, 0, sizeof b->gradients);
    memset(b->products, 0, sizeof b->products);
    assert_true(heat_expression_set_isa(b->e, isa));
    heat_expression_evaluate(b->e, CHAINS, STRIDE, b->x, b->values, b->gradients, b->work);
    heat_expression_times_hessian(b->e, CHAINS, STRIDE, b->x, b->v, b->products, b->work);
}

/* What the reference gives for coordinate i of a chain, and how far disturbed ones were from it. */
static hyper refer(const tree *t, const batch *b, int c, int i, hyper *spread)
{
    hyper x[N], exact = {0};

    *spread = exact;
    for (int k = 0; k < N; k++)
        x[k] = (hyper){b->x[k * STRIDE + c], k == i, b->v[k * STRIDE + c], 0};
    largest = smallest = 1;
    for (int run = 0; run < 6; run++) {
        hyper h;
        noise_size = run == 0 ? 0 : 0x1p-51L;
        h = evaluate(t, 0, x);
        if (run == 0)
            exact = h;
        spread->v = fmaxl(spread->v, fabsl(h.v - exact.v));
        spread->a = fmaxl(spread->a, fabsl(h.a - exact.a));
        spread->c = fmaxl(spread->c, fabsl(h.c - exact.c));
    }
    return exact;
}

/* Sums of adjoints are rounded where the reference sums nothing, so what it met counts too. */
static bool agrees(double value, long double exact, long double spread)
{
    return fabsl(value - exact) <= 40 * spread + 0x1p-47L * largest;
}

/* Returns how many coordinates were compared. */
static int compare(const tree *t, const batch *b, const char *text)
{
    const int n = heat_expression_n_variables(b->e);
    int compared = 0;

    for (int c = 0; c < CHAINS; c += 37)
        for (int i = 0; i < n; i++) {
            hyper spread;
            const hyper h = refer(t, b, c, i, &spread);
            const double g = b->gradients[i * STRIDE + c], p = b->products[i * STRIDE + c];
            if (!(largest < 1e6L) || !(smallest > 1e-60L))
                continue;
            compared++;
            if (agrees(b->values[c], h.v, spread.v) && agrees(g, h.a, spread.a) && agrees(p, h.c, spread.c))
                continue;
            printf("%s at (%.17g, %.17g, %.17g), coordinate %d: %.17g %.17g %.17g, expected %.17Lg %.17Lg "
                   "%.17Lg\n",
                   text, b->x[c], b->x[STRIDE + c], b->x[2 * STRIDE + c], i, b->values[c], g, p, h.v, h.a,
                   h.c);
            test_reproduce(test_seed());
            fail();
        }
    return compared;
}

/* NaN has many bits. */
static bool same_bits(const double *a, const double *b, int64_t n)
{
    for (int64_t k = 0; k < n; k++)
        if (!(isnan(a[k]) && isnan(b[k])) && memcmp(&a[k], &b[k], sizeof *a) != 0)
            return false;
    return true;
}

/* Every instruction set, and chains one by one and by a few. */
static void compare_bits(batch *b, batch *other, const char *text)
{
    static const int64_t few[] = {1, 5, 8, 33};
    const int n = heat_expression_n_variables(b->e);
    bool same = true;

    memcpy(other->x, b->x, sizeof b->x);
    memcpy(other->v, b->v, sizeof b->v);
    other->e = b->e;
    other->work = b->work;
    evaluate_batch(b, "ref");
    for (int k = 1; k < heat_isa_count(); k++) {
        evaluate_batch(other, heat_isa_at(k)->name);
        same = same && same_bits(b->values, other->values, STRIDE) &&
               same_bits(b->gradients, other->gradients, (int64_t)n * STRIDE) &&
               same_bits(b->products, other->products, (int64_t)n * STRIDE);
    }
    assert_int_equal(heat_expression_whole_vectors(b->e, 8), 8);
    assert_in_range(heat_expression_whole_vectors(b->e, 5), 5, 8);
    for (int k = 0; k < 4; k++) {
        const int64_t c = 7 + k;
        double values[64], *g = other->gradients, *p = other->products;
        heat_expression_evaluate(b->e, few[k], STRIDE, b->x + c, values, NULL, b->work);
        same = same && same_bits(values, b->values + c, few[k]);
        heat_expression_evaluate(b->e, few[k], STRIDE, b->x + c, values, g, b->work);
        heat_expression_times_hessian(b->e, few[k], STRIDE, b->x + c, b->v + c, p, b->work);
        same = same && same_bits(values, b->values + c, few[k]);
        for (int i = 0; i < n; i++)
            same = same && same_bits(g + i * STRIDE, b->gradients + i * STRIDE + c, few[k]) &&
                   same_bits(p + i * STRIDE, b->products + i * STRIDE + c, few[k]);
    }
    if (!same)
        printf("%s\n", text);
    assert_true(same);
}

static void random_expressions_are_right(void **state)
{
    static batch b, other;
    heat_context *ctx = test_context();
    heat_stream s;
    int compared = 0;

    (void)state;
    heat_stream_init(&s, test_seed(), HEAT_PURPOSE_TEST, 1);
    heat_stream_init(&noise, test_seed(), HEAT_PURPOSE_TEST, 2);
    for (int sample = 0; sample < 1500; sample++) {
        tree t = {0};
        char text[MOST_TEXT] = "";
        grow(&s, &t, 2 + sample % 4);
        print(&t, 0, text);
        if (strpbrk(text, "yz") == NULL && strchr(text, 'x') == NULL)
            continue;
        strcat(text, " + 0*x");
        open_batch(ctx, &b, text, &s);
        evaluate_batch(&b, "auto");
        compared += compare(&t, &b, text);
        compare_bits(&b, &other, text);
        close_batch(&b);
    }
    assert_true(compared > 4000);
    heat_context_free(ctx);
}

/* Each function by itself, at points of its domain: with differences too, which share no rule with it. */
static void every_function_has_its_derivatives(void **state)
{
    static const char *const texts[] = {
        "exp(x)",        "log(x)",          "sqrt(x)", "sin(x)",       "cos(x)",      "tan(x)",
        "atan(x)",       "sinh(x)",         "cosh(x)", "tanh(x)",      "abs(x)",      "min(x,x^2)",
        "max(x,x^2)",    "pow(x,2.3)",      "x^x",     "2^x",          "1/x",         "x^3",
        "x^-2",          "x^0.5",           "x^-1.5",  "x^70",         "x/(1+x)",     "-x^2",
        "sin(x)*cos(x)", "sinh(x)-cosh(x)", "x*x*x*x", "4/x^12-4/x^6", "exp(-x^2/2)", "log(1+exp(x))"};
    const double h = 0x1p-17;
    static batch b, up, down;
    heat_context *ctx = test_context();
    heat_stream s;

    (void)state;
    heat_stream_init(&s, 1, HEAT_PURPOSE_TEST, 3);
    for (size_t k = 0; k < sizeof texts / sizeof *texts; k++) {
        open_batch(ctx, &b, texts[k], &s);
        for (int c = 0; c < STRIDE; c++) {
            b.x[c] = 0.3 + 0.008 * c;
            b.v[c] = 1;
            up.x[c] = b.x[c] + h;
            down.x[c] = b.x[c] - h;
        }
        up.e = down.e = b.e;
        up.work = down.work = b.work;
        evaluate_batch(&b, "auto");
        evaluate_batch(&up, "auto");
        evaluate_batch(&down, "auto");
        for (int c = 0; c < CHAINS; c++) {
            const double slope = (up.values[c] - down.values[c]) / (2 * h);
            const double curvature = (up.gradients[c] - down.gradients[c]) / (2 * h);
            const double size = fabs(b.values[c]) + fabs(b.gradients[c]) + fabs(b.products[c]);
            if (fabs(b.x[c] - 1) < 2 * h)
                continue; /* where min and max change */
            if (!(fabs(b.products[c] - curvature) <= 1e-4 * size))
                printf("%s at %.17g\n", texts[k], b.x[c]);
            assert_close(b.gradients[c], slope, 2e-6 * size);
            assert_close(b.products[c], curvature, 1e-4 * size);
        }
        close_batch(&b);
    }
    heat_context_free(ctx);
}

/* Arithmetic is rounded as it is written, whatever the tape makes of it. */
static void values_are_those_of_a_hand_written_loop(void **state)
{
    static batch b;
    heat_context *ctx = test_context();
    heat_stream s;

    (void)state;
    heat_stream_init(&s, 1, HEAT_PURPOSE_TEST, 4);
    open_batch(ctx, &b, "(x^2-1)^2 + 0.5*y^2", &s);
    evaluate_batch(&b, "auto");
    for (int c = 0; c < CHAINS; c++) {
        const double x = b.x[c], y = b.x[STRIDE + c], u = x * x - 1;
        assert_true(b.values[c] == u * u + 0.5 * (y * y));
        assert_true(b.gradients[c] == 4 * (u * x) && b.gradients[STRIDE + c] == y);
        assert_close(b.products[c], (12 * x * x - 4) * b.v[c], 1e-13);
        assert_true(b.products[STRIDE + c] == b.v[STRIDE + c]);
    }
    close_batch(&b);
    open_batch(ctx, &b, "sum(i=1..2, 100*(x[i+1] - x[i]^2)^2 + (1 - x[i])^2)", &s);
    evaluate_batch(&b, "auto");
    for (int c = 0; c < CHAINS; c++) {
        double total = 0;
        for (int i = 0; i < 2; i++) {
            const double u = b.x[i * STRIDE + c], d = b.x[(i + 1) * STRIDE + c] - u * u, f = 1 - u;
            total = total + (100 * (d * d) + f * f);
        }
        assert_true(b.values[c] == total);
    }
    close_batch(&b);
    heat_context_free(ctx);
}

static void derivatives_exist_at_0(void **state)
{
    static const struct {
        const char *text;
        double value, slope, curvature;
    } cases[] = {
        {"x^2", 0, 0, 2},        {"x^3", 0, 0, 0},         {"x", 0, 1, 0},           {"x^1", 0, 1, 0},
        {"x^0+x", 1, 1, 0},      {"x^1.5", 0, 0, NAN},     {"abs(x)", 0, 0, 0},      {"(x^2)^1.5", 0, 0, NAN},
        {"exp(x)", 1, 1, 1},     {"sqrt(1+x^2)", 1, 0, 1}, {"sqrt(x^2)", 0, 0, NAN}, {"tanh(x)", 0, 1, 0},
        {"max(x,-x)", 0, -1, 0},
    };
    static batch b;
    heat_context *ctx = test_context();
    heat_stream s;

    (void)state;
    heat_stream_init(&s, 1, HEAT_PURPOSE_TEST, 5);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        open_batch(ctx, &b, cases[k].text, &s);
        memset(b.x, 0, sizeof b.x);
        b.v[0] = 1;
        evaluate_batch(&b, "auto");
        if (!(b.values[0] == cases[k].value && b.gradients[0] == cases[k].slope))
            printf("%s: %g %g\n", cases[k].text, b.values[0], b.gradients[0]);
        assert_true(b.values[0] == cases[k].value);
        assert_true(b.gradients[0] == cases[k].slope);
        if (!isnan(cases[k].curvature))
            assert_true(b.products[0] == cases[k].curvature);
        close_batch(&b);
    }
    heat_context_free(ctx);
}

/* More rows than a block of chains has room for, and all of them right. */
static void long_sums_are_right(void **state)
{
    enum { LONG = 2000, FEW = 70 };
    heat_context *ctx = test_context();
    heat_expression *e = NULL;
    double *work = NULL, *x = NULL, *g = NULL, *p = NULL, values[FEW];

    (void)state;
    assert_ok(ctx, heat_expression_parse(ctx, "long", "sum(i=1..1999, (x[i+1] - x[i]^2)^2)", 0, NULL, &e));
    assert_int_equal(heat_expression_n_variables(e), LONG);
    assert_ok(ctx, heat_alloc(ctx, heat_expression_work_size(e), sizeof *work, &work));
    assert_ok(ctx, heat_alloc(ctx, LONG * FEW, sizeof *x, &x));
    assert_ok(ctx, heat_alloc(ctx, LONG * FEW, sizeof *g, &g));
    assert_ok(ctx, heat_alloc(ctx, LONG * FEW, sizeof *p, &p));
    for (int k = 0; k < LONG * FEW; k++)
        x[k] = sin(k);
    heat_expression_evaluate(e, FEW, FEW, x, values, g, work);
    heat_expression_times_hessian(e, FEW, FEW, x, x, p, work);
    for (int c = 0; c < FEW; c++) {
        double total = 0;
        for (int i = 0; i < LONG - 1; i++) {
            const double *a = x + i * FEW + c, d = a[FEW] - a[0] * a[0];
            total += d * d;
        }
        assert_true(values[c] == total);
        for (int i = 1; i < LONG - 1; i++) {
            const double *a = x + i * FEW + c, d = a[FEW] - a[0] * a[0], before = a[0] - a[-FEW] * a[-FEW];
            const double h = 2 - 4 * d + 8 * a[0] * a[0];
            assert_close(g[i * FEW + c], 2 * before - 4 * a[0] * d, 1e-13);
            assert_close(p[i * FEW + c], h * a[0] - 4 * a[-FEW] * a[-FEW] - 4 * a[0] * a[FEW], 1e-12);
        }
    }
    heat_free(work);
    heat_free(x);
    heat_free(g);
    heat_free(p);
    heat_expression_free(e);
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_expressions_are_right),
        cmocka_unit_test(every_function_has_its_derivatives),
        cmocka_unit_test(values_are_those_of_a_hand_written_loop),
        cmocka_unit_test(derivatives_exist_at_0),
        cmocka_unit_test(long_sums_are_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
