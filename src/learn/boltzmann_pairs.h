/* Which units a Boltzmann machine has, and which pairs of them are coupled. */
#ifndef HEATBATH_BOLTZMANN_PAIRS_H
#define HEATBATH_BOLTZMANN_PAIRS_H

#include <heatbath/learn.h>

/* Units in the order of learning: visible ones, hidden ones that are drawn, those that are summed over. */
typedef struct heat_boltzmann_pairs {
    int32_t n_visible;
    int32_t n_hidden; /* of both sorts */
    int32_t n_drawn;
    int64_t n_edges;  /* of pairs of units of a row, visible or drawn, then */
    int64_t n_mixed;  /* pairs with one that is summed over, then */
    int64_t n_inner;  /* pairs of those */
    int64_t capacity; /* of i and j each */
    int32_t *i, *j;   /* i < j */
    int32_t *unit;    /* [n_visible + n_hidden] their numbers in the model: visible, then hidden as given */
    bool is_layered;  /* no pairs but mixed ones, and all of these: pairs stand as [unit of a row][summed] */
} heat_boltzmann_pairs;

/* As many hidden units are drawn as leave `most_terms` terms a row to be summed over. On failure only good
 * for heat_boltzmann_pairs_clear, which is legal on zeroes. */
HEAT_MUST_USE heat_status heat_boltzmann_pairs_list(heat_context *ctx, const heat_model *graph,
                                                    const heat_learn_options *options, int32_t n_visible,
                                                    double most_terms, heat_boltzmann_pairs *pairs);
void heat_boltzmann_pairs_clear(heat_boltzmann_pairs *pairs);

#endif
