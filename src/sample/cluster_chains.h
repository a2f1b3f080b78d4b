/* The cluster layout's store: chains that move by clusters, as bits on lattices of one coupling strength,
 * else as rows. Public to the sample room and to tests. */
#ifndef HEATBATH_CLUSTER_CHAINS_H
#define HEATBATH_CLUSTER_CHAINS_H

#include "sample/cluster_model.h"
#include "sample/layout.h"

typedef struct heat_cluster_store {
    heat_cluster_model *model;
    const heat_cluster_kernel *kernel;
    bool counts_energy;            /* a lattice whose energies are exact: they are counted, not summed */
    heat_cluster_random *random;   /* [chain] */
    heat_cluster_rates *rates;     /* [chain] */
    int32_t *tables;               /* [rung][2 n_bonds + n] rates where couplings are not even */
    uint64_t *bits;                /* [chain][word] of lattices */
    int8_t *rows;                  /* [chain][variable] of others, as the kernels know them */
    heat_cluster_scratch *scratch; /* [unit] */
    int8_t *row;                   /* [unit][variable] one state in the model's coding */
    double *energy;                /* [chain] as of the last measure */
    int64_t *total;                /* [chain] likewise */
    int64_t *n_clusters;           /* [chain] Wolff clusters a sweep; settled in the burn-in, 0 until then */
    int64_t *seen_clusters;        /* [chain] in the second half of the burn-in */
    int64_t *seen_sites;           /* [chain] visited by them */
    int64_t *visited;              /* [chain] sites that all Wolff clusters visited */
} heat_cluster_store;

/* For an engine's `plan`: HEAT_ERROR_OPTION, naming engine and model, where the model has no such clusters.
 */
HEAT_MUST_USE heat_status heat_cluster_check_model(heat_context *ctx, const heat_model *model,
                                                   const char *engine);

#endif
