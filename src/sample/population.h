/* Annealed populations: members are cooled together, resampled at each step by their Boltzmann weights, and
 * moved by sweeps in between. Each population estimates log Z on the way. */
#ifndef HEATBATH_POPULATION_H
#define HEATBATH_POPULATION_H

#include "sample/engine.h"

typedef struct heat_population_plan {
    int64_t n_populations; /* independent of each other */
    int64_t n_members;     /* of each */
    int64_t n_sweeps;      /* of each member after every step */
    const heat_site_rule *rule;
    uint64_t seed, first_stream;
    const char *isa;
    double beta_max; /* the last beta that will be asked for */
    int64_t threads;
    bool is_weighted; /* members keep their states, and carry weights instead: annealed importance sampling */
    bool is_steady;   /* members may share random bits' generators, and be kept as bits */
    bool scales_couplings;   /* heat_chains_plan's */
    const double *reference; /* the start, if not uniform: heat_chains_plan.reference, gone at beta_max */
    const struct heat_walk_plan *walk; /* of real variables: from its reference on; NULL: others */
    bool adapts; /* these look for their steps on the way, and weights are worth little */
} heat_population_plan;

typedef struct heat_population {
    heat_population_plan plan;
    heat_chains *chains; /* member m of population p is chain p * n_members + m */
    double beta;         /* of all members now; 0 at the start */
    double log_start;    /* log Z of the start: n log q, or that of the reference */
    double *log_z;       /* [population] of the model at beta; of weighted members where last resampled */
    double *path_energy; /* [chain] what a step of beta weighs: the energy, with a reference E + R / beta_max;
                          * left as it is where chains have gains */
    int32_t *family;     /* [chain] the member of the start that it descends from */
    heat_stream *streams; /* [population] */
    double *cumulative;   /* [member] scratch */
    int64_t *source;      /* [member] scratch */
    int32_t *families;    /* [member] scratch */
    void *rows;           /* [member] scratch */
    int8_t *states;       /* [variable] scratch, with a reference */
    int64_t n_steps;
    double *log_weight; /* [chain] where members carry weights; 0 at the start */
} heat_population;

/* Populations at beta = 0, every member in a uniformly random state, or one of the reference. With a
 * reference log_z is that of the model only at beta_max. */
HEAT_MUST_USE heat_status heat_population_init(heat_context *ctx, heat_population *population,
                                               const heat_model *model, const heat_population_plan *plan);
void heat_population_clear(heat_population *population);

/* Bytes that a population of this plan takes, at most. */
double heat_population_bytes(const heat_model *model, const heat_population_plan *plan);

/* Moves to beta: reweights, resamples where members carry no weights, sweeps. Colder or hotter: log_z and
 * log_weight are of the step's beta against the one before. Stops early when halted: ask heat_halted. */
HEAT_MUST_USE heat_status heat_population_step(heat_context *ctx, heat_population *population, double beta);

/* Of members that carry weights: log_z gains their mean, they are resampled by them, and begin anew with
 * weights of 1. Members of one family stand side by side. */
HEAT_MUST_USE heat_status heat_population_resample(heat_context *ctx, heat_population *population);

/* n_sweeps of every member at the beta where it is. */
HEAT_MUST_USE heat_status heat_population_sweep(heat_context *ctx, heat_population *population,
                                                int64_t n_sweeps);

/* The mean over populations of rho_t = N sum_families (share of the family)^2, the mean family size: members
 * that descend from one are not independent. */
double heat_population_get_family_size(heat_population *population);

/* The step that changes log weights by about half a standard deviation, from the members' energies. */
double heat_population_choose_step(const heat_population *population);

#endif
