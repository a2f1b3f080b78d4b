/* HDF5 stores: what goes in comes out, and what a file claims is checked before it is believed. */
#include "base/memory.h"
#include "io/graph_format.h"
#include "io/store.h"
#include "support.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void arrays_and_texts_come_back(void **state)
{
    (void)state;
    enum { N = 300000 };
    const int64_t extent[] = {3, N / 3}, empty[] = {0, 7};
    const double number = 0.1;
    heat_context *ctx = test_context();
    const char *path = test_file(".h5", "", 0);
    int32_t *data = calloc(N, sizeof *data);
    heat_store *store;
    void *back;
    char *text;
    int rank;
    int64_t shape[HEAT_STORE_MAX_RANK];

    assert_non_null(data);
    for (int k = 0; k < N; k++)
        data[k] = k % 1013 * (k % 7);
    assert_ok(ctx, heat_store_create(ctx, path, "samples", &store));
    assert_ok(ctx, heat_store_put(ctx, store, "chains/states", HEAT_STORE_INT32, 2, extent, data));
    assert_ok(ctx, heat_store_put(ctx, store, "number", HEAT_STORE_DOUBLE, 0, NULL, &number));
    assert_ok(ctx, heat_store_put(ctx, store, "empty", HEAT_STORE_INT8, 2, empty, NULL));
    assert_ok(ctx, heat_store_put_text(ctx, store, "chains/states", "axes", "chain,draw"));
    assert_int_equal(heat_store_put(ctx, store, "number", HEAT_STORE_DOUBLE, 0, NULL, &number),
                     HEAT_ERROR_OUTPUT); /* twice */
    assert_ok(ctx, heat_store_commit(ctx, store));

    assert_ok(ctx, heat_store_open(ctx, path, "samples", &store));
    assert_true(heat_store_has(store, "chains/states"));
    assert_false(heat_store_has(store, "chains/other"));
    assert_false(heat_store_has(store, "nothing/states"));
    assert_ok(ctx, heat_store_get(ctx, store, "chains/states", HEAT_STORE_INT32, &rank, shape, &back));
    assert_int_equal(rank, 2);
    assert_int_equal(shape[0], 3);
    assert_int_equal(shape[1], N / 3);
    assert_memory_equal(back, data, N * sizeof *data);
    heat_free(back);
    assert_ok(ctx, heat_store_get(ctx, store, "number", HEAT_STORE_DOUBLE, &rank, shape, &back));
    assert_int_equal(rank, 0);
    assert_close(*(double *)back, number, 0);
    heat_free(back);
    assert_ok(ctx, heat_store_get(ctx, store, "empty", HEAT_STORE_INT8, &rank, shape, &back));
    assert_int_equal(shape[1], 7);
    heat_free(back);
    assert_ok(ctx, heat_store_get_text(ctx, store, "chains/states", "axes", &text));
    assert_string_equal(text, "chain,draw");
    heat_free(text);
    heat_store_close(store);
    free(data);
    heat_context_free(ctx);
}

static heat_status get_as(heat_context *ctx, heat_store *store, const char *name, heat_store_type type,
                          void *back)
{
    int rank;
    int64_t shape[HEAT_STORE_MAX_RANK];

    return heat_store_get(ctx, store, name, type, &rank, shape, back);
}

static void numbers_convert_without_loss_or_not_at_all(void **state)
{
    (void)state;
    const int64_t two[] = {2}, small[] = {127, -128}, large[] = {1, (int64_t)1 << 40};
    const double real[] = {0.5, 1};
    heat_context *ctx = test_context();
    const char *path = test_file(".h5", "", 0);
    heat_store *store;
    void *back;

    assert_ok(ctx, heat_store_create(ctx, path, "numbers", &store));
    assert_ok(ctx, heat_store_put(ctx, store, "small", HEAT_STORE_INT64, 1, two, small));
    assert_ok(ctx, heat_store_put(ctx, store, "large", HEAT_STORE_INT64, 1, two, large));
    assert_ok(ctx, heat_store_put(ctx, store, "real", HEAT_STORE_DOUBLE, 1, two, real));
    assert_ok(ctx, heat_store_commit(ctx, store));
    assert_ok(ctx, heat_store_open(ctx, path, "numbers", &store));
    assert_ok(ctx, get_as(ctx, store, "small", HEAT_STORE_INT8, &back));
    assert_int_equal(((int8_t *)back)[1], -128);
    heat_free(back);
    assert_ok(ctx, get_as(ctx, store, "small", HEAT_STORE_INT32, &back));
    assert_int_equal(((int32_t *)back)[0], 127);
    heat_free(back);
    assert_int_equal(get_as(ctx, store, "large", HEAT_STORE_INT32, &back), HEAT_ERROR_INPUT);
    assert_contains(heat_context_error(ctx), "does not fit into 32 bits");
    assert_null(back);
    assert_int_equal(get_as(ctx, store, "large", HEAT_STORE_DOUBLE, &back), HEAT_ERROR_INPUT);
    assert_int_equal(get_as(ctx, store, "real", HEAT_STORE_INT64, &back), HEAT_ERROR_INPUT);
    assert_contains(heat_context_error(ctx), "does not convert without loss");
    assert_int_equal(get_as(ctx, store, "none", HEAT_STORE_INT64, &back), HEAT_ERROR_INPUT);
    assert_contains(heat_context_error(ctx), "'none' is missing");
    heat_store_close(store);
    heat_context_free(ctx);
}

/* A graph file of 3 variables; the tests below damage it. */
static const char *graph_file(const char *suffix)
{
    static const char text[] = "ising 3\n0 1 1\n1 2 -1\n2 2 0.5\n";
    const char *path = test_file(suffix, "", 0), *name;
    heat_context *ctx = test_context();
    heat_edge_list list;

    assert_ok(ctx, heat_graph_read(ctx, test_file(".ising", text, strlen(text)), NULL, &list, &name));
    assert_ok(ctx, heat_graph_write(ctx, path, &list));
    heat_edge_list_clear(&list);
    heat_context_free(ctx);
    return path;
}

static size_t content(const char *path, unsigned char *out, size_t size)
{
    FILE *f = fopen(path, "rb");
    size_t length;

    assert_non_null(f);
    length = fread(out, 1, size, f);
    fclose(f);
    return length;
}

/* One byte wrong, at every place in turn but the seal's own word; or cut off anywhere. */
static void damage_is_told_wherever_it_is(void **state)
{
    (void)state;
    enum { SEAL = 12, SEAL_WORD = 8 };
    static unsigned char bytes[1 << 14], damaged[1 << 14];
    size_t size = content(graph_file(".h5"), bytes, sizeof bytes);
    heat_context *ctx = test_context();
    heat_edge_list list;
    const char *name;

    assert_true(size > 512 && size < sizeof bytes);
    for (size_t k = 0; k < size; k += k < 1024 ? 1 : 7) {
        if (k >= size - SEAL && k < size - SEAL + SEAL_WORD)
            continue;
        memcpy(damaged, bytes, size);
        damaged[k] ^= 0x10;
        assert_int_equal(heat_graph_read(ctx, test_file(".h5", damaged, size), "hdf5", &list, &name),
                         HEAT_ERROR_INPUT);
        assert_contains(heat_context_error(ctx), "is damaged: its checksum does not fit");
    }
    for (size_t k = 0; k < size - SEAL; k += 97) {
        assert_int_equal(heat_graph_read(ctx, test_file(".h5", bytes, k), "hdf5", &list, &name),
                         HEAT_ERROR_INPUT);
        assert_contains(heat_context_error(ctx), "damaged or truncated");
    }
    /* without its seal it is as another program may have left it, and reads */
    assert_ok(ctx, heat_graph_read(ctx, test_file(".h5", bytes, size - SEAL), NULL, &list, &name));
    assert_int_equal(list.n_edges, 2);
    heat_edge_list_clear(&list);
    heat_context_free(ctx);
}

/* Writes a "graph" with these arrays. */
static const char *made_up(heat_context *ctx, int64_t n, int32_t i, double weight, int64_t n_fields,
                           const char *energy)
{
    const int64_t one[] = {1};
    const int32_t j = 1;
    const double fields[] = {0, 0, 0, 0}, offset = 0;
    const char *path = test_file(".h5", "", 0);
    heat_store *store;

    assert_ok(ctx, heat_store_create(ctx, path, "graph", &store));
    assert_ok(ctx, heat_store_put_text(ctx, store, NULL, "energy", energy));
    assert_ok(ctx, heat_store_put(ctx, store, "n_variables", HEAT_STORE_INT64, 0, NULL, &n));
    assert_ok(ctx, heat_store_put(ctx, store, "edge_i", HEAT_STORE_INT32, 1, one, &i));
    assert_ok(ctx, heat_store_put(ctx, store, "edge_j", HEAT_STORE_INT32, 1, one, &j));
    assert_ok(ctx, heat_store_put(ctx, store, "weight", HEAT_STORE_DOUBLE, 1, one, &weight));
    assert_ok(ctx, heat_store_put(ctx, store, "field", HEAT_STORE_DOUBLE, 1, &n_fields, fields));
    assert_ok(ctx, heat_store_put(ctx, store, "offset", HEAT_STORE_DOUBLE, 0, NULL, &offset));
    assert_ok(ctx, heat_store_commit(ctx, store));
    return path;
}

static void graphs_that_are_none_are_refused(void **state)
{
    (void)state;
    static const struct {
        int64_t n;
        int32_t i;
        double weight;
        int64_t n_fields;
        const char *energy, *message;
    } cases[] = {
        {3, 0, 1, 3, "ising", NULL},
        {0, 0, 1, 3, "ising", "n_variables is 0, expected 1 to 2147483647"},
        {(int64_t)1 << 62, 0, 1, 3, "ising", "expected 1 to 2147483647"},
        {3, 3, 1, 3, "ising", "edge 0 joins 3 and 1, expected two variables from 0 to 2"},
        {3, -1, 1, 3, "ising", "edge 0 joins -1 and 1"},
        {3, 1, 1, 3, "ising", "edge 0 joins 1 and 1"},
        {3, 0, 1e308 * 10, 3, "ising", "the weight of edge 0 is not finite"},
        {3, 0, 1, 2, "ising", "'field' has length 2, expected 3"},
        {3, 0, 1, 3, "entropy",
         "energy is 'entropy', expected ising, max-cut, qubo, boltzmann, potts or rbm"},
    };
    heat_context *ctx = test_context();

    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const char *name,
            *path = made_up(ctx, cases[k].n, cases[k].i, cases[k].weight, cases[k].n_fields, cases[k].energy);
        heat_edge_list list;
        heat_status status = heat_graph_read(ctx, path, NULL, &list, &name);
        if (cases[k].message == NULL) {
            assert_ok(ctx, status);
        } else {
            assert_int_equal(status, HEAT_ERROR_INPUT);
            assert_contains(heat_context_error(ctx), cases[k].message);
            assert_string_equal(heat_context_error_detail(ctx).file, path);
        }
        heat_edge_list_clear(&list);
    }
    heat_context_free(ctx);
}

static void files_of_others_kinds_and_times_are_told_apart(void **state)
{
    (void)state;
    static unsigned char bytes[1 << 14];
    heat_context *ctx = test_context();
    const char *path = graph_file(".h5");
    static const unsigned char one[16] = {1, [8] = 1}; /* a scalar, and the int64 1 */
    size_t size = content(path, bytes, sizeof bytes), at;
    heat_store *store;

    assert_int_equal(heat_store_open(ctx, path, "samples", &store), HEAT_ERROR_INPUT);
    assert_contains(heat_context_error(ctx), "holds 'graph', expected a file of kind 'samples'");
    assert_null(store);
    assert_int_equal(heat_store_open(ctx, "/nonexistent.h5", "graph", &store), HEAT_ERROR_INPUT);
    assert_contains(heat_context_error(ctx), "No such file or directory");
    assert_int_equal(heat_store_open(ctx, "/tmp", "graph", &store), HEAT_ERROR_INPUT);
    assert_contains(heat_context_error(ctx), "Is a directory");
    assert_int_equal(heat_store_open(ctx, test_file(".h5", "hello", 5), "graph", &store), HEAT_ERROR_INPUT);
    assert_contains(heat_context_error(ctx), "not an HDF5 file");
    size -= 12; /* the seal, as a program that changes a file drops it */
    for (at = 0; at + 8 < size && memcmp(bytes + at, "heatbath", 8) != 0;)
        at++;
    bytes[at] = 'H';
    assert_int_equal(heat_store_open(ctx, test_file(".h5", bytes, size), "graph", &store), HEAT_ERROR_INPUT);
    assert_contains(heat_context_error(ctx), "an HDF5 file, but not heatbath's");
    bytes[at] = 'h';
    for (at = 0; at + 14 < size && memcmp(bytes + at, "format_version", 14) != 0;)
        at++;
    for (at += 16; at + sizeof one < size && memcmp(bytes + at, one, sizeof one) != 0;) /* behind its type */
        at++;
    assert_true(at + sizeof one < size);
    bytes[at + 8] = 9;
    assert_int_equal(heat_store_open(ctx, test_file(".h5", bytes, size), "graph", &store), HEAT_ERROR_INPUT);
    assert_contains(heat_context_error(ctx), "format_version is 9");
    heat_context_free(ctx);
}

static void a_store_that_is_not_committed_disappears(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    const char *path = test_file(".h5", "kept", 4);
    unsigned char bytes[8];
    heat_store *store;

    assert_ok(ctx, heat_store_create(ctx, path, "graph", &store));
    heat_store_close(store);
    heat_store_close(NULL);
    assert_int_equal(content(path, bytes, sizeof bytes), 4);
    assert_ok(ctx, heat_store_create(ctx, "/dev/full", "graph", &store));
    assert_int_equal(heat_store_commit(ctx, store), HEAT_ERROR_OUTPUT);
    assert_contains(heat_context_error(ctx), "/dev/full: cannot be written: No space left on device");
    assert_int_equal(heat_store_create(ctx, "/nonexistent/x.h5", "graph", &store), HEAT_ERROR_OUTPUT);
    heat_context_free(ctx);
}

static heat_status round_trip(heat_context *ctx, void *arg)
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
    const char *plain[] = {graph_file(".h5"), test_file(".h5", "", 0)};
    const char *packed[] = {graph_file(".h5.gz"), test_file(".h5.gz", "", 0)};

    test_failing_allocations(round_trip, plain);
    test_failing_allocations(round_trip, packed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrays_and_texts_come_back),
        cmocka_unit_test(numbers_convert_without_loss_or_not_at_all),
        cmocka_unit_test(damage_is_told_wherever_it_is),
        cmocka_unit_test(graphs_that_are_none_are_refused),
        cmocka_unit_test(files_of_others_kinds_and_times_are_told_apart),
        cmocka_unit_test(a_store_that_is_not_committed_disappears),
        cmocka_unit_test(failing_allocations_leak_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
