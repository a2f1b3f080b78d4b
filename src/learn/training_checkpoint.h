/* Checkpoints of a training under way. */
#ifndef HEATBATH_TRAINING_CHECKPOINT_H
#define HEATBATH_TRAINING_CHECKPOINT_H

#include "learn/trainer.h"

/* All zeroes but the trainer where no checkpoint is wanted. */
typedef struct heat_training_checkpoint {
    heat_trainer *trainer;
    heat_parts parts; /* all but the history, whose length changes */
    char *identity;
    double saved_s;
} heat_training_checkpoint;

/* Goes on from the file, if it is there: *found. Before it `parts` take what is the road's own; the trainer's
 * and the chains' are added here. */
HEAT_MUST_USE heat_status heat_training_checkpoint_open(heat_context *ctx,
                                                        heat_training_checkpoint *checkpoint, bool *found);

/* Saves where the time for it has come, or the training is over. */
HEAT_MUST_USE heat_status heat_training_checkpoint_save(heat_context *ctx,
                                                        heat_training_checkpoint *checkpoint, bool is_last);

void heat_training_checkpoint_close(heat_training_checkpoint *checkpoint);

#endif
