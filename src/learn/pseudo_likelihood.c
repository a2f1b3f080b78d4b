/* The log-pseudo-likelihood of a row is sum_i log p(v_i | others). With w the log weight of a row, hidden
 * units summed out, and v^a the row with value a in place of v_i,
 *
 *     sum_i log p(v_i | others) = w(v) - A(v),   A(v) = sum_i log sum_a exp w(v^a) - (n - 1) w(v),
 *
 * so A stands where log Z does, and its gradient, sum_i <phi(v^a)> - (n - 1) phi(v), where the mean over the
 * model does: to a trainer it is one more negative phase. Of real numbers the sums over a are integrals,
 * which the kind knows. Its maximum goes to the true parameters as rows grow many, and without hidden units
 * it has no other. Besag, The Statistician 24 (1975) 179. */
#include "learn/pseudo_likelihood.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "random/stream.h"
#include "stats/log_sum.h"
#include "stats/weighted_mean.h"

#include <math.h>
#include <string.h>

enum { ROWS_A_BLOCK = 32, SAMPLED_SITES = 16 };

/* Rows that differ from a block's in one variable, [row][site][value]. */
typedef struct variants {
    int64_t sites;
    int32_t *site;  /* [n_visible]: a permutation, its first `sites` are drawn */
    int8_t *rows;   /* [ROWS_A_BLOCK * sites * n_states][n_visible] */
    double *weight; /* likewise: log weights, then weights */
    double own[ROWS_A_BLOCK];
} variants;

static heat_status open_variants(heat_context *ctx, const heat_learner *l, int64_t sites, variants *v)
{
    int64_t count = ROWS_A_BLOCK * sites * l->n_states;
    heat_status status = heat_alloc(ctx, l->n_visible, sizeof *v->site, &v->site);

    v->sites = sites;
    if (status == HEAT_OK)
        status = heat_alloc_unset(ctx, count * l->n_visible, 1, &v->rows);
    if (status == HEAT_OK)
        status = heat_alloc_unset(ctx, count, sizeof *v->weight, &v->weight);
    for (int32_t i = 0; i < l->n_visible && status == HEAT_OK; i++)
        v->site[i] = i;
    return status;
}

static void close_variants(variants *v)
{
    heat_free(v->site);
    heat_free(v->rows);
    heat_free(v->weight);
}

/* The first `count` of a permutation. */
static void draw_sites(int32_t *sites, int64_t count, int32_t n, heat_stream *stream)
{
    for (int64_t k = 0; k < count && count < n; k++) {
        int64_t other = k + (int64_t)heat_stream_below(stream, (uint64_t)(n - k));
        int32_t site = sites[k];
        sites[k] = sites[other];
        sites[other] = site;
    }
}

static void write_variants(const heat_learner *l, variants *v, int64_t r, const int8_t *row)
{
    int8_t *to = v->rows + r * v->sites * l->n_states * l->n_visible;

    for (int64_t s = 0; s < v->sites; s++)
        for (int32_t a = 0; a < l->n_states; a++, to += l->n_visible) {
            memcpy(to, row, (size_t)l->n_visible);
            to[v->site[s]] = (int8_t)(l->coding == HEAT_CODING_SPIN ? 2 * a - 1 : a);
        }
}

/* Log weights of a row's variants become its weight times p(a | others); returns the row's value. */
static double weigh(const heat_learner *l, variants *v, int64_t r, double weight)
{
    const double part = (double)l->n_visible / (double)v->sites;
    const int32_t q = l->n_states;
    double *w = v->weight + r * v->sites * q, value = 0;

    for (int64_t s = 0; s < v->sites; s++, w += q) {
        double sum = heat_log_sum_exp(q, w);
        value += part * (v->own[r] - sum);
        for (int32_t a = 0; a < q; a++)
            w[a] = weight * part * exp(w[a] - sum);
    }
    return value;
}

static void find_block(const heat_learner *l, variants *v, int64_t n_rows, const int8_t *rows,
                       const double *weight, heat_stream *stream, double *value, double *sum)
{
    int64_t count = n_rows * v->sites * l->n_states;

    for (int64_t r = 0; r < n_rows; r++) {
        draw_sites(v->site, v->sites, l->n_visible, stream);
        write_variants(l, v, r, rows + r * l->n_visible);
    }
    l->kind->log_weights(l, n_rows, rows, v->own);
    l->kind->log_weights(l, count, v->rows, v->weight);
    for (int64_t r = 0; r < n_rows; r++) {
        double w = weight == NULL ? 1 : weight[r], of_row = weigh(l, v, r, w);
        if (value != NULL)
            value[r] = of_row;
        v->own[r] = -w * l->n_visible;
    }
    if (sum == NULL)
        return;
    l->kind->add_statistics(l, count, v->rows, v->weight, sum);
    l->kind->add_statistics(l, n_rows, rows, v->own, sum);
}

/* Rows of real numbers, one by one. */
static heat_status find_real(heat_context *ctx, const heat_learner *l, int64_t n_rows, const void *rows,
                             const double *weight, int64_t sites, heat_stream *stream, double *value,
                             double *sum)
{
    int32_t *site = NULL;
    heat_status status = heat_alloc(ctx, l->n_visible, sizeof *site, &site);

    sites = sites < l->n_visible ? sites : l->n_visible;
    for (int32_t i = 0; i < l->n_visible && status == HEAT_OK; i++)
        site[i] = i;
    for (int64_t r = 0; r < n_rows && status == HEAT_OK; r++) {
        draw_sites(site, sites, l->n_visible, stream);
        status = l->kind->add_sites(ctx, l, heat_row_at(&l->form, rows, r), sites, site,
                                    weight == NULL ? 1 : weight[r], value == NULL ? NULL : value + r, sum);
        if (status == HEAT_OK)
            status = heat_halt_check(ctx, "the conditional means were found");
    }
    heat_free(site);
    return status;
}

heat_status heat_pseudo_find(heat_context *ctx, const heat_learner *l, int64_t n_rows, const void *states,
                             const double *weight, int64_t sites, heat_stream *stream, double *value,
                             double *sum)
{
    const int8_t *rows = states;
    variants v = {0};
    heat_status status;

    if (heat_row_is_real(&l->form))
        return find_real(ctx, l, n_rows, states, weight, sites, stream, value, sum);
    if (sites >= l->n_visible && l->kind->add_conditionals != NULL) {
        l->kind->add_conditionals(l, n_rows, rows, weight, value, sum);
        return HEAT_OK;
    }
    status = open_variants(ctx, l, sites < l->n_visible ? sites : l->n_visible, &v);
    for (int64_t first = 0; first < n_rows && status == HEAT_OK; first += ROWS_A_BLOCK) {
        int64_t count = n_rows - first < ROWS_A_BLOCK ? n_rows - first : ROWS_A_BLOCK;
        find_block(l, &v, count, rows + first * l->n_visible, weight == NULL ? NULL : weight + first, stream,
                   value == NULL ? NULL : value + first, sum);
        status = heat_halt_check(ctx, "the conditional means were found");
    }
    close_variants(&v);
    return status;
}

heat_status heat_pseudo_likelihood(heat_context *ctx, const heat_learner *l, const heat_learn_rows *rows,
                                   heat_likelihood *likelihood)
{
    double *value;
    heat_status status = heat_alloc(ctx, rows->n, sizeof *value, &value);

    if (status == HEAT_OK)
        status = heat_pseudo_find(ctx, l, rows->n, rows->states, NULL, l->n_visible, NULL, value, NULL);
    if (status == HEAT_OK)
        heat_weighted_mean(rows->n, value, rows->weight, &likelihood->mean, &likelihood->error);
    heat_free(value);
    return status;
}

/* The mean that a gradient takes off the statistics of rows. */
static heat_status find_mean(heat_context *ctx, const heat_learner *l, int64_t n_rows, const void *rows,
                             const double *weight, int64_t sites, heat_stream *stream, double *value,
                             double *mean)
{
    heat_status status;

    memset(mean, 0, (size_t)l->n_parameters * sizeof *mean);
    l->kind->add_statistics(l, n_rows, rows, weight, mean);
    status = heat_pseudo_find(ctx, l, n_rows, rows, weight, sites, stream, value, mean);
    for (int64_t a = 0; a < l->n_parameters; a++)
        mean[a] /= (double)n_rows;
    return status;
}

static heat_status run(heat_context *ctx, heat_negative *negative, const heat_learner *l, int64_t n_rows,
                       const void *rows, const double *weight, double *mean)
{
    double *values = NULL, *log_weight;
    heat_status status = heat_alloc(ctx, 2 * n_rows, sizeof *values, &values);

    if (status != HEAT_OK)
        return status;
    log_weight = values + n_rows;
    status = find_mean(ctx, l, n_rows, rows, weight, l->n_visible, NULL, values, mean);
    l->kind->log_weights(l, n_rows, rows, log_weight);
    negative->log_z = 0;
    for (int64_t r = 0; r < n_rows; r++)
        negative->log_z += (weight == NULL ? 1 : weight[r]) * (log_weight[r] - values[r]) / (double)n_rows;
    heat_free(values);
    return status;
}

static heat_status run_sampled(heat_context *ctx, heat_negative *negative, const heat_learner *l,
                               int64_t n_rows, const void *rows, const double *weight, double *mean)
{
    heat_stream stream;

    heat_stream_init(&stream, negative->seed, HEAT_PURPOSE_SWEEP, (uint64_t)negative->n_updates++ << 32);
    return find_mean(ctx, l, n_rows, rows, weight, SAMPLED_SITES, &stream, NULL, mean);
}

const heat_negative_kind heat_negative_pseudo = {
    .name = "pseudo-likelihood", .is_exact = true, .is_proxy = true, .run = run};
const heat_negative_kind heat_negative_pseudo_sampled = {
    .name = "sampled pseudo-likelihood", .is_proxy = true, .run = run_sampled};
