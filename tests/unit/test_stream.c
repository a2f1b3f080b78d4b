/* Philox against the published vectors of Random123 (kat_vectors, philox4x64 10), and what keyed streams
 * promise. */
#include "random/stream.h"
#include "support.h"

#include <math.h>

static void block_matches_published_vectors(void **state)
{
    (void)state;
    /* counter 0, key 0 */
    heat_stream zero = {.used = 4};
    assert_int_equal(heat_stream_bits(&zero), 0x16554d9eca36314cULL);
    assert_int_equal(heat_stream_bits(&zero), 0xdb20fe9d672d0fdcULL);
    assert_int_equal(heat_stream_bits(&zero), 0xd7e772cee186176bULL);
    assert_int_equal(heat_stream_bits(&zero), 0x7e68b68aec7ba23bULL);
    /* all ones */
    heat_stream ones = {.key = {~0ULL, ~0ULL}, .counter = {~0ULL, ~0ULL, ~0ULL, ~0ULL}, .used = 4};
    assert_int_equal(heat_stream_bits(&ones), 0x87b092c3013fe90bULL);
    assert_int_equal(heat_stream_bits(&ones), 0x438c3c67be8d0224ULL);
    assert_int_equal(heat_stream_bits(&ones), 0x9cc7d7c69cd777b6ULL);
    assert_int_equal(heat_stream_bits(&ones), 0xa09caebf594f0ba0ULL);
    /* digits of pi */
    heat_stream pi = {
        .key = {0x452821e638d01377ULL, 0xbe5466cf34e90c6cULL},
        .counter = {0x243f6a8885a308d3ULL, 0x13198a2e03707344ULL, 0xa4093822299f31d0ULL,
                    0x082efa98ec4e6c89ULL},
        .used = 4,
    };
    assert_int_equal(heat_stream_bits(&pi), 0xa528f45403e61d95ULL);
    assert_int_equal(heat_stream_bits(&pi), 0x38c72dbd566e9788ULL);
    assert_int_equal(heat_stream_bits(&pi), 0xa5a1610e72fd18b5ULL);
    assert_int_equal(heat_stream_bits(&pi), 0x57bd43b5e52b7fe6ULL);
}

static void every_key_part_makes_another_stream(void **state)
{
    (void)state;
    static const uint64_t seeds[] = {0, 1, 2, ~0ULL, 1ULL << 63, 1ULL << 32};
    uint64_t first[3 * 6 * 3];
    int n = 0;

    for (int s = 0; s < 6; s++)
        for (int p = 0; p < 3; p++)
            for (uint64_t unit = 0; unit < 3; unit++) {
                heat_stream stream;
                heat_stream_init(&stream, seeds[s], (heat_purpose)p, unit);
                first[n++] = heat_stream_bits(&stream);
            }
    for (int a = 0; a < n; a++)
        for (int b = 0; b < a; b++)
            assert_int_not_equal(first[a], first[b]);
}

static void uniform_and_below_stay_in_range(void **state)
{
    (void)state;
    heat_stream stream;
    int64_t counts[7] = {0};
    const int n = 70000;

    heat_stream_init(&stream, 5, HEAT_PURPOSE_TEST, 0);
    for (int k = 0; k < n; k++) {
        double u = heat_stream_uniform(&stream);
        uint64_t b = heat_stream_below(&stream, 7);
        assert_true(u >= 0 && u < 1);
        assert_true(b < 7);
        counts[b]++;
    }
    for (int b = 0; b < 7; b++) /* 6 standard deviations of a binomial count, seed fixed */
        assert_close((double)counts[b], n / 7.0, 6 * sqrt(n / 7.0));
}

/* The first draw over many seeds is as uniform as the draws of one stream: no warm-up is needed. */
static void first_draw_over_seeds_is_uniform(void **state)
{
    (void)state;
    double sum = 0, square = 0, normal = 0;
    const int n = 100000;

    for (int seed = 0; seed < n; seed++) {
        heat_stream stream;
        double u, z;
        heat_stream_init(&stream, (uint64_t)seed, HEAT_PURPOSE_TEST, 0);
        u = heat_stream_uniform(&stream);
        z = heat_stream_normal(&stream);
        sum += u;
        square += u * u;
        normal += z * z;
    }
    assert_close(sum / n, 0.5, 6 / sqrt(12.0 * n));
    assert_close(square / n, 1.0 / 3, 6 * sqrt(4.0 / 45 / n));
    assert_close(normal / n, 1, 6 * sqrt(2.0 / n));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(block_matches_published_vectors),
        cmocka_unit_test(every_key_part_makes_another_stream),
        cmocka_unit_test(uniform_and_below_stay_in_range),
        cmocka_unit_test(first_draw_over_seeds_is_uniform),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
