/* Classification by clamping: with x held, log p(y | x) = w(x, y) - log sum_y' exp w(x, y'), w the log weight
 * of a row with hidden units summed out; of real numbers the sum is an integral. log Z is the same above and
 * below: exact whatever the model. Larochelle and Bengio, ICML (2008). */
#include "score/conditional.h"
#include "base/context_private.h"
#include "base/memory.h"
#include "model/listed.h"
#include "stats/log_sum.h"

#include <math.h>
#include <string.h>

enum { MOST_WAYS = 1 << 16 };

static const char *name_of(const void *data, int32_t i)
{
    return heat_data_get_name(data, i);
}

/* In how many ways they may stand together. */
static heat_status count_ways(heat_context *ctx, const char *list, const heat_row_scale *s, heat_predicted *p)
{
    p->n_ways = 1;
    p->are_numbers = s->has_numbers && s->sums_hidden;
    for (int32_t k = 0; k < p->n && !p->are_numbers; k++) {
        int32_t q = heat_row_scale_count_values(s, p->column[k]);
        if (q == 0)
            return heat_fail(ctx, HEAT_ERROR_UNABLE,
                             "%s: column %d may be any number, and predict tells apart "
                             "a few values",
                             s->info.name, (int)p->column[k] + 1);
        p->n_ways *= q;
        if (p->n_ways > MOST_WAYS)
            return heat_fail(ctx, HEAT_ERROR_UNABLE, "%s: columns %.80s can be more than %d ways",
                             s->info.name, list, (int)MOST_WAYS);
    }
    if (p->n == s->n_visible)
        return heat_fail_option(ctx, "predict", list, "no column is left to predict them from");
    return HEAT_OK;
}

heat_status heat_predicted_parse(heat_context *ctx, const char *list, const heat_data *data,
                                 const heat_row_scale *s, heat_predicted *p)
{
    const heat_listed columns = {"predict", "column", s->n_visible, 1, name_of, data};
    bool *is_predicted = NULL;
    heat_status status = heat_alloc(ctx, s->n_visible, sizeof *is_predicted, &is_predicted);

    *p = (heat_predicted){.n = 0};
    if (status == HEAT_OK)
        status = heat_alloc(ctx, s->n_visible, sizeof *p->column, &p->column);
    if (status == HEAT_OK)
        status = heat_listed_mark(ctx, &columns, list, is_predicted);
    for (int32_t i = 0; i < s->n_visible && status == HEAT_OK; i++)
        if (is_predicted[i])
            p->column[p->n++] = i;
    if (status == HEAT_OK)
        status = count_ways(ctx, list, s, p);
    heat_free(is_predicted);
    if (status != HEAT_OK)
        heat_predicted_clear(p);
    return status;
}

void heat_predicted_clear(heat_predicted *p)
{
    heat_free(p->column);
    *p = (heat_predicted){.n = 0};
}

/* Way number `way` into a row; the first column is the lowest digit. */
static void write_way(const heat_predicted *p, const heat_row_scale *s, int64_t way, double *row)
{
    for (int32_t k = 0; k < p->n; k++) {
        int32_t q = heat_row_scale_count_values(s, p->column[k]);
        row[p->column[k]] = heat_row_scale_get_value(s, (int32_t)(way % q));
        way /= q;
    }
}

/* One row: `rows` has room for all ways of it, the first of which holds the row itself. */
static heat_status weigh_row(heat_context *ctx, const heat_predicted *p, const heat_row_scale *s,
                             double *rows, double *weights, double *log_likelihood, double *values)
{
    int64_t n = s->n_visible, best = 0;
    double own;
    heat_status status = heat_row_scale_weigh(ctx, s, 1, rows, &own);

    for (int64_t way = 1; way < p->n_ways; way++)
        memcpy(rows + way * n, rows, (size_t)n * sizeof *rows);
    for (int64_t way = 0; way < p->n_ways; way++)
        write_way(p, s, way, rows + way * n);
    if (status == HEAT_OK)
        status = heat_row_scale_weigh(ctx, s, p->n_ways, rows, weights);
    if (status != HEAT_OK)
        return status;
    *log_likelihood = own - heat_log_sum_exp(p->n_ways, weights);
    for (int64_t way = 1; way < p->n_ways; way++)
        best = weights[way] > weights[best] ? way : best;
    for (int32_t k = 0; k < p->n; k++)
        values[k] = rows[best * n + p->column[k]];
    return HEAT_OK;
}

/* The same of real numbers. */
static heat_status integrate_row(heat_context *ctx, const heat_predicted *p, const heat_row_scale *s,
                                 double *row, double *log_likelihood, double *means)
{
    double own, all;
    heat_status status = heat_row_scale_weigh(ctx, s, 1, row, &own);

    for (int32_t k = 0; k < p->n; k++)
        row[p->column[k]] = (double)NAN;
    if (status == HEAT_OK)
        status = heat_row_scale_integrate(ctx, s, row, &all, means);
    if (status == HEAT_OK)
        *log_likelihood = own - all;
    return status;
}

heat_status heat_predicted_weigh(heat_context *ctx, const heat_predicted *p, const heat_row_scale *s,
                                 const heat_data *data, double *log_likelihood, double *values)
{
    heat_data_info info;
    float *scratch = NULL;
    double *rows = NULL, *weights = NULL;
    heat_status status = heat_alloc_unset(ctx, s->n_visible, sizeof *scratch, &scratch);

    heat_data_describe(data, &info);
    if (status == HEAT_OK && info.n_missing > 0)
        status =
            heat_fail(ctx, HEAT_ERROR_UNDEFINED, "%s: %lld values are missing, and predict needs whole rows",
                      info.name, (long long)info.n_missing);
    if (status == HEAT_OK)
        status = heat_alloc_unset(ctx, p->n_ways * s->n_visible, sizeof *rows, &rows);
    if (status == HEAT_OK)
        status = heat_alloc_unset(ctx, p->n_ways, sizeof *weights, &weights);
    for (int64_t r = 0; r < info.n_rows && status == HEAT_OK && !heat_halted(ctx); r++) {
        heat_row_scale_read(s, data, r, 1, scratch, rows);
        status = p->are_numbers ? integrate_row(ctx, p, s, rows, &log_likelihood[r], values + r * p->n)
                                : weigh_row(ctx, p, s, rows, weights, &log_likelihood[r], values + r * p->n);
    }
    heat_free(scratch);
    heat_free(rows);
    heat_free(weights);
    return status == HEAT_OK ? heat_halt_check(ctx, "all rows were predicted") : status;
}
