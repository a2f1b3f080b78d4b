/* Rows that a model is typical of: their odds, and members that begin at them. */
#include "base/memory.h"
#include "logz/typical_rows.h"
#include "support.h"

#include <math.h>

enum { V = 3, H = 2, ROWS = 4, MEMBERS = 8 };

static const int8_t bits[ROWS * V] = {1, 0, 0, 1, 1, 0, 1, 0, 0, 0, 1, 0};

static void odds_are_of_half_a_row_more(void **state)
{
    (void)state;
    const heat_typical_rows rows = {ROWS, V, bits};
    int8_t spins[ROWS * V];
    double odds[V + H], of_spins[V + H];

    heat_typical_rows_find_odds(&rows, V + H, odds);
    assert_close(odds[0], log(3.5 / 1.5), 1e-15);
    assert_close(odds[1], 0, 1e-15);
    assert_close(odds[2], log(0.5 / 4.5), 1e-15);
    assert_true(odds[3] == 0 && odds[4] == 0); /* no row tells */
    for (int k = 0; k < ROWS * V; k++)
        spins[k] = (int8_t)(2 * bits[k] - 1);
    heat_typical_rows_find_odds(&(heat_typical_rows){ROWS, V, spins}, V + H, of_spins);
    for (int i = 0; i < V + H; i++)
        assert_true(odds[i] == of_spins[i]);
}

/* Each row is where as many members begin, whatever the coding of the model. */
static void members_begin_at_the_rows(void **state)
{
    (void)state;
    static const heat_layer layers[] = {HEAT_LAYER_BINARY, HEAT_LAYER_SPIN};
    heat_context *ctx = test_context();
    double weights[V * H] = {0.5, -1, 0.25, 2, -0.5, 1};

    for (int k = 0; k < 2; k++) {
        const heat_typical_rows rows = {ROWS, V, bits};
        heat_population_plan plan = {.n_populations = 1,
                                     .n_members = MEMBERS,
                                     .n_sweeps = 1,
                                     .rule = &heat_rule_heat_bath,
                                     .seed = test_seed(),
                                     .isa = "auto",
                                     .beta_max = 1,
                                     .threads = 1,
                                     .is_weighted = true};
        heat_population p;
        heat_model *model;
        heat_rbm rbm;

        heat_rbm_init(&rbm);
        rbm.n_visible = V;
        rbm.n_hidden = H;
        rbm.visible = rbm.hidden = layers[k];
        rbm.weights = weights;
        assert_ok(ctx, heat_model_create_rbm(ctx, &rbm, &model));
        assert_ok(ctx, heat_population_init(ctx, &p, model, &plan));
        assert_ok(ctx, heat_typical_rows_start(ctx, &rows, &p));
        assert_true(p.beta == 1);
        for (int m = 0; m < MEMBERS; m++) {
            int8_t is[V + H];
            heat_chains_get_state(p.chains, m, is);
            for (int i = 0; i < V; i++) {
                int8_t bit = bits[m * ROWS / MEMBERS * V + i];
                assert_int_equal(is[i], k == 0 ? bit : 2 * bit - 1);
            }
        }
        heat_population_clear(&p);
        heat_model_free(model);
    }
    heat_context_free(ctx);
}

static void kept_chains_are_rows(void **state)
{
    (void)state;
    static const float values[] = {1, 0, 1, 0, 0, 1};
    heat_context *ctx = test_context();
    double weights[V * H] = {0.5, -1, 0.25, 2, -0.5, 1};
    heat_typical_rows rows;
    heat_model *model;
    heat_rbm rbm;
    int8_t *own;

    heat_rbm_init(&rbm);
    rbm.n_visible = V;
    rbm.n_hidden = H;
    rbm.weights = weights;
    assert_ok(ctx, heat_model_create_rbm(ctx, &rbm, &model));
    assert_ok(ctx, heat_typical_rows_take_chains(ctx, model, &own, &rows));
    assert_int_equal(rows.n, 0);
    heat_free(own);
    assert_ok(ctx, heat_model_keep_chains(ctx, model, 2, values));
    assert_ok(ctx, heat_typical_rows_take_chains(ctx, model, &own, &rows));
    assert_true(rows.n == 2 && rows.n_visible == V);
    for (int k = 0; k < 2 * V; k++)
        assert_true(rows.states[k] == (int8_t)values[k]);
    heat_free(own);
    heat_model_free(model);
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(odds_are_of_half_a_row_more),
        cmocka_unit_test(members_begin_at_the_rows),
        cmocka_unit_test(kept_chains_are_rows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
