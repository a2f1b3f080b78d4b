/* Persistent contrastive divergence: chains go on from one update to the next, K sweeps each; they follow the
 * model as long as it moves slowly. Younes, Probab. Theory Relat. Fields 82 (1989) 625; Tieleman, ICML 2008.
 */
#include "base/memory.h"
#include "learn/learner.h"

#include <string.h>

/* Random states, from the stream of the seed's own. */
static heat_status open_chains(heat_context *ctx, heat_negative *negative, const heat_learner *l)
{
    heat_model_info info = {.coding = l->coding, .n_states = l->n_states};
    heat_stream stream;
    int64_t count = negative->n_chains * l->n_visible;
    heat_status status = heat_alloc(ctx, negative->n_chains * l->row_bytes, 1, &negative->states);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, negative->n_chains * l->row_bytes, 1, &negative->kept);
    heat_stream_init(&stream, negative->seed, HEAT_PURPOSE_BATCH, UINT64_MAX);
    if (status == HEAT_OK && l->kind->draw != NULL) {
        l->kind->draw(l, &stream, negative->n_chains, negative->states);
        return HEAT_OK;
    }
    for (int64_t k = 0; k < count && status == HEAT_OK; k++)
        negative->states[k] = heat_random_value(&info, &stream);
    return status;
}

static heat_status run(heat_context *ctx, heat_negative *negative, const heat_learner *l, int64_t n_rows,
                       const int8_t *rows, double *mean)
{
    (void)n_rows;
    (void)rows;
    memcpy(negative->kept, negative->states, (size_t)(negative->n_chains * l->row_bytes));
    return heat_negative_mean(ctx, negative, l, negative->n_chains, negative->states, mean);
}

const heat_negative_kind heat_negative_pcd = {
    .name = "pcd", .has_count = true, .open = open_chains, .run = run};
