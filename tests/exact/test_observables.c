/* Order parameters, overlaps and the correlation length against enumeration. Draws of the exact engine are
 * independent, seeds are fixed: what is off by more than 4.5 of its errors is wrong. What is averaged is also
 * computed anew from the kept states, to rounding. */
#include "base/memory.h"
#include "model/views.h"
#include "random/stream.h"
#include "sample/recorder.h"
#include "sample/sample_histogram.h"
#include "support.h"

#include <heatbath/sample.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_STATES = 65536, MOST_BINS = 64 };

static void assert_meets(const heat_sample_result *r, const char *name, double exact)
{
    const heat_observable *o = test_observable(&r->temperatures[0], name);

    print_message("  %s: %.5f +- %.5f, exact %.5f\n", name, o->mean, o->error, exact);
    assert_true(o->error > 0 && o->error < 0.1 * fabs(exact) + 0.05);
    assert_close(o->mean, exact, 4.5 * o->error);
}

static void index_to_row(const heat_model_info *info, int64_t x, int8_t *row)
{
    for (int32_t i = 0; i < info->n_variables; i++, x /= info->n_states)
        row[i] = (int8_t)(info->coding == HEAT_CODING_SPIN ? 2 * (x % 2) - 1 : x % info->n_states);
}

/* Probability of every state; returns how many there are. */
static int64_t enumerate(heat_context *ctx, const heat_model *model, double temperature, int8_t *rows,
                         double *p)
{
    heat_model_info info;
    int64_t count;
    double sum = 0;

    heat_model_describe(model, &info);
    count = (int64_t)(pow(info.n_states, info.n_variables) + 0.5);
    assert_true(count <= MOST_STATES);
    for (int64_t x = 0; x < count; x++)
        index_to_row(&info, x, rows + x * info.n_variables);
    assert_ok(ctx, heat_model_get_energy(ctx, model, count, rows, p));
    for (int64_t x = 0; x < count; x++)
        sum += p[x] = exp(-p[x] / temperature);
    for (int64_t x = 0; x < count; x++)
        p[x] /= sum;
    return count;
}

static heat_sample_result run(heat_context *ctx, const heat_model *model, const char *engine,
                              double temperature, const char *observables, const char *histogram)
{
    heat_sample_options opt;
    heat_sample_result r = {0};

    heat_sample_options_init(&opt);
    opt.engine = engine;
    opt.temperature = temperature;
    opt.sweeps = 5000;
    opt.observables = observables;
    opt.histogram = histogram;
    opt.keep_states = true;
    opt.threads = 1;
    assert_ok(ctx, heat_sample(ctx, model, &opt, &r));
    assert_int_equal(r.outcome, HEAT_OUTCOME_CONVERGED);
    return r;
}

/* --- overlaps of two replicas --- */

static double overlap(int32_t n, const int8_t *a, const int8_t *b)
{
    int sum = 0;

    for (int32_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum / (double)n;
}

static double link_overlap(const heat_pairwise *g, const int8_t *a, const int8_t *b)
{
    int sum = 0, edges = 0;

    for (int32_t i = 0; i < g->n; i++)
        for (int64_t k = g->row[i]; k < g->row[i + 1]; k++)
            if (g->col[k] > i) {
                sum += a[i] * a[g->col[k]] * b[i] * b[g->col[k]];
                edges++;
            }
    return sum / (double)edges;
}

typedef struct pairs {
    double q, size, q2, q4, link;
    double share[MOST_BINS]; /* of q = 2 k / n - 1 */
} pairs;

static void add_pair(const heat_pairwise *g, const int8_t *a, const int8_t *b, double weight, pairs *m)
{
    double q = overlap(g->n, a, b);

    m->q += weight * q;
    m->size += weight * fabs(q);
    m->q2 += weight * q * q;
    m->q4 += weight * q * q * q * q;
    m->link += weight * link_overlap(g, a, b);
    m->share[(int)((q + 1) * g->n / 2 + 0.5)] += weight;
}

static pairs exact_pairs(heat_context *ctx, const heat_model *model, const heat_pairwise *g,
                         double temperature)
{
    static int8_t rows[512 * 9];
    static double p[512];
    int64_t count = enumerate(ctx, model, temperature, rows, p);
    pairs m = {0};

    for (int64_t x = 0; x < count; x++)
        for (int64_t y = 0; y < count; y++)
            add_pair(g, rows + x * g->n, rows + y * g->n, p[x] * p[y], &m);
    return m;
}

static pairs kept_pairs(const heat_pairwise *g, const heat_sample_result *r)
{
    pairs m = {0};

    for (int64_t chain = 0; chain < r->n_chains; chain += 2)
        for (int64_t t = 0; t < r->n_draws; t++)
            add_pair(g, r->states + (chain * r->n_draws + t) * g->n,
                     r->states + ((chain + 1) * r->n_draws + t) * g->n,
                     2 / ((double)r->n_chains * (double)r->n_draws), &m);
    return m;
}

/* P(q): every value in the bin that holds it, its error that of independent draws or somewhat more. */
static void check_histogram(const heat_sample_histogram *h, int32_t n, double draws, const pairs *exact)
{
    for (int32_t b = 0; b < h->n_bins; b++) {
        double p = 0;
        for (int k = 0; k <= n; k++)
            if (2.0 * k / n - 1 > h->edges[b] && 2.0 * k / n - 1 < h->edges[b + 1])
                p += exact->share[k];
        assert_close(h->p[b], p, 4.5 * fmax(h->error[b], sqrt(p * (1 - p) / draws)) + 1e-12);
        if (p > 0.02)
            assert_true(h->error[b] > 0.6 * sqrt(p * (1 - p) / draws) &&
                        h->error[b] < 1.7 * sqrt(p * (1 - p) / draws));
    }
}

static void overlaps_meet_enumerated_pairs(void **state)
{
    (void)state;
    static const char *const specs[] = {"ea:3x3,J=gauss,seed=4", "ea:3x3,seed=2,h=0.3"};
    heat_context *ctx = test_context();

    for (int s = 0; s < 2; s++) {
        heat_model *model;
        heat_pairwise g;
        heat_sample_result r;
        pairs exact, kept;
        assert_ok(ctx, heat_model_load(ctx, specs[s], &model));
        assert_true(heat_model_get_pairwise(model, &g));
        exact = exact_pairs(ctx, model, &g, 1.3);
        r = run(ctx, model, "exact", 1.3, "overlap,link-overlap", "overlap");
        kept = kept_pairs(&g, &r);
        if (s == 1)
            assert_meets(&r, "overlap", exact.q);
        assert_meets(&r, "abs_overlap", exact.size);
        assert_meets(&r, "overlap_squared", exact.q2);
        assert_meets(&r, "overlap_fourth", exact.q4);
        assert_meets(&r, "overlap_binder", 1 - exact.q4 / (3 * exact.q2 * exact.q2));
        assert_meets(&r, "link_overlap", exact.link);
        assert_meets(&r, "domain_wall", (1 - exact.link) / 2);
        assert_close(test_observable(&r.temperatures[0], "overlap")->mean, kept.q, 1e-12);
        assert_close(test_observable(&r.temperatures[0], "overlap_fourth")->mean, kept.q4, 1e-12);
        assert_close(test_observable(&r.temperatures[0], "link_overlap")->mean, kept.link, 1e-12);
        check_histogram(&r.temperatures[0].histograms[0], g.n, 2.0 * (double)r.n_draws, &exact);
        heat_sample_result_clear(&r);
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

/* --- order of one replica --- */

/* |sum_j s_j exp(2 pi i x_j / L)|^2 / n along one axis of a rows x columns lattice. */
static double mode(int rows, int columns, bool along_columns, const int8_t *s)
{
    double re = 0, im = 0;

    for (int k = 0; k < rows * columns; k++) {
        double angle = 6.283185307179586 *
                       (along_columns ? (double)(k % columns) / columns : (double)(k / columns) / rows);
        re += s[k] * cos(angle);
        im += s[k] * sin(angle);
    }
    return (re * re + im * im) / (rows * columns);
}

static void check_length(heat_context *ctx, const char *spec, int rows, int columns, double temperature)
{
    static int8_t states[MOST_STATES * 16];
    static double p[MOST_STATES];
    int n = rows * columns;
    double chi_k = 0, chi_0 = 0, size = 0;
    heat_model *model;
    heat_sample_result r;
    int64_t count;

    assert_ok(ctx, heat_model_load(ctx, spec, &model));
    count = enumerate(ctx, model, temperature, states, p);
    for (int64_t x = 0; x < count; x++) {
        const int8_t *s = states + x * n;
        double m = 0, k = mode(rows, columns, false, s);
        for (int i = 0; i < n; i++)
            m += s[i];
        chi_k += p[x] * (rows == columns ? (k + mode(rows, columns, true, s)) / 2 : k);
        chi_0 += p[x] * m * m / n;
        size += p[x] * fabs(m);
    }
    r = run(ctx, model, "exact", temperature, "correlation-length", NULL);
    assert_meets(&r, "structure_factor", chi_k);
    assert_meets(&r, "correlation_length", sqrt(chi_0 / chi_k - 1) / (2 * sin(3.141592653589793 / rows)));
    assert_meets(&r, "susceptibility", (chi_0 - size * size / n) / temperature);
    heat_sample_result_clear(&r);
    heat_model_free(model);
}

static void the_correlation_length_meets_enumeration(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    check_length(ctx, "lattice:4x4", 4, 4, 3.5);
    check_length(ctx, "lattice:3x5", 3, 5, 3);
    check_length(ctx, "ea:4x4,J=gauss:0.3,h=0.2,seed=3", 4, 4, 1);
    heat_context_free(ctx);
}

/* (q max_a n_a - n) / (n (q - 1)) */
static double potts_order(int32_t q, int32_t n, const int8_t *s)
{
    int count[8] = {0}, most = 0;

    for (int32_t i = 0; i < n; i++)
        most = ++count[s[i]] > most ? count[s[i]] : most;
    return (double)(q * most - n) / (n * (q - 1));
}

/* q / (q - 1) sum_a |sum_j delta(s_j, a) exp(i k x_j)|^2 / n along the first axis, k = 2 pi `turns` / rows */
static double potts_mode(int32_t q, int rows, int columns, int turns, const int8_t *s)
{
    double sum = 0;

    for (int32_t a = 0; a < q; a++) {
        double real = 0, imaginary = 0;
        for (int i = 0; i < rows * columns; i++) {
            double angle = 6.283185307179586 * turns * (i / columns) / rows;
            real += s[i] == a ? cos(angle) : 0;
            imaginary += s[i] == a ? sin(angle) : 0;
        }
        sum += real * real + imaginary * imaginary;
    }
    return (sum * q - (turns == 0 ? pow(rows * columns, 2) : 0)) / ((q - 1) * rows * columns);
}

static void check_potts_moments(heat_context *ctx, const char *spec, int32_t q)
{
    static int8_t rows[MOST_STATES * 8];
    static double p[MOST_STATES];
    double second = 0, fourth = 0, chi_0 = 0, chi_k = 0;
    heat_model *model;
    heat_sample_result r;
    int64_t count;

    assert_ok(ctx, heat_model_load(ctx, spec, &model));
    count = enumerate(ctx, model, 1.4, rows, p);
    for (int64_t x = 0; x < count; x++) {
        double m = potts_order(q, 8, rows + 8 * x);
        second += p[x] * m * m;
        fourth += p[x] * m * m * m * m;
        chi_0 += p[x] * potts_mode(q, 2, 4, 0, rows + 8 * x);
        chi_k += p[x] * potts_mode(q, 2, 4, 1, rows + 8 * x);
    }
    r = run(ctx, model, "swendsen-wang", 1.4, "correlation-length", NULL);
    assert_meets(&r, "order_parameter_squared", second);
    assert_meets(&r, "order_parameter_fourth", fourth);
    assert_meets(&r, "order_binder", 1 - fourth / (3 * second * second));
    assert_meets(&r, "structure_factor", chi_k);
    assert_meets(&r, "structure_factor_zero", chi_0);
    assert_meets(&r, "correlation_length", sqrt(chi_0 / chi_k - 1) / (2 * sin(3.141592653589793 / 2)));
    heat_sample_result_clear(&r);
    heat_model_free(model);
}

static void moments_and_lengths_of_potts_models_meet_enumeration(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    check_potts_moments(ctx, "potts:2x4,q=2", 2);
    check_potts_moments(ctx, "potts:2x4,q=3", 3);
    heat_context_free(ctx);
}

static void the_order_of_potts_models_meets_enumeration(void **state)
{
    (void)state;
    static int8_t rows[MOST_STATES * 8];
    static double p[MOST_STATES];
    heat_context *ctx = test_context();
    heat_model *model;
    heat_sample_result r;
    double first = 0, second = 0, energy = 0, kept = 0;
    int64_t count;

    assert_ok(ctx, heat_model_load(ctx, "potts:2x4,q=3", &model));
    count = enumerate(ctx, model, 1.4, rows, p);
    for (int64_t x = 0; x < count; x++) {
        double m = potts_order(3, 8, rows + 8 * x), e;
        assert_ok(ctx, heat_model_get_energy(ctx, model, 1, rows + 8 * x, &e));
        first += p[x] * m;
        second += p[x] * m * m;
        energy += p[x] * e;
    }
    r = run(ctx, model, "swendsen-wang", 1.4, NULL, NULL);
    assert_meets(&r, "energy", energy);
    assert_meets(&r, "order_parameter", first);
    assert_meets(&r, "order_susceptibility", (second - first * first) * 8 / 1.4);
    assert_int_equal(r.temperatures[0].discarded % 5, 0);
    for (int64_t chain = 0; chain < r.n_chains; chain++)
        for (int64_t t = r.temperatures[0].discarded; t < r.n_draws; t++)
            kept += potts_order(3, 8, r.states + 8 * (chain * r.n_draws + t)) /
                    (double)(r.n_chains * (r.n_draws - r.temperatures[0].discarded));
    assert_close(test_observable(&r.temperatures[0], "order_parameter")->mean, kept, 1e-12);
    heat_sample_result_clear(&r);
    heat_model_free(model);
    heat_context_free(ctx);
}

/* --- errors of chains that trade states --- */

/* Pairs share a slow part s, and what one gains, u, the other loses: their means are those of s, whose error
 * is sd(s) sqrt(tau / draws of the pairs). Taken as independent the four chains would claim 1 / sqrt 2 of it.
 */
static void chains_that_trade_states_are_one(void **state)
{
    (void)state;
    enum { CHAINS = 4, SWEEPS = 40000 };
    static double x[CHAINS * SWEEPS];
    const double phi = 0.9, error = sqrt((1 + phi) / (1 - phi) / (CHAINS / 2 * SWEEPS));
    heat_context *ctx = test_context();
    heat_model_info info = {.n_variables = 1, .n_states = 3, .coding = HEAT_CODING_INDEX};
    heat_series series = {.info = &info,
                          .n_chains = CHAINS,
                          .n_sweeps = SWEEPS,
                          .stride = SWEEPS,
                          .temperature = 1,
                          .threads = 1};

    series.values[HEAT_SERIES_ENERGY] = x;
    for (int pair = 0; pair < CHAINS / 2; pair++) {
        heat_stream stream;
        double s;
        heat_stream_init(&stream, 5, HEAT_PURPOSE_TEST, (uint64_t)pair);
        s = heat_stream_normal(&stream);
        for (int t = 0; t < SWEEPS; t++) {
            double u = 0.3 * heat_stream_normal(&stream);
            s = phi * s + sqrt(1 - phi * phi) * heat_stream_normal(&stream);
            x[2 * pair * SWEEPS + t] = s + u;
            x[(2 * pair + 1) * SWEEPS + t] = s - u;
        }
    }
    for (int together = 0; together < 2; together++) {
        heat_observable *rows;
        const heat_observable *culprit;
        const char *failing;
        int32_t n;
        series.together = 1 + together;
        assert_ok(ctx, heat_observables_get(ctx, &series, &n, &rows, &failing, &culprit));
        print_message("  %s: error %.5f, true %.5f\n", together ? "in pairs" : "alone", rows[0].error, error);
        assert_null(failing);
        assert_close(rows[0].error, together ? error : error / sqrt(2), 0.1 * error);
        assert_close(rows[0].tau * rows[0].sd * rows[0].sd / (CHAINS * SWEEPS), rows[0].error * rows[0].error,
                     1e-3 * error * error);
        heat_free(rows);
    }
    heat_context_free(ctx);
}

/* --- coordinates --- */

enum { RUNS = 4, LENGTH = 500 };

/* Independent draws: coordinate i is 10 i on the average, give or take i + 1; the energy is x. */
static void record_draws(heat_recorder *r)
{
    heat_stream stream;

    heat_stream_init(&stream, test_seed(), HEAT_PURPOSE_TEST, 0);
    for (int64_t chain = 0; chain < RUNS; chain++)
        for (int64_t t = 0; t < LENGTH; t++) {
            double x[3], values[HEAT_N_SERIES] = {0};
            for (int i = 0; i < 3; i++)
                x[i] = 10 * i + (i + 1) * heat_stream_normal(&stream);
            values[HEAT_SERIES_ENERGY] = x[0];
            heat_recorder_add(r, chain, t, x, values);
        }
}

static double mean_of(const double *x)
{
    double sum = 0;

    for (int k = 0; k < RUNS * LENGTH; k++)
        sum += x[k] / (RUNS * LENGTH);
    return sum;
}

/* Of a model that is gone by then. */
static void coordinates_are_observables_by_their_names(void **state)
{
    (void)state;
    static const char file[] = "4,0,0\n0,4,0\n0,0,4\n", *const names[] = {"energy", "x", "y", "z"};
    heat_context *ctx = test_context();
    heat_recorder_plan plan = {.n_chains = RUNS, .n_sweeps = LENGTH, .thin = 1};
    heat_series series = {.info = &plan.scalars.info, .n_chains = RUNS, .n_sweeps = LENGTH, .stride = LENGTH};
    heat_sample_temperature t = {0};
    heat_recorder r;
    const heat_observable *culprit;
    const char *failing;
    char spec[1024];
    heat_model *model;

    snprintf(spec, sizeof spec, "gaussian:%s", test_file(".csv", file, sizeof file - 1));
    assert_ok(ctx, heat_model_load(ctx, spec, &model));
    heat_scalars_init(model, &plan.scalars);
    assert_true(heat_scalars_need_state(&plan.scalars) &&
                heat_scalars_have_coordinate(&plan.scalars, "y", 1));
    assert_ok(ctx, heat_histogram_plan(ctx, "z,energy", &plan.scalars));
    assert_int_equal(heat_histogram_plan(ctx, "overlap", &plan.scalars), HEAT_ERROR_OPTION);
    assert_ok(ctx, heat_recorder_init(ctx, &r, &plan));
    record_draws(&r);
    series.values[HEAT_SERIES_ENERGY] = r.series[HEAT_SERIES_ENERGY];
    series.model = model;
    series.n_coordinates = r.n_coordinates;
    series.coordinates = r.coordinates;
    series.apart = RUNS * LENGTH;
    series.temperature = 1;
    series.threads = 1;
    assert_ok(ctx, heat_observables_get(ctx, &series, &t.n_observables, &t.observables, &failing, &culprit));
    assert_ok(ctx, heat_histograms_get(ctx, "z,energy", &series, &t));
    heat_model_free(model);
    assert_null(failing);
    assert_int_equal(t.n_observables, 5); /* and the heat capacity */
    for (int k = 0; k < 4; k++) {
        assert_string_equal(t.observables[k].name, names[k]);
        assert_close(t.observables[k].mean,
                     mean_of(k == 0 ? r.series[HEAT_SERIES_ENERGY] : r.coordinates + (k - 1) * series.apart),
                     1e-12);
        assert_close(t.observables[k].mean, k == 0 ? 0 : 10 * (k - 1), 5 * t.observables[k].error);
        assert_close(t.observables[k].sd, k == 0 ? 1 : k, 0.1 * (k + 1));
    }
    assert_int_equal(t.n_histograms, 2);
    assert_string_equal(t.histograms[0].name, "z");
    assert_true(t.histograms[0].edges[0] > 0 && t.histograms[0].edges[t.histograms[0].n_bins] > 25);
    heat_free(t.observables);
    heat_histograms_clear(&t);
    heat_recorder_clear(&r);
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(overlaps_meet_enumerated_pairs),
        cmocka_unit_test(the_correlation_length_meets_enumeration),
        cmocka_unit_test(chains_that_trade_states_are_one),
        cmocka_unit_test(coordinates_are_observables_by_their_names),
        cmocka_unit_test(the_order_of_potts_models_meets_enumeration),
        cmocka_unit_test(moments_and_lengths_of_potts_models_meet_enumeration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
