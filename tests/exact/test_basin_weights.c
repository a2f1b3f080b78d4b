/* Weights of basins from counts and free energies that are written down here, and the agreement of ways. */
#include "base/memory.h"
#include "explore/basin_tally.h"
#include "explore/exploring.h"
#include "stats/resampling.h"
#include "support.h"

#include <math.h>
#include <string.h>

enum { N_BASINS = 3, N_ROWS = 2, N_CHAINS = 8 };
static const double none = (double)NAN;
static double temperatures[N_ROWS] = {0.5, 2};

/* A run of three basins at two temperatures, whose ways have said nothing yet. */
typedef struct scene {
    heat_context *ctx;
    heat_explore_result r;
    heat_exploring e;
    heat_basin_tally tally;
} scene;

static void open_scene(scene *c)
{
    memset(c, 0, sizeof *c);
    c->ctx = test_context();
    heat_explore_result_init(&c->r);
    c->r.n_basins = N_BASINS;
    c->r.n_temperatures = N_ROWS;
    assert_ok(c->ctx, heat_copy_text(c->ctx, "", &c->r.reasons));
    assert_ok(c->ctx, heat_alloc(c->ctx, N_ROWS, sizeof *c->r.temperatures, &c->r.temperatures));
    for (int t = 0; t < N_ROWS; t++) {
        heat_explore_temperature *row = &c->r.temperatures[t];
        *row = (heat_explore_temperature){
            .temperature = temperatures[t], .outcome = HEAT_OUTCOME_CONVERGED, .reference = 1, .surest = -1};
        assert_ok(c->ctx, heat_alloc(c->ctx, N_BASINS, sizeof *row->basins, &row->basins));
        for (int k = 0; k < N_BASINS; k++)
            for (int way = 0; way < HEAT_EXPLORE_WAYS; way++)
                row->basins[k].by[way] = (heat_explore_weight){none, none, none, none};
    }
    c->e = (heat_exploring){.n_temperatures = N_ROWS, .temperatures = temperatures, .r = &c->r};
    c->e.basins.count = N_BASINS;
    c->e.opt.target_error = HEAT_AUTO;
    for (int way = 0; way < HEAT_EXPLORE_WAYS; way++)
        c->e.wants[way] = true;
    assert_ok(c->ctx, heat_basin_tally_init(c->ctx, 2, N_CHAINS, N_BASINS, &c->tally));
}

static void close_scene(scene *c)
{
    heat_basin_tally_clear(&c->tally);
    heat_explore_result_clear(&c->r);
    heat_context_free(c->ctx);
}

/* Draws that tell of no basin but their own. */
static void share_counts(heat_basin_tally *t)
{
    for (int64_t k = 0; k < 2 * N_CHAINS * t->n_places; k++) {
        const double *at = t->counts + k / t->n_places * 2 * t->n_places + k % t->n_places;
        t->shares[k] = at[0] + at[t->n_places];
    }
}

/* Counts of half `half` of chain `chain` at rung 1: of 1000 looks 10 lead elsewhere, and the chains differ by
 * a little in a way that the halves make up for. At rung 0 all is in basin 2. */
static void fill_tally(heat_basin_tally *t)
{
    for (int chain = 0; chain < N_CHAINS; chain++)
        for (int half = 0; half < 2; half++) {
            double *at = t->counts + ((N_CHAINS + chain) * 2 + half) * t->n_places;
            double more = (half == 0 ? 3 : -1) * (chain % 2 == 0 ? 2 : -2);
            at[0] = 200 + more;
            at[1] = 690 - more;
            at[2] = 100;
            at[3] = 10;
            t->counts[(chain * 2 + half) * t->n_places + 2] = 1000;
            t->crossings[N_CHAINS + chain] = 50;
        }
    share_counts(t);
}

/* Shares of all draws, elsewhere in; weights are of what lies in a basin, both halves. Of an error the spread
 * of the chains is the whole: here shares are 0.202 and 0.198 by turns. */
static void counts_are_shares_of_both_halves(void **state)
{
    static scene c;
    double shares[N_BASINS + 1];
    const heat_explore_weight *w;
    const double mean[N_BASINS] = {200.0 / 990, 690.0 / 990, 100.0 / 990},
                 wide = heat_student_widening(N_CHAINS);

    (void)state;
    open_scene(&c);
    fill_tally(&c.tally);
    heat_basin_tally_shares(&c.tally, 1, shares);
    assert_close(shares[0], 0.2, 1e-12);
    assert_close(shares[3], 0.01, 1e-12);
    heat_basin_tally_shares(&c.tally, 0, shares);
    assert_close(shares[2], 1, 0);
    assert_ok(c.ctx, heat_basin_tally_report(c.ctx, &c.e, &c.tally, 1, 1, HEAT_EXPLORE_COUNTING));
    assert_string_equal(c.r.reasons, "");
    for (int k = 0; k < N_BASINS; k++) {
        w = heat_exploring_weight(&c.e, 1, k, HEAT_EXPLORE_COUNTING);
        assert_close(w->occupancy, mean[k], 1e-6);
        assert_close(w->delta_f, 2 * log(mean[1] / mean[k]), 1e-4);
    }
    w = heat_exploring_weight(&c.e, 1, 0, HEAT_EXPLORE_COUNTING);
    assert_close(w->occupancy_error, wide * 2.0 / 990 / sqrt(N_CHAINS - 1), 1e-8);
    assert_close(w->delta_f_error, wide * 2 * (2.0 / 200 + 2.0 / 690) / sqrt(N_CHAINS - 1), 1e-5);
    assert_true(isnan(heat_exploring_weight(&c.e, 0, 0, HEAT_EXPLORE_COUNTING)->occupancy));
    close_scene(&c);
}

/* Half of the chains in one basin all the time, half in another: R-hat of chains that are 2 / 1000 apart more
 * than their length explains refuses them. Of one that nobody left it is told. */
static void chains_that_disagree_are_refused(void **state)
{
    static scene c;

    (void)state;
    open_scene(&c);
    fill_tally(&c.tally);
    for (int chain = 0; chain < N_CHAINS; chain++)
        for (int half = 0; half < 2; half++) {
            double *at = c.tally.counts + ((N_CHAINS + chain) * 2 + half) * c.tally.n_places;
            double more = chain % 2 == 0 ? 80 : -80;
            at[0] += more; /* means of 0.28 and 0.12: between 0.0068, within 0.16, R-hat 1.021 */
            at[1] -= more;
        }
    share_counts(&c.tally);
    assert_ok(c.ctx, heat_basin_tally_report(c.ctx, &c.e, &c.tally, 1, 1, HEAT_EXPLORE_COUNTING));
    assert_ok(c.ctx, heat_basin_tally_report(c.ctx, &c.e, &c.tally, 0, 0, HEAT_EXPLORE_COUNTING));
    assert_int_equal(c.r.temperatures[1].ways[HEAT_EXPLORE_COUNTING].answer, HEAT_EXPLORE_OUT_OF_REACH);
    assert_true(isnan(heat_exploring_weight(&c.e, 1, 1, HEAT_EXPLORE_COUNTING)->occupancy));
    assert_ok(c.ctx, heat_explore_agree(c.ctx, &c.e)); /* no other way holds */
    assert_int_equal(c.r.temperatures[1].outcome, HEAT_OUTCOME_NOT_CONVERGED);
    assert_contains(c.r.reasons, "T = 2: counting: 400 crossings are too few: R-hat of basin 1 is 1.02");
    assert_contains(c.r.reasons, "T = 0.5: counting: no chain went from one basin to another");
    close_scene(&c);
}

/* w_k = exp(-F_k / T) / sum; dw_k / dF_j = w_k (w_j - [j = k]) / T. */
static void free_energies_make_weights(void **state)
{
    static scene c;
    static const double f[N_BASINS] = {1, 0.5, 3}, error[N_BASINS] = {0.04, 0.03, 0.2};
    const double temperature = temperatures[1];
    double sum = 0, w[N_BASINS];

    (void)state;
    open_scene(&c);
    for (int k = 0; k < N_BASINS; k++) {
        c.r.temperatures[1].basins[k].free_energy = f[k];
        c.r.temperatures[1].basins[k].free_energy_error = error[k];
        sum += w[k] = exp(-f[k] / temperature);
    }
    heat_explore_weigh_integrals(&c.e, 1);
    for (int k = 0; k < N_BASINS; k++) {
        const heat_explore_weight *a = heat_exploring_weight(&c.e, 1, k, HEAT_EXPLORE_INTEGRATION);
        double square = 0;
        for (int j = 0; j < N_BASINS; j++) {
            double slope = w[k] / sum * (w[j] / sum - (j == k)) / temperature;
            square += slope * slope * error[j] * error[j];
        }
        assert_close(a->occupancy, w[k] / sum, 1e-14);
        assert_close(a->occupancy_error, sqrt(square), 1e-14);
        assert_close(a->delta_f, f[k] - f[1], 1e-14);
        assert_close(a->delta_f_error, k == 1 ? 0 : hypot(error[k], error[1]), 1e-14);
    }
    close_scene(&c);
}

/* What a way says at temperature t: differences from basin 1 by `off` of the others, all with this error. */
static void say(scene *c, int t, heat_explore_way way, double off, double error)
{
    c->r.temperatures[t].ways[way].answer = HEAT_EXPLORE_HOLDS;
    for (int k = 0; k < N_BASINS; k++)
        *heat_exploring_weight(&c->e, t, k, way) =
            (heat_explore_weight){0.1 * (int)way + 0.01 * k, 0.001, k == 1 ? 0 : 1 + off, k == 1 ? 0 : error};
}

/* At T = 1/2 integration is 5 errors of the difference from each of the others, which stand; at T = 2 two
 * ways alone are 3.9 apart, which is nothing. The surest is that of the least error. */
static void ways_that_stand_alone_are_refused(void **state)
{
    static scene c;
    const heat_explore_basin *b;

    (void)state;
    open_scene(&c);
    say(&c, 0, HEAT_EXPLORE_COUNTING, 0, 0.04);
    say(&c, 0, HEAT_EXPLORE_EXCHANGE, 0.03, 0.03);
    say(&c, 0, HEAT_EXPLORE_INTEGRATION, 0.25, 0.02);
    say(&c, 0, HEAT_EXPLORE_MBAR, 0, 0.04);
    say(&c, 1, HEAT_EXPLORE_COUNTING, 0, 0.04);
    say(&c, 1, HEAT_EXPLORE_EXCHANGE, 0.195, 0.03);
    for (int k = 0; k < N_BASINS; k++)
        c.r.temperatures[0].basins[k].free_energy = 1;
    assert_ok(c.ctx, heat_explore_agree(c.ctx, &c.e));
    b = c.r.temperatures[0].basins;
    assert_contains(c.r.reasons,
                    "T = 0.5: integration: it disagrees with mbar by more than 4 standard errors");
    assert_null(strchr(c.r.reasons, '\n'));
    assert_true(isnan(b->by[HEAT_EXPLORE_INTEGRATION].occupancy) && isnan(b->free_energy));
    assert_int_equal(c.r.temperatures[0].surest, HEAT_EXPLORE_EXCHANGE);
    assert_close(b[2].occupancy, 0.12, 1e-15);
    assert_close(b[2].occupancy_error, 0.001, 0);
    assert_int_equal(c.r.temperatures[1].surest, HEAT_EXPLORE_EXCHANGE);
    assert_int_equal(c.r.temperatures[0].outcome, HEAT_OUTCOME_NOT_CONVERGED);
    assert_int_equal(c.r.temperatures[1].outcome, HEAT_OUTCOME_CONVERGED);
    close_scene(&c);
}

/* Two ways that are 4.1 errors of their difference apart: neither is known to be right. */
static void of_two_that_differ_both_are_refused(void **state)
{
    static scene c;

    (void)state;
    open_scene(&c);
    say(&c, 1, HEAT_EXPLORE_COUNTING, 0, 0.04);
    say(&c, 1, HEAT_EXPLORE_EXCHANGE, 0.205, 0.03);
    assert_ok(c.ctx, heat_explore_agree(c.ctx, &c.e));
    assert_int_equal(c.r.temperatures[1].surest, -1);
    assert_contains(c.r.reasons, "T = 2: counting: it disagrees with exchange");
    assert_contains(c.r.reasons, "T = 2: exchange: it disagrees with counting");
    close_scene(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_are_shares_of_both_halves),
        cmocka_unit_test(chains_that_disagree_are_refused),
        cmocka_unit_test(free_energies_make_weights),
        cmocka_unit_test(ways_that_stand_alone_are_refused),
        cmocka_unit_test(of_two_that_differ_both_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
