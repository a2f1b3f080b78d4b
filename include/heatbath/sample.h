/* sample: what does the system look like at temperature T? */
#ifndef HEATBATH_SAMPLE_H
#define HEATBATH_SAMPLE_H

#include <heatbath/cost.h>
#include <heatbath/engines.h>
#include <heatbath/model.h>
#include <heatbath/options.h>

HEAT_BEGIN_DECLS

typedef struct heat_sample_options {
    size_t size;
#define HEAT_OPTION(kind, name, default_, min, max, unit, readers, help) HEAT_FIELD_##kind(name)
#include <heatbath/sample.def>
#undef HEAT_OPTION
} heat_sample_options;

/* One measured quantity. Averages carry all fields; derived quantities (heat capacity, Binder cumulant) carry
 * mean and error only, the rest NaN. A quantity refused by a diagnostic has NaN in mean and error. */
typedef struct heat_observable {
    const char *name; /* "energy", "heat_capacity", or that of a variable; lives as long as the array */
    double mean;
    double error; /* one standard error */
    double sd;    /* of one draw */
    double q05, q50, q95;
    double tau; /* integrated autocorrelation time, sweeps */
    double ess; /* bulk effective sample size over all chains */
    double ess_tail;
    double rhat; /* rank-normalised split R-hat */
    /* Of engines without a Metropolis test: what the step has added to the mean, found by a smaller one, and
     * its standard error; else 0. NaN where either step's mean was refused. */
    double step_bias, step_bias_error;
} heat_observable;

/* A histogram: p[bin] is the share of draws from edges[bin] to edges[bin + 1]. All arrays are owned by the
 * result; NaN in p and error where the average of the same name was refused. */
typedef struct heat_sample_histogram {
    const char *name; /* of the observable, and the same text */
    int32_t n_bins;
    double *edges; /* n_bins + 1 */
    double *p;     /* n_bins, sums to 1 */
    double *error; /* n_bins, one standard error */
} heat_sample_histogram;

/* What became of the chains at one temperature in the basin of one minimum, the points from which the way
 * downhill leads there. NaN where a number was refused. */
typedef struct heat_sample_basin {
    double occupancy, occupancy_error;         /* share of draws, as observable occupancy_K */
    int64_t departures;                        /* draws here whose next of the chain is elsewhere */
    int64_t n_passages;                        /* from the minimum out of the basin, seen to their end */
    double first_passage, first_passage_error; /* their mean time, in `passage_unit` */
    double first_passage_bias, first_passage_bias_error; /* what the step has added to it; else 0 */
    double watched; /* time on all such ways, also those that were not seen to their end */
} heat_sample_basin;

typedef struct heat_sample_temperature {
    double temperature;
    heat_outcome outcome; /* CONVERGED or NOT_CONVERGED */
    int32_t n_observables;
    heat_observable *observables; /* owned by the result */
    double acceptance;            /* flips per visited variable after burn-in */
    double *spin_mean;            /* n_variables, with observables=spins; else NULL */
    double *spin_error;
    double *edge_mean; /* n_edges, with observables=edges, in the order of edge_i, edge_j; else NULL */
    double *edge_error;
    double exchange; /* of a ladder: accepted swaps with the next temperature, of those tried; else NaN */
    double log_z;    /* of engine population; else NaN */
    double log_z_error;
    double family_size; /* of engine population: members that descend from one of the start, in the mean */
    int64_t
        discarded; /* measured sweeps of each chain that were left out: it had not yet forgotten its start */
    int32_t n_histograms;
    heat_sample_histogram *histograms; /* with the option histogram; owned by the result */
    double step;                       /* of engines that walk in space, as option `step`; else NaN */
    int64_t divergences;               /* moves after the burn-in that were lost: the energy rose by more than
                                          1000 T, or, of nuts, by more than T in a step however short; -1 of
                                          other engines */
    heat_sample_basin *basins;         /* [n_basins], with observables=basins; else NULL; owned */
    double e_bfmi; /* of engines with trajectories: the least of any chain, see docs; else NaN */
} heat_sample_temperature;

/* What the sweep of a walk in space that led to a draw was like. */
typedef struct heat_sample_move {
    double acceptance;   /* the probability with which its moves are taken, in the mean */
    double step;         /* as option `step` */
    double depth;        /* doublings of the trajectory of nuts; else 0 */
    double n_leaps;      /* of leapfrog; 0 of engines that make none */
    double is_lost;      /* 1 of a divergence, else 0 */
    double total_energy; /* U and the kinetic energy where it ended, over T; NaN of engines without momenta */
} heat_sample_move;

typedef struct heat_sample_result {
    size_t size; /* set by heat_sample_result_init; 0 means the first release's layout */
    heat_outcome outcome;
    char *reasons;      /* the failing criteria, one a line; "" if none; owned */
    const char *engine; /* the one that ran; static */
    int32_t n_temperatures;
    heat_sample_temperature *temperatures; /* owned */
    int32_t n_variables;
    int32_t n_chains; /* at each temperature */
    int64_t n_sweeps; /* measured sweeps of each chain: less than asked for when stopped early */
    int64_t n_edges;
    int32_t *edge_i; /* n_edges, with observables=edges; owned */
    int32_t *edge_j;
    int64_t n_draws;  /* kept states of each chain, with keep_states */
    int8_t *states;   /* [temperature][chain][draw][variable], the model's coding; owned; NULL without
                         keep_states */
    double *energies; /* [temperature][chain][draw]; owned */
    int64_t updates;  /* variables visited, burn-in included */
    double seconds;
    double effective_replicas; /* independent chains at each temperature: here, all of them */
    int64_t round_trips;       /* of chains of a ladder, coldest to hottest and back; -1 for other engines */
    int32_t n_between;
    heat_sample_temperature *between; /* with `interpolate`: temperatures between those of the scan,
                                         ascending; mean and error of what can be had there; owned */
    double normal_energy; /* of a glass without fields whose couplings a built-in drew from a normal
                             distribution: their variance times their number; else 0 */
    int64_t n_models;     /* 1; of an average, how many models it is over */
    double wave_number;   /* of a lattice: 2 sin(pi / L), L the first extent; else 0 */
    const char *layout;   /* how the chains lay in memory: "bits", "stripes", "lanes", "bytes", "clusters",
                             "units", "rows"; NULL of engines that keep no chains; static */
    int64_t n_clamped;    /* variables held by `clamp` */
    double *values; /* what `states` is of other models, of an RBM some of whose units are real numbers, whose
                       `states` is NULL; spins are -1 and +1; owned */
    heat_sample_move *moves; /* [temperature][chain][draw], with keep_states and output_format "stan", of
                                engines that walk in space; owned */
    int64_t n_cycles; /* with `schedule`: draws of each chain that are averaged, one at each cold end; else 0
                       */
    double *draw_temperatures; /* [draw] with `schedule` and keep_states, which then keeps every thin-th state
                                  of the whole way: T when it was kept; owned */
    int32_t n_basins;          /* of a potential, with observables=basins: by rising energy of the minimum */
    double *basin_states;      /* [n_basins][n_variables] the minima; owned */
    double *basin_energies;    /* [n_basins]; owned */
    const char *passage_unit;  /* "time", of Langevin dynamics, or "sweeps"; NULL: no passages; static */
    double *cycle_occupancy;   /* [n_cycles][n_basins], with `schedule`: share of the chains that end that
                                  cycle there; owned */
} heat_sample_result;

/* How many independent replicas the chains of a run are worth. */
typedef struct heat_replicas {
    size_t size;      /* set by heat_replicas_init */
    double effective; /* NaN where the run was cut short */
    double error;     /* one standard error, of a jackknife over blocks of draws */
    int64_t n_draws;
    const char *layout; /* as in heat_sample_result */
} heat_replicas;

HEAT_API void heat_sample_options_init(heat_sample_options *options);
HEAT_API void heat_sample_result_init(heat_sample_result *result);

/* Draws states with probability proportional to exp(-E/T) and averages over them. Outcome CONVERGED, or
 * NOT_CONVERGED when some R-hat exceeds 1.01 or some effective sample size is below 100 (Vehtari et al.,
 * Bayesian Analysis 16 (2021) 667), or INTERRUPTED. `options` may be NULL. Same bits for any number of
 * threads, except under `time`. Memory: 16 bytes a sweep and chain, one byte a kept spin; HEAT_ERROR_UNABLE
 * if that exceeds `memory`; HEAT_ERROR_UNDEFINED if units that are real numbers run away; HEAT_ERROR_OPTION:
 * an engine that is not for this kind of model. Cost: O((burn_in + sweeps) * chains * (variables + edges)).
 */
HEAT_API HEAT_MUST_USE heat_status heat_sample(heat_context *ctx, const heat_model *model,
                                               const heat_sample_options *options,
                                               heat_sample_result *result);

/* The average over n results of models that are samples of one disorder, run alike: of every observable the
 * mean over models, its standard error from their scatter (which holds the thermal errors) and in sd the
 * scatter without them; the same between the temperatures, where all were interpolated. Binder cumulants and
 * correlation lengths are ratios of averages over models, [<q^4>] / [<q^2>]^2, with a jackknife over models.
 * An observable that any model withholds is withheld (NaN). Where all are glasses of normal couplings and the
 * link overlap was measured, `energy_link_identity` is E + (1 - q_link) times normal_energy / T: 0 on average
 * over the couplings, in equilibrium (Katzgraber, Palassini, Young, Phys. Rev. B 63 (2001) 184422). The
 * outcome is the worst of all, and NOT_CONVERGED where that is off by more than 4 standard errors.
 * HEAT_ERROR_ARGUMENT if temperatures or observables differ. Key the runs' streams by the option `index`. */
HEAT_API HEAT_MUST_USE heat_status heat_sample_average(heat_context *ctx, int64_t n,
                                                       const heat_sample_result *results,
                                                       heat_sample_result *average);

/* Writes the kept states: .npy (states alone, axes temperature, chain, draw, variable), .h5 (also energies,
 * temperatures, and the names of axes and variables) or .csv (a line each: chain, draw, temperature, energy,
 * variables, under the names that the input of `model` gives them; NULL: x0, x1, ...). All but .h5 may end in
 * .gz. The file appears whole or not at all. */
HEAT_API HEAT_MUST_USE heat_status heat_sample_result_save(heat_context *ctx, const heat_model *model,
                                                           const heat_sample_result *result,
                                                           const char *path);

/* The file in which heat_sample_result_save_stan writes chain `chain` at temperature `t`, from 0:
 * "NAME_1.csv" for chain 0 and path "NAME.csv", "NAME_T0.5_1.csv" where there are several temperatures.
 * Writes it into `buffer` (always terminated) and returns the length that the whole text has. */
HEAT_API size_t heat_sample_stan_path(const heat_sample_result *result, int32_t t, int32_t chain,
                                      const char *path, char *buffer, size_t size);

/* Writes the kept states as CmdStan writes its draws, a CSV of each chain at each temperature, for
 * cmdstanpy, cmdstanr, ArviZ and posterior: `lp__` = -E/T, what the sweep was like (`accept_stat__`, and of
 * engines with momenta `stepsize__`, `treedepth__`, `n_leapfrog__`, `divergent__`, `energy__`), then the
 * variables. `options` are those of the run. Each file appears whole or not at all. */
HEAT_API HEAT_MUST_USE heat_status heat_sample_result_save_stan(heat_context *ctx, const heat_model *model,
                                                                const heat_sample_options *options,
                                                                const heat_sample_result *result,
                                                                const char *path);

/* What heat_sample would take with these options (NULL: the defaults); `exact` is what heat_exact_estimate
 * says of the model within the memory of the options. Cost: O(1). */
HEAT_API HEAT_MUST_USE heat_status heat_sample_estimate(heat_context *ctx, const heat_model *model,
                                                        const heat_sample_options *options,
                                                        const heat_exact_cost *exact, heat_cost *cost);

HEAT_API void heat_replicas_init(heat_replicas *replicas);

/* Measures how many independent replicas the `replicas` chains of such a run are worth at one temperature:
 * the variance of one chain's energy over that of the mean of all, at draws `thin` sweeps apart of a run from
 * random states. It is their number where each chain has random numbers of its own, and one to five where
 * they share them. Draws that remember each other make the error larger, not the value wrong. At least 100
 * draws (sweeps / thin). Engines that move single chains alone; others: HEAT_ERROR_OPTION. */
HEAT_API HEAT_MUST_USE heat_status heat_replicas_check(heat_context *ctx, const heat_model *model,
                                                       const heat_sample_options *options,
                                                       heat_replicas *replicas);

/* Frees what the result owns and zeroes it (but its size); legal on zeroes. */
HEAT_API void heat_sample_result_clear(heat_sample_result *result);

HEAT_END_DECLS

#endif
