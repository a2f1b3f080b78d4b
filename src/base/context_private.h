/* The inside of heat_context, and how every room reports failure, asks whether to stop, and shows progress.
 */
#ifndef HEATBATH_CONTEXT_PRIVATE_H
#define HEATBATH_CONTEXT_PRIVATE_H

#include <heatbath/context.h>
#include <stdatomic.h>

enum { HEAT_MESSAGE_SIZE = 1024, HEAT_WORD_SIZE = 256 };

/* The last error, with room for its strings. */
typedef struct heat_error_text {
    heat_status status;
    char message[HEAT_MESSAGE_SIZE];
    char option[HEAT_WORD_SIZE];
    char value[HEAT_WORD_SIZE];
    char file[HEAT_MESSAGE_SIZE];
    int64_t line, column;
} heat_error_text;

/* The allocator of a context that was given none. */
void *heat_c_realloc(void *user, void *old, size_t size);

struct heat_context {
    heat_context_config config;
    atomic_int stop_requested;
    atomic_int *stop;       /* of the context that the user holds; workers share it */
    double deadline_s;      /* on heat_clock's scale; HEAT_FOREVER without one */
    double started_s;       /* when the outermost verb began */
    double last_shown_s;    /* of the last progress call */
    double done;            /* fraction of the work last noted; NaN where it is not known */
    const char *verb;       /* the outermost verb under way, NULL if none */
    bool best_is_negated;   /* a maximum is sought: progress shows minus the energy it is given */
    struct heat_team *team; /* threads that wait for what heat_parallel_for is given; NULL: none do */
    heat_error_text error;
};

/* Records an error and returns `status`, so that a caller writes `return heat_fail(...)`. A line break never
 * belongs in a message. */
heat_status heat_fail(heat_context *ctx, heat_status status, const char *format, ...) HEAT_PRINTF(3, 4);

/* The same for an option at fault; its message begins with "option --NAME: ". `value` may be NULL. */
heat_status heat_fail_option(heat_context *ctx, const char *option, const char *value, const char *format,
                             ...) HEAT_PRINTF(4, 5);

/* The same for a file at fault; its message begins with "FILE:LINE:COLUMN: ". A line or column of 0 is left
 * out. */
heat_status heat_fail_file(heat_context *ctx, heat_status status, const char *file, int64_t line,
                           int64_t column, const char *format, ...) HEAT_PRINTF(6, 7);

/* Hands a message to the log callback. */
void heat_log(heat_context *ctx, heat_log_level level, const char *format, ...) HEAT_PRINTF(3, 4);

/* Monotonic seconds. */
double heat_clock(void);

/* True once the user asked to stop or the deadline has passed: finish the unit, keep what is there. */
bool heat_halted(const heat_context *ctx);

/* HEAT_ERROR_STOPPED once halted, "the time was up before WHAT": for work that is worth nothing unfinished.
 */
HEAT_MUST_USE heat_status heat_halt_check(heat_context *ctx, const char *what);

/* The outcome that belongs to a halt: INTERRUPTED, TIME, or `otherwise` when nothing halted the work. */
heat_outcome heat_halt_outcome(const heat_context *ctx, heat_outcome otherwise);

/* What a verb puts back when it ends; nested verbs share the outermost one's clock and the tighter limits. */
typedef struct heat_budget {
    double deadline_s;
    int64_t memory;
    const char *verb;
} heat_budget;

/* Begins a verb: its time limit (seconds from now) and memory limit (bytes) hold until heat_budget_leave. */
heat_budget heat_budget_enter(heat_context *ctx, const char *verb, double time_s, int64_t memory);
void heat_budget_leave(heat_context *ctx, const heat_budget *budget);

/* Notes and shows progress, at most 10 times a second. `updates` so far; NaN in fraction or best where
 * unknown. */
void heat_show_progress(heat_context *ctx, double fraction, double updates, double best);

/* The same for training: fraction, and of the last look epoch, train, validation and ess. */
void heat_show_learning(heat_context *ctx, heat_progress look);

/* Copies a public struct of this library out to, or in from, a caller whose version may be older and shorter.
 */
void heat_struct_copy(void *to, size_t to_size, const void *from, size_t from_size);

#endif
