/* One lattice as words of 512 sites: every move sees the neighbours and signs that the model has, states and
 * energies are the model's, threads and instruction sets change nothing, and who gets such chains. */
#include "base/parallel.h"
#include "sample/engine.h"
#include "sample/stripe_chains.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double beta = 0.4;

static heat_model *load(heat_context *ctx, const char *spec)
{
    heat_model *model;

    assert_ok(ctx, heat_model_load(ctx, spec, &model));
    return model;
}

static heat_chains_plan plan_of(int64_t n_chains)
{
    return (heat_chains_plan){.n_chains = n_chains,
                              .n_rungs = 1,
                              .betas = &beta,
                              .seed = 5,
                              .isa = "auto",
                              .is_steady = true,
                              .layout = &heat_layout_stripes};
}

static heat_chains *started(heat_context *ctx, const heat_model *model, const heat_chains_plan *plan)
{
    heat_chains *c;

    assert_ok(ctx, heat_chains_create(ctx, model, plan, &c));
    for (int64_t k = 0; k < c->n_chains; k++)
        assert_ok(ctx, heat_chains_start(ctx, c, k, NULL, 0));
    return c;
}

/* All kinds of lattices: one, two, three and four dimensions, whole and cut in some, open in some, signs of
 * couplings and of fields, coupling and field of different sizes. */
static const char *const specs[] = {"ea:1024,seed=1",
                                    "lattice:64x64",
                                    "ea:32x128,seed=2",
                                    "ea:5x1024,open=1,seed=3",
                                    "ea:6x3x1024,open=2,seed=4",
                                    "lattice:8x8x64,J=-0.5",
                                    "ea:16x16x16,h=pm,seed=5",
                                    "ea:64x64,J=pm,h=2,seed=6",
                                    "lattice:8x8x8x16,h=1"};
enum { N_SPECS = sizeof specs / sizeof *specs };

static void assert_measured_as_row(heat_context *ctx, heat_chains *c, int64_t chain, int8_t *row)
{
    double energy;
    int64_t total = 0;

    heat_chains_measure(c, chain);
    heat_chains_get_state(c, chain, row);
    for (int32_t i = 0; i < c->n; i++)
        total += row[i];
    assert_ok(ctx, heat_model_energies(ctx, c->model, 1, row, &energy));
    assert_close(heat_chains_get_energy(c, chain), energy, 1e-9);
    assert_int_equal(heat_chains_get_total(c, chain), total);
}

static void energies_and_totals_are_those_of_the_rows(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    const heat_chains_plan plan = plan_of(2);

    for (int s = 0; s < N_SPECS; s++) {
        heat_model *model = load(ctx, specs[s]);
        heat_chains *c = started(ctx, model, &plan);
        int8_t *row = malloc((size_t)c->n);
        for (int sweep = 0; sweep < 20; sweep++)
            for (int64_t unit = 0; unit < 2; unit++)
                assert_ok(ctx, heat_engine_sweep(ctx, &heat_engine_heat_bath, c, unit));
        for (int64_t k = 0; k < 2; k++) {
            assert_measured_as_row(ctx, c, k, row);
            assert_true(heat_chains_get_acceptance(c, k) > 0.05);
            assert_true(heat_chains_get_acceptance(c, k) < 0.6);
        }
        free(row);
        heat_chains_free(c);
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

/* Who was measured after one sweep is measured along with the next. */
static heat_status measure_after_all_changes(heat_context *worker, void *arg, int64_t unit)
{
    heat_chains *c = arg;
    int8_t *row = malloc((size_t)c->n);

    for (int k = 0; k < 12; k++) {
        assert_ok(worker, heat_chains_sweep_many(worker, c, unit, &heat_rule_metropolis, 1 + k % 3));
        if (k != 5)
            assert_measured_as_row(worker, c, unit, row);
        if (k % 4 == 1) {
            memset(row, 1, (size_t)c->n);
            assert_ok(worker, heat_chains_set_state(worker, c, unit, row));
            assert_measured_as_row(worker, c, unit, row);
        }
    }
    assert_ok(worker, heat_chains_start(worker, c, unit, NULL, 1));
    assert_measured_as_row(worker, c, unit, row);
    free(row);
    return HEAT_OK;
}

static void what_is_measured_is_the_present_state(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    const heat_chains_plan plan = plan_of(1);
    heat_model *model = load(ctx, "ea:512x512,seed=2");
    heat_chains *c = started(ctx, model, &plan);

    for (int64_t threads = 1; threads <= 2; threads++)
        assert_ok(ctx, heat_chains_run_units(ctx, c, threads, measure_after_all_changes, c));
    heat_chains_free(c);
    heat_model_free(model);
    heat_context_free(ctx);
}

/* --- every decision --- */

/* The state site by site, and what a kernel in place of the real one sees. */
static struct {
    const heat_stripe_store *store;
    heat_pairwise graph;
    int8_t *spins;
    int32_t *site; /* [word][bit] */
    int64_t n_visits;
} spy;

static bool bit_of(const heat_bit_word *w, int32_t bit)
{
    return w->part[bit / 64] >> bit % 64 & 1;
}

static int32_t unsatisfied_by_words(const heat_bit_run *run, int32_t word, const heat_bit_word *signs,
                                    const heat_bit_word *words, int32_t bit)
{
    int32_t n = 0;

    for (int32_t k = 0; k < run->n_links; k++) {
        const heat_bit_link *link = &run->links[(word - run->begin) * run->n_links + k];
        n += bit_of(&words[word], bit) ^ bit_of(&words[link->word], bit) ^ bit_of(&signs[link->sign], bit);
    }
    return n;
}

/* Unsatisfied and all links of a site, in units. */
static int32_t unsatisfied_by_sites(int32_t site, int32_t *n_links)
{
    const heat_pairwise *g = &spy.graph;
    const double unit = spy.store->lattice.box.unit;
    double n = g->field[site] * spy.spins[site] < 0 ? fabs(g->field[site]) : 0, all = fabs(g->field[site]);

    for (int64_t k = g->row[site]; k < g->row[site + 1]; k++) {
        double coupling = heat_pairwise_coupling(g, k);
        n += coupling * spy.spins[site] * spy.spins[g->col[k]] < 0 ? fabs(coupling) : 0;
        all += fabs(coupling);
    }
    *n_links = (int32_t)rint(all / unit);
    return (int32_t)rint(n / unit);
}

/* Looks at every spin of the run, then flips some. */
static void spying_sweep(const heat_bit_run *run, const heat_bit_word *signs, heat_bit_word *words,
                         const heat_bit_thresholds *thresholds, heat_bit_random *random)
{
    (void)thresholds;
    (void)random;
    for (int32_t word = run->begin; word < run->end; word++)
        for (int32_t bit = 0; bit < HEAT_BITS; bit++) {
            int32_t site = spy.site[word * HEAT_BITS + bit], n_links;
            assert_int_equal(unsatisfied_by_words(run, word, signs, words, bit),
                             unsatisfied_by_sites(site, &n_links));
            assert_int_equal(n_links, run->n_links);
            spy.n_visits++;
            if ((site + word + bit) % 3 == 0)
                continue;
            spy.spins[site] = (int8_t)-spy.spins[site];
            words[word].part[bit / 64] ^= (uint64_t)1 << bit % 64;
        }
}

/* Where each site is: found by packing states of one spin down. */
static void find_sites(const heat_stripe_lattice *l, int32_t n)
{
    heat_bit_word *words = aligned_alloc(64, (size_t)l->n_words * sizeof *words);

    for (int32_t b = 0; 1 << b < n; b++) {
        for (int32_t i = 0; i < n; i++)
            spy.spins[i] = i >> b & 1 ? -1 : 1;
        heat_stripe_lattice_pack(l, spy.spins, words);
        for (int32_t w = 0; w < n; w++) /* words and bits of places, in one count */
            spy.site[w] |= (int32_t)bit_of(&words[w / HEAT_BITS], w % HEAT_BITS) << b;
    }
    free(words);
}

static void every_move_sees_its_neighbours_and_signs(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    const heat_chains_plan plan = plan_of(1);

    for (int s = 0; s < N_SPECS; s++) {
        heat_model *model = load(ctx, specs[s]);
        heat_chains *c = started(ctx, model, &plan);
        heat_stripe_store *store = c->store;
        heat_bit_kernel kernel = *store->kernel;
        kernel.sweep = spying_sweep;
        store->kernel = &kernel;
        memset(&spy, 0, sizeof spy);
        spy.store = store;
        spy.spins = malloc((size_t)c->n);
        spy.site = calloc((size_t)c->n, sizeof *spy.site);
        assert_true(heat_model_get_pairwise(model, &spy.graph));
        find_sites(&store->lattice, c->n);
        heat_stripe_lattice_unpack(&store->lattice, store->words, -1, spy.spins);
        for (int sweep = 0; sweep < 2; sweep++)
            assert_ok(ctx, c->layout->sweep(ctx, c, 0, &heat_rule_metropolis));
        assert_int_equal(spy.n_visits, 2 * (int64_t)c->n);
        free(spy.spins);
        free(spy.site);
        heat_chains_free(c);
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

/* --- the same bits --- */

static heat_status sweep_unit(heat_context *worker, void *arg, int64_t unit)
{
    heat_chains *c = arg;

    for (int sweep = 0; sweep < 3; sweep++) {
        heat_status status = heat_engine_sweep(worker, &heat_engine_metropolis, c, unit);
        if (status != HEAT_OK)
            return status;
        heat_chains_measure(c, unit);
    }
    return HEAT_OK;
}

static void threads_and_instruction_sets_give_the_same_bits(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, "ea:512x1024,seed=1");
    const int32_t n = 512 * 1024;
    int8_t *first = malloc((size_t)n), *row = malloc((size_t)n);
    double energy = 0;

    for (int k = 0; k < heat_isa_count(); k++)
        for (int64_t threads = 1; threads <= 3; threads++) {
            heat_chains_plan plan = plan_of(1);
            heat_chains *c;
            plan.isa = heat_isa_at(k)->name;
            c = started(ctx, model, &plan);
            assert_true(((heat_stripe_store *)c->store)->lattice.n_stripes > 1);
            assert_ok(ctx, heat_chains_run_units(ctx, c, threads, sweep_unit, c));
            heat_chains_get_state(c, 0, k == 0 && threads == 1 ? first : row);
            if (k == 0 && threads == 1)
                energy = heat_chains_get_energy(c, 0);
            else
                assert_memory_equal(first, row, (size_t)n);
            assert_close(heat_chains_get_energy(c, 0), energy, 0);
            heat_chains_free(c);
        }
    free(first);
    free(row);
    heat_model_free(model);
    heat_context_free(ctx);
}

/* --- who gets them --- */

static const heat_layout *layout_of(heat_context *ctx, const char *spec, const heat_chains_plan *plan)
{
    heat_model *model = load(ctx, spec);
    const heat_layout *layout;
    heat_chains *c;

    assert_ok(ctx, heat_chains_create(ctx, model, plan, &c));
    layout = c->layout;
    heat_chains_free(c);
    heat_model_free(model);
    return layout;
}

static void sweeps_in_one_go_are_sweeps(void **state)
{
    (void)state;
    static const int64_t goes[] = {16, 3, 16, 1, 5};
    heat_context *ctx = test_context();
    const heat_chains_plan plan = plan_of(1);
    heat_model *model = load(ctx, "ea:512x512,seed=2");
    heat_chains *one = started(ctx, model, &plan), *many = started(ctx, model, &plan);
    int8_t *rows = malloc(2 * (size_t)one->n);

    for (size_t k = 0; k < sizeof goes / sizeof *goes; k++) {
        assert_ok(ctx, heat_chains_sweep_many(ctx, many, 0, &heat_rule_metropolis, goes[k]));
        for (int64_t sweep = 0; sweep < goes[k]; sweep++)
            assert_ok(ctx, heat_chains_sweep(ctx, one, 0, &heat_rule_metropolis));
        heat_chains_get_state(one, 0, rows);
        heat_chains_get_state(many, 0, rows + one->n);
        assert_memory_equal(rows, rows + one->n, (size_t)one->n);
        assert_int_equal(many->n_sweeps[0], one->n_sweeps[0]);
        assert_true(heat_chains_get_acceptance(many, 0) == heat_chains_get_acceptance(one, 0));
    }
    free(rows);
    heat_chains_free(one);
    heat_chains_free(many);
    heat_model_free(model);
    heat_context_free(ctx);
}

/* The word that a link or a turned word shows. */
static int32_t source_of(const heat_stripe_lattice *l, int32_t word)
{
    for (int32_t t = 0; t < l->n_turns; t++)
        if (l->turns[t].to == word)
            return l->turns[t].from;
    return word;
}

static int32_t stripe_of(const heat_stripe_lattice *l, int32_t word)
{
    int32_t p = 0;

    while (p < 2 * l->n_stripes && !(word >= l->parts[p].begin && word < l->parts[p].end))
        p++;
    return p < 2 * l->n_stripes ? p % l->n_stripes : -1; /* -1: a word that never moves */
}

/* Threads wait for stripes within reach only: no link may lead farther. */
static void links_stay_within_reach(void **state)
{
    (void)state;
    static const char *const large[] = {"lattice:1024x1024", "lattice:16x131072", "lattice:32x16x2048",
                                        "lattice:128x128x64", "ea:1600x1024,open=1"};
    heat_context *ctx = test_context();
    const heat_chains_plan plan = plan_of(1);

    for (size_t k = 0; k < sizeof large / sizeof *large; k++) {
        heat_model *model = load(ctx, large[k]);
        heat_chains *c;
        const heat_stripe_lattice *l;
        int32_t farthest = 0;
        assert_ok(ctx, heat_chains_create(ctx, model, &plan, &c));
        l = &((const heat_stripe_store *)c->store)->lattice;
        assert_true(l->n_stripes > 2);
        for (int32_t p = 0; p < 2 * l->n_stripes; p++)
            for (int32_t r = l->parts[p].first_run; r < l->parts[p].first_run + l->parts[p].n_runs; r++) {
                const heat_bit_run *run = &l->runs[r];
                for (int64_t at = 0; at < (int64_t)(run->end - run->begin) * run->n_links; at += 5) {
                    int32_t other = stripe_of(l, source_of(l, run->links[at].word));
                    int32_t off = other < 0 ? 0 : abs(other - p % l->n_stripes);
                    off = off > l->n_stripes / 2 ? l->n_stripes - off : off;
                    farthest = off > farthest ? off : farthest;
                }
            }
        assert_true(farthest >= 1 && farthest <= l->reach);
        heat_chains_free(c);
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

static void only_what_fits_is_taken(void **state)
{
    (void)state;
    static const char *const others[] = {
        "ea:64x64,J=gauss", "lattice:64x64,h=0.3", "lattice:63x65", "lattice:64x64,open", "lattice:32x64",
        "lattice:32x63x64", "triangular:64x64",    "lattice:66x66", "regular:4096,k=4",   "sk:100,J=pm"};
    heat_context *ctx = test_context();
    heat_chains_plan plan = plan_of(4);

    plan.layout = NULL;
    assert_ptr_equal(layout_of(ctx, "lattice:64x64", &plan), &heat_layout_stripes);
    assert_ptr_equal(layout_of(ctx, "ea:16x16x16", &plan), &heat_layout_stripes);
    for (size_t k = 0; k < sizeof others / sizeof *others; k++)
        assert_ptr_equal(layout_of(ctx, others[k], &plan), &heat_layout_lanes);
    plan.n_chains = 512;
    assert_ptr_equal(layout_of(ctx, "lattice:64x64", &plan), &heat_layout_bits);
    plan.n_chains = 4;
    plan.is_search = true;
    assert_ptr_equal(layout_of(ctx, "lattice:64x64", &plan), &heat_layout_lanes);
    plan.is_search = false;
    plan.is_steady = false;
    assert_ptr_equal(layout_of(ctx, "lattice:64x64", &plan), &heat_layout_lanes);
    heat_context_free(ctx);
}

static heat_status make_chains(heat_context *ctx, void *arg)
{
    const heat_chains_plan plan = plan_of(2);
    heat_chains *c = NULL;
    heat_status status = heat_chains_create(ctx, arg, &plan, &c);

    for (int64_t k = 0; k < 2 && status == HEAT_OK; k++)
        status = heat_chains_start(ctx, c, k, NULL, 0);
    heat_chains_free(c);
    return status;
}

static void failing_allocations_leave_nothing_behind(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model = load(ctx, "ea:16x16x16,h=pm,seed=5");

    test_failing_allocations(make_chains, model);
    heat_model_free(model);
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(energies_and_totals_are_those_of_the_rows),
        cmocka_unit_test(what_is_measured_is_the_present_state),
        cmocka_unit_test(every_move_sees_its_neighbours_and_signs),
        cmocka_unit_test(threads_and_instruction_sets_give_the_same_bits),
        cmocka_unit_test(sweeps_in_one_go_are_sweeps),
        cmocka_unit_test(links_stay_within_reach),
        cmocka_unit_test(only_what_fits_is_taken),
        cmocka_unit_test(failing_allocations_leave_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
