/* The context: names, messages and their parts, the stop flag, budgets, progress. */
#include "base/context_private.h"
#include "support.h"

#include <heatbath/options.h>
#include <heatbath/version.h>
#include <math.h>
#include <string.h>

static void every_status_and_outcome_has_its_own_name(void **state)
{
    (void)state;
    static const char *const outcomes[] = {"none",       "proved", "converged",     "completed",
                                           "best_found", "time",   "not_converged", "interrupted"};

    assert_string_equal(heat_status_name(HEAT_OK), "ok");
    for (int a = HEAT_ERROR_ARGUMENT; a <= HEAT_ERROR_STOPPED; a++) {
        assert_true(strncmp(heat_status_name((heat_status)a), "error_", 6) == 0);
        for (int b = HEAT_OK; b < a; b++)
            assert_string_not_equal(heat_status_name((heat_status)a), heat_status_name((heat_status)b));
    }
    for (int k = HEAT_OUTCOME_NONE; k <= HEAT_OUTCOME_INTERRUPTED; k++)
        assert_string_equal(heat_outcome_name((heat_outcome)k), outcomes[k]);
    assert_string_equal(heat_status_name((heat_status)(HEAT_ERROR_STOPPED + 1)), "unknown");
    assert_string_equal(heat_outcome_name((heat_outcome)(HEAT_OUTCOME_INTERRUPTED + 1)), "unknown");
    assert_string_equal(heat_outcome_name((heat_outcome)-1), "unknown");
}

static void the_version_is_that_of_the_headers(void **state)
{
    (void)state;
    char expected[32];

    snprintf(expected, sizeof expected, "%d.%d.%d", HEAT_VERSION_MAJOR, HEAT_VERSION_MINOR,
             HEAT_VERSION_PATCH);
    assert_string_equal(heat_version(), expected);
}

static void a_failure_is_kept_as_text_and_in_parts(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    heat_error e;

    assert_string_equal(heat_context_error(ctx), "");
    assert_string_equal(heat_context_error(NULL), "no context");
    assert_int_equal(heat_context_error_detail(ctx).status, HEAT_OK);
    assert_int_equal(heat_fail_option(ctx, "burn_in", "-3", "'%s' is wrong", "-3"), HEAT_ERROR_OPTION);
    e = heat_context_error_detail(ctx);
    assert_string_equal(e.message, "option --burn-in: '-3' is wrong");
    assert_string_equal(e.option, "burn-in");
    assert_string_equal(e.value, "-3");
    assert_string_equal(e.file, "");
    assert_int_equal(heat_fail_file(ctx, HEAT_ERROR_INPUT, "a.mc", 3, 7, "bad"), HEAT_ERROR_INPUT);
    e = heat_context_error_detail(ctx);
    assert_string_equal(e.message, "a.mc:3:7: bad");
    assert_true(strcmp(e.file, "a.mc") == 0 && e.line == 3 && e.column == 7);
    assert_string_equal(e.option, ""); /* nothing is left of the one before */
    assert_int_equal(heat_fail_file(ctx, HEAT_ERROR_INPUT, "a.mc", 3, 0, "bad"), HEAT_ERROR_INPUT);
    assert_string_equal(heat_context_error(ctx), "a.mc:3: bad");
    assert_int_equal(heat_fail_file(ctx, HEAT_ERROR_OUTPUT, "a.mc", 0, 0, "bad"), HEAT_ERROR_OUTPUT);
    assert_string_equal(heat_context_error(ctx), "a.mc: bad");
    assert_int_equal(heat_fail(ctx, HEAT_ERROR_UNABLE, "model 2: %s", heat_context_error(ctx)),
                     HEAT_ERROR_UNABLE);
    assert_string_equal(heat_context_error(ctx), "model 2: a.mc: bad"); /* quoting the one before */
    e = heat_context_error_detail(ctx);
    assert_true(e.status == HEAT_ERROR_UNABLE && e.line == 0 && e.file[0] == '\0');
    heat_context_free(ctx);
}

static void messages_stay_on_one_line_and_within_bounds(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    char longest[5000];

    assert_int_equal(heat_fail(ctx, HEAT_ERROR_INPUT, "a\nb\tc\x1b[31m"), HEAT_ERROR_INPUT);
    assert_string_equal(heat_context_error(ctx), "a?b?c?[31m");
    memset(longest, 'x', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    assert_int_equal(heat_fail(ctx, HEAT_ERROR_INPUT, "%s", longest), HEAT_ERROR_INPUT);
    assert_int_equal(strlen(heat_context_error(ctx)), HEAT_MESSAGE_SIZE - 1);
    assert_int_equal(heat_fail_option(ctx, longest, longest, "is %s", "wrong"), HEAT_ERROR_OPTION);
    assert_contains(heat_context_error(ctx), "is wrong"); /* a long name leaves room for what is wrong */
    assert_int_equal(heat_fail_file(ctx, HEAT_ERROR_INPUT, longest, 12, 5, "is %s", "wrong"),
                     HEAT_ERROR_INPUT);
    assert_contains(heat_context_error(ctx), ":12:5: is wrong");
    heat_context_free(ctx);
}

static void bad_configurations_are_refused(void **state)
{
    (void)state;
    heat_context_config config;
    heat_context *ctx = (heat_context *)(void *)&config;

    assert_int_equal(heat_context_create(NULL, NULL), HEAT_ERROR_ARGUMENT);
    heat_context_config_init(&config);
    assert_true(config.size == sizeof config && config.memory == (int64_t)1 << 34);
    config.memory = 0;
    assert_int_equal(heat_context_create(&config, &ctx), HEAT_ERROR_ARGUMENT);
    assert_null(ctx);
    config.size =
        offsetof(heat_context_config, memory); /* an older caller knows no limit: the default holds */
    assert_int_equal(heat_context_create(&config, &ctx), HEAT_OK);
    assert_true(ctx->config.memory == (int64_t)1 << 34);
    heat_context_free(ctx);
    heat_context_free(NULL);
}

static void *no_memory(void *user, void *old, size_t size)
{
    (void)user;
    (void)old;
    (void)size;
    return NULL;
}

static void no_memory_for_the_context_is_a_status(void **state)
{
    (void)state;
    heat_context_config config;
    heat_context *ctx;

    heat_context_config_init(&config);
    config.realloc = no_memory;
    assert_int_equal(heat_context_create(&config, &ctx), HEAT_ERROR_MEMORY);
    assert_null(ctx);
}

static void a_stop_stays_until_it_is_taken_back(void **state)
{
    (void)state;
    heat_context *ctx = test_context();

    assert_false(heat_halted(ctx));
    assert_int_equal(heat_halt_outcome(ctx, HEAT_OUTCOME_PROVED), HEAT_OUTCOME_PROVED);
    heat_context_stop(ctx);
    heat_context_stop(ctx);
    assert_true(heat_halted(ctx));
    assert_int_equal(heat_halt_outcome(ctx, HEAT_OUTCOME_PROVED), HEAT_OUTCOME_INTERRUPTED);
    heat_context_resume(ctx);
    assert_false(heat_halted(ctx));
    heat_context_free(ctx);
}

static void wait_until(double then)
{
    while (heat_clock() < then)
        ;
}

static void a_deadline_halts_the_work_and_a_stop_outranks_it(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    double start = heat_clock();
    heat_budget budget = heat_budget_enter(ctx, "ground", 0.05, INT64_MAX);

    assert_false(heat_halted(ctx) && heat_clock() < start + 0.05); /* not too early */
    wait_until(start + 0.06);
    assert_true(heat_halted(ctx));
    assert_int_equal(heat_halt_outcome(ctx, HEAT_OUTCOME_COMPLETED), HEAT_OUTCOME_TIME);
    heat_context_stop(ctx);
    assert_int_equal(heat_halt_outcome(ctx, HEAT_OUTCOME_COMPLETED), HEAT_OUTCOME_INTERRUPTED);
    heat_context_resume(ctx);
    heat_budget_leave(ctx, &budget);
    assert_false(heat_halted(ctx));
    heat_context_free(ctx);
}

static void nested_verbs_share_the_tighter_budget(void **state)
{
    (void)state;
    heat_context *ctx = test_context();
    int64_t whole = ctx->config.memory;
    heat_budget outer = heat_budget_enter(ctx, "ground", 100, 5000), inner;
    double deadline = ctx->deadline_s;

    assert_true(ctx->config.memory == 5000 && deadline < HEAT_FOREVER);
    inner = heat_budget_enter(ctx, "sample", 200, 9000); /* cannot loosen */
    assert_true(ctx->config.memory == 5000 && ctx->deadline_s == deadline);
    assert_string_equal(ctx->verb, "ground"); /* progress speaks of the verb that the user called */
    heat_budget_leave(ctx, &inner);
    inner = heat_budget_enter(ctx, "sample", 0, 100);
    assert_true(heat_halted(ctx) && ctx->config.memory == 100);
    heat_budget_leave(ctx, &inner);
    assert_true(!heat_halted(ctx) && ctx->config.memory == 5000 && ctx->deadline_s == deadline);
    heat_budget_leave(ctx, &outer);
    assert_true(ctx->config.memory == whole && ctx->deadline_s == HEAT_FOREVER && ctx->verb == NULL);
    heat_context_free(ctx);
}

typedef struct heard {
    int n_progress, n_log;
    heat_progress last;
    char message[100];
    heat_log_level level;
} heard;

static void hear_progress(void *user, const heat_progress *progress)
{
    heard *h = user;

    h->n_progress++;
    h->last = *progress;
}

static void hear_log(void *user, heat_log_level level, const char *message)
{
    heard *h = user;

    h->n_log++;
    h->level = level;
    snprintf(h->message, sizeof h->message, "%s", message);
}

static heat_context *listening_context(heard *h)
{
    heat_context_config config;
    heat_context *ctx;

    heat_context_config_init(&config);
    config.user = h;
    config.progress = hear_progress;
    config.log = hear_log;
    if (heat_context_create(&config, &ctx) != HEAT_OK)
        fail_msg("no context");
    return ctx;
}

static void messages_reach_the_log_callback(void **state)
{
    (void)state;
    heard h = {0};
    heat_context *ctx = listening_context(&h), *deaf = test_context();

    heat_log(ctx, HEAT_LOG_WARNING, "%d edges were merged", 3);
    heat_log(deaf, HEAT_LOG_NOTE, "nobody listens");
    assert_true(h.n_log == 1 && h.level == HEAT_LOG_WARNING);
    assert_string_equal(h.message, "3 edges were merged");
    heat_context_free(ctx);
    heat_context_free(deaf);
}

static void progress_is_shown_at_most_ten_times_a_second(void **state)
{
    (void)state;
    heard h = {0};
    heat_context *ctx = listening_context(&h);
    double start = heat_clock(), spent;
    heat_budget budget = heat_budget_enter(ctx, "ground", HEAT_FOREVER, INT64_MAX);

    do {
        spent = heat_clock() - start;
        heat_show_progress(ctx, 0.25, 1e6, -7);
    } while (spent < 0.35);
    assert_true(h.n_progress >= 1 && h.n_progress <= (int)((heat_clock() - start) / 0.1));
    assert_true(h.last.size == sizeof h.last && h.last.fraction == 0.25 && h.last.best == -7);
    assert_string_equal(h.last.verb, "ground");
    assert_true(h.last.elapsed_s >= 0.1);
    assert_close(h.last.remaining_s, 3 * h.last.elapsed_s, 1e-9);
    assert_close(h.last.rate, 1e6 / h.last.elapsed_s, 1e-3);
    heat_budget_leave(ctx, &budget);
    heat_context_free(ctx);
}

static void progress_counts_down_to_the_deadline(void **state)
{
    (void)state;
    heard h = {0};
    heat_context *ctx = listening_context(&h);
    heat_budget budget = heat_budget_enter(ctx, "ground", 1000, INT64_MAX);

    wait_until(heat_clock() + 0.11);
    heat_show_progress(ctx, (double)NAN, 0, (double)NAN); /* unknown: the clock is all there is */
    assert_int_equal(h.n_progress, 1);
    assert_close(h.last.elapsed_s + h.last.remaining_s, 1000, 1e-6);
    assert_close(h.last.fraction, h.last.elapsed_s / 1000, 1e-6);
    wait_until(heat_clock() + 0.11);
    heat_show_progress(ctx, 0.5, 0, (double)NAN); /* done long before the deadline */
    assert_int_equal(h.n_progress, 2);
    assert_true(h.last.fraction == 0.5 && h.last.remaining_s < 100);
    heat_budget_leave(ctx, &budget);
    budget = heat_budget_enter(ctx, "sample", HEAT_FOREVER, INT64_MAX);
    wait_until(heat_clock() + 0.11);
    heat_show_progress(ctx, (double)NAN, 0, (double)NAN);
    assert_true(isnan(h.last.fraction) && isnan(h.last.remaining_s) && isnan(h.last.best));
    heat_budget_leave(ctx, &budget);
    heat_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_status_and_outcome_has_its_own_name),
        cmocka_unit_test(the_version_is_that_of_the_headers),
        cmocka_unit_test(a_failure_is_kept_as_text_and_in_parts),
        cmocka_unit_test(messages_stay_on_one_line_and_within_bounds),
        cmocka_unit_test(bad_configurations_are_refused),
        cmocka_unit_test(no_memory_for_the_context_is_a_status),
        cmocka_unit_test(a_stop_stays_until_it_is_taken_back),
        cmocka_unit_test(a_deadline_halts_the_work_and_a_stop_outranks_it),
        cmocka_unit_test(nested_verbs_share_the_tighter_budget),
        cmocka_unit_test(messages_reach_the_log_callback),
        cmocka_unit_test(progress_is_shown_at_most_ten_times_a_second),
        cmocka_unit_test(progress_counts_down_to_the_deadline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
