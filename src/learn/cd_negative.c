/* Contrastive divergence: chains start at the rows of the batch and make K sweeps. Biased for every finite K.
 * Hinton, Neural Computation 14 (2002) 1771. */
#include "base/memory.h"
#include "learn/learner.h"

#include <string.h>

static heat_status run(heat_context *ctx, heat_negative *negative, const heat_learner *l, int64_t n_rows,
                       const int8_t *rows, double *mean)
{
    int8_t *states = NULL;
    heat_status status = heat_alloc(ctx, n_rows * l->n_variables, 1, &states);

    if (status != HEAT_OK)
        return status;
    memcpy(states, rows, (size_t)(n_rows * l->n_variables));
    status = heat_negative_move(ctx, negative, l, n_rows, negative->k, states);
    if (status == HEAT_OK) {
        memset(mean, 0, (size_t)l->n_parameters * sizeof *mean);
        l->kind->add_negative(l, n_rows, states, mean);
        for (int64_t a = 0; a < l->n_parameters; a++)
            mean[a] /= (double)n_rows;
    }
    heat_free(states);
    return status;
}

const heat_negative_kind heat_negative_cd = {.name = "cd", .has_count = true, .run = run};
