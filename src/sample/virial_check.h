/* The check of a run in space that needs no reference. */
#ifndef HEATBATH_VIRIAL_CHECK_H
#define HEATBATH_VIRIAL_CHECK_H

#include "sample/sampling.h"

/* <x . grad U> = n T where there are no walls: where a row's virial is off by more than 5 standard errors,
 * step biases in, its temperature, noise or scale is wrong. Refuses all its means, and says so. */
HEAT_MUST_USE heat_status heat_virial_check(heat_context *ctx, const heat_sampling *sampling,
                                            heat_sample_result *result);

#endif
