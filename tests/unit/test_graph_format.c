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
        assert_true(list.max_cut == (m >= 0));
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reference_files_read_as_their_headers_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
