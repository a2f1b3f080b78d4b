/* What the units of a layer are: one row of a table a kind. Given the other layer, unit i feels a field f_i
 * (q numbers of a Potts unit, one of any other) and is drawn from
 *
 *     p(x) proportional to exp(beta (f . phi(x) - a_i x^2 / 2)),   phi(x) = x, of a Potts unit its one-hot
 * row,
 *
 * x being 0 or 1, -1 or +1, one of q values, any number (Gaussian), or any from 0 on (ReLU: a Gaussian that
 * is never negative); a is 0 but for the last two. All that energies, lowest ones, free energies,
 * conditional draws, moments and gradients ask of a kind is in its row, called once a layer. Welling,
 * Rosen-Zvi and Hinton, NIPS 17 (2005); Nair and Hinton, ICML (2010). */
#ifndef HEATBATH_LAYER_KINDS_H
#define HEATBATH_LAYER_KINDS_H

#include "random/stream.h"

#include <heatbath/model.h>

typedef struct heat_layer_kind heat_layer_kind;

/* A layer as plain arrays, borrowed. Values of its units are doubles; a Potts unit's is 0 ... q-1. */
typedef struct heat_unit_layer {
    const heat_layer_kind *kind;
    int32_t n, q;            /* units; numbers of a unit's field: q of a Potts unit, else 1 */
    const double *bias;      /* [n][q] the field at rest */
    const double *precision; /* [n] a; NULL of kinds that have none */
} heat_unit_layer;

struct heat_layer_kind {
    heat_layer layer;
    const char *name;
    int32_t n_states; /* values of a unit: 2; 0: q; -1: a continuum */
    bool has_precision;
    /* log prod_i sum_x exp(beta (f . phi(x) - a x^2 / 2)); of a continuum an integral. */
    double (*log_sum)(const heat_unit_layer *layer, double beta, const double *field);
    /* The means of phi(x) [n][q], and of x^2 [n] where the kind has a precision (may be NULL). */
    void (*means)(const heat_unit_layer *layer, double beta, const double *field, double *mean,
                  double *square);
    /* The same as beta grows: sum_i max_x (f . phi(x) - a x^2 / 2), and the values [n] that have it (may be
     * NULL). */
    double (*best)(const heat_unit_layer *layer, const double *field, double *values);
    /* Values [n] drawn. */
    void (*draw)(const heat_unit_layer *layer, double beta, const double *field, heat_stream *stream,
                 double *values);
};

/* The row of a kind; NULL for a value that is none. */
const heat_layer_kind *heat_layer_kind_get(heat_layer layer);

/* Values that a unit has; 0 of a continuum. */
int32_t heat_unit_layer_states(const heat_unit_layer *layer);

/* True if the unit can be x. */
bool heat_unit_has_value(const heat_unit_layer *layer, double x);

/* Where x stands in phi, and what stands there: phi(x)[*place] = the value returned, else 0. */
double heat_unit_feature(const heat_unit_layer *layer, double x, int32_t *place);

#endif
