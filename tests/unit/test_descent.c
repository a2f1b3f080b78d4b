/* Greedy descent ends in a local minimum of every kind of model, by the moves of whole passes in order. */
#include "ground/descent.h"
#include "random/stream.h"
#include "support.h"

#include <string.h>

enum { MOST = 400 };

static const char *const specs[] = {"ea:12x12,seed=1", "ea:9x9,J=gauss,h=0.4,seed=2",
                                    "sk:90,J=pm",      "sk:70",
                                    "regular:200,k=5", "potts:8x8,q=4",
                                    "lattice:40"};
enum { N_SPECS = sizeof specs / sizeof *specs, N_MODELS = N_SPECS + 1 };

/* The last is a QUBO, which keeps 0 and 1. */
static heat_model *model_of(heat_context *ctx, int k)
{
    heat_model *model;
    int32_t i[MOST], j[MOST];
    double weight[MOST];
    heat_stream stream;

    if (k < N_SPECS) {
        assert_ok(ctx, heat_model_load(ctx, specs[k], &model));
        return model;
    }
    heat_stream_init(&stream, 5, HEAT_PURPOSE_TEST, 0);
    for (int32_t e = 0; e < MOST; e++) {
        i[e] = (int32_t)heat_stream_below(&stream, 60);
        j[e] = (int32_t)heat_stream_below(&stream, 60);
        weight[e] = (double)heat_stream_below(&stream, 201) - 100;
    }
    assert_ok(ctx, heat_model_create_qubo(ctx, 60, MOST, i, j, weight, 0, &model));
    return model;
}

static void draw(const heat_model_info *info, uint64_t unit, int8_t *state)
{
    heat_stream stream;

    heat_stream_init(&stream, 9, HEAT_PURPOSE_TEST, unit);
    for (int32_t i = 0; i < info->n_variables; i++)
        state[i] = heat_random_value(info, &stream);
}

/* The value of `site` that lowers the energy most; its own if none does. */
static int8_t best_value(heat_context *ctx, const heat_model *model, const heat_model_info *info,
                         const int8_t *state, int32_t site)
{
    int8_t best = state[site];
    double lowest = 0;

    for (int32_t a = 0; a < info->n_states; a++) {
        int8_t value = (int8_t)(info->coding == HEAT_CODING_SPIN ? 2 * a - 1 : a);
        double delta;
        if (value == state[site])
            continue;
        assert_ok(ctx, heat_model_deltas(ctx, model, 1, state, site, &value, &delta));
        if (delta < lowest) {
            lowest = delta;
            best = value;
        }
    }
    return best;
}

static void the_end_is_a_local_minimum(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    for (int k = 0; k < N_MODELS; k++) {
        heat_model *model = model_of(ctx, k);
        heat_model_info info;
        heat_model_describe(model, &info);
        assert_true(info.n_variables <= MOST);
        for (uint64_t trial = 0; trial < 10; trial++) {
            int8_t row[MOST];
            double before, after;
            draw(&info, trial, row);
            assert_ok(ctx, heat_model_energies(ctx, model, 1, row, &before));
            assert_ok(ctx, heat_descend(ctx, model, row));
            assert_ok(ctx, heat_model_energies(ctx, model, 1, row, &after));
            assert_true(after < before);
            for (int32_t i = 0; i < info.n_variables; i++)
                assert_int_equal(best_value(ctx, model, &info, row, i), row[i]);
        }
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

static void the_moves_are_those_of_whole_passes(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    for (int k = 0; k < N_MODELS; k++) {
        heat_model *model = model_of(ctx, k);
        heat_model_info info;
        heat_model_describe(model, &info);
        for (uint64_t trial = 0; trial < 5; trial++) {
            int8_t row[MOST], plain[MOST];
            bool moved = true;
            draw(&info, trial, row);
            memcpy(plain, row, sizeof row);
            while (moved) {
                moved = false;
                for (int32_t i = 0; i < info.n_variables; i++) {
                    int8_t to = best_value(ctx, model, &info, plain, i);
                    moved |= to != plain[i];
                    plain[i] = to;
                }
            }
            assert_ok(ctx, heat_descend(ctx, model, row));
            assert_memory_equal(row, plain, (size_t)info.n_variables);
        }
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

static heat_status descend(heat_context *ctx, void *arg)
{
    int8_t row[MOST];
    heat_model_info info;

    heat_model_describe(arg, &info);
    draw(&info, 1, row);
    return heat_descend(ctx, arg, row);
}

static void every_failing_allocation_is_reported(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    for (int k = 0; k < 2; k++) {
        heat_model *model = model_of(ctx, k);
        test_failing_allocations(descend, model);
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

/* Small models are settled all the same; large ones are left where they are. */
static void a_halt_ends_long_descents_only(void **state)
{
    (void)state;
    static const char *const sizes[] = {"ea:20x20,seed=1", "ea:400x400,seed=1", "ea:400x400,J=gauss"};
    enum { MOST_SPINS = 400 * 400 };
    static int8_t row[MOST_SPINS];

    for (int k = 0; k < 3; k++) {
        heat_context *ctx = test_context();
        heat_model *model;
        heat_model_info info;
        double energy, lower;
        assert_ok(ctx, heat_model_load(ctx, sizes[k], &model));
        heat_model_describe(model, &info);
        memset(row, 1, sizeof row);
        assert_ok(ctx, heat_model_energies(ctx, model, 1, row, &energy));
        heat_context_stop(ctx);
        assert_ok(ctx, heat_descend(ctx, model, row));
        assert_ok(ctx, heat_model_energies(ctx, model, 1, row, &lower));
        assert_true(k == 1 ? lower == energy : lower < energy); /* rounded sums are looked at twice */
        heat_model_free(model);
        heat_context_free(ctx);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_halt_ends_long_descents_only),
        cmocka_unit_test(the_end_is_a_local_minimum),
        cmocka_unit_test(the_moves_are_those_of_whole_passes),
        cmocka_unit_test(every_failing_allocation_is_reported),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
