/* States are subsets, those of the variables that are 1. Log weights are built by doubling: with variable i
 * added to every subset of those before it, L(x + i) = L(x) + D_i(x),   D_i(x) = b_i + sum_(j in x) w_ij, and
 * D_i by doubling likewise. The sum over supersets (Yates, The Design and Analysis of Factorial Experiments
 * (1937)) makes of probabilities p(x) the means of all products of variables at once. */
#include "learn/subset_sums.h"
#include "base/memory.h"
#include "kernel/elementary.h"

#include <math.h>
#include <string.h>

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

/* Log weights become probabilities. */
static double normalise(int64_t size, double *p)
{
    double largest = p[0], sum = 0;

    for (int64_t x = 1; x < size; x++)
        largest = p[x] > largest ? p[x] : largest;
    for (int64_t x = 0; x < size; x++) {
        p[x] = heat_exp_negative(p[x] - largest);
        sum += p[x];
    }
    for (int64_t x = 0; x < size; x++)
        p[x] /= sum;
    return largest + log(sum);
}

void heat_subsets_raise(int32_t n, double *p)
{
    int64_t size = (int64_t)1 << n;

    for (int64_t step = 1; step < size; step *= 2)
        for (int64_t block = 0; block < size; block += 2 * step)
            for (int64_t x = block; x < block + step; x++)
                p[x] += p[x + step];
}

heat_status heat_subsets_open(heat_context *ctx, int32_t n, int64_t n_edges, const int32_t *i,
                              const int32_t *j, heat_subsets *s)
{
    int64_t size = (int64_t)1 << n;
    heat_status status;

    *s = (heat_subsets){.n = n, .n_edges = n_edges, .i = i, .j = j};
    status = heat_alloc(ctx, (int64_t)n * n, sizeof *s->w, &s->w);
    if (status == HEAT_OK)
        status = heat_alloc_unset(ctx, size, sizeof *s->p, &s->p);
    if (status == HEAT_OK)
        status = heat_alloc_unset(ctx, size / 2 + 1, sizeof *s->field, &s->field);
    return status;
}

void heat_subsets_close(heat_subsets *s)
{
    heat_free(s->w);
    heat_free(s->p);
    heat_free(s->field);
    *s = (heat_subsets){0};
}

double heat_subsets_sum(heat_subsets *s, const double *weights, const double *biases)
{
    for (int64_t e = 0; e < s->n_edges; e++)
        s->w[s->i[e] * s->n + s->j[e]] = s->w[s->j[e] * s->n + s->i[e]] = weights[e];
    heat_subsets_fill(s->n, s->w, biases, s->field, s->p);
    return normalise((int64_t)1 << s->n, s->p);
}

void heat_subsets_mean(heat_subsets *s, double *mean)
{
    heat_subsets_raise(s->n, s->p);
    for (int64_t e = 0; e < s->n_edges; e++)
        mean[e] = s->p[(int64_t)1 << s->i[e] | (int64_t)1 << s->j[e]];
    for (int32_t k = 0; k < s->n; k++)
        mean[s->n_edges + k] = s->p[(int64_t)1 << k];
}
