/* Scalars of states: what a run records of each chain, sweep by sweep. To add one: its name here, and a row
 * in scalars.c, which says when it is kept and how it is found. What is reported of it are rows of
 * observable_rows.c. */
#ifndef HEATBATH_SCALARS_H
#define HEATBATH_SCALARS_H

#include "model/unit_layers.h"
#include "model/views.h"

/* The series that a recorder may keep. */
typedef enum heat_series_id {
    HEAT_SERIES_NONE = -1,
    HEAT_SERIES_ENERGY,
    HEAT_SERIES_MAGNETIZATION, /* of spins: M, the sum of their values */
    HEAT_SERIES_ORDER,         /* of q values: (q max_a n_a - n) / (q - 1) */
    HEAT_SERIES_VISIBLE,       /* sum_i v_i / n of the layer of an RBM; of kinds whose values are numbers */
    HEAT_SERIES_HIDDEN,
    HEAT_SERIES_OVERLAP, /* sum_i s_i t_i / n of two replicas; q values: (q sum_i delta(a_i, b_i) / n - 1) /
                            (q - 1) */
    HEAT_SERIES_LINK,    /* sum_(ij) s_i s_j t_i t_j / edges of two replicas */
    HEAT_SERIES_FOURIER, /* |sum_j s_j exp(i k x_j)|^2 / n at the smallest k, averaged over the axes; q
                            values: q / (q - 1) times the sum of this over the values, s_j = 1 where j has it,
                            else 0 */
    HEAT_SERIES_ZERO,    /* the same at k = 0: M^2 / n; q values: (q sum_a n_a^2 / n - n) / (q - 1) */
    HEAT_SERIES_BASIN,   /* of a potential: the number of the basin, as the run finds it */
    HEAT_SERIES_VIRIAL,  /* x . grad U of real variables, n T in the mean where there are no walls */
    HEAT_SERIES_ACCEPTANCE, /* of walks, the fields of a heat_sample_move, in their order */
    HEAT_SERIES_STEP,
    HEAT_SERIES_DEPTH,
    HEAT_SERIES_LEAPS,
    HEAT_SERIES_LOST,
    HEAT_SERIES_TOTAL_ENERGY,
    HEAT_N_SERIES /* where coordinates begin: HEAT_N_SERIES + i is x_i */
} heat_series_id;

enum { HEAT_MOST_COORDINATES = 1000 }; /* series of a model of more variables would fill the memory */

/* True where the order is among values that are all alike: of more than two, and of any Potts model. */
bool heat_scalars_are_of_values(const heat_model_info *info);

/* True for a series of pairs of replicas. */
bool heat_series_is_paired(heat_series_id id);

/* True for a series that the chains tell, without a look at the state: heat_chains_get_scalar. */
bool heat_series_is_of_chains(heat_series_id id);

/* What is to be recorded, of which model. */
typedef struct heat_scalars {
    const heat_model *model; /* borrowed */
    heat_model_info info;
    heat_pairwise graph;    /* of HEAT_SERIES_LINK */
    heat_unit_layers units; /* of HEAT_SERIES_VISIBLE and _HIDDEN */
    bool has_graph, has_layers;
    bool wants[HEAT_N_SERIES];
    int32_t n_coordinates; /* all variables of a model of real vectors, which have names; else 0 */
} heat_scalars;

/* Wants all scalars that the model has and that no option asks for. */
void heat_scalars_init(const heat_model *model, heat_scalars *scalars);

/* What a model must offer. */
typedef enum heat_scalar_need {
    HEAT_NEEDS_STATES = 1,
    HEAT_NEEDS_EDGES = 2,
    HEAT_NEEDS_LATTICE = 4
} heat_scalar_need;

/* HEAT_ERROR_OPTION, which names the word of `list`, the text of option `observables`, where it does not. */
HEAT_MUST_USE heat_status heat_scalars_need(heat_context *ctx, const heat_scalars *scalars, unsigned needs,
                                            const char *list, const char *word);

/* Wants what a word of --observables asks for, of those that are scalars; fails in the same way. */
HEAT_MUST_USE heat_status heat_scalars_ask(heat_context *ctx, heat_scalars *scalars, const char *list,
                                           const char *word, size_t length);

/* Wants one of them; false where the model does not offer what it needs. */
bool heat_scalars_want(heat_scalars *scalars, heat_series_id id);

/* True for the name of a coordinate that is recorded. */
bool heat_scalars_have_coordinate(const heat_scalars *scalars, const char *name, size_t length);

/* True if some wanted scalar needs the state. */
bool heat_scalars_need_state(const heat_scalars *scalars);

/* Sets values[id] of every wanted scalar that needs the state, but coordinates, which are the state; `other`
 * is the replica's partner. */
void heat_scalars_get(const heat_scalars *scalars, const void *state, const void *other, double *values);

#endif
