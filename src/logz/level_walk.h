/* Walkers over energy levels, which walk so that all levels are met alike: by densities of states that each
 * finds for itself, then by their average, which is fixed. */
#ifndef HEATBATH_LEVEL_WALK_H
#define HEATBATH_LEVEL_WALK_H

#include "logz/logz_methods.h"

/* One walker's levels, by energy: level k has energy first + k. */
typedef struct heat_level_table {
    int64_t first, n;
    double *log_g;   /* [n] log of the density so far, or of the fixed one; NaN: never met */
    double *visits;  /* [n] since they were last reset */
    int64_t n_known; /* levels met at all */
    int64_t n_met;   /* known levels with visits */
} heat_level_table;

typedef struct heat_level_walk {
    const heat_counting *counting;
    int64_t n_walkers, n_units;
    int8_t *states;          /* [walker][variable] */
    int64_t *energy;         /* [walker] */
    heat_level_table *table; /* [walker] */
    double *log_f;           /* [walker] what a visit adds; 0 once the densities are fixed */
    double *trials;          /* [walker] moves tried while log_f > 0 */
    bool *is_late;           /* [walker] log_f follows 1 / t */
    heat_stream *streams;    /* [unit] */
    int8_t *proposed;        /* [walker] scratch */
    double *deltas;          /* [walker] scratch */
    int64_t n_sweeps;
} heat_level_walk;

/* Walkers in random states. The model's energies are integers. */
HEAT_MUST_USE heat_status heat_level_walk_open(heat_context *ctx, const heat_counting *counting,
                                               int64_t n_walkers, heat_level_walk *walk);
void heat_level_walk_close(heat_level_walk *walk);

/* n_sweeps of every walker, fewer when halted. */
HEAT_MUST_USE heat_status heat_level_walk_run(heat_context *ctx, heat_level_walk *walk, int64_t n_sweeps);

/* True when every walker's log_f follows 1 / t and is below `log_f`. */
bool heat_level_walk_is_refined(const heat_level_walk *walk, double log_f);

/* Fixes the average of the densities for all walkers: from here on visits, all anew, are only counted.
 * `as_found`: they begin as what each walker found, in parts of the average; 0 where it met no such level. */
HEAT_MUST_USE heat_status heat_level_walk_fix(heat_context *ctx, heat_level_walk *walk, bool as_found);

#endif
