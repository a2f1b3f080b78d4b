/* Every search finds the enumerated ground state of hundreds of random graphs of up to 20 spins, with and
 * without fields, real and integer couplings, dense and sparse. */
#include "model/views.h"
#include "random/stream.h"
#include "support.h"

#include <heatbath/ground.h>
#include <math.h>

enum { N_MODELS = 300, MOST_SPINS = 20 };

/* The lowest energy by Gray code, from the definition alone. */
static double lowest(heat_context *ctx, const heat_model *model, int32_t n)
{
    int8_t s[MOST_SPINS];
    double energy, low;

    for (int32_t k = 0; k < n; k++)
        s[k] = -1;
    assert_ok(ctx, heat_model_energies(ctx, model, 1, s, &energy));
    low = energy;
    for (uint32_t x = 1; x < 1u << n; x++) {
        int32_t k = __builtin_ctz(x);
        int8_t turned = (int8_t)-s[k];
        double delta;
        assert_ok(ctx, heat_model_deltas(ctx, model, 1, s, k, &turned, &delta));
        s[k] = turned;
        energy += delta;
        low = energy < low ? energy : low;
    }
    return low;
}

static heat_model *random_model(heat_context *ctx, uint64_t seed, int32_t n)
{
    int32_t i[MOST_SPINS * MOST_SPINS], j[MOST_SPINS * MOST_SPINS];
    double coupling[MOST_SPINS * MOST_SPINS], field[MOST_SPINS] = {0};
    int64_t m = 0;
    heat_stream stream;
    heat_model *model;
    double density;

    heat_stream_init(&stream, seed, HEAT_PURPOSE_TEST, 4);
    density = 0.15 + 0.85 * heat_stream_uniform(&stream);
    for (int32_t a = 0; a < n; a++) {
        if (seed % 3 == 0)
            field[a] = seed % 2 ? heat_stream_normal(&stream) : (double)heat_stream_below(&stream, 3) - 1;
        for (int32_t b = a + 1; b < n; b++)
            if (heat_stream_uniform(&stream) < density) {
                i[m] = a;
                j[m] = b;
                coupling[m++] =
                    seed % 2 ? heat_stream_normal(&stream) : (double)heat_stream_below(&stream, 11) - 5;
            }
    }
    assert_ok(ctx, heat_model_create_ising(ctx, n, m, i, j, coupling, field, 0, &model));
    return model;
}

static void every_method_finds_the_ground_state(void **state)
{
    (void)state;
    static const char *const methods[] = {"auto", "exact", "anneal"};
    heat_context *ctx = test_context();

    for (uint64_t seed = 0; seed < N_MODELS; seed++) {
        int32_t n =
            seed % 25 == 0 ? 20 : 4 + (int32_t)(seed % 11); /* mostly small: enumeration doubles a spin */
        heat_model *model = random_model(ctx, seed, n);
        double low = lowest(ctx, model, n);
        for (int m = 0; m < 3; m++) {
            heat_ground_options opt;
            heat_ground_result r = {0};
            heat_ground_options_init(&opt);
            opt.method = methods[m];
            opt.threads = 1;
            if (m == 2)
                opt.sweeps = 500;
            assert_ok(ctx, heat_ground(ctx, model, &opt, &r));
            if (!(fabs(r.energy - low) <= 1e-9))
                fail_msg("model %llu, method %s: %.15g, the ground state has %.15g", (unsigned long long)seed,
                         methods[m], r.energy, low);
            heat_ground_result_clear(&r);
        }
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_method_finds_the_ground_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
