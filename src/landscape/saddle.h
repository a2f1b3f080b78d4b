/* The way uphill from a minimum of a potential to a saddle: a point without slope that one direction falls
 * off from. */
#ifndef HEATBATH_SADDLE_H
#define HEATBATH_SADDLE_H

#include "landscape/landscape.h"

enum { HEAT_SADDLE_VARIABLES = 60 }; /* most: each step takes all curvatures */

typedef struct heat_saddle {
    double *x;         /* [n] the point, in and out; owned by the caller */
    double *along;     /* [n] the direction to climb at first, of length 1; that which falls off, out */
    double energy;     /* there */
    bool is_saddle;    /* one was reached */
    int64_t n_visited; /* points evaluated, added to */
} heat_saddle;

HEAT_MUST_USE heat_status heat_saddle_run(heat_context *ctx, heat_landscape *landscape, heat_saddle *saddle);

#endif
