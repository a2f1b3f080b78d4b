/* The basins of a potential's minima: x belongs to the minimum that dx/dt = -grad U leads to; where the view
 * has slow variables, after the others have gone downhill alone. Many points at a time, side by side. */
#ifndef HEATBATH_GRADIENT_FLOW_H
#define HEATBATH_GRADIENT_FLOW_H

#include "landscape/minima.h"

/* The minima, with the curvature there. Starts as zeroes. */
typedef struct heat_flow_basins {
    const heat_smooth *view;   /* borrowed */
    const heat_minima *minima; /* borrowed */
    int64_t count;
    double *hessian; /* [basin][n][n] */
    double *factor;  /* [basin][n][n] its Cholesky factor L, the lower triangle */
    bool *is_curved; /* [basin] the Hessian is positive definite, else there is no factor */
    double
        *reach; /* [basin] every way down from where (x - x_k)' H (x - x_k) / 2 is below this ends in x_k */
    double tolerance; /* of a step of the flow, in the units of x */
} heat_flow_basins;

HEAT_MUST_USE heat_status heat_flow_basins_open(heat_context *ctx, const heat_smooth *view,
                                                const heat_minima *minima, heat_flow_basins *basins);
void heat_flow_basins_close(heat_flow_basins *basins);

/* (x - x_k)' H_k (x - x_k) / 2. */
double heat_flow_basins_lift(const heat_flow_basins *basins, int64_t k, const double *x);

/* log det H_k, which is positive definite. */
double heat_flow_basins_log_det(const heat_flow_basins *basins, int64_t k);

/* x_k + s L_k^-T z, whose lift is s^2 |z|^2 / 2; z[n] is used up. The Hessian there is positive definite. */
void heat_flow_basins_place(const heat_flow_basins *basins, int64_t k, double s, double *z, double *x);

/* What it takes to follow points down; one thread's own. Starts as zeroes. */
typedef struct heat_flow {
    const heat_flow_basins *basins; /* borrowed */
    heat_landscape landscape;
    double *memory, *x, *next, *slope[4], *energy, *work; /* of the lanes; `slope` is dU/dx at four stages */
    double *step;                                         /* [lane] */
    int64_t *point, *n_steps;                             /* [lane] which point it follows, -1: none */
    bool *is_early;                                       /* [lane] its slow variables do not move yet */
    double *first_slope; /* [lane] the largest of its fast variables, when it began */
    bool is_stale;       /* slopes are to be evaluated again */
    double *at;          /* [n] scratch */
} heat_flow;

HEAT_MUST_USE heat_status heat_flow_open(heat_context *ctx, const heat_flow_basins *basins, heat_flow *flow);
void heat_flow_close(heat_flow *flow);

/* basin[count] of points[count][n]; -1: no minimum that is known. Cost: some 50 evaluations of a point that
 * lies beyond the reach of its minimum; none within, nor where there is one minimum alone. */
HEAT_MUST_USE heat_status heat_flow_locate(heat_context *ctx, heat_flow *flow, int64_t count,
                                           const double *points, int32_t *basin);

#endif
