/* .npy files, byte by byte against the format's definition (NEP 1). */
#include "io/npy.h"
#include "support.h"

#include <stdlib.h>
#include <string.h>

static size_t content(const char *path, char *out, size_t size)
{
    FILE *f = fopen(path, "rb");
    size_t length;

    assert_non_null(f);
    length = fread(out, 1, size, f);
    fclose(f);
    return length;
}

typedef struct shape_case {
    int rank;
    int64_t extent[4];
    const char *shape;
    size_t count;
} shape_case;

static void header_and_data_follow_the_definition(void **state)
{
    (void)state;
    static const shape_case cases[] = {
        {0, {0}, "()", 1},        {1, {3}, "(3,)", 3},
        {2, {2, 3}, "(2, 3)", 6}, {4, {1, 2, 2, 1}, "(1, 2, 2, 1)", 4},
        {2, {5, 0}, "(5, 0)", 0}, {4, {1000000, 1000000, 1000000, 0}, "(1000000, 1000000, 1000000, 0)", 0},
    };
    static const int8_t data[] = {-1, 1, 1, -1, 127, -128};
    heat_context *ctx = test_context();

    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const char *path = test_file(".npy", "", 0);
        char bytes[512], dict[256];
        size_t length, head;
        assert_ok(ctx, heat_npy_write(ctx, path, "|i1", cases[k].rank, cases[k].extent, data));
        length = content(path, bytes, sizeof bytes);
        assert_memory_equal(bytes, "\x93NUMPY\x01\x00", 8);
        head = 10 + (unsigned char)bytes[8] + 256 * (size_t)(unsigned char)bytes[9];
        assert_int_equal(head % 64, 0);
        assert_int_equal(length, head + cases[k].count);
        assert_int_equal(bytes[head - 1], '\n');
        snprintf(dict, sizeof dict, "{'descr': '|i1', 'fortran_order': False, 'shape': %s, }",
                 cases[k].shape);
        assert_memory_equal(bytes + 10, dict, strlen(dict));
        for (size_t c = 10 + strlen(dict); c < head - 1; c++)
            assert_int_equal(bytes[c], ' ');
        assert_memory_equal(bytes + head, data, cases[k].count);
    }
    heat_context_free(ctx);
}

static void shapes_that_are_none_are_refused(void **state)
{
    (void)state;
    const int64_t negative[] = {-1}, large[] = {(int64_t)1 << 40, (int64_t)1 << 40};
    const int64_t nine[] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
    const int8_t one = 1;
    heat_context *ctx = test_context();
    const char *path = test_file(".npy", "kept", 4);
    char bytes[8];

    assert_int_equal(heat_npy_write(ctx, path, "|i1", 1, negative, &one), HEAT_ERROR_ARGUMENT);
    assert_int_equal(heat_npy_write(ctx, path, "|i1", 2, large, &one), HEAT_ERROR_ARGUMENT);
    assert_int_equal(heat_npy_write(ctx, path, "|i1", 9, nine, &one), HEAT_ERROR_ARGUMENT);
    assert_int_equal(heat_npy_write(ctx, "/dev/full", "|i1", 0, NULL, &one), HEAT_ERROR_OUTPUT);
    assert_int_equal(content(path, bytes, sizeof bytes), 4);
    heat_context_free(ctx);
}

static heat_status write_one(heat_context *ctx, void *path)
{
    const int64_t extent[] = {2};
    const int8_t data[] = {1, -1};

    return heat_npy_write(ctx, path, "|i1", 1, extent, data);
}

static void failing_allocations_leak_nothing(void **state)
{
    (void)state;
    test_failing_allocations(write_one, (void *)(uintptr_t)test_file(".npy.gz", "", 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(header_and_data_follow_the_definition),
        cmocka_unit_test(shapes_that_are_none_are_refused),
        cmocka_unit_test(failing_allocations_leak_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
