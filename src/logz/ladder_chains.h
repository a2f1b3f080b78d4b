/* Chains at every rung of a ladder from beta = 0 on, and the energies that they met, segment by segment. */
#ifndef HEATBATH_LADDER_CHAINS_H
#define HEATBATH_LADDER_CHAINS_H

#include "logz/energy_tally.h"
#include "logz/logz_methods.h"
#include "sample/exchange.h"

/* A stretch of sweeps and what was counted in it: path energies (heat_chains_get_path_energy) at every rung.
 * With a reference, or a layer summed out, two more rows of tallies follow, of the coldest rung: mean and
 * variance of the model's own energy, given a chain's state (heat_chains_get_moments). */
typedef struct heat_ladder_segment {
    int64_t end;                /* sweeps of the run when it was over */
    heat_energy_tally *tallies; /* [tally row][block] */
} heat_ladder_segment;

typedef struct heat_ladder_chains {
    const heat_counting *counting;
    int32_t n_rungs;
    double *betas;  /* [rung] */
    bool is_steady; /* every unit stays at one beta, and states are exchanged; else chains change rungs */
    const double *reference; /* of the chains; borrowed; NULL: none */
    bool counts_cold;        /* two rows of tallies more than n_rungs */
    int32_t n_tally_rows;
    int32_t first_mean; /* rung from which on energies have means: 1 of potentials, else 0 */
    int64_t n_replicas; /* chains at each beta */
    double lowest;      /* path energy of the coldest chains when they began */
    heat_chains *chains;
    heat_exchange exchange; /* where chains change rungs */
    heat_stream *streams;   /* [rung] of exchanges between steady units */
    int32_t n_blocks;       /* of replicas that are independent of each other */
    int64_t n_sweeps;       /* made by every chain */
    int64_t n_segments, capacity;
    heat_ladder_segment *segments;
} heat_ladder_chains;

/* Chains in random states, cooled to their rungs; betas[n_rungs] is copied, betas[0] = 0. `reference` is
 * heat_chains_plan's, or NULL. */
HEAT_MUST_USE heat_status heat_ladder_chains_open(heat_context *ctx, const heat_counting *counting,
                                                  int32_t n_rungs, const double *betas,
                                                  const double *reference, heat_ladder_chains *ladder);
void heat_ladder_chains_close(heat_ladder_chains *ladder);

/* Adds a segment of n_sweeps; fewer when halted. */
HEAT_MUST_USE heat_status heat_ladder_chains_run(heat_context *ctx, heat_ladder_chains *ladder,
                                                 int64_t n_sweeps);

#endif
