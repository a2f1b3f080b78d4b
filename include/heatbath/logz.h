/* logz: how many states count? */
#ifndef HEATBATH_LOGZ_H
#define HEATBATH_LOGZ_H

#include <heatbath/cost.h>
#include <heatbath/methods.h>
#include <heatbath/model.h>
#include <heatbath/options.h>

HEAT_BEGIN_DECLS

typedef struct heat_logz_options {
    size_t size;
#define HEAT_OPTION(kind, name, default_, min, max, unit, readers, help) HEAT_FIELD_##kind(name)
#include <heatbath/logz.def>
#undef HEAT_OPTION
} heat_logz_options;

/* log Z and what follows from it at one temperature. */
typedef struct heat_logz_row {
    double temperature;
    double log_z;                    /* nats */
    double error;                    /* one standard error; 0 when exact */
    double log_z_lower, log_z_upper; /* bounds; equal to log_z when exact */
    double free_energy;              /* -T log Z */
    double mean_energy;
    double entropy; /* nats */
} heat_logz_row;

typedef struct heat_logz_result {
    size_t size; /* set by heat_logz_result_init; 0 means the first release's layout */
    heat_outcome outcome;
    const char *reason; /* why this method, one clause; static */
    const char *method; /* "enumeration", "elimination", "planar"; static */
    bool exact;
    double log_z, error; /* of the first temperature, as in rows[0] */
    int32_t n_rows;
    heat_logz_row *rows; /* one a temperature; owned */
    double seconds;
} heat_logz_result;

HEAT_API void heat_logz_options_init(heat_logz_options *options);
HEAT_API void heat_logz_result_init(heat_logz_result *result);

/* The logarithm of Z = sum over states of exp(-E/T). Outcome PROVED, or INTERRUPTED or TIME with NaN rows.
 * `options` may be NULL. HEAT_ERROR_UNABLE: too wide for `memory`: the message names the width found and the
 * width affordable; or, of a planar graph, too cold for 32 digits. Cost: O(variables * 2^width) a temperature
 * by elimination, O(2^variables) by enumeration, O(variables^1.5) by Pfaffians. */
HEAT_API HEAT_MUST_USE heat_status heat_logz(heat_context *ctx, const heat_model *model,
                                             const heat_logz_options *options, heat_logz_result *result);

/* What heat_logz would take with these options (NULL: the defaults); `exact` is what heat_exact_estimate says
 * of the model within the memory of the options. Cost: O(1). */
HEAT_API HEAT_MUST_USE heat_status heat_logz_estimate(heat_context *ctx, const heat_model *model,
                                                      const heat_logz_options *options,
                                                      const heat_exact_cost *exact, heat_cost *cost);

/* Frees what the result owns and zeroes it (but its size); legal on zeroes. */
HEAT_API void heat_logz_result_clear(heat_logz_result *result);

HEAT_END_DECLS

#endif
