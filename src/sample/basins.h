/* In whose basin a chain is: the minima of a potential, found before the run, and, draw by draw, to which of
 * them the gradient flow leads, as explore has it. In one dimension basins are intervals between the tops of
 * the barriers; in more a draw is followed (landscape/gradient_flow.h). */
#ifndef HEATBATH_BASINS_H
#define HEATBATH_BASINS_H

#include "landscape/gradient_flow.h"

/* Zeroes: not asked for. */
typedef struct heat_basins {
    int32_t count;    /* of minima; 0: not asked for */
    int32_t n;        /* variables */
    heat_smooth view; /* of the model */
    const double *x;  /* [basin][n] the minima, as the next in `found` */
    const double *energy;
    double *barrier; /* [basin] from the minimum to the lowest saddle that is known about it; else infinite */
    char (*names)[24]; /* [basin + 1] "occupancy_1", ..., "occupancy_other" */
    heat_minima found;
    double *tops;           /* of one dimension: [count - 1] ascending */
    int32_t *along;         /* of one dimension: [count] basins from left to right */
    heat_flow_basins apart; /* of more: what the flow knows of them */
    int64_t n_flows;        /* one for each that locates at a time */
    heat_flow *flow;        /* [n_flows] */
} heat_basins;

/* Finds the minima of a model that offers the smooth view, with a gradient: HEAT_ERROR_OPTION for others,
 * `list` being the text of option `observables`. */
HEAT_MUST_USE heat_status heat_basins_find(heat_context *ctx, const heat_model *model, const char *list,
                                           uint64_t seed, int64_t threads, heat_basins *basins);

/* Room for so many that locate at a time. */
HEAT_MUST_USE heat_status heat_basins_open(heat_context *ctx, int64_t n_flows, heat_basins *basins);
void heat_basins_close(heat_basins *basins);

/* The number of the basin in which x[n] lies, by flow `k`; `count`: of a minimum that is not known. */
HEAT_MUST_USE heat_status heat_basins_locate(heat_context *ctx, heat_basins *basins, int64_t k,
                                             const double *x, int32_t *basin);

/* Of one dimension: the tops on both sides of a basin, infinite where there is none. */
void heat_basins_get_sides(const heat_basins *basins, int32_t basin, double *left, double *right);

#endif
