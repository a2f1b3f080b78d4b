/* Passages of paths that are written down here: when clocks start and stop, and what the report makes of the
 * tallies. Nothing is random but the bridges of overdamped paths, whose share is known. */
#include "kernel/isa.h"
#include "sample/sampling.h"
#include "support.h"

#include <math.h>
#include <string.h>

enum { MOST_SLOTS = 4000 };

/* A run whose chains are moved by hand. */
typedef struct scene {
    heat_context *ctx;
    heat_model *model;
    heat_sampling s;
    heat_chains chains;
    heat_walk_store store;
    heat_walk_unit unit;
    double step[MOST_SLOTS], beta[MOST_SLOTS];
    int32_t rung[MOST_SLOTS];
    double lowest; /* energy */
} scene;

static void open_scene(scene *c, const char *spec, const heat_engine *engine, double step, double temperature,
                       int64_t n_slots)
{
    memset(c, 0, sizeof *c);
    c->ctx = test_context();
    assert_ok(c->ctx, heat_model_load(c->ctx, spec, &c->model));
    for (int64_t slot = 0; slot < n_slots; slot++) {
        c->step[slot] = step;
        c->beta[slot] = 1 / temperature;
    }
    c->unit.step = c->step;
    c->store.units = &c->unit;
    c->chains = (heat_chains){.store = &c->store,
                              .width = (int32_t)n_slots,
                              .n_units = 1,
                              .rung = c->rung,
                              .beta = c->beta,
                              .n_chains = n_slots};
    c->s = (heat_sampling){.engine = engine, .chains = &c->chains, .model = c->model};
    c->s.opt.seed = test_seed();
    c->s.opt.replicas = n_slots;
    c->s.plan.n_chains = n_slots;
    c->s.walk.refined_from = INT32_MAX;
    assert_ok(c->ctx, heat_basins_find(c->ctx, c->model, "basins", 1, 1, &c->s.basins));
    assert_ok(c->ctx, heat_passages_open(c->ctx, &c->s));
}

static void close_scene(scene *c)
{
    heat_passages_close(&c->s.passages);
    heat_basins_close(&c->s.basins);
    heat_model_free(c->model);
    heat_context_free(c->ctx);
}

static int look(scene *c, int64_t slot, double x, double y)
{
    const double at[2] = {x, y};
    double basin, energy;

    energy = c->lowest + (x * x - 1) * (x * x - 1) + y * y;
    assert_ok(c->ctx, heat_passages_look(c->ctx, &c->s, 0, slot, at, energy, &basin));
    return (int)basin;
}

static void check_tally(const scene *c, int64_t slot, int basin, int watch, int64_t count, double sum,
                        double watched)
{
    const heat_passage_tally *t = &c->s.passages.tallies[slot * c->s.basins.count + basin];

    assert_int_equal(t->count[watch], count);
    assert_close(t->sum[watch], sum, 1e-12);
    assert_close(t->squares[watch], count > 0 ? sum * sum / (double)count : 0, 1e-12);
    assert_close(t->watched[watch], watched, 1e-12);
}

static int64_t departures(const scene *c, int64_t slot, int basin)
{
    return c->s.passages.tallies[slot * c->s.basins.count + basin].departures;
}

/* Smooth paths meet a point where the straight line does: minima at -1 and 1, the top at 0, looks 2 apart. */
static void clocks_run_from_minimum_to_top(void **state)
{
    static scene c;

    (void)state;
    open_scene(&c, "double-well", &heat_engine_underdamped, 0.5, 0.25, 2);
    c.s.walk.n_steps = 4;
    c.s.walk.refined_from = 1;
    c.rung[1] = 1; /* twice as many steps of a quarter: as in step_bias.c, of half the size */
    c.step[1] = 0.25;
    for (int64_t slot = 0; slot < 2; slot++) {
        assert_int_equal(look(&c, slot, -1.2, 0), 0);
        assert_int_equal(look(&c, slot, -0.8, 0), 0); /* met -1 half way */
        assert_int_equal(look(&c, slot, -0.5, 0), 0);
        check_tally(&c, slot, 0, 0, 0, 0, 3);
        assert_int_equal(look(&c, slot, 0.25, 0), 1); /* met 0 after two thirds */
        check_tally(&c, slot, 0, 0, 1, 3 + 4.0 / 3, 3 + 4.0 / 3);
        assert_int_equal(look(&c, slot, 1.25, 0), 1); /* met 1 after three quarters */
        assert_int_equal(look(&c, slot, 0.9, 0), 1);
        check_tally(&c, slot, 1, 0, 0, 0, 2.5);
        assert_close(c.s.passages.ways[slot].clock[0], 2.5, 1e-12);
        assert_int_equal(departures(&c, slot, 0), 1);
        assert_int_equal(departures(&c, slot, 1), 0);
    }
    close_scene(&c);
}

/* Time is counted in sweeps where there is no dynamics, and passages end at looks. */
static void without_dynamics_sweeps_are_counted(void **state)
{
    static scene c;

    (void)state;
    open_scene(&c, "double-well", &heat_engine_hmc, 0.5, 0.25, 1);
    look(&c, 0, -1.2, 0);
    look(&c, 0, -0.8, 0);
    look(&c, 0, -0.5, 0);
    look(&c, 0, 0.25, 0);
    check_tally(&c, 0, 0, 0, 1, 2, 2);
    close_scene(&c);
}

/* A path of two coordinates, looked at every time, and every fourth time. A passage ends half way between two
 * looks; it begins where the energy is at most n T / 2 = 0.1 above the minimum's. */
static void two_watches_of_a_plane(void **state)
{
    static scene c;

    (void)state;
    open_scene(&c, "potential:(x^2-1)^2 + y^2", &heat_engine_ula, 0.2, 0.1, 2);
    c.s.walk.n_steps = 3;
    c.s.walk.refined_from = 1;
    c.rung[1] = 1;
    assert_true(c.s.basins.tops == NULL);
    assert_close(c.s.basins.barrier[0], 1, 1e-9);
    for (int64_t slot = 0; slot < 2; slot++) {
        const double dt = slot == 0 ? 3 * 0.02 : 6 * 0.02; /* steps of h^2 / 2 */
        look(&c, slot, -1, 0);                             /* both begin */
        look(&c, slot, -0.5, 0);
        check_tally(&c, slot, 0, 0, 0, 0, dt);
        assert_int_equal(look(&c, slot, 0.5, 0), 1);
        check_tally(&c, slot, 0, 0, 1, 1.5 * dt, 1.5 * dt);
        look(&c, slot, 0.6, 0);
        check_tally(&c, slot, 0, 1, 0, 0, 0);
        look(&c, slot, 1, 0.3); /* near enough; the second watch sees for the first time that it has left */
        check_tally(&c, slot, 0, 1, 1, 2 * dt, 2 * dt);
        look(&c, slot, 1, 0);
        check_tally(&c, slot, 1, 0, 0, 0, dt);
        check_tally(&c, slot, 1, 1, 0, 0, 0);
        look(&c, slot, 1, 0.5);
        look(&c, slot, 1, 0.5);
        look(&c, slot, 1, 0); /* the second begins */
        assert_int_equal(c.s.passages.ways[slot].from[1], 1);
        assert_int_equal(departures(&c, slot, 0), 1);
    }
    close_scene(&c);
}

/* Where n T / 2 is 1, as high as the barrier, chains are at the minimum up to a quarter of that. */
static void low_barriers_narrow_the_minimum(void **state)
{
    static scene c;

    (void)state;
    open_scene(&c, "potential:(x^2-1)^2 + y^2 + 3", &heat_engine_ula, 0.2, 1, 1);
    c.lowest = 3;
    look(&c, 0, -1, 0.6); /* 0.36, above a quarter of 1 */
    assert_int_equal(c.s.passages.ways[0].from[0], -1);
    look(&c, 0, -1, 0.4);
    assert_int_equal(c.s.passages.ways[0].from[0], 0);
    close_scene(&c);
}

/* From -0.8 to -0.3, and on to -0.3, brownian paths of T dt = 0.09 / log 2 meet 0 with these probabilities.
 */
static void brownian_paths_meet_what_they_do_not_show(void **state)
{
    static scene c;
    const double scale = 0.09 / log(2), first = exp(-0.24 / scale), second = 0.5,
                 expected[2] = {first, (1 - first) * second};
    int64_t found[2] = {0, 0};

    (void)state;
    open_scene(&c, "double-well", &heat_engine_ula, sqrt(2 * scale / 0.25), 0.25, MOST_SLOTS);
    for (int64_t slot = 0; slot < MOST_SLOTS; slot++) {
        const heat_passage_tally *t = &c.s.passages.tallies[2 * slot];
        look(&c, slot, -1.2, 0);
        look(&c, slot, -0.8, 0);
        look(&c, slot, -0.3, 0);
        found[0] += t->count[0];
        if (t->count[0] == 0) {
            look(&c, slot, -0.3, 0);
            found[1] += t->count[0];
        }
        assert_int_equal(departures(&c, slot, 0), 0);
        if (t->count[0] > 0) /* begun half way, ended half way */
            assert_close(t->watched[0], t->sum[0], 1e-12);
    }
    for (int k = 0; k < 2; k++)
        assert_close((double)found[k] / MOST_SLOTS, expected[k],
                     4.5 * sqrt(expected[k] * (1 - expected[k]) / MOST_SLOTS));
    close_scene(&c);
}

/* Tallies of two slots a temperature. Of the first temperature, which is not asked for, all are absurd. */
static void fill_tallies(scene *c)
{
    for (int64_t slot = 0; slot < 4; slot++)
        for (int basin = 0; basin < 2; basin++)
            c->s.passages.tallies[2 * slot + basin] = (heat_passage_tally){.departures = 1000,
                                                                           .count = {1000, 1000},
                                                                           .sum = {1e6, 1e6},
                                                                           .squares = {1e9, 1e9},
                                                                           .watched = {1e6, 1e6}};
    c->s.passages.tallies[4] = (heat_passage_tally){3, {2, 2}, {6, 8}, {20, 34}, {7, 8}};
    c->s.passages.tallies[6] = (heat_passage_tally){4, {3, 2}, {9, 10}, {29, 52}, {13, 14}};
    c->s.passages.tallies[5] = c->s.passages.tallies[7] = (heat_passage_tally){.departures = 1};
    c->s.passages.ways[2] = (heat_way){.from = {0, -1}, .clock = {1, 5}};
    c->s.passages.ways[3] = (heat_way){.from = {0, 0}, .clock = {4, 4}};
}

/* A mean of watched / count, whose variance is of all ways; what is seen late by the first watch is told by
 * the second. */
static void reports_are_ratios_of_the_tallies(void **state)
{
    static const char *const names[] = {"occupancy_2", "occupancy_1"};
    static scene c;
    heat_observable observables[] = {{.name = names[0], .mean = 0.25, .error = 0.02},
                                     {.name = names[1], .mean = 0.75, .error = 0.01}};
    const double mean = 20.0 / 5, late = 22.0 / 4;
    const double variance = (49 - 2 * mean * 15 + 5 * mean * mean + 17) / 20;
    const double late_variance = (86 - 2 * late * 18 + 4 * late * late + 16) / 12;

    (void)state;
    for (int k = 0; k < 2; k++) {
        heat_sample_temperature row = {.n_observables = 2, .observables = observables};
        const heat_sample_basin *b;
        open_scene(&c, k == 0 ? "double-well" : "potential:(x^2-1)^2 + y^2", &heat_engine_ula, 0.2, 1, 4);
        c.s.opt.replicas = 2;
        fill_tallies(&c);
        assert_ok(c.ctx, heat_passages_report(c.ctx, &c.s, 1, &row));
        b = row.basins;
        assert_int_equal(b->departures, 7);
        assert_int_equal(b->n_passages, 5);
        assert_close(b->watched, 20, 0);
        assert_close(b->first_passage, k == 0 ? mean : 2 * mean - late, 1e-12);
        assert_close(b->first_passage_error,
                     sqrt(k == 0 ? variance : variance + late_variance + (late - mean) * (late - mean) / 16),
                     1e-12);
        assert_true(isnan(b[1].first_passage) && isnan(b[1].first_passage_error)); /* too few */
        assert_int_equal(b[1].departures, 2);
        assert_true(b->occupancy == 0.75 && b->occupancy_error == 0.01);
        assert_true(b[1].occupancy == 0.25 && b[1].occupancy_error == 0.02);
        heat_free(row.basins);
        close_scene(&c);
    }
}

/* Three chains end two cycles: in basins 0, 0, 1, then 1, 1, and in none that is known. */
static void cycles_are_shares_of_all_chains(void **state)
{
    static scene c;
    double series[3 * 3] = {0, 1, -7, 0, 1, -7, 1, 2, -7};
    heat_sample_result r = {.size = sizeof r};

    (void)state;
    open_scene(&c, "double-well", &heat_engine_hmc, 0.5, 1, 3);
    c.s.cooling.is_on = true;
    c.s.recorder.series[HEAT_SERIES_BASIN] = series;
    c.s.recorder.n_sweeps = 3;
    c.s.n_recorded = 2;
    c.s.opt.replicas = 1;
    assert_ok(c.ctx, heat_basins_report(c.ctx, &c.s, &r));
    assert_int_equal(r.n_basins, 2);
    assert_close(r.cycle_occupancy[0], 2.0 / 3, 1e-15);
    assert_close(r.cycle_occupancy[1], 1.0 / 3, 1e-15);
    assert_close(r.cycle_occupancy[2], 0, 0);
    assert_close(r.cycle_occupancy[3], 2.0 / 3, 1e-15);
    heat_sample_result_clear(&r);
    close_scene(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clocks_run_from_minimum_to_top),
        cmocka_unit_test(without_dynamics_sweeps_are_counted),
        cmocka_unit_test(two_watches_of_a_plane),
        cmocka_unit_test(low_barriers_narrow_the_minimum),
        cmocka_unit_test(brownian_paths_meet_what_they_do_not_show),
        cmocka_unit_test(reports_are_ratios_of_the_tallies),
        cmocka_unit_test(cycles_are_shares_of_all_chains),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
