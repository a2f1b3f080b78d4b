/* The context: allocator, messages, progress, the stop flag and the last error of one thread's work.
 * Every function of heatbath that can fail takes one. One thread uses a context at a time; only
 * heat_context_stop may be called from elsewhere. */
#ifndef HEATBATH_CONTEXT_H
#define HEATBATH_CONTEXT_H

#include <heatbath/status.h>

HEAT_BEGIN_DECLS

typedef struct heat_context heat_context;

typedef enum heat_log_level {
    HEAT_LOG_NOTE = 0, /* what was chosen, or found, and may surprise */
    HEAT_LOG_WARNING   /* what the input probably did not mean */
} heat_log_level;

/* One look at work under way. Read the fields up to `size`. */
typedef struct heat_progress {
    size_t size;              /* of this struct in the library, bytes */
    const char *verb;         /* "ground", "sample", "logz", "learn" */
    double fraction;          /* of the work done, 0 to 1; NaN while unknown */
    double elapsed_s;         /* since the verb began */
    double remaining_s;       /* estimated; NaN while unknown */
    double rate;              /* updates (of one variable) per second; NaN where it means nothing */
    double best;              /* lowest energy so far (ground); NaN elsewhere */
    int64_t epoch;            /* of the last look (learn); 0: none yet, or another verb */
    double train, validation; /* log-likelihoods a row at that look; NaN where there is none */
    double ess;               /* of persistent chains at that look; NaN likewise */
} heat_progress;

/* realloc, malloc and free in one: size 0 frees `old` and returns NULL; returns NULL when memory is short. */
typedef void *(*heat_realloc_fn)(void *user, void *old, size_t size);
typedef void (*heat_log_fn)(void *user, heat_log_level level, const char *message);
typedef void (*heat_progress_fn)(void *user, const heat_progress *progress);

typedef struct heat_context_config {
    size_t size;               /* set by heat_context_config_init */
    void *user;                /* handed to the three callbacks */
    heat_realloc_fn realloc;   /* must be callable from several threads; NULL: the C library's */
    heat_log_fn log;           /* NULL: messages are dropped */
    heat_progress_fn progress; /* called from the calling thread, at most 10 times a second; NULL: none */
    int64_t memory;            /* largest single request, bytes; verbs lower it by their option `memory` */
} heat_context_config;

/* The last error, in parts. Strings are "" and numbers 0 where a part means nothing. */
typedef struct heat_error {
    heat_status status;
    const char *message; /* a whole sentence with file, line, option name and value in it */
    const char *option;  /* name of the option at fault, as the command line spells it */
    const char *value;   /* its value, or the word in the file */
    const char *file;
    int64_t line;   /* 1-based */
    int64_t column; /* 1-based, bytes */
} heat_error;

/* Fills in the defaults: the C library's allocator, no callbacks, 16 GiB. */
HEAT_API void heat_context_config_init(heat_context_config *config);

/* Creates a context. `config` may be NULL for the defaults. On failure *out is NULL and the status says why.
 */
HEAT_API HEAT_MUST_USE heat_status heat_context_create(const heat_context_config *config, heat_context **out);

/* Frees a context; NULL is allowed. Models and results made with it stay valid. */
HEAT_API void heat_context_free(heat_context *ctx);

/* Asks the work under way to stop at its next unit (milliseconds, as a rule). Async-signal-safe, and callable
 * from any thread. The verb returns HEAT_OK with the best so far and HEAT_OUTCOME_INTERRUPTED; making or
 * reading a model, of which half is worth nothing, may fail with HEAT_ERROR_STOPPED. The request stays until
 * heat_context_resume. */
HEAT_API void heat_context_stop(heat_context *ctx);

/* Takes back an earlier heat_context_stop. */
HEAT_API void heat_context_resume(heat_context *ctx);

/* Gives all work with this context `time_s` seconds from now (HEAT_FOREVER of options.h: no limit), whatever
 * the verbs' own options `time` say. Then a verb ends with HEAT_OUTCOME_TIME, and reading a model fails with
 * HEAT_ERROR_STOPPED. Call it between verbs only. */
HEAT_API void heat_context_limit(heat_context *ctx, double time_s);

/* The last error's sentence; "" if there was none, "no context" of NULL. Valid until the next failing call
 * with this context. */
HEAT_API const char *heat_context_error(const heat_context *ctx);

/* The last error in parts, for programs. The strings live as long as heat_context_error's. */
HEAT_API heat_error heat_context_error_detail(const heat_context *ctx);

HEAT_END_DECLS

#endif
