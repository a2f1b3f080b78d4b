/* Contrastive divergence: chains start at the rows of the batch and make K sweeps. Biased for every finite K.
 * Hinton, Neural Computation 14 (2002) 1771. */
#include "base/memory.h"
#include "learn/learner.h"

#include <string.h>

static heat_status run(heat_context *ctx, heat_negative *negative, const heat_learner *l, int64_t n_rows,
                       const int8_t *rows, const double *weight, double *mean)
{
    int8_t *moved = NULL;
    heat_status status = heat_alloc(ctx, n_rows * l->row_bytes, 1, &moved);

    if (status != HEAT_OK)
        return status;
    memcpy(moved, rows, (size_t)(n_rows * l->row_bytes));
    status = heat_negative_mean(ctx, negative, l, n_rows, moved, weight, mean);
    heat_free(moved);
    return status;
}

const heat_negative_kind heat_negative_cd = {.name = "cd", .has_count = true, .run = run};
