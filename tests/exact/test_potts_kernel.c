/* The Potts kernel against the engines' rules, decision by decision: one more instance of its body draws from
 * a script that aims just above and just below the border between two values. And every instruction set
 * against the plain one, bit for bit. */
#include "kernel/isa.h"
#include "model/views.h"
#include "random/stream.h"
#include "sample/engine.h"
#include "sample/potts_graph.h"
#include "support.h"

#include <math.h>
#include <string.h>

#include "kernel/lane.h"

static lane_int scripted_draw(int vector);

#define LANE_ISA scripted
#define LANE_DRAW(state, vector) scripted_draw(vector)
#include "kernel/potts_sweep_body.h"

enum {
    N = 7,
    MANY = 19, /* sites that are all neighbours: more than a tile */
    MOST_VECTORS = 19,
    MOST_LANES = MOST_VECTORS * LANES,
    STEPS = 7,
    MOST_STRIDE = 128,
    MOST_EDGES = MANY * (MANY - 1) / 2,
};

/* Where each draw lands relative to a border, in units of 2^-31. */
static const int64_t offsets[STEPS] = {-40000000, -20000, -1, 0, 1, 20000, 40000000};

/* A block with its arrays. */
typedef struct whole_block {
    heat_potts_block block;
    uint8_t value[MANY * MOST_LANES];
    float scale[MOST_LANES];
    int64_t energy[MOST_LANES], n_moves[MOST_LANES];
    uint32_t random[4][MOST_LANES];
    _Alignas(64) int32_t sums[HEAT_POTTS_CHUNK * MOST_STRIDE];
} whole_block;

static struct {
    const heat_potts_units *units;
    const heat_potts_block *block;
    heat_rule_fn rule;
    double beta[MOST_LANES];
    int32_t site[MOST_VECTORS];
    int8_t low[N][MOST_LANES], high[N][MOST_LANES]; /* the values that are right */
    int64_t decisions, certain;
} script;

static int32_t coupling_units(const heat_potts_graph *g, int64_t k, int32_t a, int32_t b)
{
    if (g->coupling != NULL)
        return a == b ? g->coupling[k] : 0;
    return g->tables[(g->table[k] * g->q + b) * g->stride + a];
}

static int32_t value_of(const heat_potts_block *b, int32_t site, int32_t lane)
{
    return b->value[(int64_t)site * LANES * b->n_vectors + lane];
}

/* The rule's probabilities for the values as they stand and the couplings as they were rounded. */
static void rule_probabilities(int32_t lane, int32_t site, double *p)
{
    const heat_potts_graph *g = &script.units->graph;
    int32_t current = value_of(script.block, site, lane);
    double x[HEAT_POTTS_MOST_VALUES];
    int64_t sum[HEAT_POTTS_MOST_VALUES];

    for (int32_t a = 0; a < g->q; a++) {
        sum[a] = g->field[site * g->stride + a];
        for (int64_t k = g->row[site]; k < g->row[site + 1]; k++)
            sum[a] += coupling_units(g, k, a, value_of(script.block, g->col[k], lane));
    }
    for (int32_t a = 0; a < g->q; a++)
        x[a] = script.beta[lane] * script.units->unit * (double)(sum[a] - sum[current]);
    script.rule(g->q, current, x, p);
}

/* The value that a draw u gives. */
static int8_t value_at(const double *p, int32_t q, double u)
{
    double sum = p[0];
    int8_t a = 0;

    while (a < q - 1 && !(u < sum))
        sum += p[++a];
    return a;
}

static lane_int scripted_draw(int vector)
{
    const int64_t most = ((int64_t)1 << 31) - 1;
    int32_t site = script.site[vector]++, q = script.units->graph.q;
    double resolution = ldexp(1, -20) + q * ldexp(1, -24), p[HEAT_POTTS_MOST_VALUES];
    uint32_t draws[LANES];

    for (int l = 0; l < LANES; l++) {
        int32_t lane = LANES * vector + l, border = (lane + site) % (q > 1 ? q - 1 : 1);
        double sum = 0;
        int64_t u;
        rule_probabilities(lane, site, p);
        for (int32_t a = 0; a <= border; a++)
            sum += p[a];
        u = (int64_t)ldexp(sum, 31) + offsets[(site + 5 * lane) % STEPS];
        u = u < 0 ? 0 : u > most ? most : u;
        script.low[site][lane] = value_at(p, q, ldexp((double)u, -31) - resolution);
        script.high[site][lane] = value_at(p, q, ldexp((double)u, -31) + resolution);
        script.decisions++;
        script.certain += script.low[site][lane] == script.high[site][lane];
        draws[l] = (uint32_t)u << 1;
    }
    return lane_load(draws);
}

/* A ring of n sites with chords to all that are at most `reach` away, of q values, one pair of random tables
 * or couplings an edge. */
static heat_model *random_potts(heat_context *ctx, int32_t n, int32_t reach, int32_t q, bool plain, bool real)
{
    static double tables[MOST_EDGES * 32 * 32], couplings[MOST_EDGES], fields[MANY * 32];
    int32_t i[MOST_EDGES], j[MOST_EDGES], n_edges = n * reach;
    heat_potts potts;
    heat_stream stream;
    heat_model *model;

    assert_true(q <= 32 && n_edges <= MOST_EDGES);
    heat_stream_init(&stream, 7, HEAT_PURPOSE_TEST, (uint64_t)(4 * q + 2 * plain + real));
    for (int e = 0; e < n_edges; e++) {
        i[e] = e % n;
        j[e] = (e % n + 1 + e / n) % n;
        couplings[e] = real ? heat_stream_normal(&stream) : (double)heat_stream_below(&stream, 3) - 1;
    }
    for (int k = 0; k < n_edges * q * q; k++)
        tables[k] = real ? heat_stream_normal(&stream) : (double)heat_stream_below(&stream, 5) / 4;
    for (int k = 0; k < n * q; k++)
        fields[k] = real ? heat_stream_normal(&stream) : (double)heat_stream_below(&stream, 3);
    heat_potts_init(&potts);
    potts.n_variables = n;
    potts.n_states = q;
    potts.n_edges = n_edges;
    potts.i = i;
    potts.j = j;
    potts.couplings = plain ? couplings : NULL;
    potts.tables = plain ? NULL : tables;
    potts.n_tables = plain ? 0 : n_edges;
    potts.fields = fields;
    assert_ok(ctx, heat_model_create_potts(ctx, &potts, &model));
    return model;
}

static int64_t energy_of(const heat_potts_graph *g, const heat_potts_block *b, int32_t lane)
{
    int64_t energy = 0;

    for (int32_t i = 0; i < g->n; i++) {
        int32_t a = value_of(b, i, lane);
        energy -= g->field[i * g->stride + a];
        for (int64_t k = g->row[i]; k < g->row[i + 1]; k++)
            if (g->col[k] > i)
                energy -= coupling_units(g, k, a, value_of(b, g->col[k], lane));
    }
    return energy;
}

static void prepare(whole_block *w, const heat_potts_units *units, int32_t vectors, uint64_t seed)
{
    static const double betas[] = {0, 0.05, 0.4, 1, 2.5, 10};
    heat_potts_block *b = &w->block;
    heat_stream stream;

    memset(w, 0, sizeof *w);
    heat_stream_init(&stream, seed, HEAT_PURPOSE_TEST, 2);
    *b = (heat_potts_block){.n_vectors = vectors,
                            .value = w->value,
                            .scale = w->scale,
                            .energy = w->energy,
                            .n_moves = w->n_moves,
                            .random = {w->random[0], w->random[1], w->random[2], w->random[3]},
                            .sums = w->sums};
    for (int32_t k = 0; k < units->graph.n * LANES * vectors; k++)
        w->value[k] = (uint8_t)heat_stream_below(&stream, (uint64_t)units->graph.q);
    for (int32_t l = 0; l < LANES * vectors; l++) {
        script.beta[l] = betas[(l + (int32_t)seed) % 6];
        w->scale[l] = (float)(script.beta[l] * units->unit / log(2.0));
        for (int k = 0; k < 4; k++)
            w->random[k][l] = (uint32_t)heat_stream_bits(&stream);
        w->energy[l] = energy_of(&units->graph, b, l);
    }
}

static void check_decisions(heat_context *ctx, int32_t q, bool plain, bool real)
{
    static const struct {
        const heat_engine *engine;
        heat_flip_rule flip;
    } pairs[] = {{&heat_engine_metropolis, HEAT_FLIP_METROPOLIS},
                 {&heat_engine_heat_bath, HEAT_FLIP_HEAT_BATH}};
    static whole_block w;
    heat_model *model = random_potts(ctx, N, 2, q, plain, real);
    heat_categorical view;
    heat_potts_units *units;

    assert_true(heat_model_get_categorical(model, &view));
    assert_ok(ctx, heat_potts_units_create(ctx, &view, 10, &units));
    assert_non_null(units);
    assert_int_equal(units->rounded, real);
    for (uint64_t trial = 0; trial < 12; trial++) {
        int32_t vectors = 1 + (int32_t)(trial % 2) * (MOST_VECTORS - 1); /* one, and more than a chunk */
        memset(&script, 0, sizeof script);
        prepare(&w, units, vectors, trial);
        script.units = units;
        script.block = &w.block;
        script.rule = pairs[trial / 2 % 2].engine->rule->probabilities;
        potts_sweep_scripted(&units->graph, &w.block, pairs[trial / 2 % 2].flip);
        for (int32_t i = 0; i < N; i++)
            for (int32_t l = 0; l < LANES * vectors; l++) {
                assert_true(value_of(&w.block, i, l) >= script.low[i][l]);
                assert_true(value_of(&w.block, i, l) <= script.high[i][l]);
            }
        assert_int_equal(script.decisions, N * LANES * vectors);
        assert_true(script.certain > script.decisions / 4); /* the script did aim, and saw most answers */
    }
    heat_potts_units_free(units);
    heat_model_free(model);
}

static void decides_as_the_rule(void **state)
{
    (void)state;
    static const int32_t values[] = {2, 3, 4, 5, 16, 17, 21};
    heat_context *ctx = test_context();

    for (int k = 0; k < 7; k++)
        for (int kind = 0; kind < 4; kind++)
            check_decisions(ctx, values[k], kind & 1, kind & 2);
    heat_context_free(ctx);
}

static void check_instance(heat_context *ctx, const heat_isa *isa, heat_model *model, int32_t vectors,
                           heat_flip_rule flip)
{
    static whole_block a, b;
    heat_categorical view;
    heat_potts_units *units;
    int64_t n_moves = 0;

    assert_true(heat_model_get_categorical(model, &view));
    assert_ok(ctx, heat_potts_units_create(ctx, &view, 10, &units));
    assert_non_null(units);
    prepare(&a, units, vectors, 3);
    prepare(&b, units, vectors, 3);
    for (int sweep = 0; sweep < 20; sweep++) {
        heat_potts_ref.sweep(&units->graph, &a.block, flip);
        isa->potts->sweep(&units->graph, &b.block, flip);
    }
    assert_memory_equal(a.value, b.value, sizeof a.value);
    assert_memory_equal(a.energy, b.energy, sizeof a.energy);
    assert_memory_equal(a.n_moves, b.n_moves, sizeof a.n_moves);
    assert_memory_equal(a.random, b.random, sizeof a.random);
    for (int32_t l = 0; l < LANES * vectors; l++) {
        int8_t row[MANY];
        double energy;
        assert_int_equal(a.energy[l], energy_of(&units->graph, &a.block, l));
        for (int32_t i = 0; i < view.n; i++)
            row[i] = (int8_t)value_of(&a.block, i, l);
        assert_ok(ctx, heat_model_energies(ctx, model, 1, row, &energy));
        assert_close(view.offset + units->unit * (double)a.energy[l], energy, 0);
        n_moves += a.n_moves[l];
    }
    assert_true(n_moves > view.n * LANES * vectors);
    heat_potts_units_free(units);
    heat_model_free(model);
}

static void every_instruction_set_gives_the_same_bits(void **state)
{
    (void)state;
    static const int32_t values[] = {2, 3, 4, 7, 16, 21, 32};
    heat_context *ctx = test_context();

    for (int k = 0; k < heat_isa_count(); k++)
        for (int v = 0; v < 7; v++)
            for (int kind = 0; kind < 4; kind++)
                check_instance(ctx, heat_isa_at(k), random_potts(ctx, N, 2, values[v], kind & 1, false),
                               v % 2 ? 1 : 9, (heat_flip_rule)(kind / 2));
    heat_context_free(ctx);
}

static void more_neighbours_and_chains_than_a_tile_give_the_same_bits(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    for (int k = 0; k < heat_isa_count(); k++)
        for (int32_t q = 15; q <= 23; q += 4)
            check_instance(ctx, heat_isa_at(k), random_potts(ctx, MANY, MANY / 2, q, false, false),
                           MOST_VECTORS, HEAT_FLIP_HEAT_BATH);
    heat_context_free(ctx);
}

/* Couplings over many orders of magnitude, or so cold that rounding would be felt, are left alone. */
static void what_does_not_fit_is_left_alone(void **state)
{
    (void)state;
    const int32_t i[] = {0, 1}, j[] = {1, 2};
    const double wide[] = {1e9, 1.1e-3}, narrow[] = {1, 1.1};
    heat_context *ctx = test_context();

    for (int k = 0; k < 3; k++) {
        heat_potts potts;
        heat_model *model;
        heat_categorical view;
        heat_potts_units *units;
        heat_potts_init(&potts);
        potts.n_variables = 3;
        potts.n_edges = 2;
        potts.i = i;
        potts.j = j;
        potts.couplings = k == 0 ? wide : narrow;
        assert_ok(ctx, heat_model_create_potts(ctx, &potts, &model));
        assert_true(heat_model_get_categorical(model, &view));
        assert_ok(ctx, heat_potts_units_create(ctx, &view, k == 1 ? 1e5 : 10, &units));
        assert_true((units != NULL) == (k == 2));
        heat_potts_units_free(units);
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decides_as_the_rule),
        cmocka_unit_test(every_instruction_set_gives_the_same_bits),
        cmocka_unit_test(more_neighbours_and_chains_than_a_tile_give_the_same_bits),
        cmocka_unit_test(what_does_not_fit_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
