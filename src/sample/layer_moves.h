/* How chains of layers move, and the sums that their energies are made of: what layer_chains.c is built on.
 * Where the chains' team is open its threads share a unit, to the same bits. */
#ifndef HEATBATH_LAYER_MOVES_H
#define HEATBATH_LAYER_MOVES_H

#include "sample/layer_chains.h"

enum { HEAT_LAYER_MOST_SHARES = 16 /* of one unit */ };

/* heat_layout.share */
HEAT_MUST_USE heat_status heat_layer_moves_share(heat_context *ctx, heat_chains *chains, int64_t threads);
void heat_layer_moves_clear(heat_layer_store *store);

/* Bytes of the work space by which threads share a unit of so many chains, at most. */
double heat_layer_shares_bytes(const heat_layered *view, int64_t width);

/* heat_layout.sweep */
HEAT_MUST_USE heat_status heat_layer_moves_sweep(heat_context *worker, heat_chains *chains, int64_t unit,
                                                 const heat_site_rule *rule);

/* The gain of a chain's next sweep counts from its beta now. */
void heat_layer_keep_beta(heat_chains *chains, int64_t chain);

/* The sum of values over the units that are on; words of values lie `stride` apart. */
int64_t heat_layer_sum_on(const uint64_t *state, int64_t n_words, const int32_t *values, int64_t stride);

/* sum_j y_j F_j of `count` chains of a unit, F by `rows` from the visible units. */
void heat_layer_sum_pairs(heat_chains *chains, const heat_layer_rows *rows, int64_t first, int64_t count,
                          int64_t *sum);

#endif
