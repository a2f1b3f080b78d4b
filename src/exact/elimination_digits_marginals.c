/* Marginals on the way back where variables have q values: as in elimination_marginals.c, from P(S) the joint
 *     P(S, x) = P(S) B(S, x) / sum over x of B(S, x),
 * the probabilities of x's values and of the pairs (x, s), and each child's P, which takes its message's
 * place. */
#include "base/context_private.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "exact/elimination_digits.h"

#include <string.h>

typedef struct marginal_pass {
    heat_run *run;
    heat_elimination_sum *sum;
    heat_long_sum energy;
    double *first, *rest; /* the joint: x = 0 in the step's own slot, the others in the scratch */
    const heat_digit_child *child;
    heat_digit_bucket cut; /* of the child's table without x */
} marginal_pass;

static int64_t sums_a_unit(const heat_digit_bucket *bucket)
{
    return bucket->q + (int64_t)bucket->n_edges * bucket->q * bucket->q;
}

/* Adds one block's sums: of every value of x, and of every pair of values of x and a neighbour. */
static void add_sums(const heat_digit_bucket *bucket, int64_t block, int32_t x, const double *joint,
                     double *sums)
{
    int32_t q = bucket->q, size = bucket->block;
    double total = 0;

    for (int32_t l = 0; l < size; l++)
        total += joint[l];
    sums[x] += total;
    for (int32_t e = 0; e < bucket->n_edges; e++) {
        int32_t digit = bucket->edges[e].digit, stride = 1;
        int64_t high = block;
        double *pairs = sums + q + (int64_t)e * q * q + (int64_t)x * q;
        if (digit >= bucket->low_digits) {
            for (int32_t b = bucket->low_digits; b < digit; b++)
                high /= q;
            pairs[high % q] += total;
            continue;
        }
        for (int32_t b = 0; b < digit; b++)
            stride *= q;
        for (int32_t base = 0; base < size; base += stride * q)
            for (int32_t value = 0; value < q; value++)
                for (int32_t l = base + value * stride; l < base + (value + 1) * stride; l++)
                    pairs[value] += joint[l];
    }
}

static heat_status join_unit(heat_context *worker, void *arg, int64_t unit)
{
    marginal_pass *pass = arg;
    heat_run *run = pass->run;
    const heat_digit_bucket *bucket = run->digits;
    int64_t at = unit * bucket->blocks_a_unit, last = at + bucket->blocks_a_unit;
    double *sums = run->partials + unit * sums_a_unit(bucket);

    (void)worker;
    last = last * bucket->block < bucket->size ? last : bucket->size / bucket->block;
    memset(sums, 0, (size_t)sums_a_unit(bucket) * sizeof *sums);
    for (; at < last; at++) {
        double *first = pass->first + at * bucket->block, *rest = pass->rest + at * bucket->block;
        heat_digits_split(run, at, first, rest);
        for (int32_t x = 0; x < bucket->q; x++)
            add_sums(bucket, at, x, x == 0 ? first : rest + (x - 1) * bucket->size, sums);
    }
    return HEAT_OK;
}

/* The digits of S that a child holds, or lacks, as strides in S. */
static int32_t list_strides(const marginal_pass *pass, bool held, int64_t *stride)
{
    const heat_digit_bucket *bucket = pass->run->digits;
    int64_t power = 1;
    int32_t count = 0;

    for (int32_t b = 0; b < bucket->width; b++, power *= bucket->q)
        if ((pass->child->stride[b] != 0) == held)
            stride[count++] = power;
    return count;
}

/* P of a child, for one unit of its separator without x. */
static heat_status sum_out_unit(heat_context *worker, void *arg, int64_t unit)
{
    const marginal_pass *pass = arg;
    const heat_digit_bucket *bucket = pass->run->digits, *cut = &pass->cut;
    const int32_t q = bucket->q, size = cut->block;
    int64_t held[HEAT_MOST_DIGITS], lacked[HEAT_MOST_DIGITS], n_rest = 1;
    int64_t place[HEAT_DIGIT_FACTORS], at = unit * cut->blocks_a_unit, last = at + cut->blocks_a_unit;
    int32_t n_lacked = list_strides(pass, false, lacked);

    (void)worker;
    list_strides(pass, true, held);
    last = last * size < cut->size ? last : cut->size / size;
    for (int32_t l = 0; l < size; l++)
        place[l] = heat_digits_spread(l, q, held, cut->low_digits);
    for (int32_t b = 0; b < n_lacked; b++)
        n_rest *= q;
    for (; at < last; at++) {
        int64_t base = heat_digits_spread(at, q, held + cut->low_digits, cut->width - cut->low_digits);
        double *out = pass->child->table + at * size * q;
        memset(out, 0, (size_t)(size * q) * sizeof *out);
        for (int64_t rest = 0; rest < n_rest; rest++) { /* every value of the digits that it lacks */
            int64_t from = base + heat_digits_spread(rest, q, lacked, n_lacked);
            for (int32_t x = 0; x < q; x++) {
                const double *joint =
                    x == 0 ? pass->first + from : pass->rest + (x - 1) * bucket->size + from;
                for (int32_t l = 0; l < size; l++)
                    out[l * q + x] += joint[place[l]];
            }
        }
    }
    return HEAT_OK;
}

static heat_status run_units(heat_context *ctx, marginal_pass *pass, int32_t n_units, int64_t size,
                             heat_unit_fn fn)
{
    return n_units > 1 ? heat_parallel_for(ctx, heat_run_threads(pass->run, size), n_units, fn, pass)
                       : fn(ctx, pass, 0);
}

/* Where the edge at `entry` of x's row stands in the other row. */
static int64_t mirror(const heat_categorical *graph, int32_t x, int64_t entry)
{
    int64_t low = graph->row[graph->col[entry]], high = graph->row[graph->col[entry] + 1];

    while (high - low > 1) {
        int64_t middle = (low + high) / 2;
        *(graph->col[middle] <= x ? &low : &high) = middle;
    }
    return low;
}

static double interaction(const heat_categorical *graph, int64_t entry, int32_t a, int32_t b)
{
    if (graph->coupling != NULL)
        return a == b ? graph->coupling[entry] : 0;
    return graph->tables[(graph->table[entry] * graph->q + a) * graph->q + b];
}

/* Notes the probabilities of the pairs of one edge; scale makes them add up to 1. */
static void note_pairs(marginal_pass *pass, const heat_digit_edge *edge, int32_t x, const double *pairs,
                       double scale)
{
    const heat_categorical *graph = pass->run->plan->categorical;
    int32_t q = graph->q;
    int64_t size = (int64_t)q * q, other = mirror(graph, x, edge->entry);

    for (int32_t a = 0; a < q; a++)
        for (int32_t b = 0; b < q; b++) {
            double p = pairs[a * q + b] * scale;
            heat_long_sum_add(&pass->energy, -p * interaction(graph, edge->entry, a, b));
            if (pass->sum->pair_p == NULL)
                continue;
            pass->sum->pair_p[edge->entry * size + a * q + b] = p;
            pass->sum->pair_p[other * size + b * q + a] = p;
        }
}

/* Adds up the units' sums and writes what they say. */
static void note_means(marginal_pass *pass)
{
    const heat_digit_bucket *bucket = pass->run->digits;
    const heat_categorical *graph = pass->run->plan->categorical;
    int32_t q = bucket->q, x = pass->run->plan->variable[pass->run->bucket.k];
    int64_t n_sums = sums_a_unit(bucket);
    double *sums = pass->run->partials, total = 0;

    for (int64_t u = 1; u < bucket->n_units; u++)
        for (int64_t j = 0; j < n_sums; j++)
            sums[j] += sums[u * n_sums + j];
    for (int32_t a = 0; a < q; a++)
        total += sums[a]; /* 1 but for rounding on the way */
    for (int32_t a = 0; a < q; a++) {
        double p = sums[a] / total;
        if (graph->field != NULL)
            heat_long_sum_add(&pass->energy, -p * graph->field[(int64_t)x * q + a]);
        if (pass->sum->value_p != NULL)
            pass->sum->value_p[(int64_t)x * q + a] = p;
    }
    for (int32_t e = 0; e < bucket->n_edges; e++)
        note_pairs(pass, &bucket->edges[e], x, sums + q + (int64_t)e * q * q, 1 / total);
}

static heat_status pass_down(heat_context *ctx, heat_run *run, int32_t k, void *arg)
{
    marginal_pass *pass = arg;
    const heat_digit_bucket *bucket = run->digits;
    heat_status status;

    pass->first = run->tables + run->slot[k];
    pass->rest = run->scratch;
    if (run->plan->parent[k] < 0)
        pass->first[0] = 1;
    status = run_units(ctx, pass, bucket->n_units, bucket->size, join_unit);
    if (status != HEAT_OK)
        return status;
    note_means(pass);
    for (int32_t c = 0; c < bucket->n_children && status == HEAT_OK; c++) {
        int64_t held[HEAT_MOST_DIGITS];
        pass->child = &bucket->children[c];
        heat_digits_cut(bucket->q, list_strides(pass, true, held), &pass->cut);
        status = run_units(ctx, pass, pass->cut.n_units, pass->cut.size, sum_out_unit);
    }
    return status;
}

heat_status heat_digit_marginals_run(heat_context *ctx, heat_run *run, heat_elimination_sum *sum,
                                     bool *halted)
{
    marginal_pass pass = {.run = run, .sum = sum};
    heat_status status;

    heat_long_sum_add(&pass.energy, run->plan->graph->offset);
    status = heat_run_backward(ctx, run, pass_down, &pass, halted);
    sum->mean_energy = pass.energy.sum + pass.energy.error;
    return status;
}
