/* The bucket of one step in base q:
 *     m(S) = sum over x of B(S, x),   B(S, x) = w(S, x) prod_c m_c(S, x).
 * A block is the entries that differ in the low digits of S alone: the factors of the low digits lie in a
 * table made once a step, those of the others are constant in it. */
#include "exact/elimination_digits.h"
#include "base/memory.h"
#include "base/parallel.h"

#include <string.h>

enum { ENTRIES_A_UNIT = 1 << 15 };

typedef double block_factors[HEAT_DIGIT_FACTORS];

void heat_digits_cut(int32_t q, int32_t width, heat_digit_bucket *bucket)
{
    int64_t n_blocks = 1;

    bucket->q = q;
    bucket->width = width;
    bucket->low_digits = 0;
    bucket->block = 1;
    for (; bucket->low_digits < width && bucket->block * q * q <= HEAT_DIGIT_FACTORS; bucket->low_digits++)
        bucket->block *= q;
    for (int32_t b = bucket->low_digits; b < width; b++)
        n_blocks *= q;
    bucket->size = n_blocks * bucket->block;
    bucket->blocks_a_unit = ENTRIES_A_UNIT / bucket->block;
    if (bucket->blocks_a_unit * HEAT_MOST_DIGIT_UNITS < n_blocks)
        bucket->blocks_a_unit = (n_blocks + HEAT_MOST_DIGIT_UNITS - 1) / HEAT_MOST_DIGIT_UNITS;
    bucket->n_units = (int32_t)((n_blocks + bucket->blocks_a_unit - 1) / bucket->blocks_a_unit);
}

void heat_digits_free(heat_digit_bucket *bucket)
{
    if (bucket == NULL)
        return;
    heat_free(bucket->low);
    heat_free(bucket->factors);
    heat_free(bucket->children);
    heat_free(bucket->maps);
    heat_free(bucket);
}

double heat_digits_bytes(const heat_elimination *plan)
{
    return sizeof(heat_digit_bucket) + 8.0 * HEAT_DIGIT_FACTORS +
           8.0 * (double)(plan->most_edges + 1) * plan->q * plan->q +
           (double)plan->most_children * (sizeof(heat_digit_child) + HEAT_DIGIT_FACTORS * sizeof(int32_t));
}

heat_status heat_digits_init(heat_context *ctx, const heat_elimination *plan, heat_digit_bucket **out)
{
    int64_t q = plan->q;
    heat_digit_bucket *bucket;
    heat_status status = heat_alloc(ctx, 1, sizeof *bucket, &bucket);

    *out = bucket;
    if (status != HEAT_OK ||
        (status = heat_alloc(ctx, HEAT_DIGIT_FACTORS, sizeof(double), &bucket->low)) != HEAT_OK ||
        (status = heat_alloc(ctx, (plan->most_edges + 1) * q * q, sizeof(double), &bucket->factors)) !=
            HEAT_OK ||
        (status = heat_alloc(ctx, plan->most_children, sizeof *bucket->children, &bucket->children)) !=
            HEAT_OK)
        return status;
    return heat_alloc(ctx, (int64_t)plan->most_children * HEAT_DIGIT_FACTORS, sizeof *bucket->maps,
                      &bucket->maps);
}

static void set_child(const heat_run *run, int32_t k, int32_t c, heat_digit_child *child)
{
    const heat_elimination *plan = run->plan;
    const heat_digit_bucket *bucket = run->digits;
    int64_t at = plan->begin[k], stride = bucket->q;

    child->table = run->tables + run->slot[c];
    child->scale = heat_semiring_inverse(run->semiring, run->peak[c]);
    memset(child->stride, 0, sizeof child->stride);
    for (int64_t b = plan->begin[c] + 1; b < plan->begin[c + 1]; b++, stride *= bucket->q) {
        while (plan->separator[at] != plan->separator[b]) /* both lists ascend */
            at++;
        child->stride[at - plan->begin[k]] = stride;
    }
    for (int32_t l = 0; l < bucket->block; l++)
        child->map[l] = (int32_t)heat_digits_spread(l, bucket->q, child->stride, bucket->low_digits);
}

/* Factors of `count` numbers of which the largest is best; returns it. */
static double put_factors(const heat_run *run, int64_t count, const double *numbers, double *factors)
{
    double best = numbers[0];

    for (int64_t k = 1; k < count; k++)
        best = numbers[k] > best ? numbers[k] : best;
    for (int64_t k = 0; k < count; k++) /* a penalty is twice what it is told */
        factors[k] = heat_semiring_penalty(run->semiring, run->beta, (best - numbers[k]) / 2);
    return best;
}

/* The factors of the edge at `entry` of x's row; returns the largest number of its table. */
static double put_edge(const heat_run *run, int64_t entry, double *factors)
{
    const heat_categorical *graph = run->plan->categorical;
    int64_t q = graph->q, size = q * q;

    if (graph->coupling == NULL)
        return put_factors(run, size, graph->tables + graph->table[entry] * size, factors);
    for (int64_t k = 0; k < size; k++)
        factors[k] = k % (q + 1) == 0 ? graph->coupling[entry] : 0;
    return put_factors(run, size, factors, factors);
}

/* Takes an edge to a low digit into the table of the low digits. */
static void add_low_edge(const heat_run *run, const heat_digit_edge *edge)
{
    heat_digit_bucket *bucket = run->digits;
    int32_t q = bucket->q, stride = 1;

    for (int32_t b = 0; b < edge->digit; b++)
        stride *= q;
    for (int32_t x = 0; x < q; x++)
        for (int32_t l = 0; l < bucket->block; l++) {
            double *low = &bucket->low[x * bucket->block + l];
            *low = heat_semiring_times(run->semiring, *low, edge->factor[x * q + l / stride % q]);
        }
}

void heat_digits_set(heat_run *run, int32_t k)
{
    const heat_elimination *plan = run->plan;
    const heat_categorical *graph = plan->categorical;
    heat_digit_bucket *bucket = run->digits;
    int32_t q = graph->q, x = plan->variable[k];
    double unit = run->semiring == HEAT_SEMIRING_MIN ? -1 : run->beta, field[HEAT_MOST_VALUES];

    heat_digits_cut(q, heat_separator_size(plan, k), bucket);
    run->bucket.k = k;
    run->bucket.width = bucket->width;
    run->bucket.base = 0;
    for (int32_t a = 0; a < q; a++)
        field[a] = heat_semiring_one(run->semiring);
    if (graph->field != NULL)
        run->bucket.base = unit * put_factors(run, q, graph->field + (int64_t)x * q, field);
    for (int32_t a = 0; a < q; a++)
        for (int32_t l = 0; l < bucket->block; l++)
            bucket->low[a * bucket->block + l] = field[a];
    bucket->n_edges = bucket->n_children = 0;
    for (int64_t e = graph->row[x]; e < graph->row[x + 1]; e++) {
        heat_digit_edge *edge = &bucket->edges[bucket->n_edges];
        int32_t step = plan->step[graph->col[e]];
        if (step < k)
            continue;
        edge->digit = (int32_t)heat_separator_bit(plan, k, step);
        edge->entry = e;
        edge->factor = bucket->factors + (int64_t)bucket->n_edges++ * q * q;
        run->bucket.base += unit * put_edge(run, e, edge->factor);
        if (edge->digit < bucket->low_digits)
            add_low_edge(run, edge);
    }
    for (int32_t c = plan->first_child[k]; c >= 0; c = plan->sibling[c]) {
        heat_digit_child *child = &bucket->children[bucket->n_children];
        child->map = bucket->maps + (int64_t)bucket->n_children++ * HEAT_DIGIT_FACTORS;
        set_child(run, k, c, child);
    }
}

/* factors[x * block + l] of one block. */
__attribute__((always_inline)) static inline void fill_block(heat_semiring s, const heat_digit_bucket *bucket,
                                                             int64_t block, double *restrict factors)
{
    const int32_t q = bucket->q, size = bucket->block, low = bucket->low_digits;
    int32_t digit[HEAT_MOST_DIGITS];
    int64_t rest = block;

    for (int32_t b = low; b < bucket->width; b++, rest /= q)
        digit[b] = (int32_t)(rest % q);
    for (int32_t x = 0; x < q; x++) {
        double front = heat_semiring_one(s);
        for (int32_t e = 0; e < bucket->n_edges; e++)
            if (bucket->edges[e].digit >= low)
                front = heat_semiring_times(s, front,
                                            bucket->edges[e].factor[x * q + digit[bucket->edges[e].digit]]);
        for (int32_t l = 0; l < size; l++)
            factors[x * size + l] = heat_semiring_times(s, bucket->low[x * size + l], front);
    }
    for (int32_t c = 0; c < bucket->n_children; c++) {
        const heat_digit_child *child = &bucket->children[c];
        const double *table = child->table;
        for (int32_t b = low; b < bucket->width; b++)
            table += digit[b] * child->stride[b];
        for (int32_t x = 0; x < q; x++)
            for (int32_t l = 0; l < size; l++)
                factors[x * size + l] = heat_semiring_times(
                    s, factors[x * size + l], heat_semiring_times(s, table[child->map[l] + x], child->scale));
    }
}

void heat_digits_get(const heat_run *run, int64_t index, double *entries)
{
    const heat_digit_bucket *bucket = run->digits;
    heat_semiring s = run->semiring;
    int32_t q = bucket->q, low = (int32_t)(index % bucket->block), digit[HEAT_MOST_DIGITS];

    for (int32_t x = 0; x < q; x++)
        entries[x] = bucket->low[x * bucket->block + low];
    for (int32_t b = 0; b < bucket->width; b++, index /= q)
        digit[b] = (int32_t)(index % q);
    for (int32_t e = 0; e < bucket->n_edges; e++)
        for (int32_t x = 0; x < q && bucket->edges[e].digit >= bucket->low_digits; x++)
            entries[x] = heat_semiring_times(s, entries[x],
                                             bucket->edges[e].factor[x * q + digit[bucket->edges[e].digit]]);
    for (int32_t c = 0; c < bucket->n_children; c++) {
        const heat_digit_child *child = &bucket->children[c];
        const double *table = child->table;
        for (int32_t b = 0; b < bucket->width; b++)
            table += digit[b] * child->stride[b];
        for (int32_t x = 0; x < q; x++)
            entries[x] = heat_semiring_times(s, entries[x], heat_semiring_times(s, table[x], child->scale));
    }
}

/* Blocks [first, last) of the message; returns the entry that matters most. */
__attribute__((always_inline)) static inline double reduce_blocks(heat_semiring s, const heat_run *run,
                                                                  int64_t first, int64_t last)
{
    const heat_digit_bucket *bucket = run->digits;
    const int32_t size = bucket->block;
    double *restrict out = run->tables + run->slot[run->bucket.k] + first * size;
    double peak = s == HEAT_SEMIRING_MIN ? (double)INFINITY : -(double)INFINITY;
    block_factors factors;

    for (int64_t block = first; block < last; block++, out += size) {
        fill_block(s, bucket, block, factors);
        for (int32_t l = 0; l < size; l++)
            out[l] = factors[l];
        for (int32_t x = 1; x < bucket->q; x++)
            for (int32_t l = 0; l < size; l++)
                out[l] = heat_semiring_plus(s, out[l], factors[x * size + l]);
        for (int32_t l = 0; l < size; l++)
            peak = heat_semiring_better(s, peak, out[l]);
    }
    return peak;
}

static heat_status reduce_unit(heat_context *worker, void *arg, int64_t unit)
{
    heat_run *run = arg;
    const heat_digit_bucket *bucket = run->digits;
    int64_t first = unit * bucket->blocks_a_unit, last = first + bucket->blocks_a_unit;

    (void)worker;
    last = last * bucket->block < bucket->size ? last : bucket->size / bucket->block;
    switch (run->semiring) {
    case HEAT_SEMIRING_SUM:
        run->partials[unit] = reduce_blocks(HEAT_SEMIRING_SUM, run, first, last);
        break;
    case HEAT_SEMIRING_LOG:
        run->partials[unit] = reduce_blocks(HEAT_SEMIRING_LOG, run, first, last);
        break;
    case HEAT_SEMIRING_MIN:
        run->partials[unit] = reduce_blocks(HEAT_SEMIRING_MIN, run, first, last);
        break;
    }
    return HEAT_OK;
}

heat_status heat_digits_reduce(heat_context *ctx, heat_run *run)
{
    int32_t n_units = run->digits->n_units, k = run->bucket.k;
    heat_status status = HEAT_OK;

    if (n_units > 1)
        status = heat_parallel_for(ctx, heat_run_threads(run, run->digits->size), n_units, reduce_unit, run);
    else
        status = reduce_unit(ctx, run, 0);
    run->peak[k] = run->partials[0];
    for (int32_t u = 1; u < n_units; u++)
        run->peak[k] = heat_semiring_better(run->semiring, run->peak[k], run->partials[u]);
    return status;
}

__attribute__((always_inline)) static inline void split_block(heat_semiring s, const heat_run *run,
                                                              int64_t block, double *restrict first,
                                                              double *restrict rest)
{
    const heat_digit_bucket *bucket = run->digits;
    const int32_t size = bucket->block, q = bucket->q;
    block_factors factors;

    fill_block(s, bucket, block, factors);
    for (int32_t l = 0; l < size; l++) {
        double best = factors[l], total = 0;
        for (int32_t x = 1; x < q; x++)
            best = factors[x * size + l] > best ? factors[x * size + l] : best;
        for (int32_t x = 0; x < q; x++) {
            double *f = &factors[x * size + l];
            *f = s == HEAT_SEMIRING_SUM ? *f : heat_exp_negative(*f - best);
            total += *f;
        }
        total = first[l] / total;
        first[l] = factors[l] * total;
        for (int32_t x = 1; x < q; x++)
            rest[(x - 1) * bucket->size + l] = factors[x * size + l] * total;
    }
}

void heat_digits_split(const heat_run *run, int64_t block, double *first, double *rest)
{
    if (run->semiring == HEAT_SEMIRING_SUM)
        split_block(HEAT_SEMIRING_SUM, run, block, first, rest);
    else
        split_block(HEAT_SEMIRING_LOG, run, block, first, rest);
}
