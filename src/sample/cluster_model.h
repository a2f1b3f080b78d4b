/* A pairwise graph as the cluster kernels want it: as a lattice of bits where it is one, with all couplings
 * of one strength; else as a graph of bytes. */
#ifndef HEATBATH_CLUSTER_MODEL_H
#define HEATBATH_CLUSTER_MODEL_H

#include "kernel/categorical.h"
#include "kernel/cluster.h"
#include "kernel/pairwise.h"

#include <heatbath/context.h>

typedef struct heat_cluster_model {
    heat_cluster_graph graph;
    heat_cluster_lattice lattice;
    bool is_lattice;
    bool is_even;       /* all |J| are the same, and all |h|: rates need no tables */
    double bond, field; /* then their size */
    double gain; /* of a satisfied bond over a broken one, in units of its size: 2 of spins, 1 of Potts */
    double offset;
    int64_t n_bonds;
    double *bonds;  /* [row[n]] |J|, where they are not even */
    double *fields; /* [n] |h|, likewise */
    int8_t *sign, *field_sign;
    int32_t *later; /* [edge] of graphs */
    int64_t *skipped;
    uint64_t *words;
    int32_t *links;
} heat_cluster_model;

/* A copy of what is needed of the graph; row and col are borrowed. `extent` holds the n_dimensions lengths of
 * a lattice, the last running fastest, whose edges are then looked at; NULL for other graphs. Cost: O(edges).
 */
HEAT_MUST_USE heat_status heat_cluster_model_create(heat_context *ctx, const heat_pairwise *graph,
                                                    int32_t n_dimensions, const int64_t *extent,
                                                    heat_cluster_model **out);
/* The same of a plain Potts model without field, all J >= 0. */
HEAT_MUST_USE heat_status heat_cluster_model_create_potts(heat_context *ctx, const heat_categorical *potts,
                                                          heat_cluster_model **out);
void heat_cluster_model_free(heat_cluster_model *model);

/* The rates at beta; the tables, where they are needed, are written to bonds[row[n]] and fields[n]. */
heat_cluster_rates heat_cluster_model_get_rates(const heat_cluster_model *model, double beta, int32_t *bonds,
                                                int32_t *fields);

/* A work space for either move on this model, and its bytes. */
HEAT_MUST_USE heat_status heat_cluster_scratch_init(heat_context *ctx, const heat_cluster_model *model,
                                                    heat_cluster_scratch *scratch);
void heat_cluster_scratch_clear(heat_cluster_scratch *scratch);

/* The sites of a lattice between rows of spins and bits, a bit set where the spin is up. */
void heat_cluster_lattice_pack(const heat_cluster_lattice *lattice, const int8_t *spins, uint64_t *bits);
void heat_cluster_lattice_unpack(const heat_cluster_lattice *lattice, const uint64_t *bits, int8_t *spins);

#endif
