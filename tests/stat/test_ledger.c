/* The ledger: its shares, its rule, and the rate at which the rule cries wolf. */
#include "ledger.h"
#include "random/stream.h"
#include "support.h"
#include "survival.h"

#include <math.h>

static void shares_fit_the_budget(void **state)
{
    (void)state;
    int n;
    const ledger_row *rows = ledger_get_rows(&n);
    double sum = 0;

    for (int k = 0; k < n; k++) {
        assert_true(ledger_get_limit(rows[k].name) > 0);
        sum += ledger_get_limit(rows[k].name);
        for (int j = 0; j < k; j++) {
            assert_string_not_equal(rows[j].name, rows[k].name);
            assert_true(ledger_get_seed(rows[j].name) != ledger_get_seed(rows[k].name));
        }
    }
    assert_true(n > 0 && sum <= 1e-6 * (1 + 1e-12));
}

typedef struct script {
    double p[2];
    uint64_t seed[2];
    int factor[2], n;
} script;

static double scripted(uint64_t seed, int factor, void *arg)
{
    script *s = arg;

    assert_true(s->n < 2);
    s->seed[s->n] = seed;
    s->factor[s->n] = factor;
    return s->p[s->n++];
}

static void the_rule_looks_once_or_twice(void **state)
{
    (void)state;
    static const struct {
        double first, second;
        int looks;
        bool passes;
    } cases[] = {{0.5, 0, 1, true},      {1e-3, 0, 1, true},         {9e-4, 0.5, 2, true},
                 {6e-7, 1e-7, 2, false}, {6e-7, 0.9, 2, true},       {4e-7, 1, 1, false},
                 {0, 1, 1, false},       {(double)NAN, 1, 1, false}, {1e-4, (double)NAN, 2, false},
                 {9e-4, 1e-12, 2, false}};

    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        script s = {.p = {cases[k].first, cases[k].second}};
        ledger_verdict v = ledger_decide(1e-6, scripted, &s, 77);
        assert_int_equal(v.looks, cases[k].looks);
        assert_int_equal(v.passes, cases[k].passes);
        assert_int_equal(s.n, v.looks);
        assert_int_equal(s.seed[0], 77);
        assert_int_equal(s.factor[0], 1);
        if (v.looks == 2) {
            assert_int_equal(s.seed[1], 78);
            assert_int_equal(s.factor[1], 4);
        }
    }
}

static double uniform(uint64_t seed, int factor, void *arg)
{
    (void)seed, (void)factor;
    return heat_stream_uniform(arg);
}

/* Sound samples, p uniform, under a limit large enough to count: half of it fails at the first look, of the
 * suspicious some at the second, together no more than the limit. */
static void false_alarms_stay_below_the_limit(void **state)
{
    (void)state;
    enum { RUNS = 4000000 };
    const double limit = 1e-4;
    heat_stream stream;
    int64_t alarms = 0;

    heat_stream_init(&stream, test_seed(), HEAT_PURPOSE_TEST, 0);
    for (int64_t k = 0; k < RUNS; k++)
        alarms += !ledger_decide(limit, uniform, &stream, 0).passes;
    print_message("%lld alarms of %d at a limit of %g\n", (long long)alarms, RUNS, limit);
    assert_true(survival_normal(((double)alarms - RUNS * limit) / sqrt(RUNS * limit)) > 1e-9 ||
                (double)alarms < RUNS * limit);
    assert_true((double)alarms > RUNS * limit / 2 - 6 * sqrt(RUNS * limit / 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_fit_the_budget),
        cmocka_unit_test(the_rule_looks_once_or_twice),
        cmocka_unit_test(false_alarms_stay_below_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
