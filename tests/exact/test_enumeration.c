/* Enumeration against sums written out in the test, on pairwise graphs and on models of callbacks. */
#include "base/context_private.h"
#include "exact/elimination.h"
#include "exact/enumeration.h"
#include "random/stream.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>

/* A complete graph with normal or small integer couplings, fields and an offset. */
static heat_model *dense_model(heat_context *ctx, int32_t n, bool integer, double field, uint64_t seed)
{
    int64_t n_edges = (int64_t)n * (n - 1) / 2, e = 0;
    int32_t *i = calloc((size_t)n_edges + 1, sizeof *i), *j = calloc((size_t)n_edges + 1, sizeof *j);
    double *couplings = calloc((size_t)n_edges + 1, sizeof *couplings);
    double *fields = calloc((size_t)n + 1, sizeof *fields);
    heat_model *model;
    heat_stream r;

    heat_stream_init(&r, seed, HEAT_PURPOSE_TEST, 0);
    for (int32_t a = 0; a < n; a++) {
        fields[a] = field * (integer ? (double)heat_stream_below(&r, 3) - 1 : heat_stream_normal(&r));
        for (int32_t b = 0; b < a; b++, e++) {
            i[e] = a;
            j[e] = b;
            couplings[e] = integer ? (double)heat_stream_below(&r, 5) - 2 : heat_stream_normal(&r);
        }
    }
    assert_ok(ctx,
              heat_model_create_ising(ctx, n, n_edges, i, j, couplings, fields, integer ? 2 : 0.3, &model));
    free(i);
    free(j);
    free(couplings);
    free(fields);
    return model;
}

/* Everything once more, state by state, in long doubles. */
static void compare(heat_context *ctx, const heat_model *model, double beta, int64_t threads)
{
    heat_model_info info;
    int8_t state[16], lowest[16];
    double value_mean[16], energy, minimum = INFINITY, degeneracy = 0;
    long double z = 0, mean = 0, square = 0, values[16] = {0};
    int64_t count;
    heat_enumeration result = {.state = lowest, .value_mean = value_mean};

    heat_model_describe(model, &info);
    count = (int64_t)heat_enumeration_count(model);
    assert_true(info.n_variables <= 16 && count <= 1 << 17);
    for (int pass = 0; pass < 2; pass++)
        for (int64_t number = 0; number < count; number++) {
            int64_t rest = number;
            long double w;
            for (int32_t i = 0; i < info.n_variables; i++, rest /= info.n_states)
                state[i] =
                    (int8_t)(info.coding == HEAT_CODING_SPIN ? 2 * (rest % 2) - 1 : rest % info.n_states);
            assert_ok(ctx, heat_model_energies(ctx, model, 1, state, &energy));
            if (pass == 0 || energy == (double)INFINITY) {
                minimum = fmin(minimum, energy);
                continue;
            }
            degeneracy += energy <= minimum + 1e-10;
            w = expl(-(long double)beta * ((long double)energy - minimum));
            z += w;
            mean += w * energy;
            square += w * ((long double)energy - minimum) * ((long double)energy - minimum);
            for (int32_t i = 0; i < info.n_variables; i++)
                values[i] += w * state[i];
        }
    assert_ok(ctx, heat_enumeration_run(ctx, model, beta, threads, &result));
    assert_close(result.log_z, (double)(logl(z) - (long double)beta * minimum),
                 1e-12 * (1 + fabs(result.log_z)));
    assert_close(result.mean_energy, (double)(mean / z), 1e-12 * (1 + beta) * (1 + fabs(result.mean_energy)));
    square = square / z - (mean / z - minimum) * (mean / z - minimum);
    assert_close(result.energy_variance, (double)square, 1e-11 * (1 + beta) * (1 + (double)square));
    assert_close(result.minimum, minimum, info.exact ? 0 : 1e-14 * (1 + fabs(minimum)));
    assert_close(result.degeneracy, degeneracy, 0);
    assert_ok(ctx, heat_model_energies(ctx, model, 1, lowest, &energy));
    assert_close(energy, result.minimum, 0);
    for (int32_t i = 0; i < info.n_variables; i++)
        assert_close(value_mean[i], (double)(values[i] / z), 1e-12 * (1 + beta));
}

static void spin_graphs_agree_with_plain_sums(void **state)
{
    static const double betas[] = {0, 0.4, 2, 100};
    heat_context *ctx = test_context();

    (void)state;
    for (int32_t n = 1; n <= 14; n++)
        for (int kind = 0; kind < 4; kind++) {
            heat_model *model = dense_model(ctx, n, kind % 2 == 0, kind / 2, (uint64_t)(n * 4 + kind));
            for (int b = 0; b < 4; b++)
                if (n < 12 || b == kind)
                    compare(ctx, model, betas[b], 1 + b % 2);
            heat_model_free(model);
        }
    heat_context_free(ctx);
}

/* Potts-like: q states on a ring, a field on site 0, and neighbours 0, 1 forbidden to agree. */
typedef struct ring {
    int32_t n, calls_until_failure;
} ring;

static int ring_energy(void *user, int64_t n_rows, const int8_t *states, double *energies)
{
    ring *r = user;

    if (r->calls_until_failure > 0 && --r->calls_until_failure == 0)
        return 1;
    for (int64_t row = 0; row < n_rows; row++, states += r->n) {
        energies[row] = 0.25 * states[0];
        for (int32_t i = 0; i < r->n; i++)
            energies[row] -= states[i] == states[(i + 1) % r->n];
        if (states[0] == states[1])
            energies[row] = (double)INFINITY;
    }
    return 0;
}

static int all_forbidden(void *user, int64_t n_rows, const int8_t *states, double *energies)
{
    (void)user;
    (void)states;
    for (int64_t row = 0; row < n_rows; row++)
        energies[row] = (double)INFINITY;
    return 0;
}

static heat_model *ring_model(heat_context *ctx, ring *r, int32_t q, bool thread_safe)
{
    heat_custom custom;
    heat_model *model;

    heat_custom_init(&custom);
    custom.user = r;
    custom.name = "ring";
    custom.n_variables = r->n;
    custom.n_states = q;
    custom.coding = HEAT_CODING_INDEX;
    custom.energy = ring_energy;
    custom.thread_safe = thread_safe;
    assert_ok(ctx, heat_model_create_custom(ctx, &custom, &model));
    return model;
}

static void callbacks_agree_with_plain_sums(void **state)
{
    heat_context *ctx = test_context();
    ring small = {.n = 4}, large = {.n = 10};
    heat_model *three = ring_model(ctx, &large, 3, true), *seven = ring_model(ctx, &small, 7, false);

    (void)state;
    compare(ctx, three, 0.9, 2);
    compare(ctx, three, 0, 1);
    compare(ctx, seven, 3, 2);
    heat_model_free(three);
    heat_model_free(seven);
    heat_context_free(ctx);
}

static void failing_callbacks_and_empty_spaces_are_reported(void **state)
{
    heat_context *ctx = test_context();
    ring r = {.n = 10, .calls_until_failure = 5};
    heat_model *model = ring_model(ctx, &r, 3, false), *nothing;
    heat_enumeration result = {.state = NULL};
    heat_custom custom;

    (void)state;
    assert_int_equal(heat_enumeration_run(ctx, model, 1, 1, &result), HEAT_ERROR_CALLBACK);
    assert_true(isnan(result.log_z));
    heat_model_free(model);
    heat_custom_init(&custom);
    custom.name = "nothing";
    custom.n_variables = 3;
    custom.energy = all_forbidden;
    assert_ok(ctx, heat_model_create_custom(ctx, &custom, &nothing));
    assert_int_equal(heat_enumeration_run(ctx, nothing, 1, 1, &result), HEAT_ERROR_UNDEFINED);
    assert_true(isnan(result.log_z));
    heat_model_free(nothing);
    heat_context_free(ctx);
}

/* Over several batches: 2^22 states are 64 units and more; elimination knows the answer. */
static void large_enumerations_agree_with_elimination(void **state)
{
    enum { N = 23 };
    heat_context *ctx = test_context();
    heat_model *model = dense_model(ctx, N, false, 0.5, 77);
    heat_pairwise graph;
    heat_elimination *plan;
    double spin[N], value[2][N], energy;
    heat_elimination_sum sum = {.spin_mean = spin};
    heat_enumeration result[2] = {{.value_mean = value[0]}, {.value_mean = value[1]}};

    (void)state;
    assert_true(heat_model_get_pairwise(model, &graph));
    assert_ok(ctx, heat_elimination_create(ctx, &graph, 24, &plan));
    assert_ok(ctx, heat_elimination_run_sum(ctx, plan, 0.3, true, 2, &sum));
    assert_ok(ctx, heat_elimination_run_minimum(ctx, plan, 2, &energy, NULL));
    for (int k = 0; k < 2; k++)
        assert_ok(ctx, heat_enumeration_run(ctx, model, 0.3, 1 + k, &result[k]));
    assert_close(result[0].log_z, sum.log_z, 1e-12 * sum.log_z);
    assert_close(result[0].mean_energy, sum.mean_energy, 1e-12 * fabs(sum.mean_energy));
    assert_close(result[0].minimum, energy, 1e-13 * fabs(energy));
    assert_close(result[0].degeneracy, 1, 0);
    for (int32_t i = 0; i < N; i++)
        assert_close(value[0][i], spin[i], 1e-12);
    assert_true(result[0].log_z == result[1].log_z && result[0].mean_energy == result[1].mean_energy);
    assert_memory_equal(value[0], value[1], sizeof value[0]);
    heat_elimination_free(plan);
    heat_model_free(model);
    heat_context_free(ctx);
}

static void too_many_states_and_halts_give_no_number(void **state)
{
    heat_context *ctx = test_context();
    heat_model *many = dense_model(ctx, 41, false, 0, 1), *few = dense_model(ctx, 10, false, 0, 1);
    double value_mean[10];
    heat_enumeration result = {.value_mean = NULL};

    (void)state;
    assert_close(heat_enumeration_count(many), 2199023255552, 0);
    assert_int_equal(heat_enumeration_run(ctx, many, 1, 1, &result), HEAT_ERROR_UNABLE);
    assert_contains(heat_context_error(ctx), "2^41");
    assert_int_equal(heat_enumeration_run(ctx, few, NAN, 1, &result), HEAT_ERROR_ARGUMENT);
    heat_context_stop(ctx);
    result.value_mean = value_mean;
    assert_ok(ctx, heat_enumeration_run(ctx, few, 1, 1, &result));
    assert_true(isnan(result.log_z) && isnan(result.minimum) && isnan(value_mean[9]));
    heat_model_free(many);
    heat_model_free(few);
    heat_context_free(ctx);
}

static heat_status whole_run(heat_context *ctx, void *arg)
{
    double value_mean[8];
    heat_enumeration result = {.value_mean = value_mean};

    return heat_enumeration_run(ctx, arg, 1, 1, &result);
}

static void every_failing_allocation_is_reported(void **state)
{
    heat_context *ctx = test_context();
    ring r = {.n = 5};
    heat_model *dense = dense_model(ctx, 8, true, 1, 1), *rows = ring_model(ctx, &r, 3, true);

    (void)state;
    test_failing_allocations(whole_run, dense);
    test_failing_allocations(whole_run, rows);
    heat_model_free(dense);
    heat_model_free(rows);
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spin_graphs_agree_with_plain_sums),
        cmocka_unit_test(callbacks_agree_with_plain_sums),
        cmocka_unit_test(failing_callbacks_and_empty_spaces_are_reported),
        cmocka_unit_test(large_enumerations_agree_with_elimination),
        cmocka_unit_test(too_many_states_and_halts_give_no_number),
        cmocka_unit_test(every_failing_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
