/* Persistent contrastive divergence: chains go on from one update to the next, K sweeps each; they follow the
 * model as long as it moves slowly. Younes, Probab. Theory Relat. Fields 82 (1989) 625; Tieleman, ICML 2008.
 */
#include "base/memory.h"
#include "learn/learner.h"

#include <string.h>

typedef struct persistent {
    void *states; /* [n_chains] rows */
    void *kept;   /* those before the last run */
    int64_t bytes;
} persistent;

static void restart(heat_negative *negative, const heat_learner *l)
{
    persistent *self = negative->self;

    heat_negative_draw(negative, l, self->states);
}

static heat_status open_chains(heat_context *ctx, const heat_learn_options *options, const heat_learner *l,
                               heat_negative *negative)
{
    persistent *self;
    heat_status status = heat_alloc(ctx, 1, sizeof *self, &self);

    (void)options;
    if (status != HEAT_OK)
        return status;
    negative->self = self;
    self->bytes = negative->n_chains * heat_row_bytes(&l->form);
    status = heat_alloc(ctx, self->bytes, 1, &self->states);
    if (status == HEAT_OK)
        status = heat_alloc(ctx, self->bytes, 1, &self->kept);
    if (status == HEAT_OK)
        restart(negative, l);
    return status;
}

static void free_chains(heat_negative *negative)
{
    persistent *self = negative->self;

    heat_free(self->states);
    heat_free(self->kept);
    heat_free(self);
}

static void *get_chains(heat_negative *negative)
{
    return ((persistent *)negative->self)->states;
}

static void undo(heat_negative *negative)
{
    persistent *self = negative->self;

    memcpy(self->states, self->kept, (size_t)self->bytes);
}

static heat_status add_parts(heat_context *ctx, heat_negative *negative, heat_parts *parts)
{
    persistent *self = negative->self;

    return heat_parts_add(ctx, parts, "chains/states", -1, self->states, self->bytes);
}

static heat_status run(heat_context *ctx, heat_negative *negative, const heat_learner *l, int64_t n_rows,
                       const void *rows, const double *weight, double *mean)
{
    persistent *self = negative->self;

    (void)n_rows;
    (void)rows;
    (void)weight;
    memcpy(self->kept, self->states, (size_t)self->bytes);
    return heat_negative_mean(ctx, negative, l, negative->n_chains, self->kept, self->states, NULL, mean);
}

const heat_negative_kind heat_negative_pcd = {.name = "pcd",
                                              .has_count = true,
                                              .dreams = true,
                                              .run = run,
                                              .open = open_chains,
                                              .free = free_chains,
                                              .restart = restart,
                                              .undo = undo,
                                              .add_parts = add_parts,
                                              .get_chains = get_chains};
