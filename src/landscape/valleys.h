/* Minima that are not isolated: points of one energy that ways of that energy lead between, as those of a
 * ring, are one minimum. */
#ifndef HEATBATH_VALLEYS_H
#define HEATBATH_VALLEYS_H

#include "landscape/minima.h"

/* Joins the minima from number `first` on to those before and to each other: the first of each valley stays
 * in the list, with what all of them were met, and the others are noted as points of it. */
HEAT_MUST_USE heat_status heat_valleys_join(heat_context *ctx, heat_landscape *landscape, int64_t first,
                                            heat_minima *found);

/* The minimum in whose valley a point without slope lies: one of its energy, no farther from a point that was
 * seen of it than that is long; -1: none. */
int64_t heat_valleys_find(const heat_landscape *landscape, const heat_minima *found, const double *x,
                          double energy);

/* The points of the valleys of two minima that are nearest to each other, of those seen. */
void heat_valleys_approach(const heat_landscape *landscape, const heat_minima *found, int64_t a, int64_t b,
                           const double **x_a, const double **x_b);

/* Minimum `place` is no longer the one it was. */
void heat_valleys_forget(heat_minima *found, int64_t place);

#endif
