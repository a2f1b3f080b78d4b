/* Which segments of a ladder stand behind its rows, and how a drift shows where one alone does. */
#include "logz/ladder_rows.h"
#include "support.h"

#include <math.h>

enum { N_BLOCKS = 4, MOST_SEGMENTS = 6, DRAWS = 50 };

/* A ladder of one rung; in segment s every block b meets energies about -s, and a little of its own. */
typedef struct made_up {
    heat_ladder_chains ladder;
    heat_ladder_segment segments[MOST_SEGMENTS];
    heat_energy_tally tallies[MOST_SEGMENTS][N_BLOCKS];
    double beta;
} made_up;

static void make(heat_context *ctx, const int64_t *ends, int n, made_up *m)
{
    *m = (made_up){.beta = 0};
    m->ladder = (heat_ladder_chains){.n_rungs = 1,
                                     .betas = &m->beta,
                                     .n_tally_rows = 1,
                                     .n_blocks = N_BLOCKS,
                                     .n_sweeps = ends[n - 1],
                                     .n_segments = n,
                                     .segments = m->segments};
    for (int s = 0; s < n; s++) {
        m->segments[s] = (heat_ladder_segment){ends[s], m->tallies[s]};
        for (int b = 0; b < N_BLOCKS; b++) {
            heat_energy_tally_init(&m->tallies[s][b], heat_energy_scale_of(0, 0.01));
            for (int k = 0; k < DRAWS; k++)
                assert_ok(
                    ctx, heat_energy_tally_add(ctx, &m->tallies[s][b], -s + 0.01 * ((k * (b + 3)) % 17 - 8)));
        }
    }
}

static void clear(made_up *m)
{
    for (int s = 0; s < MOST_SEGMENTS; s++)
        for (int b = 0; b < N_BLOCKS; b++)
            heat_energy_tally_clear(&m->tallies[s][b]);
}

static void a_quarter_and_64_sweeps_at_least_are_left_out(void **state)
{
    static const struct {
        int n;
        int64_t ends[MOST_SEGMENTS], first;
    } runs[] = {{3, {32, 64, 128}, 2},
                {4, {32, 64, 128, 150}, 2},
                {4, {32, 64, 128, 256}, 2},
                {5, {32, 64, 128, 256, 512}, 3},
                {6, {32, 64, 128, 256, 512, 1000}, 3}};
    heat_context *ctx = test_context();

    (void)state;
    for (size_t k = 0; k < sizeof runs / sizeof *runs; k++) {
        heat_ladder_rows rows;
        made_up m;
        double first = (double)runs[k].first, last = runs[k].n - 1;
        make(ctx, runs[k].ends, runs[k].n, &m);
        assert_ok(ctx, heat_ladder_rows_collect(ctx, &m.ladder, &rows));
        assert_int_equal(rows.first_segment, runs[k].first);
        assert_close(rows.mean[0], -(first + last) / 2, 0.05);
        assert_true(rows.drift[0] < -10); /* also where the segment before the last is left out */
        heat_ladder_rows_clear(&rows);
        clear(&m);
    }
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_quarter_and_64_sweeps_at_least_are_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
