/* score: how likely are data under a model? */
#ifndef HEATBATH_SCORE_H
#define HEATBATH_SCORE_H

#include <heatbath/data.h>
#include <heatbath/logz.h>
#include <heatbath/model.h>
#include <heatbath/options.h>

HEAT_BEGIN_DECLS

typedef struct heat_score_options {
    size_t size;
#define HEAT_OPTION(kind, name, default_, min, max, unit, readers, help) HEAT_FIELD_##kind(name)
#include <heatbath/score.def>
#undef HEAT_OPTION
} heat_score_options;

typedef struct heat_score_result {
    size_t size;          /* set by heat_score_result_init; 0 means the first release's layout */
    heat_outcome outcome; /* of log Z, as heat_logz says it */
    const char *reason;   /* one clause; static */
    char diagnosis[256];  /* what speaks against the estimate of log Z, in words; "" if nothing does */
    const char *method;   /* that found log Z: "enumeration", "mbar"; static */
    bool exact;           /* log Z is */
    double log_z;         /* nats; NaN where it was refused or not reached */
    double error_log_z;   /* one standard error, which all rows share; 0 when exact */
    double log_z_lower, log_z_upper; /* bounds; equal to log_z when exact */
    int64_t n_rows;
    double mean_log_likelihood; /* of log p(row), nats, by the rows' weights; NaN with log_z */
    double error_rows;          /* one standard error from the scatter of the rows; NaN for one row */
    double *log_likelihood;     /* [n_rows] log p(row), NaN with log_z; owned */
    double seconds;
    int32_t n_predicted; /* with `predict`: columns; log_likelihood is then log p(these | the others), and
                            log_z NaN: there is none in it */
    double *predicted;   /* [n_rows][n_predicted] their likeliest values, given the others, of real numbers
                            their means; owned */
    double accuracy;     /* part of the rows in which all of them are right, by the rows' weights; else NaN */
    double error_accuracy;
    int64_t n_ranked;                    /* with `rank` */
    int64_t *ranked;                     /* [n_ranked] numbers of rows, the least likely first; owned */
    double log_z_forward, log_z_reverse; /* log Z by annealing there and back, of method ais; else NaN */
    double forward_error, reverse_error;
    double rmse, error_rmse; /* of real numbers that were predicted, over rows and columns; else NaN */
    double error_hidden; /* one standard error of the mean where hidden units of a row were annealed, part of
                            error_rows; 0 where they are summed */
    double bound, bound_error; /* then a lower bound to the mean, by mean field, and its error over rows; else
                                  NaN */
    bool is_bounded; /* annealing would take too long: log_likelihood are such bounds, its mean is NaN */
} heat_score_result;

HEAT_API void heat_score_options_init(heat_score_options *options);
HEAT_API void heat_score_result_init(heat_score_result *result);

/* log p(row) = log sum_h exp(-E(row, h)/T) - log Z for every row, hidden units h summed out: of an RBM in
 * closed form, of another Boltzmann machine by exact methods on what is left free, row by row, or where that
 * is not affordable by annealing, beside a lower bound, or as that bound alone. log Z as
 * heat_logz finds it. Values that are missing are summed out, or integrated over. With `predict`,
 * log p(y | x) of columns y given the others, exact whatever the model. `options` may be NULL.
 * HEAT_ERROR_ARGUMENT: the data do not fit in variables or coding; HEAT_ERROR_UNDEFINED: values are no
 * states, or missing where that is not allowed; HEAT_ERROR_UNABLE: columns to predict that may be more than
 * 2^16 ways, or too many real numbers to integrate over. Cost: that of log Z, and rows times weights. */
HEAT_API HEAT_MUST_USE heat_status heat_score(heat_context *ctx, const heat_model *model,
                                              const heat_data *data, const heat_score_options *options,
                                              heat_score_result *result);

/* Writes log p of every row: to .csv lines `row,log_likelihood` and what was predicted, to any other name a
 * number a line. The file appears whole or not at all. HEAT_ERROR_ARGUMENT: there is none; HEAT_ERROR_OUTPUT.
 */
HEAT_API HEAT_MUST_USE heat_status heat_score_result_save(heat_context *ctx, const heat_score_result *result,
                                                          const char *path);

/* Frees what the result owns and zeroes it (but its size); legal on zeroes. */
HEAT_API void heat_score_result_clear(heat_score_result *result);

HEAT_END_DECLS

#endif
