/* What the segments of a ladder have counted, as rows for MBAR. */
#ifndef HEATBATH_LADDER_ROWS_H
#define HEATBATH_LADDER_ROWS_H

#include "logz/ladder_chains.h"
#include "stats/mbar.h"

/* Rows of the kept segments: a bin of a rung each, whose weight is its count over the rung's tau. */
typedef struct heat_ladder_rows {
    const heat_ladder_chains *ladder;
    int64_t first_segment;      /* kept: from here on */
    heat_energy_tally *tallies; /* [tally row][block] of all kept segments, bins of one row alike */
    int64_t n, capacity_energy, capacity_weight, capacity_state, capacity_share;
    double *energy, *weight;
    int32_t *state;
    double *share;         /* [n][n_blocks] */
    double *mean;          /* [rung] of the path energy */
    double *variance;      /* [rung] */
    double *error;         /* [rung] of the mean, from its scatter over blocks */
    double *tau;           /* [rung] >= 1 */
    double *drift;         /* [rung] of the mean between the last two segments, in standard errors */
    double integral_drift; /* of the integral below between the same segments, in standard errors */
    double integral_error; /* of the integral of the mean energy over beta, from its scatter over blocks */
} heat_ladder_rows;

/* Segments that ended within the first quarter of the run, or its first 64 sweeps, 512 of potentials, are
 * left out. */
HEAT_MUST_USE heat_status heat_ladder_rows_collect(heat_context *ctx, const heat_ladder_chains *ladder,
                                                   heat_ladder_rows *rows);
void heat_ladder_rows_clear(heat_ladder_rows *rows);

/* With a reference, or a layer summed out: mean and variance of the model's energy at the coldest rung, and
 * their errors. */
HEAT_MUST_USE heat_status heat_ladder_rows_get_cold_energy(heat_context *ctx, const heat_ladder_rows *rows,
                                                           double value[2], double error[2]);

/* The same as samples of MBAR. */
void heat_ladder_rows_get_samples(const heat_ladder_rows *rows, heat_mbar_samples *samples);

#endif
