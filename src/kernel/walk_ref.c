/* Steps of chains of real numbers in plain C, the oracle of the other two. */
#define WALK_ISA ref
#include "kernel/walk_body.h"
