/* The replica kernel against the engines' rule, decision by decision: one more instance of its body draws
 * from a script that aims just above and just below every threshold. And the built instance against the body,
 * bit for bit. */
#include "model/views.h"
#include "random/stream.h"
#include "sample/engine.h"
#include "support.h"

#include <math.h>
#include <string.h>

static uint64_t scripted_draw(heat_replica_block *block, int lane);

#define REPLICA_SWEEP scripted_sweep
#define REPLICA_DRAW(block, lane) scripted_draw(block, lane)
#include "kernel/replica_body.h"

enum { N = 12, LANES = 16, STEPS = 9 };

/* Where each draw lands relative to the threshold, in units of 2^-53; within +-RESOLUTION either answer is
 * right: the kernel's exp and the rule's may round differently. */
static const int64_t offsets[STEPS] = {-1048576, -64, -9, -8, 0, 8, 9, 64, 1048576};
enum { RESOLUTION = 8 };

static struct {
    const heat_pairwise *graph;
    heat_rule_fn rule;
    int32_t site[LANES];       /* next to be decided in each lane */
    int8_t expected[N][LANES]; /* 0: either */
    int64_t decisions, certain;
    bool free_running; /* draw from xoshiro instead */
} script;

static uint64_t xoshiro(uint64_t (*s)[HEAT_MOST_LANES], int l)
{
    uint64_t sum = s[0][l] + s[3][l], result = ((sum << 23) | (sum >> 41)) + s[0][l], t = s[1][l] << 17;

    s[2][l] ^= s[0][l];
    s[3][l] ^= s[1][l];
    s[1][l] ^= s[2][l];
    s[0][l] ^= s[3][l];
    s[2][l] ^= t;
    s[3][l] = (s[3][l] << 45) | (s[3][l] >> 19);
    return result;
}

/* The rule's probability that the next site of this lane flips, from the spins as they stand. */
static double rule_flip(const heat_replica_block *b, int lane, int32_t site)
{
    const heat_pairwise *g = script.graph;
    int8_t s = b->spin[site * b->n_lanes + lane];
    int32_t current = (s + 1) / 2;
    double field = g->field[site], x[2], p[2];

    for (int64_t k = g->row[site]; k < g->row[site + 1]; k++)
        field += g->coupling[k] * b->spin[g->col[k] * b->n_lanes + lane];
    x[current] = 0;
    x[1 - current] = -b->beta[lane] * (2 * s * field);
    script.rule(2, current, x, p);
    return p[1 - current];
}

static uint64_t scripted_draw(heat_replica_block *b, int lane)
{
    int32_t site = script.site[lane]++;
    int64_t offset, u;
    double p;

    if (script.free_running)
        return xoshiro(b->random, lane);
    offset = offsets[(site + 5 * lane) % STEPS];
    p = rule_flip(b, lane, site);
    u = (int64_t)ldexp(p, 53) + offset;
    u = u < 0 ? 0 : u > ((int64_t)1 << 53) - 1 ? ((int64_t)1 << 53) - 1 : u;
    script.decisions++;
    script.expected[site][lane] = 0;
    if (fabs((double)u - ldexp(p, 53)) > RESOLUTION) {
        int8_t s = b->spin[site * b->n_lanes + lane];
        script.certain++;
        script.expected[site][lane] = (int8_t)((double)u < ldexp(p, 53) ? -s : s);
    }
    return (uint64_t)u << 11;
}

static heat_model *glass(heat_context *ctx, bool real)
{
    int32_t i[N * 2], j[N * 2];
    double coupling[N * 2], field[N];
    heat_stream stream;
    heat_model *model;

    heat_stream_init(&stream, 11, HEAT_PURPOSE_TEST, real);
    for (int32_t k = 0; k < N; k++) {
        field[k] = real ? heat_stream_normal(&stream) : 0;
        for (int32_t d = 0; d < 2; d++) {
            i[2 * k + d] = k;
            j[2 * k + d] = (k + 1 + 3 * d) % N;
            coupling[2 * k + d] = real                                 ? heat_stream_normal(&stream)
                                  : heat_stream_uniform(&stream) < 0.5 ? 1
                                                                       : -1;
        }
    }
    assert_ok(ctx, heat_model_create_ising(ctx, N, 2 * N, i, j, coupling, field, 0, &model));
    return model;
}

static void prepare(heat_replica_block *b, int8_t *spin, int32_t lanes, uint64_t seed)
{
    static const double betas[] = {0, 0.05, 0.4, 1, 2.5, 10};
    heat_stream stream;

    memset(b, 0, sizeof *b);
    heat_stream_init(&stream, seed, HEAT_PURPOSE_TEST, 2);
    b->n_lanes = lanes;
    b->spin = spin;
    for (int32_t k = 0; k < N * lanes; k++)
        spin[k] = heat_stream_bits(&stream) >> 63 ? 1 : -1;
    for (int32_t l = 0; l < lanes; l++) {
        b->beta[l] = betas[(l + (int32_t)seed) % 6];
        for (int k = 0; k < 4; k++)
            b->random[k][l] = heat_stream_bits(&stream);
    }
}

static void decides_as_the_rule(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    static const struct {
        const heat_engine *engine;
        heat_flip_rule flip;
    } pairs[] = {{&heat_engine_metropolis, HEAT_FLIP_METROPOLIS},
                 {&heat_engine_heat_bath, HEAT_FLIP_HEAT_BATH}};

    for (int real = 0; real < 2; real++) {
        heat_model *model = glass(ctx, real);
        heat_pairwise graph;
        assert_true(heat_model_get_pairwise(model, &graph));
        for (uint64_t trial = 0; trial < 200; trial++) {
            heat_replica_block b;
            int8_t spin[N * LANES];
            int32_t lanes = trial % 3 == 0 ? 4 : trial % 3 == 1 ? 8 : 16;
            prepare(&b, spin, lanes, trial);
            memset(&script, 0, sizeof script);
            script.graph = &graph;
            script.rule = pairs[trial % 2].engine->rule;
            scripted_sweep(&graph, &b, pairs[trial % 2].flip);
            for (int32_t i = 0; i < N; i++)
                for (int32_t l = 0; l < lanes; l++)
                    if (script.expected[i][l] != 0)
                        assert_int_equal(spin[i * lanes + l], script.expected[i][l]);
            assert_int_equal(script.decisions, N * lanes);
            assert_true(script.certain > N * lanes / 4); /* the script did aim, and saw most of its answers */
        }
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

/* Energy, magnetisation and flips are followed, not only the spins. */
static void built_instance_equals_the_body_and_follows_its_sums(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    for (int real = 0; real < 2; real++) {
        heat_model *model = glass(ctx, real);
        heat_pairwise graph;
        assert_true(heat_model_get_pairwise(model, &graph));
        memset(&script, 0, sizeof script);
        script.free_running = true;
        for (uint64_t trial = 0; trial < 60; trial++) {
            heat_replica_block a, b;
            int8_t spin_a[N * LANES], spin_b[N * LANES];
            int32_t lanes = trial % 3 == 0 ? 4 : trial % 3 == 1 ? 8 : 16;
            heat_flip_rule flip = trial % 2 ? HEAT_FLIP_METROPOLIS : HEAT_FLIP_HEAT_BATH;
            prepare(&a, spin_a, lanes, trial);
            prepare(&b, spin_b, lanes, trial);
            for (int32_t l = 0; l < lanes; l++) {
                heat_replica_measure(&graph, &a, l);
                heat_replica_measure(&graph, &b, l);
            }
            for (int sweep = 0; sweep < 5; sweep++) {
                heat_replica_ref.sweep(&graph, &a, flip);
                scripted_sweep(&graph, &b, flip);
            }
            assert_memory_equal(spin_a, spin_b, (size_t)(N * lanes));
            assert_memory_equal(a.random, b.random, sizeof a.random);
            assert_memory_equal(a.energy, b.energy, sizeof a.energy);
            for (int32_t l = 0; l < lanes; l++) {
                double followed = a.energy[l];
                int64_t magnetization = a.magnetization[l];
                heat_replica_measure(&graph, &a, l);
                assert_close(followed, a.energy[l], graph.exact ? 0 : 1e-12);
                assert_int_equal(magnetization, a.magnetization[l]);
            }
        }
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

static void own_exp_is_within_its_bound(void **state)
{
    (void)state;
    double worst = 0;

    for (int k = 0; k <= 2000000; k++) {
        double x = -708.0 * k / 2000000.0,
               y = k < 1000000 ? -ldexp(1.0, -k / 20000) * (1 + k % 20000 / 20000.0) : x;
        worst = fmax(worst, fabs(heat_exp_negative(x) / exp(x) - 1));
        worst = fmax(worst, fabs(heat_exp_negative(y) / exp(y) - 1));
    }
    assert_close(worst, 0, 0x1p-51);
    assert_true(heat_exp_negative(0) == 1);
    assert_true(heat_exp_negative(-709) == 0);
    assert_true(heat_exp_negative(-1e300) == 0);
    assert_true(heat_exp_negative(-(double)INFINITY) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decides_as_the_rule),
        cmocka_unit_test(built_instance_equals_the_body_and_follows_its_sums),
        cmocka_unit_test(own_exp_is_within_its_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
