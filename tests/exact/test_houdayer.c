/* Houdayer's move on the product space of two replicas of at most 4 spins: its whole transition matrix, from
 * the move itself with every site that may be drawn, leaves pi(a) pi(b). */
#include "kernel/houdayer.h"
#include "pairwise_graphs.h"
#include "support.h"

#include <math.h>

enum { MOST_SPINS = 4, MOST_STATES = 1 << MOST_SPINS, MOST_PAIRS = MOST_STATES * MOST_STATES, SIDE = 6 };

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

/* Adds the row of the pair (x, y) to `moved`, weighted; returns the row's sum. The energies that the move
 * reports are checked on the way. */
static double add_row(const heat_pairwise *g, int32_t x, int32_t y, double weight, double *moved)
{
    int32_t queue[MOST_SPINS], different = 0, n_states = 1 << g->n;
    uint8_t marks[MOST_SPINS] = {0};
    heat_houdayer_scratch scratch = {queue, marks};
    double sum = 0;

    for (int32_t i = 0; i < g->n; i++)
        different += (x ^ y) >> i & 1;
    if (different == 0) {
        moved[x * n_states + y] += weight;
        return 1;
    }
    for (int32_t site = 0; site < g->n; site++) {
        int8_t a[MOST_SPINS], b[MOST_SPINS];
        double energies[2];
        if (!((x ^ y) >> site & 1))
            continue;
        spins_of(x, g->n, a);
        spins_of(y, g->n, b);
        energies[0] = test_graph_energy(g, a);
        energies[1] = test_graph_energy(g, b);
        assert_true(heat_houdayer_swap(g, site, &scratch, a, b, energies) >= 1);
        assert_close(energies[0], test_graph_energy(g, a), 1e-12);
        assert_close(energies[1], test_graph_energy(g, b), 1e-12);
        for (int32_t i = 0; i < g->n; i++)
            assert_int_equal(marks[i], 0);
        moved[state_of(a, g->n) * n_states + state_of(b, g->n)] += weight / different;
        sum += 1.0 / different;
    }
    return sum;
}

/* Largest |pi P - pi| for replicas at beta_a and beta_b. */
static double pi_error(const heat_pairwise *g, double beta_a, double beta_b)
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
        assert_close(add_row(g, p / n_states, p % n_states, pi[p] / sum, moved), 1, 1e-12);
    for (int32_t p = 0; p < n_states * n_states; p++)
        error = fmax(error, fabs(moved[p] - pi[p] / sum));
    return error;
}

static void pairs_are_left_in_equilibrium(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 24; seed++) {
        test_graph g = small_graph(1 + (int32_t)(seed % MOST_SPINS), seed / 4 % 2, seed / 8 % 2, seed);
        assert_close(pi_error(&g.view, 0, 0), 0, 1e-12);
        assert_close(pi_error(&g.view, 0.7, 0.7), 0, 1e-12);
        assert_close(pi_error(&g.view, 2, 2), 0, 1e-12);
        test_graph_clear(&g);
    }
}

/* Largest |pi P - pi| of the move between free turns: b is turned to face a, a cluster is traded, both are
 * turned at random; with `facing` what comes out keeps its face instead, the planted bug. */
static double pi_error_of_turns(const heat_pairwise *g, double beta, bool facing)
{
    double pi[MOST_PAIRS], faced[MOST_PAIRS] = {0}, traded[MOST_PAIRS] = {0}, moved[MOST_PAIRS] = {0};
    double sum = 0, error = 0;
    int32_t n_states = 1 << g->n, all = n_states - 1;

    for (int32_t p = 0; p < n_states * n_states; p++) {
        int8_t a[MOST_SPINS], b[MOST_SPINS];
        spins_of(p / n_states, g->n, a);
        spins_of(p % n_states, g->n, b);
        sum += pi[p] = exp(-beta * (test_graph_energy(g, a) + test_graph_energy(g, b)));
        heat_houdayer_face(g->n, a, b);
        faced[state_of(a, g->n) * n_states + state_of(b, g->n)] += pi[p];
    }
    for (int32_t p = 0; p < n_states * n_states; p++)
        add_row(g, p / n_states, p % n_states, faced[p], traded);
    for (int32_t p = 0; p < n_states * n_states; p++)
        for (int signs = 0; signs < 4; signs++) {
            int32_t x = p / n_states ^ (signs & 1 ? all : 0), y = p % n_states ^ (signs & 2 ? all : 0);
            if (facing)
                moved[p] += traded[p] / 4;
            else
                moved[x * n_states + y] += traded[p] / 4;
        }
    for (int32_t p = 0; p < n_states * n_states; p++)
        error = fmax(error, fabs(moved[p] - pi[p]) / sum);
    return error;
}

static void free_turns_leave_equilibrium(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 24; seed++) {
        test_graph g = small_graph(1 + (int32_t)(seed % MOST_SPINS), seed / 4 % 2, false, seed);
        assert_close(pi_error_of_turns(&g.view, 0, false), 0, 1e-12);
        assert_close(pi_error_of_turns(&g.view, 0.7, false), 0, 1e-12);
        assert_close(pi_error_of_turns(&g.view, 2, false), 0, 1e-12);
        assert_true(pi_error_of_turns(&g.view, 0.7, true) > 1e-3);
        test_graph_clear(&g);
    }
}

/* Power: fields tell a state from its flip. */
static void free_turns_in_a_field_are_noticed(void **state)
{
    (void)state;
    test_graph g = small_graph(4, true, true, 3);

    assert_true(pi_error_of_turns(&g.view, 0.7, false) > 1e-3);
    test_graph_clear(&g);
}

/* Power: the replicas must share their temperature. */
static void unlike_temperatures_are_noticed(void **state)
{
    (void)state;
    test_graph g = small_graph(4, true, true, 3);

    assert_true(pi_error(&g.view, 0.7, 0.707) > 1e-6);
    test_graph_clear(&g);
}

/* On integer couplings the sum of the energies stays to the last bit, over many moves, and the clusters are
 * connected sets of unlike sites that the move trades whole. */
static void many_moves_keep_the_sum_exactly(void **state)
{
    (void)state;
    enum { N = SIDE * SIDE };
    test_graph g = test_graph_lattice(SIDE, SIDE, true, 0, 9);
    const heat_pairwise *view;
    int8_t a[N], b[N];
    int32_t queue[N];
    uint8_t marks[N] = {0};
    heat_houdayer_scratch scratch = {queue, marks};
    heat_stream r;
    double energies[2], sum;
    int64_t several = 0;

    for (int32_t i = 0; i < N; i++)
        g.field[i] = i % 3 - 1;
    view = test_graph_seal(&g, 3, true);
    heat_stream_init(&r, 1, HEAT_PURPOSE_TEST, 5);
    for (int32_t i = 0; i < N; i++) {
        a[i] = (int8_t)test_pm(&r);
        b[i] = (int8_t)test_pm(&r);
    }
    energies[0] = test_graph_energy(view, a);
    energies[1] = test_graph_energy(view, b);
    sum = energies[0] + energies[1];
    for (int move = 0; move < 1000; move++) {
        int8_t before[N];
        int64_t size, changed = 0;
        memcpy(before, a, sizeof a);
        size = heat_houdayer_move(view, &r, &scratch, a, b, energies);
        for (int32_t i = 0; i < N; i++) {
            changed += a[i] != before[i];
            assert_true(a[i] == before[i] || b[i] == before[i]);
        }
        assert_int_equal(changed, size);
        several += size > 1;
        assert_true(energies[0] == test_graph_energy(view, a));
        assert_true(energies[1] == test_graph_energy(view, b));
        assert_true(energies[0] + energies[1] == sum);
    }
    assert_true(several > 100);
    test_graph_clear(&g);
}

static void equal_replicas_draw_nothing(void **state)
{
    (void)state;
    test_graph g = small_graph(4, true, true, 1);
    int8_t a[4] = {1, -1, 1, 1}, b[4] = {1, -1, 1, 1};
    int32_t queue[4];
    uint8_t marks[4] = {0};
    heat_houdayer_scratch scratch = {queue, marks};
    heat_stream r, untouched;
    double energies[2] = {2, 2};

    heat_stream_init(&r, 1, HEAT_PURPOSE_TEST, 6);
    untouched = r;
    assert_int_equal(heat_houdayer_move(&g.view, &r, &scratch, a, b, energies), 0);
    assert_true(energies[0] == 2 && energies[1] == 2);
    assert_true(heat_stream_bits(&r) == heat_stream_bits(&untouched));
    test_graph_clear(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_are_left_in_equilibrium),
        cmocka_unit_test(unlike_temperatures_are_noticed),
        cmocka_unit_test(free_turns_leave_equilibrium),
        cmocka_unit_test(free_turns_in_a_field_are_noticed),
        cmocka_unit_test(many_moves_keep_the_sum_exactly),
        cmocka_unit_test(equal_replicas_draw_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
