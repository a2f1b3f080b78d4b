/* Houdayer's move on the product space of two replicas of at most 4 spins: its whole transition matrix, from
 * the move itself with every site that may be drawn, leaves pi(a) pi(b). */
#include "kernel/houdayer.h"
#include "pairwise_graphs.h"
#include "sample/layout.h"
#include "support.h"

#include <math.h>

enum {
    MOST_SPINS = 4,
    MOST_STATES = 1 << MOST_SPINS,
    MOST_PAIRS = MOST_STATES * MOST_STATES,
    MOST_SITES = 36
};

static void spins_of(int32_t state, int32_t n, int8_t *s)
{
    for (int32_t i = 0; i < n; i++)
        s[i] = (int8_t)(2 * (state >> i & 1) - 1);
}

static int32_t state_of(const int8_t *s, int32_t n)
{
    int32_t state = 0;

    for (int32_t i = 0; i < n; i++)
        state |= (s[i] > 0) << i;
    return state;
}

/* A path with a chord, couplings real or +-1, fields real or none. */
static test_graph small_graph(int32_t n, bool real, bool with_field, uint64_t seed)
{
    test_graph g = test_graph_begin(n);
    heat_stream r;

    heat_stream_init(&r, seed, HEAT_PURPOSE_TEST, 4);
    for (int32_t i = 0; i + 1 < n; i++)
        test_graph_add(&g, i, i + 1, real ? heat_stream_normal(&r) : test_pm(&r));
    if (n > 2)
        test_graph_add(&g, 0, n - 1 - (int32_t)(seed % 2), real ? heat_stream_normal(&r) : test_pm(&r));
    for (int32_t i = 0; i < n && with_field; i++)
        g.field[i] = heat_stream_normal(&r);
    test_graph_seal(&g, 0.5, !real && !with_field);
    return g;
}

/* Adds the row of the pair (x, y) to `moved`, weighted; returns the row's sum. Without a field the smaller of
 * both sets may be taken (`turns`). The energies are checked on the way. */
static double add_row(const heat_pairwise *g, bool turns, int32_t x, int32_t y, double weight, double *moved)
{
    int32_t queue[MOST_SPINS + 1], n_states = 1 << g->n;
    uint8_t set[MOST_SPINS];
    double sum = 0;
    int64_t count;

    for (int32_t i = 0; i < g->n; i++)
        set[i] = (uint8_t)((x ^ y) >> i & 1);
    count = heat_houdayer_face(g->n, turns, set);
    if (count == 0) {
        moved[x * n_states + y] += weight;
        return 1;
    }
    for (int32_t site = 0; site < g->n; site++) {
        int8_t a[MOST_SPINS], b[MOST_SPINS];
        uint8_t unlike[MOST_SPINS];
        double before;
        int64_t size;
        if (!set[site])
            continue;
        spins_of(x, g->n, a);
        spins_of(y, g->n, b);
        before = test_graph_energy(g, a) + test_graph_energy(g, b);
        memcpy(unlike, set, sizeof unlike);
        size = heat_houdayer_grow(g, site, unlike, queue);
        assert_true(size >= 1 && queue[0] == site);
        for (int64_t at = 0; at < size; at++) {
            a[queue[at]] = (int8_t)-a[queue[at]];
            b[queue[at]] = (int8_t)-b[queue[at]];
        }
        assert_close(test_graph_energy(g, a) + test_graph_energy(g, b), before, 1e-12);
        moved[state_of(a, g->n) * n_states + state_of(b, g->n)] += weight / (double)count;
        sum += 1 / (double)count;
    }
    return sum;
}

/* Largest |pi P - pi| for replicas at beta_a and beta_b. */
static double pi_error(const heat_pairwise *g, bool turns, double beta_a, double beta_b)
{
    double pi[MOST_PAIRS], moved[MOST_PAIRS] = {0}, sum = 0, error = 0;
    int32_t n_states = 1 << g->n;

    for (int32_t x = 0; x < n_states; x++)
        for (int32_t y = 0; y < n_states; y++) {
            int8_t a[MOST_SPINS], b[MOST_SPINS];
            spins_of(x, g->n, a);
            spins_of(y, g->n, b);
            sum += pi[x * n_states + y] =
                exp(-beta_a * test_graph_energy(g, a) - beta_b * test_graph_energy(g, b));
        }
    for (int32_t p = 0; p < n_states * n_states; p++)
        assert_close(add_row(g, turns, p / n_states, p % n_states, pi[p] / sum, moved), 1, 1e-12);
    for (int32_t p = 0; p < n_states * n_states; p++)
        error = fmax(error, fabs(moved[p] - pi[p] / sum));
    return error;
}

static void pairs_are_left_in_equilibrium(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 24; seed++) {
        bool with_field = seed / 8 % 2;
        test_graph g = small_graph(1 + (int32_t)(seed % MOST_SPINS), seed / 4 % 2, with_field, seed);
        for (int turns = 0; turns <= !with_field; turns++) {
            assert_close(pi_error(&g.view, turns, 0, 0), 0, 1e-12);
            assert_close(pi_error(&g.view, turns, 0.7, 0.7), 0, 1e-12);
            assert_close(pi_error(&g.view, turns, 2, 2), 0, 1e-12);
        }
        test_graph_clear(&g);
    }
}

/* Power: the replicas must share their temperature. */
static void unlike_temperatures_are_noticed(void **state)
{
    (void)state;
    test_graph g = small_graph(4, true, true, 3);

    assert_true(pi_error(&g.view, false, 0.7, 0.707) > 1e-6);
    test_graph_clear(&g);
}

/* Flips the cluster in the rows, which follow the chains. */
static void flip_rows(int64_t size, const int32_t *queue, int8_t *a, int8_t *b)
{
    for (int64_t at = 0; at < size; at++) {
        assert_true(queue[at] >= 0);
        a[queue[at]] = (int8_t)-a[queue[at]];
        b[queue[at]] = (int8_t)-b[queue[at]];
    }
}

/* Many moves of two chains of a set, in any lanes: states and energies are those of the rows that follow, and
 * the sum of the energies stays. */
static void check_chains(heat_context *ctx, const heat_model *model, const heat_layout *layout, double within)
{
    const double beta = 0.6;
    const heat_chains_plan plan = {.n_chains = 40,
                                   .n_rungs = 1,
                                   .betas = &beta,
                                   .seed = 3,
                                   .group = 40,
                                   .isa = "auto",
                                   .layout = layout};
    heat_chains *c = NULL;
    heat_pairwise graph;
    heat_stream r;
    int32_t queue[MOST_SITES + 1];
    uint8_t unlike[MOST_SITES];
    int8_t a[MOST_SITES], b[MOST_SITES], row[MOST_SITES];
    int64_t several = 0;

    assert_true(heat_model_get_pairwise(model, &graph));
    assert_true(graph.n <= MOST_SITES);
    assert_ok(ctx, heat_chains_create(ctx, model, &plan, &c));
    for (int64_t k = 0; k < plan.n_chains; k++)
        assert_ok(ctx, heat_chains_start(ctx, c, k, NULL, 0));
    heat_stream_init(&r, 1, HEAT_PURPOSE_TEST, 5);
    for (int move = 0; move < 400; move++) {
        const int64_t pair[2] = {move % 20, 20 + move * 7 % 20};
        double sum = 0, after = 0;
        int64_t size;
        for (int k = 0; k < 2; k++) {
            heat_chains_get_state(c, pair[k], k == 0 ? a : b);
            sum += heat_chains_get_walk_energy(c, pair[k]);
        }
        heat_chains_compare(c, pair, row, unlike);
        size = heat_houdayer_draw(&graph, c->is_symmetric, &r, unlike, queue);
        several += size > 1;
        flip_rows(size, queue, a, b);
        assert_ok(ctx, heat_chains_flip(ctx, c, pair, row, size, queue));
        for (int k = 0; k < 2; k++) {
            double energy;
            heat_chains_get_state(c, pair[k], row);
            assert_memory_equal(row, k == 0 ? a : b, (size_t)graph.n);
            assert_ok(ctx, heat_model_get_energy(ctx, model, 1, row, &energy));
            assert_close(heat_chains_get_walk_energy(c, pair[k]), energy, within);
            after += heat_chains_get_walk_energy(c, pair[k]);
        }
        assert_close(after, sum, within * 1e-3);
    }
    assert_true(several > 50);
    heat_chains_free(c);
}

static void chains_follow_their_clusters(void **state)
{
    static const char *const specs[] = {"ea:6x6,seed=2", "ea:6x6,J=gauss,seed=2",
                                        "ea:6x6,J=gauss,h=gauss,seed=2", "sk:20,J=pm,seed=2",
                                        "sk:20,h=gauss,seed=2"};
    heat_context *ctx = test_context();

    (void)state;
    for (size_t k = 0; k < sizeof specs / sizeof *specs; k++) {
        heat_model *model = NULL;
        assert_ok(ctx, heat_model_load(ctx, specs[k], &model));
        check_chains(ctx, model, &heat_layout_lanes, 1e-5);
        check_chains(ctx, model, &heat_layout_rows, 1e-5);
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

static void equal_replicas_draw_nothing(void **state)
{
    (void)state;
    test_graph g = small_graph(4, true, true, 1);
    int32_t queue[5];
    uint8_t unlike[4] = {0}, like[4] = {1, 1, 1, 1};
    heat_stream r, untouched;

    heat_stream_init(&r, 1, HEAT_PURPOSE_TEST, 6);
    untouched = r;
    assert_int_equal(heat_houdayer_draw(&g.view, false, &r, unlike, queue), 0);
    assert_int_equal(heat_houdayer_draw(&g.view, true, &r, like, queue), 0);
    assert_true(heat_stream_bits(&r) == heat_stream_bits(&untouched));
    test_graph_clear(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_are_left_in_equilibrium),
        cmocka_unit_test(unlike_temperatures_are_noticed),
        cmocka_unit_test(chains_follow_their_clusters),
        cmocka_unit_test(equal_replicas_draw_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
