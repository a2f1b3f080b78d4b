/* The library's own exp, whose bits are the same everywhere. */
#include "kernel/elementary.h"
#include "support.h"

#include <math.h>

static void exp_is_within_its_bound(void **state)
{
    (void)state;
    double worst = 0;

    for (int k = 0; k <= 2000000; k++) {
        double x = -708.0 * k / 2000000.0;
        double y = k < 1000000 ? -ldexp(1.0, -k / 20000) * (1 + k % 20000 / 20000.0) : x;
        worst = fmax(worst, fabs(heat_exp_negative(x) / exp(x) - 1));
        worst = fmax(worst, fabs(heat_exp_negative(y) / exp(y) - 1));
    }
    assert_close(worst, 0, 0x1p-51);
}

static void exp_knows_its_ends(void **state)
{
    (void)state;
    assert_true(heat_exp_negative(0) == 1);
    assert_true(heat_exp_negative(-709) == 0);
    assert_true(heat_exp_negative(-1e300) == 0);
    assert_true(heat_exp_negative(-(double)INFINITY) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exp_is_within_its_bound),
        cmocka_unit_test(exp_knows_its_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
