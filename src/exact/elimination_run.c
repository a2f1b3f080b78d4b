/* Passes over a plan. Forward, each step leaves its message and the peaks add up to log Z, or to the lowest
 * energy. Backward, a segment of steps at a time is computed again from the messages kept at its rim, those
 * of the segments of a group before that from the messages kept at the group's, and walked through from its
 * end. */
#include "base/context_private.h"
#include "base/memory.h"
#include "exact/elimination_digits.h"

enum {
    STEPS_BETWEEN_POLLS = 64,
    PASSES_BACK = 3 /* with a way back: there, again, and down */
};

heat_status heat_run_init(heat_context *ctx, heat_run *run, const heat_elimination *plan,
                          heat_semiring semiring, double beta, int64_t threads, bool back, bool beliefs)
{
    int64_t n_tables = back ? plan->slots_back_end : plan->slots_end;
    int64_t n_scratch = beliefs ? (plan->q - 1) * (int64_t)heat_table_entries(plan->q, plan->cost.width) : 0;
    heat_status status;

    *run = (heat_run){.plan = plan, .semiring = semiring, .beta = beta, .threads = threads};
    run->slot = back ? plan->slot_back : plan->slot;
    if (plan->cost.is_bound)
        return heat_fail(ctx, HEAT_ERROR_UNABLE, "too wide for exact elimination: width %d found (at least)",
                         plan->cost.width);
    for (int32_t k = 0; k < plan->n; k++)
        run->whole += (back ? PASSES_BACK : 1) * heat_table_entries(plan->q, heat_separator_size(plan, k));
    if ((status = heat_alloc_unset(ctx, n_tables, sizeof(double), &run->tables)) != HEAT_OK ||
        (status = heat_alloc_unset(ctx, n_scratch, sizeof(double), &run->scratch)) != HEAT_OK ||
        (status = heat_alloc(ctx, plan->n, sizeof(double), &run->peak)) != HEAT_OK ||
        (status = heat_alloc(ctx, plan->most_partials, sizeof(double), &run->partials)) != HEAT_OK ||
        (status = heat_alloc(ctx, plan->most_children, sizeof(heat_bucket_child), &run->bucket.children)) !=
            HEAT_OK)
        return status;
    return plan->categorical != NULL ? heat_digits_init(ctx, plan, &run->digits)
                                     : heat_alloc(ctx, plan->most_maps, 1, &run->bucket.maps);
}

void heat_run_clear(heat_run *run)
{
    heat_free(run->tables);
    heat_free(run->scratch);
    heat_free(run->peak);
    heat_free(run->partials);
    heat_free(run->bucket.children);
    heat_free(run->bucket.maps);
    heat_digits_free(run->digits);
    run->digits = NULL;
    run->tables = run->scratch = run->peak = run->partials = NULL;
    run->bucket.children = NULL;
    run->bucket.maps = NULL;
}

static void set_bucket(heat_run *run, int32_t k)
{
    if (run->digits != NULL)
        heat_digits_set(run, k);
    else
        heat_bucket_set(run, k);
}

/* Step k forward: sets the bucket, writes the message into its slot, notes its peak. */
static heat_status run_step(heat_context *ctx, heat_run *run, int32_t k)
{
    set_bucket(run, k);
    return run->digits != NULL ? heat_digits_reduce(ctx, run) : heat_bucket_reduce(ctx, run);
}

/* Looks at the stop flag after large tables, and now and then after small ones. */
static bool halted_now(heat_context *ctx, heat_run *run)
{
    int64_t size = run->digits != NULL ? run->digits->size : (int64_t)1 << run->bucket.width;

    run->done += (double)size;
    if (++run->polled < STEPS_BETWEEN_POLLS && size < (int64_t)1 << HEAT_TABLE_UNIT_BITS)
        return false;
    run->polled = 0;
    heat_show_progress(ctx, fmin(run->done / run->whole, 0.99), (double)NAN, (double)NAN);
    return heat_halted(ctx);
}

heat_status heat_run_forward(heat_context *ctx, heat_run *run, bool *halted)
{
    const heat_pairwise *graph = run->plan->graph;
    bool min = run->semiring == HEAT_SEMIRING_MIN;
    heat_status status = HEAT_OK;

    *halted = false;
    run->total = (heat_long_sum){0, 0};
    heat_long_sum_add(&run->total, min ? graph->offset : -run->beta * graph->offset);
    for (int32_t k = 0; k < run->plan->n; k++) {
        status = run_step(ctx, run, k);
        if (status != HEAT_OK)
            break;
        *halted = halted_now(ctx, run);
        if (*halted)
            break;
        heat_long_sum_add(&run->total, run->bucket.base);
        heat_long_sum_add(&run->total, run->semiring == HEAT_SEMIRING_SUM ? log(run->peak[k]) : run->peak[k]);
    }
    return status;
}

/* Computes the steps from `start` to `end` again whose messages lie from `lowest` on. */
static heat_status run_again(heat_context *ctx, heat_run *run, int32_t start, int32_t end, int64_t lowest,
                             bool *halted)
{
    heat_status status = HEAT_OK;

    for (int32_t k = start; k < end && status == HEAT_OK && !*halted; k++) {
        if (run->plan->slot_back[k] < lowest)
            continue; /* kept since it was computed last */
        status = run_step(ctx, run, k);
        *halted = halted_now(ctx, run);
    }
    return status;
}

heat_status heat_run_backward(heat_context *ctx, heat_run *run, heat_down_fn down, void *arg, bool *halted)
{
    const heat_elimination *plan = run->plan;
    heat_status status = HEAT_OK;

    *halted = false;
    for (int32_t g = plan->n_groups - 1; g >= 0; g--) {
        int32_t first = plan->group[g], last = plan->group[g + 1] - 1;
        bool fresh = g == plan->n_groups - 1; /* what the way forward left */
        if (!fresh)
            status = run_again(ctx, run, plan->segment[first], plan->segment[last], plan->kept_end, halted);
        for (int32_t s = last; s >= first; s--) {
            int32_t start = plan->segment[s], end = plan->segment[s + 1];
            if (status == HEAT_OK && !*halted && !(fresh && s == last))
                status = run_again(ctx, run, start, end, plan->group_end, halted);
            for (int32_t k = end - 1; k >= start; k--) {
                if (status != HEAT_OK || *halted)
                    return status;
                set_bucket(run, k);
                status = down(ctx, run, k, arg);
                *halted = halted_now(ctx, run);
            }
        }
    }
    return status;
}
