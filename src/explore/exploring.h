/* A run of heat_explore under way: minima -> basins -> each way's weights -> agreement. */
#ifndef HEATBATH_EXPLORING_H
#define HEATBATH_EXPLORING_H

#include "landscape/gradient_flow.h"

#include <heatbath/explore.h>

typedef struct heat_exploring {
    heat_explore_options opt;
    const heat_model *model;
    heat_smooth view;
    bool wants[HEAT_EXPLORE_WAYS];
    heat_minima minima;
    heat_flow_basins basins;
    int32_t n_temperatures;
    double *temperatures;
    int32_t n_rungs;        /* of the ladder */
    double *ladder;         /* [rung] temperatures, rising */
    int32_t *rung_of;       /* [temperature] its rung */
    int64_t burn_in;        /* sweeps */
    double target_error;    /* of differences of free energies, in units of T */
    bool may_settle;        /* nobody asked for it */
    double begun, ends;     /* the part of the run that is under way, of 1 */
    heat_explore_result *r; /* being filled */
} heat_exploring;

/* A target that nobody asked for, and that takes more than so many times the sweeps allowed, is out of reach:
 * then a part of them is made. */
enum { HEAT_EXPLORE_OUT_OF_SIGHT = 4, HEAT_EXPLORE_PART = 8 };

/* Shows progress: so much of the part under way. */
void heat_exploring_show(heat_context *ctx, const heat_exploring *exploring, double part);

/* What one way says at temperature t of basin k, in the result. */
static inline heat_explore_weight *heat_exploring_weight(const heat_exploring *e, int32_t t, int64_t k,
                                                         heat_explore_way way)
{
    return &e->r->temperatures[t].basins[k].by[way];
}

/* Withholds what a way says at temperature t, and notes how far it got and why; the first reason stays. */
HEAT_MUST_USE heat_status heat_exploring_withhold(heat_context *ctx, const heat_exploring *e, int32_t t,
                                                  heat_explore_way way, heat_explore_answer answer,
                                                  const char *format, ...) HEAT_PRINTF(6, 7);

/* The lowest energy at which one can go from each minimum to each other, passes[count][count]: along saddles,
 * or straight on, whichever is lower. */
HEAT_MUST_USE heat_status heat_explore_find_passes(heat_context *ctx, const heat_exploring *e,
                                                   double *passes);

/* Temperatures to exchange along: those asked for, and hotter ones, spaced by the heat capacity of harmonic
 * wells. */
HEAT_MUST_USE heat_status heat_explore_make_ladder(heat_context *ctx, heat_exploring *e);

/* Free energies of all basins at all temperatures, by integration; NaN where it has none. */
HEAT_MUST_USE heat_status heat_explore_integrate(heat_context *ctx, heat_exploring *e);

/* The weights that follow, against the reference. */
void heat_explore_weigh_integrals(const heat_exploring *e, int32_t t);

/* Refuses the ways that disagree with the others, picks the surest, and sums up. */
HEAT_MUST_USE heat_status heat_explore_agree(heat_context *ctx, heat_exploring *e);

/* Minima, curvatures and saddles into the result, and rows for all temperatures. */
HEAT_MUST_USE heat_status heat_explore_fill_landscape(heat_context *ctx, heat_exploring *e);

#endif
