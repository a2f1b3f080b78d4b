/* Ising files, with a header and bare: what is accepted and as what, what is refused and where, round trips.
 */
#include "io/graph_format.h"
#include "support.h"

#include <string.h>

typedef struct accepted {
    const char *text, *format; /* NULL: told by content */
    int64_t n, m;
    double total;       /* sum of couplings */
    double total_field; /* 0 where there is no field */
    double offset;
} accepted;

static void graphs_read_by_the_stated_rules(void **state)
{
    (void)state;
    static const accepted cases[] = {
        {"ising 3\n0 1 1\n1 2 -0.5\n", NULL, 3, 2, 0.5, 0, 0},
        {"# mine\r\n\r\nising 3 # three\r\n0 1 1 \r\n1 1 2\r\n", NULL, 3, 1, 1, 2, 0},
        {"ising 2\n1 1 0.5\n1 1 0.25\n0 0 -1", NULL, 2, 0, 0, -0.25, 0}, /* repeated fields add up */
        {"ising 2\n0 1 1\n1 0 1\n", NULL, 2, 2, 2, 0, 0},                /* repeated couplings are kept */
        {"ising 4\n", NULL, 4, 0, 0, 0, 0},                              /* nothing but the header */
        {"ising 2\noffset -2.5\n0 1 1\n", NULL, 2, 1, 1, 0, -2.5},
        {"ising 2147483647\n0 2147483646 3\n", NULL, 2147483647, 1, 3, 0, 0},
        {"ising 3\n0 1 1", "ising", 3, 1, 1, 0, 0},
        {"0 1 1\n1 4 2\n", "ising", 5, 2, 3, 0, 0},
        {"3 3 2\n", "ising", 4, 0, 0, 2, 0},
        {"5 2 1\n1 2 1\n1 1 4\n", "ising1", 5, 2, 2, 4, 0},
        {"offset 1\n1 2 1\n", "ising1", 2, 1, 1, 0, 1},
    };
    heat_context *ctx = test_context();

    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const accepted *c = &cases[k];
        heat_edge_list list;
        const char *name;
        double total = 0, field = 0;
        assert_ok(ctx,
                  heat_graph_read(ctx, test_file(".txt", c->text, strlen(c->text)), c->format, &list, &name));
        assert_string_equal(name, c->format == NULL ? "ising" : c->format);
        assert_int_equal(list.n_variables, c->n);
        assert_int_equal(list.n_edges, c->m);
        assert_int_equal(list.form, HEAT_FORM_ISING);
        for (int64_t e = 0; e < list.n_edges; e++)
            total += list.weight[e];
        for (int64_t i = 0; list.field != NULL && i < list.n_variables; i++)
            field += list.field[i];
        assert_close(total, c->total, 0);
        assert_close(field, c->total_field, 0);
        assert_close(list.offset, c->offset, 0);
        heat_edge_list_clear(&list);
    }
    heat_context_free(ctx);
}

typedef struct refused {
    const char *text, *format, *message;
    int64_t line, column;
} refused;

static void what_is_refused_names_its_place(void **state)
{
    (void)state;
    static const refused cases[] = {
        {"ising\n", NULL, "expected the number of variables N, found the end of the line", 1, 6},
        {"ising 4611686018427387904\n", NULL, "from 1 to 2147483647, found '4611686018427387904'", 1, 7},
        {"ising 0\n", NULL, "from 1 to 2147483647", 1, 7},
        {"ising 2.5\n", NULL, "found '2.5'", 1, 7},
        {"ising 2 2\n", NULL, "the header is `ising N`", 1, 9},
        {"ising 2\n0 2 1\n", NULL, "the variable j: a whole number from 0 to 1, found '2'", 2, 3},
        {"ising 2\n-1 1 1\n", NULL, "the variable i: a whole number from 0 to 1, found '-1'", 2, 1},
        {"ising 2\n0 1\n", NULL, "expected the coupling J after i and j, found the end of the line", 2, 4},
        {"ising 2\n0 1", NULL, "found the end of the file", 2, 4},
        {"ising 2\n0 1 1 1\n", NULL, "a coupling is `i j J`", 2, 7},
        {"ising 2\n0 1 nan\n", NULL, "the coupling J: a finite decimal number, found 'nan'", 2, 5},
        {"ising 2\n0 1 1e400\n", NULL, "found '1e400'", 2, 5},
        {"ising 2\n0 0 1e308\n0 0 1e308\n", NULL, "the fields h of variable 0 add up to infinity", 3, 1},
        {"ising 2\noffset\n", NULL, "expected the offset X", 2, 7},
        {"ising 2\noffset inf\n", NULL, "found 'inf'", 2, 8},
        {"ising 2\noffset 1\noffset 1\n", NULL, "a second offset", 3, 1},
        {"ising 2\nofset 1\n", NULL, "the variable i", 2, 1},
        {"0 1 1\n1 2 1\n", NULL, "can be read as ising and as ising1: say which with --format", 1, 1},
        {"0 1 1\n", "ising1", "the variable i: a whole number from 1 to 2147483647, found '0'", 1, 1},
        {"ising 2\n0 1 1\n", "ising1", "this is the format ising, not ising1", 1, 1},
        {"0 2147483647 1\n", "ising", "from 0 to 2147483646", 1, 3},
        {"0 1\n", "ising", "expected the coupling J", 1, 4},
        {"", "ising", "expected a line `i j J`, found the end of the file", 1, 1},
        {"# nothing\n", "ising1", "expected a line `i j J`, found the end of the file", 2, 1},
        {"offset 3\n", "ising", "expected a line `i j J`", 2, 1},
        {"ising 3\n0 1 1\n\x02", NULL, "binary", 3, 1},
    };
    heat_context *ctx = test_context();

    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const refused *c = &cases[k];
        const char *path = test_file(".txt", c->text, strlen(c->text)), *name;
        heat_edge_list list;
        heat_error error;
        assert_int_equal(heat_graph_read(ctx, path, c->format, &list, &name), HEAT_ERROR_INPUT);
        assert_contains(heat_context_error(ctx), c->message);
        error = heat_context_error_detail(ctx);
        assert_string_equal(error.file, path);
        assert_int_equal(error.line, c->line);
        assert_int_equal(error.column, c->column);
        assert_null(list.field);
    }
    heat_context_free(ctx);
}

/* A field on the last of very many variables needs an array as long: more than the context allows. */
static void a_field_beyond_the_memory_allowed_is_refused(void **state)
{
    (void)state;
    static const char text[] = "ising 2000000000\n1999999999 1999999999 1\n";
    heat_context_config config;
    heat_context *ctx;
    heat_edge_list list;
    const char *name;

    heat_context_config_init(&config);
    config.memory = 1 << 20;
    assert_int_equal(heat_context_create(&config, &ctx), HEAT_OK);
    assert_int_equal(heat_graph_read(ctx, test_file(".txt", text, strlen(text)), NULL, &list, &name),
                     HEAT_ERROR_MEMORY);
    heat_context_free(ctx);
}

static void files_go_round_byte_for_byte(void **state)
{
    (void)state;
    static const char text[] = "ising 4\noffset 0.1\n0 1 1\n2 1 -0.3333333333333333\n0 0 2\n3 3 1e-300\n";
    static const char *const suffixes[] = {".ising", ".ising.gz", ".h5", ".h5.gz"};
    heat_context *ctx = test_context();

    for (size_t k = 0; k < sizeof suffixes / sizeof *suffixes; k++) {
        const char *through = test_file(suffixes[k], "", 0), *back = test_file(".ising", "", 0), *name;
        heat_edge_list list;
        char read[256] = "";
        FILE *f;
        assert_ok(ctx, heat_graph_read(ctx, test_file(".ising", text, strlen(text)), NULL, &list, &name));
        assert_ok(ctx, heat_graph_write(ctx, through, &list));
        heat_edge_list_clear(&list);
        assert_ok(ctx, heat_graph_read(ctx, through, NULL, &list, &name));
        assert_ok(ctx, heat_graph_write(ctx, back, &list));
        heat_edge_list_clear(&list);
        f = fopen(back, "rb");
        assert_non_null(f);
        assert_int_equal(fread(read, 1, sizeof read - 1, f), strlen(text));
        fclose(f);
        assert_string_equal(read, text);
    }
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
    static const char text[] = "ising 40\n0 1 1\n3 3 1\n35 35 2\n";
    const char *paths[] = {test_file(".ising", text, strlen(text)), test_file(".ising", "", 0)};

    test_failing_allocations(read_and_write, paths);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(graphs_read_by_the_stated_rules),
        cmocka_unit_test(what_is_refused_names_its_place),
        cmocka_unit_test(a_field_beyond_the_memory_allowed_is_refused),
        cmocka_unit_test(files_go_round_byte_for_byte),
        cmocka_unit_test(failing_allocations_leak_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
