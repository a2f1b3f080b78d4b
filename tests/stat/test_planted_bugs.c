/* Bugs planted from outside, which the comparisons of the other programs must catch, with the power measured
 * over several seeds. A test that would let them pass is worth nothing. */
#include "compare.h"
#include "ledger.h"
#include "random/stream.h"
#include "support.h"
#include "survival.h"

#include <math.h>
#include <stdlib.h>

enum { N_SEEDS = 5, N = 8, N_LEVELS = 65 };

#define LEVELS "exact/ising2d_L8_dos.tsv" /* of the 8x8 torus */

typedef enum plant {
    PLANT_NONE = 0,
    PLANT_SIGN,      /* one coupling has the other sign */
    PLANT_NEIGHBOUR, /* one edge ends at the next spin */
    PLANT_STREAMS,   /* the chains of a unit share their random numbers */
    PLANT_STOP,      /* Wolff's sweeps stop where enough spins have been visited */
    PLANT_WITHIN,    /* the error of a disorder average is that of the samples' own errors */
    PLANT_START      /* what has not forgotten its start is averaged too */
} plant;

typedef struct planting {
    heat_context *ctx;
    const char *engine;
    plant bug;
    double warmer;      /* factor of the temperature */
    double temperature; /* of states; 1 if not given */
} planting;

/* A ring with chords, couplings 0.5 to 1 in size and fields, one edge of it spoiled. */
static heat_model *glass(heat_context *ctx, uint64_t seed, plant bug)
{
    int32_t i[2 * N], j[2 * N];
    double coupling[2 * N], field[N];
    heat_stream stream;
    heat_model *model;
    int spoiled;

    heat_stream_init(&stream, seed, HEAT_PURPOSE_TEST, 3);
    for (int32_t k = 0; k < 2 * N; k++) {
        i[k] = k % N;
        j[k] = (k + (k < N ? 1 : 3)) % N;
        coupling[k] = (0.5 + heat_stream_uniform(&stream) / 2) * (heat_stream_bits(&stream) >> 63 ? 1 : -1);
    }
    for (int32_t k = 0; k < N; k++)
        field[k] = 0.3 * heat_stream_normal(&stream);
    spoiled = (int)heat_stream_below(&stream, 2 * N);
    if (bug == PLANT_SIGN)
        coupling[spoiled] = -coupling[spoiled];
    if (bug == PLANT_NEIGHBOUR)
        j[spoiled] = (j[spoiled] + 1) % N;
    assert_ok(ctx, heat_model_create_ising(ctx, N, 2 * N, i, j, coupling, field, 0, &model));
    return model;
}

static double judge_states(uint64_t seed, int factor, void *arg)
{
    const planting *t = arg;
    const double temperature = t->temperature > 0 ? t->temperature : 1;
    heat_model *sound = glass(t->ctx, seed, PLANT_NONE), *model = glass(t->ctx, seed, t->bug);
    compare_sample sample = {.model = model,
                             .engine = t->engine,
                             .temperature = temperature,
                             .n_draws = 6144 * factor,
                             .n_sweeps = 60,
                             .share_streams = t->bug == PLANT_STREAMS,
                             .stop_early = t->bug == PLANT_STOP,
                             .seed = seed};
    int64_t n_states;
    double *probability = compare_enumerate(t->ctx, sound, temperature, &n_states);
    double p = compare_states(t->ctx, &sample, probability, n_states);

    free(probability);
    heat_model_free(sound);
    heat_model_free(model);
    return p;
}

/* Drawn by the exact engine: independent, and quick. */
static double judge_torus(uint64_t seed, int factor, void *arg)
{
    const planting *t = arg;
    double energy[N_LEVELS], weight[N_LEVELS], p;
    int64_t n_levels = compare_load_levels(LEVELS, N_LEVELS, energy, weight);
    heat_model *model;
    compare_sample sample = {
        .engine = t->engine, .temperature = 2.5 * t->warmer, .n_draws = 8192 * factor, .seed = seed};

    assert_ok(t->ctx, heat_model_load(t->ctx, "lattice:8x8", &model));
    sample.model = model;
    p = compare_energies(t->ctx, &sample, 2.5, n_levels, energy, weight);
    heat_model_free(model);
    return p;
}

/* Mean energy and heat capacity from a density of states. */
static void moments(double temperature, double *energy, double *capacity)
{
    double e[N_LEVELS], g[N_LEVELS], z = 0, first = 0, second = 0;
    int64_t n = compare_load_levels(LEVELS, N_LEVELS, e, g);

    for (int64_t k = 0; k < n; k++) {
        double w = g[k] * exp((e[0] - e[k]) / temperature);
        z += w;
        first += w * e[k];
        second += w * e[k] * e[k];
    }
    *energy = first / z;
    *capacity = (second / z - first / z * (first / z)) / (temperature * temperature);
}

static double judge_averages(uint64_t seed, int factor, void *arg)
{
    static const double temperatures[] = {2.6, 3, 3.5, 4, 5};
    const planting *t = arg;
    compare_table cells = {0};
    heat_model *model;

    assert_ok(t->ctx, heat_model_load(t->ctx, "lattice:8x8", &model));
    for (uint64_t k = 0; k < 5; k++) {
        heat_sample_options opt;
        heat_sample_result r = {0};
        const heat_observable *e, *c;
        double energy, capacity;
        heat_sample_options_init(&opt);
        opt.engine = t->engine;
        opt.seed = seed * 5 + k;
        opt.threads = 1;
        opt.replicas = 6;
        opt.burn_in = 500;
        opt.sweeps = 6000 * factor;
        opt.temperature = temperatures[k] * t->warmer;
        moments(temperatures[k], &energy, &capacity);
        assert_ok(t->ctx, heat_sample(t->ctx, model, &opt, &r));
        e = compare_find(&r.temperatures[0], "energy");
        c = compare_find(&r.temperatures[0], "heat_capacity");
        compare_add(&cells, "energy", e->mean, e->error, energy);
        compare_add(&cells, "heat_capacity", c->mean, c->error, capacity);
        heat_sample_result_clear(&r);
    }
    heat_model_free(model);
    return compare_judge(&cells);
}

/* Groups of normal glasses, by exact draws: their energy_link_identity is 0 on average over the couplings, so
 * that its deviates tell whether the error of a disorder average is one. */
enum { N_GROUPS = 24, N_MODELS = 8 };
static double group_deviate(const planting *t, uint64_t first)
{
    heat_sample_result r[N_MODELS] = {{0}}, average = {0};
    const heat_observable *o;
    heat_sample_options opt;
    double own = 0, z;

    heat_sample_options_init(&opt);
    opt.engine = "exact";
    opt.observables = "link-overlap";
    opt.replicas = 8;
    opt.sweeps = 500;
    opt.threads = 1;
    for (int k = 0; k < N_MODELS; k++) {
        char spec[64];
        heat_model *model;
        snprintf(spec, sizeof spec, "ea:3x3,J=gauss,seed=%llu", (unsigned long long)first + (unsigned)k);
        assert_ok(t->ctx, heat_model_load(t->ctx, spec, &model));
        opt.index = k;
        opt.seed = first;
        assert_ok(t->ctx, heat_sample(t->ctx, model, &opt, &r[k]));
        own += pow(compare_find(&r[k].temperatures[0], "energy")->error, 2) +
               pow(r[k].normal_energy * compare_find(&r[k].temperatures[0], "link_overlap")->error, 2);
        heat_model_free(model);
    }
    assert_ok(t->ctx, heat_sample_average(t->ctx, N_MODELS, r, &average));
    o = compare_find(&average.temperatures[0], "energy_link_identity");
    z = t->bug == PLANT_WITHIN ? o->mean / (sqrt(own) / N_MODELS)
                               : survival_student_to_normal(o->mean / o->error, N_MODELS - 1);
    heat_sample_result_clear(&average);
    for (int k = 0; k < N_MODELS; k++)
        heat_sample_result_clear(&r[k]);
    return z;
}

static double judge_disorder(uint64_t seed, int factor, void *arg)
{
    double square = 0;
    int n = N_GROUPS * factor;

    for (int g = 0; g < n; g++)
        square += pow(group_deviate(arg, (seed * 4096 + (uint64_t)g) * N_MODELS), 2);
    print_message("  chi-square %.1f in %d groups\n", square, n);
    return survival_chi_square(square, n);
}

/* Chains that start random and are measured from the first sweep on. */
static double judge_start(uint64_t seed, int factor, void *arg)
{
    const planting *t = arg;
    heat_sample_options opt;
    heat_sample_result r = {0};
    const heat_observable *o;
    heat_model *model;
    double energy, capacity, sum = 0, z;
    int64_t n;

    assert_ok(t->ctx, heat_model_load(t->ctx, "lattice:8x8", &model));
    heat_sample_options_init(&opt);
    opt.engine = "heat-bath";
    opt.seed = seed;
    opt.threads = 1;
    opt.replicas = 4096 * factor;
    opt.burn_in = 0;
    opt.sweeps = 60;
    opt.temperature = 3;
    opt.keep_states = true;
    moments(3, &energy, &capacity);
    assert_ok(t->ctx, heat_sample(t->ctx, model, &opt, &r));
    o = compare_find(&r.temperatures[0], "energy");
    n = r.n_chains * r.n_draws;
    for (int64_t k = 0; k < n; k++)
        sum += r.energies[k] / (double)n;
    z = ((t->bug == PLANT_START ? sum : o->mean) - energy) / o->error;
    print_message("  %lld of %lld sweeps left out, off by %.2f errors\n",
                  (long long)r.temperatures[0].discarded, (long long)r.n_sweeps, z);
    heat_sample_result_clear(&r);
    heat_model_free(model);
    return survival_normal(z);
}

static void check_alarm(const char *row, const char *bug, ledger_trial_fn trial, planting t)
{
    t.ctx = test_context();
    ledger_require_alarm(row, bug, trial, &t, N_SEEDS);
    heat_context_free(t.ctx);
}

static void energies_catch_a_temperature_off_by_one_percent(void **state)
{
    (void)state;
    test_data(LEVELS);
    check_alarm("torus energies exact", "T off by 1 %, energies of independent chains", judge_torus,
                (planting){.engine = "exact", .warmer = 1.01});
}

static void averages_catch_a_temperature_off_by_one_percent(void **state)
{
    (void)state;
    test_data(LEVELS);
    check_alarm("table ising2d_kaufman", "T off by 1 %, averages of heat_sample", judge_averages,
                (planting){.engine = "heat-bath", .warmer = 1.01});
}

static void states_catch_a_flipped_sign(void **state)
{
    (void)state;
    check_alarm("states metropolis", "sign of one coupling", judge_states,
                (planting){.engine = "metropolis", .bug = PLANT_SIGN});
}

static void states_catch_a_neighbour_off_by_one(void **state)
{
    (void)state;
    check_alarm("states heat-bath", "neighbour off by one", judge_states,
                (planting){.engine = "heat-bath", .bug = PLANT_NEIGHBOUR});
}

static void states_catch_shared_random_numbers(void **state)
{
    (void)state;
    check_alarm("states metropolis", "random numbers shared within a unit, Metropolis", judge_states,
                (planting){.engine = "metropolis", .bug = PLANT_STREAMS});
    check_alarm("states heat-bath", "random numbers shared within a unit, heat bath", judge_states,
                (planting){.engine = "heat-bath", .bug = PLANT_STREAMS});
}

static void clusters_are_watched(void **state)
{
    (void)state;
    test_data(LEVELS);
    check_alarm("states wolff", "a sweep that stops on its cluster", judge_states,
                (planting){.engine = "wolff", .bug = PLANT_STOP, .temperature = 2});
    check_alarm("states swendsen-wang", "sign of one coupling", judge_states,
                (planting){.engine = "swendsen-wang", .bug = PLANT_SIGN, .temperature = 2});
    check_alarm("states wolff", "neighbour off by one", judge_states,
                (planting){.engine = "wolff", .bug = PLANT_NEIGHBOUR, .temperature = 2});
    check_alarm("clusters ising2d_kaufman", "T off by 1 %, averages by Swendsen-Wang", judge_averages,
                (planting){.engine = "swendsen-wang", .warmer = 1.01});
    check_alarm("clusters ising2d_kaufman", "T off by 1 %, averages by Wolff", judge_averages,
                (planting){.engine = "wolff", .warmer = 1.01});
}

static void averages_over_disorder_are_watched(void **state)
{
    (void)state;
    check_alarm("disorder average", "errors from within the samples", judge_disorder,
                (planting){.bug = PLANT_WITHIN});
}

static void starts_are_watched(void **state)
{
    (void)state;
    test_data(LEVELS);
    check_alarm("discarded start", "a start that is never discarded", judge_start,
                (planting){.bug = PLANT_START});
}

/* Nothing planted: the same looks must stay quiet, or the alarms above prove nothing. */
static void sound_samples_raise_no_alarm(void **state)
{
    (void)state;
    planting t = {.engine = "heat-bath", .warmer = 1};

    test_data(LEVELS);
    t.ctx = test_context();
    ledger_judge("disorder average", judge_disorder, &t);
    ledger_judge("discarded start", judge_start, &t);
    ledger_judge("planted nothing: states", judge_states, &t);
    ledger_judge("planted nothing: averages", judge_averages, &t);
    t.engine = "exact";
    ledger_judge("planted nothing: torus", judge_torus, &t);
    t.temperature = 2;
    t.engine = "wolff";
    ledger_judge("planted nothing: wolff", judge_states, &t);
    t.engine = "swendsen-wang";
    ledger_judge("planted nothing: swendsen-wang", judge_states, &t);
    heat_context_free(t.ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(energies_catch_a_temperature_off_by_one_percent),
        cmocka_unit_test(averages_catch_a_temperature_off_by_one_percent),
        cmocka_unit_test(states_catch_a_flipped_sign),
        cmocka_unit_test(states_catch_a_neighbour_off_by_one),
        cmocka_unit_test(states_catch_shared_random_numbers),
        cmocka_unit_test(clusters_are_watched),
        cmocka_unit_test(averages_over_disorder_are_watched),
        cmocka_unit_test(starts_are_watched),
        cmocka_unit_test(sound_samples_raise_no_alarm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
