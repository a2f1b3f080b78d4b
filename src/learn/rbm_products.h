/* The statistics of an RBM's rows by the kernel of layers, in single precision: for gradients that are noisy
 * anyway. */
#ifndef HEATBATH_RBM_PRODUCTS_H
#define HEATBATH_RBM_PRODUCTS_H

#include "sample/layer_units.h"

/* Work space for a block of rows. */
typedef struct heat_rbm_products {
    const heat_layer_kernel *kernel;
    uint64_t *bits; /* [row][word] */
    float *scale;   /* [row] */
    float *y;       /* [word][row][64] means of hidden units */
    float *sum;     /* [visible][hidden, padded] */
    uint32_t *list, *x_list;
    int32_t *fields;
} heat_rbm_products;

HEAT_MUST_USE heat_status heat_rbm_products_open(heat_context *ctx, const char *isa,
                                                 const heat_layer_units *units, heat_rbm_products *products);

/* Adds weight[r] (NULL: 1) times x_i <y_j>, x_i and <y_j> of rows whose units are on where they are 1, to
 * pairs[visible][hidden], of_x[visible] and of_y[hidden]. A mean is within 2^-20 of its value; sums of a
 * block are of single precision. */
void heat_rbm_products_add(heat_rbm_products *products, const heat_layer_units *units, int64_t n_rows,
                           const int8_t *rows, const double *weight, double *pairs, double *of_x,
                           double *of_y);

/* Legal on zeroes. */
void heat_rbm_products_close(heat_rbm_products *products);

#endif
