/* Enumeration of the smaller layer against visiting every state of both, against published values, and bit by
 * bit between instruction sets and numbers of threads. */
#include "exact/layer_enumeration.h"
#include "kernel/isa.h"
#include "random/stream.h"
#include "stats/log_sum.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_V = 64, MOST_H = 64 };

typedef struct machine {
    heat_layered l;
    double weights[MOST_V * MOST_H], visible_bias[MOST_V], hidden_bias[MOST_H];
} machine;

static void make(machine *m, int32_t n_visible, int32_t n_hidden, double strength)
{
    heat_stream stream;

    heat_stream_init(&stream, 3, HEAT_PURPOSE_TEST, (uint64_t)(100 * n_visible + n_hidden));
    for (int k = 0; k < n_visible * n_hidden; k++)
        m->weights[k] = strength * heat_stream_normal(&stream);
    for (int i = 0; i < n_visible; i++)
        m->visible_bias[i] = strength * heat_stream_normal(&stream);
    for (int j = 0; j < n_hidden; j++)
        m->hidden_bias[j] = strength * heat_stream_normal(&stream);
    m->l = (heat_layered){n_visible, n_hidden, m->weights, 2, m->visible_bias, m->hidden_bias, 0.75};
}

/* What a run and its slow counterpart tell. */
typedef struct answer {
    heat_layer_enumeration e;
    double visible[MOST_V], hidden[MOST_H], pair[MOST_V * MOST_H];
} answer;

static void answer_begin(answer *a)
{
    memset(a, 0, sizeof *a);
    a->e.wants_moments = true;
    a->e.visible_mean = a->visible;
    a->e.hidden_mean = a->hidden;
    a->e.pair_mean = a->pair;
}

static double energy_of(const heat_layered *l, uint64_t x, uint64_t y)
{
    double energy = l->offset;

    for (int i = 0; i < l->n_visible; i++) {
        if (!(x >> i & 1))
            continue;
        energy -= l->visible_bias[i];
        for (int j = 0; j < l->n_hidden; j++)
            energy -= y >> j & 1 ? l->scale * l->weights[i * l->n_hidden + j] : 0;
    }
    for (int j = 0; j < l->n_hidden; j++)
        energy -= y >> j & 1 ? l->hidden_bias[j] : 0;
    return energy;
}

/* All states of both layers, twice. */
static void brute(const heat_layered *l, double beta, answer *a)
{
    heat_log_sum sum = HEAT_LOG_SUM_EMPTY;
    uint64_t nx = (uint64_t)1 << l->n_visible, ny = (uint64_t)1 << l->n_hidden;

    answer_begin(a);
    for (uint64_t x = 0; x < nx; x++)
        for (uint64_t y = 0; y < ny; y++) {
            double energy = energy_of(l, x, y);
            heat_log_sum_add(&sum, -beta * energy, 1, energy);
        }
    a->e.log_z = heat_log_sum_value(&sum);
    a->e.mean_energy = heat_log_sum_mean(&sum);
    for (uint64_t x = 0; x < nx; x++)
        for (uint64_t y = 0; y < ny; y++) {
            double energy = energy_of(l, x, y), p = exp(-beta * energy - a->e.log_z);
            a->e.energy_variance += p * (energy - a->e.mean_energy) * (energy - a->e.mean_energy);
            for (int i = 0; i < l->n_visible; i++)
                a->visible[i] += x >> i & 1 ? p : 0;
            for (int j = 0; j < l->n_hidden; j++)
                a->hidden[j] += y >> j & 1 ? p : 0;
            for (int k = 0; k < l->n_visible * l->n_hidden; k++)
                a->pair[k] += x >> (k / l->n_hidden) & y >> (k % l->n_hidden) & 1 ? p : 0;
        }
}

static void compare(const heat_layered *l, const answer *a, const answer *b, double tolerance)
{
    assert_close(a->e.log_z, b->e.log_z, tolerance * fmax(1, fabs(b->e.log_z)));
    assert_close(a->e.mean_energy, b->e.mean_energy, tolerance * fmax(1, fabs(b->e.mean_energy)));
    for (int i = 0; i < l->n_visible; i++)
        assert_close(a->visible[i], b->visible[i], tolerance);
    for (int j = 0; j < l->n_hidden; j++)
        assert_close(a->hidden[j], b->hidden[j], tolerance);
    for (int k = 0; k < l->n_visible * l->n_hidden; k++)
        assert_close(a->pair[k], b->pair[k], tolerance);
}

/* The mean and the variance of the energy in one walk, where odds fit a double, else the mean by moments. */
static void compare_energies(heat_context *ctx, const heat_layered *l, bool is_direct, const answer *slow)
{
    heat_layer_enumeration e = {.wants_energy = true};
    double size = fmax(1, fabs(slow->e.mean_energy));

    assert_ok(ctx, heat_layer_enumeration_run(ctx, l, 0.8, 1, &e));
    assert_close(e.log_z, slow->e.log_z, 1e-12 * fmax(1, fabs(slow->e.log_z)));
    assert_close(e.mean_energy, slow->e.mean_energy, 1e-12 * size);
    assert_true(isnan(e.energy_variance) == is_direct);
    if (!is_direct)
        assert_close(e.energy_variance, slow->e.energy_variance, 1e-12 * size * size);
}

/* Weights up to a strength at which odds no longer fit a double, so that both ways of summing are met. */
static void every_shape_agrees_with_visiting_all_states(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    static const int32_t shapes[][2] = {{1, 1}, {1, 5}, {5, 1}, {2, 7}, {9, 3}, {6, 6}, {11, 4}, {3, 10}};
    static const double strengths[] = {0, 0.3, 2, 400};

    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
        for (size_t k = 0; k < sizeof strengths / sizeof *strengths; k++) {
            machine m;
            answer fast, slow;
            make(&m, shapes[s][0], shapes[s][1], strengths[k]);
            answer_begin(&fast);
            assert_ok(ctx, heat_layer_enumeration_run(ctx, &m.l, 0.8, 1, &fast.e));
            brute(&m.l, 0.8, &slow);
            compare(&m.l, &fast, &slow, 1e-12);
            compare_energies(ctx, &m.l, strengths[k] > 100 || shapes[s][0] < 2 || shapes[s][1] < 2, &slow);
        }
    heat_context_free(ctx);
}

/* More states than a unit holds, and a layer that takes several groups of vectors. */
static void wide_machine(machine *m)
{
    make(m, 60, 15, 3);
    for (int i = 0; i < 60; i++)
        m->visible_bias[i] += 100;
}

static void every_instruction_set_and_thread_gives_the_same_bits(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    for (int direct = 0; direct < 2; direct++) {
        machine m;
        answer reference, other;
        heat_layer_enumeration energy = {.wants_energy = true}, first = energy;
        wide_machine(&m);
        answer_begin(&reference);
        assert_ok(ctx, heat_layer_enumeration_run_by(ctx, &m.l, direct ? 20 : 1, 1,
                                                     heat_isa_get("ref")->layer_sums, &reference.e));
        assert_true(isfinite(reference.e.log_z));
        for (int k = 0; k < heat_isa_count(); k++) {
            answer_begin(&other);
            assert_ok(ctx, heat_layer_enumeration_run_by(ctx, &m.l, direct ? 20 : 1, 3,
                                                         heat_isa_at(k)->layer_sums, &other.e));
            assert_memory_equal(&other.e.log_z, &reference.e.log_z, sizeof(double));
            assert_memory_equal(&other.e.mean_energy, &reference.e.mean_energy, sizeof(double));
            assert_memory_equal(other.pair, reference.pair, sizeof other.pair);
            assert_memory_equal(other.visible, reference.visible, sizeof other.visible);
            assert_ok(ctx, heat_layer_enumeration_run_by(ctx, &m.l, direct ? 20 : 1, 3,
                                                         heat_isa_at(k)->layer_sums, &energy));
            if (k == 0)
                first = energy;
            assert_memory_equal(&energy, &first, sizeof energy);
            assert_close(energy.mean_energy, reference.e.mean_energy, 1e-12 * fabs(energy.mean_energy));
            assert_true(isnan(energy.energy_variance) == (direct == 1));
        }
    }
    heat_context_free(ctx);
}

/* Exchanging the layers changes nothing but which one is enumerated. */
static void the_layers_may_change_places(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    machine m, turned;
    answer a, b;

    make(&m, 20, 14, 0.7);
    turned.l = (heat_layered){14, 20, turned.weights, 2, m.hidden_bias, m.visible_bias, 0.75};
    for (int i = 0; i < 20; i++)
        for (int j = 0; j < 14; j++)
            turned.weights[j * 20 + i] = m.weights[i * 14 + j];
    answer_begin(&a);
    answer_begin(&b);
    assert_ok(ctx, heat_layer_enumeration_run(ctx, &m.l, 1, 2, &a.e));
    assert_ok(ctx, heat_layer_enumeration_run(ctx, &turned.l, 1, 2, &b.e));
    assert_close(a.e.log_z, b.e.log_z, 1e-12);
    assert_close(a.e.mean_energy, b.e.mean_energy, 1e-11);
    assert_close(a.pair[3 * 14 + 5], b.pair[5 * 20 + 3], 1e-13);
    heat_context_free(ctx);
}

static void log_z_alone_is_the_same(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    machine m;
    answer a;
    heat_layer_enumeration alone = {.wants_moments = false};

    make(&m, 30, 10, 1);
    answer_begin(&a);
    assert_ok(ctx, heat_layer_enumeration_run(ctx, &m.l, 1, 1, &a.e));
    assert_ok(ctx, heat_layer_enumeration_run(ctx, &m.l, 1, 1, &alone));
    assert_memory_equal(&alone.log_z, &a.e.log_z, sizeof(double));
    assert_true(isnan(alone.mean_energy));
    heat_context_free(ctx);
}

static void the_lowest_state_is_found(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    for (int pairing = 0; pairing < 4; pairing++) {
        machine m;
        heat_rbm rbm;
        heat_model *model;
        heat_layered l;
        double energy, lowest = (double)INFINITY;
        int8_t row[17];
        make(&m, 11, 6, 1);
        heat_rbm_init(&rbm);
        rbm.n_visible = 11;
        rbm.n_hidden = 6;
        rbm.visible = pairing & 1 ? HEAT_LAYER_SPIN : HEAT_LAYER_BINARY;
        rbm.hidden = pairing & 2 ? HEAT_LAYER_SPIN : HEAT_LAYER_BINARY;
        rbm.weights = m.weights;
        rbm.visible_bias = m.visible_bias;
        rbm.hidden_bias = m.hidden_bias;
        assert_ok(ctx, heat_model_create_rbm(ctx, &rbm, &model));
        assert_true(heat_model_get_layered(model, &l));
        for (uint64_t x = 0; x < 1 << 11; x++)
            for (uint64_t y = 0; y < 1 << 6; y++)
                lowest = fmin(lowest, energy_of(&l, x, y));
        assert_ok(ctx, heat_layer_enumeration_run_minimum(ctx, model, 2, &energy, row));
        assert_close(energy, lowest, 1e-12);
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

/* The published value is of the weights in single precision, which the files print with nine digits. */
static void read_numbers(const char *name, double *values, int count)
{
    FILE *f = fopen(test_data(name), "r");

    if (f == NULL)
        fail_msg("cannot open %s", name);
    for (int k = 0; k < count; k++) {
        if (fscanf(f, "%lf", &values[k]) != 1)
            fail_msg("%s holds fewer than %d numbers", name, count);
        values[k] = (float)values[k];
    }
    fclose(f);
}

static void mnist_weights_have_the_published_log_z(void **state)
{
    (void)state;
    enum { V = 784, H = 20 };
    heat_context *ctx;
    double *weights, visible[V], hidden[H];
    heat_layered l;
    heat_layer_enumeration e = {.wants_moments = true};

    test_data("exact/rbm_small.tsv");
    ctx = test_context();
    weights = malloc(sizeof *weights * V * H);
    assert_non_null(weights);
    read_numbers("exact/instances/rbm784x20_W.txt", weights, V * H);
    read_numbers("exact/instances/rbm784x20_a.txt", visible, V);
    read_numbers("exact/instances/rbm784x20_b.txt", hidden, H);
    l = (heat_layered){V, H, weights, 1, visible, hidden, 0};
    assert_ok(ctx, heat_layer_enumeration_run(ctx, &l, 1, 2, &e));
    assert_close(e.log_z, 169.677325231642, 1e-11);
    free(weights);
    heat_context_free(ctx);
}

static void more_than_forty_units_are_refused(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    machine m;
    heat_layer_enumeration e = {.wants_moments = false};

    make(&m, 45, 41, 1);
    assert_int_equal(heat_layer_enumeration_run(ctx, &m.l, 1, 1, &e), HEAT_ERROR_UNABLE);
    assert_contains(heat_context_error(ctx), "2^41, 2^40 are possible");
    assert_true(isnan(e.log_z));
    assert_int_equal(heat_layer_enumeration_run(ctx, &m.l, -1, 1, &e), HEAT_ERROR_ARGUMENT);
    heat_context_free(ctx);
}

static heat_status run(heat_context *ctx, void *arg)
{
    answer a;

    answer_begin(&a);
    return heat_layer_enumeration_run(ctx, arg, 1, 1, &a.e);
}

static void failing_memory_is_an_error_and_leaks_nothing(void **state)
{
    (void)state;
    machine m;

    make(&m, 12, 8, 1);
    test_failing_allocations(run, &m.l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_shape_agrees_with_visiting_all_states),
        cmocka_unit_test(every_instruction_set_and_thread_gives_the_same_bits),
        cmocka_unit_test(the_layers_may_change_places),
        cmocka_unit_test(log_z_alone_is_the_same),
        cmocka_unit_test(the_lowest_state_is_found),
        cmocka_unit_test(mnist_weights_have_the_published_log_z),
        cmocka_unit_test(more_than_forty_units_are_refused),
        cmocka_unit_test(failing_memory_is_an_error_and_leaks_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
