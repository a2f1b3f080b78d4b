/* Hidden units of Boltzmann machines against sums over all their states: sums by covers, mean-field bounds,
 * draws of units that are too many, and what is learned with them. */
#include "learn/boltzmann_pairs.h"
#include "learn/hidden_posterior.h"
#include "learn/learn_rows.h"
#include "learn/mean_field.h"
#include "learn/trainer.h"
#include "support.h"

#include <heatbath/score.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_UNITS = 12, MOST_EDGES = MOST_UNITS * MOST_UNITS };

/* A graph of hidden units. */
typedef struct graph {
    int32_t n;
    int64_t n_edges;
    int32_t i[MOST_EDGES], j[MOST_EDGES];
    double w[MOST_EDGES], b[MOST_UNITS];
} graph;

static void add_edge(graph *g, int32_t i, int32_t j)
{
    g->i[g->n_edges] = i;
    g->j[g->n_edges++] = j;
}

enum { ALONE, LAYERS, THREE_LAYERS, COUPLED, RING, PARTS, N_GRAPHS };

static graph make_graph(int which, double scale)
{
    graph g = {.n = which == COUPLED ? 6 : 9};
    heat_stream stream;

    for (int32_t i = 0; i < g.n; i++)
        for (int32_t j = i + 1; j < g.n; j++) {
            bool is_layers = i < 5 && j >= 5,
                 is_three = (i < 2 && j >= 2 && j < 6) || (i >= 2 && i < 6 && j >= 6);
            bool is_ring = j == i + 1 || (i == 0 && j == g.n - 1);
            bool is_parts = (i < 3 && j < 3) || (i == 4 && j > 5); /* a triangle, a star, two alone */
            if ((which == LAYERS && is_layers) || (which == THREE_LAYERS && is_three) || which == COUPLED ||
                (which == RING && is_ring) || (which == PARTS && is_parts))
                add_edge(&g, i, j);
        }
    heat_stream_init(&stream, test_seed(), HEAT_PURPOSE_TEST, (uint64_t)which);
    for (int64_t e = 0; e < g.n_edges; e++)
        g.w[e] = scale * heat_stream_normal(&stream);
    for (int32_t k = 0; k < g.n; k++)
        g.b[k] = heat_stream_normal(&stream);
    return g;
}

/* Returns log Z; mean of pairs, then of units. */
static double enumerate(const graph *g, double *mean)
{
    double z = 0;

    memset(mean, 0, (size_t)(g->n_edges + g->n) * sizeof *mean);
    for (int x = 0; x < 1 << g->n; x++) {
        double w = 0;
        for (int64_t e = 0; e < g->n_edges; e++)
            w += g->w[e] * (x >> g->i[e] & 1) * (x >> g->j[e] & 1);
        for (int32_t k = 0; k < g->n; k++)
            w += g->b[k] * (x >> k & 1);
        w = exp(w);
        z += w;
        for (int64_t e = 0; e < g->n_edges; e++)
            mean[e] += w * (x >> g->i[e] & 1) * (x >> g->j[e] & 1);
        for (int32_t k = 0; k < g->n; k++)
            mean[g->n_edges + k] += w * (x >> k & 1);
    }
    for (int64_t a = 0; a < g->n_edges + g->n; a++)
        mean[a] /= z;
    return log(z);
}

static void sums_by_covers_are_those_of_all_states(void **state)
{
    (void)state;
    static const double terms[N_GRAPHS] = {10, 16 * 6, 16 * 6, 32 * 2, 32 * 5, 3 + 4 * 2 + 2 * 4};
    enum { DRAWS = 20000 };
    heat_context *ctx = test_context();

    for (int which = 0; which < N_GRAPHS; which++) {
        graph g = make_graph(which, 1.5);
        double expected[MOST_EDGES + MOST_UNITS], mean[MOST_EDGES + MOST_UNITS], drawn[MOST_UNITS] = {0};
        double pairs[MOST_EDGES] = {0}, log_z = enumerate(&g, expected);
        heat_hidden_posterior h;
        heat_stream stream;
        assert_ok(ctx, heat_hidden_posterior_open(ctx, g.n, g.n_edges, g.i, g.j, &h));
        assert_true(h.terms <= terms[which]);
        assert_close(heat_hidden_posterior_sum(&h, g.w, g.b), log_z, 1e-12);
        heat_stream_init(&stream, test_seed(), HEAT_PURPOSE_TEST, 100 + (uint64_t)which);
        for (int d = 0; d < DRAWS; d++) {
            int8_t x[MOST_UNITS];
            heat_hidden_posterior_draw(&h, &stream, x);
            for (int32_t k = 0; k < g.n; k++)
                drawn[k] += x[k] / (double)DRAWS;
            for (int64_t e = 0; e < g.n_edges; e++)
                pairs[e] += x[g.i[e]] * x[g.j[e]] / (double)DRAWS;
        }
        heat_hidden_posterior_mean(&h, mean);
        for (int64_t a = 0; a < g.n_edges + g.n; a++) {
            double m = expected[a], of_draws = a < g.n_edges ? pairs[a] : drawn[a - g.n_edges];
            assert_close(mean[a], m, 1e-13);
            assert_close(of_draws, m, 5 * sqrt(m * (1 - m) / DRAWS) + 1e-9);
        }
        heat_hidden_posterior_close(&h);
    }
    heat_context_free(ctx);
}

/* Many factors do not overflow, and large fields are not lost. */
static void many_units_are_summed(void **state)
{
    (void)state;
    enum { N = 1300 };
    heat_context *ctx = test_context();
    double b[N], expected = 0;
    heat_hidden_posterior h;

    for (int k = 0; k < N; k++) {
        b[k] = k % 3 == 0 ? 0.001 * k : k % 3 == 1 ? -800 : 2000;
        expected += b[k] > 700 ? b[k] : log1p(exp(b[k]));
    }
    assert_ok(ctx, heat_hidden_posterior_open(ctx, N, 0, NULL, NULL, &h));
    assert_close(heat_hidden_posterior_sum(&h, NULL, b) / expected, 1, 1e-14);
    heat_hidden_posterior_close(&h);
    heat_context_free(ctx);
}

/* What is left without the units that are drawn is within the terms allowed, and nothing is drawn in vain. */
static void drawn_units_leave_what_can_be_summed(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    for (int which = 0; which < N_GRAPHS; which++) {
        graph g = make_graph(which, 1);
        int64_t outer[MOST_UNITS] = {0};
        bool is_drawn[MOST_UNITS];
        for (int32_t k = 0; k < g.n; k++)
            outer[k] = which == LAYERS ? k < 5 : which == THREE_LAYERS ? k < 2 : 1;
        assert_ok(ctx, heat_hidden_choose_drawn(ctx, g.n, g.n_edges, g.i, g.j, outer, 1 << 16, is_drawn));
        for (int32_t k = 0; k < g.n; k++)
            assert_false(is_drawn[k]);
        assert_ok(ctx, heat_hidden_choose_drawn(ctx, g.n, g.n_edges, g.i, g.j, outer, 12, is_drawn));
        for (int64_t e = 0; e < g.n_edges && which != PARTS; e++)
            assert_true(is_drawn[g.i[e]] || is_drawn[g.j[e]]);
        for (int32_t k = 0; k < g.n && which == LAYERS; k++)
            assert_true(is_drawn[k] == (k >= 5)); /* the layer that no visible unit is next to */
        for (int32_t k = 0; k < g.n && which == THREE_LAYERS; k++)
            assert_true(is_drawn[k] == (k >= 2 && k < 6));
        for (int32_t k = 0; k < g.n && which == ALONE; k++)
            assert_false(is_drawn[k]);
    }
    heat_context_free(ctx);
}

/* The bound on graphs whose first units are visible: the hidden graph with fields of one row. */
static void mean_field_bounds_from_below(void **state)
{
    (void)state;
    enum { V = 3, ROWS = 8, N = V + MOST_UNITS };
    heat_context *ctx = test_context();
    double nearest = (double)INFINITY;

    for (int which = 0; which < N_GRAPHS; which++)
        for (int gap = 0; gap < 2; gap++) {
            graph g = make_graph(which, 1);
            int32_t i[MOST_EDGES + V * MOST_UNITS], j[MOST_EDGES + V * MOST_UNITS];
            double w[MOST_EDGES + V * MOST_UNITS], b[N], bound[ROWS], q[ROWS * N],
                mean[MOST_EDGES + MOST_UNITS];
            double weights[2 * ROWS];
            int8_t rows[ROWS * V], missing[ROWS * V] = {0};
            int64_t n_edges = 0;
            heat_unit_graph u;
            heat_mean_field f = {
                .graph = &u, .n_visible = V, .n_rows = ROWS, .stride = V, .rows = rows, .threads = 2};
            heat_stream stream;
            heat_stream_init(&stream, test_seed(), HEAT_PURPOSE_TEST, 200 + (uint64_t)which);
            for (int32_t a = 0; a < V; a++)
                for (int32_t k = 0; k < g.n; k++) {
                    i[n_edges] = a;
                    j[n_edges] = V + k;
                    w[n_edges++] = 0.5 * heat_stream_normal(&stream);
                }
            for (int64_t e = 0; e < g.n_edges; e++, n_edges++) {
                i[n_edges] = V + g.i[e];
                j[n_edges] = V + g.j[e];
                w[n_edges] = g.w[e];
            }
            for (int32_t k = 0; k < V + g.n; k++)
                b[k] = k < V ? 0.3 * k : g.b[k - V];
            for (int r = 0; r < ROWS * V; r++) {
                rows[r] = r / V >> r % V & 1;
                missing[r] = gap && r % V == 1 && r / V < 5;
            }
            f.missing = gap ? missing : NULL;
            assert_ok(ctx, heat_unit_graph_open(ctx, V + g.n, n_edges, i, j, &u));
            heat_unit_graph_set(&u, w, b);
            assert_ok(ctx, heat_mean_field_bound(ctx, &f, bound, q));
            for (int r = 0; r < ROWS; r++) {
                graph at = g;
                weights[r] = 0;
                for (int32_t a = 0; a < V; a++) {
                    weights[r] += b[a] * rows[r * V + a];
                    for (int32_t k = 0; k < g.n; k++)
                        at.b[k] += w[a * g.n + k] * rows[r * V + a];
                }
                weights[r] += enumerate(&at, mean);
                if (which == ALONE && !gap)
                    for (int32_t k = 0; k < g.n; k++)
                        assert_close(q[r * (V + g.n) + V + k], mean[k], 1e-12);
            }
            for (int r = 0; r < ROWS; r++) {
                double exact = weights[r];
                if (gap && r < 5) {
                    double other = weights[r ^ 2], most = fmax(exact, other);
                    exact = most + log(exp(exact - most) + exp(other - most));
                }
                assert_true(bound[r] <= exact + 1e-12);
                assert_true(bound[r] > exact - 1.5);
                if (which == ALONE && !(gap && r < 5))
                    assert_close(bound[r], exact, 1e-11);
                else
                    nearest = fmin(nearest, exact - bound[r]);
            }
            heat_unit_graph_close(&u);
        }
    assert_true(nearest > 1e-5);
    heat_context_free(ctx);
}

/* A learner of bars and stripes whose hidden units are in part drawn. */
static void open_drawn(heat_context *ctx, int64_t hidden, const char *layers, double scale,
                       const heat_learn_input *input, heat_learner *l)
{
    heat_learn_options options;
    heat_stream stream;

    heat_learn_options_init(&options);
    options.hidden = hidden;
    options.layers = layers;
    *l = (heat_learner){.kind = &heat_learn_kind_boltzmann};
    assert_ok(ctx, l->kind->open(ctx, input, &options, l));
    heat_stream_init(&stream, test_seed(), HEAT_PURPOSE_TEST, 300);
    for (int64_t a = 0; a < l->n_parameters; a++)
        l->parameters[a] = scale * heat_stream_normal(&stream);
    l->n_changes++;
}

static const struct {
    int64_t hidden;
    const char *layers;
    int32_t n_drawn;
    double scale;
} machines[] = {{17, NULL, 16, 0.2}, {HEAT_AUTO, "13-13", 13, 0.5}, {HEAT_AUTO, "3-14-14", 14, 0.4}};

/* Rows that are drawn again and again have the means that sums over all hidden units have. */
static void drawn_units_have_the_exact_means(void **state)
{
    (void)state;
    enum { CHAINS = 40000, SWEEPS = 20, V = 4 };
    heat_context *ctx = test_context();
    heat_data *data;
    heat_learn_input input = {.size = sizeof input};

    assert_ok(ctx, heat_data_load(ctx, "bars-and-stripes:2x2", NULL, &data));
    input.data = data;
    for (size_t m = 0; m < sizeof machines / sizeof *machines; m++) {
        static const int8_t row[V] = {1, 0, 1, 1};
        heat_learn_options options;
        heat_boltzmann_pairs pairs;
        heat_hidden_posterior h;
        heat_learner l;
        heat_model *model;
        heat_negative negative = {.seed = test_seed(), .n_updates = 7, .threads = 2, .isa = "auto"};
        int8_t *rows, all[V + 40];
        int32_t p[1000], q[1000];
        double *sum, w[1000], fields[40], mean[1040], bound, energy[2];
        int64_t n_inner = 0;
        double log_weight;
        open_drawn(ctx, machines[m].hidden, machines[m].layers, machines[m].scale, &input, &l);
        assert_int_equal(l.n_drawn, machines[m].n_drawn);
        heat_learn_options_init(&options); /* the same machine with nothing drawn */
        options.hidden = machines[m].hidden;
        options.layers = machines[m].layers;
        assert_ok(ctx, heat_boltzmann_pairs_list(ctx, NULL, &options, V, 1e18, &pairs));
        assert_int_equal(pairs.n_drawn, 0);
        assert_ok(ctx, l.kind->make_model(ctx, &l, &model));
        /* the energies of states with one or two units on tell the fields and couplings given the row */
        memset(all, 0, sizeof all);
        memcpy(all, row, V);
        assert_ok(ctx, heat_model_get_energy(ctx, model, 1, all, &energy[0]));
        for (int32_t k = 0; k < pairs.n_hidden; k++) {
            all[V + k] = 1;
            assert_ok(ctx, heat_model_get_energy(ctx, model, 1, all, &energy[1]));
            fields[k] = energy[0] - energy[1];
            all[V + k] = 0;
        }
        for (int64_t e = 0; e < pairs.n_edges; e++) {
            int32_t a = pairs.i[e] - V, b = pairs.j[e] - V;
            if (a < 0 || b < 0)
                continue;
            all[V + a] = all[V + b] = 1;
            assert_ok(ctx, heat_model_get_energy(ctx, model, 1, all, &energy[1]));
            all[V + a] = all[V + b] = 0;
            p[n_inner] = a;
            q[n_inner] = b;
            w[n_inner++] = energy[0] - energy[1] - fields[a] - fields[b];
        }
        assert_ok(ctx, heat_hidden_posterior_open(ctx, pairs.n_hidden, n_inner, p, q, &h));
        log_weight = heat_hidden_posterior_sum(&h, w, fields) - energy[0];
        heat_hidden_posterior_mean(&h, mean);
        rows = calloc((size_t)CHAINS, (size_t)l.n_visible);
        sum = calloc((size_t)l.n_visible, sizeof *sum);
        assert_true(rows != NULL && sum != NULL);
        for (int c = 0; c < CHAINS; c++)
            memcpy(rows + c * l.n_visible, row, V);
        assert_ok(ctx, l.kind->refresh(ctx, &negative, SWEEPS, &l, CHAINS, rows, NULL));
        for (int c = 0; c < CHAINS; c++) {
            assert_memory_equal(rows + c * l.n_visible, row, V);
            for (int32_t k = V; k < l.n_visible; k++)
                sum[k] += rows[c * l.n_visible + k] / (double)CHAINS;
        }
        { /* drawn units stand in the order that the machine has them in */
            bool is_drawn[40];
            int64_t outer[40] = {0};
            int32_t at = V;
            double along = 0, variance = 0;
            for (int64_t e = 0; e < pairs.n_edges; e++)
                if (pairs.i[e] < V && pairs.j[e] >= V)
                    outer[pairs.unit[pairs.j[e]] - V]++;
            assert_ok(ctx, heat_hidden_choose_drawn(ctx, pairs.n_hidden, n_inner, p, q, outer,
                                                    HEAT_MOST_HIDDEN_TERMS, is_drawn));
            for (int32_t k = 0; k < pairs.n_hidden; k++) {
                double exact = mean[n_inner + k];
                if (!is_drawn[k])
                    continue;
                assert_close(sum[at], exact, 4.5 * sqrt(exact * (1 - exact) / CHAINS));
                along += (sum[at++] - exact) * (exact - 0.5);
                variance += exact * (1 - exact) / CHAINS * (exact - 0.5) * (exact - 0.5);
            }
            assert_true(fabs(along) <
                        6 * sqrt(variance)); /* at the right temperature; units are correlated */
            assert_int_equal(at, l.n_visible);
        }
        assert_ok(ctx, l.kind->bound(ctx, &l, 1, rows, NULL, 1, &bound));
        assert_true(bound <= log_weight && bound > log_weight - 3);
        free(rows);
        free(sum);
        heat_hidden_posterior_close(&h);
        heat_boltzmann_pairs_clear(&pairs);
        heat_model_free(model);
        heat_learner_clear(&l);
    }
    heat_data_free(data);
    heat_context_free(ctx);
}

/* Statistics of rows with drawn units are the derivatives of what these weigh. */
static void gradients_with_drawn_units_are_those_of_log_weights(void **state)
{
    (void)state;
    enum { V = 4 };
    const double h = 1e-5;
    heat_context *ctx = test_context();
    heat_data *data;
    heat_learn_input input = {.size = sizeof input};

    assert_ok(ctx, heat_data_load(ctx, "bars-and-stripes:2x2", NULL, &data));
    input.data = data;
    for (size_t m = 0; m < sizeof machines / sizeof *machines; m++) {
        heat_learner l;
        heat_stream stream;
        int8_t row[64];
        double *gradient;
        open_drawn(ctx, machines[m].hidden, machines[m].layers, machines[m].scale, &input, &l);
        gradient = calloc((size_t)l.n_parameters, sizeof *gradient);
        assert_non_null(gradient);
        heat_stream_init(&stream, test_seed(), HEAT_PURPOSE_TEST, 400 + m);
        for (int32_t k = 0; k < l.n_visible; k++)
            row[k] = heat_stream_bits(&stream) & 1;
        l.kind->add_statistics(&l, 1, row, NULL, gradient);
        for (int64_t a = 0; a < l.n_parameters; a++) {
            double at = l.parameters[a], up, down;
            l.n_changes++;
            l.parameters[a] = at + h;
            l.kind->log_weights(&l, 1, row, &up);
            l.parameters[a] = at - h;
            l.kind->log_weights(&l, 1, row, &down);
            l.parameters[a] = at;
            assert_close(gradient[a], (up - down) / (2 * h), 1e-7);
        }
        free(gradient);
        heat_learner_clear(&l);
    }
    heat_data_free(data);
    heat_context_free(ctx);
}

/* What was drawn in an epoch is where the next one begins; what the data tell stays. */
static void drawn_units_are_kept(void **state)
{
    (void)state;
    enum { V = 9, D = 13, W = V + D, ROWS = 14 };
    heat_context *ctx = test_context();
    heat_data *data;
    heat_learn_input input = {.size = sizeof input};
    heat_learn_options options;
    heat_learn_result r;
    int8_t before[ROWS * W];
    const int8_t *after;
    int n_changed = 0;

    assert_ok(ctx, heat_data_load(ctx, "bars-and-stripes:3x3", NULL, &data));
    input.data = data;
    heat_learn_options_init(&options);
    options.epochs = 1;
    options.batch = 5;
    for (int k = 0; k < 2; k++) {
        heat_negative negative = {
            .kind = &heat_negative_pcd, .k = 1, .n_chains = 10, .threads = 1, .seed = 1, .isa = "auto"};
        heat_learner l;
        heat_trainer t = {.learner = &l, .negative = &negative, .opt = &options, .result = &r};
        heat_learn_result_init(&r);
        open_drawn(ctx, HEAT_AUTO, k == 0 ? "14-13" : "3-13-13", 0.1, &input, &l);
        assert_int_equal(l.n_visible, W);
        assert_ok(ctx, heat_learn_rows_load(ctx, data, false, &t.train));
        assert_ok(ctx, heat_learn_rows_prepare(ctx, &l, data, 1, &t.train));
        memcpy(before, t.train.states, sizeof before);
        assert_ok(ctx, negative.kind->open(ctx, &options, &l, &negative));
        assert_ok(ctx, heat_trainer_run(ctx, &t));
        after = t.train.states;
        for (int a = 0; a < ROWS * W; a++) {
            assert_true(a % W >= V || before[a] == after[a]);
            n_changed += before[a] != after[a];
        }
        assert_true(n_changed > ROWS * D / 4 && n_changed < 2 * ROWS * D * 3 / 4);
        heat_negative_close(&negative);
        heat_learn_rows_clear(&t.train);
        heat_learner_clear(&l);
        heat_learn_result_clear(&r);
    }
    heat_data_free(data);
    heat_context_free(ctx);
}

static heat_learn_result learn(heat_context *ctx, int64_t hidden, const char *layers, const heat_data *data,
                               int64_t epochs, int64_t threads, const char *isa)
{
    heat_learn_input input = {.size = sizeof input, .data = data};
    heat_learn_options options;
    heat_learn_result r;

    heat_learn_options_init(&options);
    heat_learn_result_init(&r);
    options.hidden = hidden;
    options.layers = layers;
    options.epochs = epochs;
    options.threads = threads;
    options.isa = isa;
    assert_ok(ctx, heat_learn(ctx, "boltzmann", &input, &options, &r));
    return r;
}

/* 26 hidden units, half of them drawn: the best likelihood that any model has is all but reached. */
static void machines_with_drawn_units_learn(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_data *data;
    heat_data_info info;
    heat_score_options options;
    heat_score_result s;
    heat_learn_result r;
    double best;

    assert_ok(ctx, heat_data_load(ctx, "bars-and-stripes:3x3", NULL, &data));
    heat_data_describe(data, &info);
    assert_int_equal(info.n_rows, 14);
    best = -log(14);
    r = learn(ctx, HEAT_AUTO, "13-13", data, 20000, 2, "auto");
    assert_true(r.is_bounded && isnan(r.train.mean) && !r.exact);
    heat_score_options_init(&options);
    heat_score_result_init(&s);
    assert_ok(ctx, heat_score(ctx, r.model, data, &options, &s));
    print_message("  likelihood %.4f, best %.4f, bound %.4f\n", s.mean_log_likelihood, best,
                  r.train_bound.mean);
    assert_true(s.exact && s.mean_log_likelihood <= best + 1e-9 && s.mean_log_likelihood > best - 0.1);
    assert_true(r.train_bound.mean <= s.mean_log_likelihood + 1e-9);
    assert_true(r.train_bound.mean > s.mean_log_likelihood - 0.5);
    assert_close(r.count.log_z, s.log_z, 1e-8);
    heat_score_result_clear(&s);
    heat_learn_result_clear(&r);
    heat_data_free(data);
    heat_context_free(ctx);
}

static void the_bits_do_not_depend_on_threads_and_instruction_sets(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_data *data;

    assert_ok(ctx, heat_data_load(ctx, "bars-and-stripes:4x4", NULL, &data));
    for (size_t m = 0; m < sizeof machines / sizeof *machines; m++) {
        static const struct {
            int64_t threads;
            const char *isa;
        } ways[] = {{1, "auto"}, {2, "auto"}, {1, "ref"}};
        double energy[3][2], bound[3];
        for (int way = 0; way < 3; way++) {
            int8_t states[2][16 + 40] = {{1, 0, 1, 1}, {0, 1, 1}};
            heat_learn_result r = learn(ctx, machines[m].hidden, machines[m].layers, data, 40,
                                        ways[way].threads, ways[way].isa);
            for (int k = 0; k < 56; k++)
                states[1][k] = k % 3 == 0;
            assert_ok(ctx, heat_model_get_energy(ctx, r.model, 1, states[0], &energy[way][0]));
            assert_ok(ctx, heat_model_get_energy(ctx, r.model, 1, states[1], &energy[way][1]));
            bound[way] = r.history[r.n_history - 1].train;
            heat_learn_result_clear(&r);
        }
        for (int way = 1; way < 3; way++) {
            assert_memory_equal(energy[way], energy[0], sizeof energy[0]);
            assert_memory_equal(&bound[way], &bound[0], sizeof bound[0]);
        }
    }
    heat_data_free(data);
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_by_covers_are_those_of_all_states),
        cmocka_unit_test(many_units_are_summed),
        cmocka_unit_test(drawn_units_leave_what_can_be_summed),
        cmocka_unit_test(mean_field_bounds_from_below),
        cmocka_unit_test(drawn_units_have_the_exact_means),
        cmocka_unit_test(gradients_with_drawn_units_are_those_of_log_weights),
        cmocka_unit_test(drawn_units_are_kept),
        cmocka_unit_test(machines_with_drawn_units_learn),
        cmocka_unit_test(the_bits_do_not_depend_on_threads_and_instruction_sets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
