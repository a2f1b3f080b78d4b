/* A graph that falls apart is the sum of its parts, each by its own road. */
#include "exact/components.h"
#include "support.h"

#include <heatbath/logz.h>
#include <math.h>
#include <string.h>

enum { MOST_EDGES = 4096, MOST_SPINS = 1024, N_SPECS = 3 };
static const int64_t gib = (int64_t)1 << 30;
static const double temperature = 1.7;

/* Parts side by side; number k of them is spin `k * 7919 mod n` of the model, so that they lie across. */
typedef struct mixture {
    int32_t n, i[MOST_EDGES], j[MOST_EDGES];
    int64_t n_edges;
    double coupling[MOST_EDGES], field[MOST_SPINS];
} mixture;

static void add_part(heat_context *ctx, mixture *m, const char *spec)
{
    heat_pairwise g;
    heat_model *model;

    assert_ok(ctx, heat_model_load(ctx, spec, &model));
    assert_true(heat_model_get_pairwise(model, &g));
    for (int32_t v = 0; v < g.n; v++) {
        m->field[m->n + v] = g.field[v];
        for (int64_t e = g.row[v]; e < g.row[v + 1] && g.col[e] < v; e++) {
            m->i[m->n_edges] = m->n + g.col[e];
            m->j[m->n_edges] = m->n + v;
            m->coupling[m->n_edges++] = heat_pairwise_coupling(&g, e);
        }
    }
    m->n += g.n;
    heat_model_free(model);
}

static int32_t spin_of(const mixture *m, int32_t k)
{
    return (int32_t)((int64_t)k * 7919 % m->n);
}

static heat_model *create(heat_context *ctx, mixture *m, double offset)
{
    double field[MOST_SPINS];
    heat_model *model;

    for (int32_t k = 0; k < m->n; k++)
        field[spin_of(m, k)] = m->field[k];
    for (int64_t e = 0; e < m->n_edges; e++) {
        m->i[e] = spin_of(m, m->i[e]);
        m->j[e] = spin_of(m, m->j[e]);
    }
    assert_ok(ctx,
              heat_model_create_ising(ctx, m->n, m->n_edges, m->i, m->j, m->coupling, field, offset, &model));
    return model;
}

static void run(heat_context *ctx, const heat_model *model, heat_logz_result *r)
{
    heat_logz_options o;

    heat_logz_options_init(&o);
    o.method = "exact";
    o.temperature = temperature;
    o.memory = gib;
    o.threads = 1;
    heat_logz_result_init(r);
    assert_ok(ctx, heat_logz(ctx, model, &o, r));
}

/* A wide glass that is planar, a dense graph in a field, a torus and two lone spins: no road has all. */
static void each_part_takes_its_own_road(void **state)
{
    static const char *const specs[N_SPECS] = {"ea:24x24,open,seed=3", "sk:18,h=0.2", "lattice:14x14"};
    static mixture m;
    heat_context *ctx = test_context();
    heat_exact_choice choice;
    heat_logz_result r;
    double log_z = 2.5 / temperature + log(2) + log(2 * cosh(0.75 / temperature));
    double energy = -2.5 - 0.75 * tanh(0.75 / temperature);
    heat_model *model;

    (void)state;
    for (int k = 0; k < N_SPECS; k++) {
        add_part(ctx, &m, specs[k]);
        assert_ok(ctx, heat_model_load(ctx, specs[k], &model));
        run(ctx, model, &r);
        assert_string_equal(r.method, k == 1 ? "enumeration" : "planar");
        log_z += r.log_z;
        energy += r.rows[0].mean_energy;
        heat_logz_result_clear(&r);
        heat_model_free(model);
    }
    m.n += 2;
    m.field[m.n - 1] = 0.75;
    model = create(ctx, &m, -2.5);
    assert_ok(ctx, heat_exact_choose_sum(ctx, model, gib, &choice));
    assert_true(!choice.cost.affordable && choice.planar == NULL && choice.parts != NULL);
    assert_string_equal(choice.cost.sum_method, "components");
    assert_true(choice.cost.sum_bytes < (double)gib && choice.cost.sum_seconds < 1);
    heat_exact_choice_clear(&choice);
    run(ctx, model, &r);
    assert_string_equal(r.method, "components");
    assert_close(r.log_z, log_z, 1e-12 * log_z);
    assert_close(r.rows[0].mean_energy, energy, 1e-11 * fabs(energy));
    heat_logz_result_clear(&r);
    heat_model_free(model);
    heat_context_free(ctx);
}

/* Every pair's probabilities are those of the model that it came from. */
static void marginals_are_those_of_the_parts(void **state)
{
    static const char *const specs[] = {"ea:22x22,open,seed=5", "sk:18"};
    static mixture m;
    heat_context *ctx = test_context();
    heat_marginals whole = {0}, own = {0};
    double log_z = 0;
    int32_t first = 0;
    heat_model *model;

    (void)state;
    add_part(ctx, &m, specs[0]);
    add_part(ctx, &m, specs[1]);
    model = create(ctx, &m, 0);
    assert_ok(ctx, heat_exact_marginals(ctx, model, temperature, gib, 1, &whole));
    assert_string_equal(whole.method, "components");
    heat_model_free(model);
    for (int k = 0; k < 2; k++) {
        assert_ok(ctx, heat_model_load(ctx, specs[k], &model));
        assert_ok(ctx, heat_exact_marginals(ctx, model, temperature, gib, 1, &own));
        log_z += own.log_z;
        for (int64_t p = 0; p < own.n_pairs; p++) {
            int32_t a = spin_of(&m, first + own.i[p]), b = spin_of(&m, first + own.j[p]);
            int64_t at = 0;
            while (at < whole.n_pairs && (whole.i[at] != (a < b ? a : b) || whole.j[at] != (a < b ? b : a)))
                at++;
            assert_true(at < whole.n_pairs);
            for (int q = 0; q < 4; q++) /* without field, symmetric in the two spins */
                assert_close(whole.pair[4 * at + q], own.pair[4 * p + q], 1e-12);
        }
        first += own.n_variables;
        heat_marginals_clear(&own);
        heat_model_free(model);
    }
    assert_close(whole.log_z, log_z, 1e-12 * log_z);
    heat_marginals_clear(&whole);
    heat_context_free(ctx);
}

/* Twenty pairs of spins and as many lone ones: fifteen parts, and one of the rest. */
static void many_small_parts_share_one_road(void **state)
{
    static mixture m;
    heat_context *ctx = test_context();
    heat_pairwise g;
    heat_exact_parts *parts;
    heat_elimination_sum sum = {0};
    heat_model *model;

    (void)state;
    for (int k = 0; k < 20; k++) {
        m.i[m.n_edges] = 2 * k;
        m.j[m.n_edges] = 2 * k + 1;
        m.coupling[m.n_edges++] = 0.1 * k;
    }
    m.n = 60;
    model = create(ctx, &m, 1);
    assert_true(heat_model_get_pairwise(model, &g));
    assert_ok(ctx, heat_exact_parts_create(ctx, &g, &parts));
    assert_int_equal(parts->n, 16);
    assert_int_equal(parts->part[0].n, 2);
    for (int32_t k = 0; k < parts->n; k++)
        assert_ok(ctx, heat_exact_choose_sum(ctx, parts->part[k].model, gib, &parts->part[k].choice));
    assert_ok(ctx, heat_exact_parts_run_sum(ctx, parts, &g, 0.8, 1, &sum));
    for (int k = 0; k < 20; k++)
        sum.log_z -= log(4 * cosh(0.08 * k));
    assert_close(sum.log_z, 20 * log(2) - 0.8, 1e-12);
    heat_exact_parts_free(parts);
    heat_model_free(model);
    heat_context_free(ctx);
}

static heat_status choose_and_run(heat_context *ctx, void *arg)
{
    heat_exact_parts *parts;
    heat_pairwise g;
    heat_elimination_sum sum = {0};
    heat_status status =
        heat_model_get_pairwise(arg, &g) ? heat_exact_parts_create(ctx, &g, &parts) : HEAT_OK;

    for (int32_t k = 0; status == HEAT_OK && k < parts->n; k++)
        status = heat_exact_choose_sum(ctx, parts->part[k].model, gib, &parts->part[k].choice);
    if (status == HEAT_OK)
        status = heat_exact_parts_run_sum(ctx, parts, &g, 1, 1, &sum);
    heat_exact_parts_free(parts);
    return status;
}

static void every_failing_allocation_is_reported(void **state)
{
    static mixture m;
    heat_context *ctx = test_context();
    heat_model *model;

    (void)state;
    add_part(ctx, &m, "lattice:3x3,open");
    add_part(ctx, &m, "sk:4");
    model = create(ctx, &m, 0);
    test_failing_allocations(choose_and_run, model);
    heat_model_free(model);
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_part_takes_its_own_road),
        cmocka_unit_test(marginals_are_those_of_the_parts),
        cmocka_unit_test(many_small_parts_share_one_road),
        cmocka_unit_test(every_failing_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
