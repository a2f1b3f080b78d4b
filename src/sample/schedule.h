/* Temperatures in time. */
#ifndef HEATBATH_SCHEDULE_H
#define HEATBATH_SCHEDULE_H

#include "model/views.h"

typedef enum heat_schedule_kind {
    HEAT_SCHEDULE_LINEAR = 0, /* T falls by as much a sweep */
    HEAT_SCHEDULE_GEOMETRIC,  /* by the same factor */
    HEAT_SCHEDULE_CYCLIC      /* likewise over a period, then begins again hot */
} heat_schedule_kind;

typedef struct heat_schedule {
    heat_schedule_kind kind;
    double hot, cold;
    int64_t period; /* sweeps of a cycle; 0: there are none */
} heat_schedule;

/* Parses "linear:hot:cold", "geometric:hot:cold" or "cyclic:hot:cold:period", hot >= cold > 0, period >= 2.
 * HEAT_ERROR_OPTION otherwise. */
HEAT_MUST_USE heat_status heat_schedule_parse(heat_context *ctx, const char *text, heat_schedule *schedule);

extern const heat_schedule heat_schedule_flat;

/* A geometric schedule from the couplings. Hot: twice the 0.9 quantile of a site's root mean square field in
 * a random state, sqrt(h_i^2 + sum_j J_ij^2), where nine spins in ten flip freely (the maximum would follow a
 * single hub). Cold: two sevenths of the 0.1 quantile of |J| and |h|, where a move against one of the
 * smallest is accepted once in e^7 (the minimum would follow a single weak bond). Models without a pairwise
 * view: from the energy changes of random moves. */
HEAT_MUST_USE heat_status heat_schedule_choose(heat_context *ctx, const heat_model *model, uint64_t seed,
                                               heat_schedule *schedule);

/* "linear", "geometric" or "cyclic". */
const char *heat_schedule_name(const heat_schedule *schedule);

/* The temperature at `step` of `n_steps`: hot at 0, cold at n_steps - 1, or at the end of every period:
 *
 *     linear       T = hot + (cold - hot) f,      f = step / (n_steps - 1)
 *     geometric    T = hot (cold / hot)^f
 *     cyclic       the same with f = (step mod period) / (period - 1); a run shorter than one is one
 */
double heat_schedule_get(const heat_schedule *schedule, int64_t step, int64_t n_steps);

#endif
