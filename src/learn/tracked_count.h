/* log Z along training, where it cannot be counted: members follow the parameters from look to look, and what
 * log Z gains on the way is added up. */
#ifndef HEATBATH_TRACKED_COUNT_H
#define HEATBATH_TRACKED_COUNT_H

#include "io/checkpoint.h"
#include "learn/learner.h"
#include "random/stream.h"

enum { HEAT_TRACKED_GROUPS = 8, HEAT_TRACKED_MEMBERS = 32 };

/* Groups never meet: the scatter of their sums is the error. */
typedef struct heat_tracked_count {
    double *at;     /* parameters at which the members are, [n_parameters] */
    double *origin; /* where they begin, [n_parameters] */
    int64_t n_looks;
    void *rows;           /* [group][member] */
    void *work_rows;      /* the same */
    double *here, *there; /* [group][member] log weights, work space */
    heat_negative moves;
    heat_stream resampling;
    /* [group] log Z by weights on the way there, from the way back, and by Bennett's ratio of both. */
    double forward[HEAT_TRACKED_GROUPS], reverse[HEAT_TRACKED_GROUPS], bennett[HEAT_TRACKED_GROUPS];
} heat_tracked_count;

/* False where its beginning, which weighs two rows a variable, would take minutes. */
bool heat_tracked_count_is_affordable(const heat_learner *learner);

/* Begins at the learner's parameters without their couplings, where log Z is a sum over variables. */
HEAT_MUST_USE heat_status heat_tracked_count_open(heat_context *ctx, heat_learner *learner,
                                                  const heat_learn_options *options,
                                                  heat_tracked_count *tracked);

/* Follows to the learner's parameters, by as many steps as it takes; now and then from the beginning again,
 * so that errors do not pile up. Halted it stops on the way, to be
 * followed up: ask heat_halted. */
HEAT_MUST_USE heat_status heat_tracked_count_follow(heat_context *ctx, heat_learner *learner,
                                                    heat_tracked_count *tracked);

/* log Z where the members are. */
void heat_tracked_count_get(const heat_tracked_count *tracked, heat_learn_count *count);

/* Lists what its further life depends on. */
HEAT_MUST_USE heat_status heat_tracked_count_add_parts(heat_context *ctx, const heat_learner *learner,
                                                       heat_tracked_count *tracked, heat_parts *parts);

/* Legal on zeroes. */
void heat_tracked_count_close(heat_tracked_count *tracked);

#endif
