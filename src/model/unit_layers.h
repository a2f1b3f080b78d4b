/* The view of units: two layers of any kinds and the weights between them, E = -phi(v) W phi(h) - b phi(v) -
 * c phi(h) + sum_i a_i x_i^2 / 2 + offset (layer_kinds.h). What is written over it holds for every pairing.
 */
#ifndef HEATBATH_UNIT_LAYERS_H
#define HEATBATH_UNIT_LAYERS_H

#include "model/layer_kinds.h"

/* All arrays are borrowed from the model. */
typedef struct heat_unit_layers {
    heat_unit_layer visible, hidden;
    const double *weights; /* W, [visible][its q][hidden][its q] */
    double offset;
} heat_unit_layers;

/* Fills in the view; false if the model has none. Valid while the model lives. */
bool heat_model_get_units(const heat_model *model, heat_unit_layers *view);

/* Numbers of all fields of a layer: n q. */
int64_t heat_unit_layer_width(const heat_unit_layer *layer);

/* Fields of one layer become what it is at rest plus what the values of the other add. */
void heat_units_find_hidden_fields(const heat_unit_layers *layers, const double *visible, double *field);
void heat_units_find_visible_fields(const heat_unit_layers *layers, const double *hidden, double *field);

/* Adds `factor` times what unit i of value x adds to the fields of the other layer. */
void heat_units_add_visible(const heat_unit_layers *layers, int32_t i, double x, double factor,
                            double *hidden_field);
void heat_units_add_hidden(const heat_unit_layers *layers, int32_t j, double x, double factor,
                           double *visible_field);

/* sum_i b_i phi(x_i) - a_i x_i^2 / 2: a layer's own part of -E. */
double heat_unit_layer_own(const heat_unit_layer *layer, const double *values);

/* E of a state, values of both layers. `field` is work space for the hidden fields. */
double heat_units_energy(const heat_unit_layers *layers, const double *visible, const double *hidden,
                         double *field);

/* A row of a model (views.h) as values of both layers, visible ones first, and back. */
void heat_units_read_row(const heat_unit_layers *layers, const void *row, double *values);
void heat_units_write_row(const heat_unit_layers *layers, const double *values, void *row);

/* F_T of visible values, the hidden layer summed out. `field` is work space for the hidden fields. */
double heat_units_free_energy(const heat_unit_layers *layers, double temperature, const double *visible,
                              double *field);

#endif
