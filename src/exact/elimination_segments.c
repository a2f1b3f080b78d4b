/* Where messages lie on the way back, and which are computed again (Griewank, Optim. Methods Softw. 1 (1992)
 * 35). In segments, n messages of one size take about 2 sqrt(n) at once and one more forward pass; where that
 * is much memory, in groups of segments 3 n^(1/3) and two. */
#include "exact/elimination_plan.h"

/* Adds steps from `start` on until their messages hold `target` doubles; returns the end. */
static int32_t end_of_run(const heat_elimination *plan, int32_t start, int64_t target)
{
    int64_t sum = 0;
    int32_t end = start;

    while (end < plan->n && sum < target) {
        int64_t size = heat_message_size(plan, end++);
        sum = heat_message_begin(sum, size) + size;
    }
    return end;
}

/* Cuts into segments of at least `small` doubles (the last of a group may have less) in groups of at least
 * `large`, places the messages of each class from 0 on, and returns the doubles held at once. */
static int64_t cut(heat_elimination *plan, int64_t small, int64_t large)
{
    int64_t kept = 0, most_rims = 0, most_own = 0;

    plan->n_segments = plan->n_groups = 0;
    for (int32_t start = 0; start < plan->n;) {
        int32_t group_end = end_of_run(plan, start, large);
        int64_t rims = 0;
        plan->group[plan->n_groups++] = plan->n_segments;
        while (start < group_end) {
            int32_t end = end_of_run(plan, start, small);
            int64_t own = 0;
            end = end < group_end ? end : group_end;
            plan->segment[plan->n_segments++] = start;
            for (; start < end; start++) {
                int32_t parent = plan->parent[start];
                int64_t *top = parent >= group_end ? &kept : parent >= end ? &rims : &own;
                int64_t size = heat_message_size(plan, start);
                plan->slot_back[start] = heat_message_begin(*top, size);
                *top = plan->slot_back[start] + size;
            }
            most_own = own > most_own ? own : most_own;
        }
        most_rims = rims > most_rims ? rims : most_rims;
    }
    plan->segment[plan->n_segments] = plan->n;
    plan->group[plan->n_groups] = plan->n_segments;
    plan->kept_end = heat_message_begin(kept, 8);
    plan->group_end = plan->kept_end + heat_message_begin(most_rims, 8);
    plan->slots_back_end = plan->group_end + most_own;
    return plan->slots_back_end;
}

/* The best sizes of segments in groups that are `per_group` times as large, or one segment each; sizes are
 * halved from `all` on. Returns what they hold; *small is the size. */
static int64_t best_cut(heat_elimination *plan, int64_t all, int64_t per_group, int64_t *small)
{
    int64_t best = INT64_MAX, target = all;

    for (int halvings = 0; halvings <= 24 && target > 64; halvings++, target /= 2) {
        int64_t held = cut(plan, target, per_group > INT64_MAX / target ? INT64_MAX : target * per_group);
        if (held < best) {
            best = held;
            *small = target;
        }
        if (held / 2 > best)
            break;
    }
    return best;
}

/* Adds to every place where its class begins. */
static void lift(heat_elimination *plan)
{
    for (int32_t g = 0; g < plan->n_groups; g++)
        for (int32_t s = plan->group[g]; s < plan->group[g + 1]; s++)
            for (int32_t k = plan->segment[s]; k < plan->segment[s + 1]; k++) {
                bool in_group = plan->parent[k] < plan->segment[plan->group[g + 1]];
                bool in_segment = plan->parent[k] < plan->segment[s + 1];
                plan->slot_back[k] += in_segment ? plan->group_end : in_group ? plan->kept_end : 0;
            }
}

void heat_segments_place(heat_elimination *plan, int64_t few, int64_t many)
{
    int64_t all = cut(plan, INT64_MAX, INT64_MAX), small = INT64_MAX, per_group = 1, best = all;

    if (all > few)
        best = best_cut(plan, all, 1, &small);
    for (int64_t segments = 2; all > few && best > many && segments <= 64; segments *= 2) {
        int64_t other = INT64_MAX, held = best_cut(plan, all, segments, &other);
        if (held < best) {
            best = held;
            small = other;
            per_group = segments;
        }
    }
    cut(plan, small, per_group > INT64_MAX / small ? INT64_MAX : small * per_group);
    lift(plan);
}
