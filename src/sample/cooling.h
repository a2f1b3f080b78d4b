/* Runs under a schedule: every sweep has a temperature of its own, and draws are what chains are at the cold
 * ends: of a cyclic schedule once a cycle, else once. They are draws of the annealing, not of equilibrium at
 * the cold temperature: a basin holds what flowed into it on the way down.
 *
 * Chains that walk find their steps before, in a pilot: chains at several temperatures between hot and cold
 * are burnt in side by side, and a sweep of the run takes step and scales from the nearest of them. */
#ifndef HEATBATH_COOLING_H
#define HEATBATH_COOLING_H

#include "sample/schedule.h"

#include <heatbath/sample.h>

typedef struct heat_sampling heat_sampling;

enum { HEAT_COOLING_RUNGS = 24 };

/* Zeroes: there is no schedule. */
typedef struct heat_cooling {
    bool is_on;
    heat_schedule schedule;
    int64_t n_cycles;
    int64_t length;                   /* sweeps of a cycle */
    int32_t n_rungs;                  /* temperatures between hot and cold, both in, in even ratios */
    double betas[HEAT_COOLING_RUNGS]; /* [rung] rising */
} heat_cooling;

/* From the options, of which `sweeps` is cut down to whole cycles; all zeroes without a schedule.
 * HEAT_ERROR_OPTION names what does not go with one. */
HEAT_MUST_USE heat_status heat_cooling_read(heat_context *ctx, heat_sample_options *options,
                                            heat_cooling *cooling);

/* T at a sweep after the burn-in. */
double heat_cooling_get(const heat_cooling *cooling, int64_t sweep);

/* Of a run that walks and has made no sweep: steps, scales and places from a pilot, after which the burn-in
 * is over. Other chains are burnt in at the hot temperature. */
HEAT_MUST_USE heat_status heat_cooling_begin(heat_context *ctx, heat_sampling *sampling);

/* Readies a unit for a sweep after the burn-in. */
void heat_cooling_set(heat_sampling *sampling, int64_t unit, int64_t sweep);

/* Which draw a sweep after the burn-in makes; -1: none. Without a schedule each makes one. */
int64_t heat_cooling_draw(const heat_cooling *cooling, int64_t sweep);

#endif
