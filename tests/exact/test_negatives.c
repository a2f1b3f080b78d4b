/* Persistent negative phases at parameters that stand still: what they expect is the exact mean, and
 * exchanges of a ladder balance in detail. */
#include "learn/learner.h"
#include "random/stream.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BATCHES = 20, UPDATES = 40, SETTLING = 200, CHAINS = 64 };

typedef struct phase {
    const heat_negative_kind *kind;
    const char *ladder;
    bool crosses; /* from valley to valley */
} phase;

static const phase phases[] = {
    {&heat_negative_pcd, "temperature", false},
    {&heat_negative_tempering, "temperature", true},
    {&heat_negative_tempering, "trajectory", true},
};
enum { N_PHASES = sizeof phases / sizeof *phases };

static void open_learner(heat_context *ctx, const heat_learn_kind *kind, const char *spec,
                         const heat_learn_options *options, heat_data **data, heat_learner *l)
{
    heat_learn_input input = {.size = sizeof input};

    assert_ok(ctx, heat_data_load(ctx, spec, NULL, data));
    input.data = *data;
    *l = (heat_learner){.kind = kind};
    assert_ok(ctx, kind->open(ctx, &input, options, l));
}

/* The largest distance from the exact mean, in standard errors of BATCHES batches. */
static double distance_of(heat_context *ctx, const phase *p, const heat_learn_options *given,
                          const heat_learner *l, double *parameters)
{
    heat_negative negative = {
        .kind = p->kind, .k = 1, .n_chains = CHAINS, .threads = 1, .seed = test_seed(), .isa = "auto"};
    heat_learn_options options = *given;
    size_t n = (size_t)l->n_parameters;
    double *exact = calloc(n, sizeof *exact), *mean = calloc(n, sizeof *mean), log_z, most = 0;
    double *sum = calloc(n, sizeof *sum), *squares = calloc(n, sizeof *squares);
    double *batch = calloc(n, sizeof *batch);
    heat_learner begin = *l, at = *l;

    assert_true(exact != NULL && mean != NULL && sum != NULL && squares != NULL && batch != NULL);
    options.ladder = p->ladder;
    at.parameters = parameters; /* the ladder begins at the learner's own */
    assert_ok(ctx, at.kind->sum_states(ctx, &at, 1, exact, &log_z));
    assert_ok(ctx, negative.kind->open(ctx, &options, &begin, &negative));
    for (int u = -SETTLING; u < BATCHES * UPDATES; u++) {
        assert_ok(ctx, heat_negative_run(ctx, &negative, &at, 0, NULL, NULL, mean));
        for (size_t a = 0; a < n && u >= 0; a++) {
            batch[a] = (u % UPDATES == 0 ? 0 : batch[a]) + mean[a] / UPDATES;
            sum[a] += u % UPDATES == UPDATES - 1 ? batch[a] : 0;
            squares[a] += u % UPDATES == UPDATES - 1 ? batch[a] * batch[a] : 0;
        }
    }
    for (size_t a = 0; a < n; a++) {
        double m = sum[a] / BATCHES, error = sqrt((squares[a] / BATCHES - m * m) / (BATCHES - 1));
        most = fmax(most, fabs(m - exact[a]) / (error + 1e-4));
    }
    heat_negative_close(&negative);
    free(exact);
    free(mean);
    free(sum);
    free(squares);
    free(batch);
    return most;
}

/* What rows become does not depend on where they are put. */
static void check_places(heat_context *ctx, const heat_learner *l, double *parameters)
{
    heat_negative moves = {.k = 1, .n_chains = CHAINS, .threads = 1, .seed = test_seed(), .isa = "auto"};
    const size_t bytes = (size_t)(CHAINS * heat_row_bytes(&l->form));
    void *rows = calloc(bytes, 1), *elsewhere = calloc(bytes, 1);
    heat_learner at = *l;

    assert_true(rows != NULL && elsewhere != NULL);
    at.parameters = parameters;
    heat_negative_draw(&moves, &at, rows);
    assert_ok(ctx, at.kind->move(ctx, &moves, &at, CHAINS, rows, elsewhere));
    assert_ok(ctx, at.kind->move(ctx, &moves, &at, CHAINS, rows, rows));
    assert_memory_equal(rows, elsewhere, bytes);
    free(rows);
    free(elsewhere);
}

static void persistent_phases_expect_the_exact_mean(void **state)
{
    (void)state;
    static const struct {
        const heat_learn_kind *kind;
        const char *spec, *visible, *hidden;
        int64_t n_hidden;
    } cases[] = {
        {&heat_learn_kind_ising, "ising-teacher:sk:5,n=50", "auto", "auto", HEAT_AUTO},
        {&heat_learn_kind_rbm, "bars-and-stripes:2x3", "auto", "auto", 3},
        {&heat_learn_kind_rbm, "bars-and-stripes:2x2", "potts", "relu", 2},
        {&heat_learn_kind_boltzmann, "bars-and-stripes:2x2", "auto", "auto", 3},
    };
    heat_context *ctx = test_context();

    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        heat_learn_options options;
        heat_data *data;
        heat_learner l;
        heat_stream stream;
        double *parameters;
        heat_learn_options_init(&options);
        options.hidden = cases[k].n_hidden;
        options.visible_layer = cases[k].visible;
        options.hidden_layer = cases[k].hidden;
        open_learner(ctx, cases[k].kind, cases[k].spec, &options, &data, &l);
        parameters = calloc((size_t)l.n_parameters, sizeof *parameters);
        assert_non_null(parameters);
        heat_stream_init(&stream, test_seed(), HEAT_PURPOSE_TEST, k);
        for (int64_t a = 0; a < l.n_parameters; a++)
            parameters[a] = 0.7 * heat_stream_normal(&stream);
        check_places(ctx, &l, parameters);
        for (int p = 0; p < N_PHASES; p++)
            assert_true(distance_of(ctx, &phases[p], &options, &l, parameters) < 5.5); /* Student's, 19 */
        free(parameters);
        heat_learner_clear(&l);
        heat_data_free(data);
    }
    heat_context_free(ctx);
}

/* Ten spins that pull each other into one of two valleys, of which a weak field prefers one: chains on their
 * own stay where they fell. */
static void ladders_cross_from_valley_to_valley(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_learn_options options;
    heat_data *data;
    heat_learner l;
    double parameters[45 + 10];

    heat_learn_options_init(&options);
    open_learner(ctx, &heat_learn_kind_ising, "ising-teacher:sk:10,n=50", &options, &data, &l);
    assert_int_equal(l.n_parameters, 55);
    for (int a = 0; a < 55; a++)
        parameters[a] = a < 45 ? 0.4 : 0.05;
    for (int p = 0; p < N_PHASES; p++) {
        double distance = distance_of(ctx, &phases[p], &options, &l, parameters);
        assert_true(phases[p].crosses ? distance < 5.5 : distance > 30);
    }
    heat_learner_clear(&l);
    heat_data_free(data);
    heat_context_free(ctx);
}

enum { VISIBLE = 4, STATES = 1 << VISIBLE };

/* w(x) w'(y) p(x, y -> y, x) is the same from either end, for every pair of rows. */
static void exchanges_balance_in_detail(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_learn_options options;
    heat_data *data;
    heat_learner l;
    heat_stream stream;
    int8_t rows[STATES * VISIBLE];
    double below[STATES], above[STATES];

    heat_learn_options_init(&options);
    options.hidden = 3;
    open_learner(ctx, &heat_learn_kind_rbm, "bars-and-stripes:2x2", &options, &data, &l);
    for (int k = 0; k < STATES * VISIBLE; k++)
        rows[k] = (int8_t)(k / VISIBLE >> k % VISIBLE & 1);
    heat_stream_init(&stream, test_seed(), HEAT_PURPOSE_TEST, 9);
    for (int64_t a = 0; a < l.n_parameters; a++)
        l.parameters[a] = heat_stream_normal(&stream);
    l.kind->log_weights(&l, STATES, rows, above);
    for (int64_t a = 0; a < l.n_parameters; a++)
        l.parameters[a] *= 0.3;
    l.kind->log_weights(&l, STATES, rows, below);
    for (int x = 0; x < STATES; x++)
        for (int y = 0; y < STATES; y++) {
            double there = heat_negative_exchange_probability(below[x], below[y], above[x], above[y]);
            double back = heat_negative_exchange_probability(below[y], below[x], above[y], above[x]);
            assert_close(exp(below[x] + above[y]) * there / (exp(below[y] + above[x]) * back), 1, 1e-12);
            assert_close(fmax(there, back), 1, 0);
        }
    heat_learner_clear(&l);
    heat_data_free(data);
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(persistent_phases_expect_the_exact_mean),
        cmocka_unit_test(ladders_cross_from_valley_to_valley),
        cmocka_unit_test(exchanges_balance_in_detail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
