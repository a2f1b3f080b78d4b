/* From the options of sample to the plan of a walk, and which engines a model of coordinates takes. */
#ifndef HEATBATH_WALK_OPTIONS_H
#define HEATBATH_WALK_OPTIONS_H

#include "sample/sampling.h"

/* True for a model whose states are places in space: it offers the smooth view. */
bool heat_model_is_walked(const heat_model *model);

/* How the run's engine moves real numbers; its own way where it has one. */
heat_walk_plan heat_walk_plan_of(const heat_model *model, const heat_engine *engine,
                                 const heat_sample_options *options);

/* Counts the chains that trade states, which are one in errors: of an ensemble its walkers, each of which
 * then is a chain, `replicas` times as many. */
void heat_walk_gather(heat_sampling *sampling);

/* HEAT_ERROR_OPTION, which names the engine or the option: an engine that does not walk for a model that is
 * walked, or one that does for any other; an option of walks for such a model. */
HEAT_MUST_USE heat_status heat_walk_check(heat_context *ctx, const heat_model *model,
                                          const heat_engine *engine, const heat_sample_options *options);

#endif
