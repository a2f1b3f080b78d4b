/* Marginals on the way back. Where P(S) is known, so is the joint
 *     P(S, x) = P(S) B(S, x) / (B(S, -1) + B(S, +1)),
 * which gives <x> and <x s> for every s in S, and, summed over what a child's separator does not hold, the
 * child's own P. The child's message has done its work by then: P takes its place. */
#include "base/context_private.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "exact/elimination_run.h"

#include <string.h>

enum { MOST_NEIGHBOURS = 64, FIXED_SUMS = 2 };

typedef double block_pair[1 << HEAT_TABLE_BLOCK_BITS];

/* The joint of the step under way, x = -1 in the step's own slot, x = +1 in the scratch. */
typedef struct marginal_pass {
    heat_run *run;
    heat_elimination_sum *sum;
    heat_long_sum energy;
    double *joint[2];
    int32_t n_later; /* neighbours of x in S */
    int32_t bit[MOST_NEIGHBOURS];
    int64_t entry[MOST_NEIGHBOURS]; /* their places in x's row */
    const heat_bucket_child *child;
    int32_t child_width;
} marginal_pass;

/* Adds one block's sums: of P, of x P, and of x s P for every neighbour. */
static void add_sums(const marginal_pass *pass, uint64_t block, const double *down, const double *up,
                     double *sums)
{
    int32_t low_bits = pass->run->bucket.low_bits, size = 1 << low_bits;
    double total = 0, mean = 0, difference[1 << HEAT_TABLE_BLOCK_BITS];

    for (int32_t l = 0; l < size; l++) {
        difference[l] = up[l] - down[l];
        total += up[l] + down[l];
        mean += difference[l];
    }
    sums[0] += total;
    sums[1] += mean;
    for (int32_t j = 0; j < pass->n_later; j++) {
        int32_t bit = pass->bit[j];
        double pair = 0;
        if (bit >= low_bits) {
            sums[FIXED_SUMS + j] += block >> (bit - low_bits) & 1 ? mean : -mean;
            continue;
        }
        for (int32_t base = 0; base < size; base += 2 << bit)
            for (int32_t l = base; l < base + (1 << bit); l++)
                pair += difference[l + (1 << bit)] - difference[l];
        sums[FIXED_SUMS + j] += pair;
    }
}

static heat_status join_unit(heat_context *worker, void *arg, int64_t unit)
{
    marginal_pass *pass = arg;
    heat_run *run = pass->run;
    int32_t low_bits = run->bucket.low_bits, width = run->bucket.width;
    int32_t unit_bits = width < HEAT_TABLE_UNIT_BITS ? width - low_bits : HEAT_TABLE_UNIT_BITS - low_bits;
    uint64_t last = (uint64_t)(unit + 1) << unit_bits;
    double *sums = run->partials + unit * (FIXED_SUMS + pass->n_later);

    (void)worker;
    memset(sums, 0, (size_t)(FIXED_SUMS + pass->n_later) * sizeof *sums);
    for (uint64_t block = (uint64_t)unit << unit_bits; block < last; block++) {
        double *down = pass->joint[0] + (block << low_bits), *up = pass->joint[1] + (block << low_bits);
        heat_bucket_split(run, block, down, up);
        add_sums(pass, block, down, up, sums);
    }
    return HEAT_OK;
}

/* P of a child, for one unit of its separator without x. */
static heat_status sum_out_unit(heat_context *worker, void *arg, int64_t unit)
{
    const marginal_pass *pass = arg;
    uint64_t mask = pass->child->mask, missing = (((uint64_t)1 << pass->run->bucket.width) - 1) & ~mask;
    int32_t bits = pass->child_width - 1,
            low_bits = bits < HEAT_TABLE_BLOCK_BITS ? bits : HEAT_TABLE_BLOCK_BITS;
    int32_t unit_bits = bits < HEAT_TABLE_UNIT_BITS ? bits - low_bits : HEAT_TABLE_UNIT_BITS - low_bits;
    int32_t size = 1 << low_bits;
    uint64_t place[1 << HEAT_TABLE_BLOCK_BITS], last = (uint64_t)(unit + 1) << unit_bits;
    block_pair sums[2];

    (void)worker;
    for (int32_t l = 0; l < size; l++)
        place[l] = heat_bits_spread((uint64_t)l, mask);
    for (uint64_t block = (uint64_t)unit << unit_bits; block < last; block++) {
        uint64_t base = heat_bits_spread(block << low_bits, mask), rest = 0;
        double *out = pass->child->table + (block << (low_bits + 1));
        memset(sums, 0, sizeof sums);
        do { /* every value of the missing bits */
            const double *down = pass->joint[0] + (base | rest), *up = pass->joint[1] + (base | rest);
            if (place[size - 1] == (uint64_t)size - 1) {
                for (int32_t l = 0; l < size; l++) {
                    sums[0][l] += down[l];
                    sums[1][l] += up[l];
                }
            } else {
                for (int32_t l = 0; l < size; l++) {
                    sums[0][l] += down[place[l]];
                    sums[1][l] += up[place[l]];
                }
            }
            rest = (rest - missing) & missing;
        } while (rest != 0);
        for (int32_t l = 0; l < size; l++) {
            out[2 * l] = sums[0][l];
            out[2 * l + 1] = sums[1][l];
        }
    }
    return HEAT_OK;
}

static heat_status run_units(heat_context *ctx, marginal_pass *pass, int32_t width, heat_unit_fn fn)
{
    if (width <= HEAT_TABLE_UNIT_BITS)
        return fn(ctx, pass, 0);
    return heat_parallel_for(ctx, heat_run_threads(pass->run, (int64_t)1 << width),
                             (int64_t)1 << (width - HEAT_TABLE_UNIT_BITS), fn, pass);
}

/* Where the edge at `entry` of x's row stands in the other row. */
static int64_t mirror(const heat_pairwise *graph, int32_t x, int64_t entry)
{
    int64_t low = graph->row[graph->col[entry]], high = graph->row[graph->col[entry] + 1];

    while (high - low > 1) {
        int64_t middle = (low + high) / 2;
        *(graph->col[middle] <= x ? &low : &high) = middle;
    }
    return low;
}

/* Adds up the units' sums and writes what they say. */
static void note_means(marginal_pass *pass, int64_t units)
{
    const heat_pairwise *graph = pass->run->plan->graph;
    int32_t n_sums = FIXED_SUMS + pass->n_later, x = pass->run->plan->variable[pass->run->bucket.k];
    double *sums = pass->run->partials, mean;

    for (int64_t u = 1; u < units; u++)
        for (int32_t j = 0; j < n_sums; j++)
            sums[j] += sums[u * n_sums + j];
    mean = sums[1] / sums[0]; /* sums[0] is 1 but for rounding on the way */
    heat_long_sum_add(&pass->energy, -graph->field[x] * mean);
    if (pass->sum->spin_mean != NULL)
        pass->sum->spin_mean[x] = mean;
    for (int32_t j = 0; j < pass->n_later; j++) {
        int64_t e = pass->entry[j];
        mean = sums[FIXED_SUMS + j] / sums[0];
        heat_long_sum_add(&pass->energy, -heat_pairwise_coupling(graph, e) * mean);
        if (pass->sum->pair_mean != NULL)
            pass->sum->pair_mean[e] = pass->sum->pair_mean[mirror(graph, x, e)] = mean;
    }
}

static heat_status pass_down(heat_context *ctx, heat_run *run, int32_t k, void *arg)
{
    marginal_pass *pass = arg;
    const heat_elimination *plan = run->plan;
    const heat_pairwise *graph = plan->graph;
    int32_t x = plan->variable[k], width = run->bucket.width;
    heat_status status;

    pass->joint[0] = run->tables + run->slot[k];
    pass->joint[1] = run->scratch;
    if (plan->parent[k] < 0)
        pass->joint[0][0] = 1;
    pass->n_later = 0;
    for (int64_t e = graph->row[x]; e < graph->row[x + 1]; e++)
        if (plan->step[graph->col[e]] > k) {
            pass->bit[pass->n_later] = (int32_t)heat_separator_bit(plan, k, plan->step[graph->col[e]]);
            pass->entry[pass->n_later++] = e;
        }
    status = run_units(ctx, pass, width, join_unit);
    if (status != HEAT_OK)
        return status;
    note_means(pass, width > HEAT_TABLE_UNIT_BITS ? (int64_t)1 << (width - HEAT_TABLE_UNIT_BITS) : 1);
    for (int32_t c = 0; c < run->bucket.n_children && status == HEAT_OK; c++) {
        pass->child = &run->bucket.children[c];
        pass->child_width = __builtin_popcountll(pass->child->mask) + 1;
        status = run_units(ctx, pass, pass->child_width - 1, sum_out_unit);
    }
    return status;
}

heat_status heat_marginals_run(heat_context *ctx, heat_run *run, heat_elimination_sum *sum, bool *halted)
{
    marginal_pass pass = {.run = run, .sum = sum};
    heat_status status;

    heat_long_sum_add(&pass.energy, run->plan->graph->offset);
    status = heat_run_backward(ctx, run, pass_down, &pass, halted);
    sum->mean_energy = pass.energy.sum + pass.energy.error;
    return status;
}
