/* explore: which minimum do noise and entropy prefer? */
#ifndef HEATBATH_EXPLORE_H
#define HEATBATH_EXPLORE_H

#include <heatbath/model.h>
#include <heatbath/options.h>

HEAT_BEGIN_DECLS

typedef struct heat_explore_options {
    size_t size;
#define HEAT_OPTION(kind, name, default_, min, max, unit, readers, help) HEAT_FIELD_##kind(name)
#include <heatbath/explore.def>
#undef HEAT_OPTION
} heat_explore_options;

/* The ways to weigh basins. */
typedef enum heat_explore_way {
    HEAT_EXPLORE_COUNTING = 0, /* plain chains at the temperature */
    HEAT_EXPLORE_EXCHANGE,     /* the same, which trade places with hotter ones */
    HEAT_EXPLORE_INTEGRATION,  /* from a harmonic well to the basin, without leaving it */
    HEAT_EXPLORE_MBAR,         /* all temperatures of the ladder together */
    HEAT_EXPLORE_WAYS
} heat_explore_way;

/* How far a way got at one temperature. */
typedef enum heat_explore_answer {
    HEAT_EXPLORE_UNASKED = 0,
    HEAT_EXPLORE_HOLDS,
    HEAT_EXPLORE_OUT_OF_REACH, /* it cannot be expected to answer here: counting where no barrier is crossed,
                                  integration where wells are far from harmonic */
    HEAT_EXPLORE_REFUSED,      /* it should have: too few crossings, stopped, or it disagrees */
    HEAT_EXPLORE_ANSWERS
} heat_explore_answer;

typedef struct heat_explore_verdict {
    heat_explore_answer answer;
    char *reason; /* why it does not hold; NULL: it does, or was not asked; owned by the result */
} heat_explore_verdict;

/* What one way says of one basin at one temperature; NaN where it was refused, or not asked for. */
typedef struct heat_explore_weight {
    double occupancy, occupancy_error; /* its share of p(x) among all basins */
    double delta_f, delta_f_error;     /* its free energy less that of the reference basin */
} heat_explore_weight;

typedef struct heat_explore_basin {
    double free_energy, free_energy_error; /* -T log of the integral of exp(-U/T) over the basin, by
                                              integration; NaN without */
    double occupancy, occupancy_error;     /* by the way that is surest */
    heat_explore_weight by[HEAT_EXPLORE_WAYS];
} heat_explore_basin;

typedef struct heat_explore_temperature {
    double temperature;
    heat_outcome outcome; /* CONVERGED or NOT_CONVERGED */
    int64_t reference;    /* the basin of the lowest free energy */
    int32_t surest;       /* the way that the occupancies are of; -1: none */
    double elsewhere;     /* share of draws that lead to no minimum of the list; NaN where none were drawn */
    heat_explore_basin *basins; /* [n_basins]; owned by the result */
    heat_explore_verdict ways[HEAT_EXPLORE_WAYS];
} heat_explore_temperature;

typedef struct heat_explore_result {
    size_t size; /* set by heat_explore_result_init; 0 means the first release's layout */
    heat_outcome outcome;
    char *reasons; /* what was refused and why, one a line; "" if nothing was; owned */
    int32_t n_variables;
    int64_t n_basins;
    double *states;        /* [basin][variable] the minimum, by rising energy; owned */
    double *energies;      /* [basin]; owned */
    double *hessian_trace; /* [basin]; owned */
    double *hessian_top;   /* [basin] the largest curvature; owned */
    int64_t n_saddles;
    double *saddles;         /* [saddle][variable]; owned */
    double *saddle_energies; /* [saddle]; owned */
    int64_t *saddle_ends;    /* [saddle][2] basins on both sides; -1: none of them; owned */
    int32_t n_temperatures;
    heat_explore_temperature *temperatures; /* owned */
    int32_t n_rungs;
    double *ladder;   /* [rung] temperatures that chains traded places along; owned */
    double *exchange; /* [rung] accepted swaps with the next, of those tried; owned */
    int64_t n_chains; /* of exchange, or of counting */
    int64_t n_sweeps; /* counted, of each: less than asked for when stopped early */
    int64_t updates;  /* variables visited */
    double seconds;
    int32_t n_slow;  /* of the flow that divides the basins: the first so many variables move last, once the
                        others have gone down; 0: all move at once */
    double *extents; /* [basin] 0 where the minimum is isolated; else it stands for a valley of one energy, of
                        which points were seen so far off, in scales of the variables; owned */
} heat_explore_result;

HEAT_API void heat_explore_options_init(heat_explore_options *options);
HEAT_API void heat_explore_result_init(heat_explore_result *result);

/* Finds the minima of a potential, and weighs their basins: x belongs to the minimum that dx/dt = -grad U
 * leads to. Free energies are differences, of ways that share no assumption: CONVERGED where all that are
 * within reach, two at least, or all that `method` names, hold and agree within 4 standard errors;
 * NOT_CONVERGED where one has too few crossings or disagrees: its numbers are NaN, and `reasons` names it; or
 * where an error is above a `target_error` that was given; or TIME or INTERRUPTED. `options` may be NULL.
 * Same bits for any number of threads, except under `time`. HEAT_ERROR_UNABLE: the model is no potential, or
 * has no gradient; no minimum was found. HEAT_ERROR_UNDEFINED: the integral of exp(-U/T) diverges. */
HEAT_API HEAT_MUST_USE heat_status heat_explore(heat_context *ctx, const heat_model *model,
                                                const heat_explore_options *options,
                                                heat_explore_result *result);

/* "holds", "out_of_reach", "refused", "unasked"; never NULL. */
HEAT_API const char *heat_explore_answer_name(heat_explore_answer answer);

/* "counting", "exchange", "integration", "mbar"; never NULL. */
HEAT_API const char *heat_explore_way_name(heat_explore_way way);

/* Frees what the result owns and zeroes it (but its size); legal on zeroes. */
HEAT_API void heat_explore_result_clear(heat_explore_result *result);

HEAT_END_DECLS

#endif
