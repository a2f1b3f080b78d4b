/* The bias of engines without a Metropolis test, by steps of two sizes. */
#ifndef HEATBATH_STEP_BIAS_H
#define HEATBATH_STEP_BIAS_H

#include "sample/sampling.h"

/* Repeats all temperatures at a smaller step, where the engine has a step bias. */
HEAT_MUST_USE heat_status heat_step_bias_plan(heat_context *ctx, heat_sampling *sampling);

/* Takes the rows of smaller steps out of the result, and leaves their biases with the others. */
void heat_step_bias_report(const heat_sampling *sampling, heat_sample_result *result);

#endif
