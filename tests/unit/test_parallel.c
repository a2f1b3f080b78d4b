/* heat_parallel_for and its kin: every unit once, the lowest failure, a stop, and results that know no thread
 * count. */
#include "base/context_private.h"
#include "base/parallel.h"
#include "support.h"

#include <heatbath/options.h>
#include <stdatomic.h>
#include <string.h>

enum { UNITS = 5000 };

static heat_status count_unit(heat_context *worker, void *arg, int64_t unit)
{
    atomic_int *visits = arg;

    (void)worker;
    atomic_fetch_add(&visits[unit], 1);
    return HEAT_OK;
}

static void every_unit_runs_exactly_once(void **state)
{
    (void)state;
    static atomic_int visits[UNITS];
    heat_context *ctx = test_context();
    static const int64_t threads[] = {1, 2, 3, 8, HEAT_AUTO};

    for (size_t k = 0; k < sizeof threads / sizeof *threads; k++)
        for (int64_t n = 0; n <= UNITS; n = n < 10 ? n + 1 : n * 5 > UNITS && n < UNITS ? UNITS : n * 5) {
            memset(visits, 0, sizeof visits);
            assert_ok(ctx, heat_parallel_for(ctx, threads[k], n, count_unit, visits));
            for (int64_t unit = 0; unit < UNITS; unit++)
                assert_int_equal(visits[unit], unit < n);
        }
    assert_true(heat_thread_count(HEAT_AUTO) >= 1);
    assert_int_equal(heat_thread_count(3), 3);
    heat_context_free(ctx);
}

typedef struct whole_work {
    atomic_int visits[UNITS];
    atomic_int is_busy[8]; /* [thread] */
    atomic_int n_wrong;    /* units on a thread that had one, or beyond the last thread */
    int n_threads;
} whole_work;

static void visit_unit(void *arg, int64_t unit, int thread)
{
    whole_work *w = arg;

    if (thread < 0 || thread >= w->n_threads) {
        w->n_wrong++;
        return;
    }
    w->n_wrong += atomic_exchange(&w->is_busy[thread], 1);
    w->visits[unit]++;
    atomic_store(&w->is_busy[thread], 0);
}

static void whole_work_gives_each_thread_one_unit_at_a_time(void **state)
{
    (void)state;
    static whole_work w;

    for (int threads = 1; threads <= 8; threads += threads == 1 ? 1 : 3)
        for (int64_t n = 0; n <= UNITS; n = n < 10 ? n + 1 : n * 5 > UNITS && n < UNITS ? UNITS : n * 5) {
            memset(&w, 0, sizeof w);
            w.n_threads = threads;
            heat_parallel_whole(threads, n, visit_unit, &w);
            assert_int_equal(w.n_wrong, 0);
            for (int64_t unit = 0; unit < UNITS; unit++)
                assert_int_equal(w.visits[unit], unit < n);
        }
}

enum { STEPS = 5, UNITS_OF_A_TEAM = 40 };

typedef struct stepping {
    heat_team team;
    int n_parts, reach;
    int64_t unit;
    atomic_int ended[HEAT_MOST_PARTS]; /* steps of each part, over all units */
    atomic_int n_early;                /* steps that began before a neighbour had ended the one before */
} stepping;

static void take_a_step(void *arg, int64_t part, int64_t step)
{
    stepping *c = arg;
    const int before = (int)(c->unit * STEPS + step);

    c->n_early += c->ended[part] != before;
    for (int d = 1; d <= c->reach; d++)
        c->n_early += c->ended[(part + d) % c->n_parts] < before ||
                      c->ended[(part + d * (c->n_parts - 1)) % c->n_parts] < before;
    for (volatile int k = 0; k < (int)((part * 7 + step) % 5) * 40; k++)
        ; /* parts end in another order than they begin */
    c->ended[part]++;
}

static heat_status run_steps(heat_context *worker, void *arg, int64_t unit)
{
    stepping *c = arg;

    (void)worker;
    c->unit = unit;
    for (int part = 0; part < c->n_parts; part++)
        if (c->ended[part] != unit * STEPS)
            return HEAT_ERROR_INTERNAL; /* a job ended before its steps, or began after the next */
    heat_parallel_steps(&c->team, c->n_parts, c->reach, STEPS, take_a_step, c);
    return HEAT_OK;
}

static void a_team_takes_every_step_after_those_next_to_it(void **state)
{
    (void)state;
    static stepping c;
    static const int n_parts[] = {0, 1, 2, 3, 7, 16, HEAT_MOST_PARTS};
    heat_context *ctx = test_context();

    for (int64_t threads = 1; threads <= 4; threads++)
        for (size_t k = 0; k < sizeof n_parts / sizeof *n_parts; k++)
            for (c.reach = 0; c.reach <= 3; c.reach++) {
                c.n_parts = n_parts[k];
                memset(c.ended, 0, sizeof c.ended);
                assert_ok(ctx, heat_parallel_together(ctx, threads, &c.team, UNITS_OF_A_TEAM, run_steps, &c));
                c.unit = UNITS_OF_A_TEAM;
                heat_parallel_steps(&c.team, c.n_parts, c.reach, STEPS, take_a_step, &c); /* no team, here */
                for (int part = 0; part < HEAT_MOST_PARTS; part++)
                    assert_int_equal(c.ended[part], part < c.n_parts ? STEPS * (UNITS_OF_A_TEAM + 1) : 0);
            }
    assert_int_equal(c.n_early, 0);
    heat_context_free(ctx);
}

static heat_status run_together(heat_context *ctx, void *arg)
{
    stepping *c = arg;
    const int size = heat_team_size(&c->team);
    heat_status status = heat_parallel_together(ctx, 2, &c->team, UNITS_OF_A_TEAM, run_steps, c);

    assert_int_equal(heat_team_size(&c->team), size); /* it stays open */
    return status;
}

static void a_team_that_is_open_serves_units(void **state)
{
    (void)state;
    static stepping c = {.n_parts = 5, .reach = 3};
    heat_context *ctx = test_context();

    assert_int_equal(heat_team_size(NULL), 1);
    for (int round = 1; round <= 20; round++) {
        memset(c.ended, 0, sizeof c.ended);
        assert_ok(ctx, heat_parallel_stay(ctx, 2, &c.team, run_together, &c));
        for (int part = 0; part < c.n_parts; part++)
            assert_int_equal(c.ended[part], STEPS * UNITS_OF_A_TEAM);
        assert_int_equal(heat_team_size(&c.team), 1);
    }
    assert_int_equal(c.n_early, 0);
    heat_context_free(ctx);
}

/* Parts of which one takes long at every step: the thread that has it gives others away. Jobs of many steps
 * and of few, and of other numbers of parts, follow each other. As the colours of a lattice do, a step reads
 * what the step before left in the parts next to it: plain memory, which a race detector watches. */
typedef struct giving {
    heat_team team;
    int64_t ended[2][HEAT_MOST_PARTS]; /* [step % 2] steps */
    atomic_int n_early;
    int64_t n_parts;
} giving;

static void take_an_uneven_step(void *arg, int64_t part, int64_t step)
{
    giving *g = arg;
    const int64_t n = g->n_parts, *before = g->ended[(step + 1) % 2];

    if (before[part] != step || before[(part + 1) % n] != step || before[(part + n - 1) % n] != step)
        g->n_early++;
    for (volatile int k = 0; k < (part == 2 ? 30000 : 300); k++)
        ;
    g->ended[step % 2][part] = step + 1;
}

static heat_status run_uneven_jobs(heat_context *worker, void *arg, int64_t unit)
{
    static const int32_t n_parts[] = {16, 5, 64, 2, 16, 16};
    static const int64_t n_steps[] = {40, 1, 3, 17, 2, 30};
    giving *g = arg;

    (void)worker;
    (void)unit;
    for (size_t k = 0; k < sizeof n_parts / sizeof *n_parts; k++) {
        memset(g->ended, 0, sizeof g->ended);
        g->n_parts = n_parts[k];
        heat_parallel_steps(&g->team, n_parts[k], 1, n_steps[k], take_an_uneven_step, g);
        for (int part = 0; part < HEAT_MOST_PARTS; part++)
            if (g->ended[(n_steps[k] + 1) % 2][part] != (part < n_parts[k] ? n_steps[k] : 0))
                return HEAT_ERROR_INTERNAL;
    }
    return HEAT_OK;
}

static void shares_that_move_lose_no_step(void **state)
{
    (void)state;
    static giving g;
    heat_context *ctx = test_context();

    for (int64_t threads = 2; threads <= 5; threads++) {
        assert_ok(ctx, heat_parallel_together(ctx, threads, &g.team, 3, run_uneven_jobs, &g));
        assert_int_equal(g.n_early, 0);
        for (int64_t t = 0; t < threads; t++)
            assert_true(g.team.shares[t].begin <= g.team.shares[t + 1].begin);
        assert_int_equal(g.team.shares[threads].begin, 16);
    }
    heat_context_free(ctx);
}

typedef struct failing {
    atomic_int done;
    int64_t lowest; /* this unit and every 7th after it fail */
} failing;

static heat_status fail_some(heat_context *worker, void *arg, int64_t unit)
{
    failing *f = arg;

    atomic_fetch_add(&f->done, 1);
    for (volatile int k = 0; k < (int)(unit % 13) * 50; k++)
        ; /* units end in another order than they begin */
    if (unit >= f->lowest && (unit - f->lowest) % 7 == 0)
        return heat_fail(worker, HEAT_ERROR_CALLBACK, "unit %lld failed", (long long)unit);
    return HEAT_OK;
}

static void the_lowest_failing_unit_speaks(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    for (int64_t threads = 1; threads <= 8; threads++)
        for (int64_t lowest = 0; lowest < 200; lowest += 9) {
            failing f = {.lowest = lowest};
            char expected[40];
            snprintf(expected, sizeof expected, "unit %lld failed", (long long)lowest);
            assert_int_equal(heat_parallel_for(ctx, threads, UNITS, fail_some, &f), HEAT_ERROR_CALLBACK);
            assert_string_equal(heat_context_error(ctx), expected);
            assert_int_equal(heat_context_error_detail(ctx).status, HEAT_ERROR_CALLBACK);
            assert_true(f.done > lowest && f.done < UNITS); /* nothing begins after a failure was seen */
        }
    heat_context_free(ctx);
}

typedef struct stopping {
    heat_context *outer;
    int64_t at;
    atomic_int done;
} stopping;

static heat_status stop_at(heat_context *worker, void *arg, int64_t unit)
{
    stopping *s = arg;

    if (unit == s->at) {
        heat_context_stop(s->outer);
        if (!heat_halted(worker))
            return heat_fail(worker, HEAT_ERROR_INTERNAL, "the worker does not see the stop");
    }
    while (unit > s->at && !heat_halted(worker))
        ; /* no thread runs away while another is about to stop the work */
    atomic_fetch_add(&s->done, 1);
    return HEAT_OK;
}

static void a_stop_skips_the_units_not_begun(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    for (int64_t threads = 1; threads <= 8; threads++) {
        stopping s = {.outer = ctx, .at = 100};
        assert_ok(ctx, heat_parallel_for(ctx, threads, UNITS, stop_at, &s));
        assert_true(heat_halted(ctx));
        if (threads == 1)
            assert_int_equal(s.done, 101);
        assert_true(s.done <= 101 + threads);
        s.done = 0;
        assert_ok(ctx, heat_parallel_for(ctx, threads, UNITS, stop_at, &s));
        assert_int_equal(s.done, 0);
        heat_context_resume(ctx);
    }
    heat_context_free(ctx);
}

static heat_status expire(heat_context *worker, void *arg, int64_t unit)
{
    atomic_int *done = arg;

    (void)unit;
    atomic_fetch_add(done, 1);
    while (!heat_halted(worker))
        ;
    return HEAT_OK;
}

static void a_deadline_reaches_the_workers(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    atomic_int done = 0;
    heat_budget budget = heat_budget_enter(ctx, "test", 0.02, INT64_MAX);

    assert_ok(ctx, heat_parallel_for(ctx, 4, UNITS, expire, &done));
    assert_true(done >= 1 && done <= 4);
    assert_int_equal(heat_halt_outcome(ctx, HEAT_OUTCOME_COMPLETED), HEAT_OUTCOME_TIME);
    heat_budget_leave(ctx, &budget);
    heat_context_free(ctx);
}

static void must_not_be_called(void *user, heat_log_level level, const char *message)
{
    (void)level;
    (void)message;
    *(bool *)user = true;
}

static void must_not_be_shown(void *user, const heat_progress *progress)
{
    (void)progress;
    *(bool *)user = true;
}

static heat_status talk(heat_context *worker, void *arg, int64_t unit)
{
    (void)arg;
    (void)unit;
    heat_log(worker, HEAT_LOG_NOTE, "hello");
    worker->last_shown_s = -1;
    heat_show_progress(worker, 0.5, 1, 1);
    return HEAT_OK;
}

static void workers_never_call_back(void **state)
{
    (void)state;
    bool called = false;
    heat_context_config config;
    heat_context *ctx;

    heat_context_config_init(&config);
    config.user = &called;
    config.log = must_not_be_called;
    config.progress = must_not_be_shown;
    assert_int_equal(heat_context_create(&config, &ctx), HEAT_OK);
    assert_ok(ctx, heat_parallel_for(ctx, 2, 10, talk, NULL));
    assert_ok(ctx, heat_parallel_for(ctx, 1, 10, talk, NULL));
    assert_false(called);
    heat_context_free(ctx);
}

static heat_status square_unit(heat_context *worker, void *arg, int64_t unit)
{
    double *parts = arg;

    (void)worker;
    for (int k = 0; k < 100; k++)
        parts[unit] += 1.0 / (double)(1 + unit * 100 + k);
    return HEAT_OK;
}

static void results_are_the_same_for_any_number_of_threads(void **state)
{
    (void)state;
    static double first[UNITS], parts[UNITS];
    heat_context *ctx = test_context();

    assert_ok(ctx, heat_parallel_for(ctx, 1, UNITS, square_unit, first));
    for (int64_t threads = 2; threads <= 8; threads++) {
        memset(parts, 0, sizeof parts);
        assert_ok(ctx, heat_parallel_for(ctx, threads, UNITS, square_unit, parts));
        assert_memory_equal(parts, first, sizeof parts);
    }
    heat_context_free(ctx);
}

/* Every way that units end, while threads stay. */
static heat_status run_all_ways(heat_context *ctx, void *arg)
{
    static atomic_int visits[UNITS];
    static double parts[UNITS];
    const double *first = arg;
    failing f = {.lowest = 50};

    for (int64_t n = 1; n <= UNITS; n = n < 10 ? n + 1 : n * 5 > UNITS && n < UNITS ? UNITS : n * 5) {
        memset(visits, 0, sizeof visits);
        assert_ok(ctx, heat_parallel_for(ctx, 3, n, count_unit, visits));
        for (int64_t unit = 0; unit < UNITS; unit++)
            assert_int_equal(visits[unit], unit < n);
    }
    memset(parts, 0, sizeof parts);
    assert_ok(ctx, heat_parallel_for(ctx, HEAT_AUTO, UNITS, square_unit, parts));
    assert_memory_equal(parts, first, sizeof parts);
    assert_int_equal(heat_parallel_for(ctx, 2, UNITS, fail_some, &f), HEAT_ERROR_CALLBACK);
    assert_string_equal(heat_context_error(ctx), "unit 50 failed");
    return heat_fail(ctx, HEAT_ERROR_UNABLE, "the end");
}

static void threads_that_stay_run_every_unit(void **state)
{
    (void)state;
    static heat_team team;
    static double first[UNITS];
    heat_context *ctx = test_context();

    memset(first, 0, sizeof first);
    assert_ok(ctx, heat_parallel_for(ctx, 1, UNITS, square_unit, first));
    for (int64_t threads = 1; threads <= 4; threads++) {
        assert_int_equal(heat_parallel_stay(ctx, threads, &team, run_all_ways, first), HEAT_ERROR_UNABLE);
        assert_string_equal(heat_context_error(ctx), "the end");
        assert_ok(ctx, heat_parallel_for(ctx, 2, UNITS, square_unit, first)); /* they have gone */
        memset(first, 0, sizeof first);
        assert_ok(ctx, heat_parallel_for(ctx, 1, UNITS, square_unit, first));
    }
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_unit_runs_exactly_once),
        cmocka_unit_test(whole_work_gives_each_thread_one_unit_at_a_time),
        cmocka_unit_test(a_team_takes_every_step_after_those_next_to_it),
        cmocka_unit_test(a_team_that_is_open_serves_units),
        cmocka_unit_test(shares_that_move_lose_no_step),
        cmocka_unit_test(threads_that_stay_run_every_unit),
        cmocka_unit_test(the_lowest_failing_unit_speaks),
        cmocka_unit_test(a_stop_skips_the_units_not_begun),
        cmocka_unit_test(a_deadline_reaches_the_workers),
        cmocka_unit_test(workers_never_call_back),
        cmocka_unit_test(results_are_the_same_for_any_number_of_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
