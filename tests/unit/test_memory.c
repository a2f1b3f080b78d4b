/* Blocks: aligned, zeroed, bounded, and freed after their context. */
#include "base/memory.h"
#include "support.h"

#include <stdlib.h>
#include <string.h>

static heat_context *limited_context(int64_t memory)
{
    heat_context_config config;
    heat_context *ctx;

    heat_context_config_init(&config);
    config.memory = memory;
    if (heat_context_create(&config, &ctx) != HEAT_OK)
        fail_msg("no context");
    return ctx;
}

static void blocks_are_aligned_and_zeroed(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    for (int64_t size = 0; size < 300; size++) {
        unsigned char *dirty, *block;
        assert_ok(ctx, heat_alloc(ctx, size, 1, &dirty));
        memset(dirty, 0xa5, (size_t)size);
        heat_free(dirty); /* the allocator likes to hand the same bytes out again */
        assert_ok(ctx, heat_alloc(ctx, size, 1, &block));
        assert_non_null(block);
        assert_true((uintptr_t)block % 64 == 0);
        for (int64_t k = 0; k < size; k++)
            assert_int_equal(block[k], 0);
        memset(block, 0xa5, (size_t)size);
        heat_free(block);
        assert_ok(ctx,
                  heat_alloc_unset(ctx, size, 1, &block)); /* aligned and writable, no more is promised */
        assert_true((uintptr_t)block % 64 == 0);
        memset(block, 0xa5, (size_t)size);
        heat_free(block);
    }
    heat_free(NULL);
    heat_context_free(ctx);
}

/* Refuses what no machine has, as sanitizers' allocators do by ending the program. */
static void *bounded(void *user, void *old, size_t size)
{
    (void)user;
    if (size == 0)
        free(old);
    return size == 0 || size > (size_t)1 << 40 ? NULL : realloc(old, size);
}

static void sizes_that_overflow_are_refused(void **state)
{
    (void)state;
    static const int64_t counts[] = {INT64_MAX, INT64_MAX / 2, (int64_t)1 << 61, (int64_t)1 << 60,
                                     -1,        INT64_MIN};
    heat_context_config config;
    heat_context *ctx;
    double *block;

    heat_context_config_init(&config);
    config.realloc = bounded;
    config.memory = INT64_MAX;
    assert_int_equal(heat_context_create(&config, &ctx), HEAT_OK);
    for (size_t k = 0; k < sizeof counts / sizeof *counts; k++) {
        block = (double *)ctx;
        assert_int_equal(heat_alloc(ctx, counts[k], sizeof *block, &block), HEAT_ERROR_MEMORY);
        assert_null(block);
    }
    assert_int_equal(heat_alloc(ctx, 2, SIZE_MAX / 2 + 1, &block), HEAT_ERROR_MEMORY);
    heat_context_free(ctx);
}

static void the_memory_limit_is_kept_and_named(void **state)
{
    (void)state;
    heat_context *ctx = limited_context(1 << 20);
    char *block;

    assert_ok(ctx, heat_alloc(ctx, 1 << 20, 1, &block));
    heat_free(block);
    assert_int_equal(heat_alloc(ctx, (1 << 20) + 1, 1, &block), HEAT_ERROR_MEMORY);
    assert_null(block);
    assert_ok(ctx, heat_memory_check(ctx, 1 << 20));
    assert_int_equal(heat_memory_check(ctx, 1e300), HEAT_ERROR_MEMORY);
    assert_int_equal(heat_memory_check(ctx, (1 << 20) + 1), HEAT_ERROR_MEMORY);
    assert_contains(heat_context_error(ctx), "1.0 MiB are allowed");
    assert_contains(heat_context_error(ctx), "--memory");
    heat_context_free(ctx);
}

static void growing_keeps_the_content_and_zeroes_the_rest(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    int64_t *block = NULL, capacity = 0, used = 0, moves = 0;

    while (used < 10000) {
        int64_t before = capacity;
        assert_ok(ctx, heat_grow(ctx, used + 1, sizeof *block, &capacity, &block));
        assert_true(capacity > used);
        moves += capacity != before;
        for (int64_t k = used; k < capacity; k++)
            assert_true(block[k] == 0);
        block[used] = used + 1;
        used++;
    }
    assert_true(moves < 12); /* doubling */
    for (int64_t k = 0; k < used; k++)
        assert_true(block[k] == k + 1);
    heat_free(block);
    heat_context_free(ctx);
}

/* Blocks of several megabytes, which are mapped, and one behind them in whose way they are. */
static void growing_large_blocks_keeps_the_content(void **state)
{
    (void)state;
    enum { MOST = 3000000 };
    heat_context *ctx = test_context();
    int64_t *block = NULL, *other = NULL, capacity = 0, used = 0;

    while (used < MOST) {
        const int64_t before = capacity;
        assert_ok(ctx, heat_grow(ctx, used + 1, sizeof *block, &capacity, &block));
        assert_true((uintptr_t)block % 64 == 0);
        for (int64_t k = before; k < capacity; k++)
            assert_true(block[k] == 0);
        for (; used < capacity; used++)
            block[used] = used + 1;
        heat_free(other);
        assert_ok(ctx, heat_alloc(ctx, capacity, sizeof *other, &other));
        assert_true(other[0] == 0 && other[capacity - 1] == 0);
    }
    for (int64_t k = 0; k < used; k++)
        assert_true(block[k] == k + 1);
    heat_free(other);
    heat_free(block);
    heat_context_free(ctx);
}

static void growing_beyond_the_limit_changes_nothing(void **state)
{
    (void)state;
    heat_context *ctx = limited_context(1000);
    char *block = NULL, *before;
    int64_t capacity = 0;

    assert_ok(ctx, heat_grow(ctx, 600, 1, &capacity, &block));
    memset(block, 7, 600);
    assert_ok(ctx, heat_grow(ctx, 1000, 1, &capacity, &block)); /* fits, though its double would not */
    assert_true(capacity == 1000 && block[599] == 7);
    before = block;
    assert_int_equal(heat_grow(ctx, 1001, 1, &capacity, &block), HEAT_ERROR_MEMORY);
    assert_int_equal(heat_grow(ctx, INT64_MAX, 1, &capacity, &block), HEAT_ERROR_MEMORY);
    assert_true(block == before && capacity == 1000 && block[599] == 7);
    heat_free(block);
    heat_context_free(ctx);
}

static void *counting(void *user, void *old, size_t size)
{
    int *live = user;

    if (size == 0) {
        *live -= old != NULL;
        free(old);
        return NULL;
    }
    *live += old == NULL;
    return realloc(old, size);
}

static void a_block_outlives_its_context_and_goes_back_to_its_allocator(void **state)
{
    (void)state;
    int live = 0;
    heat_context_config config;
    heat_context *ctx;
    double *block;
    char *copy;

    heat_context_config_init(&config);
    config.realloc = counting;
    config.user = &live;
    assert_int_equal(heat_context_create(&config, &ctx), HEAT_OK);
    assert_ok(ctx, heat_alloc(ctx, 3, sizeof *block, &block));
    assert_ok(ctx, heat_copy_text(ctx, "heat", &copy));
    assert_int_equal(live, 3);
    heat_context_free(ctx);
    block[2] = 1;
    assert_string_equal(copy, "heat");
    heat_free(block);
    heat_free(copy);
    assert_int_equal(live, 0);
}

static heat_status grow_twice(heat_context *ctx, void *arg)
{
    char *block = NULL, *text;
    int64_t capacity = 0;
    heat_status status;

    (void)arg;
    if ((status = heat_grow(ctx, 10, 1, &capacity, &block)) == HEAT_OK &&
        (status = heat_grow(ctx, 1000, 1, &capacity, &block)) == HEAT_OK &&
        (status = heat_copy_text(ctx, "text", &text)) == HEAT_OK)
        heat_free(text);
    heat_free(block);
    return status;
}

static void failing_allocations_are_reported_and_leak_nothing(void **state)
{
    (void)state;
    test_failing_allocations(grow_twice, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_aligned_and_zeroed),
        cmocka_unit_test(sizes_that_overflow_are_refused),
        cmocka_unit_test(the_memory_limit_is_kept_and_named),
        cmocka_unit_test(growing_keeps_the_content_and_zeroes_the_rest),
        cmocka_unit_test(growing_large_blocks_keeps_the_content),
        cmocka_unit_test(growing_beyond_the_limit_changes_nothing),
        cmocka_unit_test(a_block_outlives_its_context_and_goes_back_to_its_allocator),
        cmocka_unit_test(failing_allocations_are_reported_and_leak_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
