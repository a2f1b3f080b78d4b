/* Numbers and words: what is accepted, what is refused, and that what is printed reads back. */
#include "base/text.h"
#include "random/stream.h"
#include "support.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void whole_numbers_parse_strictly(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t value;
    } good[] = {{"0", 0},
                {"-0", 0},
                {"+7", 7},
                {"007", 7},
                {"9223372036854775807", INT64_MAX},
                {"-9223372036854775808", INT64_MIN}};
    static const char *const bad[] = {"",
                                      "-",
                                      "+",
                                      "+-1",
                                      "--1",
                                      " 1",
                                      "1 ",
                                      "1.0",
                                      "1e3",
                                      "0x10",
                                      "one",
                                      "9223372036854775808",
                                      "-9223372036854775809",
                                      "99999999999999999999999",
                                      "1_000",
                                      "1,000",
                                      "\xd9\xa1"};
    int64_t value;

    for (size_t k = 0; k < sizeof good / sizeof *good; k++) {
        assert_true(heat_parse_int(good[k].text, strlen(good[k].text), &value));
        assert_true(value == good[k].value);
    }
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        value = 42;
        assert_false(heat_parse_int(bad[k], strlen(bad[k]), &value));
        assert_true(value == 42);
    }
}

static void counts_reach_two_to_the_64_and_no_further(void **state)
{
    (void)state;
    uint64_t value = 5;

    assert_true(heat_parse_uint("18446744073709551615", 20, &value) && value == UINT64_MAX);
    assert_true(heat_parse_uint("0", 1, &value) && value == 0);
    assert_true(heat_parse_uint("123garbage", 3, &value) && value == 123); /* the length decides */
    assert_false(heat_parse_uint("18446744073709551616", 20, &value));
    assert_false(heat_parse_uint("18446744073709551620", 20, &value));
    assert_false(heat_parse_uint("-1", 2, &value));
    assert_false(heat_parse_uint("+1", 2, &value));
    assert_false(heat_parse_uint("", 0, &value));
    assert_true(value == 123);
}

static void real_numbers_are_decimal_and_finite(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double value;
    } good[] = {{"0", 0},
                {"-3", -3},
                {"1.5", 1.5},
                {".5", .5},
                {"5.", 5},
                {"+1e3", 1000},
                {"1E-3", 1e-3},
                {"-2.5e+2", -250},
                {"1e-400", 0},
                {"4.9e-324", DBL_TRUE_MIN},
                {"0.1", 0.1},
                {"00.10", 0.1},
                {"123456789012345678", 123456789012345678.0},
                {"1.7976931348623157e308", DBL_MAX}};
    static const char *const bad[] = {"",    ".",    "e5",  "1e",     "1e+",   "-",        "+.e1",   "1.2.3",
                                      "inf", "-inf", "nan", "NaN(1)", "0x1p3", "1e309",    "-1e309", " 1",
                                      "1 ",  "1\n",  "1f",  "1d0",    "1,5",   "infinity", "--1"};
    double value;
    char many[600];

    for (size_t k = 0; k < sizeof good / sizeof *good; k++) {
        assert_true(heat_parse_real(good[k].text, strlen(good[k].text), &value));
        assert_close(value, good[k].value, 0);
    }
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        value = 42;
        if (heat_parse_real(bad[k], strlen(bad[k]), &value) || value != 42)
            fail_msg("'%s' was read as %g", bad[k], value);
    }
    memset(many, '1', sizeof many);
    assert_false(heat_parse_real(many, sizeof many, &value));
    assert_true(heat_parse_real("1.5garbage", 3, &value) && value == 1.5);
}

static void sizes_take_binary_units(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t value;
    } good[] = {{"0", 0},
                {"17", 17},
                {"17B", 17},
                {"1K", 1024},
                {"1k", 1024},
                {"2KB", 2048},
                {"2KiB", 2048},
                {"1.5M", 3 << 19},
                {"4G", (int64_t)4 << 30},
                {"1T", (int64_t)1 << 40},
                {"1e3", 1000}};
    static const char *const bad[] = {"",   "B",   "iB",  "K",   "KiB",  "5iB",  "-1",  "-1K",
                                      "1P", "1 K", "1Ki", "1KK", "1e30", "9e18", "nan", "infG"};
    int64_t value;

    for (size_t k = 0; k < sizeof good / sizeof *good; k++) {
        assert_true(heat_parse_bytes(good[k].text, strlen(good[k].text), &value));
        assert_true(value == good[k].value);
    }
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        value = 42;
        if (heat_parse_bytes(bad[k], strlen(bad[k]), &value) || value != 42)
            fail_msg("'%s' was read as %lld bytes", bad[k], (long long)value);
    }
}

static void printed_reals_read_back_and_are_short(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *text;
    } known[] = {{0, "0"},
                 {-0.0, "0"},
                 {0.1, "0.1"},
                 {1.0 / 3, "0.3333333333333333"},
                 {-2.5, "-2.5"},
                 {1e15, "1000000000000000"},
                 {9007199254740991.0, "9007199254740991"},
                 {1e300, "1e+300"},
                 {5e-324, "5e-324"},
                 {0.30000000000000004, "0.30000000000000004"}};
    char buffer[40];
    heat_stream stream;
    double back;

    for (size_t k = 0; k < sizeof known / sizeof *known; k++)
        assert_string_equal(heat_text_real(known[k].value, buffer, sizeof buffer), known[k].text);
    heat_stream_init(&stream, 1, HEAT_PURPOSE_TEST, 0);
    for (int k = 0; k < 40000; k++) {
        uint64_t bits = heat_stream_bits(&stream);
        double value;
        memcpy(&value, &bits, sizeof value);
        if (k % 2 == 0)
            value = heat_stream_normal(&stream);
        if (!isfinite(value))
            continue;
        heat_text_real(value, buffer, sizeof buffer);
        if (k % 4 == 0) { /* short ones, which are read by another road */
            value = strtod(buffer, NULL);
            snprintf(buffer, sizeof buffer, "%.*f", k / 4 % 15, value);
            value = strtod(buffer, NULL);
        }
        if (!heat_parse_real(buffer, strlen(buffer), &back) || back != value)
            fail_msg("%a is printed as %s, seed 1 draw %d", value, buffer, k);
    }
}

static void printed_sizes_use_the_largest_unit_that_fits(void **state)
{
    (void)state;
    char buffer[40];

    assert_string_equal(heat_text_bytes(0, buffer, sizeof buffer), "0 bytes");
    assert_string_equal(heat_text_bytes(1023, buffer, sizeof buffer), "1023 bytes");
    assert_string_equal(heat_text_bytes(1536, buffer, sizeof buffer), "1.5 KiB");
    assert_string_equal(heat_text_bytes(ldexp(1, 34), buffer, sizeof buffer), "16.0 GiB");
    assert_contains(heat_text_bytes(1e300, buffer, sizeof buffer), "EiB");
}

static void suffixes_are_found_before_gz_too(void **state)
{
    (void)state;

    assert_true(heat_path_ends_in("a/b.csv", ".csv") && heat_path_ends_in("a/b.csv.gz", ".csv"));
    assert_true(heat_path_ends_in("b.csv.gz", ".gz") && heat_path_ends_in(".gz", ".gz"));
    assert_false(heat_path_ends_in("b.csv.gz.gz", ".csv") || heat_path_ends_in("bcsv", ".csv"));
    assert_false(heat_path_ends_in("", ".csv") || heat_path_ends_in("sv", ".csv"));
}

static void edit_distance_counts_edits_and_swaps(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        int distance;
    } cases[] = {{"", "", 0},
                 {"", "abc", 3},
                 {"abc", "", 3},
                 {"sweeps", "sweeps", 0},
                 {"sweps", "sweeps", 1},
                 {"sweepss", "sweeps", 1},
                 {"swaeps", "sweeps", 1},
                 {"sewep", "sweep", 1},
                 {"burn_in", "burn-in", 0},
                 {"kitten", "sitting", 3},
                 {"ca", "abc", 3}};

    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        assert_int_equal(heat_edit_distance(cases[k].a, cases[k].b), cases[k].distance);
        assert_int_equal(heat_edit_distance(cases[k].b, cases[k].a), cases[k].distance);
    }
}

static void the_nearest_word_is_near_or_none(void **state)
{
    (void)state;
    static const char *const words[] = {"seed", "threads", "temperature", "sweeps", "burn_in"};
    char longest[200];

    assert_int_equal(heat_nearest_word("sed", words, 5), 0);
    assert_int_equal(heat_nearest_word("tempreature", words, 5), 2);
    assert_int_equal(heat_nearest_word("burn-im", words, 5), 4);
    assert_int_equal(heat_nearest_word("thread", words, 5), 1);
    assert_int_equal(heat_nearest_word("voltage", words, 5), -1);
    assert_int_equal(heat_nearest_word("", words, 5), -1);
    assert_int_equal(heat_nearest_word("seed", words, 0), -1);
    memset(longest, 'x', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    assert_int_equal(heat_edit_distance(longest, ""), 63); /* words are cut */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_numbers_parse_strictly),
        cmocka_unit_test(counts_reach_two_to_the_64_and_no_further),
        cmocka_unit_test(real_numbers_are_decimal_and_finite),
        cmocka_unit_test(sizes_take_binary_units),
        cmocka_unit_test(printed_reals_read_back_and_are_short),
        cmocka_unit_test(printed_sizes_use_the_largest_unit_that_fits),
        cmocka_unit_test(suffixes_are_found_before_gz_too),
        cmocka_unit_test(edit_distance_counts_edits_and_swaps),
        cmocka_unit_test(the_nearest_word_is_near_or_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
