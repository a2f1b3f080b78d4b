/* Exact roads against the tables of exact values. */
#include "exact/elimination.h"
#include "exact/enumeration.h"
#include "exact/magnetization.h"
#include "pairwise_graphs.h"
#include "support.h"

#include <math.h>

/* Half a unit of the table's last digit, which stands `digits` after the first; a number printed with twelve
 * decimals counts from the point. */
static double table_tolerance(const test_row *row)
{
    double relative = 0.6 * pow(10, 1 - row->digits) * fabs(row->value);

    return fmax(fmax(relative, 1e-13 * fabs(row->value)), 0.6e-12);
}

typedef struct instance {
    heat_context *ctx;
    char name[64];
    heat_model *model;
    test_graph copy; /* with a coupling 0 between spins 0 and 1, so that elimination gives their mean */
    heat_pairwise graph;
    heat_elimination *plan;
    double temperature; /* of the results below; NaN: none yet */
    heat_enumeration counted;
    heat_elimination_sum summed;
    double value_mean[64], spin_mean[64], pair_mean[64 * 64];
    int compared;
} instance;

static void close_instance(instance *in)
{
    heat_elimination_free(in->plan);
    heat_model_free(in->model);
    test_graph_clear(&in->copy);
    in->plan = NULL;
    in->model = NULL;
    in->temperature = (double)NAN;
}

static void open_instance(instance *in, const char *name)
{
    char path[128];

    if (in->model != NULL && strcmp(in->name, name) == 0)
        return;
    close_instance(in);
    snprintf(in->name, sizeof in->name, "%s", name);
    snprintf(path, sizeof path, "exact/instances/%s.ising", name);
    assert_ok(in->ctx, heat_model_load(in->ctx, test_data(path), &in->model));
    assert_true(heat_model_get_pairwise(in->model, &in->graph));
    assert_true(in->graph.n <= 64);
    in->copy = test_graph_begin(in->graph.n);
    test_graph_add(&in->copy, 0, 1, 0);
    for (int32_t i = 0; i < in->graph.n; i++) {
        in->copy.field[i] = in->graph.field[i];
        for (int64_t e = in->graph.row[i]; e < in->graph.row[i + 1]; e++)
            if (in->graph.col[e] > i)
                test_graph_add(&in->copy, i, in->graph.col[e], heat_pairwise_coupling(&in->graph, e));
    }
    in->graph = *test_graph_seal(&in->copy, in->graph.offset, in->graph.exact);
    assert_ok(in->ctx, heat_elimination_create(in->ctx, &in->graph, 24, &in->plan));
}

static void run_both(instance *in, double temperature)
{
    if (in->temperature == temperature)
        return;
    in->temperature = temperature;
    in->counted = (heat_enumeration){.value_mean = in->value_mean};
    in->summed = (heat_elimination_sum){.spin_mean = in->spin_mean, .pair_mean = in->pair_mean};
    assert_ok(in->ctx, heat_enumeration_run(in->ctx, in->model, 1 / temperature, 2, &in->counted));
    assert_ok(in->ctx, heat_elimination_run_sum(in->ctx, in->plan, 1 / temperature, true, 2, &in->summed));
}

/* <s_0 s_1>. */
static double first_pair(const instance *in)
{
    for (int64_t e = in->graph.row[0]; e < in->graph.row[1]; e++)
        if (in->graph.col[e] == 1)
            return in->pair_mean[e];
    fail_msg("%s: spins 0 and 1 are not joined", in->name);
    return 0;
}

static void visit_random(const test_row *row, void *arg)
{
    instance *in = arg;
    double tolerance = table_tolerance(row), temperature = test_parameter(row, "T", 1), energy;

    open_instance(in, row->name);
    run_both(in, temperature);
    in->compared++;
    if (strcmp(row->quantity, "lnZ") == 0) {
        assert_close(in->counted.log_z, row->value, fmax(tolerance, 1e-12 * row->value));
        assert_close(in->summed.log_z, row->value, fmax(tolerance, 1e-12 * row->value));
    } else if (strcmp(row->quantity, "energy") == 0) {
        assert_close(in->counted.mean_energy, row->value, tolerance);
        assert_close(in->summed.mean_energy, row->value, tolerance);
    } else if (strcmp(row->quantity, "heat_capacity") == 0) {
        assert_close(in->counted.energy_variance / temperature / temperature, row->value,
                     1e-10 * fmax(1, row->value));
    } else if (strcmp(row->quantity, "ground_energy") == 0) {
        assert_ok(in->ctx, heat_elimination_run_minimum(in->ctx, in->plan, 1, &energy, NULL));
        assert_close(in->counted.minimum, row->value, tolerance);
        assert_close(energy, row->value, tolerance);
    } else if (strcmp(row->quantity, "ground_degeneracy") == 0) {
        assert_close(in->counted.degeneracy, row->value, 0);
    } else if (strcmp(row->quantity, "mean_s0") == 0) {
        assert_close(in->value_mean[0], row->value, tolerance);
        assert_close(in->spin_mean[0], row->value, tolerance);
    } else if (strcmp(row->quantity, "corr_s0s1") == 0) {
        assert_close(first_pair(in), row->value, tolerance);
    } else {
        in->compared--;
    }
}

static void random_instances_agree_with_their_table(void **state)
{
    instance *in = calloc(1, sizeof *in);

    (void)state;
    in->ctx = test_context();
    in->temperature = (double)NAN;
    test_each_row("exact/random_small.tsv", visit_random, in);
    assert_int_equal(in->compared, 12 + 12 + 5 * 33);
    close_instance(in);
    heat_context_free(in->ctx);
    free(in);
}

/* A ring of n spins, or the complete graph with couplings 1/n, in a field. */
static heat_model *uniform_model(heat_context *ctx, int32_t n, double field, bool complete)
{
    int64_t n_edges = complete ? (int64_t)n * (n - 1) / 2 : n, e = 0;
    int32_t *i = calloc((size_t)n_edges, sizeof *i), *j = calloc((size_t)n_edges, sizeof *j);
    double *couplings = calloc((size_t)n_edges, sizeof *couplings),
           *fields = calloc((size_t)n, sizeof *fields);
    heat_model *model;

    for (int32_t a = 0; a < n; a++) {
        fields[a] = field;
        for (int32_t b = 0; b < (complete ? a : 1); b++, e++) {
            i[e] = a;
            j[e] = complete ? b : (a + 1) % n;
            couplings[e] = complete ? 1.0 / n : 1;
        }
    }
    /* -M^2 / 2n = -1/2 - sum_(i<j) s_i s_j / n */
    assert_ok(ctx,
              heat_model_create_ising(ctx, n, n_edges, i, j, couplings, fields, complete ? -0.5 : 0, &model));
    free(i);
    free(j);
    free(couplings);
    free(fields);
    return model;
}

typedef struct uniform_visit {
    heat_context *ctx;
    bool complete;
    int compared;
} uniform_visit;

/* The number of the row, from a sum over states and the probabilities of k spins up. */
static double number_of(const test_row *row, const heat_pairwise *graph, const heat_elimination_sum *sum,
                        const double *p)
{
    double n = graph->n;
    long double total = strcmp(row->quantity, "m2") == 0 ? n : 0;

    if (strcmp(row->quantity, "lnZ") == 0)
        return sum->log_z;
    if (strcmp(row->quantity, "energy_per_spin") == 0)
        return sum->mean_energy / n;
    if (strcmp(row->quantity, "m2") == 0) {
        for (int64_t e = 0; e < graph->row[graph->n]; e++)
            total += sum->pair_mean[e];
        return (double)(total / (n * n));
    }
    if (strcmp(row->quantity, "magnetization_per_spin") == 0) {
        for (int32_t i = 0; i < graph->n; i++)
            total += sum->spin_mean[i];
        return (double)(total / n);
    }
    for (int32_t k = 0; k <= graph->n; k++)
        total += p[k] * fabs(2 * k - n) / n;
    return (double)total;
}

static double uniform_tolerance(const test_row *row)
{
    return strcmp(row->quantity, "lnZ") == 0 ? 1e-12 * fabs(row->value) : 1e-12;
}

static void visit_uniform(const test_row *row, void *arg)
{
    uniform_visit *visit = arg;
    double n = test_parameter(row, "N", 0), temperature = test_parameter(row, "T", 0), spin[1000], p[1001];
    heat_elimination_sum sum = {.spin_mean = spin};
    heat_elimination *plan = NULL;
    heat_pairwise graph;
    heat_model *model;

    if (!(n > 0 && n <= 1000))
        return;
    model = uniform_model(visit->ctx, (int32_t)n, test_parameter(row, "h", 0), visit->complete);
    assert_true(heat_model_get_pairwise(model, &graph));
    sum.pair_mean = malloc((size_t)graph.row[graph.n] * sizeof *sum.pair_mean);
    if (visit->complete) {
        assert_true(heat_magnetization_fits(&graph));
        assert_ok(visit->ctx, heat_magnetization_run_sum(visit->ctx, &graph, 1 / temperature, p, &sum));
        assert_close(number_of(row, &graph, &sum, p), row->value, uniform_tolerance(row));
    }
    if (!visit->complete || n <= 20) {
        assert_ok(visit->ctx, heat_elimination_create(visit->ctx, &graph, 24, &plan));
        assert_ok(visit->ctx, heat_elimination_run_sum(visit->ctx, plan, 1 / temperature, true, 1, &sum));
        assert_close(number_of(row, &graph, &sum, p), row->value, uniform_tolerance(row));
    }
    visit->compared++;
    free(sum.pair_mean);
    heat_elimination_free(plan);
    heat_model_free(model);
}

static void rings_agree_with_their_table(void **state)
{
    uniform_visit visit = {.ctx = test_context()};

    (void)state;
    test_each_row("exact/ising1d.tsv", visit_uniform, &visit);
    assert_int_equal(visit.compared, 3 * 4 * 3);
    heat_context_free(visit.ctx);
}

static void complete_graphs_agree_with_their_table(void **state)
{
    uniform_visit visit = {.ctx = test_context(), .complete = true};

    (void)state;
    test_each_row("exact/curie_weiss.tsv", visit_uniform, &visit);
    assert_int_equal(visit.compared, 4 * 4 * 4);
    heat_context_free(visit.ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_instances_agree_with_their_table),
        cmocka_unit_test(rings_agree_with_their_table),
        cmocka_unit_test(complete_graphs_agree_with_their_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
