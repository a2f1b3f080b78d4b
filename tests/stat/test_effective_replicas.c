/* How many independent replicas a word of 512 chains is worth: the variance of one chain's energy over the
 * variance of the mean of all, at the critical temperature, from random starts. Chains that share random
 * numbers run into each other and are worth one to five, however fast they are. */
#include "compare.h"
#include "ledger.h"
#include "random/stream.h"
#include "sample/bit_chains.h"
#include "sample/engine.h"
#include "support.h"
#include "survival.h"

#include <math.h>
#include <string.h>

#include "kernel/bits.h"

typedef enum plant {
    PLANT_NONE = 0,
    PLANT_SHARED, /* one random bit for all */
    PLANT_POOL    /* every chain has random bits of its own, from a few words that are used again and again */
} plant;

enum { POOL = 64 };
static plant planted;
static heat_bit_word pool[POOL];

static bits planted_draw(bits *state)
{
    heat_bit_word word;

    bits_store(&word, bits_draw(state));
    return planted == PLANT_POOL ? bits_load(&pool[word.part[0] >> 40 & (POOL - 1)])
                                 : bits_all(-(int64_t)(word.part[0] >> 40 & 1));
}

static void fill_pool(uint64_t seed)
{
    heat_stream stream;

    heat_stream_init(&stream, seed, HEAT_PURPOSE_TEST, 7);
    for (int k = 0; k < POOL; k++)
        for (int p = 0; p < HEAT_BITS / 64; p++)
            pool[k].part[p] = heat_stream_bits(&stream);
}

#define BITS_ISA planted
#define BITS_DRAW(state) planted_draw(state)
#include "kernel/bit_sweep_body.h"

enum { N_LEVELS = 65, BURN_IN = 400, GAP = 40, SNAPSHOTS = 8000, N_SEEDS = 5 };
static const double critical = 2.2691853142130216;

typedef struct subject {
    heat_context *ctx;
    const heat_engine *engine;
    plant bug;
    double warmer; /* factor of the temperature */
    int snapshots;
    double effective; /* replicas, of the last trial */
} subject;

static double exact_energy(void)
{
    double energy[N_LEVELS], weight[N_LEVELS], z = 0, sum = 0;
    int64_t n = compare_load_levels("exact/ising2d_L8_dos.tsv", N_LEVELS, energy, weight);

    for (int64_t k = 0; k < n; k++) {
        double w = weight[k] * exp((energy[0] - energy[k]) / critical);
        z += w;
        sum += w * energy[k];
    }
    return sum / z;
}

static heat_chains *start(subject *s, const heat_model *model, uint64_t seed)
{
    double beta = 1 / (critical * s->warmer);
    heat_chains_plan plan = {
        .n_chains = HEAT_BITS, .n_rungs = 1, .betas = &beta, .seed = seed, .isa = "auto", .is_steady = true};
    heat_chains *c;

    assert_ok(s->ctx, heat_chains_create(s->ctx, model, &plan, &c));
    assert_ptr_equal(c->layout, &heat_layout_bits);
    assert_int_equal(c->n_units, 1);
    for (int64_t k = 0; k < HEAT_BITS; k++)
        assert_ok(s->ctx, heat_chains_start(s->ctx, c, k, NULL, 0));
    return c;
}

/* Two p-values: that the variance of the mean is a 512th of one chain's, and that the mean is the exact one.
 * The variance of one chain is known so much better that it counts as exact. */
static double judge(uint64_t seed, int factor, void *arg)
{
    subject *s = arg;
    const int snapshots = s->snapshots * factor;
    double sum = 0, sum_of_squares = 0, squares = 0, mean, of_mean, of_one, p[2];
    heat_model *model;
    heat_chains *c;
    heat_bit_kernel kernel;
    int64_t sweeps = 0;

    assert_ok(s->ctx, heat_model_load(s->ctx, "lattice:8x8", &model));
    c = start(s, model, seed);
    if (s->bug != PLANT_NONE) {
        heat_bit_store *store = c->store;
        planted = s->bug;
        fill_pool(seed);
        kernel = *store->kernel;
        kernel.sweep = bit_sweep_planted;
        store->kernel = &kernel;
    }
    for (int t = 0; t < snapshots; t++) {
        double of_all = 0;
        for (int64_t until = BURN_IN + (int64_t)t * GAP; sweeps < until; sweeps++)
            assert_ok(s->ctx, heat_engine_sweep(s->ctx, s->engine, c, 0));
        heat_chains_measure(c, 0);
        for (int64_t k = 0; k < HEAT_BITS; k++) {
            double e = heat_chains_get_energy(c, k);
            of_all += e / HEAT_BITS;
            squares += e * e / HEAT_BITS;
        }
        sum += of_all;
        sum_of_squares += of_all * of_all;
    }
    heat_chains_free(c);
    heat_model_free(model);
    mean = sum / snapshots;
    of_mean = (sum_of_squares / snapshots - mean * mean) * snapshots / (snapshots - 1);
    of_one = squares / snapshots - mean * mean;
    s->effective = of_one / of_mean;
    p[0] = survival_chi_square((snapshots - 1) * HEAT_BITS / s->effective, snapshots - 1);
    p[1] = survival_normal((mean - exact_energy()) / sqrt(of_mean / snapshots));
    return survival_least(2, p);
}

static void every_chain_of_a_word_counts(void **state)
{
    (void)state;
    test_data("exact/ising2d_L8_dos.tsv");
    static const struct {
        const char *row;
        const heat_engine *engine;
    } cases[] = {{"effective replicas metropolis", &heat_engine_metropolis},
                 {"effective replicas heat-bath", &heat_engine_heat_bath}};

    for (int k = 0; k < 2; k++) {
        subject s = {.ctx = test_context(), .engine = cases[k].engine, .warmer = 1, .snapshots = SNAPSHOTS};
        ledger_judge(cases[k].row, judge, &s);
        print_message("%s: %.0f of %d\n", cases[k].row, s.effective, HEAT_BITS);
        assert_true(s.effective > 0.9 * HEAT_BITS); /* six standard deviations */
        heat_context_free(s.ctx);
    }
}

static void shared_random_numbers_are_caught(void **state)
{
    (void)state;
    test_data("exact/ising2d_L8_dos.tsv");
    subject s = {.ctx = test_context(),
                 .engine = &heat_engine_metropolis,
                 .bug = PLANT_SHARED,
                 .warmer = 1,
                 .snapshots = 100};

    ledger_require_alarm("effective replicas metropolis", "one random number for all chains", judge, &s,
                         N_SEEDS);
    print_message("worth %.1f replicas of %d\n", s.effective, HEAT_BITS);
    assert_true(s.effective < 20);
    heat_context_free(s.ctx);
}

/* The chains stay independent of each other, so it is the mean energy that tells. */
static void reused_noise_is_caught(void **state)
{
    (void)state;
    test_data("exact/ising2d_L8_dos.tsv");
    subject s = {.ctx = test_context(),
                 .engine = &heat_engine_metropolis,
                 .bug = PLANT_POOL,
                 .warmer = 1,
                 .snapshots = 400};

    ledger_require_alarm("effective replicas metropolis", "a pool of 64 random words", judge, &s, N_SEEDS);
    heat_context_free(s.ctx);
}

static void a_temperature_off_by_one_percent_is_caught(void **state)
{
    (void)state;
    test_data("exact/ising2d_L8_dos.tsv");
    subject s = {.ctx = test_context(), .engine = &heat_engine_heat_bath, .warmer = 1.01, .snapshots = 400};

    ledger_require_alarm("effective replicas heat-bath", "T off by 1 %", judge, &s, N_SEEDS);
    heat_context_free(s.ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_chain_of_a_word_counts),
        cmocka_unit_test(shared_random_numbers_are_caught),
        cmocka_unit_test(reused_noise_is_caught),
        cmocka_unit_test(a_temperature_off_by_one_percent_is_caught),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
