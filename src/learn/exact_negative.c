/* The exact negative phase: <phi> over all states. */
#include "learn/learner.h"

static heat_status run(heat_context *ctx, heat_negative *negative, const heat_learner *l, int64_t n_rows,
                       const void *rows, const double *weight, double *mean)
{
    (void)n_rows;
    (void)rows;
    (void)weight;
    return l->kind->sum_states(ctx, l, negative->threads, mean, &negative->log_z);
}

const heat_negative_kind heat_negative_exact = {.name = "exact", .is_exact = true, .run = run};
