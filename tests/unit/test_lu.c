/* Linear equations: what is solved fulfils them, also where pivots must move. */
#include "random/stream.h"
#include "stats/lu.h"
#include "support.h"

#include <math.h>
#include <string.h>

enum { MOST = 12 };

static void solutions_fulfil_their_equations(void **state)
{
    (void)state;
    heat_stream stream;

    heat_stream_init(&stream, test_seed(), HEAT_PURPOSE_TEST, 1);
    for (int32_t n = 1; n <= MOST; n++) {
        double a[MOST * MOST], factors[MOST * MOST], b[MOST], x[MOST];
        int32_t order[MOST];
        for (int32_t k = 0; k < n * n; k++)
            a[k] = heat_stream_normal(&stream);
        for (int32_t k = 0; k < n; k++)
            b[k] = heat_stream_normal(&stream);
        for (int32_t k = 0; k < n && n > 1; k++)
            a[k * (n + 1)] = 0;
        memcpy(factors, a, sizeof a);
        heat_lu_factor(n, factors, order);
        heat_lu_solve(n, factors, order, b, x);
        for (int32_t r = 0; r < n; r++) {
            double sum = 0, size = 1;
            for (int32_t k = 0; k < n; k++) {
                sum += a[r * n + k] * x[k];
                size += fabs(a[r * n + k] * x[k]);
            }
            assert_close(sum, b[r], 1e-11 * size);
        }
    }
}

static void a_singular_matrix_solves_nothing(void **state)
{
    (void)state;
    double a[] = {1, 2, 2, 4}, b[] = {1, 1}, x[2];
    int32_t order[2];

    heat_lu_factor(2, a, order);
    heat_lu_solve(2, a, order, b, x);
    assert_false(isfinite(x[0]) || isfinite(x[1]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(solutions_fulfil_their_equations),
        cmocka_unit_test(a_singular_matrix_solves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
