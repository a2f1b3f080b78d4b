/* Learning against what can be counted: gradients against differences, likelihoods that never fall, teachers
 * recovered, and sampled negative phases against the exact optimum. */
#include "learn/learner.h"
#include "learn/rbm_climb.h"
#include "learn/subset_sums.h"
#include "learn/tracked_count.h"
#include "random/stream.h"
#include "support.h"

#include <heatbath/logz.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NAME(tag, name, help) name,
static const char *const kinds[] = {HEAT_LEARN_KINDS(NAME)}, *const phases[] = {HEAT_NEGATIVES(NAME)};
enum { N_KINDS = sizeof kinds / sizeof *kinds, N_PHASES = sizeof phases / sizeof *phases };

static heat_data *load(heat_context *ctx, const char *spec)
{
    heat_data *data;

    assert_ok(ctx, heat_data_load(ctx, spec, NULL, &data));
    return data;
}

/* Means and log Z by one state after the other; of odd runs many weights are next to nothing. */
static void check_subsets(heat_context *ctx, heat_stream *stream, int n, double strength)
{
    enum { MOST = 16, PAIRS = MOST * (MOST - 1) / 2 };
    int32_t i[PAIRS], j[PAIRS];
    double w[PAIRS], b[MOST], mean[PAIRS + MOST], shared[PAIRS + MOST], expected[PAIRS + MOST] = {0};
    double log_z, again, largest = 0, z = 0, *minus_energy;
    heat_subsets subsets = {.n = n, .i = i, .j = j, .weights = w, .biases = b};

    for (int32_t k = 0; k < n; k++)
        for (int32_t l = 0; l < k; l++)
            if (heat_stream_below(stream, 4) != 0) {
                const bool turned = heat_stream_below(stream, 2) == 0;
                i[subsets.n_edges] = turned ? k : l;
                j[subsets.n_edges] = turned ? l : k;
                w[subsets.n_edges++] = strength * heat_stream_normal(stream);
            }
    for (int k = 0; k < n; k++)
        b[k] = strength * heat_stream_normal(stream);
    assert_ok(ctx, heat_alloc(ctx, (int64_t)1 << n, sizeof *minus_energy, &minus_energy));
    for (int x = 0; x < 1 << n; x++) {
        for (int64_t e = 0; e < subsets.n_edges; e++)
            minus_energy[x] += w[e] * (x >> i[e] & 1) * (x >> j[e] & 1);
        for (int k = 0; k < n; k++)
            minus_energy[x] += b[k] * (x >> k & 1);
        largest = fmax(largest, minus_energy[x]);
    }
    for (int x = 0; x < 1 << n; x++) {
        double p = exp(minus_energy[x] - largest);
        z += p;
        for (int64_t e = 0; e < subsets.n_edges; e++)
            expected[e] += p * (x >> i[e] & 1) * (x >> j[e] & 1);
        for (int k = 0; k < n; k++)
            expected[subsets.n_edges + k] += p * (x >> k & 1);
    }
    assert_ok(ctx, heat_subsets_sum(ctx, &subsets, 1, mean, &log_z));
    assert_ok(ctx, heat_subsets_sum(ctx, &subsets, 3, shared, &again));
    assert_close(log_z, largest + log(z), 1e-12 * (1 + fabs(largest)));
    assert_true(log_z == again);
    for (int64_t a = 0; a < subsets.n_edges + n; a++) {
        assert_close(mean[a], expected[a] / z, 1e-12);
        assert_true(mean[a] == shared[a]);
    }
    assert_ok(ctx, heat_subsets_sum(ctx, &subsets, 1, NULL, &again));
    assert_true(log_z == again);
    heat_free(minus_energy);
}

static void subset_sums_are_those_of_enumeration(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_stream stream;

    heat_stream_init(&stream, test_seed(), HEAT_PURPOSE_TEST, 0);
    for (int n = 1; n <= 16; n++) {
        check_subsets(ctx, &stream, n, 1);
        check_subsets(ctx, &stream, n, 100);
    }
    heat_context_free(ctx);
}

/* A kind opened on data, with random parameters. */
static void open_learner(heat_context *ctx, const heat_learn_kind *kind, const heat_learn_input *input,
                         const heat_learn_options *options, heat_learner *l)
{
    heat_stream stream;

    *l = (heat_learner){.kind = kind};
    assert_ok(ctx, l->kind->open(ctx, input, options, l));
    heat_stream_init(&stream, test_seed(), HEAT_PURPOSE_TEST, 1);
    for (int64_t a = 0; a < l->n_parameters; a++)
        l->parameters[a] = 0.5 * heat_stream_normal(&stream);
}

/* Mean of log p over the rows. */
static double likelihood(heat_context *ctx, const heat_learner *l, int64_t n, const int8_t *rows)
{
    double log_z, sum = 0, *value = calloc((size_t)n, sizeof *value);

    assert_non_null(value);
    assert_ok(ctx, l->kind->sum_states(ctx, l, 1, NULL, &log_z));
    l->kind->log_weights(l, n, rows, value);
    for (int64_t r = 0; r < n; r++)
        sum += value[r] - log_z;
    free(value);
    return sum / (double)n;
}

enum { MOST_SUMMED = 16 }; /* hidden units */

/* log of the sum over hidden units of exp(-E), state by state. */
static double log_weight_of(heat_context *ctx, const heat_model *model, const int8_t *row)
{
    heat_model_info info;
    int8_t state[32];
    double sum = 0;
    int32_t n_hidden;

    heat_model_describe(model, &info);
    n_hidden = info.n_visible == 0 ? 0 : info.n_variables - info.n_visible;
    for (int32_t i = 0; i < info.n_variables - n_hidden; i++)
        state[i] = row[i] == -1 && info.coding != HEAT_CODING_SPIN ? 0 : row[i];
    for (int32_t h = 0; h < 1 << n_hidden; h++) {
        double energy;
        for (int32_t j = 0; j < n_hidden; j++)
            state[info.n_visible + j] = h >> j & 1 ? 1 : info.coding == HEAT_CODING_SPIN ? -1 : 0;
        assert_ok(ctx, heat_model_get_energy(ctx, model, 1, state, &energy));
        sum += exp(-energy);
    }
    return log(sum);
}

/* The model that a learner makes has its likelihoods: log weights may differ by a constant, which log Z has
 * too. */
static void check_model(heat_context *ctx, const heat_learner *l, int64_t n_rows, const int8_t *rows)
{
    heat_logz_result z;
    heat_model *model;
    double log_z, log_weight[2];

    assert_true(n_rows >= 2);
    assert_ok(ctx, l->kind->make_model(ctx, l, &model));
    assert_ok(ctx, l->kind->sum_states(ctx, l, 1, NULL, &log_z));
    l->kind->log_weights(l, 2, rows, log_weight);
    heat_logz_result_init(&z);
    assert_ok(ctx, heat_logz(ctx, model, NULL, &z));
    for (int r = 0; r < 2; r++)
        assert_close(log_weight_of(ctx, model, rows + r * l->n_visible) - z.log_z, log_weight[r] - log_z,
                     1e-10);
    heat_logz_result_clear(&z);
    heat_model_free(model);
}

/* The parameters of the model that a learner makes are its own. */
static void check_taking(heat_context *ctx, heat_learner *l)
{
    size_t bytes = (size_t)l->n_parameters * sizeof *l->parameters;
    double *kept = malloc(bytes);
    heat_model *model;

    assert_non_null(kept);
    memcpy(kept, l->parameters, bytes);
    assert_ok(ctx, l->kind->make_model(ctx, l, &model));
    memset(l->parameters, 0, bytes);
    assert_ok(ctx, l->kind->take(ctx, model, l));
    for (int64_t a = 0; a < l->n_parameters; a++)
        assert_close(l->parameters[a], kept[a], 1e-12);
    heat_model_free(model);
    free(kept);
}

/* With this data and graph, the gradient is that of the likelihood, and the model has the likelihood's
 * energy. */
static void check_gradient(heat_context *ctx, const heat_learn_kind *kind, const heat_learn_input *input,
                           const heat_learn_options *options)
{
    heat_data_info info;
    heat_learner l;
    const double h = 1e-4;
    double *gradient, *mean, log_z, *weight;
    int8_t *rows;

    heat_data_describe(input->data, &info);
    rows = calloc((size_t)(info.n_rows * info.n_variables), 1);
    weight = calloc((size_t)info.n_rows, sizeof *weight);
    assert_true(rows != NULL && weight != NULL);
    assert_ok(ctx, heat_data_get_states(ctx, input->data, 0, info.n_rows, rows));
    open_learner(ctx, kind, input, options, &l);
    gradient = calloc((size_t)l.n_parameters, sizeof *gradient);
    mean = calloc((size_t)l.n_parameters, sizeof *mean);
    for (int64_t r = 0; r < info.n_rows; r++)
        weight[r] = 1.0 / (double)info.n_rows;
    l.kind->add_statistics(&l, info.n_rows, rows, weight, gradient);
    assert_ok(ctx, l.kind->sum_states(ctx, &l, 1, mean, &log_z));
    for (int64_t a = 0; a < l.n_parameters; a++) {
        double at = l.parameters[a], up, down;
        l.parameters[a] = at + h;
        up = likelihood(ctx, &l, info.n_rows, rows);
        l.parameters[a] = at - h;
        down = likelihood(ctx, &l, info.n_rows, rows);
        l.parameters[a] = at;
        assert_close(gradient[a] - mean[a], (up - down) / (2 * h), 1e-7);
    }
    if (options->hidden <= MOST_SUMMED)
        check_model(ctx, &l, info.n_rows, rows);
    if (l.kind->take != NULL)
        check_taking(ctx, &l);
    heat_learner_clear(&l);
    free(rows);
    free(weight);
    free(gradient);
    free(mean);
}

static void the_gradient_is_that_of_the_likelihood(void **state)
{
    (void)state;
    static const struct {
        const char *spec, *graph;
    } cases[] = {
        {"ising-teacher:sk:5,n=20", NULL},
        {"bars-and-stripes:2x3", NULL},
        {"ising-teacher:lattice:2x3,n=20", "lattice:2x3,open"},
        {"ising-teacher:lattice:27,n=10", "lattice:27"},       /* by elimination, of spins */
        {"bars-and-stripes:5x5", "regular:25,k=2,seed=2,J=1"}, /* and of 0 and 1 */
    };
    heat_context *ctx = test_context();
    heat_learn_options options;

    heat_learn_options_init(&options);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        heat_data *data = load(ctx, cases[k].spec);
        heat_model *edges = NULL;
        heat_learn_input input = {.size = sizeof input, .data = data};
        if (cases[k].graph != NULL)
            assert_ok(ctx, heat_model_load(ctx, cases[k].graph, &edges));
        input.graph = edges;
        check_gradient(ctx, &heat_learn_kind_ising, &input, &options);
        heat_model_free(edges);
        heat_data_free(data);
    }
    heat_context_free(ctx);
}

static void the_gradient_of_an_rbm_is_that_of_its_likelihood(void **state)
{
    (void)state;
    static const char *const specs[] = {"bars-and-stripes:2x3",
                                        "ising-teacher:sk:5,n=20"}; /* 0 and 1, spins */
    static const char *const layers[] = {"auto", "binary", "spin"};
    static const int64_t hidden[] = {3, 9, 70}; /* one word of them, and two */
    heat_context *ctx = test_context();
    heat_learn_options options;

    heat_learn_options_init(&options);
    for (int k = 0; k < 2; k++)
        for (int layer = 0; layer < 3; layer++)
            for (int size = 0; size < (layer == 0 ? 3 : 2); size++) {
                heat_data *data = load(ctx, specs[k]);
                heat_learn_input input = {.size = sizeof input, .data = data};
                options.hidden = hidden[size];
                options.hidden_layer = layers[layer];
                check_gradient(ctx, &heat_learn_kind_rbm, &input, &options);
                heat_data_free(data);
            }
    heat_context_free(ctx);
}

static void the_gradient_of_a_boltzmann_is_that_of_its_likelihood(void **state)
{
    (void)state;
    static const struct {
        const char *spec;
        int64_t hidden;
        const char *layers, *graph, *hidden_units;
    } cases[] = {
        {"bars-and-stripes:2x3", 3, NULL, NULL, NULL},
        {"bars-and-stripes:2x2", 0, NULL, NULL, NULL},
        {"bars-and-stripes:2x3", HEAT_AUTO, "3-2", NULL, NULL},
        {"bars-and-stripes:5x5", HEAT_AUTO, "1-2", NULL, NULL}, /* by elimination */
        {"bars-and-stripes:2x3", HEAT_AUTO, NULL, "sk:6", NULL},
        {"bars-and-stripes:2x3", HEAT_AUTO, NULL, "regular:10,k=3", NULL},
        {"bars-and-stripes:2x3", HEAT_AUTO, NULL, "lattice:3x3,open", "1,3-4"},
        {"bars-and-stripes:5x5", HEAT_AUTO, NULL, "lattice:4x7,open", "0,9,18"}, /* by elimination */
    };
    heat_context *ctx = test_context();
    heat_learn_options options;

    heat_learn_options_init(&options);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        heat_data *data = load(ctx, cases[k].spec);
        heat_learn_input input = {.size = sizeof input, .data = data};
        heat_model *graph = NULL;
        options.hidden = cases[k].hidden;
        options.layers = cases[k].layers;
        options.hidden_units = cases[k].hidden_units;
        if (cases[k].graph != NULL)
            assert_ok(ctx, heat_model_load(ctx, cases[k].graph, &graph));
        input.graph = graph;
        check_gradient(ctx, &heat_learn_kind_boltzmann, &input, &options);
        heat_model_free(graph);
        heat_data_free(data);
    }
    heat_context_free(ctx);
}

static heat_learn_result train(heat_context *ctx, const char *kind, const heat_learn_input *input,
                               const char *negative, int64_t epochs, int64_t threads)
{
    heat_learn_options options;
    heat_learn_result r;

    heat_learn_options_init(&options);
    heat_learn_result_init(&r);
    options.negative = negative;
    options.epochs = epochs;
    options.threads = threads;
    assert_ok(ctx, heat_learn(ctx, kind, input, &options, &r));
    return r;
}

/* The same rows, -1 written as 0. */
static heat_data *as_binary(heat_context *ctx, const heat_data *data)
{
    heat_data_info info;
    heat_data *out;
    int8_t *states;
    int64_t count;

    heat_data_describe(data, &info);
    count = info.n_rows * info.n_variables;
    states = calloc((size_t)count, 1);
    assert_non_null(states);
    assert_ok(ctx, heat_data_get_states(ctx, data, 0, info.n_rows, states));
    for (int64_t k = 0; k < count; k++)
        states[k] = states[k] > 0;
    assert_ok(ctx, heat_data_create_states(ctx, info.n_rows, info.n_variables, states, &out));
    free(states);
    return out;
}

static void exact_training_never_lowers_the_likelihood(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_data *spins = load(ctx, "ising-teacher:sk:6,seed=2,n=200,temperature=0.5");
    heat_data *binary = as_binary(ctx, spins);

    for (int k = 0; k < N_KINDS; k++) {
        bool takes_spins = strcmp(kinds[k], "boltzmann") != 0;
        heat_learn_input input = {.size = sizeof input, .data = takes_spins ? spins : binary};
        heat_learn_result r = train(ctx, kinds[k], &input, "exact", 100, 1);
        assert_true(r.exact && r.n_history > 3);
        for (int64_t h = 1; h < r.n_history; h++)
            assert_true(r.history[h].train >= r.history[h - 1].train - 1e-11);
        assert_true(r.history[r.n_history - 1].train > r.history[0].train);
        assert_close(r.history[r.n_history - 1].train, r.train.mean, 1e-11);
        heat_learn_result_clear(&r);
    }
    heat_data_free(spins);
    heat_data_free(binary);
    heat_context_free(ctx);
}

/* All rows are equally likely: no model does better than their entropy. */
static void bars_and_stripes_are_learned_to_their_entropy(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_data *data = load(ctx, "bars-and-stripes:4x4");
    heat_learn_input input = {.size = sizeof input, .data = data};
    static const char *const learned[] = {"rbm", "boltzmann"};

    for (int k = 0; k < 2; k++) {
        heat_learn_result r;
        heat_learn_result_init(&r);
        assert_ok(ctx, heat_learn(ctx, learned[k], &input, NULL, &r));
        assert_string_equal(r.negative, "exact");
        assert_true(r.train.mean > -log(30) - 0.05 && r.train.mean <= -log(30));
        heat_learn_result_clear(&r);
    }
    heat_data_free(data);
    heat_context_free(ctx);
}

/* Root mean square of what was learned minus what the teacher is; asks that the optimum was reached. */
static double teacher_error(heat_context *ctx, const char *spec, const char *teacher, double scale)
{
    heat_learn_input input = {.size = sizeof input, .data = load(ctx, spec)};
    heat_learn_result r;
    heat_model *model;
    heat_pairwise a, b;
    double squares = 0;
    int64_t count = 0;

    heat_learn_result_init(&r);
    assert_ok(ctx, heat_learn(ctx, "ising", &input, NULL, &r));
    assert_int_equal(r.outcome, HEAT_OUTCOME_CONVERGED);
    assert_string_equal(r.negative, "exact");
    assert_true(r.gradient < 1e-6);
    assert_ok(ctx, heat_model_load(ctx, teacher, &model));
    assert_true(heat_model_get_pairwise(model, &a) && heat_model_get_pairwise(r.model, &b));
    assert_int_equal(a.row[a.n], b.row[b.n]);
    for (int64_t k = 0; k < a.row[a.n]; k++, count++) {
        double error = heat_pairwise_coupling(&b, k) - scale * heat_pairwise_coupling(&a, k);
        squares += error * error;
    }
    heat_model_free(model);
    heat_learn_result_clear(&r);
    heat_data_free((heat_data *)(uintptr_t)input.data);
    return sqrt(squares / (double)count);
}

static void a_teacher_is_recovered_with_errors_that_fall_as_the_root_of_the_rows(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    double few = 0, many = 0;

    for (int seed = 1; seed <= 4; seed++) {
        char spec[96];
        snprintf(spec, sizeof spec, "ising-teacher:sk:7,seed=5,n=500,seed=%d,temperature=1.5", seed);
        few += teacher_error(ctx, spec, "sk:7,seed=5", 1 / 1.5) / 4;
        snprintf(spec, sizeof spec, "ising-teacher:sk:7,seed=5,n=32000,seed=%d,temperature=1.5", seed);
        many += teacher_error(ctx, spec, "sk:7,seed=5", 1 / 1.5) / 4;
    }
    /* 64 times the rows: an eighth of the error; each figure is a mean over 84 couplings */
    assert_true(few < 0.1);
    assert_true(few / many > 5 && few / many < 12.8);
    heat_context_free(ctx);
}

static void sampled_phases_come_close_to_the_optimum_in_either_coding(void **state)
{
    (void)state;
    static const char *const sampled[] = {"cd:1", "cd:10", "pcd:5", "tempering:5"};
    heat_context *ctx = test_context();
    heat_data *spins = load(ctx, "ising-teacher:sk:6,seed=2,n=1000"), *binary = as_binary(ctx, spins);
    heat_data *data[] = {spins, binary};
    double best[2];

    for (int coding = 0; coding < 2; coding++) {
        heat_learn_input input = {.size = sizeof input, .data = data[coding]};
        heat_learn_result r = train(ctx, "ising", &input, "exact", 3000, 1);
        best[coding] = r.train.mean;
        heat_learn_result_clear(&r);
        for (int k = 0; k < 4; k++) {
            r = train(ctx, "ising", &input, sampled[k], 60, 1);
            assert_true(r.train.mean <= best[coding] + 1e-9);
            assert_int_equal(r.n_rollbacks, 0);
            assert_true(r.train.mean >=
                        best[coding] - (coding == 0 ? 0.005 : 0.05)); /* 0 and 1 turn slower */
            heat_learn_result_clear(&r);
        }
    }
    assert_close(best[0], best[1], 1e-9); /* a Boltzmann machine is an Ising model */
    heat_data_free(spins);
    heat_data_free(binary);
    heat_context_free(ctx);
}

/* Single updates lie about the optimum, up to .03 nats below it at this rate; what is looked at, and kept
 * where validation ends training early, is an average from the beginning on. */
static void looks_are_at_averages_long_before_the_end(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_data *data = load(ctx, "ising-teacher:sk:6,seed=2,n=1000");
    heat_learn_input input = {.size = sizeof input, .data = data};
    heat_learn_options options;
    heat_learn_result r, exact = train(ctx, "ising", &input, "exact", 3000, 1);
    double most = 0;

    heat_learn_options_init(&options);
    heat_learn_result_init(&r);
    options.negative = "pcd:1";
    options.batch = 10;
    options.epochs = 100;
    assert_ok(ctx, heat_learn(ctx, "ising", &input, &options, &r));
    for (int64_t h = 0; h < r.n_history; h++)
        if (r.history[h].epoch >= 15 && r.history[h].epoch < 50)
            most = fmax(most, exact.train.mean - r.history[h].train);
    assert_true(most < 0.003);
    heat_learn_result_clear(&exact);
    heat_learn_result_clear(&r);
    heat_data_free(data);
    heat_context_free(ctx);
}

/* A rate that is far too large ends in a model all the same, and the result says how often it diverged. */
static void what_diverges_goes_back(void **state)
{
    (void)state;
    static const struct {
        const char *kind, *data, *negative;
        int64_t hidden;
        double at_least;
    } rows[] = {
        {"ising", "ising-teacher:sk:7,seed=5,n=500,seed=1,temperature=1.5", "pcd:1", HEAT_AUTO, -4.4},
        {"rbm", "bars-and-stripes:3x3", "cd:1", 6, -6.2},
        {"rbm", "bars-and-stripes:3x3", "pcd:1", 6, -6.2},
        {"boltzmann", "bars-and-stripes:2x2", "tempering", 3, -2.7},
        {"rbm", "ising-teacher:lattice:6x6,n=100", "pcd:1", 30, -25}, /* log Z is tracked */
    };
    heat_context *ctx = test_context();
    heat_learn_options options;
    heat_learn_result r;

    heat_learn_options_init(&options);
    heat_learn_result_init(&r);
    options.learning_rate = 1000;
    options.epochs = 200;
    options.threads = 1;
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        heat_learn_input input = {.size = sizeof input, .data = load(ctx, rows[k].data)};
        options.hidden = rows[k].hidden;
        options.negative = rows[k].negative;
        assert_ok(ctx, heat_learn(ctx, rows[k].kind, &input, &options, &r));
        assert_true(r.n_rollbacks > 1 && r.n_rollbacks < 20);
        assert_true(r.train.mean > rows[k].at_least);
        heat_learn_result_clear(&r);
        heat_data_free((heat_data *)(uintptr_t)input.data);
    }
    heat_context_free(ctx);
}

/* Weights that decay by more than they are run off to no numbers between two checks: averages begin anew. */
static void averages_forget_what_diverged(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_learn_input input = {.size = sizeof input, .data = load(ctx, "ising-teacher:lattice:6x6,n=300")};
    heat_learn_options options;
    heat_learn_result r;
    heat_rbm rbm;

    heat_learn_options_init(&options);
    heat_learn_result_init(&r);
    options.learning_rate = 1000;
    options.weight_decay = 0.02;
    options.hidden = 30;
    options.negative = "pcd:1";
    options.epochs = 60;
    options.blind = true;
    assert_ok(ctx, heat_learn(ctx, "rbm", &input, &options, &r));
    assert_int_equal(r.n_rollbacks, 1);
    heat_rbm_init(&rbm);
    assert_ok(ctx, heat_model_get_rbm(ctx, r.model, &rbm));
    for (int64_t a = 0; a < 36 * 30; a++)
        assert_true(isfinite(rbm.weights[a]));
    heat_learn_result_clear(&r);
    heat_data_free((heat_data *)(uintptr_t)input.data);
    heat_context_free(ctx);
}

/* An ising of 0 and 1 is a boltzmann whose hidden units are coupled to nothing. */
static void hidden_units_do_no_harm(void **state)
{
    (void)state;
    static const char *const two[] = {"exact", "pcd:5"};
    heat_context *ctx = test_context();
    heat_data *spins = load(ctx, "ising-teacher:sk:6,seed=2,n=1000");
    heat_learn_input input = {.size = sizeof input, .data = as_binary(ctx, spins)};
    heat_learn_options options;
    heat_learn_result visible = train(ctx, "ising", &input, "exact", 3000, 1), r;

    heat_learn_options_init(&options);
    heat_learn_result_init(&r);
    options.hidden = 2;
    options.epochs = 200;
    for (int k = 0; k < 2; k++) {
        options.negative = two[k];
        assert_ok(ctx, heat_learn(ctx, "boltzmann", &input, &options, &r));
        assert_true(r.train.mean > visible.train.mean - (k == 0 ? 0.002 : 0.03));
        heat_learn_result_clear(&r);
    }
    heat_learn_result_clear(&visible);
    heat_data_free((heat_data *)(uintptr_t)input.data);
    heat_data_free(spins);
    heat_context_free(ctx);
}

static void the_bits_do_not_depend_on_threads(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_data *spins = load(ctx, "ising-teacher:sk:9,n=300"), *binary = as_binary(ctx, spins);

    for (int k = 0; k < N_KINDS * N_PHASES; k++) {
        const char *kind = kinds[k / N_PHASES], *phase = phases[k % N_PHASES];
        bool takes_spins = strcmp(kind, "boltzmann") != 0;
        heat_learn_input input = {.size = sizeof input, .data = takes_spins ? spins : binary};
        heat_learn_result a = train(ctx, kind, &input, phase, 5, 1),
                          b = train(ctx, kind, &input, phase, 5, 3);
        heat_pairwise x, y;
        assert_true(heat_model_get_pairwise(a.model, &x) && heat_model_get_pairwise(b.model, &y));
        for (int64_t e = 0; e < x.row[x.n]; e++)
            assert_true(heat_pairwise_coupling(&x, e) == heat_pairwise_coupling(&y, e));
        assert_memory_equal(x.field, y.field, (size_t)x.n * sizeof *x.field);
        heat_learn_result_clear(&a);
        heat_learn_result_clear(&b);
    }
    heat_data_free(spins);
    heat_data_free(binary);
    heat_context_free(ctx);
}

/* Updates of an RBM large enough to be shared, of units that fill no whole words. */
static void check_threads(heat_context *ctx, const char *data, int32_t n_visible, int32_t n_hidden,
                          const char *negative)
{
    heat_learn_input input = {.size = sizeof input, .data = load(ctx, data)};
    const size_t n_weights = (size_t)n_visible * (size_t)n_hidden,
                 n = n_weights + (size_t)(n_visible + n_hidden);
    double *first = malloc(2 * n * sizeof *first), *own = first + n;

    assert_non_null(first);
    for (int64_t threads = 1; threads <= 4; threads++) {
        heat_learn_options options;
        heat_learn_result r;
        heat_rbm rbm;
        heat_learn_options_init(&options);
        heat_learn_result_init(&r);
        options.negative = negative;
        options.hidden = n_hidden;
        options.batch = 150; /* a block and part of one */
        options.epochs = 9;  /* 18 updates: the first and the last but one are averaged */
        options.blind = true;
        options.threads = threads;
        assert_ok(ctx, heat_learn(ctx, "rbm", &input, &options, &r));
        heat_rbm_init(&rbm);
        assert_ok(ctx, heat_model_get_rbm(ctx, r.model, &rbm));
        memcpy(own, rbm.weights, n_weights * sizeof *own);
        memcpy(own + n_weights, rbm.visible_bias, (size_t)n_visible * sizeof *own);
        memcpy(own + n_weights + n_visible, rbm.hidden_bias, (size_t)n_hidden * sizeof *own);
        if (threads == 1)
            memcpy(first, own, n * sizeof *first);
        assert_memory_equal(first, own, n * sizeof *first);
        heat_learn_result_clear(&r);
    }
    free(first);
    heat_data_free((heat_data *)(uintptr_t)input.data);
}

static void threads_share_an_rbm_without_a_trace(void **state)
{
    (void)state;
    static const char *const negatives[] = {"cd:2", "pcd:2"};
    heat_context *ctx = test_context();

    for (int k = 0; k < 2; k++) {
        check_threads(ctx, "ising-teacher:lattice:18x18,n=200,temperature=3", 324, 180, negatives[k]);
        /* One word of visible units is nothing to share. */
        check_threads(ctx, "ising-teacher:lattice:6x10,n=200,temperature=3", 60, 700, negatives[k]);
    }
    heat_context_free(ctx);
}

/* Updates that are kept as floats, and those that are seen now and then, are the same; one that was missed
 * when parameters are averaged, or looked at, would tell the two apart. */
static void looks_leave_no_trace(void **state)
{
    (void)state;
    static const struct {
        const char *kind, *negative, *layers;
    } rows[] = {{"rbm", "cd:1", NULL},
                {"rbm", "pcd:1", NULL},
                {"rbm", "tempering:1", NULL},
                {"boltzmann", "pcd:1", "20-18"}}; /* of which some are drawn */
    heat_context *ctx = test_context();
    heat_data *spins = load(ctx, "ising-teacher:sk:9,n=300"), *binary = as_binary(ctx, spins);
    heat_learn_input input = {.size = sizeof input, .data = binary};

    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        heat_learn_result r[2];
        heat_pairwise x, y;
        for (int blind = 0; blind < 2; blind++) {
            heat_learn_options options;
            heat_learn_options_init(&options);
            heat_learn_result_init(&r[blind]);
            options.hidden = rows[k].layers == NULL ? 5 : options.hidden;
            options.layers = rows[k].layers;
            options.negative = rows[k].negative;
            options.batch = 10; /* 30 updates from look to look, averaged every 16 */
            options.epochs = 7;
            options.blind = blind == 1;
            assert_ok(ctx, heat_learn(ctx, rows[k].kind, &input, &options, &r[blind]));
        }
        assert_true(heat_model_get_pairwise(r[0].model, &x) && heat_model_get_pairwise(r[1].model, &y));
        assert_int_equal(x.row[x.n], y.row[y.n]);
        for (int64_t e = 0; e < x.row[x.n]; e++)
            assert_true(heat_pairwise_coupling(&x, e) == heat_pairwise_coupling(&y, e));
        heat_learn_result_clear(&r[0]);
        heat_learn_result_clear(&r[1]);
    }
    heat_data_free(spins);
    heat_data_free(binary);
    heat_context_free(ctx);
}

static void validation_ends_training_and_keeps_the_best(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_data *data = load(ctx, "ising-teacher:sk:10,seed=4,n=120"), *part, *test;
    heat_learn_input input = {.size = sizeof input};
    heat_learn_options undecayed;
    heat_learn_result r = {0}, full;
    double best = -1e300;

    heat_learn_options_init(&undecayed);
    heat_learn_result_init(&r);
    undecayed.negative = "exact";
    undecayed.weight_decay = 0;

    assert_ok(ctx, heat_data_load_part(ctx, "validation", "0.3", NULL, 1, &data, &part));
    assert_ok(ctx, heat_data_load_part(ctx, "test", "0.3", NULL, 1, &data, &test));
    input.data = data;
    full = train(ctx, "ising", &input, "exact", 1000, 1);
    input.validation = part;
    input.test = test;
    assert_ok(ctx, heat_learn(ctx, "ising", &input, &undecayed, &r));
    for (int64_t h = 0; h < r.n_history; h++)
        best = r.history[h].validation > best ? r.history[h].validation : best;
    assert_close(r.validation.mean, best, 1e-12);
    assert_true(r.epochs < full.epochs);
    assert_contains(r.reason, "validation");
    assert_true(r.train.mean < full.train.mean);
    assert_true(isfinite(r.test.mean) && r.test.error > 0);
    heat_learn_result_clear(&r);
    heat_learn_result_clear(&full);
    heat_data_free(data);
    heat_data_free(part);
    heat_data_free(test);
    heat_context_free(ctx);
}

static void what_cannot_be_learned_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *kind, *spec, *negative, *graph, *message;
    } cases[] = {
        {"ising", "digits", "auto", NULL, "--binarize"},
        {"izing", "shifter:2", "auto", NULL, "no kind"},
        {"ising", "shifter:2", "cd:0", NULL, "as in cd:1"},
        {"ising", "shifter:2", "exact:2", NULL, "as in cd:1"},
        {"ising", "shifter:2", "mcmc", NULL, "as in cd:1"},
        {"ising", "shifter:2", "auto", "lattice:4", "the graph has 4 variables, the data 7"},
        {"ising", "bars-and-stripes:9x9", "exact", NULL, "not affordable"},
        {"rbm", "digits", "auto", NULL, "rbm learns from 0 and 1"},
        {"rbm", "shifter:2", "auto", "lattice:7", "couples every visible unit"},
        {"boltzmann", "ising-teacher:sk:5,n=9", "auto", NULL, "--binarize 0"},
        {"boltzmann", "shifter:2", "auto", "lattice:4", "has 4 visible units, the data 7 variables"},
    };
    heat_context *ctx = test_context();
    heat_learn_options options;
    heat_learn_result r;

    heat_learn_options_init(&options);
    heat_learn_result_init(&r);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        heat_learn_input input = {.size = sizeof input, .data = load(ctx, cases[k].spec)};
        heat_model *graph = NULL;
        options.negative = cases[k].negative;
        if (cases[k].graph != NULL)
            assert_ok(ctx, heat_model_load(ctx, cases[k].graph, &graph));
        input.graph = graph;
        assert_int_not_equal(heat_learn(ctx, cases[k].kind, &input, &options, &r), HEAT_OK);
        assert_contains(heat_context_error(ctx), cases[k].message);
        heat_model_free(graph);
        heat_data_free((heat_data *)(uintptr_t)input.data);
    }
    {
        heat_learn_input input = {.size = sizeof input, .data = load(ctx, "shifter:2")};
        options.negative = "exact";
        options.batch = 10;
        assert_int_equal(heat_learn(ctx, "ising", &input, &options, &r), HEAT_ERROR_OPTION);
        assert_contains(heat_context_error(ctx), "batch");
        options.batch = HEAT_AUTO;
        options.hidden = 4;
        assert_int_equal(heat_learn(ctx, "ising", &input, &options, &r), HEAT_ERROR_OPTION);
        assert_contains(heat_context_error(ctx), "rbm and boltzmann have hidden ones");
        options.layers = "4-4";
        assert_int_equal(heat_learn(ctx, "boltzmann", &input, &options, &r), HEAT_ERROR_OPTION);
        assert_contains(heat_context_error(ctx), "--layers says");
        options.hidden = HEAT_AUTO;
        assert_int_equal(heat_learn(ctx, "rbm", &input, &options, &r), HEAT_ERROR_OPTION);
        assert_contains(heat_context_error(ctx), "one hidden layer");
        static const char *const bad[] = {"",  "4-",  "-4",        "4--4",
                                          "0", "4-x", "9-1048570", "99999999999999999999"};
        for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
            options.layers = bad[k];
            assert_int_equal(heat_learn(ctx, "boltzmann", &input, &options, &r), HEAT_ERROR_OPTION);
            assert_contains(heat_context_error(ctx), "such as 8-4");
        }
        heat_data_free((heat_data *)(uintptr_t)input.data);
    }
    heat_context_free(ctx);
}

/* Tables of a learner's parameters against those of a model: without centring the same, bit for bit. */
static void settled_tables_are_those_of_the_model(void **state)
{
    (void)state;
    enum { VISIBLE = 130, HIDDEN = 70, ALL = VISIBLE * HIDDEN + VISIBLE + HIDDEN };
    static const char *const isas[] = {"ref", "auto"};
    static double parameters[ALL], plain[VISIBLE * HIDDEN], offset[VISIBLE];
    heat_context *ctx = test_context();
    heat_layered view = {
        VISIBLE, HIDDEN, plain, 1, parameters + VISIBLE * HIDDEN, parameters + VISIBLE * HIDDEN + VISIBLE, 0};
    heat_rbm_parameters p = {.all = parameters, .offset = offset};
    heat_rbm_climber climber = {.at = NULL};
    heat_stream stream;

    heat_stream_init(&stream, test_seed(), HEAT_PURPOSE_TEST, 2);
    assert_ok(ctx, heat_rbm_climber_open(ctx, VISIBLE, HIDDEN, 1, &climber));
    for (int k = 0; k < 2; k++) {
        const heat_layer_units *own = climber.gibbs.units;
        heat_layer_units *u;
        for (int a = 0; a < ALL; a++)
            parameters[a] = (double)(float)((k == 0 ? 3 : 0.2) * heat_stream_normal(&stream));
        for (int i = 0; i < VISIBLE; i++)
            for (int j = 0; j < HIDDEN; j++)
                plain[i * HIDDEN + j] = parameters[i * HIDDEN + j];
        p.n_changes = k;
        assert_ok(ctx, heat_layer_units_create(ctx, &view, false, &u));
        assert_ok(ctx, heat_rbm_climber_settle(ctx, &climber, isas[k], &p));
        assert_true(u->unit == own->unit);
        for (int t = HEAT_LAYER_UP; t <= HEAT_LAYER_DOWN; t++) {
            assert_memory_equal(u->weights[t], own->weights[t], 192 * 128 * sizeof(int32_t));
            assert_memory_equal(u->bias[t], own->bias[t], (t == 1 ? 192 : 128) * sizeof(int32_t));
        }
        heat_layer_units_free(u);
    }
    heat_rbm_climber_clear(&climber);
    heat_context_free(ctx);
}

/* Sweeps by the tables that updates left, and by those that are made anew. */
static void move_from_new_tables_too(heat_context *ctx, heat_learner *l, int64_t n, const int8_t *rows,
                                     const char *isa)
{
    heat_negative moves = {.k = 2, .seed = test_seed(), .threads = 1, .isa = isa};
    size_t bytes = (size_t)(n * heat_row_bytes(&l->form));
    int8_t *kept = malloc(bytes), *made = malloc(bytes);

    assert_true(kept != NULL && made != NULL);
    memcpy(made, rows, bytes);
    assert_ok(ctx, l->kind->move(ctx, &moves, l, n, rows, kept));
    l->n_changes++;
    assert_ok(ctx, l->kind->move(ctx, &moves, l, n, made, made));
    assert_memory_equal(kept, made, bytes);
    free(kept);
    free(made);
}

/* An update whose move left the means of both phases against one that finds them. */
static void means_that_a_move_left_are_the_same(void **state)
{
    (void)state;
    enum { ROWS = 150, HIDDEN = 70 };
    heat_context *ctx = test_context();
    heat_learn_input input = {.size = sizeof input, .data = load(ctx, "ising-teacher:lattice:9x9,n=150")};
    int8_t *rows = malloc(2 * ROWS * 81), *dreams = rows + ROWS * 81;
    double *first = NULL;

    assert_non_null(rows);
    assert_ok(ctx, heat_data_get_states(ctx, input.data, 0, ROWS, rows));
    for (int k = 0; k < 2; k++) {
        heat_negative moves = {
            .k = 2, .seed = test_seed(), .threads = 1 + k, .isa = "auto", .begins_at_data = k == 0};
        heat_climb climb = {
            .n_rows = ROWS, .n_dreams = ROWS, .rows = rows, .dreams = dreams, .rate = 0.3, .isa = "auto"};
        heat_learn_options options;
        heat_learner l;
        heat_learn_options_init(&options);
        options.hidden = HIDDEN;
        open_learner(ctx, &heat_learn_kind_rbm, &input, &options, &l);
        for (int update = 0; update < 3; update++) {
            assert_ok(ctx, l.kind->move(ctx, &moves, &l, ROWS, rows, dreams));
            moves.n_updates++;
            assert_ok(ctx, l.kind->climb(ctx, &l, &climb));
        }
        if (k == 0) {
            first = malloc((size_t)l.n_parameters * sizeof *first);
            assert_non_null(first);
            memcpy(first, l.parameters, (size_t)l.n_parameters * sizeof *first);
        }
        assert_memory_equal(first, l.parameters, (size_t)l.n_parameters * sizeof *first);
        heat_learner_clear(&l);
    }
    free(first);
    free(rows);
    heat_data_free((heat_data *)(uintptr_t)input.data);
    heat_context_free(ctx);
}

/* The same update is rounded otherwise when its turn is another. */
static void updates_round_by_their_turn(void **state)
{
    (void)state;
    enum { ROWS = 50, VISIBLE = 81, HIDDEN = 70 };
    heat_context *ctx = test_context();
    heat_learn_input input = {.size = sizeof input, .data = load(ctx, "ising-teacher:lattice:9x9,n=51")};
    static int8_t rows[(ROWS + 1) * VISIBLE];
    static double first[VISIBLE * HIDDEN];
    double largest = 0;

    assert_ok(ctx, heat_data_get_states(ctx, input.data, 0, ROWS + 1, rows));
    for (uint32_t turn = 0; turn < 2; turn++) {
        heat_climb climb = {.n_rows = ROWS,
                            .n_dreams = ROWS,
                            .rows = rows,
                            .dreams = rows + VISIBLE,
                            .rate = 1,
                            .turn = turn,
                            .isa = "auto"};
        heat_learn_options options;
        heat_learner l;
        heat_learn_options_init(&options);
        options.hidden = HIDDEN;
        open_learner(ctx, &heat_learn_kind_rbm, &input, &options, &l);
        assert_ok(ctx, l.kind->climb(ctx, &l, &climb));
        heat_learner_catch_up(&l);
        for (int64_t a = 0; a < l.n_decayed; a++)
            largest = turn == 0 ? 0 : fmax(largest, fabs(l.parameters[a] - first[a]));
        memcpy(first, l.parameters, (size_t)l.n_decayed * sizeof *first);
        heat_learner_clear(&l);
    }
    assert_true(largest > 1e-5 && largest < 1e-2);
    heat_data_free((heat_data *)(uintptr_t)input.data);
    heat_context_free(ctx);
}

/* An update in one go, by rounded means of hidden units, against one by way of the statistics, by one
 * thread and by threads that share hidden units of two words and a bit. */
static void updates_follow_the_difference_of_means(void **state)
{
    (void)state;
    enum { ROWS = 150, DREAMS = 90, VISIBLE = 323, HIDDEN = 131 };
    static const char *const isas[] = {"ref", "auto", "auto", "auto"};
    static const int64_t threads[] = {1, 1, 2, 3};
    heat_context *ctx = test_context();
    heat_learn_input input = {.size = sizeof input,
                              .data = load(ctx, "ising-teacher:lattice:17x19,n=150,temperature=3")};
    int8_t *rows = malloc(ROWS * VISIBLE);
    double weight[ROWS], one, *positive = NULL, *negative = NULL, *first[4] = {NULL};

    assert_non_null(rows);
    for (int k = 0; k < 4; k++) {
        heat_learn_options options;
        heat_learner l;
        heat_climb climb = {.n_rows = ROWS,
                            .n_dreams = DREAMS,
                            .rows = rows,
                            .weight = weight,
                            .rate = 0.3,
                            .weight_decay = 0.01,
                            .isa = isas[k]};
        heat_learn_options_init(&options);
        options.hidden = HIDDEN;
        options.threads = threads[k];
        open_learner(ctx, &heat_learn_kind_rbm, &input, &options, &l);
        assert_ok(ctx, heat_data_get_states(ctx, input.data, 0, ROWS, rows));
        climb.dreams = rows + 20 * VISIBLE;
        for (int r = 0; r < ROWS; r++)
            weight[r] = 0.5 + r % 3;
        positive = calloc((size_t)l.n_parameters, sizeof *positive);
        negative = calloc((size_t)l.n_parameters, sizeof *negative);
        first[k] = calloc((size_t)l.n_parameters, sizeof *first[k]);
        assert_true(positive != NULL && negative != NULL && first[k] != NULL);
        for (int update = 0; update < 3; update++) {
            double *was = first[k];
            memset(positive, 0, (size_t)l.n_parameters * sizeof *positive);
            memset(negative, 0, (size_t)l.n_parameters * sizeof *negative);
            memcpy(was, l.parameters, (size_t)l.n_parameters * sizeof *was);
            l.kind->add_statistics(&l, ROWS, rows, weight, positive);
            l.kind->add_statistics(&l, DREAMS, climb.dreams, NULL, negative);
            climb.turn = (uint32_t)update;
            assert_ok(ctx, l.kind->climb(ctx, &l, &climb));
            if (update == 1) /* the kind itself sees what it has kept */
                l.kind->log_weights(&l, 1, rows, &one);
            else
                heat_learner_catch_up(&l);
            for (int64_t a = 0; a < l.n_parameters; a++) {
                double gain = positive[a] / ROWS - negative[a] / DREAMS;
                gain -= a < l.n_decayed ? 0.01 * was[a] : 0;
                assert_close(l.parameters[a], was[a] + 0.3 * gain,
                             a < l.n_decayed || a >= l.n_decayed + VISIBLE ? 5e-4 : 1e-5);
            }
        }
        memcpy(first[k], l.parameters, (size_t)l.n_parameters * sizeof *first[k]);
        move_from_new_tables_too(ctx, &l, DREAMS, climb.dreams, isas[k]);
        assert_memory_equal(first[0], first[k], (size_t)l.n_parameters * sizeof *first[k]);
        free(positive);
        free(negative);
        heat_learner_clear(&l);
    }
    for (int k = 0; k < 4; k++)
        free(first[k]);
    free(rows);
    heat_data_free((heat_data *)(uintptr_t)input.data);
    heat_context_free(ctx);
}

/* log Z that was followed from independent units, against the sum over all states. */
static void tracked_counts_are_those_of_all_states(void **state)
{
    (void)state;
    static const struct {
        const heat_learn_kind *kind;
        const char *data;
        int hidden;
    } rows[] = {{&heat_learn_kind_ising, "shifter:4", HEAT_AUTO},
                {&heat_learn_kind_ising, "ising-teacher:lattice:3x3,n=50", HEAT_AUTO},
                {&heat_learn_kind_rbm, "bars-and-stripes:4x4", 12},
                {&heat_learn_kind_boltzmann, "shifter:3", 4}};
    heat_context *ctx = test_context();

    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        heat_learn_input input = {.size = sizeof input, .data = load(ctx, rows[k].data)};
        heat_tracked_count tracked = {0};
        heat_learn_options options;
        heat_learn_count count;
        heat_learner l;
        double exact;

        heat_learn_options_init(&options);
        options.hidden = rows[k].hidden;
        open_learner(ctx, rows[k].kind, &input, &options, &l);
        assert_ok(ctx, heat_tracked_count_open(ctx, &l, &options, &tracked));
        heat_tracked_count_get(&tracked, &count);
        assert_true(tracked.at[0] == 0); /* no couplings */
        assert_close(count.error, 0, 1e-12);
        for (int look = 0; look < 2; look++) { /* the second goes on from the first */
            assert_ok(ctx, heat_tracked_count_follow(ctx, &l, &tracked));
            assert_memory_equal(tracked.at, l.parameters, (size_t)l.n_parameters * sizeof *tracked.at);
            heat_tracked_count_get(&tracked, &count);
            assert_ok(ctx, l.kind->sum_states(ctx, &l, 1, NULL, &exact));
            assert_true(count.error > 0 && count.error < 0.3);
            assert_true(fabs(count.log_z - exact) < 5 * count.error);
            assert_true(count.lower < exact && exact < count.upper);
            for (int64_t a = 0; a < l.n_parameters; a++)
                l.parameters[a] *= 0.7;
        }
        heat_tracked_count_close(&tracked);
        heat_learner_clear(&l);
        heat_data_free((heat_data *)(uintptr_t)input.data);
    }
    heat_context_free(ctx);
}

static void steps_are_smaller_where_couplings_are_many(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_learn_input input = {.size = sizeof input, .data = load(ctx, "ising-teacher:lattice:20x20,n=4")};
    heat_learn_options options;

    heat_learn_options_init(&options);
    for (int k = 0; k < 2; k++) {
        heat_learner l = {0};
        options.hidden = k == 0 ? 150 : 300;
        open_learner(ctx, &heat_learn_kind_rbm, &input, &options, &l);
        assert_close(l.pace, k == 0 ? 4 : 2, 1e-12);
        heat_learner_clear(&l);
    }
    heat_data_free((heat_data *)(uintptr_t)input.data);
    heat_context_free(ctx);
}

/* An rbm too large to count: annealing and tracking tell its likelihood, between bounds. */
static void likelihoods_of_large_models_are_estimated(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_learn_input input = {.size = sizeof input, .data = load(ctx, "ising-teacher:lattice:6x6,n=200")};
    heat_learn_options options;
    heat_learn_result r;

    heat_learn_options_init(&options);
    heat_learn_result_init(&r);
    options.hidden = 30;
    options.epochs = 20;
    assert_ok(ctx, heat_learn(ctx, "rbm", &input, &options, &r));
    assert_string_equal(r.negative, "pcd");
    assert_string_equal(r.count_method, "annealing");
    assert_false(r.exact);
    assert_true(r.count.error > 0 && r.count.error <= options.target_error);
    assert_true(r.count.lower < r.count.log_z && r.count.log_z < r.count.upper);
    assert_int_equal(r.n_history, 20);
    for (int64_t h = 0; h < r.n_history; h++)
        assert_true(isfinite(r.history[h].train) && r.history[h].count.error > 0);
    assert_true(fabs(r.history[19].count.log_z - r.count.log_z) <
                5 * hypot(r.count.error, r.history[19].count.error));
    heat_learn_result_clear(&r);
    heat_data_free((heat_data *)(uintptr_t)input.data);
    heat_context_free(ctx);
}

static void a_stopped_run_returns_what_it_has(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_learn_input input = {.size = sizeof input, .data = load(ctx, "shifter:2")};

    for (int k = 0; k < N_PHASES; k++) {
        heat_learn_options options;
        heat_learn_result r;
        heat_learn_options_init(&options);
        heat_learn_result_init(&r);
        options.negative = phases[k];
        options.time = 0;
        assert_ok(ctx, heat_learn(ctx, "ising", &input, &options, &r));
        assert_int_equal(r.outcome, HEAT_OUTCOME_TIME);
        assert_non_null(r.model);
        heat_learn_result_clear(&r);
    }
    heat_data_free((heat_data *)(uintptr_t)input.data);
    heat_context_free(ctx);
}

typedef struct little {
    const char *kind, *negative, *layers;
} little;

static heat_status learn_little(heat_context *ctx, void *arg)
{
    const little *what = arg;
    heat_learn_input input = {.size = sizeof input};
    heat_learn_options options;
    heat_learn_result r;
    heat_data *data = NULL;
    heat_status status;

    heat_learn_options_init(&options);
    heat_learn_result_init(&r);
    options.negative = what->negative;
    options.epochs = 2;
    options.threads = 1; /* the counting allocator is not made for more */
    options.hidden = strcmp(what->kind, "ising") == 0 || what->layers != NULL ? HEAT_AUTO : 2;
    options.layers = what->layers;
    status = heat_data_load(ctx, "bars-and-stripes:2x2", NULL, &data);
    input.data = input.validation = data;
    if (status == HEAT_OK)
        status = heat_learn(ctx, what->kind, &input, &options, &r);
    heat_learn_result_clear(&r);
    heat_data_free(data);
    return status;
}

static void failing_allocations_leak_nothing(void **state)
{
    (void)state;
    for (int k = 0; k < N_KINDS * N_PHASES; k++) {
        little what = {kinds[k / N_PHASES], phases[k % N_PHASES], NULL};
        test_failing_allocations(learn_little, &what);
    }
    for (int k = 0; k < 2; k++) { /* hidden units that are drawn, of two layers and of more */
        little what = {"boltzmann", "pcd", k == 0 ? "14-13" : "2-13-13"};
        test_failing_allocations(learn_little, &what);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(subset_sums_are_those_of_enumeration),
        cmocka_unit_test(the_gradient_is_that_of_the_likelihood),
        cmocka_unit_test(the_gradient_of_an_rbm_is_that_of_its_likelihood),
        cmocka_unit_test(the_gradient_of_a_boltzmann_is_that_of_its_likelihood),
        cmocka_unit_test(bars_and_stripes_are_learned_to_their_entropy),
        cmocka_unit_test(exact_training_never_lowers_the_likelihood),
        cmocka_unit_test(a_teacher_is_recovered_with_errors_that_fall_as_the_root_of_the_rows),
        cmocka_unit_test(sampled_phases_come_close_to_the_optimum_in_either_coding),
        cmocka_unit_test(looks_are_at_averages_long_before_the_end),
        cmocka_unit_test(what_diverges_goes_back),
        cmocka_unit_test(averages_forget_what_diverged),
        cmocka_unit_test(hidden_units_do_no_harm),
        cmocka_unit_test(the_bits_do_not_depend_on_threads),
        cmocka_unit_test(threads_share_an_rbm_without_a_trace),
        cmocka_unit_test(looks_leave_no_trace),
        cmocka_unit_test(validation_ends_training_and_keeps_the_best),
        cmocka_unit_test(steps_are_smaller_where_couplings_are_many),
        cmocka_unit_test(what_cannot_be_learned_is_told),
        cmocka_unit_test(settled_tables_are_those_of_the_model),
        cmocka_unit_test(means_that_a_move_left_are_the_same),
        cmocka_unit_test(updates_round_by_their_turn),
        cmocka_unit_test(updates_follow_the_difference_of_means),
        cmocka_unit_test(tracked_counts_are_those_of_all_states),
        cmocka_unit_test(likelihoods_of_large_models_are_estimated),
        cmocka_unit_test(a_stopped_run_returns_what_it_has),
        cmocka_unit_test(failing_allocations_leak_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
