/* Contrastive divergence: chains start at the rows of the batch and make K sweeps. Biased for every finite K.
 * Hinton, Neural Computation 14 (2002) 1771. */
#include "base/memory.h"
#include "learn/learner.h"

#include <string.h>

typedef struct moved_rows {
    int64_t capacity;
    void *rows; /* of the last run */
} moved_rows;

static heat_status open_rows(heat_context *ctx, const heat_learn_options *options, const heat_learner *l,
                             heat_negative *negative)
{
    (void)options;
    (void)l;
    return heat_alloc(ctx, 1, sizeof(moved_rows), &negative->self);
}

static void free_rows(heat_negative *negative)
{
    moved_rows *self = negative->self;

    heat_free(self->rows);
    heat_free(self);
}

static heat_status run(heat_context *ctx, heat_negative *negative, const heat_learner *l, int64_t n_rows,
                       const void *rows, const double *weight, double *mean)
{
    moved_rows *self = negative->self;
    heat_status status = heat_grow(ctx, n_rows * heat_row_bytes(&l->form), 1, &self->capacity, &self->rows);

    if (status != HEAT_OK)
        return status;
    negative->begins_at_data = mean == NULL;
    return heat_negative_mean(ctx, negative, l, n_rows, rows, self->rows, weight, mean);
}

const heat_negative_kind heat_negative_cd = {
    .name = "cd", .has_count = true, .dreams = true, .run = run, .open = open_rows, .free = free_rows};
