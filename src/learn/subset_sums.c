/* States are subsets, those of the variables that are 1. Log weights are built by doubling: with variable i
 * added to every subset of those before it, L(x + i) = L(x) + D_i(x),   D_i(x) = b_i + sum_(j in x) w_ij, and
 * D_i by doubling likewise. The sum over supersets (Yates, The Design and Analysis of Factorial Experiments
 * (1937)) makes of probabilities p(x) the means of all products of variables at once.
 *
 * Twelve variables at most are summed so at a time, the low ones, which fit into the nearest cache, one state
 * of the others after the other: that only shifts their biases. Where no weight of such a block can be out of
 * the range of numbers beside the largest, exp is a product, built by doubling. Of each block its sum and the
 * means of the low variables are kept, and the sum over blocks state by state, counted from the largest block
 * that a unit of work has met so far. */
#include "learn/subset_sums.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "kernel/elementary.h"

#include <math.h>
#include <string.h>

static const double most_range = 600; /* of log weights whose exp are built as products */
enum { LOW_BITS = 12, HIGH_BITS = HEAT_MOST_SUBSET_BITS - LOW_BITS, UNITS = 32, LANES = 4 };

void heat_subsets_fill(int32_t n, const double *w, const double *b, double *field, double *log_weight)
{
    log_weight[0] = 0;
    for (int32_t i = 0; i < n; i++) {
        int64_t half = (int64_t)1 << i;
        field[0] = b[i];
        for (int32_t j = 0; j < i; j++)
            for (int64_t x = 0, size = (int64_t)1 << j; x < size; x++)
                field[x + size] = field[x] + w[i * n + j];
        for (int64_t x = 0; x < half; x++)
            log_weight[half + x] = log_weight[x] + field[x];
    }
}

void heat_subsets_raise(int32_t n, double *p)
{
    int64_t size = (int64_t)1 << n;

    for (int64_t step = 1; step < size; step *= 2)
        for (int64_t block = 0; block < size; block += 2 * step)
            for (int64_t x = block; x < block + step; x++)
                p[x] += p[x + step];
}

/* Variables in two parts, and what is known of each state of the high ones. */
typedef struct summing {
    const heat_subsets *subsets;
    bool wants_means;
    int32_t n_low, n_high;
    int64_t n_blocks, n_units, n_states; /* of the high variables, of work, of the low variables */
    double *w;                           /* [n][n] */
    double *low;                         /* [n_states] log weights by couplings alone */
    double *low_weight;                  /* [n_states] exp of these, the largest 1 */
    double largest_low, range_low;       /* of the log weights */
    double *high;                        /* [n_blocks] log weights of the high variables' own */
    double *sum;                         /* [n_blocks] of weights, counted from exp(from) */
    double *from;                        /* [n_blocks] */
    double *first;                       /* [n_blocks][n_low] sums of weights times each low variable */
    double *largest;                     /* [n_units] log weight that a unit of work counts from */
    double *total;                       /* [n_units][n_states] weights summed over blocks */
} summing;

static void close_sum(summing *s)
{
    heat_free(s->w);
    heat_free(s->low);
    heat_free(s->low_weight);
    heat_free(s->high);
    heat_free(s->sum);
    heat_free(s->from);
    heat_free(s->first);
    heat_free(s->largest);
    heat_free(s->total);
}

static heat_status open_sum(heat_context *ctx, const heat_subsets *of, summing *s)
{
    const int32_t n = of->n;
    heat_status status = HEAT_OK;

    *s = (summing){.subsets = of, .n_low = n < LOW_BITS ? n : LOW_BITS};
    s->n_high = n - s->n_low;
    s->n_blocks = (int64_t)1 << s->n_high;
    s->n_units = s->n_blocks < UNITS ? s->n_blocks : UNITS;
    s->n_states = (int64_t)1 << s->n_low;
    const struct {
        double **array;
        int64_t count;
    } rows[] = {{&s->w, (int64_t)n * n},
                {&s->low, s->n_states},
                {&s->low_weight, s->n_states},
                {&s->high, s->n_blocks},
                {&s->sum, s->n_blocks},
                {&s->from, s->n_blocks},
                {&s->first, s->n_blocks * s->n_low},
                {&s->largest, s->n_units},
                {&s->total, s->n_units * s->n_states}};
    for (size_t k = 0; k < sizeof rows / sizeof *rows && status == HEAT_OK; k++)
        status = heat_alloc(ctx, rows[k].count, sizeof **rows[k].array, rows[k].array);
    return status;
}

static double largest_of(int64_t size, const double *p)
{
    double most = p[0];

    for (int64_t x = 1; x < size; x++)
        most = p[x] > most ? p[x] : most;
    return most;
}

/* Tables of both parts by themselves. */
static void fill_tables(summing *s)
{
    enum { MOST = HIGH_BITS > LOW_BITS ? HIGH_BITS : LOW_BITS };
    const heat_subsets *of = s->subsets;
    const int32_t n = of->n, n_low = s->n_low, n_high = s->n_high;
    double part[MOST * MOST], none[MOST] = {0}, field[(1 << MOST) / 2 + 1];

    for (int64_t e = 0; e < of->n_edges; e++)
        s->w[of->i[e] * n + of->j[e]] = s->w[of->j[e] * n + of->i[e]] = of->weights[e];
    for (int32_t a = 0; a < n_low; a++)
        memcpy(part + a * n_low, s->w + (int64_t)a * n, (size_t)n_low * sizeof *part);
    heat_subsets_fill(n_low, part, none, field, s->low);
    s->largest_low = largest_of(s->n_states, s->low);
    for (int64_t x = 0; x < s->n_states; x++) {
        s->low_weight[x] = heat_exp_negative(s->low[x] - s->largest_low);
        s->range_low = fmax(s->range_low, s->largest_low - s->low[x]);
    }
    for (int32_t a = 0; a < n_high; a++)
        memcpy(part + a * n_high, s->w + (int64_t)(n_low + a) * n + n_low, (size_t)n_high * sizeof *part);
    heat_subsets_fill(n_high, part, of->biases + n_low, field, s->high);
}

static double sum_of(int64_t size, const double *p)
{
    double lane[LANES] = {0};
    int64_t x;

    for (x = 0; x + LANES <= size; x += LANES)
        for (int k = 0; k < LANES; k++)
            lane[k] += p[x + k];
    for (; x < size; x++)
        lane[0] += p[x];
    return (lane[0] + lane[1]) + (lane[2] + lane[3]);
}

/* Weights of a block, counted from exp(from). */
static double weigh_by_products(const summing *s, double from, const double *bias, double *p)
{
    p[0] = 1;
    for (int32_t i = 0; i < s->n_low; i++) {
        const int64_t half = (int64_t)1 << i;
        const double off = exp(bias[i] > 0 ? -bias[i] : 0), on = exp(bias[i] > 0 ? 0 : bias[i]);
        for (int64_t x = 0; x < half; x++) {
            p[half + x] = p[x] * on;
            p[x] *= off;
        }
        from += bias[i] > 0 ? bias[i] : 0;
    }
    for (int64_t x = 0; x < s->n_states; x++)
        p[x] *= s->low_weight[x];
    return from + s->largest_low;
}

static double weigh_by_logarithms(const summing *s, double from, const double *bias, double *p)
{
    double most;

    p[0] = from;
    for (int32_t i = 0; i < s->n_low; i++)
        for (int64_t x = 0, half = (int64_t)1 << i; x < half; x++)
            p[half + x] = p[x] + bias[i];
    for (int64_t x = 0; x < s->n_states; x++)
        p[x] += s->low[x];
    most = largest_of(s->n_states, p);
    for (int64_t x = 0; x < s->n_states; x++)
        p[x] = heat_exp_negative(p[x] - most);
    return most;
}

static double weigh(const summing *s, int64_t block, double *p)
{
    const int32_t n = s->subsets->n, n_low = s->n_low;
    double bias[LOW_BITS], range = s->range_low;

    for (int32_t i = 0; i < n_low; i++) {
        bias[i] = s->subsets->biases[i];
        for (int32_t a = 0; a < s->n_high; a++)
            bias[i] += (block >> a & 1) != 0 ? s->w[(int64_t)i * n + n_low + a] : 0;
        range += fabs(bias[i]);
    }
    return range <= most_range ? weigh_by_products(s, s->high[block], bias, p)
                               : weigh_by_logarithms(s, s->high[block], bias, p);
}

static void sum_unit(void *arg, int64_t unit, int thread)
{
    summing *s = arg;
    const int64_t begin = unit * s->n_blocks / s->n_units, end = (unit + 1) * s->n_blocks / s->n_units;
    double p[1 << LOW_BITS], *total = s->total + unit * s->n_states, largest = -(double)INFINITY;

    (void)thread;
    for (int64_t block = begin; block < end; block++) {
        double *first = s->first + block * s->n_low, from = weigh(s, block, p), own, factor;
        s->from[block] = from;
        s->sum[block] = sum_of(s->n_states, p);
        own = from + log(s->sum[block]);
        if (!(own <= largest)) {
            factor = exp(largest - own);
            for (int64_t x = 0; x < s->n_states && s->wants_means && block > begin; x++)
                total[x] *= factor;
            largest = own;
        }
        if (!s->wants_means)
            continue;
        factor = exp(from - largest);
        for (int64_t x = 0; x < s->n_states; x++)
            total[x] += factor * p[x];
        for (int32_t i = s->n_low - 1; i >= 0; i--) {
            const int64_t half = (int64_t)1 << i;
            first[i] = sum_of(half, p + half);
            for (int64_t x = 0; x < half; x++)
                p[x] += p[half + x];
        }
    }
    s->largest[unit] = largest;
}

/* All sums count from the same weight, and become probabilities. */
static double normalise(summing *s)
{
    double largest = s->largest[0], z = 0;

    for (int64_t u = 1; u < s->n_units; u++)
        largest = s->largest[u] > largest ? s->largest[u] : largest;
    for (int64_t b = 0; b < s->n_blocks; b++)
        z += s->sum[b] * exp(s->from[b] - largest);
    for (int64_t b = 0; b < s->n_blocks; b++) {
        const double factor = exp(s->from[b] - largest) / z;
        s->sum[b] *= factor;
        for (int32_t i = 0; i < s->n_low; i++)
            s->first[b * s->n_low + i] *= factor;
    }
    for (int64_t u = 0; u < s->n_units; u++) {
        const double factor = exp(s->largest[u] - largest) / z;
        for (int64_t x = 0; x < s->n_states; x++)
            s->total[x] = (u == 0 ? 0 : s->total[x]) + factor * s->total[u * s->n_states + x];
    }
    return largest + log(z);
}

/* <x_i x_a> of a low and a high variable. */
static double mixed_mean(const summing *s, int32_t i, int32_t a)
{
    double sum = 0;

    for (int64_t b = 0; b < s->n_blocks; b++)
        sum += (b >> a & 1) != 0 ? s->first[b * s->n_low + i] : 0;
    return sum;
}

static void collect(const summing *s, double *mean)
{
    const heat_subsets *of = s->subsets;
    const int32_t n_low = s->n_low;

    heat_subsets_raise(n_low, s->total);
    heat_subsets_raise(s->n_high, s->sum);
    for (int64_t e = 0; e < of->n_edges; e++) {
        const int32_t i = of->i[e] < of->j[e] ? of->i[e] : of->j[e], j = of->i[e] + of->j[e] - i;
        mean[e] = j < n_low    ? s->total[(int64_t)1 << i | (int64_t)1 << j]
                  : i >= n_low ? s->sum[(int64_t)1 << (i - n_low) | (int64_t)1 << (j - n_low)]
                               : mixed_mean(s, i, j - n_low);
    }
    for (int32_t k = 0; k < of->n; k++)
        mean[of->n_edges + k] = k < n_low ? s->total[(int64_t)1 << k] : s->sum[(int64_t)1 << (k - n_low)];
}

heat_status heat_subsets_sum(heat_context *ctx, const heat_subsets *subsets, int64_t threads, double *mean,
                             double *log_z)
{
    summing s;
    heat_status status = open_sum(ctx, subsets, &s);

    *log_z = (double)NAN;
    if (status == HEAT_OK) {
        s.wants_means = mean != NULL;
        fill_tables(&s);
        heat_parallel_whole(s.n_units < UNITS ? 1 : threads, s.n_units, sum_unit, &s);
        *log_z = normalise(&s);
        if (mean != NULL)
            collect(&s, mean);
    }
    close_sum(&s);
    return status;
}
