/* Block Gibbs over two layers of any kinds: all hidden units given the visible ones, then all visible ones
 * given the hidden. Smolensky, in Parallel Distributed Processing 1 (1986) 194; Welling, Rosen-Zvi and
 * Hinton, NIPS 17 (2005). */
#ifndef HEATBATH_UNIT_SWEEP_H
#define HEATBATH_UNIT_SWEEP_H

#include "model/unit_layers.h"

/* A worker's room for fields. */
typedef struct heat_unit_fields {
    double *up, *down; /* of the hidden and of the visible layer */
} heat_unit_fields;

HEAT_MUST_USE heat_status heat_unit_fields_init(heat_context *ctx, const heat_unit_layers *layers,
                                                heat_unit_fields *fields);
void heat_unit_fields_clear(heat_unit_fields *fields);

/* One sweep at beta, values in place: hidden ones are drawn before they are read. Leaves the fields from
 * which both layers were drawn. */
void heat_unit_sweep(const heat_unit_layers *layers, double beta, heat_stream *stream,
                     heat_unit_fields *fields, double *visible, double *hidden);

/* The same with W, and so the fields but for what they are at rest, times `coupling`. */
void heat_unit_sweep_scaled(const heat_unit_layers *layers, double beta, double coupling, heat_stream *stream,
                            heat_unit_fields *fields, double *visible, double *hidden);

/* log of the weight of the visible units, the hidden ones summed out, W times `coupling`; `field` is work
 * space. */
double heat_unit_log_weight(const heat_unit_layers *layers, double beta, double coupling,
                            const double *visible, double *field);

/* E of the state that a sweep left, from its fields. */
double heat_unit_sweep_energy(const heat_unit_layers *layers, const heat_unit_fields *fields,
                              const double *visible, const double *hidden);

#endif
