/* Block Gibbs of RBMs against enumeration: the rule's transition matrix leaves the Boltzmann distribution
 * invariant; chains of layers keep the energies of the definition, whatever the layers are and whichever
 * units are held; bits are the same for every instruction set and number of threads. */
#include "model/views.h"
#include "random/stream.h"
#include "sample/engine.h"
#include "sample/layer_chains.h"
#include "sample/population.h"
#include "stats/log_sum.h"
#include "stats/moments.h"
#include "support.h"

#include <heatbath/logz.h>
#include <heatbath/sample.h>
#include <heatbath/score.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_UNITS = 400, MOST_STATES = 256 };

/* Normal weights and biases, or multiples of 1/4. */
static heat_model *random_rbm(heat_context *ctx, int32_t n_visible, int32_t n_hidden, heat_layer visible,
                              heat_layer hidden, bool real, double strength)
{
    static double weights[MOST_UNITS * MOST_UNITS], b[MOST_UNITS], c[MOST_UNITS];
    heat_rbm rbm;
    heat_stream stream;
    heat_model *model;

    heat_stream_init(&stream, 11, HEAT_PURPOSE_TEST, (uint64_t)(n_visible + n_hidden));
    heat_rbm_init(&rbm);
    rbm.n_visible = n_visible;
    rbm.n_hidden = n_hidden;
    rbm.visible = visible;
    rbm.hidden = hidden;
    for (int32_t k = 0; k < n_visible * n_hidden; k++)
        weights[k] = real ? strength * heat_stream_normal(&stream)
                          : 0.25 * ((double)heat_stream_below(&stream, 5) - 2);
    for (int32_t i = 0; i < n_visible; i++)
        b[i] = real ? 0.5 * heat_stream_normal(&stream) : 0.5 * (i % 3 - 1);
    for (int32_t j = 0; j < n_hidden; j++)
        c[j] = real ? 0.3 * heat_stream_normal(&stream) : 0.5 * (j % 2);
    rbm.weights = weights;
    rbm.visible_bias = b;
    rbm.hidden_bias = c;
    rbm.offset = real ? 0.123 : 2;
    assert_ok(ctx, heat_model_create_rbm(ctx, &rbm, &model));
    return model;
}

static void state_of(const heat_model_info *info, int64_t number, int8_t *state)
{
    for (int32_t i = 0; i < info->n_variables; i++)
        state[i] = (int8_t)(number >> i & 1);
    if (info->coding == HEAT_CODING_SPIN)
        for (int32_t i = 0; i < info->n_variables; i++)
            state[i] = (int8_t)(2 * state[i] - 1);
}

/* The probability that the units from `begin` to `end`, each moved by the rule given all others, come to
 * stand as in `to`; those of a layer do not depend on each other. */
static double layer_probability(heat_context *ctx, const heat_model *model, heat_rule_fn rule, double beta,
                                int32_t begin, int32_t end, const int8_t *from, const int8_t *to)
{
    heat_model_info info;
    double probability = 1;

    heat_model_describe(model, &info);
    for (int32_t i = begin; i < end; i++) {
        int8_t other = (int8_t)(info.coding == HEAT_CODING_SPIN ? -from[i] : 1 - from[i]);
        double delta, x[2], p[2];
        int32_t now = from[i] == 1;
        assert_ok(ctx, heat_model_deltas(ctx, model, 1, from, i, &other, &delta));
        x[now] = 0;
        x[1 - now] = -beta * delta;
        rule(2, now, x, p);
        probability *= p[to[i] == 1];
    }
    return probability;
}

/* How far pi P is from pi, for a sweep of hidden, then visible units. */
static double stationary_error(heat_context *ctx, const heat_model *model, heat_rule_fn rule, double beta)
{
    static double pi[MOST_STATES], moved[MOST_STATES];
    heat_model_info info;
    int8_t from[8], middle[8], to[8];
    double z = 0, worst = 0;
    int64_t n_states, n_v;

    heat_model_describe(model, &info);
    n_states = (int64_t)1 << info.n_variables;
    n_v = (int64_t)1 << info.n_visible;
    for (int64_t s = 0; s < n_states; s++) {
        double energy;
        state_of(&info, s, from);
        assert_ok(ctx, heat_model_get_energy(ctx, model, 1, from, &energy));
        z += pi[s] = exp(-beta * energy);
        moved[s] = 0;
    }
    for (int64_t s = 0; s < n_states; s++)
        for (int64_t h = 0; h < n_states / n_v; h++) {
            double up, sum = 0;
            state_of(&info, s, from);
            state_of(&info, s % n_v + h * n_v, middle);
            up = layer_probability(ctx, model, rule, beta, info.n_visible, info.n_variables, from, middle);
            for (int64_t v = 0; v < n_v; v++) {
                double down;
                state_of(&info, v + h * n_v, to);
                down = layer_probability(ctx, model, rule, beta, 0, info.n_visible, middle, to);
                sum += down;
                moved[v + h * n_v] += pi[s] / z * up * down;
            }
            assert_close(sum, 1, 1e-12);
        }
    for (int64_t s = 0; s < n_states; s++)
        worst = fmax(worst, fabs(moved[s] - pi[s] / z));
    return worst;
}

static void the_block_rule_leaves_boltzmann_invariant(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    for (int k = 0; k < 4; k++) {
        heat_model *model = random_rbm(ctx, 4 - k % 2, 3, k & 1 ? HEAT_LAYER_SPIN : HEAT_LAYER_BINARY,
                                       k & 2 ? HEAT_LAYER_SPIN : HEAT_LAYER_BINARY, true, 0.8);
        assert_close(stationary_error(ctx, model, heat_rule_heat_bath.probabilities, 0.7), 0, 1e-12);
        assert_close(stationary_error(ctx, model, heat_rule_metropolis.probabilities, 0.7), 0, 1e-12);
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

static heat_chains *start(heat_context *ctx, const heat_model *model, int64_t n_chains, const char *isa)
{
    static const double betas[] = {1, 0.3};
    heat_chains_plan plan = {.n_chains = n_chains,
                             .n_rungs = 2,
                             .betas = betas,
                             .seed = 5,
                             .isa = isa,
                             .layout = &heat_layout_layers};
    heat_chains *chains;

    assert_ok(ctx, heat_chains_create(ctx, model, &plan, &chains));
    for (int64_t c = 0; c < n_chains; c++) {
        heat_chains_set_rung(chains, c, (int32_t)(c % 2));
        assert_ok(ctx, heat_chains_start(ctx, chains, c, NULL, 0));
    }
    return chains;
}

static void sweep(heat_context *ctx, heat_chains *chains, const heat_site_rule *rule, int count)
{
    for (int k = 0; k < count; k++)
        for (int64_t u = 0; u < chains->n_units; u++)
            assert_ok(ctx, heat_chains_sweep(ctx, chains, u, rule));
    for (int64_t u = 0; u < chains->n_units; u++)
        heat_chains_measure(chains, u);
}

/* Energies and totals as reported are those of the states. */
static void check_energies(heat_context *ctx, const heat_model *model, heat_chains *chains)
{
    int8_t state[2 * MOST_UNITS];

    for (int64_t c = 0; c < chains->n_chains; c++) {
        double energy;
        int64_t total = 0;
        heat_chains_get_state(chains, c, state);
        assert_ok(ctx, heat_model_get_energy(ctx, model, 1, state, &energy));
        for (int32_t i = 0; i < chains->n; i++)
            total += state[i];
        if (chains->info.exact)
            assert_true(heat_chains_get_energy(chains, c) == energy);
        assert_close(heat_chains_get_energy(chains, c), energy, 1e-11 * (1 + fabs(energy)));
        assert_close(heat_chains_get_walk_energy(chains, c), energy, 1e-4);
        assert_int_equal(heat_chains_get_total(chains, c), total);
    }
}

static void energies_follow_the_sweeps(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    for (int k = 0; k < 8; k++) {
        heat_model *model =
            random_rbm(ctx, k & 1 ? 200 : 5, k & 2 ? 70 : 130, k & 1 ? HEAT_LAYER_SPIN : HEAT_LAYER_BINARY,
                       k & 2 ? HEAT_LAYER_SPIN : HEAT_LAYER_BINARY, k & 4, 0.1);
        heat_chains *chains = start(ctx, model, 21, "auto");
        int8_t row[2 * MOST_UNITS];
        sweep(ctx, chains, &heat_rule_heat_bath, 0);
        check_energies(ctx, model, chains);
        sweep(ctx, chains, &heat_rule_heat_bath, 3);
        check_energies(ctx, model, chains);
        sweep(ctx, chains, &heat_rule_metropolis, 2);
        check_energies(ctx, model, chains);
        heat_chains_get_state(chains, 3, row);
        assert_ok(ctx, heat_chains_set_state(ctx, chains, 4, row));
        sweep(ctx, chains, &heat_rule_heat_bath, 0);
        assert_true(heat_chains_get_energy(chains, 3) == heat_chains_get_energy(chains, 4));
        heat_chains_free(chains);
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

/* At beta 0 all of the reference is left, and nothing of the model. */
static void a_reference_alone_draws_its_units(void **state)
{
    (void)state;
    static const double betas[] = {0, 1}, odds[] = {-2, 0.5, 3, -1, 0, 1};
    enum { CHAINS = 4000 };
    heat_context *ctx = test_context();
    heat_model *model = random_rbm(ctx, 4, 2, HEAT_LAYER_BINARY, HEAT_LAYER_SPIN, true, 1);
    heat_chains_plan plan = {
        .n_chains = CHAINS, .n_rungs = 2, .betas = betas, .seed = 5, .isa = "auto", .reference = odds};
    heat_chains *chains;
    int n_on[6] = {0};

    assert_ok(ctx, heat_chains_create(ctx, model, &plan, &chains));
    assert_string_equal(chains->layout->name, "layers");
    for (int64_t c = 0; c < CHAINS; c++)
        assert_ok(ctx, heat_chains_start(ctx, chains, c, NULL, 0));
    sweep(ctx, chains, &heat_rule_heat_bath, 1);
    check_energies(ctx, model, chains);
    for (int64_t c = 0; c < CHAINS; c++) {
        int8_t row[6];
        heat_chains_get_state(chains, c, row);
        for (int i = 0; i < 6; i++)
            n_on[i] += row[i] == 1;
    }
    for (int i = 0; i < 6; i++) {
        double p = 1 / (1 + exp(-odds[i]));
        assert_close(n_on[i], CHAINS * p, 5 * sqrt(CHAINS * p * (1 - p)));
    }
    heat_chains_free(chains);
    heat_model_free(model);
    heat_context_free(ctx);
}

/* Where a layer has free units what is left is an RBM, with the whole's energies. */
/* -F_T / T of the visible units of a chain; at beta = 0 each hidden unit counts two. */
static double log_weight_of(heat_context *ctx, const heat_model *model, const heat_chains *chains, int64_t k,
                            double beta)
{
    int8_t *row = malloc((size_t)heat_row_bytes(&chains->form));
    heat_layered view;
    double energy;

    heat_chains_get_state(chains, k, row);
    heat_model_get_layered(model, &view);
    assert_ok(ctx, heat_rbm_free_energies(ctx, model, 1 / fmax(beta, 1e-300), 1, row, &energy));
    free(row);
    return beta > 0 ? -beta * energy : view.n_hidden * log(2);
}

/* Weighted chains count what beta does to the weight of the visible units, found before they move on. */
static void gains_are_of_visible_units(void **state)
{
    (void)state;
    enum { CHAINS = 70 };
    static const double betas[] = {0.1, 0.1, 0.75, 1, 0.2};
    static const struct {
        heat_layer visible, hidden;
    } layers[] = {{HEAT_LAYER_BINARY, HEAT_LAYER_BINARY}, {HEAT_LAYER_SPIN, HEAT_LAYER_SPIN}};
    heat_context *ctx = test_context();

    for (int kind = 0; kind < 2; kind++) {
        heat_model *model = random_rbm(ctx, 90, 66, layers[kind].visible, layers[kind].hidden, true, 0.2);
        heat_chains_plan plan = {.n_chains = CHAINS,
                                 .n_rungs = 1,
                                 .betas = &betas[3],
                                 .seed = 4,
                                 .isa = "auto",
                                 .is_weighted = true};
        int8_t row[2 * MOST_UNITS];
        heat_chains *chains;
        double before = 0;
        assert_ok(ctx, heat_chains_create(ctx, model, &plan, &chains));
        assert_true(chains->layout == &heat_layout_layers && heat_chains_has_gains(chains));
        for (int64_t k = 0; k < CHAINS; k++) {
            heat_chains_set_beta(chains, k, 0);
            assert_ok(ctx, heat_chains_start(ctx, chains, k, NULL, 0));
        }
        for (size_t t = 0; t < sizeof betas / sizeof *betas; t++) {
            double expected[CHAINS];
            for (int64_t k = 0; k < CHAINS; k++) {
                expected[k] = log_weight_of(ctx, model, chains, k, betas[t]) -
                              log_weight_of(ctx, model, chains, k, before);
                heat_chains_set_beta(chains, k, betas[t]);
            }
            before = betas[t];
            sweep(ctx, chains, &heat_rule_heat_bath, 1);
            for (int64_t k = 0; k < CHAINS; k++)
                assert_close(heat_chains_take_gain(chains, k), expected[k], 2e-4);
        }
        for (int64_t unit = 0; unit < chains->n_units; unit++)
            heat_chains_measure(chains, unit);
        check_energies(ctx, model, chains);
        heat_chains_get_state(chains, 0, row);
        assert_ok(ctx, heat_chains_set_state(ctx, chains, 1, row));
        for (int64_t unit = 0; unit < chains->n_units; unit++)
            heat_chains_measure(chains, unit);
        check_energies(ctx, model, chains);
        assert_true(heat_chains_get_energy(chains, 0) == heat_chains_get_energy(chains, 1));
        heat_chains_free(chains);
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

/* Their mean is Z / Z_0 there, and Z_0 / Z on the way back. */
static void gains_average_to_z(void **state)
{
    (void)state;
    enum { MEMBERS = 2048, STEPS = 12 };
    heat_context *ctx = test_context();
    heat_model *model = random_rbm(ctx, 12, 10, HEAT_LAYER_BINARY, HEAT_LAYER_BINARY, true, 0.6);
    static double reference[22], w[MEMBERS];
    heat_population_plan plan = {.n_populations = 1,
                                 .n_members = MEMBERS,
                                 .n_sweeps = 1,
                                 .rule = &heat_rule_heat_bath,
                                 .seed = 9,
                                 .isa = "auto",
                                 .beta_max = 1,
                                 .threads = 1,
                                 .is_weighted = true,
                                 .is_steady = true,
                                 .reference = reference};
    heat_logz_options options;
    heat_logz_result exact = {0};
    heat_population p;

    for (int i = 0; i < 22; i++)
        reference[i] = 0.3 * (i % 5 - 2);
    heat_logz_options_init(&options);
    options.method = "exact";
    assert_ok(ctx, heat_logz(ctx, model, &options, &exact));
    assert_ok(ctx, heat_population_init(ctx, &p, model, &plan));
    for (int way = 0; way < 2; way++) {
        double log_mean, error;
        for (int t = 1; t <= STEPS; t++)
            assert_ok(ctx, heat_population_step(ctx, &p, (way == 0 ? t : STEPS - t) / (double)STEPS));
        log_mean = heat_log_sum_exp(MEMBERS, p.log_weight) - log(MEMBERS);
        for (int k = 0; k < MEMBERS; k++)
            w[k] = exp(p.log_weight[k] - log_mean);
        error = sqrt(heat_variance(MEMBERS, w) / MEMBERS);
        assert_true(error < 0.05);
        assert_close(log_mean, (exact.log_z - p.log_start) * (way == 0 ? 1 : -1), 5 * error);
        if (way == 0) {
            assert_ok(ctx, heat_population_resample(ctx, &p));
            assert_ok(ctx, heat_population_sweep(ctx, &p, 20));
        }
    }
    heat_population_clear(&p);
    heat_logz_result_clear(&exact);
    heat_model_free(model);
    heat_context_free(ctx);
}

static void held_units_leave_an_rbm(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    for (int k = 0; k < 4; k++) {
        heat_model *model = random_rbm(ctx, 9, 7, k & 1 ? HEAT_LAYER_SPIN : HEAT_LAYER_BINARY,
                                       k & 2 ? HEAT_LAYER_SPIN : HEAT_LAYER_BINARY, true, 0.5);
        heat_model *part;
        heat_model_info info;
        heat_layered view;
        int8_t clamp[16], row[16];
        heat_model_describe(model, &info);
        for (int32_t i = 0; i < 16; i++)
            clamp[i] = i % 3 != 0 ? HEAT_FREE : i % 2 ? 1 : info.coding == HEAT_CODING_SPIN ? -1 : 0;
        assert_ok(ctx, heat_model_create_clamped(ctx, model, clamp, &part));
        assert_true(heat_model_get_layered(part, &view));
        heat_model_describe(part, &info);
        assert_int_equal(info.n_visible, 6);
        assert_int_equal(info.n_variables, 10);
        for (int64_t s = 0; s < 1024; s++) {
            double whole_energy, energy;
            state_of(&info, s, row);
            assert_ok(ctx, heat_model_get_energy(ctx, part, 1, row, &energy));
            heat_model_get_whole(part, 1, row, row);
            assert_ok(ctx, heat_model_get_energy(ctx, model, 1, row, &whole_energy));
            assert_close(energy, whole_energy, 1e-12);
        }
        heat_model_free(part);
        for (int32_t i = 9; i < 16; i++)
            clamp[i] = 1;
        assert_ok(ctx, heat_model_create_clamped(ctx, model, clamp, &part));
        assert_false(heat_model_get_layered(part, &view));
        heat_model_free(part);
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

/* One run's states, [chain][variable] of the last draw. */
static void run(heat_context *ctx, const heat_model *model, const char *engine, const char *isa,
                int64_t threads, heat_sample_result *r)
{
    heat_sample_options opt;

    heat_sample_options_init(&opt);
    opt.engine = engine;
    opt.isa = isa;
    opt.threads = threads;
    opt.replicas = 20;
    opt.sweeps = 12;
    opt.burn_in = 3;
    opt.keep_states = true;
    if (strcmp(engine, "tempering") == 0)
        opt.temperature_set = "1,1.5,2";
    *r = (heat_sample_result){0};
    assert_ok(ctx, heat_sample(ctx, model, &opt, r));
}

static void bits_do_not_depend_on_the_machine(void **state)
{
    (void)state;
    static const char *const engines[] = {"gibbs", "tempering", "metropolis"};
    heat_context *ctx = test_context();
    heat_model *model = random_rbm(ctx, 150, 80, HEAT_LAYER_BINARY, HEAT_LAYER_BINARY, true, 0.1);

    for (int e = 0; e < 3; e++) {
        heat_sample_result first, other;
        run(ctx, model, engines[e], "ref", 1, &first);
        for (int k = 0; k < heat_isa_count(); k++) {
            int64_t n = first.n_temperatures * first.n_chains * first.n_draws;
            run(ctx, model, engines[e], heat_isa_at(k)->name, 2, &other);
            assert_int_equal(other.n_draws, first.n_draws);
            assert_memory_equal(other.states, first.states, (size_t)(n * 230));
            assert_memory_equal(other.energies, first.energies, (size_t)n * sizeof(double));
            heat_sample_result_clear(&other);
        }
        heat_sample_result_clear(&first);
    }
    heat_model_free(model);
    heat_context_free(ctx);
}

/* A walk of a unit over changes of beta, measured on the way. */
typedef struct shared_walk {
    heat_chains *chains;
    const heat_site_rule *rule;
} shared_walk;

static heat_status walk_unit(heat_context *worker, void *arg, int64_t unit)
{
    static const double betas[] = {0.3, 0.3, 0.8, 1, 0.5};
    const shared_walk *w = arg;
    int64_t first, last;

    heat_chains_get_unit(w->chains, unit, &first, &last);
    for (size_t t = 0; t < sizeof betas / sizeof *betas; t++) {
        heat_status status;
        for (int64_t chain = first; chain < last; chain++)
            heat_chains_set_beta(w->chains, chain, betas[t] - 1e-3 * (double)(chain % 3));
        status = heat_chains_sweep(worker, w->chains, unit, w->rule);
        if (status != HEAT_OK)
            return status;
        if (t % 2 == 1)
            heat_chains_measure(w->chains, unit);
    }
    heat_chains_measure(w->chains, unit);
    return HEAT_OK;
}

/* On threads that wait for steps, or come for these. */
static heat_status walk_on_two(heat_context *ctx, void *arg)
{
    const shared_walk *w = arg;

    return heat_chains_run_units(ctx, w->chains, 2, walk_unit, arg);
}

static heat_chains *walk_shared(heat_context *ctx, const heat_model *model, const heat_chains_plan *plan,
                                const heat_site_rule *rule, int64_t threads, bool they_stay)
{
    static heat_team team;
    shared_walk w = {.rule = rule};

    assert_ok(ctx, heat_chains_create(ctx, model, plan, &w.chains));
    for (int64_t k = 0; k < plan->n_chains; k++)
        assert_ok(ctx, heat_chains_start(ctx, w.chains, k, NULL, 0));
    if (they_stay)
        assert_ok(ctx, heat_parallel_stay(ctx, threads, &team, walk_on_two, &w));
    else
        assert_ok(ctx, heat_chains_run_units(ctx, w.chains, threads, walk_unit, &w));
    return w.chains;
}

static void assert_same_chains(heat_chains *a, heat_chains *b)
{
    const heat_layer_store *s = a->store, *t = b->store;

    for (int64_t k = 0; k < a->n_chains; k++) {
        int8_t rows[2][2 * MOST_UNITS];
        heat_chains_get_state(a, k, rows[0]);
        heat_chains_get_state(b, k, rows[1]);
        assert_memory_equal(rows[0], rows[1], (size_t)a->n);
        assert_true(heat_chains_get_energy(a, k) == heat_chains_get_energy(b, k));
        assert_true(heat_chains_get_walk_energy(a, k) == heat_chains_get_walk_energy(b, k));
        assert_true(heat_chains_get_acceptance(a, k) == heat_chains_get_acceptance(b, k));
        assert_true(a->n_moves[k] > 0);
        if (s->gain != NULL)
            assert_true(s->gain[k] == t->gain[k] && s->gain[k] != 0);
    }
    assert_memory_equal(s->random, t->random,
                        (size_t)(a->n_chains * 4 * HEAT_LAYER_LANES) * sizeof *s->random);
}

/* Words go to threads, and chains too where words are too few; with gains, with a reference, and without. */
static void shared_sweeps_give_the_same_bits(void **state)
{
    (void)state;
    static const double betas[] = {1};
    static double reference[2 * MOST_UNITS];
    static const struct {
        int32_t n_visible, n_hidden;
        int64_t n_chains;
        bool is_weighted, has_reference;
        const heat_site_rule *rule;
    } cases[] = {{390, 330, 61, true, true, &heat_rule_heat_bath},
                 {390, 330, 61, true, false, &heat_rule_heat_bath},
                 {330, 390, 40, false, false, &heat_rule_metropolis},
                 {400, 70, 128, true, false, &heat_rule_heat_bath},
                 {70, 400, 127, false, true, &heat_rule_heat_bath}};
    heat_context *ctx = test_context();

    for (int i = 0; i < 2 * MOST_UNITS; i++)
        reference[i] = 0.2 * (i % 5 - 2);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        heat_model *model = random_rbm(ctx, cases[k].n_visible, cases[k].n_hidden, HEAT_LAYER_BINARY,
                                       HEAT_LAYER_BINARY, true, 0.1);
        const heat_chains_plan plan = {.n_chains = cases[k].n_chains,
                                       .n_rungs = 1,
                                       .betas = betas,
                                       .seed = 6,
                                       .isa = "auto",
                                       .is_weighted = cases[k].is_weighted,
                                       .reference = cases[k].has_reference ? reference : NULL};
        for (int64_t threads = 2; threads <= 5; threads++) {
            heat_chains *alone = walk_shared(ctx, model, &plan, cases[k].rule, 1, false);
            heat_chains *shared = walk_shared(ctx, model, &plan, cases[k].rule, threads, false);
            heat_chains *stayed = walk_shared(ctx, model, &plan, cases[k].rule, 2, true);
            assert_true(shared->layout == &heat_layout_layers && shared->n_units == 1);
            assert_int_equal(((heat_layer_store *)alone->store)->n_shares, 0);
            assert_int_equal(((heat_layer_store *)shared->store)->n_shares, threads);
            assert_same_chains(alone, shared);
            assert_same_chains(shared, stayed);
            check_energies(ctx, model, shared);
            heat_chains_free(alone);
            heat_chains_free(shared);
            heat_chains_free(stayed);
        }
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

/* Units are wide where threads can share them, even, and hold whole groups. */
static void units_follow_the_work(void **state)
{
    (void)state;
    static const double betas[] = {1};
    static const struct {
        int32_t n_units_a_layer, group;
        int64_t n_chains, n_units;
        bool is_shared;
    } cases[] = {{390, 1, 128, 1, true},  {390, 1, 129, 2, true},   {390, 1, 300, 3, true},
                 {390, 50, 150, 2, true}, {390, 150, 300, 2, true}, {390, 1, 20, 2, false},
                 {60, 1, 128, 2, false},  {60, 30, 120, 2, false},  {60, 1, 7, 1, false}};
    heat_context *ctx = test_context();

    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        heat_model *model = random_rbm(ctx, cases[k].n_units_a_layer, cases[k].n_units_a_layer,
                                       HEAT_LAYER_BINARY, HEAT_LAYER_BINARY, true, 0.1);
        const heat_chains_plan plan = {.n_chains = cases[k].n_chains,
                                       .n_rungs = 1,
                                       .betas = betas,
                                       .isa = "auto",
                                       .group = cases[k].group};
        heat_chains *c;
        assert_ok(ctx, heat_chains_create(ctx, model, &plan, &c));
        assert_int_equal(c->n_units, cases[k].n_units);
        assert_int_equal(c->width % cases[k].group, 0);
        assert_true(c->shares_sweeps == cases[k].is_shared);
        heat_chains_free(c);
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

/* New parameters of the same shape give what a new set of tables gives. */
static void tables_hold_the_parameters(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *b = random_rbm(ctx, 130, 66, HEAT_LAYER_BINARY, HEAT_LAYER_SPIN, true, 3);
    heat_layered view_b;
    heat_layer_units *u;

    assert_true(heat_model_get_layered(b, &view_b));
    assert_ok(ctx, heat_layer_units_create(ctx, &view_b, true, &u));
    assert_true(u->rounded);
    for (int32_t i = 0; i < 130; i++)
        for (int32_t j = 0; j < 66; j++) {
            int32_t w = u->weights[0][(j / 64 * 192 + i) * 64 + j % 64];
            assert_int_equal(w, u->weights[1][(i / 64 * 128 + j) * 64 + i % 64]);
            assert_close(w * u->unit, view_b.scale * view_b.weights[i * 66 + j], 0.51 * u->unit);
        }
    heat_layer_units_free(u);
    heat_model_free(b);
    heat_context_free(ctx);
}

static void what_has_no_layers_is_refused(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model;
    heat_sample_options opt;
    heat_sample_result r = {0};

    assert_ok(ctx, heat_model_load(ctx, "lattice:4x4", &model));
    heat_sample_options_init(&opt);
    opt.engine = "gibbs";
    assert_int_equal(heat_sample(ctx, model, &opt, &r), HEAT_ERROR_OPTION);
    assert_contains(heat_context_error(ctx),
                    "option --engine: gibbs draws the two layers of an RBM, and lattice:4x4 has none");
    heat_model_free(model);
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_block_rule_leaves_boltzmann_invariant),
        cmocka_unit_test(energies_follow_the_sweeps),
        cmocka_unit_test(a_reference_alone_draws_its_units),
        cmocka_unit_test(gains_are_of_visible_units),
        cmocka_unit_test(gains_average_to_z),
        cmocka_unit_test(held_units_leave_an_rbm),
        cmocka_unit_test(bits_do_not_depend_on_the_machine),
        cmocka_unit_test(shared_sweeps_give_the_same_bits),
        cmocka_unit_test(units_follow_the_work),
        cmocka_unit_test(tables_hold_the_parameters),
        cmocka_unit_test(what_has_no_layers_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
