/* The handle: what is asked of data, its parts, and the built-ins against their definitions. */
#include "support.h"

#include <heatbath/data.h>
#include <math.h>
#include <string.h>

static heat_data *load(heat_context *ctx, const char *spec)
{
    heat_data *data;

    assert_ok(ctx, heat_data_load(ctx, spec, NULL, &data));
    return data;
}

static void rows_from_memory_are_those_that_were_given(void **state)
{
    (void)state;
    const int8_t spins[] = {1, -1, -1, 1, 1, 1};
    const double values[] = {0.25, 1e6, -3, 4}, bad[] = {1, (double)NAN};
    heat_context *ctx = test_context();
    heat_data_info info;
    heat_data *data;
    int8_t states[6];
    float numbers[4];

    assert_ok(ctx, heat_data_create_states(ctx, 2, 3, spins, &data));
    heat_data_describe(data, &info);
    assert_int_equal(info.storage, HEAT_DATA_BITS);
    assert_int_equal(info.coding, HEAT_CODING_SPIN);
    assert_close(info.mean, 1.0 / 3, 1e-15);
    assert_int_equal(*heat_data_get_bits(data, 0), 1);
    assert_int_equal(*heat_data_get_bits(data, 1), 7);
    assert_ok(ctx, heat_data_get_states(ctx, data, 0, 2, states));
    assert_memory_equal(states, spins, sizeof spins);
    assert_null(heat_data_get_name(data, 0));
    assert_close(heat_data_get_weight(data, 1), 1, 0);
    assert_true(isnan(heat_data_get_label(data, 1)));
    heat_data_free(data);

    assert_ok(ctx, heat_data_create(ctx, 2, 2, values, &data));
    heat_data_get_values(data, 0, 2, numbers);
    assert_close((double)numbers[1], 1e6, 0);
    assert_null(heat_data_get_bits(data, 0));
    assert_int_equal(heat_data_get_states(ctx, data, 0, 2, states), HEAT_ERROR_UNDEFINED);
    heat_data_free(data);
    assert_int_equal(heat_data_create(ctx, 1, 2, bad, &data), HEAT_ERROR_ARGUMENT);
    assert_int_equal(heat_data_create(ctx, 0, 2, values, &data), HEAT_ERROR_ARGUMENT);
    heat_context_free(ctx);
}

static void a_split_is_a_partition_that_the_seed_decides(void **state)
{
    (void)state;
    enum { N = 101 };
    double values[N];
    heat_context *ctx = test_context();
    heat_data *data, *rest, *part, *rest2, *part2;
    heat_data_info info;
    int seen[N] = {0};
    float x[N], y[N];

    for (int k = 0; k < N; k++)
        values[k] = k + 0.5;
    assert_ok(ctx, heat_data_create(ctx, N, 1, values, &data));
    assert_ok(ctx, heat_data_split(ctx, data, 0.25, 7, &rest, &part));
    heat_data_describe(part, &info);
    assert_int_equal(info.n_rows, 25);
    heat_data_get_values(part, 0, 25, x);
    heat_data_get_values(rest, 0, N - 25, y);
    for (int k = 0; k < N; k++)
        seen[(int)(k < 25 ? x[k] : y[k - 25])]++;
    for (int k = 0; k < N; k++)
        assert_int_equal(seen[k], 1);
    for (int k = 1; k < 25; k++)
        assert_true(x[k] > x[k - 1]);
    assert_ok(ctx, heat_data_split(ctx, data, 0.25, 8, &rest2, &part2));
    heat_data_get_values(part2, 0, 25, y);
    assert_memory_not_equal(x, y, 25 * sizeof *x);
    heat_data_free(rest2);
    heat_data_free(part2);
    heat_data_free(rest);
    heat_data_free(part);
    assert_int_equal(heat_data_split(ctx, data, 0.001, 1, &rest, &part), HEAT_ERROR_ARGUMENT);
    assert_int_equal(heat_data_split(ctx, data, 1, 1, &rest, &part), HEAT_ERROR_ARGUMENT);
    heat_data_free(data);
    heat_context_free(ctx);
}

static void every_row_is_as_likely_to_be_split_off(void **state)
{
    (void)state;
    enum { N = 10, DRAWS = 2000 };
    double values[N], count[N] = {0};
    heat_context *ctx = test_context();
    heat_data *data, *rest, *part;

    for (int k = 0; k < N; k++)
        values[k] = k + 0.5;
    assert_ok(ctx, heat_data_create(ctx, N, 1, values, &data));
    for (uint64_t seed = 0; seed < DRAWS; seed++) {
        float x[3];
        assert_ok(ctx, heat_data_split(ctx, data, 0.3, seed, &rest, &part));
        heat_data_get_values(part, 0, 3, x);
        for (int k = 0; k < 3; k++)
            count[(int)x[k]]++;
        heat_data_free(rest);
        heat_data_free(part);
    }
    for (int k = 0; k < N; k++) /* 600 expected, 20.5 one standard deviation */
        assert_close(count[k], 0.3 * DRAWS, 5.5 * sqrt(DRAWS * 0.3 * 0.7));
    heat_data_free(data);
    heat_context_free(ctx);
}

static heat_data *load_text(heat_context *ctx, const char *text, const char *label)
{
    heat_data_options options;
    heat_data *data;

    heat_data_options_init(&options);
    options.label = label;
    assert_ok(ctx, heat_data_load(ctx, test_file(".csv", text, strlen(text)), &options, &data));
    return data;
}

static void parts_are_fractions_or_files_that_fit(void **state)
{
    (void)state;
    static const struct {
        const char *data, *part, *message; /* NULL: it fits */
    } cases[] = {
        {"0,1\n1,1\n", "1,1\n1,1\n", NULL},
        {"-1,1\n1,1\n", "1,1\n1,1\n", NULL},
        {"0,3\n1,1\n", "1,1\n0,0\n", NULL},
        {"0,1\n1,1\n", "-1,1\n1,1\n", "coded 0 and 1"},
        {"-1,1\n1,1\n", "0,1\n1,1\n", "coded -1 and +1"},
        {"0,1\n1,1\n", "0,2\n1,1\n", "coded 0 and 1"},
        {"0,3\n1,1\n", "0.5,1\n1,1\n", "whole numbers"},
        {"0,1\n1,1\n", "0\n1\n", "numbers of variables differ"},
        {"0,a\n1,b\n", "0,a\n1,c\n", "same words"},
    };
    heat_context *ctx = test_context();
    heat_data *data, *part;
    heat_data_info info;

    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const char *path = test_file(".csv", cases[k].part, strlen(cases[k].part));
        heat_status status;
        data = load_text(ctx, cases[k].data, NULL);
        status = heat_data_load_part(ctx, "test", path, NULL, 1, &data, &part);
        assert_int_equal(status, cases[k].message == NULL ? HEAT_OK : HEAT_ERROR_INPUT);
        if (status == HEAT_OK) {
            heat_data_info of_part;
            heat_data_describe(data, &info);
            heat_data_describe(part, &of_part);
            assert_int_equal(info.coding, of_part.coding);
        } else {
            assert_contains(heat_context_error(ctx), cases[k].message);
        }
        heat_data_free(part);
        heat_data_free(data);
    }
    data = load(ctx, "digits");
    assert_ok(ctx, heat_data_load_part(ctx, "test", "0.2", NULL, 1, &data, &part));
    heat_data_describe(part, &info);
    assert_int_equal(info.n_rows, 359);
    assert_int_equal(info.n_classes, 10);
    heat_data_describe(data, &info);
    assert_int_equal(info.n_rows, 1797 - 359);
    heat_data_free(part);
    assert_int_equal(heat_data_load_part(ctx, "test", "1.5", NULL, 1, &data, &part), HEAT_ERROR_OPTION);
    assert_int_equal(heat_data_load_part(ctx, "test", "/nonexistent", NULL, 1, &data, &part),
                     HEAT_ERROR_INPUT);
    heat_data_free(data);
    heat_context_free(ctx);
}

static void labels_of_a_part_have_the_numbers_of_the_data(void **state)
{
    (void)state;
    static const char test[] = "1,cat\n0,cat\n", strange[] = "1,dog\n0,fox\n";
    heat_context *ctx = test_context();
    heat_data *data = load_text(ctx, "0,ant\n1,cat\n1,dog\n", "last"), *part;
    heat_data_options options;

    heat_data_options_init(&options);
    options.label = "last";
    options.header = "no";
    assert_ok(ctx, heat_data_load_part(ctx, "test", test_file(".csv", test, strlen(test)), &options, 1, &data,
                                       &part));
    assert_close(heat_data_get_label(part, 0), 1, 0);
    heat_data_free(part);
    assert_int_equal(heat_data_load_part(ctx, "test", test_file(".csv", strange, strlen(strange)), &options,
                                         1, &data, &part),
                     HEAT_ERROR_INPUT);
    assert_contains(heat_context_error(ctx), "'fox' of row 2");
    heat_data_free(data);
    heat_context_free(ctx);
}

static void digits_are_the_published_ones(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_data *data = load(ctx, "digits");
    heat_data_info info;
    float row[64];
    double ink = 0;

    heat_data_describe(data, &info);
    assert_int_equal(info.n_rows, 1797);
    assert_int_equal(info.n_variables, 64);
    assert_int_equal(info.n_states, 17);
    assert_int_equal(info.n_classes, 10);
    assert_int_equal(info.n_dimensions, 2);
    for (int k = 0; k < 10; k++)
        assert_close(heat_data_get_label(data, k), k, 0);
    heat_data_get_values(data, 0, 1, row);
    for (int k = 0; k < 64; k++)
        ink += (double)row[k];
    assert_close(ink, 294, 0); /* of the first zero */
    assert_close((double)row[2], 5, 0);
    heat_data_free(data);
    heat_context_free(ctx);
}

static void bars_and_stripes_are_all_different_and_uniform_along_a_line(void **state)
{
    (void)state;
    enum { H = 3, W = 4, ROWS = 8 + 16 - 2 };
    heat_context *ctx = test_context();
    heat_data *data = load(ctx, "bars-and-stripes:3x4");
    heat_data_info info;
    int8_t s[ROWS * H * W];

    heat_data_describe(data, &info);
    assert_int_equal(info.n_rows, ROWS);
    assert_int_equal(info.extent[0], H);
    assert_int_equal(info.extent[1], W);
    assert_ok(ctx, heat_data_get_states(ctx, data, 0, ROWS, s));
    for (int a = 0; a < ROWS; a++) {
        const int8_t *x = s + a * H * W;
        bool bars = true, stripes = true;
        for (int k = 0; k < H * W; k++) {
            bars = bars && x[k] == x[k % W];
            stripes = stripes && x[k] == x[k / W * W];
        }
        assert_true(bars || stripes);
        for (int b = 0; b < a; b++)
            assert_memory_not_equal(x, s + b * H * W, H * W);
    }
    heat_data_free(data);
    heat_context_free(ctx);
}

static void the_shifter_shifts(void **state)
{
    (void)state;
    enum { N = 4, ROWS = 3 * 16, M = 2 * N + 3 };
    heat_context *ctx = test_context();
    heat_data *data = load(ctx, "shifter:4");
    heat_data_info info;
    int8_t s[ROWS * M];

    heat_data_describe(data, &info);
    assert_int_equal(info.n_rows, ROWS);
    assert_int_equal(info.n_variables, M);
    assert_ok(ctx, heat_data_get_states(ctx, data, 0, ROWS, s));
    for (int r = 0; r < ROWS; r++) {
        const int8_t *x = s + r * M;
        int shift = x[2 * N] ? -1 : x[2 * N + 1] ? 0 : 1;
        assert_int_equal(x[2 * N] + x[2 * N + 1] + x[2 * N + 2], 1);
        for (int i = 0; i < N; i++)
            assert_int_equal(x[N + (i + shift + N) % N], x[i]);
        for (int q = 0; q < r; q++)
            assert_memory_not_equal(x, s + q * M, M);
    }
    heat_data_free(data);
    heat_context_free(ctx);
}

static void a_teacher_draws_from_its_model(void **state)
{
    (void)state;
    enum { N = 4, ROWS = 4000 };
    heat_context *ctx = test_context();
    heat_model *model;
    heat_data *data = load(ctx, "ising-teacher:sk:4,seed=3,n=4000,seed=9,temperature=2");
    int8_t s[ROWS * N], all[16 * N];
    double energy[16], z = 0, count[16] = {0};

    assert_ok(ctx, heat_model_load(ctx, "sk:4,seed=3", &model));
    for (int k = 0; k < 16; k++)
        for (int i = 0; i < N; i++)
            all[k * N + i] = k >> i & 1 ? 1 : -1;
    assert_ok(ctx, heat_model_get_energy(ctx, model, 16, all, energy));
    for (int k = 0; k < 16; k++)
        z += exp(-energy[k] / 2);
    assert_ok(ctx, heat_data_get_states(ctx, data, 0, ROWS, s));
    for (int r = 0; r < ROWS; r++) {
        int k = 0;
        for (int i = 0; i < N; i++)
            k |= (s[r * N + i] > 0) << i;
        count[k]++;
    }
    for (int k = 0; k < 16; k++) {
        double p = exp(-energy[k] / 2) / z;
        assert_close(count[k] / ROWS, p, 5.5 * sqrt(p * (1 - p) / ROWS));
    }
    heat_model_free(model);
    heat_data_free(data);
    heat_context_free(ctx);
}

static void bad_built_ins_are_told(void **state)
{
    (void)state;
    static const struct {
        const char *spec, *message;
    } cases[] = {
        {"digit", "no such built-in"},
        {"digits:3", "takes no shape"},
        {"bars-and-stripes:4", "for example"},
        {"bars-and-stripes:4x99", "for example"},
        {"shifter:0", "for example"},
        {"ising-teacher:sk:8,n=0", "n=ROWS"},
        {"ising-teacher:sk:8,n=5,m=1", "'m=1'"},
        {"ising-teacher:no:8", "no such"},
    };
    heat_context *ctx = test_context();
    heat_data_options options;
    heat_data *data;

    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        assert_int_not_equal(heat_data_load(ctx, cases[k].spec, NULL, &data), HEAT_OK);
        assert_contains(heat_context_error(ctx), cases[k].message);
    }
    heat_data_options_init(&options);
    options.binarize = 7;
    assert_ok(ctx, heat_data_load(ctx, "digits", &options, &data));
    assert_non_null(heat_data_get_bits(data, 0));
    heat_data_free(data);
    heat_context_free(ctx);
}

static heat_status load_and_split(heat_context *ctx, void *spec)
{
    heat_data *data = NULL, *rest = NULL, *part = NULL;
    heat_status status = heat_data_load(ctx, spec, NULL, &data);

    if (status == HEAT_OK)
        status = heat_data_split(ctx, data, 0.5, 1, &rest, &part);
    heat_data_free(data);
    heat_data_free(rest);
    heat_data_free(part);
    return status;
}

static void failing_allocations_leak_nothing(void **state)
{
    (void)state;
    test_failing_allocations(load_and_split, (void *)(uintptr_t) "bars-and-stripes:2x2");
    test_failing_allocations(load_and_split, (void *)(uintptr_t) "ising-teacher:sk:3,n=8");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_from_memory_are_those_that_were_given),
        cmocka_unit_test(a_split_is_a_partition_that_the_seed_decides),
        cmocka_unit_test(every_row_is_as_likely_to_be_split_off),
        cmocka_unit_test(parts_are_fractions_or_files_that_fit),
        cmocka_unit_test(labels_of_a_part_have_the_numbers_of_the_data),
        cmocka_unit_test(digits_are_the_published_ones),
        cmocka_unit_test(bars_and_stripes_are_all_different_and_uniform_along_a_line),
        cmocka_unit_test(the_shifter_shifts),
        cmocka_unit_test(a_teacher_draws_from_its_model),
        cmocka_unit_test(bad_built_ins_are_told),
        cmocka_unit_test(failing_allocations_leak_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
