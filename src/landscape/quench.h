/* The way downhill from a point of a potential to a minimum. */
#ifndef HEATBATH_QUENCH_H
#define HEATBATH_QUENCH_H

#include "landscape/landscape.h"

typedef struct heat_quench {
    double *x;         /* [n] the point, in and out; owned by the caller */
    double energy;     /* there */
    bool is_minimum;   /* the slope has vanished, to rounding */
    int64_t n_visited; /* points evaluated, added to */
} heat_quench;

/* Descends until the slope vanishes, along walls where it ends there. HEAT_ERROR_UNDEFINED where the energy
 * falls without end. Halted, it stays where it is. */
HEAT_MUST_USE heat_status heat_quench_run(heat_context *ctx, heat_landscape *landscape, heat_quench *quench);

#endif
