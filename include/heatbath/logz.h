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
    double mean_energy_error, entropy_error;
    double heat_capacity, heat_capacity_error; /* Var(E) / T^2 of the whole system; NaN where not known */
} heat_logz_row;

/* One temperature of the ladder by which log Z was estimated, from infinite temperature (beta 0) on. */
typedef struct heat_logz_rung {
    double beta;
    double log_z, error;
    double mean_energy; /* with a reference R, of potentials its log density: of E + T R, which beta
                           multiplies along the way; of potentials it may have no mean at beta 0 */
    double tau;         /* draws that make one independent draw, as estimated; >= 1 */
    double overlap;     /* likeness of its energies and those of the next rung, 0 to 1; NaN for the last */
} heat_logz_rung;

/* One level of a density of states. */
typedef struct heat_logz_level {
    double energy;
    double log_count, error; /* of the states that have this energy; nats */
} heat_logz_level;

typedef struct heat_logz_result {
    size_t size; /* set by heat_logz_result_init; 0 means the first release's layout */
    heat_outcome outcome;
    const char *reason; /* for the outcome, one clause; static */
    const char *method; /* "enumeration", "elimination", "planar"; static */
    bool exact;
    double log_z, error; /* of the first temperature, as in rows[0] */
    int32_t n_rows;
    heat_logz_row *rows; /* one a temperature; owned */
    double seconds;
    char diagnosis[256];     /* what speaks against an estimate, in words; "" if nothing does */
    int64_t n_chains;        /* chains, members or walkers; 0 when exact */
    int64_t n_sweeps;        /* that each has made */
    int64_t updates;         /* variables visited by all */
    double ess;              /* least effective number of independent draws or weights; NaN when exact */
    double overlap;          /* the least of the rungs'; NaN without a ladder */
    double families;         /* effective number of families of an annealed population; else NaN */
    double bootstrap_error;  /* of log_z by the bootstrap, where weights are averaged; else NaN */
    double integral;         /* log_z by thermodynamic integration over the same ladder; NaN without one */
    double integral_error;   /* one standard error, the integration rule's own included */
    double bar, bar_error;   /* log_z by Bennett's ratio between neighbouring rungs; NaN without a ladder */
    double forward, reverse; /* log_z by annealing from infinite temperature, and back to it; else NaN */
    double forward_error, reverse_error;
    int32_t n_rungs;
    heat_logz_rung *rungs; /* owned; NULL without a ladder */
    int64_t n_levels;
    heat_logz_level *levels; /* the density of states by wang-landau; owned; else NULL */
    int32_t n_variables;     /* of the model, clamped ones included */
    double ground_energy; /* the lowest level met, where energies are integers and draws there are enough */
    double log_degeneracy, log_degeneracy_error; /* of that level's states, nats; NaN where not known */
    const char
        *method_reason; /* why `auto` took the method, one clause; NULL where one was asked for; static */
} heat_logz_result;

HEAT_API void heat_logz_options_init(heat_logz_options *options);
HEAT_API void heat_logz_result_init(heat_logz_result *result);

/* The logarithm of Z = sum over states of exp(-E/T). `options` may be NULL. HEAT_ERROR_OPTION: a method that
 * is not for this kind of model.
 *
 * Exact: outcome PROVED, or INTERRUPTED or TIME with NaN rows. HEAT_ERROR_UNABLE: too wide for `memory`: the
 * message names the width found and the width affordable; or, of a planar graph, too cold for 32 digits.
 * Cost: O(variables * 2^width) a temperature by elimination, O(2^variables) by enumeration, O(variables^1.5)
 * by Pfaffians.
 *
 * Estimated: the run grows until the error of log Z is below `target_error` at every temperature: CONVERGED.
 * TIME or INTERRUPTED: it was ended before; the numbers are what was reached, NaN if that is nothing.
 * NOT_CONVERGED: `sweeps` were made and the error is larger, or a diagnostic failed, and then the numbers are
 * NaN; `reason` and `diagnosis` say which. HEAT_ERROR_UNABLE: the model forbids states, or MBAR's solver
 * failed. */
HEAT_API HEAT_MUST_USE heat_status heat_logz(heat_context *ctx, const heat_model *model,
                                             const heat_logz_options *options, heat_logz_result *result);

/* One quantity over samples of a disorder. */
typedef struct heat_logz_mean {
    double mean;
    double error;   /* one standard error, from the scatter of the samples; NaN for one sample */
    double scatter; /* standard deviation between samples, their own errors taken out */
} heat_logz_mean;

typedef struct heat_logz_average_row {
    double temperature;
    heat_logz_mean log_z, free_energy, mean_energy, entropy; /* per variable */
} heat_logz_average_row;

typedef struct heat_logz_average {
    size_t size; /* of the caller's struct; 0 means the first release's layout */
    int64_t n_models;
    int32_t n_rows;
    heat_logz_average_row *rows; /* one a temperature; owned */
} heat_logz_average;

/* The average per variable over n results of models that are samples of one disorder, at the same
 * temperatures. What any model withholds is withheld (NaN). HEAT_ERROR_ARGUMENT if temperatures differ, or a
 * model has no variables. Key the runs' streams by the option `index`. */
HEAT_API HEAT_MUST_USE heat_status heat_logz_average_get(heat_context *ctx, int64_t n,
                                                         const heat_logz_result *results,
                                                         heat_logz_average *average);

/* Frees what the average owns and zeroes it (but its size); legal on zeroes. */
HEAT_API void heat_logz_average_clear(heat_logz_average *average);

/* What heat_logz would take with these options (NULL: the defaults); `exact` is what heat_exact_estimate says
 * of the model within the memory of the options. Cost: O(1). */
HEAT_API HEAT_MUST_USE heat_status heat_logz_estimate(heat_context *ctx, const heat_model *model,
                                                      const heat_logz_options *options,
                                                      const heat_exact_cost *exact, heat_cost *cost);

/* Frees what the result owns and zeroes it (but its size); legal on zeroes. */
HEAT_API void heat_logz_result_clear(heat_logz_result *result);

HEAT_END_DECLS

#endif
