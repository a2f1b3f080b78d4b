/* The bucket of one step: out of the messages that hold x, of x's couplings to its separator S and of its
 * field it makes the message
 *     m(S) = sum over x of B(S, x),   B(S, x) = w(S, x) prod_c m_c(S, x),
 * sum and product being those of the semiring. One body serves all three arithmetics; the compiler makes one
 * of each. The index of a table is cut into a block's low bits, where factors lie in tables, and the rest. */
#include "base/memory.h"
#include "base/parallel.h"
#include "exact/elimination_run.h"

typedef double block_pair[1 << HEAT_TABLE_BLOCK_BITS];

uint64_t heat_separator_bit(const heat_elimination *plan, int32_t k, int32_t step)
{
    int64_t low = plan->begin[k], high = plan->begin[k + 1];

    while (high - low > 1) {
        int64_t middle = (low + high) / 2;
        *(plan->separator[middle] <= step ? &low : &high) = middle;
    }
    return (uint64_t)(low - plan->begin[k]);
}

static void set_child(heat_run *run, int32_t c, heat_bucket_child *child)
{
    const heat_elimination *plan = run->plan;
    heat_bucket *bucket = &run->bucket;
    uint64_t low_mask = ((uint64_t)1 << bucket->low_bits) - 1;
    int64_t at = plan->begin[bucket->k];
    int32_t size = 1;

    child->table = run->tables + run->slot[c];
    child->scale = heat_semiring_inverse(run->semiring, run->peak[c]);
    child->mask = 0;
    for (int64_t b = plan->begin[c] + 1; b < plan->begin[c + 1]; b++) { /* both lists ascend */
        while (plan->separator[at] != plan->separator[b])
            at++;
        child->mask |= (uint64_t)1 << (at - plan->begin[bucket->k]);
    }
    child->low_size = __builtin_popcountll(child->mask & low_mask);
    child->whole = child->low_size == bucket->low_bits;
    child->map[0] = 0;
    for (int32_t b = 0, place = 0; b < bucket->low_bits; b++, size *= 2) {
        int in = (int)(child->mask >> b & 1);
        for (int32_t l = 0; l < size; l++)
            child->map[size + l] = (uint8_t)(child->map[l] + (in << place));
        place += in;
    }
}

/* Takes a factor that hurts where s_bit x disagrees with `positive` into the tables of the low bits. */
static void add_low_edge(heat_semiring s, heat_bucket *bucket, uint64_t bit, bool positive, double penalty)
{
    for (uint64_t l = 0; l < (uint64_t)1 << bucket->low_bits; l++) {
        int against = (l >> bit & 1) == positive ? 0 : 1;
        bucket->low[against][l] = heat_semiring_times(s, bucket->low[against][l], penalty);
    }
}

void heat_bucket_set(heat_run *run, int32_t k)
{
    const heat_elimination *plan = run->plan;
    const heat_pairwise *graph = plan->graph;
    heat_bucket *bucket = &run->bucket;
    heat_semiring s = run->semiring;
    int32_t x = plan->variable[k];
    double unit = s == HEAT_SEMIRING_MIN ? -1 : run->beta;
    uint8_t *map = bucket->maps;

    bucket->k = k;
    bucket->width = heat_separator_size(plan, k);
    bucket->low_bits = bucket->width < HEAT_TABLE_BLOCK_BITS ? bucket->width : HEAT_TABLE_BLOCK_BITS;
    bucket->n_children = bucket->n_edges = 0;
    for (int32_t c = plan->first_child[k]; c >= 0; c = plan->sibling[c]) {
        bucket->children[bucket->n_children].map = map;
        set_child(run, c, &bucket->children[bucket->n_children++]);
        map += 1 << bucket->low_bits;
    }
    bucket->base = unit * fabs(graph->field[x]);
    for (int x_up = 0; x_up < 2; x_up++) {
        bool against = graph->field[x] != 0 && (graph->field[x] > 0) != x_up;
        double factor =
            against ? heat_semiring_penalty(s, run->beta, fabs(graph->field[x])) : heat_semiring_one(s);
        for (int32_t l = 0; l < 1 << bucket->low_bits; l++)
            bucket->low[x_up][l] = factor;
    }
    for (int64_t e = graph->row[x]; e < graph->row[x + 1]; e++) {
        int32_t step = plan->step[graph->col[e]];
        double coupling = heat_pairwise_coupling(graph, e), penalty;
        uint64_t bit;
        if (step < k)
            continue;
        bit = heat_separator_bit(plan, k, step);
        penalty = heat_semiring_penalty(s, run->beta, fabs(coupling));
        bucket->base += unit * fabs(coupling);
        if (bit < (uint64_t)bucket->low_bits)
            add_low_edge(s, bucket, bit, coupling > 0, penalty);
        else
            bucket->edges[bucket->n_edges++] = (heat_bucket_edge){(int32_t)bit, coupling > 0, penalty};
    }
}

/* What the edges above the block put in front of its factors. */
static inline void high_factors(heat_semiring s, const heat_bucket *bucket, uint64_t index, double front[2])
{
    front[0] = front[1] = heat_semiring_one(s);
    for (int32_t e = 0; e < bucket->n_edges; e++) {
        const heat_bucket_edge *edge = &bucket->edges[e];
        int against = (index >> edge->bit & 1) == edge->positive ? 0 : 1;
        front[against] = heat_semiring_times(s, front[against], edge->penalty);
    }
}

__attribute__((always_inline)) static inline void fill_block(heat_semiring s, const heat_bucket *bucket,
                                                             uint64_t block, block_pair *restrict factors)
{
    const int32_t size = 1 << bucket->low_bits;
    const uint64_t index = block << bucket->low_bits;
    double front[2];

    high_factors(s, bucket, index, front);
    for (int x = 0; x < 2; x++)
        for (int32_t l = 0; l < size; l++)
            factors[x][l] = heat_semiring_times(s, bucket->low[x][l], front[x]);
    for (int32_t c = 0; c < bucket->n_children; c++) {
        const heat_bucket_child *child = &bucket->children[c];
        const double scale = child->scale;
        uint64_t high = heat_bits_close(block, child->mask >> bucket->low_bits);
        const double *restrict table = child->table + (high << (child->low_size + 1));
        if (child->whole) {
            for (int32_t l = 0; l < size; l++) {
                factors[0][l] =
                    heat_semiring_times(s, factors[0][l], heat_semiring_times(s, table[2 * l], scale));
                factors[1][l] =
                    heat_semiring_times(s, factors[1][l], heat_semiring_times(s, table[2 * l + 1], scale));
            }
        } else {
            for (int32_t l = 0; l < size; l++) {
                const double *pair = table + 2 * child->map[l];
                factors[0][l] = heat_semiring_times(s, factors[0][l], heat_semiring_times(s, pair[0], scale));
                factors[1][l] = heat_semiring_times(s, factors[1][l], heat_semiring_times(s, pair[1], scale));
            }
        }
    }
}

__attribute__((always_inline)) static inline void split_block(heat_semiring s, const heat_bucket *bucket,
                                                              uint64_t block, double *restrict down,
                                                              double *restrict up)
{
    const int32_t size = 1 << bucket->low_bits;
    block_pair factors[2];

    fill_block(s, bucket, block, factors);
    for (int32_t l = 0; l < size; l++) {
        double lean = s == HEAT_SEMIRING_SUM
                          ? 1
                          : heat_exp_negative(-fabs(factors[0][l] - factors[1][l])); /* the smaller weight */
        double a = s == HEAT_SEMIRING_SUM ? factors[0][l] : factors[0][l] < factors[1][l] ? lean : 1;
        double b = s == HEAT_SEMIRING_SUM ? factors[1][l] : factors[0][l] < factors[1][l] ? 1 : lean;
        double per_weight = down[l] / (a + b);
        down[l] = a * per_weight;
        up[l] = b * per_weight;
    }
}

void heat_bucket_split(const heat_run *run, uint64_t block, double *down, double *up)
{
    if (run->semiring == HEAT_SEMIRING_SUM)
        split_block(HEAT_SEMIRING_SUM, &run->bucket, block, down, up);
    else
        split_block(HEAT_SEMIRING_LOG, &run->bucket, block, down, up);
}

void heat_bucket_get(const heat_run *run, uint64_t index, double entries[2])
{
    const heat_bucket *bucket = &run->bucket;
    uint64_t low = index & (((uint64_t)1 << bucket->low_bits) - 1);
    heat_semiring s = run->semiring;

    high_factors(s, bucket, index, entries);
    for (int x = 0; x < 2; x++)
        entries[x] = heat_semiring_times(s, bucket->low[x][low], entries[x]);
    for (int32_t c = 0; c < bucket->n_children; c++) {
        const heat_bucket_child *child = &bucket->children[c];
        const double *pair = child->table + 2 * heat_bits_close(index, child->mask);
        entries[0] = heat_semiring_times(s, entries[0], heat_semiring_times(s, pair[0], child->scale));
        entries[1] = heat_semiring_times(s, entries[1], heat_semiring_times(s, pair[1], child->scale));
    }
}

/* Blocks [first, last) of the message; returns the entry that matters most. */
__attribute__((always_inline)) static inline double reduce_blocks(heat_semiring s, const heat_run *run,
                                                                  uint64_t first, uint64_t last)
{
    const int32_t size = 1 << run->bucket.low_bits;
    double *restrict out = run->tables + run->slot[run->bucket.k] + (first << run->bucket.low_bits);
    double peak = s == HEAT_SEMIRING_MIN ? (double)INFINITY : -(double)INFINITY;
    block_pair factors[2];

    for (uint64_t block = first; block < last; block++, out += size) {
        fill_block(s, &run->bucket, block, factors);
        for (int32_t l = 0; l < size; l++)
            out[l] = heat_semiring_plus(s, factors[0][l], factors[1][l]);
        for (int32_t l = 0; l < size; l++)
            peak = heat_semiring_better(s, peak, out[l]);
    }
    return peak;
}

static heat_status reduce_unit(heat_context *worker, void *arg, int64_t unit)
{
    heat_run *run = arg;
    int32_t width = run->bucket.width, low = run->bucket.low_bits;
    int32_t unit_bits = width < HEAT_TABLE_UNIT_BITS ? width - low : HEAT_TABLE_UNIT_BITS - low;
    uint64_t first = (uint64_t)unit << unit_bits, last = (uint64_t)(unit + 1) << unit_bits;

    (void)worker;
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

heat_status heat_bucket_reduce(heat_context *ctx, heat_run *run)
{
    heat_status status = HEAT_OK;
    int32_t k = run->bucket.k, width = run->bucket.width;
    int64_t units = width > HEAT_TABLE_UNIT_BITS ? (int64_t)1 << (width - HEAT_TABLE_UNIT_BITS) : 1;

    if (units > 1)
        status = heat_parallel_for(ctx, heat_run_threads(run, (int64_t)1 << width), units, reduce_unit, run);
    else
        status = reduce_unit(ctx, run, 0);
    run->peak[k] = run->partials[0];
    for (int64_t u = 1; u < units; u++)
        run->peak[k] = heat_semiring_better(run->semiring, run->peak[k], run->partials[u]);
    return status;
}
