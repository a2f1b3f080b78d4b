/* MBAR where the answer is known: rows that carry their exact probabilities as weights give exact log Z,
 * drawn ones give it within intervals that cover as often as they say. */
#include "random/stream.h"
#include "stats/mbar.h"
#include "support.h"

#include <heatbath/options.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_LEVELS = 600, MOST_STATES = 16, MOST_BLOCKS = 64 };

/* Levels of a system, degeneracies as logarithms. */
typedef struct levels {
    int64_t n;
    double energy[MOST_LEVELS], log_g[MOST_LEVELS];
} levels;

/* Rows of a ladder and what goes with them. */
typedef struct ladder {
    levels of;
    int32_t n_states;
    double beta[MOST_STATES];
    heat_mbar_states states;
    heat_mbar_samples samples;
    double *energy, *weight;
    int32_t *state, *block;
} ladder;

static double exact_log_z(const levels *l, double beta)
{
    double largest = -(double)INFINITY, sum = 0;

    for (int64_t k = 0; k < l->n; k++)
        largest = fmax(largest, l->log_g[k] - beta * l->energy[k]);
    for (int64_t k = 0; k < l->n; k++)
        sum += exp(l->log_g[k] - beta * l->energy[k] - largest);
    return largest + log(sum);
}

/* <(E - shift)^power>. */
static double exact_moment(const levels *l, double beta, double shift, int power)
{
    double log_z = exact_log_z(l, beta), sum = 0, all = 0;

    for (int64_t k = 0; k < l->n; k++) { /* over the sum of all: log Z of large energies has few digits */
        double p = exp(l->log_g[k] - beta * l->energy[k] - log_z);
        sum += p * pow(l->energy[k] - shift, power);
        all += p;
    }
    return sum / all;
}

static levels load_levels(const char *table)
{
    FILE *f = fopen(test_data(table), "r");
    char line[512];
    levels l = {0};
    double g;

    assert_non_null(f);
    while (l.n < MOST_LEVELS && fgets(line, sizeof line, f) != NULL)
        if (sscanf(line, "%lf %lf", &l.energy[l.n], &g) == 2 && g > 0)
            l.log_g[l.n++] = log(g);
    fclose(f);
    return l;
}

/* Two levels, 0 and 1, of three states and one. */
static levels two_levels(void)
{
    return (levels){.n = 2, .energy = {0, 1}, .log_g = {log(3), 0}};
}

static void ladder_room(ladder *a, int64_t n)
{
    a->energy = calloc((size_t)n, sizeof *a->energy);
    a->weight = calloc((size_t)n, sizeof *a->weight);
    a->state = calloc((size_t)n, sizeof *a->state);
    a->block = calloc((size_t)n, sizeof *a->block);
    assert_true(a->energy != NULL && a->weight != NULL && a->state != NULL && a->block != NULL);
    a->states = (heat_mbar_states){a->n_states, 1, a->beta, NULL};
    a->samples = (heat_mbar_samples){0, a->energy, a->state, a->weight, NULL, 0, NULL};
}

static void ladder_free(ladder *a)
{
    free(a->energy);
    free(a->weight);
    free(a->state);
    free(a->block);
}

/* Every level of every state with 1000 (k + 1) times its probability. */
static void fill_exactly(ladder *a)
{
    ladder_room(a, a->n_states * a->of.n);
    for (int32_t k = 0; k < a->n_states; k++) {
        double log_z = exact_log_z(&a->of, a->beta[k]);
        for (int64_t level = 0; level < a->of.n; level++) {
            double p = exp(a->of.log_g[level] - a->beta[k] * a->of.energy[level] - log_z);
            if (p < 1e-300)
                continue;
            a->energy[a->samples.n] = a->of.energy[level];
            a->weight[a->samples.n] = 1000 * (k + 1) * p;
            a->state[a->samples.n++] = k;
        }
    }
}

static ladder even_ladder(levels l, int32_t n_states, double first, double last)
{
    ladder a = {.of = l, .n_states = n_states};

    for (int32_t k = 0; k < n_states; k++)
        a.beta[k] = n_states == 1 ? first : first + (last - first) * k / (n_states - 1);
    return a;
}

static void check_exact(heat_context *ctx, const ladder *a, double tolerance)
{
    heat_mbar *m;
    const double *overlap;

    assert_ok(ctx, heat_mbar_create(ctx, 1, &a->states, &a->samples, &m));
    overlap = heat_mbar_get_overlap(m);
    for (int32_t k = 0; k < a->n_states; k++) {
        double sum = 0, exact = exact_log_z(&a->of, a->beta[k]) - exact_log_z(&a->of, a->beta[0]);
        assert_close(heat_mbar_get_log_z(m)[k], exact, tolerance * (1 + fabs(exact)));
        for (int32_t j = 0; j < a->n_states; j++)
            sum += overlap[k * a->n_states + j];
        assert_close(sum, 1, 1e-12);
    }
    for (double beta = a->beta[0]; beta < a->beta[a->n_states - 1] + 1e-9;
         beta += (a->beta[a->n_states - 1] - a->beta[0]) / 7) {
        double log_z, error, ess, mean, exact = exact_log_z(&a->of, beta) - exact_log_z(&a->of, a->beta[0]);
        heat_mbar_target target = {.slope = &beta};
        assert_ok(ctx, heat_mbar_get_target(ctx, m, &target, &log_z, &error, &ess));
        assert_close(log_z, exact, tolerance * (1 + fabs(exact)));
        assert_true(ess > 10 && error < 1);
        assert_ok(ctx, heat_mbar_get_mean(ctx, m, &target, a->energy, &mean, &error));
        exact = exact_moment(&a->of, beta, 0, 1);
        assert_close(mean, exact, tolerance * (1 + fabs(exact)));
    }
    heat_mbar_free(m);
}

static void exact_weights_give_exact_log_z(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    ladder a = even_ladder(two_levels(), 5, 0, 3);

    fill_exactly(&a);
    check_exact(ctx, &a, 1e-12);
    ladder_free(&a);
    a = even_ladder(two_levels(), 2, 1, 1.5);
    fill_exactly(&a);
    check_exact(ctx, &a, 1e-12);
    ladder_free(&a);
    heat_context_free(ctx);
}

static void exact_densities_of_states_give_exact_log_z(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    ladder a = even_ladder(load_levels("exact/ising2d_L4_dos.tsv"), 6, 0, 1);

    fill_exactly(&a);
    check_exact(ctx, &a, 1e-11);
    ladder_free(&a);
    a = even_ladder(load_levels("exact/ising2d_L16_dos.tsv"), 16, 0.3, 0.6);
    fill_exactly(&a);
    check_exact(ctx, &a, 1e-11);
    ladder_free(&a);
    heat_context_free(ctx);
}

static void energies_of_a_million_lose_nothing(void **state)
{
    (void)state;
    static const double shifts[] = {1e6, -1e6};
    heat_context *ctx = test_context();

    for (int s = 0; s < 2; s++) { /* far from zero, and far apart */
        ladder a = even_ladder(load_levels("exact/ising2d_L4_dos.tsv"), 6, 0.01, 1);
        for (int64_t k = 0; k < a.of.n; k++)
            a.of.energy[k] += shifts[s];
        fill_exactly(&a);
        check_exact(ctx, &a, 1e-11);
        ladder_free(&a);
    }
    {
        ladder a = even_ladder((levels){.n = 3, .energy = {-1e6, 0, 1e6}, .log_g = {0, 7e5, 1.5e6}}, 11, 0.7,
                               0.700003);
        fill_exactly(&a);
        check_exact(ctx, &a, 1e-11);
        ladder_free(&a);
    }
    heat_context_free(ctx);
}

/* The same rows by features that are u_k itself, in two features, and on two threads. */
static void forms_of_the_input_agree(void **state)
{
    (void)state;
    enum { K = 5 };
    heat_context *ctx = test_context();
    ladder a = even_ladder(load_levels("exact/ising2d_L8_dos.tsv"), K, 0.3, 0.5);
    double offset[K] = {0.5, -1, 3, 0, 2}, two[2 * K], *reduced, *pairs;
    heat_mbar *m[4];
    heat_mbar_states states;

    fill_exactly(&a);
    a.states.offset = offset;
    reduced = calloc((size_t)(K * a.samples.n), sizeof *reduced);
    pairs = calloc((size_t)(2 * a.samples.n), sizeof *pairs);
    for (int64_t row = 0; row < a.samples.n; row++) {
        pairs[2 * row] = a.energy[row];
        pairs[2 * row + 1] = 1;
        for (int k = 0; k < K; k++)
            reduced[K * row + k] = a.beta[k] * a.energy[row] + offset[k];
    }
    for (int k = 0; k < K; k++) {
        two[2 * k] = a.beta[k];
        two[2 * k + 1] = offset[k];
    }
    assert_ok(ctx, heat_mbar_create(ctx, 1, &a.states, &a.samples, &m[0]));
    assert_ok(ctx, heat_mbar_create(ctx, 2, &a.states, &a.samples, &m[1]));
    states = (heat_mbar_states){K, K, NULL, NULL};
    a.samples.features = reduced;
    assert_ok(ctx, heat_mbar_create(ctx, 1, &states, &a.samples, &m[2]));
    states = (heat_mbar_states){K, 2, two, NULL};
    a.samples.features = pairs;
    assert_ok(ctx, heat_mbar_create(ctx, 1, &states, &a.samples, &m[3]));
    for (int k = 0; k < K; k++) {
        double exact = exact_log_z(&a.of, a.beta[k]) - exact_log_z(&a.of, a.beta[0]) - offset[k] + offset[0];
        assert_true(heat_mbar_get_log_z(m[0])[k] == heat_mbar_get_log_z(m[1])[k]);
        for (int form = 0; form < 4; form++)
            assert_close(heat_mbar_get_log_z(m[form])[k], exact, 1e-10);
        for (int j = 0; j < K; j++)
            assert_close(heat_mbar_get_covariance(m[2])[K * j + k], heat_mbar_get_covariance(m[0])[K * j + k],
                         1e-10);
    }
    assert_memory_equal(heat_mbar_get_covariance(m[0]), heat_mbar_get_covariance(m[1]),
                        K * K * sizeof(double));
    for (int form = 0; form < 4; form++)
        heat_mbar_free(m[form]);
    free(reduced);
    free(pairs);
    ladder_free(&a);
    heat_context_free(ctx);
}

/* At a state of the ladder the target's error is the covariance's, and the mean energy's error at beta = 0 of
 * one state is sd / sqrt(n). */
static void errors_agree_with_each_other(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    ladder a = even_ladder(load_levels("exact/ising2d_L8_dos.tsv"), 4, 0.35, 0.45);
    heat_mbar *m;
    double value, error, mean, difference;

    fill_exactly(&a);
    assert_ok(ctx, heat_mbar_create(ctx, 1, &a.states, &a.samples, &m));
    for (int32_t k = 0; k < 4; k++) {
        heat_mbar_target target = {.slope = &a.beta[k]};
        heat_mbar_get_difference(m, 0, k, &difference, &error);
        assert_close(error, sqrt(heat_mbar_get_covariance(m)[5 * k]), 1e-12);
        assert_ok(ctx, heat_mbar_get_target(ctx, m, &target, &value, &mean, NULL));
        assert_close(value, difference, 1e-12);
        assert_close(mean, error, 1e-9);
    }
    assert_true(heat_mbar_get_connection(m, NULL) > 0.5 && heat_mbar_get_connection(m, NULL) < 1);
    heat_mbar_free(m);
    ladder_free(&a);
    a = even_ladder(two_levels(), 1, 0, 0);
    fill_exactly(&a);
    assert_ok(ctx, heat_mbar_create(ctx, 1, &a.states, &a.samples, &m));
    assert_ok(ctx, heat_mbar_get_mean(ctx, m, &(heat_mbar_target){.slope = a.beta}, a.energy, &mean, &error));
    assert_close(mean, 0.25, 1e-14);
    assert_close(error, sqrt(0.25 * 0.75 / 1000), 1e-12);
    assert_close(heat_mbar_get_connection(m, NULL), 1, 0);
    heat_mbar_free(m);
    ladder_free(&a);
    heat_context_free(ctx);
}

static int64_t draw_level(const levels *l, double beta, double log_z, heat_stream *stream)
{
    double u = heat_stream_uniform(stream);

    for (int64_t k = 0; k + 1 < l->n; k++) {
        u -= exp(l->log_g[k] - beta * l->energy[k] - log_z);
        if (u < 0)
            return k;
    }
    return l->n - 1;
}

/* n_draws of every state, each drawn `repeats` times over, in blocks across the states. */
static void fill_by_draws(ladder *a, uint64_t seed, int n_draws, int repeats, bool blocks)
{
    heat_stream stream;

    heat_stream_init(&stream, seed, HEAT_PURPOSE_TEST, 0);
    a->samples.n = 0;
    for (int32_t k = 0; k < a->n_states; k++) {
        double log_z = exact_log_z(&a->of, a->beta[k]);
        for (int d = 0; d < n_draws; d++) {
            int64_t level = draw_level(&a->of, a->beta[k], log_z, &stream);
            for (int r = 0; r < repeats; r++) {
                int64_t row = a->samples.n++;
                a->energy[row] = a->of.energy[level];
                a->weight[row] = 1.0 / repeats;
                a->state[row] = k;
                a->block[row] = (int32_t)((int64_t)d * MOST_BLOCKS / n_draws);
            }
        }
    }
    a->samples.weight = blocks ? NULL : a->weight;
    a->samples.block = blocks ? a->block : NULL;
    a->samples.n_blocks = blocks ? MOST_BLOCKS : 0;
}

static double variance_of_energy(const double *averages, void *arg)
{
    (void)arg;
    return averages[1] - averages[0] * averages[0];
}

enum { LOG_Z = 0, NEIGHBOURS, BETWEEN, ENERGY, CAPACITY, QUANTITIES };
static const char *const quantity_names[] = {"log Z", "neighbours", "between", "energy", "heat capacity"};

/* z-scores of one estimate. */
static void z_scores(heat_context *ctx, ladder *a, double *squares, double *z)
{
    heat_mbar *m;
    double value, error, beta = 0.5 * (a->beta[1] + a->beta[2]);
    const double *columns[] = {a->energy, squares};
    heat_mbar_target target = {.slope = &beta};
    int32_t last = a->n_states - 1;

    assert_ok(ctx, heat_mbar_create(ctx, 1, &a->states, &a->samples, &m));
    for (int64_t row = 0; row < a->samples.n; row++)
        squares[row] = a->energy[row] * a->energy[row];
    heat_mbar_get_difference(m, 0, last, &value, &error);
    z[LOG_Z] = (value - exact_log_z(&a->of, a->beta[last]) + exact_log_z(&a->of, a->beta[0])) / error;
    heat_mbar_get_difference(m, 1, 2, &value, &error);
    z[NEIGHBOURS] = (value - exact_log_z(&a->of, a->beta[2]) + exact_log_z(&a->of, a->beta[1])) / error;
    assert_ok(ctx, heat_mbar_get_target(ctx, m, &target, &value, &error, NULL));
    z[BETWEEN] = (value - exact_log_z(&a->of, beta) + exact_log_z(&a->of, a->beta[0])) / error;
    assert_ok(ctx, heat_mbar_get_mean(ctx, m, &target, a->energy, &value, &error));
    z[ENERGY] = (value - exact_moment(&a->of, beta, 0, 1)) / error;
    assert_ok(ctx,
              heat_mbar_get_derived(ctx, m, &target, 2, columns, variance_of_energy, NULL, &value, &error));
    z[CAPACITY] = (value - exact_moment(&a->of, beta, exact_moment(&a->of, beta, 0, 1), 2)) / error;
    heat_mbar_free(m);
}

/* 150 ladders of 64 x 4 draws at five states: the share of |z| < 1.96 has a standard error of 1.8 % a
 * quantity, 1 % or so pooled; heat capacities are skew. */
static void check_coverage(heat_context *ctx, const char *what, int repeats, bool blocks)
{
    enum { SEEDS = 150, DRAWS = 256 };
    ladder a = even_ladder(load_levels("exact/ising2d_L8_dos.tsv"), 5, 0.3, 0.5);
    double *squares = calloc((size_t)(5 * DRAWS * repeats), sizeof *squares), pooled = 0;
    int covered[QUANTITIES] = {0};

    ladder_room(&a, 5 * DRAWS * repeats);
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        double z[QUANTITIES];
        fill_by_draws(&a, 1000 + seed, DRAWS, repeats, blocks);
        z_scores(ctx, &a, squares, z);
        for (int q = 0; q < QUANTITIES; q++)
            covered[q] += fabs(z[q]) < 1.96;
    }
    for (int q = 0; q < QUANTITIES; q++) {
        double share = 100.0 * covered[q] / SEEDS;
        print_message("%s: %s covered in %.1f %%\n", what, quantity_names[q], share);
        pooled += share / QUANTITIES;
        assert_true(share >= 88);
    }
    assert_true(pooled >= 92 && pooled <= 98);
    free(squares);
    ladder_free(&a);
}

static void intervals_cover_the_truth(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    check_coverage(ctx, "independent draws", 1, false);
    check_coverage(ctx, "repeated draws, weights", 3, false);
    check_coverage(ctx, "repeated draws, blocks", 3, true);
    heat_context_free(ctx);
}

/* Harmonic wells of different width and place: u_k = a_k x^2 / 2 - b_k x, features x^2 and x, so
 * log Z_k = log sqrt(2 pi / a_k) + b_k^2 / 2 a_k. */
static void harmonic_wells_have_their_log_z(void **state)
{
    (void)state;
    enum { K = 4, DRAWS = 3000 };
    static const double a[K] = {1, 2, 4, 3}, b[K] = {0, 1, 4, 6};
    static double features[K * DRAWS][2];
    static int32_t origin[K * DRAWS];
    double slope[K][2];
    heat_context *ctx = test_context();
    heat_stream stream;
    heat_mbar *m;

    heat_stream_init(&stream, 5, HEAT_PURPOSE_TEST, 0);
    for (int k = 0; k < K; k++) {
        slope[k][0] = a[k] / 2;
        slope[k][1] = -b[k];
        for (int d = 0; d < DRAWS; d++) {
            double x = b[k] / a[k] + heat_stream_normal(&stream) / sqrt(a[k]);
            features[k * DRAWS + d][0] = x * x;
            features[k * DRAWS + d][1] = x;
            origin[k * DRAWS + d] = k;
        }
    }
    assert_ok(ctx, heat_mbar_create(
                       ctx, 1, &(heat_mbar_states){K, 2, &slope[0][0], NULL},
                       &(heat_mbar_samples){K * DRAWS, &features[0][0], origin, NULL, NULL, 0, NULL}, &m));
    for (int k = 1; k < K; k++) {
        double value, error, exact = 0.5 * log(a[0] / a[k]) + b[k] * b[k] / (2 * a[k]);
        heat_mbar_get_difference(m, 0, k, &value, &error);
        print_message("well %d: %.4f +- %.4f, exact %.4f\n", k, value, error, exact);
        assert_true(error > 0.005 && error < 0.1);
        assert_close(value, exact, 4 * error);
    }
    heat_mbar_free(m);
    heat_context_free(ctx);
}

static void expect_refusal(heat_context *ctx, const ladder *a, heat_status status, const char *part)
{
    heat_mbar *m;

    assert_int_equal(heat_mbar_create(ctx, 1, &a->states, &a->samples, &m), status);
    assert_null(m);
    assert_contains(heat_context_error(ctx), part);
}

static void gaps_and_nonsense_are_refused(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    ladder a = {.of = {.n = 2, .energy = {0, 1000}, .log_g = {0, 500}}, .n_states = 3, .beta = {0, 0.01, 1}};

    fill_exactly(&a);
    expect_refusal(ctx, &a, HEAT_ERROR_UNDEFINED, "states 1 and 2 do not overlap");
    a.energy[1] = (double)NAN;
    expect_refusal(ctx, &a, HEAT_ERROR_ARGUMENT, "feature 0 of row 1");
    a.energy[1] = 1000;
    a.state[0] = 3;
    expect_refusal(ctx, &a, HEAT_ERROR_ARGUMENT, "row 0 is of state 3 of 3");
    a.state[0] = 0;
    a.weight[0] = 0;
    expect_refusal(ctx, &a, HEAT_ERROR_ARGUMENT, "row 0 has weight 0");
    a.weight[0] = 1;
    a.samples.block = a.block;
    a.samples.n_blocks = 1;
    expect_refusal(ctx, &a, HEAT_ERROR_ARGUMENT, "one block");
    a.samples.block = NULL;
    a.samples.n = 2;
    expect_refusal(ctx, &a, HEAT_ERROR_ARGUMENT, "no row is of state 1");
    ladder_free(&a);
    heat_context_free(ctx);
}

/* The rows of equal state and energy as one row, whose weight lies in many blocks. */
static void gather_rows(const ladder *from, ladder *to, double *shares)
{
    to->samples.n = 0;
    for (int64_t row = 0; row < from->samples.n; row++) {
        int64_t at = 0;
        while (at < to->samples.n &&
               !(to->state[at] == from->state[row] && to->energy[at] == from->energy[row]))
            at++;
        if (at == to->samples.n) {
            to->state[at] = from->state[row];
            to->energy[at] = from->energy[row];
            to->samples.n++;
        }
        to->weight[at] += 1;
        shares[at * MOST_BLOCKS + from->block[row]] += 1;
    }
    to->samples.weight = to->weight;
    to->samples.n_blocks = MOST_BLOCKS;
    to->samples.block_weight = shares;
}

static void rows_that_stand_for_many_blocks_say_the_same(void **state)
{
    (void)state;
    enum { ROWS = 4 * 256 };
    ladder a = even_ladder(load_levels("exact/ising2d_L8_dos.tsv"), 4, 0, 0.4), b = a;
    double *shares = calloc((size_t)ROWS * MOST_BLOCKS, sizeof *shares), z[2], error[2];
    double squares[ROWS];
    const double *columns[] = {a.energy, squares};
    double beta = 0.37;
    heat_mbar_target target = {.slope = &beta};
    heat_mbar_thermo t[2];
    heat_mbar *m[2];
    heat_context *ctx = test_context();

    ladder_room(&a, ROWS);
    ladder_room(&b, ROWS);
    fill_by_draws(&a, 77, 256, 1, true);
    gather_rows(&a, &b, shares);
    assert_true(b.samples.n < a.samples.n / 2);
    assert_ok(ctx, heat_mbar_create(ctx, 1, &a.states, &a.samples, &m[0]));
    assert_ok(ctx, heat_mbar_create(ctx, 2, &b.states, &b.samples, &m[1]));
    for (int k = 0; k < 2; k++) {
        heat_mbar_get_difference(m[k], 0, 3, &z[k], &error[k]);
        assert_ok(ctx, heat_mbar_get_thermo(ctx, m[k], beta, &t[k]));
    }
    assert_close(z[1], z[0], 1e-9);
    assert_close(error[1], error[0], 1e-9);
    assert_close(t[1].log_z, t[0].log_z, 1e-9);
    assert_close(t[1].entropy_error, t[0].entropy_error, 1e-9);
    assert_close(t[1].variance_error, t[0].variance_error, 1e-7);

    for (int64_t row = 0; row < a.samples.n; row++) /* the parts of thermo agree with the general functions */
        squares[row] = a.energy[row] * a.energy[row];
    columns[0] = a.energy;
    assert_ok(ctx, heat_mbar_get_target(ctx, m[0], &target, &z[0], &error[0], NULL));
    assert_close(t[0].log_z, z[0], 1e-12);
    assert_close(t[0].log_z_error, error[0], 1e-12);
    assert_ok(ctx, heat_mbar_get_mean(ctx, m[0], &target, a.energy, &z[0], &error[0]));
    assert_close(t[0].energy, z[0], 1e-9);
    assert_close(t[0].energy_error, error[0], 1e-9);
    assert_ok(ctx, heat_mbar_get_derived(ctx, m[0], &target, 2, columns, variance_of_energy, NULL, &z[0],
                                         &error[0]));
    assert_close(t[0].variance, z[0], 1e-6);
    assert_close(t[0].variance_error, error[0], 1e-3 * error[0]);
    assert_close(t[0].entropy, t[0].log_z + beta * t[0].energy, 1e-12);
    assert_true(t[0].entropy_error > 0 && t[0].entropy_error < t[0].log_z_error + beta * t[0].energy_error);
    shares[0] = -1;
    heat_mbar_free(m[1]);
    assert_int_equal(heat_mbar_create(ctx, 1, &b.states, &b.samples, &m[1]), HEAT_ERROR_ARGUMENT);
    assert_contains(heat_context_error(ctx), "in block 0");
    heat_mbar_free(m[0]);
    ladder_free(&a);
    ladder_free(&b);
    free(shares);
    heat_context_free(ctx);
}

static heat_status everything(heat_context *ctx, void *arg)
{
    ladder *a = arg;
    const double *columns[] = {a->energy, a->energy};
    double beta = 0.4, value, error;
    heat_mbar_target target = {.slope = &beta};
    heat_mbar_thermo thermo;
    heat_mbar *m;
    heat_status status = heat_mbar_create(ctx, 1, &a->states, &a->samples, &m);

    if (status == HEAT_OK)
        status = heat_mbar_get_target(ctx, m, &target, &value, &error, NULL);
    if (status == HEAT_OK)
        status = heat_mbar_get_derived(ctx, m, &target, 2, columns, variance_of_energy, NULL, &value, &error);
    if (status == HEAT_OK)
        status = heat_mbar_get_thermo(ctx, m, beta, &thermo);
    heat_mbar_free(m);
    return status;
}

static void every_failing_allocation_is_reported(void **state)
{
    (void)state;
    ladder a = even_ladder(two_levels(), 3, 0, 1);

    ladder_room(&a, 3 * MOST_BLOCKS);
    fill_by_draws(&a, 1, MOST_BLOCKS, 1, true);
    test_failing_allocations(everything, &a);
    ladder_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact_weights_give_exact_log_z),
        cmocka_unit_test(exact_densities_of_states_give_exact_log_z),
        cmocka_unit_test(energies_of_a_million_lose_nothing),
        cmocka_unit_test(forms_of_the_input_agree),
        cmocka_unit_test(errors_agree_with_each_other),
        cmocka_unit_test(intervals_cover_the_truth),
        cmocka_unit_test(harmonic_wells_have_their_log_z),
        cmocka_unit_test(gaps_and_nonsense_are_refused),
        cmocka_unit_test(rows_that_stand_for_many_blocks_say_the_same),
        cmocka_unit_test(every_failing_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
