/* The Potts kind: energies and changes against the definition, tables and their orientation, repeats, what is
 * refused. */
#include "io/store.h"
#include "model/views.h"
#include "random/stream.h"
#include "support.h"

#include <math.h>
#include <string.h>

enum { N = 6, Q = 4, M = 11, SIZE = Q * Q };

/* A random instance; edge 10 repeats edge 3 the other way round. */
typedef struct instance {
    heat_potts potts;
    int32_t i[M], j[M];
    double couplings[M], tables[M * SIZE], fields[N * Q];
    int64_t table[M];
} instance;

static void make(instance *s, bool plain, bool shared, bool fields)
{
    heat_stream stream;

    heat_stream_init(&stream, 5, HEAT_PURPOSE_TEST, (uint64_t)plain);
    for (int e = 0; e < M; e++) {
        s->i[e] = e == 10 ? s->j[3] : e % N;
        s->j[e] = e == 10 ? s->i[3] : (e % N + 1 + e / N) % N;
        s->couplings[e] = heat_stream_normal(&stream);
        s->table[e] = e % 3;
    }
    for (int k = 0; k < M * SIZE; k++)
        s->tables[k] = heat_stream_normal(&stream);
    for (int k = 0; k < N * Q; k++)
        s->fields[k] = heat_stream_normal(&stream);
    heat_potts_init(&s->potts);
    s->potts.n_variables = N;
    s->potts.n_states = Q;
    s->potts.n_edges = M;
    s->potts.i = s->i;
    s->potts.j = s->j;
    s->potts.couplings = plain ? s->couplings : NULL;
    s->potts.tables = plain ? NULL : s->tables;
    s->potts.n_tables = plain ? 0 : shared ? 3 : M;
    s->potts.table = shared ? s->table : NULL;
    s->potts.fields = fields ? s->fields : NULL;
    s->potts.offset = 0.375;
}

/* The definition, edge by edge of the input. */
static double energy_of(const heat_potts *p, const int8_t *a)
{
    int32_t q = p->n_states;
    double energy = p->offset;

    for (int64_t e = 0; e < p->n_edges; e++) {
        int8_t x = a[p->i[e]], y = a[p->j[e]];
        int64_t t = p->table == NULL ? e : p->table[e];
        energy -= p->couplings == NULL ? p->tables[t * q * q + x * q + y] : x == y ? p->couplings[e] : 0;
    }
    for (int32_t i = 0; i < p->n_variables && p->fields != NULL; i++)
        energy -= p->fields[i * q + a[i]];
    return energy;
}

static double energy_of_view(const heat_categorical *v, const int8_t *a, bool upper)
{
    double energy = v->offset;

    for (int32_t i = 0; i < v->n; i++) {
        for (int64_t k = v->row[i]; k < v->row[i + 1]; k++) {
            int32_t j = v->col[k];
            if (k > v->row[i])
                assert_true(j > v->col[k - 1]);
            if ((j > i) != upper)
                continue;
            energy -= v->coupling == NULL ? v->tables[v->table[k] * v->q * v->q + a[i] * v->q + a[j]]
                      : a[i] == a[j]      ? v->coupling[k]
                                          : 0;
        }
        energy -= v->field == NULL ? 0 : v->field[i * v->q + a[i]];
    }
    return energy;
}

static void check_energies(heat_context *ctx, const instance *s)
{
    heat_model *model;
    heat_categorical view;
    heat_pairwise pairwise;
    int8_t a[N], moved[N];
    heat_stream stream;

    assert_ok(ctx, heat_model_create_potts(ctx, &s->potts, &model));
    assert_true(heat_model_get_categorical(model, &view));
    assert_false(heat_model_get_pairwise(model, &pairwise));
    assert_int_equal(view.row[N], 2 * (M - 1));
    heat_stream_init(&stream, 1, HEAT_PURPOSE_TEST, 0);
    for (int trial = 0; trial < 200; trial++) {
        int32_t site = trial % N;
        int8_t proposed = (int8_t)heat_stream_below(&stream, Q);
        double energy, delta, expected;
        for (int i = 0; i < N; i++)
            a[i] = (int8_t)heat_stream_below(&stream, Q);
        memcpy(moved, a, sizeof a);
        moved[site] = proposed;
        expected = energy_of(&s->potts, a);
        assert_ok(ctx, heat_model_get_energy(ctx, model, 1, a, &energy));
        assert_close(energy, expected, 1e-12);
        assert_close(energy_of_view(&view, a, true), expected, 1e-12);
        assert_close(energy_of_view(&view, a, false), expected, 1e-12);
        assert_ok(ctx, heat_model_deltas(ctx, model, 1, a, site, &proposed, &delta));
        assert_close(delta, energy_of(&s->potts, moved) - expected, 1e-12);
    }
    heat_model_free(model);
}

static void energies_follow_the_definition(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    instance s;

    for (int k = 0; k < 8; k++) {
        make(&s, k & 1, k & 2, k & 4);
        check_energies(ctx, &s);
    }
    heat_context_free(ctx);
}

static void a_model_describes_itself(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    instance s;
    heat_model *model;
    heat_model_info info;

    make(&s, true, false, false);
    for (int e = 0; e < M; e++)
        s.couplings[e] = e - 3;
    s.potts.offset = 2;
    assert_ok(ctx, heat_model_create_potts(ctx, &s.potts, &model));
    heat_model_describe(model, &info);
    assert_string_equal(info.kind, "potts");
    assert_int_equal(info.n_variables, N);
    assert_int_equal(info.n_states, Q);
    assert_int_equal(info.coding, HEAT_CODING_INDEX);
    assert_int_equal(info.n_edges, M - 1);
    assert_int_equal(info.n_merged, 1);
    assert_int_equal(info.n_components, 1);
    assert_close(info.min_coupling, -3, 0);
    assert_close(info.max_coupling, 7, 0); /* edge 3, with what edge 10 adds: 0 + 7 */
    assert_true(info.exact && info.integer && !info.has_field);
    heat_model_free(model);
    make(&s, false, false, false);
    assert_ok(ctx, heat_model_create_potts(ctx, &s.potts, &model));
    heat_model_describe(model, &info);
    assert_true(info.has_field && !info.integer); /* its tables tell the values apart */
    heat_model_free(model);
    heat_context_free(ctx);
}

/* Edges that share a symmetric table share it at both ends; any other has its transpose beside it. */
static void tables_are_shared(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    instance s;
    heat_model *model;
    heat_categorical view;

    make(&s, false, true, false);
    s.potts.n_edges = M - 1; /* no repeat */
    for (int t = 0; t < 2; t++)
        for (int a = 0; a < Q; a++)
            for (int b = 0; b < a; b++)
                s.tables[t * SIZE + a * Q + b] = s.tables[t * SIZE + b * Q + a];
    assert_ok(ctx, heat_model_create_potts(ctx, &s.potts, &model));
    assert_true(heat_model_get_categorical(model, &view));
    assert_int_equal(view.n_tables, 4);
    heat_model_free(model);
    heat_context_free(ctx);
}

static void few_variables_are_models_too(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_potts potts;
    heat_model *model;
    heat_model_info info;
    int8_t values[3] = {0, 2, 1};
    double energy;

    heat_potts_init(&potts);
    for (int32_t n = 0; n <= 3; n += 3) {
        potts.n_variables = n;
        potts.offset = -1.5;
        assert_ok(ctx, heat_model_create_potts(ctx, &potts, &model));
        heat_model_describe(model, &info);
        assert_int_equal(info.n_components, n);
        assert_ok(ctx, heat_model_get_energy(ctx, model, 1, values, &energy));
        assert_close(energy, -1.5, 0);
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

static void refuse(heat_context *ctx, const instance *s, const char *part)
{
    heat_model *model = (heat_model *)ctx;

    assert_int_equal(heat_model_create_potts(ctx, &s->potts, &model), HEAT_ERROR_ARGUMENT);
    assert_null(model);
    assert_contains(heat_context_error(ctx), part);
}

static void what_is_wrong_is_named(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    instance s;
    heat_model *model;
    int8_t bad[N] = {0, 1, Q, 0, 0, 0};
    double energy;

    make(&s, true, false, true);
    s.potts.n_states = 1;
    refuse(ctx, &s, "2 to 127 states");
    make(&s, true, false, true);
    s.potts.tables = s.tables;
    refuse(ctx, &s, "either couplings or tables");
    make(&s, true, false, true);
    s.j[4] = s.i[4];
    refuse(ctx, &s, "edge 4");
    make(&s, true, false, true);
    s.j[5] = N;
    refuse(ctx, &s, "0 ... 5");
    make(&s, true, false, true);
    s.couplings[2] = (double)NAN;
    refuse(ctx, &s, "edge 2");
    s.couplings[2] = 1;
    s.fields[Q + 1] = (double)INFINITY;
    refuse(ctx, &s, "variable 1: h(1)");
    s.fields[Q + 1] = 0;
    s.potts.offset = (double)NAN;
    refuse(ctx, &s, "offset");
    make(&s, false, true, false);
    s.table[7] = 3;
    refuse(ctx, &s, "table 3 is none of 0 ... 2");
    make(&s, false, false, false);
    s.tables[3 * SIZE + Q + 2] = (double)NAN;
    refuse(ctx, &s, "table 3: J(1, 2)");
    make(&s, true, false, false);
    for (int e = 0; e < M; e++)
        s.couplings[e] = 1.5e308;
    assert_int_equal(heat_model_create_potts(ctx, &s.potts, &model), HEAT_ERROR_INPUT);
    make(&s, true, false, false);
    assert_ok(ctx, heat_model_create_potts(ctx, &s.potts, &model));
    assert_int_equal(heat_model_get_energy(ctx, model, 1, bad, &energy), HEAT_ERROR_ARGUMENT);
    assert_contains(heat_context_error(ctx), "variable 2");
    heat_model_free(model);
    heat_context_free(ctx);
}

static int64_t read_all(const char *path, char *bytes, size_t size)
{
    FILE *file = fopen(path, "rb");
    size_t count;

    assert_non_null(file);
    count = fread(bytes, 1, size, file);
    assert_true(count < size);
    fclose(file);
    return (int64_t)count;
}

/* Couplings, tables (shared or not) and fields come back bit for bit, and a second file is the first one. */
static void files_hold_all_of_it(void **state)
{
    (void)state;
    enum { MOST = 1 << 17 };
    static char first[MOST], second[MOST];
    heat_context *ctx = test_context();
    instance s;

    for (int k = 0; k < 8; k++) {
        const char *path = test_file(k == 7 ? ".h5.gz" : ".h5", "", 0), *again = test_file(".h5", "", 0);
        heat_model *model, *back;
        heat_model_info info;
        heat_categorical v, w;
        make(&s, k & 1, k & 2, k & 4);
        assert_ok(ctx, heat_model_create_potts(ctx, &s.potts, &model));
        assert_ok(ctx, heat_model_save(ctx, model, path));
        assert_ok(ctx, heat_model_load(ctx, path, &back));
        heat_model_describe(back, &info);
        assert_string_equal(info.kind, "potts");
        assert_string_equal(info.format, "hdf5");
        assert_true(heat_model_get_categorical(model, &v) && heat_model_get_categorical(back, &w));
        assert_true(v.n == w.n && v.q == w.q && v.offset == w.offset && v.exact == w.exact);
        assert_memory_equal(v.row, w.row, (N + 1) * sizeof *v.row);
        assert_memory_equal(v.col, w.col, (size_t)v.row[N] * sizeof *v.col);
        if (v.coupling != NULL)
            assert_memory_equal(v.coupling, w.coupling, (size_t)v.row[N] * sizeof *v.coupling);
        for (int64_t e = 0; e < v.row[N] && v.coupling == NULL; e++)
            assert_memory_equal(v.tables + v.table[e] * SIZE, w.tables + w.table[e] * SIZE,
                                SIZE * sizeof *v.tables);
        if (v.field != NULL)
            assert_memory_equal(v.field, w.field, N * Q * sizeof *v.field);
        assert_true((v.field == NULL) == (w.field == NULL));
        assert_ok(ctx, heat_model_save(ctx, back, again));
        if (k != 7) {
            int64_t size = read_all(path, first, MOST);
            assert_int_equal(read_all(again, second, MOST), size);
            assert_memory_equal(first, second, (size_t)size);
        }
        assert_int_equal(heat_model_save(ctx, model, "/tmp/x.mc"), HEAT_ERROR_OUTPUT);
        assert_contains(heat_context_error(ctx), "cannot hold a Potts model; .h5 can");
        heat_model_free(model);
        heat_model_free(back);
    }
    heat_context_free(ctx);
}

/* Writes a file of one good Potts model but for one array; what is wrong with it must be named. */
static void refuse_file(heat_context *ctx, const char *array, heat_store_type type, int rank,
                        const int64_t *extent, const void *data, const char *part)
{
    static const int32_t i[] = {0}, j[] = {1};
    static const double tables[8] = {1, 2, 3, 4, 5, 6, 7, 8}, field[] = {0, 0, 0, 0}, offset = 0;
    static const int64_t table[] = {1}, n = 2, q = 2, edges[] = {1}, shape[] = {2, 2, 2}, fields[] = {2, 2};
    const struct {
        const char *name;
        heat_store_type type;
        int rank;
        const int64_t *extent;
        const void *data;
    } good[] = {
        {"n_variables", HEAT_STORE_INT64, 0, NULL, &n},  {"n_states", HEAT_STORE_INT64, 0, NULL, &q},
        {"edge_i", HEAT_STORE_INT32, 1, edges, i},       {"edge_j", HEAT_STORE_INT32, 1, edges, j},
        {"tables", HEAT_STORE_DOUBLE, 3, shape, tables}, {"table", HEAT_STORE_INT64, 1, edges, table},
        {"field", HEAT_STORE_DOUBLE, 2, fields, field},  {"offset", HEAT_STORE_DOUBLE, 0, NULL, &offset}};
    const char *path = test_file(".h5", "", 0);
    heat_store *store;
    heat_model *model;
    heat_status status;

    assert_ok(ctx, heat_store_create(ctx, path, "graph", &store));
    assert_ok(ctx, heat_store_put_text(ctx, store, NULL, "energy", "potts"));
    for (size_t k = 0; k < sizeof good / sizeof *good; k++)
        if (strcmp(good[k].name, array) != 0)
            assert_ok(ctx, heat_store_put(ctx, store, good[k].name, good[k].type, good[k].rank,
                                          good[k].extent, good[k].data));
    if (data != NULL)
        assert_ok(ctx, heat_store_put(ctx, store, array, type, rank, extent, data));
    assert_ok(ctx, heat_store_commit(ctx, store));
    status = heat_model_load(ctx, path, &model);
    assert_int_equal(status, part == NULL ? HEAT_OK : HEAT_ERROR_INPUT);
    if (part != NULL)
        assert_contains(heat_context_error(ctx), part);
    heat_model_free(model);
}

static void bad_files_are_refused(void **state)
{
    (void)state;
    const int64_t one = 1, two = 2, long_q = 128, shape[] = {2, 2, 3}, fields[] = {2, 3}, beyond[] = {2};
    const int32_t loop[] = {0};
    double numbers[12] = {0};
    heat_context *ctx = test_context();

    refuse_file(ctx, "", HEAT_STORE_DOUBLE, 0, NULL, NULL, NULL); /* the good one */
    refuse_file(ctx, "n_states", HEAT_STORE_INT64, 0, NULL, &one, "n_states is 1, expected 2 to 127");
    refuse_file(ctx, "n_states", HEAT_STORE_INT64, 0, NULL, &long_q, "n_states is 128");
    refuse_file(ctx, "n_states", HEAT_STORE_INT64, 1, &one, &two, "'n_states' has 1 axes, expected 0");
    refuse_file(ctx, "edge_j", HEAT_STORE_INT32, 1, &one, loop, "edge 0 joins 0 and 0");
    refuse_file(ctx, "tables", HEAT_STORE_DOUBLE, 3, shape, numbers, "axis 2 of 'tables' has length 3");
    refuse_file(ctx, "field", HEAT_STORE_DOUBLE, 2, fields, numbers, "axis 1 of 'field' has length 3");
    refuse_file(ctx, "table", HEAT_STORE_INT64, 1, &one, beyond, "edge 0 has table 2, expected one from 0");
    refuse_file(ctx, "table", HEAT_STORE_INT64, 1, &one, NULL, "table");
    numbers[0] = (double)NAN;
    refuse_file(ctx, "offset", HEAT_STORE_DOUBLE, 0, NULL, numbers, "the offset is not finite");
    heat_context_free(ctx);
}

static heat_status create_and_free(heat_context *ctx, void *arg)
{
    const instance *s = arg;
    heat_model *model;
    heat_status status = heat_model_create_potts(ctx, &s->potts, &model);

    heat_model_free(model);
    return status;
}

static heat_status save_and_load(heat_context *ctx, void *arg)
{
    heat_context *roomy = test_context();
    const instance *s = arg;
    const char *path = test_file(".h5", "", 0);
    heat_model *model, *back = NULL;
    heat_status status;

    assert_ok(roomy, heat_model_create_potts(roomy, &s->potts, &model));
    status = heat_model_save(ctx, model, path);
    if (status == HEAT_OK)
        status = heat_model_load(ctx, path, &back);
    heat_model_free(model);
    heat_model_free(back);
    heat_context_free(roomy);
    return status;
}

static void failing_allocations_leave_nothing_behind(void **state)
{
    (void)state;
    instance s;

    make(&s, false, true, true);
    test_failing_allocations(create_and_free, &s);
    make(&s, true, false, true);
    test_failing_allocations(create_and_free, &s);
    make(&s, false, true, true);
    test_failing_allocations(save_and_load, &s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(energies_follow_the_definition),
        cmocka_unit_test(a_model_describes_itself),
        cmocka_unit_test(tables_are_shared),
        cmocka_unit_test(few_variables_are_models_too),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(files_hold_all_of_it),
        cmocka_unit_test(bad_files_are_refused),
        cmocka_unit_test(failing_allocations_leave_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
