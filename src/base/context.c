/* The context: error text, stop flag, clock and progress. Everything in heatbath that can fail, fails through
 * heat_fail; everything that takes long asks heat_halted between its units. */
#include "base/context_private.h"
#include "base/memory.h"

#include <heatbath/options.h>
#include <heatbath/version.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TEXT_OF(x) TEXT_OF_(x)
#define TEXT_OF_(x) #x

static const double shortest_pause_s = 0.1; /* between two progress calls */

const char *heat_version(void)
{
    return TEXT_OF(HEAT_VERSION_MAJOR) "." TEXT_OF(HEAT_VERSION_MINOR) "." TEXT_OF(HEAT_VERSION_PATCH);
}

const char *heat_status_name(heat_status status)
{
    static const char *const names[] = {
        [HEAT_OK] = "ok",
        [HEAT_ERROR_ARGUMENT] = "error_argument",
        [HEAT_ERROR_OPTION] = "error_option",
        [HEAT_ERROR_INPUT] = "error_input",
        [HEAT_ERROR_OUTPUT] = "error_output",
        [HEAT_ERROR_MEMORY] = "error_memory",
        [HEAT_ERROR_UNDEFINED] = "error_undefined",
        [HEAT_ERROR_UNABLE] = "error_unable",
        [HEAT_ERROR_CALLBACK] = "error_callback",
        [HEAT_ERROR_INTERNAL] = "error_internal",
        [HEAT_ERROR_STOPPED] = "error_stopped",
    };
    size_t k = (size_t)status;
    return k < sizeof names / sizeof *names ? names[k] : "unknown";
}

const char *heat_outcome_name(heat_outcome outcome)
{
    static const char *const names[] = {
        [HEAT_OUTCOME_NONE] = "none",
        [HEAT_OUTCOME_PROVED] = "proved",
        [HEAT_OUTCOME_CONVERGED] = "converged",
        [HEAT_OUTCOME_COMPLETED] = "completed",
        [HEAT_OUTCOME_BEST_FOUND] = "best_found",
        [HEAT_OUTCOME_TIME] = "time",
        [HEAT_OUTCOME_NOT_CONVERGED] = "not_converged",
        [HEAT_OUTCOME_INTERRUPTED] = "interrupted",
    };
    size_t k = (size_t)outcome;
    return k < sizeof names / sizeof *names ? names[k] : "unknown";
}

void *heat_c_realloc(void *user, void *old, size_t size)
{
    (void)user;
    if (size == 0) {
        free(old);
        return NULL;
    }
    return realloc(old, size);
}

void heat_context_config_init(heat_context_config *config)
{
    *config = (heat_context_config){.size = sizeof *config, .memory = (int64_t)1 << 34};
}

heat_status heat_context_create(const heat_context_config *config, heat_context **out)
{
    heat_context_config own;
    heat_context *ctx;

    if (out == NULL)
        return HEAT_ERROR_ARGUMENT;
    *out = NULL;
    heat_context_config_init(&own);
    if (config != NULL)
        heat_struct_copy(&own, sizeof own, config, config->size);
    if (own.realloc == NULL)
        own.realloc = heat_c_realloc;
    if (own.memory <= 0)
        return HEAT_ERROR_ARGUMENT;
    ctx = own.realloc(own.user, NULL, sizeof *ctx);
    if (ctx == NULL)
        return HEAT_ERROR_MEMORY;
    memset(ctx, 0, sizeof *ctx);
    ctx->config = own;
    atomic_init(&ctx->stop_requested, 0);
    ctx->stop = &ctx->stop_requested;
    ctx->deadline_s = HEAT_FOREVER;
    *out = ctx;
    return HEAT_OK;
}

void heat_context_free(heat_context *ctx)
{
    if (ctx != NULL)
        ctx->config.realloc(ctx->config.user, ctx, 0);
}

void heat_context_stop(heat_context *ctx)
{
    atomic_store_explicit(ctx->stop, 1, memory_order_relaxed);
}

void heat_context_resume(heat_context *ctx)
{
    atomic_store_explicit(ctx->stop, 0, memory_order_relaxed);
}

void heat_context_limit(heat_context *ctx, double time_s)
{
    ctx->deadline_s = time_s < HEAT_FOREVER ? heat_clock() + time_s : HEAT_FOREVER;
}

const char *heat_context_error(const heat_context *ctx)
{
    return ctx == NULL ? "no context" : ctx->error.message;
}

heat_error heat_context_error_detail(const heat_context *ctx)
{
    const heat_error_text *e = &ctx->error;
    return (heat_error){e->status, e->message, e->option, e->value, e->file, e->line, e->column};
}

/* Makes `prefix` and the formatted words the message of a fresh error. The words may quote the one before. */
static heat_status record(heat_context *ctx, heat_status status, const char *prefix, const char *format,
                          va_list args)
{
    heat_error_text e = {.status = status};
    int used = snprintf(e.message, sizeof e.message, "%s", prefix);

    if (used >= 0 && (size_t)used < sizeof e.message)
        vsnprintf(e.message + used, sizeof e.message - (size_t)used, format, args);
    for (char *c = e.message; *c != '\0'; c++)
        if ((unsigned char)*c < ' ')
            *c = '?'; /* a message is one line, whatever the input holds */
    ctx->error = e;
    return status;
}

heat_status heat_fail(heat_context *ctx, heat_status status, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    record(ctx, status, "", format, args);
    va_end(args);
    return status;
}

heat_status heat_fail_option(heat_context *ctx, const char *option, const char *value, const char *format,
                             ...)
{
    char spelled[HEAT_WORD_SIZE];
    char prefix[HEAT_WORD_SIZE + 16];
    va_list args;

    snprintf(spelled, sizeof spelled, "%s", option);
    for (char *c = spelled; *c != '\0'; c++)
        if (*c == '_')
            *c = '-';
    snprintf(prefix, sizeof prefix, "option --%s: ", spelled);
    va_start(args, format);
    record(ctx, HEAT_ERROR_OPTION, prefix, format, args);
    va_end(args);
    snprintf(ctx->error.option, sizeof ctx->error.option, "%s", spelled);
    snprintf(ctx->error.value, sizeof ctx->error.value, "%s", value == NULL ? "" : value);
    return HEAT_ERROR_OPTION;
}

heat_status heat_fail_file(heat_context *ctx, heat_status status, const char *file, int64_t line,
                           int64_t column, const char *format, ...)
{
    char prefix[HEAT_MESSAGE_SIZE];
    va_list args;

    if (line > 0 && column > 0)
        snprintf(prefix, sizeof prefix, "%.700s:%lld:%lld: ", file, (long long)line, (long long)column);
    else if (line > 0)
        snprintf(prefix, sizeof prefix, "%.700s:%lld: ", file, (long long)line);
    else
        snprintf(prefix, sizeof prefix, "%.700s: ", file);
    va_start(args, format);
    record(ctx, status, prefix, format, args);
    va_end(args);
    snprintf(ctx->error.file, sizeof ctx->error.file, "%s", file);
    ctx->error.line = line;
    ctx->error.column = column;
    return status;
}

void heat_log(heat_context *ctx, heat_log_level level, const char *format, ...)
{
    char message[HEAT_MESSAGE_SIZE];
    va_list args;

    if (ctx->config.log == NULL)
        return;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    ctx->config.log(ctx->config.user, level, message);
}

double heat_clock(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static bool stop_was_asked(const heat_context *ctx)
{
    return atomic_load_explicit(ctx->stop, memory_order_relaxed) != 0;
}

bool heat_halted(const heat_context *ctx)
{
    return stop_was_asked(ctx) || (ctx->deadline_s < HEAT_FOREVER && heat_clock() >= ctx->deadline_s);
}

heat_status heat_halt_check(heat_context *ctx, const char *what)
{
    if (!heat_halted(ctx))
        return HEAT_OK;
    return heat_fail(ctx, HEAT_ERROR_STOPPED, "%s before %s",
                     stop_was_asked(ctx) ? "stopped on request" : "the time was up", what);
}

heat_outcome heat_halt_outcome(const heat_context *ctx, heat_outcome otherwise)
{
    if (stop_was_asked(ctx))
        return HEAT_OUTCOME_INTERRUPTED;
    return heat_halted(ctx) ? HEAT_OUTCOME_TIME : otherwise;
}

heat_budget heat_budget_enter(heat_context *ctx, const char *verb, double time_s, int64_t memory)
{
    heat_budget before = {ctx->deadline_s, ctx->config.memory, ctx->verb};
    double now = heat_clock();

    if (ctx->verb == NULL) {
        ctx->verb = verb;
        ctx->started_s = now;
        ctx->last_shown_s = now;
    }
    if (time_s < HEAT_FOREVER && now + time_s < ctx->deadline_s)
        ctx->deadline_s = now + time_s;
    if (memory < ctx->config.memory)
        ctx->config.memory = memory;
    return before;
}

void heat_budget_leave(heat_context *ctx, const heat_budget *budget)
{
    ctx->deadline_s = budget->deadline_s;
    ctx->config.memory = budget->memory;
    ctx->verb = budget->verb;
}

/* Fills in the times, and the rate from `updates`. */
static void show(heat_context *ctx, heat_progress p, double updates)
{
    double now;

    p.size = sizeof p;
    p.verb = ctx->verb;
    if (ctx->config.progress == NULL)
        return;
    now = heat_clock();
    if (now - ctx->last_shown_s < shortest_pause_s)
        return;
    ctx->last_shown_s = now;
    p.elapsed_s = now - ctx->started_s;
    p.rate = updates / p.elapsed_s;
    p.remaining_s = p.fraction > 0 ? p.elapsed_s * (1 - p.fraction) / p.fraction : (double)NAN;
    if (ctx->deadline_s < HEAT_FOREVER) {
        double left = ctx->deadline_s - now;
        if (!(p.remaining_s <= left)) {
            p.remaining_s = left > 0 ? left : 0;
            p.fraction = p.elapsed_s / (p.elapsed_s + p.remaining_s);
        }
    }
    ctx->config.progress(ctx->config.user, &p);
}

void heat_show_progress(heat_context *ctx, double fraction, double updates, double best)
{
    const double none = (double)NAN;

    ctx->done = fraction;
    show(ctx,
         (heat_progress){.fraction = fraction,
                         .best = ctx->best_is_negated ? 0 - best : best,
                         .train = none,
                         .validation = none,
                         .ess = none},
         updates);
}

void heat_show_learning(heat_context *ctx, heat_progress look)
{
    look.best = (double)NAN;
    show(ctx, look, look.best);
}

void heat_struct_copy(void *to, size_t to_size, const void *from, size_t from_size)
{
    memcpy(to, from, to_size < from_size ? to_size : from_size);
    memcpy(to, &to_size, sizeof to_size); /* every public struct begins with its size */
}
