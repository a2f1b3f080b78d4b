/* Grey values become bits by chance: --binarize random. */
#include "support.h"

#include <heatbath/data.h>

#include <math.h>
#include <string.h>

static heat_data_options random_options(void)
{
    heat_data_options options;

    heat_data_options_init(&options);
    options.header = "no";
    options.binarize = HEAT_RANDOM;
    return options;
}

enum { GREY_ROWS = 2000, GREYS = 4 };

/* The bits of rows 0, 64, 128, 256; true where the missing value of the last row stayed. */
static bool draw_greys(heat_context *ctx, const char *path, uint64_t seed, int64_t first, float *bits)
{
    heat_data_options options = random_options();
    heat_data_info info;
    heat_data *data;
    bool is_missing;

    options.binarize_seed = seed;
    options.missing = true;
    assert_ok(ctx, heat_data_load(ctx, path, &options, &data));
    heat_data_describe(data, &info);
    assert_int_equal(info.storage, HEAT_DATA_BITS);
    assert_int_equal(info.n_rows, first + GREY_ROWS + 1);
    assert_contains(info.reading, "value / 256");
    heat_data_get_values(data, first, GREY_ROWS, bits);
    is_missing = heat_data_is_missing(data, first + GREY_ROWS, 2);
    assert_int_equal(info.n_missing, 1);
    heat_data_free(data);
    return is_missing;
}

static const char *grey_file(int64_t first)
{
    static char text[(GREY_ROWS + 2) * 20];
    size_t used = 0;

    for (int64_t r = 0; r < first; r++)
        used += (size_t)snprintf(text + used, sizeof text - used, "1,1,1,1\n");
    for (int64_t r = 0; r < GREY_ROWS; r++)
        used += (size_t)snprintf(text + used, sizeof text - used, "0,64,128,256\n");
    used += (size_t)snprintf(text + used, sizeof text - used, "0,0,,0\n");
    return test_file(".csv", text, used);
}

static void greys_become_bits_by_chance(void **state)
{
    (void)state;
    static const double p[GREYS] = {0, 0.25, 0.5, 1};
    static float bits[4][GREY_ROWS * GREYS];
    heat_context *ctx = test_context();
    double sum[GREYS] = {0}, both = 0, sum_of_shared = 0;

    assert_true(draw_greys(ctx, grey_file(0), 1, 0, bits[0]));
    assert_true(draw_greys(ctx, grey_file(0), 1, 0, bits[1]));
    assert_true(draw_greys(ctx, grey_file(0), 2, 0, bits[2]));
    assert_true(draw_greys(ctx, grey_file(1), 1, 1, bits[3]));
    assert_memory_equal(bits[0], bits[1], sizeof bits[0]);
    for (int64_t r = 0; r < GREY_ROWS; r++) {
        const float *row = bits[0] + r * GREYS;
        for (int k = 0; k < GREYS; k++)
            sum[k] += (double)row[k];
        both += (double)(row[1] * row[2]);
        sum_of_shared +=
            (double)(row[2] * bits[2][r * GREYS + 2]) + (double)(row[2] * bits[3][r * GREYS + 2]);
    }
    for (int k = 0; k < GREYS; k++)
        assert_close(sum[k] / GREY_ROWS, p[k], 5 * sqrt(p[k] * (1 - p[k]) / GREY_ROWS));
    assert_close(both / GREY_ROWS, 0.125, 5 * sqrt(0.125 * 0.875 / GREY_ROWS));
    /* another seed, and another file, are other draws: 1/4 each where they are independent, else up to 1/2 */
    assert_close(sum_of_shared / GREY_ROWS, 0.5, 0.08);
    heat_context_free(ctx);
}

static void greys_below_nothing_are_refused(void **state)
{
    (void)state;
    static const char text[] = "0,1\n3,-0.5\n";
    heat_context *ctx = test_context();
    heat_data_options options = random_options();
    const char *path = test_file(".csv", text, strlen(text));
    heat_data *data;

    assert_int_equal(heat_data_load(ctx, path, &options, &data), HEAT_ERROR_INPUT);
    assert_contains(heat_context_error(ctx), "row 2, variable 2 is -0.5");
    options.binarize = HEAT_FOREVER;
    options.binarize_seed = 2;
    assert_int_equal(heat_data_load(ctx, path, &options, &data), HEAT_ERROR_OPTION);
    assert_contains(heat_context_error(ctx), "--binarize random");
    heat_context_free(ctx);
}

static heat_status load_greys(heat_context *ctx, void *path)
{
    heat_data_options options = random_options();
    heat_data *data;
    heat_status status = heat_data_load(ctx, path, &options, &data);

    heat_data_free(data);
    return status;
}

static void failing_allocations_leak_nothing(void **state)
{
    (void)state;
    test_failing_allocations(load_greys, (void *)(uintptr_t)test_file(".csv", "0,7\n3,5\n", 8));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(greys_become_bits_by_chance),
        cmocka_unit_test(greys_below_nothing_are_refused),
        cmocka_unit_test(failing_allocations_leak_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
