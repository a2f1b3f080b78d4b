/* What persistent chains are worth: independent states count one by one, chains that stand still count once
 * each, and what all chains share does not count. */
#include "learn/chain_record.h"
#include "random/stream.h"
#include "support.h"

#include <math.h>
#include <string.h>

enum { CHAINS = 20, UPDATES = 64 };

/* A row is one float, its own log weight. */
static void *get_chains(heat_negative *negative)
{
    return negative->self;
}

static void log_weights(const heat_learner *l, int64_t n_rows, const void *rows, double *out)
{
    for (int64_t r = 0; r < n_rows; r++)
        out[r] = heat_row_get(&l->form, rows, r);
}

/* Chains that keep a part `memory` of their energy, and are all taken along by `drift` an update. */
static double ess_of(double memory, double drift)
{
    static const heat_negative_kind phase = {.name = "test", .get_chains = get_chains};
    static const heat_learn_kind kind = {.name = "test", .log_weights = log_weights};
    heat_context *ctx = test_context();
    float x[CHAINS];
    double own[CHAINS], ess;
    heat_learner l = {.kind = &kind, .n_visible = 1, .form = {HEAT_ELEMENT_FLOAT, 1}};
    heat_negative negative = {.kind = &phase, .n_chains = CHAINS, .self = x};
    heat_chain_record record;
    heat_stream stream;

    heat_stream_init(&stream, test_seed(), HEAT_PURPOSE_TEST, 0);
    for (int c = 0; c < CHAINS; c++)
        own[c] = heat_stream_normal(&stream);
    assert_ok(ctx, heat_chain_record_open(ctx, &negative, UPDATES, &record));
    for (int64_t u = 0; u < UPDATES; u++) {
        for (int c = 0; c < CHAINS; c++) {
            own[c] = memory * own[c] + sqrt(1 - memory * memory) * heat_stream_normal(&stream);
            x[c] = (float)(own[c] + drift * (double)u);
        }
        heat_chain_record_add(&record, &negative, &l, u);
    }
    assert_ok(ctx, heat_chain_record_judge(ctx, &record, &negative, &ess));
    assert_int_equal(record.n_draws, 0);
    heat_chain_record_close(&record);
    heat_context_free(ctx);
    return ess;
}

static void independent_states_count_and_idle_ones_do_not(void **state)
{
    (void)state;
    assert_true(fabs(ess_of(0, 0) / (CHAINS * UPDATES) - 1) < 0.4);
    assert_true(fabs(ess_of(0, 100) / (CHAINS * UPDATES) - 1) < 0.4);
    assert_true(ess_of(0.8, 0) < 0.3 * CHAINS * UPDATES);
    assert_true(ess_of(1, 0) < 1.5 * CHAINS);
    assert_true(ess_of(1, 100) < 1.5 * CHAINS);
}

/* Nothing is recorded where chains are no persistent ones, and nothing told of too few draws. */
static void without_chains_there_is_none(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_negative negative = {.kind = &heat_negative_cd, .n_chains = CHAINS};
    heat_learner l = {.kind = &heat_learn_kind_ising};
    heat_chain_record record;
    double ess;

    assert_ok(ctx, heat_chain_record_open(ctx, &negative, UPDATES, &record));
    heat_chain_record_add(&record, &negative, &l, 0);
    assert_ok(ctx, heat_chain_record_judge(ctx, &record, &negative, &ess));
    assert_true(isnan(ess));
    heat_chain_record_close(&record);
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(independent_states_count_and_idle_ones_do_not),
        cmocka_unit_test(without_chains_there_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
