/* Files of held variables: two forms, told by content, never guessed. */
#include "io/clamp_file.h"
#include "support.h"

#include <heatbath/model.h>
#include <math.h>
#include <string.h>

typedef struct clamp_case {
    const char *text;
    int64_t n;
    int32_t n_states;
    bool spin;
    const char *message; /* NULL: accepted */
    int64_t line, column;
    double values[4];
} clamp_case;

#define F ((double)NAN)

static bool is_same(const double *a, const double *b, int64_t n)
{
    for (int64_t k = 0; k < n; k++)
        if (!(a[k] == b[k] || (isnan(a[k]) && isnan(b[k]))))
            return false;
    return true;
}

static void clamps_read_or_fail_at_their_place(void **state)
{
    (void)state;
    static const clamp_case cases[] = {
        {"1 ? -1\n", 3, 2, true, NULL, 0, 0, {1, F, -1}},
        {"NA,1,nan", 3, 2, true, NULL, 0, 0, {F, 1, F}},
        {"1\n?\n-1\n", 3, 2, true, NULL, 0, 0, {1, F, -1}},
        {"? ? ?", 3, 2, true, NULL, 0, 0, {F, F, F}},
        {"1,-1\n", 3, 2, true, NULL, 0, 0, {F, -1, F}},
        {"2 1\n0 -1 # cold\n", 3, 2, true, NULL, 0, 0, {-1, F, 1}},
        {"index,value\n1,1\n", 2, 2, true, NULL, 0, 0, {F, 1}},
        {"index,value\n", 2, 2, true, NULL, 0, 0, {F, F}},
        {"0,1\n1,0\n", 4, 2, false, "two readings: a row of 4 values", 1, 1, {0}},
        {"0,1\n3,0\n", 4, 2, false, NULL, 0, 0, {1, F, F, 0}},
        {"0,1\n2,4\n", 3, 5, false, NULL, 0, 0, {1, F, 4}},
        {"1 1\n", 2, 2, true, "two readings", 1, 1, {0}},
        {"1\n1\n", 2, 2, true, NULL, 0, 0, {1, 1}},
        {"-1.5e-1 ? 2 ?\n", 4, 0, false, NULL, 0, 0, {-0.15, F, 2, F}},
        {"index,value\n2,0.25\n", 3, 0, false, NULL, 0, 0, {F, F, 0.25}},
        {"0 inf ?\n", 3, 0, false, "expected a number or ?, found 'inf'", 1, 3, {0}},
        {"1,0.5\n2,0.75\n", 4, 0, false, "two readings: a row of 4 values", 1, 1, {0}},
        {"", 3, 2, true, "expected 3 values, or lines index,value; the file ends after 0", 1, 1, {0}},
        {"1 -1 ? ?\n", 3, 2, true, "after one value for each variable, found '?'", 1, 8, {0}},
        {"1 0 ?\n", 3, 2, true, "expected -1, +1 or ?, found '0'", 1, 3, {0}},
        {"3,1\n", 3, 2, true, "expected the index of a variable, 0 to 2, found '3'", 1, 1, {0}},
        {"1,1\n1,-1\n", 3, 2, true, "this variable has a value already, found '1'", 2, 1, {0}},
        {"1,0\n", 3, 2, true, "expected a spin, -1 or +1, found '0'", 1, 3, {0}},
        {"1,5\n", 3, 5, false, "expected a state of the variable, found '5'", 1, 3, {0}},
        {"index,value\n1,1,1\n", 3, 2, true, "the end of the line after index,value", 2, 5, {0}},
        {"index,value\n1\n", 3, 2, true, "the line ends after the index", 2, 2, {0}},
        {"index,energy\n", 3, 2, true, "the header index,value", 1, 7, {0}},
        {"1 \x02", 3, 2, true, "binary", 1, 3, {0}},
    };
    heat_context *ctx = test_context();

    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const clamp_case *c = &cases[k];
        heat_clamp_form form = {.n = c->n, .n_states = c->n_states, .spin = c->spin};
        double values[4] = {0};
        heat_status status =
            heat_clamp_file_read(ctx, test_file(".txt", c->text, strlen(c->text)), &form, values);
        if (c->message == NULL) {
            assert_ok(ctx, status);
            assert_true(is_same(values, c->values, c->n));
            continue;
        }
        assert_int_equal(status, HEAT_ERROR_INPUT);
        assert_contains(heat_context_error(ctx), c->message);
        assert_int_equal(heat_context_error_detail(ctx).line, c->line);
        assert_int_equal(heat_context_error_detail(ctx).column, c->column);
    }
    heat_context_free(ctx);
}

static void a_row_may_be_of_the_visible_units_alone(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_clamp_form form = {.n = 4, .n_visible = 3, .n_states = 2};
    double held[4];

    assert_ok(ctx, heat_clamp_file_read(ctx, test_file(".txt", "1 ? 0\n", 6), &form, held));
    assert_true(is_same(held, (double[]){1, F, 0, F}, 4));
    assert_ok(ctx, heat_clamp_file_read(ctx, test_file(".txt", "1 ? 0 1\n", 8), &form, held));
    assert_true(is_same(held, (double[]){1, F, 0, 1}, 4));
    assert_int_equal(heat_clamp_file_read(ctx, test_file(".txt", "1\n?\n", 4), &form, held),
                     HEAT_ERROR_INPUT);
    assert_contains(heat_context_error(ctx), "expected 4 or 3 (of the visible units) values");
    heat_context_free(ctx);
}

static void indices_are_counted_as_the_input_counts(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    const char *graph = test_file(".mc", "3 2\n1 2 1\n2 3 1\n", 15);
    heat_model *model;
    int8_t clamp[3];

    assert_ok(ctx, heat_model_load(ctx, graph, &model));
    assert_ok(ctx, heat_model_load_clamp(ctx, model, test_file(".csv", "3,-1\n", 5), clamp));
    assert_true(clamp[0] == HEAT_FREE && clamp[1] == HEAT_FREE && clamp[2] == -1);
    assert_int_equal(heat_model_load_clamp(ctx, model, test_file(".csv", "0,-1\n", 5), clamp),
                     HEAT_ERROR_INPUT);
    assert_contains(heat_context_error(ctx), "expected the index of a variable, 1 to 3, found '0'");
    heat_model_free(model);
    heat_context_free(ctx);
}

static heat_status read_named(heat_context *ctx, void *text)
{
    static const char *const names[] = {"b", "a", "12"};
    heat_labels labels = {0};
    heat_clamp_form form = {.n = 3, .n_states = 2, .labels = &labels};
    heat_text_source *source = NULL;
    double values[3];
    heat_status status = HEAT_OK;

    for (int k = 0; k < 3 && status == HEAT_OK; k++)
        status = heat_labels_add(ctx, &labels, HEAT_LABEL_WORD, names[k], strlen(names[k]));
    if (status == HEAT_OK)
        status = heat_text_source_open_memory(ctx, "named", text, strlen(text), &source);
    if (status == HEAT_OK)
        status = heat_clamp_read(source, &form, values);
    if (status == HEAT_OK)
        assert_true(values[0] == 1 && isnan(values[1]) && values[2] == 0);
    heat_text_source_close(source);
    heat_labels_clear(&labels);
    return status;
}

static void variables_with_names_are_held_by_name(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    assert_ok(ctx, read_named(ctx, "12,0\nb,1\n"));
    assert_int_equal(read_named(ctx, "0,1\n"), HEAT_ERROR_INPUT);
    assert_contains(heat_context_error(ctx), "named:1:1: expected the name of a variable, found '0'");
    heat_context_free(ctx);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    static char text[] = "12,0\nb,1\n";

    test_failing_allocations(read_named, text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clamps_read_or_fail_at_their_place),
        cmocka_unit_test(a_row_may_be_of_the_visible_units_alone),
        cmocka_unit_test(indices_are_counted_as_the_input_counts),
        cmocka_unit_test(variables_with_names_are_held_by_name),
        cmocka_unit_test(every_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
