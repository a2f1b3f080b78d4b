/* Swendsen-Wang and Wolff on small systems, as whole transition matrices. The rules, in double, sum over all
 * bond configurations: rows sum to 1, pi P = pi to 1e-12. The kernels are compiled once more with a script in
 * place of their random numbers, which goes through every sequence of decisions: their matrices are those of
 * the rules. */
#include "pairwise_graphs.h"
#include "sample/cluster_model.h"
#include "support.h"

#include <math.h>

#include "kernel/lane.h"

static lane_int scripted_draw(void);

#define CLUSTER_ISA scripted
#define CLUSTER_DRAW(state) ((void)(state), scripted_draw())
#include "kernel/cluster_body.h"

enum { MOST_STATES = 256, MOST_BONDS = 24, MOST_DIGITS = 64 };

/* --- the rules --- */

/* A small system of n variables of q values; bonds to site n go to the ghost, whose value never changes. */
typedef struct toy {
    int32_t n, q, n_states, n_bonds;
    int32_t i[MOST_BONDS], j[MOST_BONDS];
    double strength[MOST_BONDS]; /* J_ij or h_i */
    double energy[MOST_STATES];
    test_graph graph;
} toy;

static int32_t value_of(const toy *t, int32_t state, int32_t site)
{
    if (site == t->n)
        return t->q - 1; /* the ghost is up */
    while (site-- > 0)
        state /= t->q;
    return state % t->q;
}

static bool holds(const toy *t, int32_t state, int32_t bond)
{
    bool equal = value_of(t, state, t->i[bond]) == value_of(t, state, t->j[bond]);

    return equal == (t->strength[bond] > 0);
}

/* p of a satisfied bond: an Ising bond gains 2 |J| where it holds, a Potts bond J. */
static double activation(const toy *t, int32_t bond, double beta)
{
    return 1 - exp(-beta * (t->q == 2 ? 2 : 1) * fabs(t->strength[bond]));
}

static void add_bond(toy *t, int32_t i, int32_t j, double strength)
{
    assert_true(t->n_bonds < MOST_BONDS);
    t->i[t->n_bonds] = i;
    t->j[t->n_bonds] = j;
    t->strength[t->n_bonds++] = strength;
}

static void finish_toy(toy *t)
{
    t->graph = test_graph_begin(t->n);
    t->n_states = (int32_t)lrint(pow(t->q, t->n));
    assert_true(t->n_states <= MOST_STATES);
    for (int32_t b = 0; b < t->n_bonds; b++)
        if (t->j[b] == t->n)
            t->graph.field[t->i[b]] = t->strength[b];
        else
            test_graph_add(&t->graph, t->i[b], t->j[b], t->strength[b]);
    test_graph_seal(&t->graph, 0, false);
    for (int32_t x = 0; x < t->n_states; x++) {
        t->energy[x] = 0;
        for (int32_t b = 0; b < t->n_bonds; b++)
            t->energy[x] -= t->q == 2 ? fabs(t->strength[b]) * (holds(t, x, b) ? 1 : -1)
                                      : t->strength[b] * holds(t, x, b);
    }
}

/* The clusters of a set of active bonds: label[site] of all sites and the ghost; returns their number. */
static int32_t label_sites(const toy *t, uint32_t active, int32_t *label)
{
    int32_t n_labels = 0;

    for (int32_t i = 0; i <= t->n; i++)
        label[i] = i;
    for (bool changed = true; changed;) {
        changed = false;
        for (int32_t b = 0; b < t->n_bonds; b++)
            if (active >> b & 1 && label[t->i[b]] != label[t->j[b]]) {
                int32_t low = label[t->i[b]] < label[t->j[b]] ? label[t->i[b]] : label[t->j[b]];
                label[t->i[b]] = label[t->j[b]] = low;
                changed = true;
            }
    }
    for (int32_t i = 0; i <= t->n; i++)
        n_labels += label[i] == i;
    return n_labels;
}

/* The state with the sites of one label moved `steps` values on. */
static int32_t moved(const toy *t, int32_t state, const int32_t *label, int32_t which, int32_t steps)
{
    int32_t to = 0, power = 1;

    for (int32_t i = 0; i < t->n; i++, power *= t->q)
        to += power * ((value_of(t, state, i) + (label[i] == which ? steps : 0)) % t->q);
    return to;
}

static void add_swendsen_wang(const toy *t, int32_t state, const int32_t *label, int32_t which, double p,
                              double *row)
{
    while (which < t->n && (label[which] != which || which == label[t->n]))
        which++;
    if (which >= t->n) {
        row[state] += p;
        return;
    }
    for (int32_t a = 0; a < t->q; a++)
        add_swendsen_wang(t, moved(t, state, label, which, a), label, which + 1, p / t->q, row);
}

static void add_wolff(const toy *t, int32_t state, const int32_t *label, double p, double *row)
{
    for (int32_t seed = 0; seed < t->n; seed++)
        for (int32_t a = 1; a < t->q; a++) {
            int32_t to = label[seed] == label[t->n] ? state : moved(t, state, label, label[seed], a);
            row[to] += p / t->n / (t->q - 1);
        }
}

/* A row of the rule's matrix: over all subsets of the satisfied bonds. */
static void rule_row(const toy *t, bool wolff, double beta, int32_t from, double *row)
{
    uint32_t satisfied = 0, active = 0;

    memset(row, 0, MOST_STATES * sizeof *row);
    for (int32_t b = 0; b < t->n_bonds; b++)
        satisfied |= (uint32_t)holds(t, from, b) << b;
    do {
        int32_t label[MOST_BONDS];
        double p = 1;
        for (int32_t b = 0; b < t->n_bonds; b++)
            if (satisfied >> b & 1)
                p *= active >> b & 1 ? activation(t, b, beta) : 1 - activation(t, b, beta);
        label_sites(t, active, label);
        if (wolff)
            add_wolff(t, from, label, p, row);
        else
            add_swendsen_wang(t, from, label, 0, p, row);
        active = (active - satisfied) & satisfied; /* the next subset */
    } while (active != 0);
}

/* Largest |pi P - pi| of rates at beta, against pi at beta_of_pi. */
static double pi_error(const toy *t, bool wolff, double beta, double beta_of_pi)
{
    double pi[MOST_STATES], after[MOST_STATES] = {0}, row[MOST_STATES], sum = 0, error = 0;

    for (int32_t x = 0; x < t->n_states; x++)
        sum += pi[x] = exp(-beta_of_pi * t->energy[x]);
    for (int32_t x = 0; x < t->n_states; x++) {
        double total = 0;
        rule_row(t, wolff, beta, x, row);
        for (int32_t y = 0; y < t->n_states; y++) {
            total += row[y];
            after[y] += pi[x] / sum * row[y];
        }
        assert_close(total, 1, 1e-12);
    }
    for (int32_t x = 0; x < t->n_states; x++)
        error = fmax(error, fabs(after[x] - pi[x] / sum));
    return error;
}

/* A random graph of n spins or Potts values: pairs with probability 0.5, at most 9 of them. */
static toy random_toy(uint64_t seed, int32_t n, int32_t q, bool with_field)
{
    toy t = {.n = n, .q = q};
    heat_stream r;

    heat_stream_init(&r, seed, HEAT_PURPOSE_TEST, 7);
    for (int32_t a = 0; a < n; a++)
        for (int32_t b = a + 1; b < n && t.n_bonds < 9; b++)
            if (heat_stream_uniform(&r) < 0.5)
                add_bond(&t, a, b,
                         q > 2      ? heat_stream_uniform(&r)
                         : seed % 2 ? heat_stream_normal(&r)
                                    : test_pm(&r));
    for (int32_t a = 0; a < n && with_field; a++)
        add_bond(&t, a, n, heat_stream_normal(&r));
    finish_toy(&t);
    return t;
}

static void rules_leave_equilibrium(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 12; seed++) {
        toy t = random_toy(seed, seed < 4 ? 8 : 5, seed < 8 ? 2 : 3, seed >= 4 && seed < 8);
        for (int wolff = 0; wolff < 2; wolff++) {
            assert_close(pi_error(&t, wolff, 0, 0), 0, 1e-12);
            assert_close(pi_error(&t, wolff, 0.6, 0.6), 0, 1e-12);
            assert_close(pi_error(&t, wolff, 2.5, 2.5), 0, 1e-12);
            assert_true(pi_error(&t, wolff, 0.6 * 1.01, 0.6) > 1e-6); /* and would notice */
        }
        test_graph_clear(&t.graph);
    }
}

/* --- the script: digits, each a decision, gone through like an odometer --- */

/* What a word of random numbers decides: one of `radix` values, of probability p(digit). */
typedef struct decision {
    int32_t radix;
    double p_first; /* of digit 0 where the radix is 2; else all are alike */
} decision;

static struct {
    int32_t n_bits;                         /* of a draw */
    double p;                               /* of an active bond */
    int32_t n_sites, n_steps, n_bond_words; /* the decisions of words, in this order; then coins */
    int32_t n_draws_of_bonds;               /* after which draws are coins */
    int32_t q;
    int32_t digit[MOST_DIGITS], radix[MOST_DIGITS];
    int32_t n_digits, n_draws;
} script;

static decision decision_at(int32_t at)
{
    if (at < script.n_sites)
        return (decision){script.n_steps, 0};
    if (at < script.n_bond_words)
        return (decision){2, script.p};
    return (decision){script.q, 1.0 / script.q};
}

static void see_digit(int32_t at, int32_t radix)
{
    assert_true(at < MOST_DIGITS);
    if (at >= script.n_digits) {
        script.digit[at] = 0;
        script.n_digits = at + 1;
    }
    script.radix[at] = radix;
}

static uint32_t word_for(int32_t digit, int32_t radix)
{
    return (uint32_t)(((uint64_t)digit << 32) / (uint64_t)radix) + (1u << 20);
}

static lane_int scripted_draw(void)
{
    uint32_t draw[LANES];
    int32_t at = script.n_draws++;

    memset(draw, 0xff, sizeof draw);
    if (at < script.n_sites) { /* the site, in all words */
        see_digit(at, script.n_steps);
        for (int l = 0; l < LANES; l++)
            draw[l] = word_for(script.digit[at], script.n_steps);
        return lane_load(draw);
    }
    see_digit(at, 1 << script.n_bits);
    for (int32_t l = 0; l < script.n_bits; l++)
        draw[l] = script.digit[at] >> l & 1 ? 0 : ~0u; /* below any threshold, or above */
    return lane_load(draw);
}

/* The weight of the digits that were used; moves on to the next sequence, false after the last. */
static double weight_of_draws(void)
{
    double weight = 1;

    for (int32_t at = 0; at < script.n_draws; at++) {
        if (at < script.n_sites) {
            weight /= script.n_steps;
            continue;
        }
        for (int32_t l = 0; l < script.n_bits; l++) {
            double p = at < script.n_draws_of_bonds ? script.p : 0.5;
            weight *= script.digit[at] >> l & 1 ? p : 1 - p;
        }
    }
    return weight;
}

static bool next_sequence(void)
{
    int32_t at = script.n_digits - 1;

    while (at >= 0 && script.digit[at] == script.radix[at] - 1)
        at--;
    if (at < 0)
        return false;
    script.digit[at]++;
    script.n_digits = at + 1; /* those behind it begin again */
    script.n_draws = 0;
    return true;
}

/* --- kernels on words: graphs --- */

/* The words of a graph's kernel are dealt from its spare ones: a whole sequence is laid out beforehand. */
static void deal_words(heat_cluster_random *random, int32_t n_words)
{
    assert_true(n_words <= LANES);
    for (int32_t at = 0; at < n_words; at++) {
        decision d = decision_at(at);
        see_digit(at, d.radix);
        random->spare[n_words - 1 - at] = at >= script.n_sites && at < script.n_bond_words
                                              ? (script.digit[at] == 0 ? 0 : ~0u)
                                              : word_for(script.digit[at], d.radix);
    }
    random->n_spare = n_words;
}

/* Forgets the decisions that were not asked for; the weight of those that were. */
static double weight_of_words(int32_t n_used)
{
    double weight = 1;

    script.n_digits = n_used;
    for (int32_t at = 0; at < n_used; at++) {
        decision d = decision_at(at);
        if (d.radix == 2)
            weight *= script.digit[at] == 0 ? d.p_first : 1 - d.p_first;
        else
            weight /= d.radix;
    }
    return weight;
}

static void values_of(const toy *t, int32_t state, int8_t *values)
{
    for (int32_t i = 0; i < t->n; i++)
        values[i] = (int8_t)(t->q == 2 ? 2 * value_of(t, state, i) - 1 : value_of(t, state, i));
}

static int32_t state_of(const toy *t, const int8_t *values)
{
    int32_t state = 0;

    for (int32_t i = t->n - 1; i >= 0; i--)
        state = state * t->q + (t->q == 2 ? (values[i] + 1) / 2 : values[i]);
    return state;
}

/* Sets the script for a move; a Wolff move asks for the site and, of Potts, for the steps. */
static void begin_script(const toy *t, bool wolff, double p)
{
    memset(&script, 0, sizeof script);
    script.p = p;
    script.q = t->q;
    script.n_sites = wolff;
    script.n_steps = t->n;
    script.n_bond_words = MOST_DIGITS;
    script.n_draws_of_bonds = MOST_DIGITS;
}

static void wolff_row_of_graph(const toy *t, const heat_cluster_graph *g, double p, int32_t from, double *row)
{
    heat_cluster_rates rates = {.bond = 1 << 30, .field = 1 << 30};
    uint32_t parent[MOST_BONDS + 64];
    uint8_t marks[MOST_BONDS] = {0};
    heat_cluster_scratch scratch = {.parent = parent, .marks = marks};

    memset(row, 0, MOST_STATES * sizeof *row);
    begin_script(t, true, p);
    do {
        heat_cluster_random random = {0};
        int8_t values[8];
        values_of(t, from, values);
        deal_words(&random, LANES);
        wolff_graph_scripted(g, &rates, &random, &scratch, values);
        assert_int_equal(script.n_draws, 0);
        row[state_of(t, values)] += weight_of_words(LANES - random.n_spare);
        for (int32_t i = 0; i < t->n; i++)
            assert_int_equal(marks[i], 0);
    } while (next_sequence());
}

/* A draw for all bonds, one for the fields, one for the coins; of Potts the steps are words, gone through one
 * combination after the other. */
static void swendsen_wang_row_of_graph(const toy *t, const heat_cluster_graph *g, double p, int32_t from,
                                       double *row)
{
    heat_cluster_rates rates = {.bond = 1 << 30, .field = 1 << 30};
    uint32_t parent[MOST_BONDS + 64];
    heat_cluster_scratch scratch = {.parent = parent};
    int32_t n_edges = (int32_t)(g->row[g->n] / 2), n_combinations = g->is_potts ? t->n_states : 1;

    memset(row, 0, MOST_STATES * sizeof *row);
    for (int32_t combination = 0; combination < n_combinations; combination++) {
        begin_script(t, false, p);
        script.n_bits = n_edges > t->n ? n_edges : t->n;
        script.n_draws_of_bonds = 1 + (g->field_sign != NULL);
        do {
            heat_cluster_random random = {.n_spare = g->is_potts ? t->n : 0};
            int8_t values[8];
            values_of(t, from, values);
            for (int32_t i = 0; i < random.n_spare; i++)
                random.spare[i] = word_for(value_of(t, combination, i), t->q);
            swendsen_wang_graph_scripted(g, &rates, &random, &scratch, values);
            row[state_of(t, values)] += weight_of_draws() / n_combinations;
        } while (next_sequence());
    }
}

static void kernel_row_of_graph(const toy *t, const heat_cluster_graph *g, bool wolff, double p, int32_t from,
                                double *row)
{
    if (wolff)
        wolff_row_of_graph(t, g, p, from, row);
    else
        swendsen_wang_row_of_graph(t, g, p, from, row);
}

static void assert_rows_equal(const toy *t, const double *a, const double *b)
{
    for (int32_t y = 0; y < t->n_states; y++)
        assert_close(a[y], b[y], 1e-12);
}

/* A ring with one chord; couplings of one size, some negative if `mixed`, and fields of that size. */
static toy even_toy(int32_t n, int32_t q, bool mixed, bool with_field)
{
    toy t = {.n = n, .q = q};

    for (int32_t a = 0; a < n; a++)
        add_bond(&t, a, (a + 1) % n, mixed && a % 3 == 1 ? -1 : 1);
    if (n > 3)
        add_bond(&t, 0, 2, mixed ? -1 : 1);
    for (int32_t a = 0; a < n && with_field; a++)
        add_bond(&t, a, n, a % 2 ? 1 : -1);
    finish_toy(&t);
    return t;
}

static void graph_kernels_have_the_rules_matrix(void **state)
{
    (void)state;
    static const struct {
        int32_t n, q;
        bool mixed, with_field;
    } cases[] = {{5, 2, false, false}, {5, 2, true, false}, {4, 2, true, true}, {4, 2, false, true}};
    heat_context *ctx = test_context();

    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        toy t = even_toy(cases[c].n, cases[c].q, cases[c].mixed, cases[c].with_field);
        heat_cluster_model *model;
        assert_ok(ctx, heat_cluster_model_create(ctx, &t.graph.view, 0, NULL, &model));
        assert_true(model->is_even && !model->is_lattice);
        for (int32_t x = 0; x < t.n_states; x++)
            for (int wolff = 0; wolff < 2; wolff++) {
                double rule[MOST_STATES], kernel[MOST_STATES];
                rule_row(&t, wolff, 0.4, x, rule);
                kernel_row_of_graph(&t, &model->graph, wolff, activation(&t, 0, 0.4), x, kernel);
                assert_rows_equal(&t, rule, kernel);
            }
        heat_cluster_model_free(model);
        test_graph_clear(&t.graph);
    }
    heat_context_free(ctx);
}

/* Potts draws its steps before its bonds: an own order of decisions, of three values alone. */
static void potts_kernels_have_the_rules_matrix(void **state)
{
    (void)state;
    toy t = even_toy(4, 3, false, false);
    heat_context *ctx = test_context();
    heat_cluster_model *model;
    heat_cluster_graph g;

    assert_ok(ctx, heat_cluster_model_create(ctx, &t.graph.view, 0, NULL, &model));
    g = model->graph;
    g.q = t.q;
    g.is_potts = true;
    for (int32_t x = 0; x < t.n_states; x++) {
        double rule[MOST_STATES], kernel[MOST_STATES];
        rule_row(&t, false, 0.9, x, rule);
        kernel_row_of_graph(&t, &g, false, activation(&t, 0, 0.9), x, kernel);
        assert_rows_equal(&t, rule, kernel);
        rule_row(&t, true, 0.9, x, rule);
        memset(kernel, 0, sizeof kernel);
        for (int32_t steps = 1; steps < 3; steps++) { /* the word of the steps is dealt by hand */
            heat_cluster_rates rates = {.bond = 1 << 30};
            uint32_t parent[MOST_BONDS + 64];
            uint8_t marks[MOST_BONDS] = {0};
            heat_cluster_scratch scratch = {.parent = parent, .marks = marks};
            begin_script(&t, true, activation(&t, 0, 0.9));
            do {
                heat_cluster_random random = {0};
                int8_t values[8];
                values_of(&t, x, values);
                deal_words(&random, LANES - 1);
                for (int32_t k = LANES - 1; k > LANES - 2; k--)
                    random.spare[k] = random.spare[k - 1];
                random.spare[LANES - 2] = word_for(steps - 1, 2);
                random.n_spare = LANES;
                wolff_graph_scripted(&g, &rates, &random, &scratch, values);
                kernel[state_of(&t, values)] += weight_of_words(LANES - 1 - random.n_spare) / 2;
            } while (next_sequence());
        }
        assert_rows_equal(&t, rule, kernel);
    }
    heat_cluster_model_free(model);
    heat_context_free(ctx);
    test_graph_clear(&t.graph);
}

/* --- kernels on draws: lattices --- */

/* A box of spins, closed where a side is longer than 2. */
static toy box_toy(int32_t rows, int32_t length, bool mixed, bool with_field)
{
    toy t = {.n = rows * length, .q = 2};

    for (int32_t y = 0; y < rows; y++)
        for (int32_t x = 0; x < length; x++) {
            int32_t i = y * length + x;
            double sign = mixed && i % 3 == 1 ? -1 : 1;
            if (x + 1 < length || length > 2)
                add_bond(&t, i, y * length + (x + 1) % length, sign);
            if (y + 1 < rows || rows > 2)
                add_bond(&t, i, (y + 1) % rows * length + x, mixed && i % 2 ? -1 : 1);
        }
    for (int32_t i = 0; i < t.n && with_field; i++)
        add_bond(&t, i, t.n, i % 2 ? 1 : -1);
    finish_toy(&t);
    return t;
}

static void kernel_row_of_lattice(const toy *t, const heat_cluster_model *m, heat_cluster_scratch *scratch,
                                  int32_t length, bool wolff, double p, int32_t from, double *row)
{
    heat_cluster_rates rates = {.bond = 1 << 30, .field = 1 << 30};
    uint64_t bits[8];
    int8_t values[8];

    memset(row, 0, MOST_STATES * sizeof *row);
    begin_script(t, wolff, p);
    script.n_bits = length;
    if (!wolff) { /* all draws but the coins, one a word */
        script.n_draws_of_bonds = m->lattice.n_words * (1 + (m->lattice.field_down != NULL));
        for (int32_t w = 0; w < m->lattice.n_words * m->lattice.n_across; w++)
            script.n_draws_of_bonds += m->lattice.after[w] >= 0;
    }
    do {
        heat_cluster_random random = {0};
        values_of(t, from, values);
        heat_cluster_lattice_pack(&m->lattice, values, bits);
        if (wolff)
            wolff_lattice_scripted(&m->lattice, &rates, &random, scratch, bits, t->n);
        else
            swendsen_wang_lattice_scripted(&m->lattice, &rates, &random, scratch, bits);
        heat_cluster_lattice_unpack(&m->lattice, bits, values);
        row[state_of(t, values)] += weight_of_draws();
    } while (next_sequence());
}

static void lattice_kernels_have_the_rules_matrix(void **state)
{
    (void)state;
    static const struct {
        int32_t rows, length;
        bool mixed, with_field;
    } cases[] = {{1, 5, false, false},
                 {1, 4, true, true},
                 {2, 2, true, true},
                 {2, 3, false, false},
                 {5, 1, true, false}};
    heat_context *ctx = test_context();

    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        toy t = box_toy(cases[c].rows, cases[c].length, cases[c].mixed, cases[c].with_field);
        const int64_t extent[] = {cases[c].rows, cases[c].length};
        heat_cluster_model *model;
        heat_cluster_scratch scratch = {0};
        assert_ok(ctx, heat_cluster_model_create(ctx, &t.graph.view, 2, extent, &model));
        assert_true(model->is_lattice);
        assert_int_equal(model->lattice.negative != NULL, cases[c].mixed);
        assert_int_equal(model->lattice.field_down != NULL, cases[c].with_field);
        assert_ok(ctx, heat_cluster_scratch_init(ctx, model, &scratch));
        for (int32_t x = 0; x < t.n_states; x++)
            for (int wolff = 0; wolff < 2; wolff++) {
                double rule[MOST_STATES], kernel[MOST_STATES];
                rule_row(&t, wolff, 0.4, x, rule);
                kernel_row_of_lattice(&t, model, &scratch, cases[c].length, wolff, activation(&t, 0, 0.4), x,
                                      kernel);
                assert_rows_equal(&t, rule, kernel);
            }
        heat_cluster_scratch_clear(&scratch);
        heat_cluster_model_free(model);
        test_graph_clear(&t.graph);
    }
    heat_context_free(ctx);
}

/* --- thresholds --- */

static void thresholds_are_the_rules_probabilities(void **state)
{
    (void)state;
    for (double x = 0; x < 40; x += 0.037)
        assert_close(heat_cluster_threshold(x), fmin(ldexp(1 - exp(-x), 31), 0x1p31 - 1), 0.501);
    assert_int_equal(heat_cluster_threshold(0), 0);
    assert_int_equal(heat_cluster_threshold(1e300), INT32_MAX);
}

/* A bond is active just below its threshold, and no longer at it: of words, and of draws. */
static void decides_at_the_threshold(void **state)
{
    (void)state;
    const int32_t threshold = heat_cluster_threshold(0.7);
    toy t = even_toy(3, 2, false, false);
    heat_cluster_graph g = {.n = t.n, .q = 2, .row = t.graph.view.row, .col = t.graph.view.col};

    for (int below = 0; below < 2; below++) {
        uint32_t word = 2 * (uint32_t)(threshold - below) + 1, parent[80];
        uint8_t marks[3] = {0};
        heat_cluster_scratch scratch = {.parent = parent, .marks = marks};
        heat_cluster_random random = {.spare = {word, word, word, word, word, word, 0}, .n_spare = 7};
        heat_cluster_rates rates = {.bond = threshold}, table = rates;
        int32_t bonds[6] = {threshold, threshold, threshold, threshold, threshold, threshold};
        int8_t values[3] = {1, 1, 1};
        assert_int_equal(wolff_graph_scripted(&g, &rates, &random, &scratch, values), below ? 3 : 1);
        random.n_spare = 7;
        table = (heat_cluster_rates){.bonds = bonds};
        assert_int_equal(wolff_graph_scripted(&g, &table, &random, &scratch, (int8_t[3]){1, 1, 1}),
                         below ? 3 : 1);
    }
    test_graph_clear(&t.graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_leave_equilibrium),
        cmocka_unit_test(graph_kernels_have_the_rules_matrix),
        cmocka_unit_test(potts_kernels_have_the_rules_matrix),
        cmocka_unit_test(lattice_kernels_have_the_rules_matrix),
        cmocka_unit_test(thresholds_are_the_rules_probabilities),
        cmocka_unit_test(decides_at_the_threshold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
