/* Rows of each element: their bytes, their places, their elements. */
#include "model/row_form.h"
#include "support.h"

static void rows_of_every_element_are_read_as_they_were_written(void **state)
{
    (void)state;
    const struct {
        heat_element element;
        size_t size;
    } elements[] = {
        {HEAT_ELEMENT_INT8, sizeof(int8_t)},
        {HEAT_ELEMENT_FLOAT, sizeof(float)},
        {HEAT_ELEMENT_DOUBLE, sizeof(double)},
    };
    heat_context *ctx = test_context();

    for (int k = 0; k < 3; k++) {
        const heat_row_form form = {elements[k].element, 3};
        void *rows, *copy;
        assert_int_equal(heat_row_bytes(&form), 3 * elements[k].size);
        assert_true(heat_row_is_real(&form) == (k > 0));
        assert_ok(ctx, heat_rows_alloc(ctx, &form, 4, &rows));
        assert_ok(ctx, heat_rows_alloc(ctx, &form, 2, &copy));
        for (int i = 0; i < 12; i++)
            heat_row_set(&form, rows, i, k == 0 ? i - 6 : i - 5.75);
        heat_rows_copy(&form, 1, heat_row_at(&form, rows, 3), copy);
        heat_rows_copy(&form, 1, heat_row_at(&form, rows, 1), heat_row_edit(&form, copy, 1));
        for (int i = 0; i < 3; i++) {
            assert_true(heat_row_get(&form, copy, i) == (k == 0 ? 9 + i - 6 : 9 + i - 5.75));
            assert_true(heat_row_get(&form, copy, 3 + i) == (k == 0 ? 3 + i - 6 : 3 + i - 5.75));
        }
        heat_free(rows);
        heat_free(copy);
    }
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rows_of_every_element_are_read_as_they_were_written)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
