/* Elimination over variables of q values against a sum over all states written naively, against the bits of
 * spins, and against the table of Potts models. */
#include "exact/elimination.h"
#include "exact/enumeration.h"
#include "exact/exact_choice.h"
#include "random/stream.h"
#include "support.h"

#include <heatbath/heatbath.h>
#include <math.h>
#include <string.h>

enum { MOST_N = 7, MOST_Q = 5, MOST_EDGES = 24 };

/* A random graph with tables or plain couplings, with a field or none. */
typedef struct instance {
    int32_t i[MOST_EDGES], j[MOST_EDGES];
    double couplings[MOST_EDGES], tables[MOST_EDGES * MOST_Q * MOST_Q], fields[MOST_N * MOST_Q];
    heat_potts potts;
} instance;

static void make(instance *in, heat_stream *r, double scale)
{
    int32_t n = 1 + (int32_t)heat_stream_below(r, MOST_N);
    double density = heat_stream_uniform(r);

    heat_potts_init(&in->potts);
    in->potts.n_variables = n;
    in->potts.n_states = 2 + (int32_t)heat_stream_below(r, MOST_Q - 1);
    for (int32_t i = 0; i < n; i++)
        for (int32_t j = 0; j < i; j++)
            if (heat_stream_uniform(r) < density) {
                bool turned = heat_stream_below(r, 2) == 0;
                in->i[in->potts.n_edges] = turned ? j : i;
                in->j[in->potts.n_edges++] = turned ? i : j;
            }
    for (int k = 0; k < MOST_EDGES; k++)
        in->couplings[k] = scale * heat_stream_normal(r);
    for (int k = 0; k < MOST_EDGES * MOST_Q * MOST_Q; k++)
        in->tables[k] = scale * heat_stream_normal(r);
    for (int k = 0; k < MOST_N * MOST_Q; k++)
        in->fields[k] = scale * heat_stream_normal(r);
    in->potts.i = in->i;
    in->potts.j = in->j;
    in->potts.n_tables = in->potts.n_edges;
    if (heat_stream_below(r, 2) == 0) {
        in->potts.couplings = in->couplings;
        in->potts.n_tables = 0;
    } else {
        in->potts.tables = in->tables;
    }
    in->potts.fields = heat_stream_below(r, 2) == 0 ? in->fields : NULL;
    in->potts.offset = heat_stream_normal(r);
}

static double energy_of(const heat_potts *p, const int8_t *a)
{
    int64_t q = p->n_states;
    double energy = p->offset;

    for (int64_t e = 0; e < p->n_edges; e++)
        energy -= p->couplings != NULL ? (a[p->i[e]] == a[p->j[e]] ? p->couplings[e] : 0)
                                       : p->tables[(e * q + a[p->i[e]]) * q + a[p->j[e]]];
    for (int32_t i = 0; i < p->n_variables && p->fields != NULL; i++)
        energy -= p->fields[i * q + a[i]];
    return energy;
}

/* What all states say. */
typedef struct answer {
    double log_z, mean_energy, minimum;
    double value_p[MOST_N * MOST_Q], pair_p[MOST_N * MOST_N * MOST_Q * MOST_Q]; /* [i][j][a][b] */
} answer;

static void step(const heat_potts *p, int8_t *a)
{
    for (int32_t i = 0; i < p->n_variables; i++) {
        a[i] = (int8_t)(a[i] + 1 < p->n_states ? a[i] + 1 : 0);
        if (a[i] != 0)
            return;
    }
}

static void sum_all(const heat_potts *p, double beta, answer *x)
{
    int64_t n = p->n_variables, q = p->n_states, states = 1;
    int8_t a[MOST_N] = {0};
    double z = 0;

    memset(x, 0, sizeof *x);
    x->minimum = (double)INFINITY;
    for (int64_t i = 0; i < n; i++)
        states *= q;
    for (int64_t k = 0; k < states; k++, step(p, a))
        x->minimum = fmin(x->minimum, energy_of(p, a));
    for (int64_t k = 0; k < states; k++, step(p, a)) {
        double energy = energy_of(p, a), w = exp(-beta * (energy - x->minimum));
        z += w;
        x->mean_energy += w * energy;
        for (int64_t i = 0; i < n; i++) {
            x->value_p[i * q + a[i]] += w;
            for (int64_t j = 0; j < n; j++)
                x->pair_p[((i * n + j) * q + a[i]) * q + a[j]] += w;
        }
    }
    x->log_z = log(z) - beta * x->minimum;
    x->mean_energy /= z;
    for (int64_t k = 0; k < n * q; k++)
        x->value_p[k] /= z;
    for (int64_t k = 0; k < n * n * q * q; k++)
        x->pair_p[k] /= z;
}

/* A model and its plan. */
typedef struct planned {
    heat_model *model;
    heat_categorical view;
    heat_elimination *plan;
} planned;

static planned plan_of(heat_context *ctx, const heat_potts *potts)
{
    planned p;

    assert_ok(ctx, heat_model_create_potts(ctx, potts, &p.model));
    assert_true(heat_model_get_categorical(p.model, &p.view));
    return p;
}

static void planned_clear(planned *p)
{
    heat_elimination_free(p->plan);
    heat_model_free(p->model);
}

static void compare(heat_context *ctx, const heat_potts *potts, double beta)
{
    static answer x;
    double value_p[MOST_N * MOST_Q], pair_p[2 * MOST_EDGES * MOST_Q * MOST_Q], minimum, energy;
    heat_elimination_sum sum = {.value_p = value_p, .pair_p = pair_p}, bare = {0};
    heat_enumeration counted = {0};
    int8_t state[MOST_N];
    int64_t q = potts->n_states, n = potts->n_variables;
    planned p = plan_of(ctx, potts);
    double tolerance;

    sum_all(potts, beta, &x);
    tolerance = 1e-11 * (1 + fabs(x.log_z) + beta * fabs(x.minimum));
    assert_ok(ctx, heat_elimination_create_categorical(ctx, &p.view, 20, &p.plan));
    assert_ok(ctx, heat_elimination_run_sum(ctx, p.plan, beta, true, 1, &sum));
    assert_close(sum.log_z, x.log_z, tolerance);
    assert_close(sum.mean_energy, x.mean_energy, 1e-10 * (1 + fabs(x.minimum)));
    for (int64_t k = 0; k < n * q; k++)
        assert_close(value_p[k], x.value_p[k], 1e-11);
    for (int64_t i = 0; i < n; i++)
        for (int64_t e = p.view.row[i]; e < p.view.row[i + 1]; e++)
            for (int64_t k = 0; k < q * q; k++)
                assert_close(pair_p[e * q * q + k], x.pair_p[(i * n + p.view.col[e]) * q * q + k], 1e-11);
    assert_ok(ctx, heat_elimination_run_sum(ctx, p.plan, beta, false, 1, &bare));
    assert_close(bare.log_z, x.log_z, tolerance);
    assert_ok(ctx, heat_elimination_run_minimum(ctx, p.plan, 1, &minimum, state));
    assert_ok(ctx, heat_model_get_energy(ctx, p.model, 1, state, &energy));
    assert_close(minimum, x.minimum, 1e-12 * (1 + fabs(x.minimum)));
    assert_close(energy, x.minimum, 1e-12 * (1 + fabs(x.minimum)));
    assert_ok(ctx, heat_elimination_run_minimum(ctx, p.plan, 1, &minimum, NULL));
    assert_close(minimum, x.minimum, 1e-12 * (1 + fabs(x.minimum)));
    assert_ok(ctx, heat_enumeration_run(ctx, p.model, beta, 1, &counted));
    assert_close(counted.log_z, x.log_z, tolerance);
    assert_close(counted.mean_energy, x.mean_energy, 1e-10 * (1 + fabs(x.minimum)));
    assert_close(counted.minimum, x.minimum, 1e-12 * (1 + fabs(x.minimum)));
    planned_clear(&p);
}

/* Small and large couplings: sums of numbers, and of logarithms. */
static void every_answer_is_that_of_all_states(void **state)
{
    heat_context *ctx = test_context();
    heat_stream r;

    (void)state;
    heat_stream_init(&r, 41, HEAT_PURPOSE_TEST, 0);
    for (int trial = 0; trial < 60; trial++) {
        instance in;
        make(&in, &r, trial % 3 == 2 ? 100 : 1);
        compare(ctx, &in.potts, trial % 5 == 0 ? 0 : 0.2 + heat_stream_uniform(&r));
    }
    heat_context_free(ctx);
}

/* A lattice nx x ny of plain couplings; sites x * ny + y. */
static planned lattice(heat_context *ctx, int32_t nx, int32_t ny, int32_t q, bool periodic,
                       const double *couplings)
{
    static int32_t i[4000], j[4000];
    static double ones[4000];
    heat_potts potts;

    heat_potts_init(&potts);
    potts.n_variables = nx * ny;
    potts.n_states = q;
    for (int32_t x = 0; x < nx; x++)
        for (int32_t y = 0; y < ny; y++) {
            if (x + 1 < nx || periodic) {
                i[potts.n_edges] = x * ny + y;
                j[potts.n_edges++] = (x + 1) % nx * ny + y;
            }
            if (y + 1 < ny || periodic) {
                i[potts.n_edges] = x * ny + y;
                j[potts.n_edges++] = x * ny + (y + 1) % ny;
            }
        }
    for (int64_t e = 0; e < potts.n_edges; e++)
        ones[e] = couplings == NULL ? 1 : couplings[e];
    potts.i = i;
    potts.j = j;
    potts.couplings = ones;
    return plan_of(ctx, &potts);
}

/* With two values, J delta(a, b) = J/2 + J/2 s s'. Tables of more than one unit, and of two threads. */
static void two_values_are_spins(void **state)
{
    heat_context *ctx = test_context();
    static double couplings[4000], halves[4000];
    static int32_t i[4000], j[4000];
    heat_elimination_sum potts = {0}, again = {0}, spins = {0};
    heat_elimination *plan;
    heat_model *ising;
    heat_pairwise graph;
    heat_stream r;
    double half = 0, lowest, lowest_spins;
    int8_t row[17 * 18], row_spins[17 * 18];
    int64_t m = 0;
    planned p;

    (void)state;
    heat_stream_init(&r, 42, HEAT_PURPOSE_TEST, 0);
    for (int e = 0; e < 4000; e++)
        couplings[e] = heat_stream_normal(&r);
    for (int32_t x = 0; x < 18; x++)
        for (int32_t y = 0; y < 17; y++) {
            if (x + 1 < 18) {
                i[m] = x * 17 + y;
                j[m++] = (x + 1) * 17 + y;
            }
            if (y + 1 < 17) {
                i[m] = x * 17 + y;
                j[m++] = x * 17 + y + 1;
            }
        }
    for (int64_t e = 0; e < m; e++) {
        halves[e] = couplings[e] / 2;
        half += couplings[e] / 2;
    }
    p = lattice(ctx, 18, 17, 2, false, couplings);
    assert_ok(ctx, heat_model_create_ising(ctx, 18 * 17, m, i, j, halves, NULL, 0, &ising));
    assert_true(heat_model_get_pairwise(ising, &graph));
    assert_ok(ctx, heat_elimination_create(ctx, &graph, 24, &plan));
    assert_ok(ctx, heat_elimination_create_categorical(ctx, &p.view, 24, &p.plan));
    assert_int_equal(heat_elimination_get_cost(p.plan).width, heat_elimination_get_cost(plan).width);
    assert_close(heat_elimination_get_cost(p.plan).entries, heat_elimination_get_cost(plan).entries, 0);
    assert_ok(ctx, heat_elimination_run_sum(ctx, plan, 1, true, 1, &spins));
    assert_ok(ctx, heat_elimination_run_sum(ctx, p.plan, 1, true, 1, &potts));
    assert_ok(ctx, heat_elimination_run_sum(ctx, p.plan, 1, true, 2, &again));
    assert_close(potts.log_z, spins.log_z + half, 1e-10);
    assert_close(potts.mean_energy, spins.mean_energy - half, 1e-9);
    assert_memory_equal(&potts, &again, sizeof potts);
    assert_ok(ctx, heat_elimination_run_minimum(ctx, plan, 1, &lowest_spins, row_spins));
    assert_ok(ctx, heat_elimination_run_minimum(ctx, p.plan, 2, &lowest, row));
    assert_close(lowest, lowest_spins - half, 1e-10);
    heat_elimination_free(plan);
    heat_model_free(ising);
    planned_clear(&p);
    heat_context_free(ctx);
}

typedef struct row_check {
    heat_context *ctx;
    int compared;
} row_check;

static void check_row(const test_row *row, void *arg)
{
    row_check *c = arg;
    bool chain = strcmp(row->name, "potts1d") == 0, is_z = strcmp(row->quantity, "lnZ") == 0;
    int32_t size = (int32_t)test_parameter(row, chain ? "N" : "L", 0);
    int32_t q = (int32_t)test_parameter(row, "q", 0);
    double temperature = test_parameter(row, "T", 0), per_site;
    heat_elimination_sum sum = {0};
    planned p;

    if (size == 0 || strcmp(row->quantity, "Tc") == 0 || pow(q, chain ? 2 : 2 * size) > 2e6)
        return; /* infinite, or wider than a test's seconds */
    p = chain ? lattice(c->ctx, size, 1, q, false, NULL) : lattice(c->ctx, size, size, q, true, NULL);
    if (chain) { /* closed into a ring */
        static int32_t i[128], j[128];
        static double ones[128];
        heat_potts ring;
        heat_potts_init(&ring);
        ring.n_variables = size;
        ring.n_states = q;
        ring.n_edges = size;
        for (int32_t k = 0; k < size; k++) {
            i[k] = k;
            j[k] = (k + 1) % size;
            ones[k] = 1;
        }
        ring.i = i;
        ring.j = j;
        ring.couplings = ones;
        heat_model_free(p.model);
        p = plan_of(c->ctx, &ring);
    }
    assert_ok(c->ctx, heat_elimination_create_categorical(c->ctx, &p.view, 24, &p.plan));
    assert_ok(c->ctx, heat_elimination_run_sum(c->ctx, p.plan, 1 / temperature, !is_z, 1, &sum));
    per_site = sum.mean_energy / (chain ? size : size * size);
    if (is_z)
        assert_close(sum.log_z, row->value, 0.6 * pow(10, 1 - row->digits) * fabs(row->value) + 2e-12);
    else
        assert_close(per_site, row->value, chain ? 1e-12 : 2e-9);
    c->compared++;
    planned_clear(&p);
}

static void tables_of_potts_models_are_met(void **state)
{
    row_check c = {.ctx = test_context()};

    (void)state;
    test_data("exact/potts.tsv");
    test_each_row("exact/potts.tsv", check_row, &c);
    assert_true(c.compared > 40);
    heat_context_free(c.ctx);
}

/* Frequencies of values and of equal neighbours among independent draws, at a fixed seed. */
static void draws_have_the_distribution(void **state)
{
    enum { DRAWS = 20000, N = 6, Q = 3 };
    heat_context *ctx = test_context();
    static int8_t states[DRAWS * N], more[DRAWS * N];
    static answer x;
    heat_stream r;
    instance in;
    planned p;

    (void)state;
    heat_stream_init(&r, 43, HEAT_PURPOSE_TEST, 0);
    do
        make(&in, &r, 1);
    while (in.potts.n_variables != N || in.potts.n_states != Q || in.potts.n_edges < 8);
    p = plan_of(ctx, &in.potts);
    sum_all(&in.potts, 0.7, &x);
    assert_ok(ctx, heat_elimination_create_categorical(ctx, &p.view, 20, &p.plan));
    assert_ok(ctx, heat_elimination_run_draws(ctx, p.plan, 0.7, 5, 0, DRAWS, 1, states));
    assert_ok(ctx, heat_elimination_run_draws(ctx, p.plan, 0.7, 5, 0, DRAWS, 2, more));
    assert_memory_equal(states, more, sizeof states);
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            for (int a = 0; a < Q; a++)
                for (int b = 0; b < Q; b++) {
                    double expected = x.pair_p[((i * N + j) * Q + a) * Q + b], count = 0;
                    for (int d = 0; d < DRAWS; d++)
                        count += states[d * N + i] == a && states[d * N + j] == b;
                    assert_close(count / DRAWS, expected,
                                 4.5 * sqrt(expected * (1 - expected) / DRAWS) + 1e-9);
                }
    planned_clear(&p);
    heat_context_free(ctx);
}

static void the_choice_prices_values(void **state)
{
    heat_context *ctx = test_context();
    planned narrow = lattice(ctx, 30, 4, 3, false, NULL), wide = lattice(ctx, 30, 30, 5, false, NULL);
    heat_exact_choice choice;

    (void)state;
    narrow.plan = wide.plan = NULL;
    assert_ok(ctx, heat_exact_choose(ctx, narrow.model, (int64_t)1 << 30, true, &choice));
    assert_string_equal(choice.cost.method, "elimination");
    assert_true(choice.cost.affordable && choice.plan != NULL && choice.cost.width <= 5);
    assert_int_equal(choice.cost.width_affordable, 15); /* 3^15 tables of 40 bytes an entry */
    heat_exact_choice_clear(&choice);
    assert_ok(ctx, heat_exact_choose(ctx, wide.model, (int64_t)1 << 30, true, &choice));
    assert_false(choice.cost.affordable);
    assert_true(choice.cost.width_is_bound);
    heat_exact_choice_clear(&choice);
    planned_clear(&narrow);
    planned_clear(&wide);
    heat_context_free(ctx);
}

/* log Z, the proved state and exact draws of a torus of three values, asked for as users do. */
static void the_verbs_take_the_exact_road(void **state)
{
    heat_context *ctx = test_context();
    planned p = lattice(ctx, 4, 4, 3, true, NULL);
    heat_logz_options logz;
    heat_logz_result z = {0};
    heat_ground_options ground;
    heat_ground_result g = {0};
    heat_sample_options sample;
    heat_sample_result s = {0};

    (void)state;
    p.plan = NULL;
    heat_logz_options_init(&logz);
    assert_ok(ctx, heat_logz(ctx, p.model, &logz, &z));
    assert_string_equal(z.method, "elimination");
    assert_close(z.log_z, 34.0346734494091, 1e-11); /* by transfer matrix */
    assert_close(z.rows[0].mean_energy / 16, -1.702420727, 1e-9);
    heat_ground_options_init(&ground);
    ground.method = "exact";
    assert_ok(ctx, heat_ground(ctx, p.model, &ground, &g));
    assert_int_equal(g.outcome, HEAT_OUTCOME_PROVED);
    assert_close(g.energy, -32, 0);
    heat_sample_options_init(&sample);
    sample.engine = "exact";
    sample.sweeps = 5000;
    sample.replicas = 2;
    assert_ok(ctx, heat_sample(ctx, p.model, &sample, &s));
    assert_close(s.temperatures[0].observables[0].mean, z.rows[0].mean_energy,
                 4.5 * s.temperatures[0].observables[0].error);
    heat_sample_result_clear(&s);
    heat_ground_result_clear(&g);
    heat_logz_result_clear(&z);
    planned_clear(&p);
    heat_context_free(ctx);
}

static heat_status all_runs(heat_context *ctx, void *arg)
{
    planned *p = arg;
    heat_elimination *plan;
    heat_elimination_sum sum = {0};
    int8_t states[24];
    double energy;
    heat_status status = heat_elimination_create_categorical(ctx, &p->view, 20, &plan);

    if (status == HEAT_OK)
        status = heat_elimination_run_sum(ctx, plan, 1, true, 1, &sum);
    if (status == HEAT_OK)
        status = heat_elimination_run_minimum(ctx, plan, 1, &energy, states);
    if (status == HEAT_OK)
        status = heat_elimination_run_draws(ctx, plan, 1, 1, 0, 2, 1, states);
    heat_elimination_free(plan);
    return status;
}

static void every_failing_allocation_is_reported(void **state)
{
    heat_context *ctx = test_context();
    planned p = lattice(ctx, 3, 4, 3, false, NULL);

    (void)state;
    p.plan = NULL;
    test_failing_allocations(all_runs, &p);
    planned_clear(&p);
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_answer_is_that_of_all_states),
        cmocka_unit_test(two_values_are_spins),
        cmocka_unit_test(tables_of_potts_models_are_met),
        cmocka_unit_test(draws_have_the_distribution),
        cmocka_unit_test(the_choice_prices_values),
        cmocka_unit_test(the_verbs_take_the_exact_road),
        cmocka_unit_test(every_failing_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
