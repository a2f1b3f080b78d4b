/* Houdayer's isoenergetic cluster move: two replicas a and b of one graph at the same temperature trade a
 * connected cluster of the spins in which they differ. E(a) + E(b) stays, so the move needs no acceptance
 * test.
 *
 * One site in which they differ is drawn, uniformly; the cluster is what is connected to it through edges
 * between such sites, and to trade it is to flip it in both. The trade leaves the sites in which they differ
 * as they were, so that the way back is as likely as the way there: symmetric, and pi(a) pi(b) stays. Without
 * a field a may be compared with -b as well: there the cluster is one of the sites in which they agree, and
 * the smaller of both sets is taken. Houdayer, Eur. Phys. J. B 22 (2001) 479; Zhu, Ochoa, Katzgraber, PRL 115
 * (2015) 077201. Where the set percolates (in three dimensions, or at high temperature) the cluster is nearly
 * all of it and the move does little else than to swap names. */
#ifndef HEATBATH_HOUDAYER_H
#define HEATBATH_HOUDAYER_H

#include "kernel/pairwise.h"
#include "random/stream.h"

/* One cluster to trade, of n sites with unlike[i] = 1 where a and b differ, else 0; without a field
 * (`is_symmetric`) of the others where those are fewer. Its sites come in `queue` (room for n + 1), `unlike`
 * is spent. Returns its size: 0 where there is none, and nothing was drawn. Cost: two passes over the sites,
 * and the edges of the cluster. */
int64_t heat_houdayer_draw(const heat_pairwise *graph, bool is_symmetric, heat_stream *stream,
                           uint8_t *unlike, int32_t *queue);

/* The first half of it: turns `unlike` to the smaller set without a field; returns how many sites it has. */
int64_t heat_houdayer_face(int32_t n, bool is_symmetric, uint8_t *unlike);

/* The second: the cluster that holds `site`, where unlike[site] = 1. */
int64_t heat_houdayer_grow(const heat_pairwise *graph, int32_t site, uint8_t *unlike, int32_t *queue);

#endif
