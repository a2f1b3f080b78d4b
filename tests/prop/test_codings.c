/* One model over spins, over 0 and 1, and through every file format: the same ground energy, log Z, energies
 * of states and of sampled states. Couplings are quarters, so that every form is exact. */
#include "random/stream.h"
#include "support.h"

#include <heatbath/ground.h>
#include <heatbath/logz.h>
#include <heatbath/model.h>
#include <heatbath/sample.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N_MODELS = 12, N_FORMS = 5, MOST = 12 };

static heat_model *random_glass(heat_context *ctx, heat_stream *stream)
{
    int32_t n = 2 + (int32_t)heat_stream_below(stream, MOST - 1), m = 0;
    int32_t i[MOST * MOST], j[MOST * MOST];
    double coupling[MOST * MOST], field[MOST], offset = (double)heat_stream_below(stream, 9) / 4;
    heat_model *model;

    for (int32_t a = 0; a < n; a++) {
        field[a] = ((double)heat_stream_below(stream, 17) - 8) / 4;
        for (int32_t b = a + 1; b < n; b++)
            if (heat_stream_below(stream, 2) == 1) {
                i[m] = a;
                j[m] = b;
                coupling[m++] = ((double)heat_stream_below(stream, 17) - 8) / 4;
            }
    }
    assert_ok(ctx, heat_model_create_ising(ctx, n, m, i, j, coupling, field, offset, &model));
    return model;
}

static double ground_of(heat_context *ctx, const heat_model *model, const char *method)
{
    heat_ground_options opt;
    heat_ground_result r;
    double energy, again = NAN;

    heat_ground_options_init(&opt);
    heat_ground_result_init(&r);
    opt.method = method;
    assert_ok(ctx, heat_ground(ctx, model, &opt, &r));
    energy = r.energy;
    assert_ok(ctx, heat_model_get_energy(ctx, model, 1, r.state, &again));
    assert_close(again, energy, 0);
    heat_ground_result_clear(&r);
    return energy;
}

static double log_z_of(heat_context *ctx, const heat_model *model)
{
    heat_logz_options opt;
    heat_logz_result r;
    double log_z;

    heat_logz_options_init(&opt);
    heat_logz_result_init(&r);
    assert_ok(ctx, heat_logz(ctx, model, &opt, &r));
    log_z = r.rows[0].log_z;
    heat_logz_result_clear(&r);
    return log_z;
}

/* Every state of `a`, in the other coding the same energy. */
static void compare_energies(heat_context *ctx, const heat_model *a, const heat_model *b)
{
    heat_model_info of_a, of_b;
    int8_t s[MOST], x[MOST];
    double energy_a = NAN, energy_b = NAN;

    heat_model_describe(a, &of_a);
    heat_model_describe(b, &of_b);
    assert_int_equal(of_a.n_variables, of_b.n_variables);
    for (int32_t k = 0; k < 1 << of_a.n_variables; k++) {
        for (int32_t i = 0; i < of_a.n_variables; i++) {
            s[i] = (int8_t)(k >> i & 1 ? 1 : of_a.coding == HEAT_CODING_SPIN ? -1 : 0);
            x[i] = (int8_t)(k >> i & 1 ? 1 : of_b.coding == HEAT_CODING_SPIN ? -1 : 0);
        }
        assert_ok(ctx, heat_model_get_energy(ctx, a, 1, s, &energy_a));
        assert_ok(ctx, heat_model_get_energy(ctx, b, 1, x, &energy_b));
        assert_close(energy_b, energy_a, 0);
    }
}

static void one_model_has_one_answer_in_every_form(void **state)
{
    (void)state;
    static const char *const forms[N_FORMS] = {".ising", ".qubo", ".json", ".h5", ".qubo.gz"};
    heat_context *ctx = test_context();
    heat_stream stream;

    heat_stream_init(&stream, 1, HEAT_PURPOSE_GENERATE, 7);
    for (int trial = 0; trial < N_MODELS; trial++) {
        heat_model *model = random_glass(ctx, &stream);
        double energy = ground_of(ctx, model, "exact"), log_z = log_z_of(ctx, model);
        for (int f = 0; f < N_FORMS; f++) { /* each form is made from the one before */
            const char *path = test_file(forms[f], "", 0);
            heat_model *other;
            assert_ok(ctx, heat_model_save(ctx, model, path));
            assert_ok(ctx, heat_model_load(ctx, path, &other));
            compare_energies(ctx, model, other);
            assert_close(ground_of(ctx, other, "exact"), energy, 0);
            assert_close(ground_of(ctx, other, "anneal"), energy, 0);
            assert_close(log_z_of(ctx, other), log_z, 1e-12 * (1 + fabs(log_z)));
            heat_model_free(model);
            model = other;
        }
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

/* Sampled energies are those of the sampled states, whatever the engine. */
static void sampled_states_have_their_energies(void **state)
{
    (void)state;
    static const char *const engines[] = {"metropolis", "heat-bath", "exact"};
    heat_context *ctx = test_context();
    const int32_t i[] = {0, 0, 1, 2, 1}, j[] = {1, 2, 2, 3, 1};
    const double q[] = {3, -2, 5, -7, 2};
    heat_model *model;

    assert_ok(ctx, heat_model_create_qubo(ctx, 4, 5, i, j, q, 1, &model));
    for (int k = 0; k < 3; k++) {
        heat_sample_options opt;
        heat_sample_result r;
        heat_sample_options_init(&opt);
        heat_sample_result_init(&r);
        opt.engine = engines[k];
        opt.sweeps = 200;
        opt.keep_states = true;
        assert_ok(ctx, heat_sample(ctx, model, &opt, &r));
        for (int64_t d = 0; d < r.n_chains * r.n_draws; d++) {
            double energy = NAN;
            assert_ok(ctx, heat_model_get_energy(ctx, model, 1, r.states + 4 * d, &energy));
            assert_close(r.energies[d], energy, 0);
        }
        heat_sample_result_clear(&r);
    }
    heat_model_free(model);
    heat_context_free(ctx);
}

enum { N_SUFFIXES = 7, MC = 0, QUBO = 2, LAST_TEXT = 3 };
/* Up to LAST_TEXT the format itself decides on spins or 0 and 1; behind it the file keeps the model's form.
 */
static const char *const suffixes[N_SUFFIXES] = {".mc",  ".ising", ".qubo", ".ising.gz",
                                                 ".coo", ".json",  ".h5"};

/* Writes the model; false where the format says that it cannot hold it. */
static bool write_model(heat_context *ctx, const heat_model *model, int suffix, const char **path)
{
    heat_status status;

    *path = test_file(suffixes[suffix], "", 0);
    status = heat_model_save(ctx, model, *path);
    if (status == HEAT_ERROR_OUTPUT) {
        assert_contains(heat_context_error(ctx), "cannot hold");
        return false;
    }
    assert_ok(ctx, status);
    return true;
}

/* Reads the file and writes the model again, in a format. */
static bool rewrite(heat_context *ctx, const char *path, int suffix, const char **other)
{
    heat_model *model;
    bool done;

    assert_ok(ctx, heat_model_load(ctx, path, &model));
    done = write_model(ctx, model, suffix, other);
    heat_model_free(model);
    return done;
}

static void assert_same_bytes(const char *a, const char *b, const char *what)
{
    FILE *f = fopen(a, "rb"), *g = fopen(b, "rb");
    int c, d;

    assert_non_null(f);
    assert_non_null(g);
    do {
        c = getc(f);
        d = getc(g);
    } while (c == d && c != EOF);
    fclose(f);
    fclose(g);
    if (c != d)
        fail_msg("%s: %s and %s differ", what, a, b);
}

/* Whether a file of format s is the same byte for byte after a detour over format t. */
static bool survives(int s, int t, bool is_exact)
{
    if ((s == QUBO) != (t == QUBO) && !is_exact)
        return false; /* fields become sums, which round */
    if (s <= LAST_TEXT)
        return true;
    return t != QUBO && (t != MC || s != N_SUFFIXES - 1);
}

static void every_builtin_goes_through_every_format_and_back(void **state)
{
    (void)state;
    static const char *const specs[] = {"lattice:4x3",
                                        "lattice:5,h=-0.5,open",
                                        "lattice:2x3x2,J=gauss",
                                        "lattice:3x3,J=0.3,h=0.1",
                                        "ea:3x3x2,seed=2",
                                        "ea:4x2,J=gauss,h=1,open",
                                        "sk:7,seed=3",
                                        "sk:6,J=pm,h=-0.25",
                                        "regular:8,k=3,seed=4",
                                        "regular:6,k=2,J=gauss,h=2",
                                        "lattice:1",
                                        "sk:1"};
    heat_context *ctx = test_context();
    int n_compared = 0;

    for (size_t b = 0; b < sizeof specs / sizeof *specs; b++) {
        heat_model *model;
        heat_model_info info;
        assert_ok(ctx, heat_model_load(ctx, specs[b], &model));
        heat_model_describe(model, &info);
        for (int s = 0; s < N_SUFFIXES; s++) {
            const char *first, *there, *back;
            if (!write_model(ctx, model, s, &first)) {
                assert_true(s == MC && info.has_field);
                continue;
            }
            for (int t = 0; t < N_SUFFIXES; t++) {
                if (!survives(s, t, info.exact) || !rewrite(ctx, first, t, &there))
                    continue;
                if (!rewrite(ctx, there, s, &back))
                    fail_msg("%s: %s by %s has no way back", specs[b], suffixes[s], suffixes[t]);
                assert_same_bytes(first, back, specs[b]);
                n_compared++;
            }
        }
        heat_model_free(model);
    }
    assert_true(n_compared > 300);
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_model_has_one_answer_in_every_form),
        cmocka_unit_test(every_builtin_goes_through_every_format_and_back),
        cmocka_unit_test(sampled_states_have_their_energies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
