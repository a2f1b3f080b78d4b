/* Log weights of both ways whose law is known: normal ones, of a deviation s over a stage in which log Z
 * gains L, have the means L - s^2 / 2 there and -L - s^2 / 2 back. */
#include "logz/two_ways.h"
#include "random/stream.h"
#include "support.h"

#include <math.h>

enum { MEMBERS = 4000, MOST_COPIES = 4 };
static const double gains[] = {3, -1.25}, deviation = 0.7;

static double draw_normal(heat_stream *stream)
{
    double u = 1 - heat_stream_uniform(stream), v = heat_stream_uniform(stream);

    return sqrt(-2 * log(u)) * cos(2 * acos(-1) * v);
}

/* Members of the second stage and of the way back are copies, so many of each. */
static void fill_ways(heat_context *ctx, uint64_t seed, int copies, heat_way *there, heat_way *back)
{
    heat_stream stream;

    heat_stream_init(&stream, seed, HEAT_PURPOSE_TEST, 0);
    for (int s = 0; s < 2; s++) {
        double x = 0, y = 0;
        for (int k = 0; k < MEMBERS; k++) {
            int few = s == 0 ? 1 : copies;
            if (k % few == 0)
                x = draw_normal(&stream);
            if (k % copies == 0)
                y = draw_normal(&stream);
            assert_ok(ctx, heat_way_add(ctx, &there[s], gains[s] + deviation * x - deviation * deviation / 2,
                                        k / few * few));
            assert_ok(ctx, heat_way_add(ctx, &back[s], -gains[s] + deviation * y - deviation * deviation / 2,
                                        k / copies * copies));
        }
    }
}

/* Both sums, Bennett's ratio of each stage and their errors: of copies these grow with their number. */
static void stages_add_up(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    double error[MOST_COPIES + 1], worst = 0;

    for (int copies = 1; copies <= MOST_COPIES; copies += 3)
        for (uint64_t seed = 1; seed <= 20; seed++) {
            heat_way there[2] = {{.n = 0}}, back[2] = {{.n = 0}};
            heat_two_ways r;
            double log_mean, own;
            fill_ways(ctx, seed, copies, there, back);
            assert_ok(ctx, heat_two_ways_get(ctx, MEMBERS, 2, there, back, &r));
            assert_ok(ctx, heat_one_way_get(ctx, MEMBERS, 2, there, &log_mean, &own));
            assert_true(log_mean == r.forward && own == r.forward_error);
            assert_close(r.forward, gains[0] + gains[1], 5 * r.forward_error);
            assert_close(r.reverse, gains[0] + gains[1], 5 * r.reverse_error);
            assert_close(r.log_z, gains[0] + gains[1], 5 * r.error);
            assert_true(r.error < r.forward_error && r.error < r.reverse_error);
            worst = fmax(worst, fabs(r.log_z - gains[0] - gains[1]) / r.error);
            error[copies] = r.error;
            for (int s = 0; s < 2; s++) {
                heat_way_clear(&there[s]);
                heat_way_clear(&back[s]);
            }
        }
    assert_true(worst > 1); /* of 40 that are normal: the errors are not simply large */
    assert_true(error[MOST_COPIES] > 1.5 * error[1] && error[MOST_COPIES] < 2.2 * error[1]);
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(stages_add_up)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
