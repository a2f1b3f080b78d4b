/* Chains that walk among basins, by Hamiltonian Monte Carlo, and are looked at every few sweeps. */
#ifndef HEATBATH_BASIN_WALKS_H
#define HEATBATH_BASIN_WALKS_H

#include "explore/basin_orbit.h"
#include "explore/basin_tally.h"
#include "logz/energy_tally.h"
#include "sample/exchange.h"

typedef struct heat_basin_walks {
    const heat_exploring *exploring; /* borrowed */
    bool is_ladder; /* a replica is a ladder of chains that trade places; else every chain stays */
    int32_t at;     /* the temperature that chains which stay are of */
    int32_t n_rungs;
    int64_t n_replicas; /* chains at each rung */
    heat_chains *chains;
    heat_exchange exchange;
    heat_orbits orbits;
    heat_flow *flows;        /* [unit] */
    heat_orbit_draws *draws; /* [unit] */
    double *points;          /* [chain][n] as of the last look */
    int32_t *basin;          /* [chain] likewise; -1: elsewhere */
    int32_t *was;            /* [chain] as of the look before */
    double *energy;          /* [chain] likewise */
    double *beta;            /* [chain] likewise */
    int64_t *n_looks;        /* [unit] */
    int64_t target;          /* sweeps that units are to reach, the burn-in in */
    heat_basin_tally tally;
    int64_t n_blocks;            /* of energies: replicas of two blocks share nothing */
    heat_energy_tally *energies; /* [rung][basin][block]; NULL: not wanted */
} heat_basin_walks;

/* Chains at these temperatures, in all basins alike, and their walk of burn_in + at most opt.sweeps: until
 * all temperatures asked for are known to the target error, or hopeless, or the run is halted. `first_stream`
 * keeps sets apart that share the seed. Starts as zeroes, closed whatever the outcome. */
HEAT_MUST_USE heat_status heat_basin_walks_run(heat_context *ctx, heat_basin_walks *walks, int32_t n_rungs,
                                               const double *temperatures, uint64_t first_stream);
void heat_basin_walks_close(heat_basin_walks *walks);

/* Sweeps after the burn-in that every chain has made. */
int64_t heat_basin_walks_count_sweeps(const heat_basin_walks *walks);

#endif
