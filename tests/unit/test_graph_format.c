/* Every graph file of the reference data reads with the numbers its header promises, and formats are told by
 * content: what has no reading or two is refused. */
#include "io/graph_format.h"
#include "support.h"

#include <glob.h>
#include <string.h>

/* Reads every file of a pattern; the header is read again by other means. Returns how many there were. */
static size_t read_all(const char *pattern, const char *format)
{
    glob_t files;
    size_t count;

    if (glob(test_data(pattern), 0, NULL, &files) != 0)
        fail_msg("no files %s", pattern);
    for (size_t k = 0; k < files.gl_pathc; k++) {
        heat_context *ctx = test_context();
        heat_edge_list list;
        const char *name;
        long long n = 0, m = -1, lines = 0, fields = 0;
        char line[256];
        FILE *f = fopen(files.gl_pathv[k], "r");
        assert_non_null(f);
        assert_non_null(fgets(line, sizeof line, f));
        if (sscanf(line, "ising %lld", &n) != 1)
            assert_int_equal(sscanf(line, "%lld %lld", &n, &m), 2);
        while (fgets(line, sizeof line, f) != NULL) {
            long long i, j;
            lines += sscanf(line, "%lld %lld", &i, &j) == 2;
            fields += m < 0 && i == j;
        }
        fclose(f);
        assert_ok(ctx, heat_graph_read(ctx, files.gl_pathv[k], NULL, &list, &name));
        assert_string_equal(name, format);
        assert_int_equal(list.n_variables, n);
        assert_int_equal(list.n_edges + list.n_self_loops + fields, m < 0 ? lines : m);
        assert_true((list.field != NULL) == (fields > 0));
        assert_true((list.form == HEAT_FORM_MAX_CUT) == (m >= 0));
        heat_edge_list_clear(&list);
        heat_context_free(ctx);
    }
    count = files.gl_pathc;
    globfree(&files);
    return count;
}

static void reference_files_read_as_their_headers_say(void **state)
{
    (void)state;
    assert_int_equal(read_all("gset/*.mc", "rudy"), 10);
    assert_int_equal(read_all("qubo/*.mc", "rudy"), 9);
    assert_int_equal(read_all("exact/instances/*.ising", "ising"), 12);
}

typedef struct refused {
    const char *bytes;
    size_t size; /* 0: strlen */
    const char *format;
    heat_status status;
    const char *message;
    int64_t line, column;
} refused;

static void what_has_no_reading_or_two_is_refused(void **state)
{
    (void)state;
    static const refused cases[] = {
        {"", 0, NULL, HEAT_ERROR_INPUT, "the file is empty: expected a graph", 1, 1},
        {"\n# remark\n\n", 0, NULL, HEAT_ERROR_INPUT, "the file is empty", 4, 1},
        {"# c\np qubo 0 3\n", 0, NULL, HEAT_ERROR_INPUT, "expected the number of lines `i i w`, nNodes", 2,
         11},
        {"hello\n", 0, NULL, HEAT_ERROR_INPUT, "`ising N` (ising)", 1, 1},
        {"3 3 3 3\n", 0, NULL, HEAT_ERROR_INPUT,
         "heatbath's HDF5, NumPy's .npz of an RBM, lines of numbers in NAME_W.txt, found '3'", 1, 1},
        {"4 2\nx y\n", 0, NULL, HEAT_ERROR_INPUT, "expected a graph", 1, 1},
        {"\x7f"
         "ELF\0\1",
         6, NULL, HEAT_ERROR_INPUT, "0x7f: this is a binary file", 1, 1},
        {"ab\0c", 4, NULL, HEAT_ERROR_INPUT, "0x00: this is a binary file", 1, 3},
        {"0 1 -1\n1 2 1\n", 0, NULL, HEAT_ERROR_INPUT, "as ising and as ising1", 1, 1},
        {"\x89HDF\r\n\x1a\n", 0, NULL, HEAT_ERROR_INPUT, "not an HDF5 file, or a damaged", 0, 0},
        {"\x1f\x8b\x08", 0, NULL, HEAT_ERROR_INPUT, "the file is truncated", 0, 0},
        {"1 0\n", 0, "rudi", HEAT_ERROR_OPTION,
         "none of rudy|ising|ising1|qubo|mqlib|coo|bqm|hdf5|npz|rbm-text; did you mean rudy?", 0, 0},
        {"1 0\n", 0, "matrix-market", HEAT_ERROR_OPTION, "none of rudy|ising|ising1|qubo|mqlib|coo|bqm|hdf5",
         0, 0},
        {"1 0\n", 0, "hdf5", HEAT_ERROR_INPUT, "not an HDF5 file", 0, 0},
        {"ising 2\n", 0, "rudy", HEAT_ERROR_INPUT, "the number of vertices n", 1, 1},
    };
    heat_context *ctx = test_context();

    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const refused *c = &cases[k];
        const char *path = test_file(".x", c->bytes, c->size > 0 ? c->size : strlen(c->bytes)), *name;
        heat_edge_list list;
        assert_int_equal(heat_graph_read(ctx, path, c->format, &list, &name), c->status);
        assert_contains(heat_context_error(ctx), c->message);
        assert_int_equal(heat_context_error_detail(ctx).line, c->line);
        assert_int_equal(heat_context_error_detail(ctx).column, c->column);
        assert_null(name);
    }
    heat_context_free(ctx);
}

static void paths_that_cannot_be_used_say_why(void **state)
{
    (void)state;
    heat_edge_list list = {.n_variables = 1};
    heat_context *ctx = test_context();
    const char *name;

    assert_int_equal(heat_graph_write(ctx, "/tmp/x.txt", &list), HEAT_ERROR_ARGUMENT);
    assert_contains(heat_context_error(ctx),
                    "expected one of .mc, .ising, .qubo, .coo, .json, .h5 (.gz may follow)");
    assert_int_equal(heat_graph_write(ctx, "/tmp/x.gz", &list), HEAT_ERROR_ARGUMENT);
    assert_int_equal(heat_graph_write(ctx, "/nonexistent/x.mc", &list), HEAT_ERROR_OUTPUT);
    assert_contains(heat_context_error(ctx), "No such file or directory");
    assert_int_equal(heat_graph_read(ctx, "/nonexistent/x.mc", NULL, &list, &name), HEAT_ERROR_INPUT);
    assert_contains(heat_context_error(ctx), "cannot be opened: No such file or directory");
    assert_int_equal(heat_graph_read(ctx, "/tmp", NULL, &list, &name), HEAT_ERROR_INPUT);
    assert_contains(heat_context_error(ctx), "Is a directory");
    heat_context_free(ctx);
}

/* Every format, also packed, is told by its content whatever the file is called, and from standard input. */
static void content_tells_the_format_not_the_name(void **state)
{
    (void)state;
    static const char *const suffixes[] = {".mc", ".mc.gz", ".ising", ".ising.gz", ".h5", ".h5.gz"};
    static const char *const names[] = {"rudy", "rudy", "ising", "ising", "hdf5", "hdf5"};
    int32_t i[] = {0}, j[] = {1};
    double weight[] = {3};
    heat_edge_list made = {.n_variables = 2, .n_edges = 1, .i = i, .j = j, .weight = weight}, list;
    heat_context *ctx = test_context();

    for (int k = 0; k < 12; k++) {
        const char *path = test_file(suffixes[k / 2], "", 0), *other = test_file(".dat", "", 0), *name;
        assert_ok(ctx, heat_graph_write(ctx, path, &made));
        assert_int_equal(rename(path, other), 0);
        if (k % 2 == 1)
            assert_non_null(freopen(other, "rb", stdin));
        assert_ok(ctx, heat_graph_read(ctx, k % 2 == 1 ? "-" : other, NULL, &list, &name));
        assert_string_equal(name, names[k / 2]);
        assert_int_equal(list.n_edges, 1);
        assert_close(list.weight[0], list.form == HEAT_FORM_MAX_CUT ? -3 : 3, 0);
        heat_edge_list_clear(&list);
    }
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reference_files_read_as_their_headers_say),
        cmocka_unit_test(what_has_no_reading_or_two_is_refused),
        cmocka_unit_test(paths_that_cannot_be_used_say_why),
        cmocka_unit_test(content_tells_the_format_not_the_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
