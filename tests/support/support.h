/* What tests share: a context, the reference data, failing allocations, and checks that NaN does not pass. */
#ifndef HEATBATH_TEST_SUPPORT_H
#define HEATBATH_TEST_SUPPORT_H

#include <heatbath/context.h>
#include <heatbath/sample.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h> /* needs those above */

/* A program that skipped a test exits with 77, which meson counts as skipped, so that no skip goes unseen;
 * with 1 if a test failed, however many did. */
#undef skip
#define skip() test_skip(__FILE__, __LINE__)
#undef cmocka_run_group_tests
#define cmocka_run_group_tests(tests, setup, teardown)                                                       \
    test_exit_code(_cmocka_run_group_tests(#tests, tests, sizeof(tests) / sizeof(tests)[0], setup, teardown))
void test_skip(const char *file, int line);
int test_exit_code(int n_failed);

/* A fresh context with default settings; the test frees it. */
heat_context *test_context(void);

/* Fails the test, with the context's message, unless `status` is HEAT_OK. */
#define assert_ok(ctx, status) test_assert_ok(ctx, status, #status, __FILE__, __LINE__)
void test_assert_ok(heat_context *ctx, heat_status status, const char *what, const char *file, int line);

/* Fails unless |value - expected| <= tolerance; NaN on either side fails. */
#define assert_close(value, expected, tolerance)                                                             \
    test_assert_close(value, expected, tolerance, #value, __FILE__, __LINE__)
void test_assert_close(double value, double expected, double tolerance, const char *what, const char *file,
                       int line);

/* Fails unless `text` holds `part`. */
#define assert_contains(text, part) test_assert_contains(text, part, __FILE__, __LINE__)
void test_assert_contains(const char *text, const char *part, const char *file, int line);

/* The path of a file of the reference data, in a buffer that the next call reuses. Skips the running test
 * when the build was configured without -Dreference_data. */
const char *test_data(const char *name);

/* One row of a table `name, parameters, quantity, value, how` of the reference data. */
typedef struct test_row {
    char name[64];
    char parameters[128];
    char quantity[64];
    double value;
    int digits; /* significant digits that the table prints */
} test_row;

/* Calls visit(row, arg) for every row of a reference table; returns how many there were. */
int test_each_row(const char *table, void (*visit)(const test_row *row, void *arg), void *arg);

/* The number after "key=" in a row's parameters, or `otherwise`. */
double test_parameter(const test_row *row, const char *key, double otherwise);

/* The key of a run's random tests: HEATBATH_TEST_SEED of the environment, 1 if it is not set. */
uint64_t test_seed(void);

/* Prints `seed`, that of the sample at fault, and the command that repeats the run. */
void test_reproduce(uint64_t seed);

/* Runs body(ctx, arg) with the k-th allocation failing, for k = 1, 2, ... until it succeeds; each failing run
 * must return HEAT_ERROR_MEMORY, and every run must free all it took once `body` returns. */
void test_failing_allocations(heat_status (*body)(heat_context *ctx, void *arg), void *arg);

/* A file with this content under a fresh name that ends in `suffix`, removed when the program ends. */
const char *test_file(const char *suffix, const void *content, size_t size);

/* The observable of this name; fails the test where there is none. */
const heat_observable *test_observable(const heat_sample_temperature *row, const char *name);

/* Where a distribution function, given at the ends of n cells, is u: a cell, from 0, and a part of it. */
double test_invert(int n, const double *cumulative, double u);

#endif
