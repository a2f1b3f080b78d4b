/* A graph of spins in parts that no coupling joins, each with a road of its own. */
#ifndef HEATBATH_COMPONENTS_H
#define HEATBATH_COMPONENTS_H

#include "exact/exact_choice.h"

typedef struct heat_exact_part {
    heat_model *model;        /* of its spins; owned */
    heat_exact_choice choice; /* whoever makes it chooses; cleared with the part */
    int32_t n;
    const int32_t *site; /* [n] its spins, rising */
} heat_exact_part;

struct heat_exact_parts {
    int32_t n;
    heat_exact_part *part; /* [n] from the largest to the smallest; owned */
    int32_t *site;         /* of all parts, one after the other; owned */
};

/* *out is NULL where all spins but lone ones hang together. The first part has the offset. Cost: O(edges). */
HEAT_MUST_USE heat_status heat_exact_parts_create(heat_context *ctx, const heat_pairwise *graph,
                                                  heat_exact_parts **out);

/* What heat_exact_run_sum says of them all together. */
HEAT_MUST_USE heat_status heat_exact_parts_run_sum(heat_context *ctx, const heat_exact_parts *parts,
                                                   const heat_pairwise *graph, double beta, int64_t threads,
                                                   heat_elimination_sum *sum);

#endif
