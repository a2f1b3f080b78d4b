/* The pass over a planar plan in doubles. */
#include "exact/number_double.h"

#define PLANAR_PASS heat_planar_pass_double
#include "exact/planar_pass_body.h"
