/* Means of pairs, from the marginals of an elimination. */
#include "learn/pair_sums.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "exact/exact_choice.h"

static const double cheap_entries = 1e6;

/* Where pair (i, j) stands in the view; -1 if nowhere. */
static int64_t find_pair(const heat_pairwise *view, int32_t i, int32_t j)
{
    int64_t low = view->row[i], high = view->row[i + 1];

    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (view->col[middle] < j)
            low = middle + 1;
        else
            high = middle;
    }
    return low < view->row[i + 1] && view->col[low] == j ? low : -1;
}

/* Means over -1 and +1 become means over 0 and 1, in place. */
static void means_to_binary(int32_t n, int64_t n_edges, const int32_t *i, const int32_t *j, double *mean)
{
    double *m = mean + n_edges;

    for (int64_t e = 0; e < n_edges; e++)
        mean[e] = (1 + m[i[e]] + m[j[e]] + mean[e]) / 4;
    for (int32_t k = 0; k < n; k++)
        m[k] = (1 + m[k]) / 2;
}

/* Means over -1 and +1, from those of the view. */
static heat_status collect(heat_context *ctx, const heat_pairwise *view, const heat_elimination_sum *sum,
                           int64_t n_edges, const int32_t *i, const int32_t *j, double *mean)
{
    for (int64_t e = 0; e < n_edges; e++) {
        int64_t k = find_pair(view, i[e], j[e]);
        if (k < 0)
            return heat_fail(ctx, HEAT_ERROR_INTERNAL, "a learned pair is not in its model");
        mean[e] = sum->pair_mean[k];
    }
    for (int32_t k = 0; k < view->n; k++)
        mean[n_edges + k] = sum->spin_mean[k];
    return HEAT_OK;
}

heat_status heat_pair_sums(heat_context *ctx, const heat_model *model, int64_t n_edges, const int32_t *i,
                           const int32_t *j, int64_t threads, double *mean, double *log_z)
{
    heat_elimination_sum sum = {0};
    heat_exact_choice choice = {0};
    heat_model_info info;
    heat_pairwise view;
    heat_status status;

    heat_model_describe(model, &info);
    if (!heat_model_get_pairwise(model, &view))
        return heat_fail(ctx, HEAT_ERROR_INTERNAL, "a learned model has no pairs");
    status = heat_exact_choose_elimination(ctx, model, ctx->config.memory, &choice);
    if (status == HEAT_OK && choice.plan == NULL) /* halted */
        status = heat_halt_check(ctx, "the states were summed");
    if (status == HEAT_OK && mean != NULL)
        status = heat_alloc(ctx, view.n, sizeof *sum.spin_mean, &sum.spin_mean);
    if (status == HEAT_OK && mean != NULL)
        status = heat_alloc(ctx, view.row[view.n] + 1, sizeof *sum.pair_mean, &sum.pair_mean);
    if (status == HEAT_OK)
        status = heat_elimination_run_sum(ctx, choice.plan, 1, mean != NULL, threads, &sum);
    *log_z = sum.log_z;
    if (status == HEAT_OK && mean != NULL)
        status = collect(ctx, &view, &sum, n_edges, i, j, mean);
    if (status == HEAT_OK && mean != NULL && info.coding != HEAT_CODING_SPIN)
        means_to_binary(view.n, n_edges, i, j, mean);
    heat_free(sum.spin_mean);
    heat_free(sum.pair_mean);
    heat_exact_choice_clear(&choice);
    return status;
}

heat_status heat_pair_sums_price(heat_context *ctx, const heat_model *model, bool *affordable, bool *cheap)
{
    heat_exact_choice choice = {0};
    heat_status status = heat_exact_choose(ctx, model, ctx->config.memory, true, &choice);

    if (status == HEAT_OK) {
        *affordable = choice.cost.affordable && choice.plan != NULL;
        *cheap = *affordable && choice.cost.operations < cheap_entries;
    }
    heat_exact_choice_clear(&choice);
    return status;
}
