/* Where the minima of a potential are, which of them are neighbours over a saddle, and in whose basin a point
 * lies. */
#ifndef HEATBATH_MINIMA_H
#define HEATBATH_MINIMA_H

#include "landscape/landscape.h"

/* Points without slope, by rising energy, then along x. */
typedef struct heat_places {
    int64_t count, most;
    double *x;      /* [place][n] */
    double *energy; /* [place] */
    int64_t *met;   /* [place] how many ways led there */
    double *extent; /* [place] of minima: how far off, in scales, points of its valley were seen (valleys.h);
                       0: it is isolated */
    bool *is_explored;  /* [place] of minima: the saddles about it were looked for */
    int64_t (*ends)[2]; /* [place] of saddles: the minima on both sides; -1: none that is known */
} heat_places;

/* Starts as zeroes. */
typedef struct heat_minima {
    heat_places minima, saddles;
    int64_t n_visited; /* points evaluated */
    int64_t n_points, capacity_points, capacity_point_of;
    double *points;    /* [n_points][n] of valleys, beside those that stand for them */
    int64_t *point_of; /* [n_points] the minimum that does; -1: it has been dropped */
} heat_minima;

/* All minima that n_starts quenches (HEAT_AUTO: 64) from points at several distances reach, and, up to
 * HEAT_SADDLE_VARIABLES variables, those over a saddle from one that is known; at most 100.
 * HEAT_ERROR_UNABLE where no quench ends in a minimum. Halted, holds what has been found, if anything. */
HEAT_MUST_USE heat_status heat_minima_find(heat_context *ctx, const heat_smooth *view, uint64_t seed,
                                           int64_t n_starts, int64_t threads, heat_minima *found);
void heat_minima_close(heat_minima *found);

/* The same in steps: the minima that so many quenches reach; then, as often as one likes, those that quenches
 * from given points reach, x[n_points][n], which are moved there; then saddles, and the order by energy. Of
 * more minima than there is room for the lowest are kept. */
HEAT_MUST_USE heat_status heat_minima_scatter(heat_context *ctx, const heat_smooth *view, uint64_t seed,
                                              int64_t n_starts, int64_t threads, heat_minima *found);
HEAT_MUST_USE heat_status heat_minima_add(heat_context *ctx, const heat_smooth *view, int64_t n_points,
                                          double *x, int64_t threads, heat_minima *found);
HEAT_MUST_USE heat_status heat_minima_join(heat_context *ctx, const heat_smooth *view, heat_minima *found);

/* Whether energies are the same to the resolution by which places are told apart. */
bool heat_minima_are_level(double a, double b);

/* How far off points of the valley of a minimum were seen, in scales; 0 where that is no farther than
 * quenches end apart on what is flat to a high order. */
double heat_minima_valley(const heat_minima *found, int64_t place);

/* Where the lowest of the minima stands. */
int64_t heat_minima_lowest(const heat_minima *found);

/* The minimum in whose basin x lies, by a quench that moves x there; -1: none that is known. */
HEAT_MUST_USE heat_status heat_minima_locate(heat_context *ctx, heat_landscape *landscape,
                                             const heat_minima *found, double *x, int64_t *place);

#endif
