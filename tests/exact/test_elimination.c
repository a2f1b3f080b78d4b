/* Elimination against brute force on small graphs, against closed forms and a transfer matrix on large ones.
 */
#include "base/context_private.h"
#include "exact/elimination_plan.h"
#include "pairwise_graphs.h"
#include "support.h"

#include <math.h>

#if defined(__SANITIZE_ADDRESS__)
#define SLOW_BUILD 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SLOW_BUILD 1
#endif
#endif
#ifndef SLOW_BUILD
#define SLOW_BUILD 0
#endif

enum { WIDEST = 26 };

static heat_elimination *plan_of(heat_context *ctx, const heat_pairwise *graph)
{
    heat_elimination *plan;

    assert_ok(ctx, heat_elimination_create(ctx, graph, WIDEST, &plan));
    assert_false(heat_elimination_get_cost(plan).is_bound);
    return plan;
}

/* Random edges and fields; couplings small integers or normal. */
static test_graph random_graph(heat_stream *r, int32_t most, bool integer)
{
    int32_t n = 1 + (int32_t)heat_stream_below(r, (uint64_t)most);
    double density = heat_stream_uniform(r), field = heat_stream_below(r, 3) == 0 ? 0 : 1;
    test_graph g = test_graph_begin(n);

    for (int32_t i = 0; i < n; i++) {
        g.field[i] = field * (integer ? (double)heat_stream_below(r, 5) - 2 : heat_stream_normal(r));
        for (int32_t j = 0; j < i; j++)
            if (heat_stream_uniform(r) < density)
                test_graph_add(&g, i, j,
                               integer ? (double)heat_stream_below(r, 7) - 3 : heat_stream_normal(r));
    }
    return g;
}

static void state_of(uint64_t bits, int32_t n, int8_t *state)
{
    for (int32_t v = 0; v < n; v++)
        state[v] = bits >> v & 1 ? 1 : -1;
}

typedef struct brute_force {
    double energies[1 << 14];
    long double weights[1 << 14]; /* normalised */
    double log_z, mean_energy, minimum;
} brute_force;

static void brute_weigh(brute_force *b, int32_t n, double beta)
{
    long double sum = 0, mean = 0;

    for (int64_t s = 0; s < (int64_t)1 << n; s++)
        sum += b->weights[s] = expl(-(long double)beta * ((long double)b->energies[s] - b->minimum));
    for (int64_t s = 0; s < (int64_t)1 << n; s++) {
        b->weights[s] /= sum;
        mean += b->weights[s] * b->energies[s];
    }
    b->log_z = (double)(logl(sum) - (long double)beta * b->minimum);
    b->mean_energy = (double)mean;
}

static void brute_enumerate(brute_force *b, const heat_pairwise *graph)
{
    int8_t state[14];

    b->minimum = INFINITY;
    for (uint64_t s = 0; s < (uint64_t)1 << graph->n; s++) {
        state_of(s, graph->n, state);
        b->energies[s] = test_graph_energy(graph, state);
        b->minimum = fmin(b->minimum, b->energies[s]);
    }
}

/* <s_i s_j>, or <s_i> for i = j. */
static double brute_mean(const brute_force *b, int32_t n, int32_t i, int32_t j)
{
    long double mean = 0;

    for (uint64_t s = 0; s < (uint64_t)1 << n; s++)
        mean += (i == j ? s >> i & 1 : (s >> i ^ s >> j ^ 1) & 1) ? b->weights[s] : -b->weights[s];
    return (double)mean;
}

static void compare_sums(heat_context *ctx, const heat_pairwise *graph, const heat_elimination *plan,
                         brute_force *b, double beta)
{
    double spin[14], pair[14 * 14], tolerance = 1e-12 * (1 + beta);
    heat_elimination_sum sum = {.spin_mean = spin, .pair_mean = pair}, alone = {0};

    brute_weigh(b, graph->n, beta);
    assert_ok(ctx, heat_elimination_run_sum(ctx, plan, beta, true, 1, &sum));
    assert_ok(ctx, heat_elimination_run_sum(ctx, plan, beta, false, 1, &alone));
    assert_close(sum.log_z, b->log_z, 1e-12 * (1 + fabs(b->log_z)));
    assert_true(alone.log_z == sum.log_z && isnan(alone.mean_energy));
    assert_close(sum.mean_energy, b->mean_energy, tolerance * (1 + fabs(b->mean_energy)));
    for (int32_t i = 0; i < graph->n; i++) {
        assert_close(spin[i], brute_mean(b, graph->n, i, i), tolerance);
        for (int64_t e = graph->row[i]; e < graph->row[i + 1]; e++)
            assert_close(pair[e], brute_mean(b, graph->n, i, graph->col[e]), tolerance);
    }
}

static void small_graphs_agree_with_brute_force(void **state)
{
    static const double betas[] = {0, 0.25, 1, 5, 400, 3e4};
    static brute_force b;
    heat_context *ctx = test_context();
    heat_stream r;

    (void)state;
    heat_stream_init(&r, 11, HEAT_PURPOSE_TEST, 0);
    for (int trial = 0; trial < 300; trial++) {
        bool integer = trial % 2 == 0;
        test_graph g = random_graph(&r, trial % 30 == 0 ? 14 : 9, integer);
        const heat_pairwise *graph = test_graph_seal(&g, integer ? 3 : 0.7, integer);
        heat_elimination *plan = plan_of(ctx, graph);
        double energy, alone;
        int8_t lowest[14];
        brute_enumerate(&b, graph);
        for (int k = 0; k < 6; k++)
            compare_sums(ctx, graph, plan, &b, betas[k]);
        assert_ok(ctx, heat_elimination_run_minimum(ctx, plan, 1, &energy, lowest));
        assert_ok(ctx, heat_elimination_run_minimum(ctx, plan, 1, &alone, NULL));
        assert_close(energy, b.minimum, integer ? 0 : 1e-13 * (1 + fabs(b.minimum)));
        assert_close(alone, b.minimum, integer ? 0 : 1e-13 * (1 + fabs(b.minimum)));
        assert_close(test_graph_energy(graph, lowest), b.minimum,
                     integer ? 0 : 1e-13 * (1 + fabs(b.minimum)));
        heat_elimination_free(plan);
        test_graph_clear(&g);
    }
    heat_context_free(ctx);
}

/* The probability that `v` is up, given the spins of the steps after k in `state`. */
static double conditional(const brute_force *b, const heat_elimination *plan, int32_t k, const int8_t *state)
{
    long double up = 0, all = 0;

    for (uint64_t s = 0; s < (uint64_t)1 << plan->n; s++) {
        bool agrees = true;
        for (int32_t later = k + 1; later < plan->n; later++)
            agrees = agrees && (s >> plan->variable[later] & 1) == (state[plan->variable[later]] > 0);
        if (!agrees)
            continue;
        all += b->weights[s];
        up += s >> plan->variable[k] & 1 ? b->weights[s] : 0;
    }
    return (double)(up / all);
}

static void every_decision_of_a_draw_has_its_conditional_probability(void **state)
{
    static brute_force b;
    static const double betas[] = {0, 0.5, 1, 30, 500};
    heat_context *ctx = test_context();
    heat_stream r;
    enum { DRAWS = 40, FIRST = 17 };

    (void)state;
    heat_stream_init(&r, 12, HEAT_PURPOSE_TEST, 0);
    for (int trial = 0; trial < 20; trial++) {
        test_graph g = random_graph(&r, 8, trial % 2 == 0);
        const heat_pairwise *graph = test_graph_seal(&g, 0, false);
        heat_elimination *plan = plan_of(ctx, graph);
        double beta = betas[trial % 5];
        int8_t draws[DRAWS * 8];
        brute_enumerate(&b, graph);
        brute_weigh(&b, graph->n, beta);
        assert_ok(ctx, heat_elimination_run_draws(ctx, plan, beta, 99, FIRST, DRAWS, 1, draws));
        for (int d = 0; d < DRAWS; d++) {
            heat_stream stream;
            heat_stream_init(&stream, 99, HEAT_PURPOSE_EXACT, (uint64_t)(FIRST + d));
            for (int32_t k = graph->n - 1; k >= 0; k--) {
                double p = conditional(&b, plan, k, draws + d * graph->n);
                double u = heat_stream_uniform(&stream);
                assert_int_equal(draws[d * graph->n + plan->variable[k]], u < p ? 1 : -1);
            }
        }
        heat_elimination_free(plan);
        test_graph_clear(&g);
    }
    heat_context_free(ctx);
}

/* Bernstein's bound at 1e-6 for all 256 counts together: ln(2 * 256 / 1e-6) = 20.1. */
static void draws_visit_states_as_often_as_they_should(void **state)
{
    static brute_force b;
    static int64_t counts[256];
    enum { DRAWS = 200000 };
    heat_context *ctx = test_context();
    test_graph g = test_graph_begin(8);
    heat_stream r;
    const heat_pairwise *graph;
    heat_elimination *plan;
    int8_t *draws = malloc(8 * DRAWS);

    (void)state;
    heat_stream_init(&r, 13, HEAT_PURPOSE_TEST, 0);
    for (int32_t i = 0; i < 8; i++) {
        g.field[i] = 0.3 * heat_stream_normal(&r);
        for (int32_t j = 0; j < i; j++)
            test_graph_add(&g, i, j, 0.3 * heat_stream_normal(&r));
    }
    graph = test_graph_seal(&g, 0, false);
    plan = plan_of(ctx, graph);
    brute_enumerate(&b, graph);
    brute_weigh(&b, 8, 1);
    assert_ok(ctx, heat_elimination_run_draws(ctx, plan, 1, 5, 0, DRAWS, 2, draws));
    for (int d = 0; d < DRAWS; d++) {
        int s = 0;
        for (int v = 0; v < 8; v++)
            s |= (draws[d * 8 + v] > 0) << v;
        counts[s]++;
    }
    for (int s = 0; s < 256; s++) {
        double p = (double)b.weights[s], variance = DRAWS * p * (1 - p);
        assert_close((double)counts[s], DRAWS * p, sqrt(2 * variance * 20.1) + 20.1 / 3 * 2);
    }
    free(draws);
    heat_elimination_free(plan);
    test_graph_clear(&g);
    heat_context_free(ctx);
}

static void cold_sums_become_the_minimum(void **state)
{
    heat_context *ctx = test_context();
    test_graph g = test_graph_lattice(6, 6, true, 0, 3);
    const heat_pairwise *graph = test_graph_seal(&g, 0, true);
    heat_elimination *plan = plan_of(ctx, graph);
    heat_elimination_sum cold = {0}, colder = {0};
    double energy;
    int8_t lowest[36], draws[36 * 50];

    (void)state;
    assert_ok(ctx, heat_elimination_run_minimum(ctx, plan, 1, &energy, lowest));
    assert_ok(ctx, heat_elimination_run_sum(ctx, plan, 50, true, 1, &cold));
    assert_ok(ctx, heat_elimination_run_sum(ctx, plan, 100, true, 1, &colder));
    assert_close(cold.mean_energy, energy, 1e-11);
    /* log Z + beta E0 is the logarithm of the ground state's degeneracy, an even integer */
    assert_close(colder.log_z + 100 * energy, cold.log_z + 50 * energy, 1e-10);
    assert_close(remainder(exp(cold.log_z + 50 * energy), 2), 0, 1e-6);
    assert_true(exp(cold.log_z + 50 * energy) > 1.5);
    assert_ok(ctx, heat_elimination_run_draws(ctx, plan, 100, 1, 0, 50, 1, draws));
    for (int d = 0; d < 50; d++)
        assert_close(test_graph_energy(graph, draws + 36 * d), energy, 0);
    heat_elimination_free(plan);
    test_graph_clear(&g);
    heat_context_free(ctx);
}

static void bits_do_not_depend_on_threads(void **state)
{
    enum { N = SLOW_BUILD ? 19 : 21, DRAWS = 600 };
    heat_context *ctx = test_context();
    test_graph g = test_graph_begin(N);
    const heat_pairwise *graph;
    heat_elimination *plan;
    static double spin[2][N], pair[2][N * N];
    static int8_t lowest[2][N], draws[2][DRAWS * N];
    heat_elimination_sum sum[2];
    double energy[2];

    (void)state;
    for (int32_t i = 0; i < N; i++) { /* every two joined: the widest tables that N spins make */
        g.field[i] = i % 3 - 1;
        for (int32_t j = 0; j < i; j++)
            test_graph_add(&g, i, j, (i * 7 + j * 5) % 3 - 1);
    }
    graph = test_graph_seal(&g, 0, true);
    plan = plan_of(ctx, graph);
    assert_true(heat_elimination_get_cost(plan).width >= HEAT_TABLE_SHARED_BITS);
    for (int k = 0; k < 2; k++) {
        int64_t threads = k == 0 ? 1 : 3;
        sum[k] = (heat_elimination_sum){.spin_mean = spin[k], .pair_mean = pair[k]};
        assert_ok(ctx, heat_elimination_run_sum(ctx, plan, 0.7, true, threads, &sum[k]));
        assert_ok(ctx, heat_elimination_run_minimum(ctx, plan, threads, &energy[k], lowest[k]));
        assert_ok(ctx, heat_elimination_run_draws(ctx, plan, 0.7, 8, 0, DRAWS, threads, draws[k]));
    }
    assert_true(sum[0].log_z == sum[1].log_z && sum[0].mean_energy == sum[1].mean_energy);
    assert_true(energy[0] == energy[1] && energy[0] == test_graph_energy(graph, lowest[0]));
    assert_memory_equal(spin[0], spin[1], sizeof spin[0]);
    assert_memory_equal(pair[0], pair[1], sizeof pair[0]);
    assert_memory_equal(lowest[0], lowest[1], sizeof lowest[0]);
    assert_memory_equal(draws[0], draws[1], sizeof draws[0]);
    /* the first draws of a longer run are those of a shorter one that begins there */
    assert_ok(ctx, heat_elimination_run_draws(ctx, plan, 0.7, 8, 100, 5, 1, draws[1]));
    assert_memory_equal(draws[0] + 100 * N, draws[1], 5 * N);
    heat_elimination_free(plan);
    test_graph_clear(&g);
    heat_context_free(ctx);
}

static void visit_kaufman(const test_row *row, void *arg)
{
    double length = test_parameter(row, "L", 0), temperature = test_parameter(row, "T", 0), tolerance;
    int32_t side = length == 4 || length == 8 ? (int32_t)length : 0;
    heat_context *ctx;
    test_graph g;
    heat_elimination *plan;
    heat_elimination_sum sum = {0};
    bool log_z = strcmp(row->quantity, "lnZ") == 0;

    if (side == 0 || !(temperature > 0) || (!log_z && strcmp(row->quantity, "energy_per_spin") != 0))
        return;
    ctx = test_context();
    g = test_graph_lattice(side, side, true, 1, 0);
    plan = plan_of(ctx, test_graph_seal(&g, 0, true));
    tolerance = fmax(1e-12, 0.6 * pow(10, -row->digits)) * fmax(1, fabs(row->value)) * 10;
    assert_ok(ctx, heat_elimination_run_sum(ctx, plan, 1 / temperature, !log_z, 1, &sum));
    assert_close(log_z ? sum.log_z : sum.mean_energy / (side * side), row->value, tolerance);
    ++*(int *)arg;
    heat_elimination_free(plan);
    test_graph_clear(&g);
    heat_context_free(ctx);
}

static void tori_agree_with_kaufman(void **state)
{
    int compared = 0;

    (void)state;
    test_each_row("exact/ising2d_kaufman.tsv", visit_kaufman, &compared);
    assert_int_equal(compared, 2 * 2 * 10); /* two sides, two quantities, ten temperatures */
}

/* log Z of an open strip, `width` spins across, by a transfer matrix that adds one spin at a time: v[c] is
 * the sum over all spins before the last `width`, whose configuration is c. */
static double transfer_matrix(const heat_pairwise *graph, int32_t width, double beta)
{
    int64_t size = (int64_t)1 << width;
    double *v = malloc((size_t)size * sizeof *v), log_scale = 0, sum = 0;
    bool *known = calloc((size_t)graph->n, 1);

    for (int64_t c = 0; c < size; c++)
        v[c] = c == 0; /* no spin yet: one empty configuration */
    for (int32_t x = 0; x < graph->n; x++) {
        int32_t y = x % width;
        double across = 0, along = 0, largest = 0;
        for (int64_t e = graph->row[x]; e < graph->row[x + 1]; e++) {
            if (graph->col[e] == x - 1 && y > 0)
                across = beta * heat_pairwise_coupling(graph, e);
            if (graph->col[e] == x - width)
                along = beta * heat_pairwise_coupling(graph, e);
        }
        for (int64_t c = 0; c < size; c++) {
            double before, down = 0, up = 0, left;
            if (c >> y & 1)
                continue;
            left = y > 0 && c >> (y - 1) & 1 ? across : -across;
            before = v[c]; /* spin y of the column before is down, or unborn */
            down = before * exp(along - left);
            up = before * exp(-along + left);
            if (x >= width) {
                before = v[c | (int64_t)1 << y];
                down += before * exp(-along - left);
                up += before * exp(along + left);
            }
            v[c] = down;
            v[c | (int64_t)1 << y] = up;
            largest = fmax(largest, fmax(down, up));
        }
        for (int64_t c = 0; c < size; c++)
            v[c] /= largest;
        log_scale += log(largest);
    }
    for (int64_t c = 0; c < size; c++)
        sum += v[c];
    free(v);
    free(known);
    return log_scale + log(sum);
}

static void long_strip_agrees_with_a_transfer_matrix(void **state)
{
    enum { WIDTH = SLOW_BUILD ? 9 : 16, LENGTH = 200 };
    heat_context *ctx = test_context();
    test_graph g = test_graph_lattice(LENGTH, WIDTH, false, 0, 6);
    const heat_pairwise *graph = test_graph_seal(&g, 0, true);
    heat_elimination *plan = plan_of(ctx, graph);
    heat_elimination_sum sum = {0};
    double expected = transfer_matrix(graph, WIDTH, 0.8);

    (void)state;
    assert_int_equal(heat_elimination_get_cost(plan).width, WIDTH);
    assert_ok(ctx, heat_elimination_run_sum(ctx, plan, 0.8, false, 1, &sum));
    assert_close(sum.log_z, expected, 1e-10);
    heat_elimination_free(plan);
    test_graph_clear(&g);
    heat_context_free(ctx);
}

/* A free tree: log Z = n log 2 + sum log cosh(beta J), <s s'> = tanh(beta J) along its edges. */
static void large_tree_agrees_with_its_closed_form(void **state)
{
    enum { N = 100000 };
    heat_context *ctx = test_context();
    test_graph g = test_graph_begin(N);
    const heat_pairwise *graph;
    heat_elimination *plan;
    double *pair, expected = N * log(2), beta = 0.9, energy = 0, ground = 0, lowest;
    heat_elimination_sum sum = {0};
    heat_stream r;

    (void)state;
    heat_stream_init(&r, 14, HEAT_PURPOSE_TEST, 0);
    for (int32_t v = 1; v < N; v++) {
        double coupling = heat_stream_normal(&r);
        test_graph_add(&g, v, (int32_t)heat_stream_below(&r, (uint64_t)v), coupling);
        expected += log(cosh(beta * coupling));
        energy -= coupling * tanh(beta * coupling);
        ground -= fabs(coupling);
    }
    graph = test_graph_seal(&g, 0, false);
    plan = plan_of(ctx, graph);
    assert_int_equal(heat_elimination_get_cost(plan).width, 1);
    sum.pair_mean = pair = malloc(2 * N * sizeof *pair);
    assert_ok(ctx, heat_elimination_run_sum(ctx, plan, beta, true, 1, &sum));
    assert_close(sum.log_z, expected, 1e-12 * expected * 10);
    assert_close(sum.mean_energy, energy, 1e-12 * fabs(energy) * 10);
    for (int64_t e = 0; e < graph->row[N]; e++)
        assert_close(pair[e], tanh(beta * heat_pairwise_coupling(graph, e)), 1e-12);
    assert_ok(ctx, heat_elimination_run_minimum(ctx, plan, 1, &lowest, NULL));
    assert_close(lowest, ground, 1e-12 * fabs(ground) * 10);
    free(pair);
    heat_elimination_free(plan);
    test_graph_clear(&g);
    heat_context_free(ctx);
}

typedef struct meter {
    size_t live, peak;
} meter;

static void *metered_realloc(void *user, void *old, size_t size)
{
    meter *m = user;
    size_t *block = old == NULL ? NULL : (size_t *)old - 2;

    if (block != NULL)
        m->live -= block[0];
    if (size == 0) {
        free(block);
        return NULL;
    }
    block = realloc(block, size + 2 * sizeof *block);
    if (block == NULL)
        return NULL;
    block[0] = size;
    m->live += size;
    m->peak = m->live > m->peak ? m->live : m->peak;
    return block + 2;
}

static void check_bytes(const heat_pairwise *graph)
{
    meter m = {0, 0};
    heat_context_config config;
    heat_context *ctx;
    heat_elimination *plan;
    heat_elimination_cost cost;
    heat_elimination_sum sum = {0};

    heat_context_config_init(&config);
    config.user = &m;
    config.realloc = metered_realloc;
    assert_int_equal(heat_context_create(&config, &ctx), HEAT_OK);
    plan = plan_of(ctx, graph);
    cost = heat_elimination_get_cost(plan);
    for (int back = 0; back < 2; back++) {
        double stated = back ? cost.bytes_back : cost.bytes;
        m.peak = 0;
        assert_ok(ctx, heat_elimination_run_sum(ctx, plan, 1, back, 1, &sum));
        if (!((double)m.peak <= stated && stated <= 2 * (double)m.peak + 65536))
            fail_msg("%zu bytes measured, %.0f stated", m.peak, stated);
    }
    heat_elimination_free(plan);
    heat_context_free(ctx);
}

static void stated_bytes_are_what_a_run_takes(void **state)
{
    test_graph graphs[5] = {test_graph_begin(1), test_graph_lattice(7, 7, true, 0, 1),
                            test_graph_lattice(3, 3000, false, 0, 1), test_graph_begin(30000),
                            test_graph_lattice(SLOW_BUILD ? 9 : 14, SLOW_BUILD ? 60 : 300, false, 0, 1)};

    (void)state;
    for (int32_t v = 1; v < 30000; v++) /* a star */
        test_graph_add(&graphs[3], 0, v, 0.01);
    for (int k = 0; k < 5; k++) {
        check_bytes(test_graph_seal(&graphs[k], 0, true));
        test_graph_clear(&graphs[k]);
    }
}

static void way_back_in_many_segments_agrees_with_one(void **state)
{
    enum { WIDTH = SLOW_BUILD ? 9 : 12, LENGTH = SLOW_BUILD ? 2000 : 600 };
    heat_context *ctx = test_context();
    test_graph g = test_graph_lattice(LENGTH, WIDTH, false, 0, 9);
    const heat_pairwise *graph = test_graph_seal(&g, 0, true);
    heat_elimination *plan = plan_of(ctx, graph);
    heat_elimination_sum sum = {0}, less = {0}, more = {0};
    double energy, alone, step = 1e-5;
    int8_t *lowest = malloc((size_t)graph->n);

    (void)state;
    assert_true(plan->n_segments > 3);
    assert_true(heat_elimination_get_cost(plan).bytes_back < 8 * ldexp(graph->n, WIDTH) / 4);
    assert_ok(ctx, heat_elimination_run_sum(ctx, plan, 0.6, true, 1, &sum));
    assert_ok(ctx, heat_elimination_run_sum(ctx, plan, 0.6 - step, false, 1, &less));
    assert_ok(ctx, heat_elimination_run_sum(ctx, plan, 0.6 + step, false, 1, &more));
    assert_close((less.log_z - more.log_z) / (2 * step), sum.mean_energy, 1e-9 * fabs(sum.mean_energy) * 10);
    assert_ok(ctx, heat_elimination_run_minimum(ctx, plan, 1, &energy, lowest));
    assert_ok(ctx, heat_elimination_run_minimum(ctx, plan, 1, &alone, NULL));
    assert_true(energy == alone && energy == test_graph_energy(graph, lowest));
    free(lowest);
    heat_elimination_free(plan);
    test_graph_clear(&g);
    heat_context_free(ctx);
}

/* Groups of segments, where segments alone would take much: the same bits again. */
static void way_back_in_groups_of_segments_agrees_with_one(void **state)
{
    heat_context *ctx = test_context();
    test_graph g = test_graph_lattice(200, 5, true, 0, 9);
    const heat_pairwise *graph = test_graph_seal(&g, 0, true);
    heat_elimination *plan = plan_of(ctx, graph);
    heat_elimination_sum sum = {.pair_mean = malloc((size_t)graph->row[graph->n] * sizeof(double))};
    heat_elimination_sum again = {.pair_mean = malloc((size_t)graph->row[graph->n] * sizeof(double))};
    int64_t all = plan->slots_back_end, in_segments;
    double energy, alone;
    int8_t *lowest = malloc((size_t)graph->n);

    (void)state;
    assert_ok(ctx, heat_elimination_run_sum(ctx, plan, 0.6, true, 1, &sum));
    heat_segments_place(plan, 1, INT64_MAX);
    assert_true(plan->n_groups == plan->n_segments && plan->n_segments > 10);
    in_segments = plan->slots_back_end;
    heat_segments_place(plan, 1, 1);
    assert_true(plan->n_groups > 3 && plan->n_segments > 3 * plan->n_groups);
    assert_true(plan->slots_back_end < in_segments && in_segments < all / 4);
    assert_ok(ctx, heat_elimination_run_sum(ctx, plan, 0.6, true, 1, &again));
    assert_close(again.log_z, sum.log_z, 0);
    assert_close(again.mean_energy, sum.mean_energy, 0);
    assert_memory_equal(again.pair_mean, sum.pair_mean, (size_t)graph->row[graph->n] * sizeof(double));
    assert_ok(ctx, heat_elimination_run_minimum(ctx, plan, 1, &energy, lowest));
    assert_ok(ctx, heat_elimination_run_minimum(ctx, plan, 1, &alone, NULL));
    assert_true(energy == alone && energy == test_graph_energy(graph, lowest));
    free(sum.pair_mean);
    free(again.pair_mean);
    free(lowest);
    heat_elimination_free(plan);
    test_graph_clear(&g);
    heat_context_free(ctx);
}

static void empty_and_unconnected_graphs_have_answers(void **state)
{
    heat_context *ctx = test_context();
    test_graph none = test_graph_begin(0), apart = test_graph_begin(3);
    heat_elimination *plan = plan_of(ctx, test_graph_seal(&none, 2.5, true));
    heat_elimination_sum sum = {0};
    double energy, spin[3];
    int8_t lowest[3];

    (void)state;
    assert_ok(ctx, heat_elimination_run_sum(ctx, plan, 2, true, 1, &sum));
    assert_close(sum.log_z, -5, 0);
    assert_close(sum.mean_energy, 2.5, 0);
    assert_ok(ctx, heat_elimination_run_minimum(ctx, plan, 1, &energy, lowest));
    assert_close(energy, 2.5, 0);
    heat_elimination_free(plan);
    apart.field[1] = 0.5;
    apart.field[2] = -400;
    plan = plan_of(ctx, test_graph_seal(&apart, 0, false));
    sum.spin_mean = spin;
    assert_ok(ctx, heat_elimination_run_sum(ctx, plan, 2, true, 1, &sum));
    assert_close(sum.log_z, log(2) + log(2 * cosh(1)) + 800, 1e-12 * 800);
    assert_close(spin[0], 0, 0);
    assert_close(spin[1], tanh(1), 1e-15);
    assert_close(spin[2], -1, 0);
    heat_elimination_free(plan);
    test_graph_clear(&none);
    test_graph_clear(&apart);
    heat_context_free(ctx);
}

static void too_wide_graphs_are_refused_by_width(void **state)
{
    heat_context *ctx = test_context();
    test_graph g = test_graph_begin(100);
    heat_elimination *plan;
    heat_elimination_sum sum = {0};

    (void)state;
    for (int32_t i = 0; i < 100; i++)
        for (int32_t j = 0; j < i; j++)
            test_graph_add(&g, i, j, 1);
    assert_ok(ctx, heat_elimination_create(ctx, test_graph_seal(&g, 0, true), 20, &plan));
    assert_true(heat_elimination_get_cost(plan).is_bound);
    assert_int_equal(heat_elimination_get_cost(plan).width, 99);
    assert_int_equal(heat_elimination_run_sum(ctx, plan, 1, false, 1, &sum), HEAT_ERROR_UNABLE);
    assert_contains(heat_context_error(ctx), "width 99");
    assert_true(isnan(sum.log_z));
    heat_elimination_free(plan);
    test_graph_clear(&g);
    heat_context_free(ctx);
}

static void halted_runs_give_no_number(void **state)
{
    heat_context *ctx = test_context();
    test_graph g = test_graph_lattice(15, 15, false, 0, 2);
    heat_elimination *plan = plan_of(ctx, test_graph_seal(&g, 0, true));
    double spin[225], energy = 0;
    heat_elimination_sum sum = {.spin_mean = spin};

    (void)state;
    heat_context_stop(ctx);
    assert_ok(ctx, heat_elimination_run_sum(ctx, plan, 1, true, 2, &sum));
    assert_true(isnan(sum.log_z) && isnan(sum.mean_energy) && isnan(spin[0]) && isnan(spin[224]));
    assert_ok(ctx, heat_elimination_run_minimum(ctx, plan, 2, &energy, NULL));
    assert_true(isnan(energy));
    heat_context_resume(ctx);
    assert_ok(ctx, heat_elimination_run_sum(ctx, plan, 1, true, 2, &sum));
    assert_true(isfinite(sum.log_z) && isfinite(spin[224]));
    heat_elimination_free(plan);
    test_graph_clear(&g);
    heat_context_free(ctx);
}

static void a_nonsensical_temperature_is_refused(void **state)
{
    heat_context *ctx = test_context();
    test_graph g = test_graph_lattice(3, 3, false, 0, 2);
    heat_elimination *plan = plan_of(ctx, test_graph_seal(&g, 0, true));
    heat_elimination_sum sum = {0};
    int8_t draw[9];

    (void)state;
    assert_int_equal(heat_elimination_run_sum(ctx, plan, -1, true, 1, &sum), HEAT_ERROR_ARGUMENT);
    assert_int_equal(heat_elimination_run_sum(ctx, plan, NAN, true, 1, &sum), HEAT_ERROR_ARGUMENT);
    assert_int_equal(heat_elimination_run_draws(ctx, plan, INFINITY, 1, 0, 1, 1, draw), HEAT_ERROR_ARGUMENT);
    assert_int_equal(heat_elimination_run_sum(ctx, plan, 1e308, false, 1, &sum), HEAT_ERROR_UNDEFINED);
    assert_contains(heat_context_error(ctx), "range of a double");
    heat_elimination_free(plan);
    test_graph_clear(&g);
    heat_context_free(ctx);
}

static heat_status all_runs(heat_context *ctx, void *arg)
{
    heat_elimination *plan = NULL;
    heat_elimination_sum sum = {0};
    double energy;
    int8_t lowest[25];
    heat_status status = heat_elimination_create(ctx, arg, WIDEST, &plan);

    if (status == HEAT_OK)
        status = heat_elimination_run_sum(ctx, plan, 1, true, 1, &sum);
    if (status == HEAT_OK)
        status = heat_elimination_run_minimum(ctx, plan, 1, &energy, lowest);
    if (status == HEAT_OK)
        status = heat_elimination_run_draws(ctx, plan, 1, 1, 0, 1, 1, lowest);
    heat_elimination_free(plan);
    return status;
}

static void every_failing_allocation_is_reported(void **state)
{
    test_graph g = test_graph_lattice(5, 5, true, 0, 1);
    heat_pairwise graph = *test_graph_seal(&g, 0, true);

    (void)state;
    test_failing_allocations(all_runs, &graph);
    test_graph_clear(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_graphs_agree_with_brute_force),
        cmocka_unit_test(every_decision_of_a_draw_has_its_conditional_probability),
        cmocka_unit_test(draws_visit_states_as_often_as_they_should),
        cmocka_unit_test(cold_sums_become_the_minimum),
        cmocka_unit_test(bits_do_not_depend_on_threads),
        cmocka_unit_test(tori_agree_with_kaufman),
        cmocka_unit_test(long_strip_agrees_with_a_transfer_matrix),
        cmocka_unit_test(large_tree_agrees_with_its_closed_form),
        cmocka_unit_test(stated_bytes_are_what_a_run_takes),
        cmocka_unit_test(way_back_in_many_segments_agrees_with_one),
        cmocka_unit_test(way_back_in_groups_of_segments_agrees_with_one),
        cmocka_unit_test(empty_and_unconnected_graphs_have_answers),
        cmocka_unit_test(too_wide_graphs_are_refused_by_width),
        cmocka_unit_test(halted_runs_give_no_number),
        cmocka_unit_test(a_nonsensical_temperature_is_refused),
        cmocka_unit_test(every_failing_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
