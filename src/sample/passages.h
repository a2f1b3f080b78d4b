/* How chains go from basin to basin: departures, and first-passage times from a minimum out of its basin. A
 * clock starts when a chain is at the minimum and stops when it leaves; then another start is waited for, so
 * that passages are independent of each other.
 *
 * Chains are looked at once a sweep, and what happens between two looks is unseen. In one dimension the path
 * of overdamped Langevin dynamics between x and x', both on one side of a point, has met it with probability
 *
 *     exp(-d d' / (T dt)),    d, d' the distances to it, dt the time between them,
 *
 * as a Brownian bridge has, and is taken to have met it as often (Gobet, Stoch. Proc. Appl. 87 (2000) 167).
 * In more dimensions the basins' edges are not known: passages are seen late by O(sqrt(dt)) (Broadie,
 * Glasserman, Kou, Math. Finance 7 (1997) 325). A second watch that looks at every fourth sweep alone is
 * twice as late, so that 2 (mean of the first) - (mean of the second) is late no more in that order; a
 * quarter of their difference is put into the error, for the next. A chain is then at the minimum where its
 * energy is at most n T / 2 above it, and at most a quarter of the lowest barrier. */
#ifndef HEATBATH_PASSAGES_H
#define HEATBATH_PASSAGES_H

#include "io/checkpoint.h"
#include "random/stream.h"
#include "sample/basins.h"

#include <heatbath/sample.h>

enum { HEAT_WATCHES = 2 };
typedef struct heat_sampling heat_sampling;

/* A chain on its way. */
typedef struct heat_way {
    heat_stream bridge;
    int64_t n_looks;
    double x;                   /* of one dimension: where it was at the last look */
    double clock[HEAT_WATCHES]; /* since it left the minimum of */
    int32_t from[HEAT_WATCHES]; /* this basin; -1: it has left that */
    int32_t basin;              /* at the last look; -1: there was none */
} heat_way;

/* Counts and sums over the passages of a slot's chain from one basin. */
typedef struct heat_passage_tally {
    int64_t departures;
    int64_t count[HEAT_WATCHES];
    double sum[HEAT_WATCHES], squares[HEAT_WATCHES];
    double watched[HEAT_WATCHES]; /* the sum, and the time of those under way */
} heat_passage_tally;

typedef struct heat_passages {
    bool is_on;                  /* chains stay at their temperature */
    heat_way *ways;              /* [slot] */
    heat_passage_tally *tallies; /* [slot][basin] */
} heat_passages;

/* Of a run whose chains are made, where basins are asked for. */
HEAT_MUST_USE heat_status heat_passages_open(heat_context *ctx, heat_sampling *sampling);
void heat_passages_close(heat_passages *passages);
HEAT_MUST_USE heat_status heat_passages_add_parts(heat_context *ctx, heat_sampling *sampling,
                                                  heat_parts *parts);

/* A look at the chain in a slot, which is at x[n] with this energy: *basin is where that lies. */
HEAT_MUST_USE heat_status heat_passages_look(heat_context *worker, heat_sampling *sampling, int64_t unit,
                                             int64_t slot, const double *x, double energy, double *basin);

/* The basins of a temperature whose observables are there. */
HEAT_MUST_USE heat_status heat_passages_report(heat_context *ctx, const heat_sampling *sampling, int64_t t,
                                               heat_sample_temperature *row);

/* What is known of the basins themselves, and of the cycles of a schedule. */
HEAT_MUST_USE heat_status heat_basins_report(heat_context *ctx, const heat_sampling *sampling,
                                             heat_sample_result *result);

#endif
