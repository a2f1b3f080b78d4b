/* Status: did the call work. Outcome: how far it got. They are two questions, so they are two enums. */
#ifndef HEATBATH_STATUS_H
#define HEATBATH_STATUS_H

#include <heatbath/export.h>

HEAT_BEGIN_DECLS

typedef enum heat_status {
    HEAT_OK = 0,
    HEAT_ERROR_ARGUMENT,  /* a NULL, a size or an index that the function's contract forbids */
    HEAT_ERROR_OPTION,    /* an unknown option, a value out of range, one of no use to engine or model */
    HEAT_ERROR_INPUT,     /* a file or a model text that cannot be opened or does not parse */
    HEAT_ERROR_OUTPUT,    /* a file that cannot be written, a full disk */
    HEAT_ERROR_MEMORY,    /* the allocator failed, or the request exceeds the memory allowed */
    HEAT_ERROR_UNDEFINED, /* there is no such number */
    HEAT_ERROR_UNABLE,    /* the number exists, but is too large a task, or the verb is not for this model */
    HEAT_ERROR_CALLBACK,  /* a custom model's callback failed or returned NaN */
    HEAT_ERROR_INTERNAL,  /* heatbath's own check failed: a bug, please report it */
    HEAT_ERROR_STOPPED    /* asked to stop, or out of time, before there was anything to report */
} heat_status;

/* From best to worst: of several runs, the greatest is what they are worth together. */
typedef enum heat_outcome {
    HEAT_OUTCOME_NONE = 0,      /* nothing has run */
    HEAT_OUTCOME_PROVED,        /* an exact method: the answer is the answer */
    HEAT_OUTCOME_CONVERGED,     /* a sampler whose diagnostics all passed */
    HEAT_OUTCOME_COMPLETED,     /* all that was asked for has been done */
    HEAT_OUTCOME_BEST_FOUND,    /* a search ended by its own limit; the state is the best it saw */
    HEAT_OUTCOME_TIME,          /* stopped by the time option */
    HEAT_OUTCOME_NOT_CONVERGED, /* a diagnostic failed: the numbers it refuses are NaN */
    HEAT_OUTCOME_INTERRUPTED    /* stopped by heat_context_stop */
} heat_outcome;

/* The name of a status, "ok" or "error_input"; never NULL. */
HEAT_API const char *heat_status_name(heat_status status);

/* The name of an outcome as the JSON prints it, "proved" or "not_converged"; never NULL. */
HEAT_API const char *heat_outcome_name(heat_outcome outcome);

HEAT_END_DECLS

#endif
