/* States as text: separators, codings that are never guessed, counts. */
#include "io/state_file.h"
#include "support.h"

#include <string.h>

typedef struct state_case {
    const char *text;
    int64_t n;
    int32_t n_states;
    bool spin;
    const char *message; /* NULL: accepted */
    int64_t line, column;
    int8_t values[4];
} state_case;

static void states_read_or_fail_at_their_place(void **state)
{
    (void)state;
    static const state_case cases[] = {
        {"1 -1 1\n", 3, 2, true, NULL, 0, 0, {1, -1, 1}},
        {"1\n-1\n+1", 3, 2, true, NULL, 0, 0, {1, -1, 1}},
        {"1,-1,1", 3, 2, true, NULL, 0, 0, {1, -1, 1}},
        {"# best\r\n1, -1,\t1 \r\n", 3, 2, true, NULL, 0, 0, {1, -1, 1}},
        {"0 1 2 126", 4, 127, false, NULL, 0, 0, {0, 1, 2, 126}},
        {"", 3, 2, true, "expected 3 values, the file ends after 0", 1, 1, {0}},
        {"1 -1\n", 3, 2, true, "expected 3 values, the file ends after 2", 2, 1, {0}},
        {"1 -1 1\n1\n", 3, 2, true, "the end of the file after 3 values, found '1'", 2, 1, {0}},
        {"1 0 1", 3, 2, true, "not coded 0 and 1", 1, 3, {0}},
        {"1 2 1", 3, 2, true, "expected a spin, -1 or +1, found '2'", 1, 3, {0}},
        {"1 -1 0", 3, 2, false, "not coded -1 and +1", 1, 3, {0}},
        {"1 2 0", 3, 2, false, "expected a state from 0 to 1, found '2'", 1, 3, {0}},
        {"1 1.0 1", 3, 2, true, "found '1.0'", 1, 3, {0}},
        {"1 257 1", 3, 127, false, "from 0 to 126, found '257'", 1, 3, {0}},
        {"1 \x02", 3, 2, true, "binary", 1, 3, {0}},
    };
    heat_context *ctx = test_context();

    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const state_case *c = &cases[k];
        int8_t values[4] = {0};
        heat_status status = heat_state_file_read(ctx, test_file(".txt", c->text, strlen(c->text)), c->n,
                                                  c->n_states, c->spin, values);
        if (c->message == NULL) {
            assert_ok(ctx, status);
            assert_memory_equal(values, c->values, sizeof values);
            continue;
        }
        assert_int_equal(status, HEAT_ERROR_INPUT);
        assert_contains(heat_context_error(ctx), c->message);
        assert_int_equal(heat_context_error_detail(ctx).line, c->line);
        assert_int_equal(heat_context_error_detail(ctx).column, c->column);
    }
    assert_int_equal(heat_state_file_read(ctx, "/nonexistent", 1, 2, true, NULL), HEAT_ERROR_INPUT);
    heat_context_free(ctx);
}

static heat_status read_one(heat_context *ctx, void *path)
{
    int8_t values[2];

    return heat_state_file_read(ctx, path, 2, 2, true, values);
}

static void failing_allocations_leak_nothing(void **state)
{
    (void)state;
    test_failing_allocations(read_one, (void *)(uintptr_t)test_file(".txt", "1 -1", 4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(states_read_or_fail_at_their_place),
        cmocka_unit_test(failing_allocations_leak_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
