/* The RBM kind: energies and changes against the definition for every pairing of layers, its three views, its
 * files, what is refused. */
#include "model/views.h"
#include "random/stream.h"
#include "stats/log_sum.h"
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { V = 4, H = 3, N = V + H, PAIRINGS = 4 };

typedef struct instance {
    heat_rbm rbm;
    double weights[V * H], visible_bias[V], hidden_bias[H];
} instance;

static void make(instance *s, int pairing)
{
    heat_stream stream;

    heat_stream_init(&stream, 6, HEAT_PURPOSE_TEST, 0);
    for (int k = 0; k < V * H; k++)
        s->weights[k] = heat_stream_normal(&stream);
    for (int i = 0; i < V; i++)
        s->visible_bias[i] = heat_stream_normal(&stream);
    for (int j = 0; j < H; j++)
        s->hidden_bias[j] = heat_stream_normal(&stream);
    heat_rbm_init(&s->rbm);
    s->rbm.n_visible = V;
    s->rbm.n_hidden = H;
    s->rbm.visible = pairing & 1 ? HEAT_LAYER_SPIN : HEAT_LAYER_BINARY;
    s->rbm.hidden = pairing & 2 ? HEAT_LAYER_SPIN : HEAT_LAYER_BINARY;
    s->rbm.weights = s->weights;
    s->rbm.visible_bias = s->visible_bias;
    s->rbm.hidden_bias = s->hidden_bias;
    s->rbm.offset = -0.25;
}

/* State number k: `bits` over 0 and 1, `row` in the model's coding, `value` as the energy counts it. */
static void state_of(const heat_rbm *r, int k, int8_t *bits, int8_t *row, double *value)
{
    bool spins = r->visible == HEAT_LAYER_SPIN && r->hidden == HEAT_LAYER_SPIN;

    for (int i = 0; i < N; i++) {
        heat_layer layer = i < V ? r->visible : r->hidden;
        bits[i] = (int8_t)(k >> i & 1);
        row[i] = (int8_t)(spins ? 2 * bits[i] - 1 : bits[i]);
        value[i] = layer == HEAT_LAYER_SPIN ? 2 * bits[i] - 1 : bits[i];
    }
}

static double energy_of(const heat_rbm *r, const double *value)
{
    double energy = r->offset;

    for (int i = 0; i < V; i++)
        for (int j = 0; j < H; j++)
            energy -= value[i] * r->weights[i * H + j] * value[V + j];
    for (int i = 0; i < V; i++)
        energy -= r->visible_bias == NULL ? 0 : r->visible_bias[i] * value[i];
    for (int j = 0; j < H; j++)
        energy -= r->hidden_bias == NULL ? 0 : r->hidden_bias[j] * value[V + j];
    return energy;
}

static double energy_of_pairs(const heat_pairwise *g, const int8_t *bits)
{
    double energy = g->offset;

    for (int32_t i = 0; i < g->n; i++) {
        energy -= g->field[i] * (2 * bits[i] - 1);
        for (int64_t k = g->row[i]; k < g->row[i + 1]; k++)
            energy -= heat_pairwise_coupling(g, k) / 2 * (2 * bits[i] - 1) * (2 * bits[g->col[k]] - 1);
    }
    return energy;
}

static double energy_of_layers(const heat_layered *l, const int8_t *bits)
{
    double energy = l->offset;

    for (int i = 0; i < V; i++)
        for (int j = 0; j < H; j++)
            energy -= l->scale * bits[i] * l->weights[i * H + j] * bits[V + j];
    for (int i = 0; i < V; i++)
        energy -= l->visible_bias[i] * bits[i];
    for (int j = 0; j < H; j++)
        energy -= l->hidden_bias[j] * bits[V + j];
    return energy;
}

static void check_changes(heat_context *ctx, const heat_model *model, const heat_rbm *r, int k, int site)
{
    int8_t bits[N], row[N], moved[N];
    double value[N], now, delta;

    state_of(r, k, bits, row, value);
    now = energy_of(r, value);
    state_of(r, k ^ 1 << site, bits, moved, value);
    assert_ok(ctx, heat_model_deltas(ctx, model, 1, row, site, &moved[site], &delta));
    assert_close(delta, energy_of(r, value) - now, 1e-12);
}

/* All states of a model against the arrays `r`. */
static void check_energies(heat_context *ctx, const heat_model *model, const heat_rbm *r)
{
    heat_pairwise pairs;
    heat_layered layers;

    assert_true(heat_model_get_pairwise(model, &pairs));
    assert_true(heat_model_get_layered(model, &layers));
    for (int k = 0; k < 1 << N; k++) {
        int8_t bits[N], row[N];
        double value[N], energy, expected;
        state_of(r, k, bits, row, value);
        expected = energy_of(r, value);
        assert_ok(ctx, heat_model_get_energy(ctx, model, 1, row, &energy));
        assert_close(energy, expected, 1e-12);
        assert_close(energy_of_pairs(&pairs, bits), expected, 1e-12);
        assert_close(energy_of_layers(&layers, bits), expected, 1e-12);
        check_changes(ctx, model, r, k, k % N);
    }
}

static void every_pairing_has_the_energies_of_the_definition(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    for (int pairing = 0; pairing < PAIRINGS; pairing++) {
        instance s;
        heat_model *model;
        make(&s, pairing);
        assert_ok(ctx, heat_model_create_rbm(ctx, &s.rbm, &model));
        check_energies(ctx, model, &s.rbm);
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

static void a_machine_describes_itself(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    instance s;
    heat_model *model;
    heat_model_info info;
    heat_rbm back;

    make(&s, 0);
    for (int k = 0; k < V * H; k++)
        s.weights[k] = k - 4;
    s.rbm.visible_bias = s.rbm.hidden_bias = NULL;
    s.rbm.offset = 3;
    assert_ok(ctx, heat_model_create_rbm(ctx, &s.rbm, &model));
    check_energies(ctx, model, &s.rbm);
    heat_model_describe(model, &info);
    assert_string_equal(info.kind, "rbm");
    assert_int_equal(info.n_variables, N);
    assert_int_equal(info.n_visible, V);
    assert_int_equal(info.n_states, 2);
    assert_int_equal(info.coding, HEAT_CODING_INDEX);
    assert_int_equal(info.n_edges, V * H - 1); /* a weight of 0 is none */
    assert_true(info.integer);
    assert_close(info.min_coupling, -4, 0);
    assert_close(info.max_coupling, 7, 0);
    heat_rbm_init(&back);
    assert_ok(ctx, heat_model_get_rbm(ctx, model, &back));
    assert_memory_equal(back.weights, s.weights, sizeof s.weights);
    assert_close(back.visible_bias[V - 1], 0, 0);
    assert_close(back.offset, 3, 0);
    heat_model_free(model);
    heat_context_free(ctx);
}

static void files_of_its_own_keep_every_number(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    const char *path = test_file(".h5", "", 0);

    for (int pairing = 0; pairing < PAIRINGS; pairing++) {
        instance s;
        heat_model *model, *again;
        heat_rbm back;
        make(&s, pairing);
        assert_ok(ctx, heat_model_create_rbm(ctx, &s.rbm, &model));
        assert_ok(ctx, heat_model_save(ctx, model, path));
        assert_ok(ctx, heat_model_load(ctx, path, &again));
        heat_rbm_init(&back);
        assert_ok(ctx, heat_model_get_rbm(ctx, again, &back));
        assert_int_equal(back.visible, s.rbm.visible);
        assert_int_equal(back.hidden, s.rbm.hidden);
        assert_memory_equal(back.weights, s.weights, sizeof s.weights);
        assert_memory_equal(back.visible_bias, s.visible_bias, sizeof s.visible_bias);
        assert_memory_equal(back.hidden_bias, s.hidden_bias, sizeof s.hidden_bias);
        assert_close(back.offset, -0.25, 0);
        heat_model_free(model);
        heat_model_free(again);
    }
    heat_context_free(ctx);
}

/* Spins where the file is .ising, 0 and 1 where it is .qubo, whatever the layers are. */
static void graph_files_keep_every_energy(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    static const char *const suffixes[] = {".ising", ".qubo", ".json"};

    for (int pairing = 0; pairing < PAIRINGS; pairing++)
        for (int f = 0; f < 3; f++) {
            instance s;
            heat_model *model, *graph;
            heat_model_info info;
            const char *path = test_file(suffixes[f], "", 0);
            make(&s, pairing);
            assert_ok(ctx, heat_model_create_rbm(ctx, &s.rbm, &model));
            assert_ok(ctx, heat_model_save(ctx, model, path));
            assert_ok(ctx, heat_model_load(ctx, path, &graph));
            heat_model_describe(graph, &info);
            for (int k = 0; k < 1 << N; k++) {
                int8_t bits[N], row[N], other[N];
                double value[N], energy;
                state_of(&s.rbm, k, bits, row, value);
                for (int i = 0; i < N; i++)
                    other[i] = (int8_t)(info.coding == HEAT_CODING_SPIN ? 2 * bits[i] - 1 : bits[i]);
                assert_ok(ctx, heat_model_get_energy(ctx, graph, 1, other, &energy));
                assert_close(energy, energy_of(&s.rbm, value), 1e-12);
            }
            heat_model_free(model);
            heat_model_free(graph);
        }
    heat_context_free(ctx);
}

/* At every temperature, and beyond what exp holds. */
static void free_energies_sum_the_hidden_units_out(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    static const double temperatures[] = {1, 0.25, 7, 1e-4};

    for (int k = 0; k < PAIRINGS * 4; k++) {
        double t = temperatures[k / PAIRINGS];
        instance s;
        heat_model *model;
        make(&s, k % PAIRINGS);
        assert_ok(ctx, heat_model_create_rbm(ctx, &s.rbm, &model));
        for (int v = 0; v < 1 << V; v++) {
            double x[1 << H], free_energy;
            int8_t bits[N], row[N];
            for (int h = 0; h < 1 << H; h++) {
                double value[N];
                state_of(&s.rbm, v | h << V, bits, row, value);
                x[h] = -energy_of(&s.rbm, value) / t;
            }
            assert_ok(ctx, heat_rbm_free_energies(ctx, model, t, 1, row, &free_energy));
            assert_close(free_energy, -t * heat_log_sum_exp(1 << H, x), 1e-12);
        }
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

static void free_energies_are_of_machines_and_their_coding(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    instance s;
    heat_model *model, *lattice;
    int8_t row[V] = {0, 1, 0, 2};
    double energy;

    make(&s, 0);
    assert_ok(ctx, heat_model_create_rbm(ctx, &s.rbm, &model));
    assert_ok(ctx, heat_model_load(ctx, "lattice:2x2", &lattice));
    assert_int_equal(heat_rbm_free_energies(ctx, model, 1, 1, row, &energy), HEAT_ERROR_ARGUMENT);
    assert_contains(heat_context_error(ctx), "unit 3: 2 is neither 0 nor 1");
    assert_int_equal(heat_rbm_free_energies(ctx, model, 0, 1, row, &energy), HEAT_ERROR_ARGUMENT);
    assert_int_equal(heat_rbm_free_energies(ctx, lattice, 1, 1, row, &energy), HEAT_ERROR_UNABLE);
    heat_model_free(model);
    heat_model_free(lattice);
    heat_context_free(ctx);
}

static void refuse(heat_context *ctx, const heat_rbm *rbm, const char *words)
{
    heat_model *model;

    assert_int_equal(heat_model_create_rbm(ctx, rbm, &model), HEAT_ERROR_ARGUMENT);
    assert_null(model);
    assert_contains(heat_context_error(ctx), words);
}

static void wrong_machines_are_refused_by_name(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    instance s;
    heat_rbm wrong;

    make(&s, 0);
    wrong = s.rbm;
    wrong.n_hidden = 0;
    refuse(ctx, &wrong, "0 hidden units");
    wrong = s.rbm;
    wrong.visible = (heat_layer)9;
    refuse(ctx, &wrong, "layer is of a kind unknown");
    wrong = s.rbm;
    wrong.weights = NULL;
    refuse(ctx, &wrong, "no weights");
    s.weights[5] = (double)NAN;
    refuse(ctx, &s.rbm, "weight 5 is not finite");
    s.weights[5] = 0;
    s.hidden_bias[1] = (double)INFINITY;
    refuse(ctx, &s.rbm, "hidden bias 1 is not finite");
    s.hidden_bias[1] = 0;
    s.rbm.offset = (double)NAN;
    refuse(ctx, &s.rbm, "the offset is not finite");
    assert_int_equal(heat_model_create_rbm(ctx, NULL, NULL), HEAT_ERROR_ARGUMENT);
    heat_context_free(ctx);
}

static void other_models_are_no_machines(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model;
    heat_layered layers;
    heat_rbm rbm;

    assert_ok(ctx, heat_model_load(ctx, "lattice:3x3", &model));
    heat_rbm_init(&rbm);
    assert_int_equal(heat_model_get_rbm(ctx, model, &rbm), HEAT_ERROR_UNABLE);
    assert_contains(heat_context_error(ctx), "is no RBM (kind ising)");
    assert_false(heat_model_get_layered(model, &layers));
    heat_model_free(model);
    heat_context_free(ctx);
}

static heat_status create_save_and_load(heat_context *ctx, void *arg)
{
    instance s;
    heat_model *model = NULL, *again = NULL;
    heat_status status;

    make(&s, 3);
    status = heat_model_create_rbm(ctx, &s.rbm, &model);
    if (status == HEAT_OK) {
        static const int8_t up[V] = {1, 1, 1, 1};
        double energy;
        status = heat_rbm_free_energies(ctx, model, 1, 1, up, &energy);
    }
    if (status == HEAT_OK)
        status = heat_model_save(ctx, model, arg);
    if (status == HEAT_OK)
        status = heat_model_load(ctx, arg, &again);
    heat_model_free(model);
    heat_model_free(again);
    return status;
}

static void failing_memory_is_an_error_and_leaks_nothing(void **state)
{
    (void)state;
    char path[256];

    snprintf(path, sizeof path, "%s", test_file(".h5", "", 0));
    test_failing_allocations(create_save_and_load, path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pairing_has_the_energies_of_the_definition),
        cmocka_unit_test(a_machine_describes_itself),
        cmocka_unit_test(files_of_its_own_keep_every_number),
        cmocka_unit_test(graph_files_keep_every_energy),
        cmocka_unit_test(free_energies_sum_the_hidden_units_out),
        cmocka_unit_test(free_energies_are_of_machines_and_their_coding),
        cmocka_unit_test(wrong_machines_are_refused_by_name),
        cmocka_unit_test(other_models_are_no_machines),
        cmocka_unit_test(failing_memory_is_an_error_and_leaks_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
