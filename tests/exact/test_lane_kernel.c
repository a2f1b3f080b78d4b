/* The lane kernel against the engines' rule, decision by decision: one more instance of its body draws from a
 * script that aims just above and just below every threshold. And every instruction set against the plain
 * one, bit for bit. */
#include "kernel/isa.h"
#include "model/views.h"
#include "random/stream.h"
#include "sample/engine.h"
#include "sample/lane_graph.h"
#include "support.h"

#include <math.h>
#include <string.h>

#include "kernel/lane.h"

static lane_int scripted_draw(int vector);

#define LANE_ISA scripted
#define LANE_DRAW(state, vector) scripted_draw(vector)
#include "kernel/lane_sweep_body.h"

enum { N = 12, STEPS = 9, MOST_LANES = HEAT_MOST_WIDE_LANES };

/* Where each draw lands relative to the threshold, in units of 2^-31; within +-RESOLUTION either answer is
 * right: the kernel declares 2^-21. */
static const int64_t offsets[STEPS] = {-10000000, -5000, -1026, -1024, 0, 1024, 1026, 5000, 10000000};
enum { RESOLUTION = 1024 };

static struct {
    const heat_lane_model *lanes;
    const heat_lane_block *block;
    heat_rule_fn rule;
    double beta[MOST_LANES];
    int32_t site[HEAT_MOST_VECTORS];
    int8_t expected[N][MOST_LANES]; /* 0: either */
    int64_t decisions, certain;
} script;

static int8_t spin_of(const heat_lane_block *b, int32_t site, int32_t lane)
{
    return b->down[site * b->n_vectors + lane / LANES] >> lane % LANES & 1 ? -1 : 1;
}

/* The rule's probability that the site flips, from the spins as they stand and the couplings as they were
 * rounded. */
static double rule_flip(int32_t lane, int32_t site)
{
    const heat_lane_graph *g = &script.lanes->graph;
    int8_t s = spin_of(script.block, site, lane);
    int32_t current = (s + 1) / 2;
    int64_t field = g->upward[site];
    double x[2], p[2];

    for (int64_t k = g->pairs.row[site]; k < g->pairs.row[site + 1]; k++)
        if (spin_of(script.block, g->pairs.col[k], lane) < 0)
            field -= 2 * heat_lane_units(g, k);
    x[current] = 0;
    x[1 - current] = -script.beta[lane] * (2 * s * script.lanes->graph.unit * (double)field);
    script.rule(2, current, x, p);
    return p[1 - current];
}

static lane_int scripted_draw(int vector)
{
    const int64_t most = ((int64_t)1 << 31) - 1;
    int32_t visit = script.site[vector]++;
    int32_t site = script.lanes->graph.order != NULL ? script.lanes->graph.order[visit] : visit;
    uint32_t draws[LANES];

    for (int l = 0; l < LANES; l++) {
        int32_t lane = LANES * vector + l;
        double threshold = ldexp(rule_flip(lane, site), 31);
        int64_t u = (int64_t)threshold + offsets[(site + 5 * lane) % STEPS];
        int8_t s = spin_of(script.block, site, lane);
        u = u < 0 ? 0 : u > most ? most : u;
        script.decisions++;
        script.expected[site][lane] = 0;
        if (fabs((double)u - threshold) > RESOLUTION) {
            script.certain++;
            script.expected[site][lane] = (int8_t)((double)u < threshold ? -s : s);
        }
        draws[l] = (uint32_t)u << 1;
    }
    return lane_load(draws);
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

static void prepare(heat_lane_block *b, uint16_t *down, int32_t vectors, double unit, uint64_t seed)
{
    static const double betas[] = {0, 0.05, 0.4, 1, 2.5, 10};
    heat_stream stream;

    memset(b, 0, sizeof *b);
    heat_stream_init(&stream, seed, HEAT_PURPOSE_TEST, 2);
    b->n_vectors = vectors;
    b->down = down;
    for (int32_t k = 0; k < N * vectors; k++)
        down[k] = (uint16_t)heat_stream_bits(&stream);
    for (int32_t l = 0; l < LANES * vectors; l++) {
        script.beta[l] = betas[(l + (int32_t)seed) % 6];
        b->scale[l] = (float)(-2 * script.beta[l] * unit / log(2.0));
        for (int k = 0; k < 4; k++)
            b->random[k][l] = (uint32_t)heat_stream_bits(&stream);
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
        heat_lane_model *lanes;
        assert_true(heat_model_get_pairwise(model, &graph));
        assert_ok(ctx, heat_lane_model_create(ctx, &graph, 10, &lanes));
        assert_non_null(lanes);
        assert_int_equal(lanes->graph.residual_upward != NULL, real);
        assert_non_null(lanes->order);
        for (uint64_t trial = 0; trial < 150; trial++) {
            heat_lane_block b;
            uint16_t down[N * HEAT_MOST_VECTORS];
            int32_t vectors = 1 << trial % 3;
            memset(&script, 0, sizeof script);
            prepare(&b, down, vectors, lanes->graph.unit, trial);
            lanes->graph.order = trial % 5 < 2 ? NULL : lanes->order;
            script.lanes = lanes;
            script.block = &b;
            script.rule = pairs[trial % 2].engine->rule->probabilities;
            lane_sweep_scripted(&lanes->graph, &b, pairs[trial % 2].flip);
            for (int32_t i = 0; i < N; i++)
                for (int32_t l = 0; l < LANES * vectors; l++)
                    if (script.expected[i][l] != 0)
                        assert_int_equal(spin_of(&b, i, l), script.expected[i][l]);
            assert_int_equal(script.decisions, N * LANES * vectors);
            assert_true(script.certain > script.decisions / 4); /* the script did aim, and saw most answers */
        }
        heat_lane_model_free(lanes);
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

/* The energy of one lane, from the definition in the lane graph's integers. */
static int64_t energy_of(const heat_lane_graph *g, const heat_lane_block *b, int32_t lane)
{
    int64_t energy = 0;

    for (int32_t i = 0; i < g->pairs.n; i++) {
        int64_t field = g->upward[i]; /* less the couplings to later sites, once for each pair */
        for (int64_t k = g->pairs.row[i]; k < g->pairs.row[i + 1]; k++) {
            int64_t coupling = heat_lane_units(g, k);
            field -= coupling;
            if (g->pairs.col[k] > i)
                field += coupling * spin_of(b, g->pairs.col[k], lane);
        }
        energy -= field * spin_of(b, i, lane);
    }
    return energy;
}

/* With `dense`, the instruction set keeps fields, and the plain reference sums them; it sums in 32 bits, the
 * instruction set in 16 where they fit. */
static void check_instance(heat_context *ctx, const heat_isa *isa, const char *spec, int32_t vectors,
                           heat_flip_rule flip, bool dense)
{
    enum { SITES = 80 };
    heat_model *model;
    heat_pairwise graph;
    heat_lane_model *lanes;
    heat_lane_graph wide;
    heat_lane_block a, b;
    uint16_t down_a[SITES * HEAT_MOST_VECTORS], down_b[SITES * HEAT_MOST_VECTORS];
    int32_t n_down[MOST_LANES];
    float residual_a[MOST_LANES], residual_b[MOST_LANES];
    static int32_t fields[(MOST_LANES + 1) * (SITES + 32)];

    assert_ok(ctx, heat_model_load(ctx, spec, &model));
    assert_true(heat_model_get_pairwise(model, &graph));
    assert_true(graph.n <= SITES && graph.n >= N);
    assert_ok(ctx, heat_lane_model_create(ctx, &graph, 10, &lanes));
    assert_non_null(lanes);
    wide = lanes->graph;
    wide.is_narrow = false;
    prepare(&a, down_a, vectors, lanes->graph.unit, 3);
    for (int32_t k = 0; k < graph.n * vectors; k++)
        down_a[k] = (uint16_t)((uint32_t)k * 40503u);
    for (int32_t l = 0; l < LANES * vectors; l++)
        a.energy[l] = energy_of(&lanes->graph, &a, l);
    b = a;
    b.down = down_b;
    memcpy(down_b, down_a, sizeof down_a);
    if (dense) {
        memset(fields, 0, sizeof fields);
        b.fields = fields;
        for (int32_t l = 0; l < LANES * vectors; l++)
            isa->lanes->refresh(&lanes->graph, &b, l);
    }
    for (int sweep = 0; sweep < 40; sweep++) {
        heat_lane_ref.sweep(&wide, &a, flip);
        b.first = 0;
        b.end = sweep % 2 == 0 || graph.n < HEAT_SITES_A_FLUSH
                    ? 0
                    : HEAT_SITES_A_FLUSH; /* a sweep in two pieces is the same sweep */
        isa->lanes->sweep(&lanes->graph, &b, flip);
        b.first = b.end;
        b.end = graph.n;
        if (b.first > 0)
            isa->lanes->sweep(&lanes->graph, &b, flip);
    }
    assert_memory_equal(down_a, down_b, (size_t)(graph.n * vectors) * sizeof *down_a);
    assert_memory_equal(a.random, b.random, sizeof a.random);
    assert_memory_equal(a.energy, b.energy, sizeof a.energy);
    isa->lanes->count(a.down, graph.n, vectors, n_down);
    for (int32_t l = 0; l < LANES * vectors; l++) {
        int32_t count = 0;
        assert_int_equal(a.energy[l], energy_of(&lanes->graph, &a, l));
        for (int32_t i = 0; i < graph.n; i++)
            count += spin_of(&a, i, l) < 0;
        assert_int_equal(n_down[l], count);
    }
    if (lanes->graph.residual_upward != NULL) {
        int8_t row[SITES];
        double energy;
        heat_lane_ref.residual(&lanes->graph, &a, residual_a);
        isa->lanes->residual(&lanes->graph, &b, residual_b);
        assert_memory_equal(residual_a, residual_b, (size_t)(LANES * vectors) * sizeof *residual_a);
        for (int32_t l = 0; l < LANES * vectors; l++) {
            for (int32_t i = 0; i < graph.n; i++)
                row[i] = spin_of(&a, i, l);
            assert_ok(ctx, heat_model_energies(ctx, model, 1, row, &energy));
            assert_close(graph.offset + lanes->graph.unit * (double)a.energy[l] + (double)residual_a[l],
                         energy, 1e-11);
        }
    }
    heat_lane_model_free(lanes);
    heat_model_free(model);
}

static void every_instruction_set_gives_the_same_bits(void **state)
{
    (void)state;
    static const char *const specs[] = {"ea:8x8,seed=1",
                                        "ea:7x9,J=gauss,h=0.3,seed=2",
                                        "sk:40,seed=1",
                                        "regular:50,k=5",
                                        "regular:70,k=40,J=pm,h=2",
                                        "sk:70,J=pm",
                                        "lattice:12,J=0.25",
                                        "sk:64,J=pm",
                                        "ea:8x8,h=0.375,seed=3",
                                        "ea:7x7,h=0.3,seed=4"};
    heat_context *ctx = test_context();

    for (int k = 0; k < heat_isa_count(); k++)
        for (size_t s = 0; s < sizeof specs / sizeof *specs; s++)
            for (int32_t vectors = 1; vectors <= 4; vectors *= 2)
                for (int how = 0; how < 4; how++)
                    check_instance(ctx, heat_isa_at(k), specs[s], vectors, (heat_flip_rule)(how / 2),
                                   how % 2 == 1);
    heat_context_free(ctx);
}

/* Words that are fetched ahead are the same words. */
static void fetching_changes_no_bits(void **state)
{
    (void)state;
    enum { MANY = 80000 };
    heat_context *ctx = test_context();
    static uint16_t down[2][MANY * 4];
    heat_lane_model *lanes;
    heat_model *model;
    heat_pairwise graph;

    assert_ok(ctx, heat_model_load(ctx, "regular:80000,k=3,seed=5", &model));
    assert_true(heat_model_get_pairwise(model, &graph));
    assert_int_equal(graph.n, MANY);
    assert_true(4 * MANY > HEAT_NEAR_WORDS);
    assert_ok(ctx, heat_lane_model_create(ctx, &graph, 1, &lanes));
    assert_true(lanes->graph.is_scattered);
    memset(down, 0x5a, sizeof down);
    for (int k = 0; k < 2; k++) {
        heat_lane_block b;
        uint16_t few[N * 4];
        prepare(&b, few, 4, 1, 7);
        b.down = down[k];
        lanes->graph.is_scattered = k == 0;
        heat_isa_get("auto")->lanes->sweep(&lanes->graph, &b, HEAT_FLIP_METROPOLIS);
    }
    assert_memory_equal(down[0], down[1], sizeof down[0]);
    heat_lane_model_free(lanes);
    heat_model_free(model);
    heat_context_free(ctx);
}

/* Counts beyond what the planes hold at once, and words that fill no vector. */
static void many_sites_are_counted(void **state)
{
    (void)state;
    enum { MANY = 16003 };
    static uint16_t down[MANY * 4];
    int32_t n_down[MOST_LANES];

    for (int32_t i = 0; i < MANY; i++)
        for (int v = 0; v < 4; v++)
            down[4 * i + v] = (uint16_t)(v == 0 ? 0xffff : v == 1 ? 0 : i % (v + 1) == 0 ? 0x8001 : 0);
    for (int k = 0; k < heat_isa_count(); k++) {
        const heat_lane_kernel *kernel = heat_isa_at(k)->lanes;
        kernel->count(down, MANY, 4, n_down);
        assert_int_equal(n_down[0], MANY);
        assert_int_equal(n_down[15], MANY);
        assert_int_equal(n_down[16], 0);
        assert_int_equal(n_down[32], (MANY + 2) / 3);
        assert_int_equal(n_down[33], 0);
        assert_int_equal(n_down[63], (MANY + 3) / 4);
        kernel->count(down, 4 * MANY, 1, n_down);
        assert_int_equal(n_down[0], MANY + (MANY + 2) / 3 + (MANY + 3) / 4);
        assert_int_equal(n_down[1], MANY);
    }
}

static void own_exp_is_within_its_bound(void **state)
{
    (void)state;
    double worst = 0;

    for (int k = 0; k < 400000; k++) {
        float y[LANES], result[LANES];
        lane_real r;
        for (int l = 0; l < LANES; l++)
            y[l] = -(float)(60.0 * (LANES * k + l) / (LANES * 400000.0));
        r = lane_exp2(lane_load_real(y), 0x1p31f);
        lane_store(result, lane_bits_of(r));
        for (int l = 0; l < LANES; l++)
            worst = fmax(worst, fabs(result[l] / exp2(31.0 + (double)y[l]) - 1));
    }
    assert_close(worst, 0, 2.5e-7);
}

/* Couplings over many orders of magnitude do not fit, and are not made to. */
static void what_does_not_fit_is_left_alone(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    const int32_t i[] = {0, 1}, j[] = {1, 2};
    const double wide[] = {1e9, 1.1e-3}, narrow[] = {1, 1.1};
    heat_model *model;
    heat_pairwise graph;
    heat_lane_model *lanes;

    assert_ok(ctx, heat_model_create_ising(ctx, 3, 2, i, j, wide, NULL, 0, &model));
    assert_true(heat_model_get_pairwise(model, &graph));
    assert_ok(ctx, heat_lane_model_create(ctx, &graph, 0, &lanes));
    assert_null(lanes);
    heat_model_free(model);
    assert_ok(ctx, heat_model_create_ising(ctx, 3, 2, i, j, narrow, NULL, 0, &model));
    assert_true(heat_model_get_pairwise(model, &graph));
    assert_ok(ctx,
              heat_lane_model_create(ctx, &graph, 1e5, &lanes)); /* so cold that rounding would be felt */
    assert_null(lanes);
    assert_ok(ctx, heat_lane_model_create(ctx, &graph, 10, &lanes));
    assert_non_null(lanes);
    heat_lane_model_free(lanes);
    heat_model_free(model);
    assert_ok(ctx, heat_model_load(ctx, "sk:1000", &model));
    assert_true(heat_model_get_pairwise(model, &graph));
    assert_ok(ctx, heat_lane_model_create(ctx, &graph, 1 / 0.1, &lanes)); /* deep in the glass */
    assert_non_null(lanes);
    heat_lane_model_free(lanes);
    assert_ok(ctx, heat_lane_model_create(ctx, &graph, 1 / 0.01, &lanes));
    assert_null(lanes);
    heat_model_free(model);
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decides_as_the_rule),
        cmocka_unit_test(every_instruction_set_gives_the_same_bits),
        cmocka_unit_test(fetching_changes_no_bits),
        cmocka_unit_test(many_sites_are_counted),
        cmocka_unit_test(own_exp_is_within_its_bound),
        cmocka_unit_test(what_does_not_fit_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
