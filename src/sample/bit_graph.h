/* A pairwise graph as words of bits, for the bit kernel: one word a site, sites with equally many links side
 * by side. */
#ifndef HEATBATH_BIT_GRAPH_H
#define HEATBATH_BIT_GRAPH_H

#include "kernel/bit_sweep.h"
#include "kernel/pairwise.h"

#include <heatbath/context.h>

/* Couplings and fields are whole numbers of one unit; m units are m links, a field's to one more word, whose
 * spins are always up. */
typedef struct heat_bit_graph {
    int32_t n_words; /* sites, and the word that is always up */
    double unit;
    double offset;
    int32_t *word; /* [site] */
    int32_t n_runs;
    heat_bit_run runs[HEAT_MOST_BIT_LINKS + 1];
    heat_bit_link *links;
    int64_t n_pairs;
    heat_bit_pair *pairs;
    heat_bit_word signs[2]; /* of couplings > 0, < 0 */
} heat_bit_graph;

/* True if every coupling and field is a whole number of the smallest, and no site has more than
 * HEAT_MOST_BIT_LINKS of them. */
bool heat_bit_graph_fits(const heat_pairwise *graph);

/* Converts a graph that fits. On failure, and at the end, clear it. */
HEAT_MUST_USE heat_status heat_bit_graph_init(heat_context *ctx, const heat_pairwise *graph,
                                              heat_bit_graph *bits);
void heat_bit_graph_clear(heat_bit_graph *bits);

/* Bytes that the arrays of a graph that fits may take. */
double heat_bit_graph_bytes(const heat_pairwise *graph);

#endif
