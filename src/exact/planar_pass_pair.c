/* The pass over a planar plan in pairs of doubles, for temperatures where doubles cancel. */
#include "exact/number_pair.h"

#define PLANAR_PASS heat_planar_pass_pair
#include "exact/planar_pass_body.h"
