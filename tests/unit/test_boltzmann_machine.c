/* The Boltzmann machine: energies and changes against the definition, the Ising model and the QUBO that it
 * is, an RBM as one, its files, what is refused. */
#include "model/views.h"
#include "random/stream.h"
#include "support.h"

#include <heatbath/model.h>
#include <math.h>
#include <string.h>

enum { V = 3, H = 2, N = V + H, M = 7 };

static const int32_t from[M] = {0, 1, 2, 3, 0, 4, 1}, to[M] = {1, 2, 0, 4, 3, 2, 0}; /* (0, 1) twice */

typedef struct instance {
    heat_boltzmann machine;
    double weights[M], biases[N];
} instance;

static void make(instance *s)
{
    heat_stream stream;

    heat_stream_init(&stream, 3, HEAT_PURPOSE_TEST, 0);
    for (int e = 0; e < M; e++)
        s->weights[e] = heat_stream_normal(&stream);
    for (int i = 0; i < N; i++)
        s->biases[i] = heat_stream_normal(&stream);
    heat_boltzmann_init(&s->machine);
    s->machine.n_visible = V;
    s->machine.n_hidden = H;
    s->machine.n_edges = M;
    s->machine.i = from;
    s->machine.j = to;
    s->machine.weights = s->weights;
    s->machine.biases = s->biases;
    s->machine.offset = 0.75;
}

static double energy_of(const heat_boltzmann *m, const int8_t *x)
{
    double energy = m->offset;

    for (int64_t e = 0; e < m->n_edges; e++)
        energy -= m->weights[e] * x[m->i[e]] * x[m->j[e]];
    for (int32_t i = 0; i < m->n_visible + m->n_hidden; i++)
        energy -= m->biases[i] * x[i];
    return energy;
}

static void bits_of(int k, int8_t *x)
{
    for (int i = 0; i < N; i++)
        x[i] = (int8_t)(k >> i & 1);
}

static double pair_energy(const heat_pairwise *g, const int8_t *x)
{
    double energy = g->offset;

    for (int32_t i = 0; i < g->n; i++) {
        energy -= g->field[i] * (2 * x[i] - 1);
        for (int64_t k = g->row[i]; k < g->row[i + 1]; k++)
            if (g->col[k] > i)
                energy -= heat_pairwise_coupling(g, k) * (2 * x[i] - 1) * (2 * x[g->col[k]] - 1);
    }
    return energy;
}

static void every_state_has_the_energy_of_the_definition(void **state)
{
    heat_context *ctx = test_context();
    heat_model *model = NULL;
    heat_model_info info;
    heat_pairwise view;
    instance s;

    (void)state;
    make(&s);
    assert_ok(ctx, heat_model_create_boltzmann(ctx, &s.machine, &model));
    heat_model_describe(model, &info);
    assert_string_equal(info.kind, "boltzmann");
    assert_int_equal(info.n_visible, V);
    assert_int_equal(info.n_variables, N);
    assert_int_equal(info.coding, HEAT_CODING_INDEX);
    assert_int_equal(info.n_merged, 1);
    assert_true(info.min_coupling < info.max_coupling && s.weights[1] <= info.max_coupling &&
                s.weights[1] >= info.min_coupling); /* W is told, not J */
    assert_true(heat_model_get_pairwise(model, &view));
    for (int k = 0; k < 1 << N; k++) {
        int8_t x[N], y[N];
        double energy, delta;
        bits_of(k, x);
        assert_ok(ctx, heat_model_get_energy(ctx, model, 1, x, &energy));
        assert_close(energy, energy_of(&s.machine, x), 1e-14);
        assert_close(pair_energy(&view, x), energy, 1e-14);
        for (int i = 0; i < N; i++) {
            memcpy(y, x, N);
            y[i] = (int8_t)(1 - x[i]);
            assert_ok(ctx, heat_model_deltas(ctx, model, 1, x, i, &y[i], &delta));
            assert_close(delta, energy_of(&s.machine, y) - energy_of(&s.machine, x), 1e-14);
        }
    }
    heat_model_free(model);
    heat_context_free(ctx);
}

static void an_rbm_is_one(void **state)
{
    enum { EDGES = V * H };
    heat_context *ctx = test_context();
    heat_model *rbm = NULL, *machine = NULL;
    double weights[EDGES];
    int32_t i[EDGES], j[EDGES];
    heat_rbm r;
    instance s;

    (void)state;
    make(&s);
    for (int e = 0; e < EDGES; e++) {
        weights[e] = e - 2.5;
        i[e] = e / H;
        j[e] = V + e % H;
    }
    heat_rbm_init(&r);
    r.n_visible = V;
    r.n_hidden = H;
    r.weights = weights;
    r.visible_bias = s.biases;
    r.hidden_bias = s.biases + V;
    s.machine.n_edges = EDGES;
    s.machine.i = i;
    s.machine.j = j;
    s.machine.weights = weights;
    s.machine.offset = 0;
    assert_ok(ctx, heat_model_create_rbm(ctx, &r, &rbm));
    assert_ok(ctx, heat_model_create_boltzmann(ctx, &s.machine, &machine));
    for (int k = 0; k < 1 << N; k++) {
        int8_t x[N];
        double a, b;
        bits_of(k, x);
        assert_ok(ctx, heat_model_get_energy(ctx, rbm, 1, x, &a));
        assert_ok(ctx, heat_model_get_energy(ctx, machine, 1, x, &b));
        assert_close(a, b, 1e-14);
    }
    heat_model_free(rbm);
    heat_model_free(machine);
    heat_context_free(ctx);
}

/* .h5 keeps it whole; the others hold the QUBO or the Ising model that it is. */
static void files_keep_the_energies(void **state)
{
    static const struct {
        const char *suffix, *kind;
        double tolerance;
    } cases[] = {
        {".h5", "boltzmann", 0}, {".qubo", "qubo", 0}, {".json", "qubo", 0}, {".ising", "ising", 1e-14}};
    heat_context *ctx = test_context();
    heat_model *model = NULL, *read = NULL;
    heat_model_info info;
    instance s;

    (void)state;
    make(&s);
    assert_ok(ctx, heat_model_create_boltzmann(ctx, &s.machine, &model));
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        const char *path = test_file(cases[c].suffix, "", 0);
        assert_ok(ctx, heat_model_save(ctx, model, path));
        assert_ok(ctx, heat_model_load(ctx, path, &read));
        heat_model_describe(read, &info);
        assert_string_equal(info.kind, cases[c].kind);
        assert_int_equal(info.n_visible, c == 0 ? V : 0);
        for (int k = 0; k < 1 << N; k++) {
            int8_t x[N];
            double a, b;
            bits_of(k, x);
            assert_ok(ctx, heat_model_get_energy(ctx, model, 1, x, &a));
            for (int i = 0; i < N && info.coding == HEAT_CODING_SPIN; i++)
                x[i] = (int8_t)(2 * x[i] - 1);
            assert_ok(ctx, heat_model_get_energy(ctx, read, 1, x, &b));
            assert_close(b, a, cases[c].tolerance);
        }
        heat_model_free(read);
    }
    heat_model_free(model);
    heat_context_free(ctx);
}

static void what_is_no_machine_is_refused(void **state)
{
    heat_context *ctx = test_context();
    heat_model *model = NULL;
    int32_t loop[M];
    instance s;

    (void)state;
    make(&s);
    s.machine.n_visible = 0;
    assert_int_equal(heat_model_create_boltzmann(ctx, &s.machine, &model), HEAT_ERROR_ARGUMENT);
    assert_contains(heat_context_error(ctx), "at least one visible");
    make(&s);
    s.biases[3] = NAN;
    assert_int_equal(heat_model_create_boltzmann(ctx, &s.machine, &model), HEAT_ERROR_ARGUMENT);
    assert_contains(heat_context_error(ctx), "bias 3");
    make(&s);
    s.weights[2] = INFINITY;
    assert_int_equal(heat_model_create_boltzmann(ctx, &s.machine, &model), HEAT_ERROR_ARGUMENT);
    assert_contains(heat_context_error(ctx), "edge 2");
    make(&s);
    memcpy(loop, from, sizeof loop);
    loop[1] = to[1];
    s.machine.i = loop;
    assert_int_equal(heat_model_create_boltzmann(ctx, &s.machine, &model), HEAT_ERROR_ARGUMENT);
    assert_contains(heat_context_error(ctx), "edge 1");
    make(&s);
    s.machine.offset = NAN;
    assert_int_equal(heat_model_create_boltzmann(ctx, &s.machine, &model), HEAT_ERROR_ARGUMENT);
    assert_int_equal(heat_model_create_boltzmann(ctx, NULL, &model), HEAT_ERROR_ARGUMENT);
    assert_null(model);
    heat_context_free(ctx);
}

static heat_status create(heat_context *ctx, void *arg)
{
    const instance *s = arg;
    heat_model *model = NULL;
    heat_status status = heat_model_create_boltzmann(ctx, &s->machine, &model);

    heat_model_free(model);
    return status;
}

static void any_allocation_may_fail(void **state)
{
    instance s;

    (void)state;
    make(&s);
    test_failing_allocations(create, &s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_state_has_the_energy_of_the_definition),
        cmocka_unit_test(an_rbm_is_one),
        cmocka_unit_test(files_keep_the_energies),
        cmocka_unit_test(what_is_no_machine_is_refused),
        cmocka_unit_test(any_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
