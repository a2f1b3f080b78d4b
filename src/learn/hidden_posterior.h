/* p(h | v) of a Boltzmann machine: which hidden units can be summed over, and the sums. */
#ifndef HEATBATH_HIDDEN_POSTERIOR_H
#define HEATBATH_HIDDEN_POSTERIOR_H

#include "random/stream.h"

#include <heatbath/context.h>

/* Terms of a row that are summed at most: cover states times units, added up over the parts of the graph. */
enum { HEAT_MOST_HIDDEN_TERMS = 1 << 16 };

/* Units that hang together: those of a cover, which touches every coupling among them, and the others, which
 * are independent given these. */
typedef struct heat_hidden_part {
    int32_t first, n_cover, n_free; /* unit[first ...]: the cover, then the others */
    int64_t first_edge, n_edges;    /* edge[first_edge ...] */
    int64_t first_state;            /* of p, and, n_free times as many, of on */
    int64_t first_on;
} heat_hidden_part;

/* Starts as zeroes. */
typedef struct heat_hidden_posterior {
    int32_t n;            /* hidden units */
    int64_t n_edges;      /* pairs of them */
    const int32_t *i, *j; /* borrowed */
    int32_t n_parts;
    heat_hidden_part *parts;
    int32_t *unit;  /* [n] */
    int32_t *place; /* [n] of a unit within its part */
    int64_t *edge;  /* [n_edges] */
    double terms;   /* of a row */
    double *p;      /* once summed, probabilities of the states of each cover; place k is bit k */
    double *on;     /* [free unit][state] of each other unit to be on, given these */
    double *field;  /* work space, as the next */
    double *coupling, *product;
} heat_hidden_posterior;

/* Marks units that have to be drawn, and not summed over, so that those left cost at most `most_terms` terms
 * a row: covers of parts that cost too much, of two-sided ones the side less coupled to visible units.
 * outer[n]: couplings of each unit to these. Cost: O(n + n_edges). */
HEAT_MUST_USE heat_status heat_hidden_choose_drawn(heat_context *ctx, int32_t n, int64_t n_edges,
                                                   const int32_t *i, const int32_t *j, const int64_t *outer,
                                                   double most_terms, bool *is_drawn);

/* Of units that are all to be summed over. On failure only good for heat_hidden_posterior_close. */
HEAT_MUST_USE heat_status heat_hidden_posterior_open(heat_context *ctx, int32_t n, int64_t n_edges,
                                                     const int32_t *i, const int32_t *j,
                                                     heat_hidden_posterior *posterior);
void heat_hidden_posterior_close(heat_hidden_posterior *posterior);

/* log sum_h exp(sum_e w_e h_i h_j + sum_k b_k h_k) over h = 0, 1; p and on are filled. */
double heat_hidden_posterior_sum(heat_hidden_posterior *posterior, const double *weights,
                                 const double *biases);

/* After a sum: a draw of all units. */
void heat_hidden_posterior_draw(const heat_hidden_posterior *posterior, heat_stream *stream, int8_t *state);

/* After a sum: <h_i h_j> of the n_edges pairs and then <h_k> of the n units; p and on are used up. */
void heat_hidden_posterior_mean(heat_hidden_posterior *posterior, double *mean);

#endif
