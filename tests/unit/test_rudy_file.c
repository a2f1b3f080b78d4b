/* rudy graphs: what is accepted and as what, what is refused and where, and that files go round unchanged. */
#include "io/graph_format.h"
#include "support.h"

#include <stdlib.h>
#include <string.h>

typedef struct accepted {
    const char *text;
    int64_t n, m, loops;
    double total; /* sum of weights */
} accepted;

static void graphs_read_by_the_stated_rules(void **state)
{
    (void)state;
    static const accepted cases[] = {
        {"3 2\n1 2 1\n2 3 -1\n", 3, 2, 0, 0},
        {"3 2\r\n1 2 1\r\n2 3 -1\r\n", 3, 2, 0, 0},
        {"  3\t2  \n 1  2  5 \n\n\n2 3 \n\n", 3, 2, 0, 6},
        {"# head\n3 1 # sizes\n# edges\n1 3 2.5 # half\n", 3, 1, 0, 2.5},
        {"3 1\n1 3", 3, 1, 0, 1},
        {"2 3\n1 2 1\n2 1 4\n1 2 -2\n", 2, 3, 0, 3}, /* repeated edges are kept */
        {"3 3\n1 1 7\n1 2\n3 3 9\n", 3, 1, 2, 1},    /* self loops count for m and are left out */
        {"5 0\n", 5, 0, 0, 0},                       /* no edge at all */
        {"1 0", 1, 0, 0, 0},                         /* one vertex */
        {"2147483647 0\n", 2147483647, 0, 0, 0},     /* costs nothing until edges come */
        {"100 1\n100 1 1e3\n", 100, 1, 0, 1000},     /* isolated vertices */
        {"2 1\n+1 2 +.5e1\n", 2, 1, 0, 5},
    };
    heat_context *ctx = test_context();

    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const accepted *c = &cases[k];
        heat_edge_list list;
        const char *name;
        double total = 0;
        assert_ok(ctx, heat_graph_read(ctx, test_file(".mc", c->text, strlen(c->text)),
                                       c->loops > 0 ? "rudy" : NULL, &list, &name));
        assert_string_equal(name, "rudy");
        assert_int_equal(list.n_variables, c->n);
        assert_int_equal(list.n_edges, c->m);
        assert_int_equal(list.n_self_loops, c->loops);
        assert_int_equal(list.form, HEAT_FORM_MAX_CUT);
        assert_null(list.field);
        for (int64_t e = 0; e < list.n_edges; e++)
            total += list.weight[e];
        assert_close(total, c->total, 0);
        heat_edge_list_clear(&list);
    }
    heat_context_free(ctx);
}

typedef struct refused {
    const char *text;
    const char *message;
    int64_t line, column;
} refused;

static void what_is_refused_names_its_place(void **state)
{
    (void)state;
    static const refused cases[] = {
        {"", "empty", 1, 1},
        {"# only a remark\n\n", "empty", 3, 1},
        {"4611686018427387904 2\n1 2\n", "a whole number from 1 to 2147483647, found '4611686018427387904'",
         1, 1},
        {"99999999999999999999999 1\n1 2\n", "the number of vertices n", 1, 1},
        {"2147483648 0", "from 1 to 2147483647", 1, 1},
        {"0 0\n", "from 1 to 2147483647, found '0'", 1, 1},
        {"-3 1\n1 2\n", "found '-3'", 1, 1},
        {"3 -1\n1 2\n", "the number of edges m", 1, 3},
        {"3 1\n1 4\n", "the vertex j: a whole number from 1 to 3, found '4'", 2, 3},
        {"3 1\n0 2\n", "the vertex i: a whole number from 1 to 3, found '0'", 2, 1},
        {"3 1\n1 2 nan\n", "the weight w: a finite decimal number, found 'nan'", 2, 5},
        {"3 1\n1 2 -inf\n", "found '-inf'", 2, 5},
        {"3 1\n1 2 1e400\n", "found '1e400'", 2, 5},
        {"3 1\n1 2 0x10\n", "found '0x10'", 2, 5},
        {"3 1\n1 2 1,5\n", "found '1,5'", 2, 5},
        {"3 1\n1 2 1 1\n", "expected the end of the line (an edge is `i j w`), found '1'", 2, 7},
        {"3 1\n1\n", "expected the vertex j, found the end of the line", 2, 2},
        {"3 1\n1", "expected the vertex j, found the end of the file", 2, 2},
        {"3 1\n1 x 2\n", "the vertex j", 2, 3},
        {"3 2\n1 2\n", "the header promises m = 2 edges, the file ends after 1", 3, 1},
        {"3 4611686018427387904\n1 2\n", "promises m = 4611686018427387904 edges, the file ends after 1", 3,
         1},
        {"3 1\n1 2\n2 3\n", "the header promises m = 1 edges, here is one more", 3, 1},
        {"3 1\n1 2 \x01\n", "binary", 2, 5},
        {"3 1\n1 2\r3", "a carriage return inside a line", 2, 4},
    };
    heat_context *ctx = test_context();

    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const refused *c = &cases[k];
        const char *path = test_file(".mc", c->text, strlen(c->text)), *name;
        heat_edge_list list;
        heat_error error;
        assert_int_equal(heat_graph_read(ctx, path, NULL, &list, &name), HEAT_ERROR_INPUT);
        assert_contains(heat_context_error(ctx), c->message);
        error = heat_context_error_detail(ctx);
        assert_string_equal(error.file, path);
        assert_int_equal(error.line, c->line);
        assert_int_equal(error.column, c->column);
        assert_int_equal(list.n_edges, 0);
        assert_null(list.i);
        assert_null(name);
    }
    heat_context_free(ctx);
}

/* Reads a whole small file. */
static size_t content(const char *path, char *out, size_t size)
{
    FILE *f = fopen(path, "rb");
    size_t length;

    assert_non_null(f);
    length = fread(out, 1, size - 1, f);
    out[length] = '\0';
    fclose(f);
    return length;
}

static void files_go_round_byte_for_byte(void **state)
{
    (void)state;
    static const char text[] = "5 4\n1 2 1\n2 3 -7\n5 1 0.1\n4 2 1.2345678901234567e+100\n";
    static const char *const suffixes[] = {".mc", ".mc.gz", ".h5", ".h5.gz"};
    heat_context *ctx = test_context();

    for (size_t k = 0; k < sizeof suffixes / sizeof *suffixes; k++) {
        const char *first = test_file(suffixes[k], "", 0), *second = test_file(suffixes[k], "", 0);
        static char a[1 << 14], b[1 << 14];
        heat_edge_list list;
        const char *name;
        size_t length;
        assert_ok(ctx, heat_graph_read(ctx, test_file(".mc", text, strlen(text)), NULL, &list, &name));
        assert_ok(ctx, heat_graph_write(ctx, first, &list));
        heat_edge_list_clear(&list);
        assert_ok(ctx, heat_graph_read(ctx, first, NULL, &list, &name));
        assert_int_equal(list.form, HEAT_FORM_MAX_CUT);
        assert_ok(ctx, heat_graph_write(ctx, second, &list));
        heat_edge_list_clear(&list);
        length = content(first, a, sizeof a);
        assert_int_equal(content(second, b, sizeof b), length);
        assert_memory_equal(a, b, length);
        if (k == 0)
            assert_string_equal(a, text);
    }
    heat_context_free(ctx);
}

static void an_ising_model_becomes_negative_weights(void **state)
{
    (void)state;
    int32_t i[] = {0}, j[] = {2};
    double weight[] = {1.5}, field[] = {0, 0, 0};
    heat_edge_list list = {.n_variables = 3, .n_edges = 1, .i = i, .j = j, .weight = weight, .field = field};
    heat_context *ctx = test_context();
    const char *path = test_file(".mc", "kept", 4);
    char text[64];

    field[1] = 2;
    assert_int_equal(heat_graph_write(ctx, path, &list), HEAT_ERROR_OUTPUT);
    assert_contains(heat_context_error(ctx), "cannot hold a field");
    field[1] = 0;
    list.offset = 1;
    assert_int_equal(heat_graph_write(ctx, path, &list), HEAT_ERROR_OUTPUT);
    assert_contains(heat_context_error(ctx), "cannot hold an offset");
    content(path, text, sizeof text);
    assert_string_equal(text, "kept");
    list.offset = 0;
    assert_ok(ctx, heat_graph_write(ctx, path, &list));
    content(path, text, sizeof text);
    assert_string_equal(text, "3 1\n1 3 -1.5\n");
    heat_context_free(ctx);
}

static heat_status read_and_write(heat_context *ctx, void *arg)
{
    const char **paths = arg, *name;
    heat_edge_list list;
    heat_status status = heat_graph_read(ctx, paths[0], NULL, &list, &name);

    if (status == HEAT_OK)
        status = heat_graph_write(ctx, paths[1], &list);
    heat_edge_list_clear(&list);
    return status;
}

static void failing_allocations_leak_nothing(void **state)
{
    (void)state;
    char text[400] = "40 40\n";
    const char *paths[2];

    for (int k = 1; k <= 40; k++) /* enough edges to grow the list more than once */
        snprintf(text + strlen(text), sizeof text - strlen(text), "%d %d\n", k, k % 40 + 1);
    paths[0] = test_file(".mc", text, strlen(text));
    paths[1] = test_file(".mc.gz", "", 0);
    test_failing_allocations(read_and_write, paths);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(graphs_read_by_the_stated_rules),
        cmocka_unit_test(what_is_refused_names_its_place),
        cmocka_unit_test(files_go_round_byte_for_byte),
        cmocka_unit_test(an_ising_model_becomes_negative_weights),
        cmocka_unit_test(failing_allocations_leak_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
