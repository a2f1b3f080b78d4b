/* Rows that are not stored value by value, sparse and packed eight columns a byte: the same bits as the dense
 * file, and where they cannot be what they claim. */
#include "support.h"

#include <heatbath/data.h>

#include <stdio.h>
#include <string.h>

/* Made by Python's zipfile of arrays as scipy.sparse.save_npz writes them: 4 x 11, columns of a row in any
 * order, one value in two halves; a matrix stored by columns; a column beyond the shape; an indptr that
 * falls. */
static const unsigned char sparse_rows[] = {
#include "sparse_rows.inc"
};
static const unsigned char sparse_columns[] = {
#include "sparse_columns.inc"
};
static const unsigned char sparse_beyond[] = {
#include "sparse_beyond.inc"
};
static const unsigned char sparse_falling[] = {
#include "sparse_falling.inc"
};

static const char dense[] = "0,0,0,1,0,0,0,0,0,0,0\n"
                            "0,0,0,0,0,0,0,0,0,0,0\n"
                            "1,0,0,0,0,1,0,0,0,0,1\n"
                            "0,1,1,0,0,0,0,0,0,0,0\n";

/* The same rows by np.packbits(a, axis=1), and with bitorder='little'. */
static const unsigned char big[] = {0x10, 0, 0, 0, 0x84, 0x20, 0x60, 0},
                           little[] = {0x08, 0, 0, 0, 0x21, 0x04, 0x06, 0};

static const char *packed_file(const unsigned char *rows, int n_bytes)
{
    static const char magic[] = "\x93NUMPY\1\0\x76\0";
    char bytes[256], dict[128];
    int length = snprintf(dict, sizeof dict, "{'descr': '|u1', 'fortran_order': False, 'shape': (%d, %d), }",
                          8 / n_bytes, n_bytes);

    memset(bytes, ' ', sizeof bytes);
    memcpy(bytes, magic, 10);
    memcpy(bytes + 10, dict, (size_t)length);
    bytes[127] = '\n';
    memcpy(bytes + 128, rows, 8);
    return test_file(".npy", bytes, 136);
}

static void assert_dense(heat_context *ctx, const char *path, const heat_data_options *options)
{
    heat_data *plain, *data;
    heat_data_info a, b;

    assert_ok(ctx, heat_data_load(ctx, test_file(".data", dense, sizeof dense - 1), NULL, &plain));
    assert_ok(ctx, heat_data_load(ctx, path, options, &data));
    heat_data_describe(plain, &a);
    heat_data_describe(data, &b);
    assert_int_equal(b.n_rows, 4);
    assert_int_equal(b.n_variables, 11);
    assert_int_equal(b.storage, HEAT_DATA_BITS);
    assert_int_equal(a.bytes, b.bytes);
    for (int64_t r = 0; r < a.n_rows; r++)
        assert_memory_equal(heat_data_get_bits(plain, r), heat_data_get_bits(data, r), sizeof(uint64_t));
    heat_data_free(plain);
    heat_data_free(data);
}

static void sparse_and_packed_rows_are_the_dense_ones(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_data_options options;

    heat_data_options_init(&options);
    assert_dense(ctx, test_file(".npz", sparse_rows, sizeof sparse_rows), &options);
    options.packed = 11;
    assert_dense(ctx, packed_file(big, 2), &options);
    options.bit_order = "little";
    assert_dense(ctx, packed_file(little, 2), &options);
    heat_context_free(ctx);
}

static void what_they_cannot_be_is_told(void **state)
{
    (void)state;
    const struct {
        const char *path;
        int64_t packed;
        const char *says;
    } cases[] = {
        {test_file(".npz", sparse_columns, sizeof sparse_columns), 0, "tocsr"},
        {test_file(".npz", sparse_beyond, sizeof sparse_beyond), 0, "row 1 has column 11, expected 0 to 10"},
        {test_file(".npz", sparse_falling, sizeof sparse_falling), 0, "'indptr' falls"},
        {test_file(".npz", sparse_rows, sizeof sparse_rows), 11, "not packed"},
        {test_file(".data", dense, sizeof dense - 1), 11, "only arrays of bytes are packed"},
        {packed_file(big, 2), 17, "rows of 2 numbers of 1 bytes, expected 3"},
        {packed_file(little, 2), 10, "a bit is set behind column 10"},
    };
    heat_context *ctx = test_context();

    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        heat_data_options options;
        heat_data *data;
        heat_data_options_init(&options);
        options.packed = cases[k].packed;
        assert_true(heat_data_load(ctx, cases[k].path, &options, &data) != HEAT_OK);
        assert_contains(heat_context_error(ctx), cases[k].says);
    }
    heat_context_free(ctx);
}

/* Any byte of an archive changed: it is read or refused, and frees what it took. */
static void damage_is_told(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    unsigned char damaged[sizeof sparse_rows];

    for (size_t k = 0; k < sizeof damaged; k += 7) {
        heat_data *data = NULL;
        memcpy(damaged, sparse_rows, sizeof damaged);
        damaged[k] ^= 0x41;
        if (heat_data_load(ctx, test_file(".npz", damaged, sizeof damaged), NULL, &data) != HEAT_OK)
            assert_true(heat_context_error(ctx)[0] != '\0');
        heat_data_free(data);
    }
    heat_context_free(ctx);
}

static heat_status load_sparse(heat_context *ctx, void *path)
{
    heat_data *data = NULL;
    heat_status status = heat_data_load(ctx, path, NULL, &data);

    heat_data_free(data);
    return status;
}

static void failing_allocations_leak_nothing(void **state)
{
    (void)state;
    test_failing_allocations(load_sparse,
                             (void *)(uintptr_t)test_file(".npz", sparse_rows, sizeof sparse_rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sparse_and_packed_rows_are_the_dense_ones),
        cmocka_unit_test(what_they_cannot_be_is_told),
        cmocka_unit_test(damage_is_told),
        cmocka_unit_test(failing_allocations_leak_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
