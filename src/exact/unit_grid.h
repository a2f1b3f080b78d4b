/* A few Gaussian units as if they had few values: the nodes of a grid. */
#ifndef HEATBATH_UNIT_GRID_H
#define HEATBATH_UNIT_GRID_H

#include "model/unit_layers.h"

/* The nodes of one unit: low, low + step, ... */
typedef struct heat_unit_nodes {
    double low, step;
    int64_t count;
} heat_unit_nodes;

/* Those of unit i of a layer at beta, such that sums over them, times the step, are integrals but for
 * rounding: Gaussian units, the other layer of few values, or of ReLU units where this one has a single unit.
 * False where it is none such, more than 2^20 nodes would be needed, or the integral diverges. Cost: the
 * weights of the unit. */
bool heat_unit_grid_find(const heat_unit_layers *units, bool is_visible, int32_t i, double beta,
                         heat_unit_nodes *nodes);

/* Whether the integral over a single Gaussian unit and ReLU units diverges; false of others. */
bool heat_unit_grid_diverges(const heat_unit_layers *units, bool is_visible);

/* Nodes of the whole layer; infinity where there is no grid. */
double heat_unit_grid_count(const heat_unit_layers *units, bool is_visible, double beta);

#endif
