/* Replica exchange: its transition matrix on the product of all rungs' states leaves the product of Boltzmann
 * distributions invariant, and the code takes its decisions by that rule. */
#include "sample/engine.h"
#include "sample/exchange.h"
#include "support.h"

#include <math.h>
#include <string.h>

enum { SPINS = 2, STATES = 1 << SPINS, RUNGS = 3, ALL = STATES * STATES * STATES };

static const double betas[RUNGS] = {1.7, 0.9, 0.2};
static const double energy[STATES] = {-1.3, 0.4, 0.4, 2.2}; /* two levels alike, none symmetric */

static int32_t state_of(int32_t all, int32_t rung)
{
    return all >> SPINS * rung & (STATES - 1);
}

static int32_t swapped(int32_t all, int32_t rung)
{
    int32_t a = state_of(all, rung), b = state_of(all, rung + 1);

    return (all ^ a << SPINS * rung ^ b << SPINS * (rung + 1)) ^ b << SPINS * rung ^ a << SPINS * (rung + 1);
}

/* One step from `all`: pairs first, first + 2, ... */
static void step_row(int32_t all, int32_t first, double beta_error, double row[ALL])
{
    memset(row, 0, ALL * sizeof *row);
    row[all] = 1;
    for (int32_t k = first; k + 1 < RUNGS; k += 2) {
        double next[ALL] = {0};
        for (int32_t x = 0; x < ALL; x++) {
            double p = heat_exchange_probability(betas[k] * (1 + beta_error), betas[k + 1],
                                                 energy[state_of(x, k)], energy[state_of(x, k + 1)]);
            next[swapped(x, k)] += row[x] * p;
            next[x] += row[x] * (1 - p);
        }
        memcpy(row, next, sizeof next);
    }
}

static void step_errors(int32_t first, double beta_error, double *row_error, double *pi_error)
{
    double pi[ALL], moved[ALL] = {0}, row[ALL], z = 0;

    *row_error = *pi_error = 0;
    for (int32_t x = 0; x < ALL; x++) {
        pi[x] = 1;
        for (int32_t k = 0; k < RUNGS; k++)
            pi[x] *= exp(-betas[k] * energy[state_of(x, k)]);
        z += pi[x];
    }
    for (int32_t x = 0; x < ALL; x++) {
        double sum = 0;
        step_row(x, first, beta_error, row);
        for (int32_t y = 0; y < ALL; y++) {
            sum += row[y];
            moved[y] += pi[x] / z * row[y];
        }
        *row_error = fmax(*row_error, fabs(sum - 1));
    }
    for (int32_t x = 0; x < ALL; x++)
        *pi_error = fmax(*pi_error, fabs(moved[x] - pi[x] / z));
}

static void swaps_leave_all_rungs_in_equilibrium(void **state)
{
    (void)state;
    for (int32_t first = 0; first < 2; first++) {
        double row_error, pi_error;
        step_errors(first, 0, &row_error, &pi_error);
        assert_close(row_error, 0, 1e-12);
        assert_close(pi_error, 0, 1e-12);
        step_errors(first, 0.01, &row_error, &pi_error); /* power */
        assert_true(pi_error > 1e-5);
    }
}

/* Every decision of a step against the rule, from a copy of the ladder's own stream. */
static void a_step_decides_by_the_rule(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_model *model;
    heat_chains *c;
    heat_exchange x;
    const heat_chains_plan plan = {
        .n_chains = 2 * RUNGS, .n_rungs = RUNGS, .betas = betas, .seed = 3, .group = RUNGS, .isa = "auto"};
    int64_t n_swaps = 0;

    assert_ok(ctx, heat_model_load(ctx, "ea:3x3,J=gauss,seed=4", &model));
    assert_ok(ctx, heat_chains_create(ctx, model, &plan, &c));
    for (int64_t k = 0; k < 2 * RUNGS; k++) {
        heat_chains_set_rung(c, k, (int32_t)(k % RUNGS));
        assert_ok(ctx, heat_chains_start(ctx, c, k, NULL, 0));
    }
    assert_ok(ctx, heat_exchange_init(ctx, &x, c));
    for (int t = 0; t < 300; t++) {
        heat_stream stream = x.streams[1];
        int64_t at[RUNGS];
        memcpy(at, x.chain_at + RUNGS, sizeof at);
        for (int32_t k = t % 2; k + 1 < RUNGS; k += 2) {
            double p =
                heat_exchange_probability(betas[k], betas[k + 1], heat_chains_get_walk_energy(c, at[k]),
                                          heat_chains_get_walk_energy(c, at[k + 1]));
            if (heat_stream_uniform(&stream) < p) {
                int64_t lower = at[k];
                at[k] = at[k + 1];
                at[k + 1] = lower;
                n_swaps++;
            }
        }
        heat_exchange_step(&x, c, 1, t % 2);
        assert_memory_equal(at, x.chain_at + RUNGS, sizeof at);
        for (int32_t k = 0; k < RUNGS; k++) {
            assert_int_equal(c->rung[at[k]], k);
            assert_true(c->beta[at[k]] == betas[k]);
        }
        for (int64_t unit = 0; unit < c->n_units; unit++)
            assert_ok(ctx, heat_chains_sweep(ctx, c, unit, &heat_rule_heat_bath));
    }
    assert_true(n_swaps > 20 && heat_exchange_get_round_trips(&x) > 0);
    heat_exchange_clear(&x);
    heat_chains_free(c);
    heat_model_free(model);
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(swaps_leave_all_rungs_in_equilibrium),
        cmocka_unit_test(a_step_decides_by_the_rule),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
