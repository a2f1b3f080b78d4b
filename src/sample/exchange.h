/* Replica exchange: chains on neighbouring rungs of one ladder trade places. The bookkeeping of every ladder
 * of a run; a ladder lies within one unit, so units exchange side by side. */
#ifndef HEATBATH_EXCHANGE_H
#define HEATBATH_EXCHANGE_H

#include "sample/chains.h"

enum { HEAT_MOST_RUNGS = 1024 };

typedef struct heat_exchange {
    int64_t n_ladders;
    int32_t n_rungs;
    int64_t *chain_at;    /* [ladder][rung] */
    heat_stream *streams; /* [ladder] */
    int64_t *tried;       /* [ladder][rung] of the pair (rung, rung + 1) */
    int64_t *accepted;    /* [ladder][rung] */
    bool *was_hot;        /* [chain] has been on the last rung since it was on rung 0 */
    int64_t *round_trips; /* [ladder] rung 0 -> last -> rung 0 */

    /* of cluster moves between ladders 2 p and 2 p + 1 of one unit */
    heat_stream *clusters; /* [ladder] */
    int64_t *cluster_sum;  /* [ladder][rung] spins in all clusters of the burn-in */
    int64_t *n_clusters;   /* [ladder][rung] */
    int32_t *queue;        /* [unit][variable + 1] scratch */
    uint8_t *unlike;       /* [unit][variable] scratch */
} heat_exchange;

/* Ladder l is chains l * n_rungs ... of `chains`, chain k of it on rung k. */
HEAT_MUST_USE heat_status heat_exchange_init(heat_context *ctx, heat_exchange *exchange,
                                             const heat_chains *chains);
void heat_exchange_clear(heat_exchange *exchange);

/* The probability with which chains of energies e_k at beta_k and e_l at beta_l trade places: min(1,
 * exp((beta_k - beta_l)(e_k - e_l))). */
double heat_exchange_probability(double beta_k, double beta_l, double e_k, double e_l);

/* Tries to swap the pairs of neighbouring rungs that begin at rung `first` (0 or 1), first + 2, ... of one
 * ladder, by the path energies of its chains. */
void heat_exchange_step(heat_exchange *exchange, heat_chains *chains, int64_t ladder, int32_t first);

/* Forgets a ladder's counts: its burn-in is over. */
void heat_exchange_reset(heat_exchange *exchange, int64_t ladder);

/* Lists its memory, for checkpoints. */
HEAT_MUST_USE heat_status heat_exchange_add_parts(heat_context *ctx, heat_exchange *exchange,
                                                  heat_parts *parts);

/* Accepted swaps of the pair (rung, rung + 1), of those tried; NaN before the first. */
double heat_exchange_get_acceptance(const heat_exchange *exchange, int32_t rung);
int64_t heat_exchange_get_round_trips(const heat_exchange *exchange);

#endif
