/* The layered view: two layers of two-valued units and no edges within a layer, as plain arrays over 0 and 1:
 * E(x, y) = -scale sum_ij x_i W_ij y_j - sum_i b_i x_i - sum_j c_j y_j + offset. Units of -1 and +1 are
 * rewritten with s = 2x - 1. */
#ifndef HEATBATH_LAYERED_H
#define HEATBATH_LAYERED_H

#include <heatbath/export.h>

/* All arrays are borrowed from the model. */
typedef struct heat_layered {
    int32_t n_visible, n_hidden;
    const double *weights; /* W, [n_visible][n_hidden] */
    double scale;          /* 1, 2 or 4: what W_ij counts over 0 and 1 */
    const double *visible_bias, *hidden_bias;
    double offset;
} heat_layered;

#endif
