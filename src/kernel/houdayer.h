/* Houdayer's isoenergetic cluster move: two replicas a and b of one graph at the same temperature trade a
 * connected cluster of the spins in which they differ. E(a) + E(b) stays, so the move needs no acceptance
 * test.
 *
 * q_i = a_i b_i is -1 where they differ. One such site is drawn, uniformly; the cluster is what is connected
 * to it through edges between sites with q = -1. The trade leaves q as it was, so that the way back is as
 * likely as the way there: symmetric, and pi(a) pi(b) stays. Houdayer, Eur. Phys. J. B 22 (2001) 479; Zhu,
 * Ochoa, Katzgraber, PRL 115 (2015) 077201. Where q = -1 percolates (in three dimensions, or at high
 * temperature) the cluster is nearly all of q = -1 and the move does little else than to swap names. */
#ifndef HEATBATH_HOUDAYER_H
#define HEATBATH_HOUDAYER_H

#include "kernel/pairwise.h"
#include "random/stream.h"

/* Work space of the move, the caller's: `queue` holds n sites, `marks` n zeroes, which come back as zeroes.
 */
typedef struct heat_houdayer_scratch {
    int32_t *queue;
    uint8_t *marks;
} heat_houdayer_scratch;

/* One move. a and b are n spins of -1 and +1; energies[0] and energies[1], those of a and b, follow: one
 * gains what the other loses, the change being summed over the cluster in a fixed order (exact where the
 * graph is). Returns the size of the cluster: 0 where a and b are the same and nothing was drawn. Cost: one
 * pass over the spins, and the edges of the cluster. */
int64_t heat_houdayer_move(const heat_pairwise *graph, heat_stream *stream, heat_houdayer_scratch *scratch,
                           int8_t *a, int8_t *b, double energies[2]);

/* The same with the cluster that holds `site`, where a and b must differ: the rule without its draw. */
int64_t heat_houdayer_swap(const heat_pairwise *graph, int32_t site, heat_houdayer_scratch *scratch,
                           int8_t *a, int8_t *b, double energies[2]);

/* Without a field states count up to their global flip. Before a move: turns b where more than half of its
 * spins differ from those of a, so that clusters are small. */
void heat_houdayer_face(int64_t n, const int8_t *a, int8_t *b);

/* After it: turns each by a random sign, which leaves no trace of how they faced. */
void heat_houdayer_turn(int64_t n, int8_t *row, int8_t sign);

#endif
