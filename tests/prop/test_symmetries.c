/* Identities that hold for every model, on generated ones: relabelling, gauge flips, shift and scale of the
 * energy, repeated edges, unions, cuts, chains, files there and back, both ends of the temperature. */
#include "model/views.h"
#include "random/stream.h"
#include "support.h"

#include <heatbath/ground.h>
#include <heatbath/logz.h>
#include <heatbath/sample.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

enum { N_MODELS = 100, MOST_SPINS = 12, MOST_EDGES = 160 };

typedef struct generated {
    int32_t n;
    int64_t m;
    int32_t i[MOST_EDGES], j[MOST_EDGES];
    double coupling[MOST_EDGES], field[MOST_SPINS], offset;
} generated;

/* Seed by seed another size, density, law of the couplings, with and without fields. */
static generated generate(uint64_t seed)
{
    generated g = {.n = 3 + (int32_t)(seed % (MOST_SPINS - 2))};
    heat_stream stream;
    double density;

    heat_stream_init(&stream, seed, HEAT_PURPOSE_TEST, 7);
    density = 0.2 + 0.8 * heat_stream_uniform(&stream);
    for (int32_t a = 0; a < g.n; a++) {
        if (seed % 2)
            g.field[a] = seed % 3 ? heat_stream_normal(&stream) : (double)heat_stream_below(&stream, 5) - 2;
        for (int32_t b = a + 1; b < g.n; b++)
            if (heat_stream_uniform(&stream) < density) {
                g.i[g.m] = a;
                g.j[g.m] = b;
                g.coupling[g.m++] =
                    seed % 3 ? heat_stream_normal(&stream) : (double)heat_stream_below(&stream, 7) - 3;
            }
    }
    g.offset = seed % 5 ? 0 : 0.75;
    return g;
}

static heat_model *model_of(heat_context *ctx, const generated *g)
{
    heat_model *model;

    assert_ok(ctx,
              heat_model_create_ising(ctx, g->n, g->m, g->i, g->j, g->coupling, g->field, g->offset, &model));
    return model;
}

/* What identities are about: log Z, mean energy and entropy at a temperature, and the proved ground energy.
 */
typedef struct answers {
    double log_z, mean_energy, entropy, ground;
} answers;

static answers answer(heat_context *ctx, const heat_model *model, double temperature)
{
    heat_logz_options opt;
    heat_logz_result z = {0};
    heat_ground_options search;
    heat_ground_result r = {0};
    answers a;

    heat_logz_options_init(&opt);
    opt.temperature = temperature;
    assert_ok(ctx, heat_logz(ctx, model, &opt, &z));
    heat_ground_options_init(&search);
    search.method = "exact";
    assert_ok(ctx, heat_ground(ctx, model, &search, &r));
    a = (answers){z.log_z, z.rows[0].mean_energy, z.rows[0].entropy, r.energy};
    heat_logz_result_clear(&z);
    heat_ground_result_clear(&r);
    return a;
}

static answers answer_generated(heat_context *ctx, const generated *g, double temperature)
{
    heat_model *model = model_of(ctx, g);
    answers a = answer(ctx, model, temperature);

    heat_model_free(model);
    return a;
}

static void assert_same(answers a, answers b, uint64_t seed)
{
    double tolerance = 1e-10 * (1 + fabs(a.log_z) + fabs(a.mean_energy));

    if (!(fabs(a.log_z - b.log_z) <= tolerance && fabs(a.mean_energy - b.mean_energy) <= tolerance &&
          fabs(a.entropy - b.entropy) <= tolerance && fabs(a.ground - b.ground) <= tolerance))
        fail_msg("model %llu: log Z %.15g and %.15g, energy %.15g and %.15g, ground %.15g and %.15g",
                 (unsigned long long)seed, a.log_z, b.log_z, a.mean_energy, b.mean_energy, a.ground,
                 b.ground);
}

static void names_do_not_matter(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    for (uint64_t seed = 0; seed < N_MODELS; seed++) {
        generated g = generate(seed), h = g;
        int32_t name[MOST_SPINS];
        heat_stream stream;
        heat_stream_init(&stream, seed, HEAT_PURPOSE_TEST, 8);
        for (int32_t k = 0; k < g.n; k++)
            name[k] = k;
        for (int32_t k = g.n - 1; k > 0; k--) {
            int32_t other = (int32_t)heat_stream_below(&stream, (uint64_t)k + 1), keep = name[k];
            name[k] = name[other];
            name[other] = keep;
        }
        for (int64_t e = 0; e < g.m; e++) {
            h.i[e] = name[g.j[e]];
            h.j[e] = name[g.i[e]];
        }
        for (int32_t k = 0; k < g.n; k++)
            h.field[name[k]] = g.field[k];
        assert_same(answer_generated(ctx, &g, 0.8), answer_generated(ctx, &h, 0.8), seed);
    }
    heat_context_free(ctx);
}

/* s_k -> t_k s_k with J_ij -> t_i t_j J_ij and h_i -> t_i h_i changes nothing that can be measured. */
static void a_gauge_does_not_matter(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    for (uint64_t seed = 0; seed < N_MODELS; seed++) {
        generated g = generate(seed), h = g;
        double turn[MOST_SPINS];
        heat_stream stream;
        heat_stream_init(&stream, seed, HEAT_PURPOSE_TEST, 9);
        for (int32_t k = 0; k < g.n; k++)
            turn[k] = heat_stream_bits(&stream) >> 63 ? 1 : -1;
        for (int64_t e = 0; e < g.m; e++)
            h.coupling[e] *= turn[g.i[e]] * turn[g.j[e]];
        for (int32_t k = 0; k < g.n; k++)
            h.field[k] *= turn[k];
        assert_same(answer_generated(ctx, &g, 1.3), answer_generated(ctx, &h, 1.3), seed);
    }
    heat_context_free(ctx);
}

static void shift_and_scale_do_what_they_must(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    for (uint64_t seed = 0; seed < N_MODELS; seed++) {
        generated g = generate(seed), h = g;
        answers a, b;
        const double shift = 2.5, scale = 1.75, temperature = 0.9;
        h.offset = scale * (g.offset + shift);
        for (int64_t e = 0; e < g.m; e++)
            h.coupling[e] *= scale;
        for (int32_t k = 0; k < g.n; k++)
            h.field[k] *= scale;
        a = answer_generated(ctx, &g, temperature);
        b = answer_generated(ctx, &h, scale * temperature);
        b.log_z += shift / temperature;
        b.mean_energy = b.mean_energy / scale - shift;
        b.ground = b.ground / scale - shift;
        assert_same(a, b, seed);
    }
    heat_context_free(ctx);
}

/* Every coupling split over two repeats, one of them turned round, and edges of weight 0 thrown in. */
static void repeats_add_up(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    for (uint64_t seed = 0; seed < N_MODELS; seed++) {
        generated g = generate(seed), h = g;
        for (int64_t e = 0; e < g.m; e++) {
            h.coupling[e] = g.coupling[e] - 0.5;
            h.i[g.m + e] = g.j[e];
            h.j[g.m + e] = g.i[e];
            h.coupling[g.m + e] = 0.5;
        }
        h.m = 2 * g.m;
        h.i[h.m] = 0;
        h.j[h.m] = 2;
        h.coupling[h.m++] = 0;
        assert_same(answer_generated(ctx, &g, 1), answer_generated(ctx, &h, 1), seed);
    }
    heat_context_free(ctx);
}

static void unions_add(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    for (uint64_t seed = 0; seed < N_MODELS; seed++) {
        generated g = generate(5 + seed % 4), h = generate(seed), both = g;
        answers a, b;
        if (g.n + h.n > MOST_SPINS)
            h.n = MOST_SPINS - g.n;
        for (int64_t e = 0; e < h.m; e++)
            if (h.i[e] < h.n && h.j[e] < h.n) {
                both.i[both.m] = g.n + h.i[e];
                both.j[both.m] = g.n + h.j[e];
                both.coupling[both.m++] = h.coupling[e];
            }
        for (int32_t k = 0; k < h.n; k++)
            both.field[g.n + k] = h.field[k];
        both.n = g.n + h.n;
        both.offset = g.offset + h.offset;
        { /* h without the edges that left */
            int64_t kept = 0;
            for (int64_t e = 0; e < h.m; e++)
                if (h.i[e] < h.n && h.j[e] < h.n) {
                    h.i[kept] = h.i[e];
                    h.j[kept] = h.j[e];
                    h.coupling[kept++] = h.coupling[e];
                }
            h.m = kept;
        }
        a = answer_generated(ctx, &g, 0.7);
        b = answer_generated(ctx, &h, 0.7);
        a.log_z += b.log_z;
        a.mean_energy += b.mean_energy;
        a.entropy += b.entropy;
        a.ground += b.ground;
        assert_same(a, answer_generated(ctx, &both, 0.7), seed);
    }
    heat_context_free(ctx);
}

/* T -> 0: the free energy is the ground energy and the entropy the logarithm of its degeneracy; T ->
 * infinity: every state counts. */
static void both_ends_of_the_temperature_are_known(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    for (uint64_t seed = 0; seed < N_MODELS; seed++) {
        generated g = generate(3 * seed); /* integers: a gap of at least 1 */
        heat_model *model = model_of(ctx, &g);
        answers cold = answer(ctx, model, 0.02), hot = answer(ctx, model, 1e9);
        int64_t degeneracy = 0;
        for (int32_t x = 0; x < 1 << g.n; x++) {
            int8_t row[MOST_SPINS];
            double e;
            for (int32_t k = 0; k < g.n; k++)
                row[k] = x >> k & 1 ? 1 : -1;
            assert_ok(ctx, heat_model_energies(ctx, model, 1, row, &e));
            degeneracy += e == cold.ground;
            assert_true(e >= cold.ground);
        }
        assert_close(-0.02 * (cold.log_z - log((double)degeneracy)), cold.ground, 1e-9);
        assert_close(cold.entropy, log((double)degeneracy), 1e-9);
        assert_close(hot.log_z, g.n * log(2), 1e-6);
        assert_close(hot.entropy, g.n * log(2), 1e-6);
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

/* cut = (W - E) / 2: the energy that the library reads from a Max-Cut file against the cut counted from the
 * weights as they were written. */
static void energies_of_a_max_cut_file_are_its_cuts(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    for (uint64_t seed = 0; seed < N_MODELS; seed++) {
        generated g = generate(seed);
        char text[64 * MOST_EDGES];
        int length = snprintf(text, sizeof text, "%d %lld\n", g.n, (long long)g.m);
        heat_model *model;
        for (int64_t e = 0; e < g.m; e++)
            length += snprintf(text + length, sizeof text - (size_t)length, "%d %d %.17g\n", g.i[e] + 1,
                               g.j[e] + 1, g.coupling[e]);
        assert_ok(ctx, heat_model_load(ctx, test_file(".mc", text, (size_t)length), &model));
        for (int32_t x = 0; x < 1 << g.n; x++) {
            int8_t row[MOST_SPINS];
            double energy, cut, counted = 0, size = 0;
            for (int32_t k = 0; k < g.n; k++)
                row[k] = x >> k & 1 ? 1 : -1;
            for (int64_t e = 0; e < g.m; e++) {
                counted += row[g.i[e]] != row[g.j[e]] ? g.coupling[e] : 0;
                size += fabs(g.coupling[e]);
            }
            assert_ok(ctx, heat_model_get_energy(ctx, model, 1, row, &energy));
            assert_ok(ctx, heat_model_get_cut(ctx, model, energy, &cut));
            if (!(fabs(cut - counted) <= (seed % 3 ? 1e-14 * size : 0)))
                fail_msg("model %llu: a cut of %.17g, counted %.17g", (unsigned long long)seed, cut, counted);
        }
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

static void sample_states(heat_context *ctx, const generated *g, const char *engine, double temperature,
                          heat_sample_result *r)
{
    heat_model *model = model_of(ctx, g);
    heat_sample_options opt;

    heat_sample_options_init(&opt);
    opt.engine = engine;
    opt.temperature = temperature;
    opt.threads = 1;
    opt.burn_in = 3;
    opt.sweeps = 20;
    opt.keep_states = true;
    assert_ok(ctx, heat_sample(ctx, model, &opt, r));
    heat_model_free(model);
}

/* What changes no bit of beta times an energy difference changes no bit of a chain: a shift, a scale by a
 * power of two with T, every coupling split into two halves, a pair of weight 0 more. */
static void chains_do_not_see_shift_scale_or_halves(void **state)
{
    (void)state;
    static const char *const engines[] = {"metropolis", "heat-bath"};
    heat_context *ctx = test_context();

    for (uint64_t seed = 0; seed < N_MODELS; seed++) {
        generated g = generate(seed), h = g;
        heat_sample_result a = {0}, b = {0};
        h.offset = g.offset + 12;
        for (int64_t e = 0; e < g.m; e++) {
            h.i[g.m + e] = g.j[e];
            h.j[g.m + e] = g.i[e];
            h.coupling[e] = h.coupling[g.m + e] = 2 * g.coupling[e];
        }
        h.m = 2 * g.m;
        h.i[h.m] = 2;
        h.j[h.m] = 1;
        h.coupling[h.m++] = 0;
        for (int32_t k = 0; k < g.n; k++)
            h.field[k] = 4 * g.field[k];
        sample_states(ctx, &g, engines[seed / 2 % 2], 0.75, &a);
        sample_states(ctx, &h, engines[seed / 2 % 2], 3, &b);
        assert_int_equal(a.n_draws, 20);
        if (memcmp(a.states, b.states, (size_t)(a.n_chains * a.n_draws * g.n)) != 0)
            fail_msg("model %llu: the chains differ", (unsigned long long)seed);
        heat_sample_result_clear(&a);
        heat_sample_result_clear(&b);
    }
    heat_context_free(ctx);
}

/* Written and read again, every state keeps its energy to the bit. */
static void files_keep_every_energy(void **state)
{
    (void)state;
    static const char *const suffixes[] = {".ising", ".ising.gz", ".h5", ".mc"};
    heat_context *ctx = test_context();

    for (uint64_t seed = 0; seed < N_MODELS; seed++)
        for (int f = 0; f < 4; f++) {
            generated g = generate(seed);
            heat_model *model, *again;
            const char *path;
            if (f == 3) { /* Max-Cut holds neither fields nor an offset */
                memset(g.field, 0, sizeof g.field);
                g.offset = 0;
            }
            path = test_file(suffixes[f], "", 0);
            model = model_of(ctx, &g);
            assert_ok(ctx, heat_model_save(ctx, model, path));
            assert_ok(ctx, heat_model_load(ctx, path, &again));
            for (int32_t x = 0; x < 1 << g.n; x++) {
                int8_t row[MOST_SPINS];
                double a, b;
                for (int32_t k = 0; k < g.n; k++)
                    row[k] = x >> k & 1 ? 1 : -1;
                assert_ok(ctx, heat_model_energies(ctx, model, 1, row, &a));
                assert_ok(ctx, heat_model_energies(ctx, again, 1, row, &b));
                if (memcmp(&a, &b, sizeof a) != 0)
                    fail_msg("model %llu by %s: %.17g became %.17g", (unsigned long long)seed, suffixes[f], a,
                             b);
            }
            heat_model_free(model);
            heat_model_free(again);
        }
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_do_not_matter),
        cmocka_unit_test(a_gauge_does_not_matter),
        cmocka_unit_test(shift_and_scale_do_what_they_must),
        cmocka_unit_test(repeats_add_up),
        cmocka_unit_test(unions_add),
        cmocka_unit_test(both_ends_of_the_temperature_are_known),
        cmocka_unit_test(energies_of_a_max_cut_file_are_its_cuts),
        cmocka_unit_test(chains_do_not_see_shift_scale_or_halves),
        cmocka_unit_test(files_keep_every_energy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
