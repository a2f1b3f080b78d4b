/* The bias of CD-k, exactly: the distribution of the data over visible states is taken through k sweeps,
 * state by state, which is what the transition matrix does to it, and the statistics are averaged under what
 * is left. The update of CD-k is expected to be <phi>_data - <phi>_k, the gradient is <phi>_data -
 * <phi>_model; their difference falls with the matrix's second eigenvalue to the power k. Carreira-Perpinan
 * and Hinton, AISTATS (2005); Bengio and Delalleau, Neural Computation 21 (2009) 1601. */
#include "learn/cd_bias.h"
#include "base/context_private.h"
#include "base/memory.h"

#include <math.h>
#include <string.h>

/* Which state a row is; its first unit is the lowest digit. */
static int64_t index_of(const heat_learner *l, const int8_t *row)
{
    int64_t index = 0;

    for (int32_t i = l->n_visible - 1; i >= 0; i--)
        index = index * l->n_states + (l->coding == HEAT_CODING_SPIN ? row[i] == 1 : row[i]);
    return index;
}

static int64_t count_rows(const heat_learner *l)
{
    int64_t count = 1;

    for (int32_t i = 0; i < l->n_visible; i++)
        count *= l->n_states;
    return count;
}

/* The mean statistics under probabilities of rows. */
static heat_status average(heat_context *ctx, const heat_learner *l, const double *p, double *mean)
{
    int64_t n = count_rows(l);
    int8_t *rows = NULL;
    heat_status status = heat_alloc(ctx, n * l->n_visible, 1, &rows);

    if (status != HEAT_OK)
        return status;
    for (int64_t r = 0; r < n; r++)
        for (int64_t i = 0, left = r; i < l->n_visible; i++, left /= l->n_states) {
            int8_t digit = (int8_t)(left % l->n_states);
            rows[r * l->n_visible + i] = (int8_t)(l->coding == HEAT_CODING_SPIN ? 2 * digit - 1 : digit);
        }
    memset(mean, 0, (size_t)l->n_parameters * sizeof *mean);
    l->kind->add_statistics(l, n, rows, p, mean);
    heat_free(rows);
    return HEAT_OK;
}

heat_status heat_cd_bias_check(heat_context *ctx, const heat_learner *l)
{
    double pairs = l->kind->spread == NULL ? (double)INFINITY : l->kind->count_spread(l);

    if (isinf(pairs))
        return heat_fail_option(ctx, "report_bias", NULL,
                                "the bias is known of an rbm whose units have few values, in both layers");
    if (pairs <= ldexp(1, HEAT_MOST_BIAS_BITS))
        return HEAT_OK;
    return heat_fail(
        ctx, HEAT_ERROR_UNABLE,
        "option --report-bias: the bias is summed over all pairs of states of the two layers, at "
        "most 2^%d, and these are 2^%.3g (--hidden)",
        HEAT_MOST_BIAS_BITS, log2(pairs));
}

/* The distribution of the rows. */
static heat_status begin(heat_context *ctx, const heat_learner *l, const heat_learn_rows *rows, double **p)
{
    heat_status status = heat_cd_bias_check(ctx, l);

    *p = NULL;
    if (status == HEAT_OK)
        status = heat_alloc(ctx, count_rows(l), sizeof **p, p);
    for (int64_t r = 0; r < rows->n && status == HEAT_OK; r++)
        (*p)[index_of(l, heat_row_at(&l->form, rows->states, r))] += rows->weight[r] / (double)rows->n;
    return status;
}

heat_status heat_cd_expect(heat_context *ctx, const heat_learner *l, const heat_learn_rows *rows, int64_t k,
                           double *mean)
{
    double *p;
    heat_status status = begin(ctx, l, rows, &p);

    for (int64_t sweep = 0; sweep < k && status == HEAT_OK; sweep++)
        status = l->kind->spread(ctx, l, p);
    if (status == HEAT_OK)
        status = average(ctx, l, p, mean);
    heat_free(p);
    return status;
}

heat_status heat_cd_update(heat_context *ctx, const heat_learner *l, const heat_learn_rows *rows, int64_t k,
                           double *update)
{
    double *sampled = NULL;
    heat_status status = heat_alloc(ctx, l->n_parameters, sizeof *sampled, &sampled);

    if (status == HEAT_OK)
        status = heat_cd_expect(ctx, l, rows, 0, update);
    if (status == HEAT_OK)
        status = heat_cd_expect(ctx, l, rows, k, sampled);
    for (int64_t a = 0; a < l->n_parameters && status == HEAT_OK; a++)
        update[a] -= sampled[a];
    heat_free(sampled);
    return status;
}

static double product(int64_t n, const double *a, const double *b)
{
    double sum = 0;

    for (int64_t k = 0; k < n; k++)
        sum += a[k] * b[k];
    return sum;
}

/* Of the means in the data, after k sweeps, and in the model; `update` is work space. */
static void compare(int64_t n, const double *data, const double *sampled, const double *model, double *update,
                    heat_cd_bias *b)
{
    double squares = 0, along = 0, steepest = 0;

    for (int64_t a = 0; a < n; a++) {
        double gradient = data[a] - model[a];
        update[a] = data[a] - sampled[a];
        squares += (update[a] - gradient) * (update[a] - gradient);
        along += update[a] * gradient;
        steepest += gradient * gradient;
    }
    b->bias = sqrt(squares);
    b->update = sqrt(product(n, update, update));
    b->gradient = sqrt(steepest);
    b->cosine = along / (b->update * b->gradient);
}

heat_status heat_cd_bias_find(heat_context *ctx, const heat_learner *l, const heat_learn_rows *rows,
                              int64_t threads, heat_cd_bias *biases)
{
    double *p, *means = NULL, *data, *sampled, *model, *update, log_z;
    int64_t n = l->n_parameters, sweep = 0;
    heat_status status = begin(ctx, l, rows, &p);

    if (status == HEAT_OK)
        status = heat_alloc(ctx, 4 * n, sizeof *means, &means);
    if (status != HEAT_OK)
        goto out;
    data = means;
    sampled = data + n;
    model = sampled + n;
    update = model + n;
    status = average(ctx, l, p, data);
    if (status == HEAT_OK)
        status = l->kind->sum_states(ctx, l, threads, model, &log_z);
    for (int k = 0; k < HEAT_CD_BIASES && status == HEAT_OK; k++) {
        biases[k].k = (int64_t)1 << k;
        for (; sweep < biases[k].k && status == HEAT_OK; sweep++)
            status = l->kind->spread(ctx, l, p);
        if (status == HEAT_OK)
            status = average(ctx, l, p, sampled);
        if (status == HEAT_OK)
            compare(n, data, sampled, model, update, &biases[k]);
    }
    if (status == HEAT_OK)
        status = heat_halt_check(ctx, "the bias was found");
out:
    heat_free(p);
    heat_free(means);
    return status;
}
