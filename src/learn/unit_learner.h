/* RBMs of layers of any kinds: what the kind "rbm" hands over where a layer is not of two values. */
#ifndef HEATBATH_UNIT_LEARNER_H
#define HEATBATH_UNIT_LEARNER_H

#include "learn/learner.h"

extern const heat_learn_kind heat_learn_kind_units;

/* Whether the options, or data of real numbers, ask for such a layer. */
bool heat_learn_wants_units(const heat_learn_options *options, const heat_data_info *info);

#endif
