/* Divergence of noisy ascent, and the way back. */
#ifndef HEATBATH_ROLLBACK_H
#define HEATBATH_ROLLBACK_H

#include "learn/trainer.h"

typedef struct heat_rollback {
    double *kept;       /* parameters of the best look; at first those training began with */
    void *rows;         /* [2 * most_rows] work space */
    double *value;      /* [2 * most_rows] work space */
    double begin, best; /* likelihood at first, and to be kept up with, of the best look; NaN: not known */
    double factor;      /* of the learning rate */
    int64_t count;      /* times gone back */
} heat_rollback;

/* Keeps where the learner stands; checks will be of up to `most_rows` rows. */
HEAT_MUST_USE heat_status heat_rollback_open(heat_context *ctx, heat_trainer *trainer, int64_t most_rows,
                                             heat_rollback *rollback);
void heat_rollback_close(heat_rollback *rollback);
HEAT_MUST_USE heat_status heat_rollback_add_parts(heat_context *ctx, const heat_trainer *trainer,
                                                  heat_rollback *rollback, heat_parts *parts);

/* Whether parameters from number `first` on are numbers, and such as a model can have: those behind the
 * couplings are few, and soon show what is wrong with any. */
bool heat_rollback_is_sound(const heat_trainer *trainer, int64_t first);

/* Whether training has surely diverged, from a few rows of data before update `update`, without log Z: no
 * model gives rows more than their share of the weights of rows that were met. False where it cannot be told
 * (of real numbers, and where values are missing or hidden units drawn), or halted. */
HEAT_MUST_USE heat_status heat_rollback_check(heat_context *ctx, heat_trainer *trainer,
                                              heat_rollback *rollback, int64_t update, int64_t n_rows,
                                              const void *rows, const double *weight, bool *diverged);

/* A look: keeps the learner's parameters if none were better. `surely` is low where log Z is not exact.
 * Returns whether training has diverged. */
bool heat_rollback_note(const heat_trainer *trainer, heat_rollback *rollback, double likelihood,
                        double surely);

/* Puts the learner back, with chains that begin anew and a smaller rate. */
void heat_rollback_go(heat_context *ctx, heat_trainer *trainer, heat_rollback *rollback);

#endif
