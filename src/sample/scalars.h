/* Scalars of states: what a run records of each chain, sweep by sweep, besides energy. */
#ifndef HEATBATH_SCALARS_H
#define HEATBATH_SCALARS_H

#include "model/unit_layers.h"
#include "model/views.h"

/* The series that a recorder may keep. */
typedef enum heat_series_id {
    HEAT_SERIES_ENERGY = 0,
    HEAT_SERIES_ORDER,   /* spins: the sum M of the values; q values: (q max_a n_a - n) / (q - 1) */
    HEAT_SERIES_VISIBLE, /* sum_i v_i / n of the layer of an RBM; of kinds whose values are numbers */
    HEAT_SERIES_HIDDEN,
    HEAT_SERIES_FOURIER, /* |sum_j s_j exp(i k x_j)|^2 / n at the smallest k, averaged over the axes; q
                            values: q / (q - 1) times the sum of this over the values, s_j = 1 where j has it,
                            else 0 */
    HEAT_SERIES_ZERO,    /* the same at k = 0: M^2 / n; q values: (q sum_a n_a^2 / n - n) / (q - 1) */
    HEAT_SERIES_OVERLAP, /* sum_i s_i t_i / n of two replicas; q values: (q sum_i delta(a_i, b_i) / n - 1) /
                            (q - 1) */
    HEAT_SERIES_LINK,    /* sum_(ij) s_i s_j t_i t_j / edges of two replicas */
    HEAT_N_SERIES
} heat_series_id;

/* True where the order is among values that are all alike: of more than two, and of any Potts model. */
bool heat_scalars_are_of_values(const heat_model_info *info);

/* True for a series of pairs of replicas. */
bool heat_series_is_paired(heat_series_id id);

/* What is to be computed, of which model. */
typedef struct heat_scalars {
    heat_model_info info;
    heat_pairwise graph;    /* of HEAT_SERIES_LINK */
    heat_unit_layers units; /* of HEAT_SERIES_VISIBLE and _HIDDEN */
    bool wants[HEAT_N_SERIES];
} heat_scalars;

/* True if some wanted scalar needs the state (energy and the sum of spins do not). */
bool heat_scalars_need_state(const heat_scalars *scalars);

/* Sets values[id] of every wanted scalar that needs the state; `other` is the replica's partner. */
void heat_scalars_get(const heat_scalars *scalars, const void *state, const void *other, double *values);

#endif
