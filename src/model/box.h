/* Option --box: walls of real variables. */
#ifndef HEATBATH_BOX_H
#define HEATBATH_BOX_H

#include <heatbath/context.h>

/* Reads `lo:hi`, for every variable, or one a variable between commas, into lower[n] and upper[n]; a side
 * that is left out is infinite. Arrays that are NULL are made, full of infinities; bounds that are there stay
 * where they are narrower. HEAT_ERROR_OPTION (option `box`) if it is no such text, or leaves a variable no
 * room. */
HEAT_MUST_USE heat_status heat_box_set(heat_context *ctx, const char *text, int32_t n, double **lower,
                                       double **upper);

#endif
