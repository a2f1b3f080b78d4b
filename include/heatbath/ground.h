/* ground: where is the energy lowest? */
#ifndef HEATBATH_GROUND_H
#define HEATBATH_GROUND_H

#include <heatbath/cost.h>
#include <heatbath/methods.h>
#include <heatbath/model.h>
#include <heatbath/options.h>

HEAT_BEGIN_DECLS

typedef struct heat_ground_options {
    size_t size;
#define HEAT_OPTION(kind, name, default_, min, max, unit, readers, help) HEAT_FIELD_##kind(name)
#include <heatbath/ground.def>
#undef HEAT_OPTION
} heat_ground_options;

typedef struct heat_ground_result {
    size_t size; /* set by heat_ground_result_init; 0 means the first release's layout */
    heat_outcome outcome;
    const char *reason; /* why it stopped, one clause; static */
    const char *method; /* "enumeration", "elimination", "anneal"; static */
    double energy;      /* of `state`, recomputed from the definition */
    double bound;       /* no state lies lower (with `maximize` higher); NaN if none is known */
    int32_t n_variables;
    int8_t *state; /* n_variables, in the model's coding; owned */
    int64_t n_trajectory;
    double *trajectory_s;      /* n_trajectory times at which the best improved, seconds; owned */
    double *trajectory_energy; /* and the energies; owned */
    int64_t updates;           /* variables visited; 0 for exact methods */
    double seconds;
    int64_t sweeps;         /* that each replica made; 0 for exact methods */
    int64_t restarts;       /* anneals begun after the first */
    double hot, cold;       /* the schedule's ends; NaN for exact methods */
    int64_t n_states;       /* states kept, with `keep`; best first */
    int8_t *states;         /* [n_states][n_variables]; owned */
    double *state_energies; /* [n_states]; owned */
    int64_t *state_counts;  /* [n_states] how many anneals ended there; owned */
    const char *schedule; /* kind of the one that ran, "geometric", "linear" or "cyclic"; NULL: exact methods;
                             static */
    double *values; /* what `state` is of other models, of an RBM some of whose units are real numbers, whose
                       `state` and `states` are NULL; owned */
    double *kept_values; /* [n_states][n_variables] likewise; of a potential all minima found, with `keep` so
                            many */
    double *curvatures;  /* of a potential: [n_states][n_variables] eigenvalues of the Hessian there,
                            ascending;  owned; NULL beyond 60 variables */
    int64_t n_saddles;   /* of a potential: points without slope that one direction falls off from, lowest
                            first */
    double *saddles;     /* [n_saddles][n_variables]; owned */
    double *saddle_energies;   /* [n_saddles]; owned */
    double *saddle_curvatures; /* [n_saddles][n_variables] like curvatures; owned */
    int64_t *saddle_ends; /* [n_saddles][2] the states that the two sides fall to; -1: none of them; owned */
    int64_t period;       /* of a cyclic schedule, sweeps; else 0 */
    double
        *extents; /* of a potential: [n_states] 0 where the minimum is isolated; else it stands for a valley
                     of one energy, of which points were seen so far off, in scales of the variables; owned */
} heat_ground_result;

HEAT_API void heat_ground_options_init(heat_ground_options *options);
HEAT_API void heat_ground_result_init(heat_ground_result *result);

/* Searches for the state of lowest energy, or with `maximize` of highest; every energy of options and result
 * has the model's sign, and a forbidden state (energy +infinity) is no maximum. Outcome PROVED (exact
 * methods), COMPLETED (target reached), BEST_FOUND, TIME or INTERRUPTED; the state is always the best that
 * was seen. `options` may be NULL for the defaults. Same bits for any number of threads, except under `time`.
 * Of an RBM with a layer of few
 * values and one of real numbers the latter is at its best; two Gaussian layers are a quadratic form.
 * HEAT_ERROR_UNDEFINED where an energy has no lowest, or no highest, value. HEAT_ERROR_UNABLE: a Gaussian
 * visible and a ReLU hidden layer; or method exact, and too wide for `memory`: the message names the width
 * found and the width affordable. Cost: anneal O(sweeps * replicas * (variables + edges)). Source:
 * Kirkpatrick, Gelatt, Vecchi, Science 220 (1983) 671. */
HEAT_API HEAT_MUST_USE heat_status heat_ground(heat_context *ctx, const heat_model *model,
                                               const heat_ground_options *options,
                                               heat_ground_result *result);

/* What heat_ground would take with these options (NULL: the defaults); `exact` is what heat_exact_estimate
 * says of the model within the memory of the options. Cost: O(1). */
HEAT_API HEAT_MUST_USE heat_status heat_ground_estimate(heat_context *ctx, const heat_model *model,
                                                        const heat_ground_options *options,
                                                        const heat_exact_cost *exact, heat_cost *cost);

/* Frees what the result owns and zeroes it (but its size); legal on zeroes. */
HEAT_API void heat_ground_result_clear(heat_ground_result *result);

/* Writes the state: to .csv lines `index,value` in the names of `model`'s input, to any other name a value a
 * line. The file appears whole or not at all. HEAT_ERROR_ARGUMENT: there is no state; HEAT_ERROR_OUTPUT. */
HEAT_API HEAT_MUST_USE heat_status heat_ground_result_save(heat_context *ctx, const heat_model *model,
                                                           const heat_ground_result *result,
                                                           const char *path);

HEAT_END_DECLS

#endif
