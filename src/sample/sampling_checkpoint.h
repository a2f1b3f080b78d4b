/* Checkpoints of a sampling run: a run killed at any moment goes on from the last one to the same bits. */
#ifndef HEATBATH_SAMPLING_CHECKPOINT_H
#define HEATBATH_SAMPLING_CHECKPOINT_H

#include "sample/sampling.h"

typedef struct heat_sampling_checkpoint {
    heat_sampling *sampling;
    char *identity;
    heat_parts parts;
    double saved_s; /* on heat_clock's scale */
} heat_sampling_checkpoint;

/* With the option: lists the parts, and resumes if the file is there. HEAT_ERROR_INPUT if it belongs to
 * another run. Without: does nothing, and so do the next two. */
HEAT_MUST_USE heat_status heat_sampling_checkpoint_open(heat_context *ctx,
                                                        heat_sampling_checkpoint *checkpoint);

/* Writes the file if it is due, or if it is the last. */
HEAT_MUST_USE heat_status heat_sampling_checkpoint_save(heat_context *ctx,
                                                        heat_sampling_checkpoint *checkpoint, bool is_last);
void heat_sampling_checkpoint_close(heat_sampling_checkpoint *checkpoint);

#endif
