/* Rows that lack values. The others are clamped: the likelihood of a row is that of what is there, and the
 * positive phase a mean over what may stand in the gaps,
 *
 *     w(v) = log sum_c w(v^c),   <phi> = sum_c p_c phi(v^c),   p_c = w(v^c) / w(v),
 *
 * c all ways to fill them in. Where there are too many of these, the row is one state of a chain that goes
 * on: its gaps are drawn one by one given all else, hidden units summed out, once before each use (Younes,
 * Probab. Theory Relat. Fields 82 (1989) 625). The negative phase knows nothing of gaps. Of real numbers the
 * sum is an integral, which the kind knows where it is affordable, and a chain's step draws hidden units and
 * then all gaps at once. Hidden units that cannot be summed out are gaps that every row has, behind its
 * values. Ghahramani and Jordan, NIPS 6 (1994). */
#include "base/context_private.h"
#include "base/memory.h"
#include "learn/learn_rows.h"
#include "stats/log_sum.h"

#include <math.h>
#include <string.h>

enum { MOST_WAYS = 4096, SWEEPS = 5, FRESH_SWEEPS = 25 };

static int64_t count_ways(const heat_learner *l, const int8_t *gaps)
{
    int64_t ways = 1;

    for (int32_t i = 0; i < l->n_visible && ways <= MOST_WAYS; i++)
        ways *= gaps[i] ? l->n_states : 1;
    return ways;
}

static const int8_t *gaps_of(const heat_learner *l, const heat_learn_rows *rows, int64_t r)
{
    return rows->missing + r * l->n_visible;
}

static bool has_gaps(const heat_learner *l, const heat_learn_rows *rows, int64_t r)
{
    return memchr(gaps_of(l, rows, r), 1, (size_t)l->n_visible) != NULL;
}

static bool is_real(const heat_learner *l)
{
    return heat_row_is_real(&l->form);
}

/* More than can be summed over. */
static bool is_sampled(const heat_learner *l, const heat_learn_rows *rows, int64_t r)
{
    if (is_real(l))
        return has_gaps(l, rows, r) && !l->kind->integrates(l, gaps_of(l, rows, r));
    return l->n_drawn > 0 || count_ways(l, gaps_of(l, rows, r)) > MOST_WAYS;
}

/* Rows with room behind for hidden units, which `fill` has the values of, NULL: ones. */
static heat_status widen(heat_context *ctx, const heat_learner *l, int64_t n_rows, heat_stream *stream,
                         void **rows)
{
    const int64_t width = l->n_visible, told = width - l->n_drawn;
    int8_t *wide, *narrow = *rows;
    heat_status status = heat_alloc_unset(ctx, n_rows * width, 1, &wide);

    if (status != HEAT_OK)
        return status;
    for (int64_t r = 0; r < n_rows; r++) {
        memcpy(wide + r * width, narrow + r * told, (size_t)told);
        for (int64_t i = told; i < width; i++)
            wide[r * width + i] = stream == NULL ? 1 : (int8_t)(heat_stream_bits(stream) & 1);
    }
    heat_free(narrow);
    *rows = wide;
    return HEAT_OK;
}

static heat_status make_room(heat_context *ctx, const heat_learner *l, uint64_t seed, heat_learn_rows *rows)
{
    void *missing = rows->missing;
    heat_stream stream;
    heat_status status;

    heat_stream_init(&stream, seed, HEAT_PURPOSE_GAPS, UINT64_MAX);
    status = widen(ctx, l, rows->n, &stream, &rows->states);
    if (status == HEAT_OK && missing != NULL)
        status = widen(ctx, l, rows->n, NULL, &missing);
    rows->missing = missing;
    rows->n_sampled = rows->n;
    rows->goes_on = true;
    return status;
}

heat_status heat_learn_rows_prepare(heat_context *ctx, const heat_learner *l, const heat_data *data,
                                    uint64_t seed, heat_learn_rows *rows)
{
    heat_data_info info;
    heat_status status;

    if (l->n_drawn > 0)
        return make_room(ctx, l, seed, rows);
    if (rows->missing == NULL)
        return HEAT_OK;
    heat_data_describe(data, &info);
    for (int64_t r = 0; r < rows->n; r++)
        rows->n_sampled += is_sampled(l, rows, r);
    rows->goes_on = rows->n_sampled > 0 || is_real(l);
    if (rows->n_sampled > 0 && is_real(l))
        heat_log(ctx, HEAT_LOG_NOTE,
                 "%s: %lld rows lack more values than can be integrated over with these hidden units: these "
                 "are drawn, and likelihoods leave the rows out",
                 info.name, (long long)rows->n_sampled);
    else if (rows->n_sampled > 0)
        heat_log(
            ctx, HEAT_LOG_NOTE,
            "%s: %lld rows lack more values than can be summed over (%d ways to fill them in): these are "
            "drawn, and likelihoods leave the rows out",
            info.name, (long long)rows->n_sampled, MOST_WAYS);
    if (is_real(l))
        return HEAT_OK;
    status = heat_rows_alloc(ctx, &l->form, MOST_WAYS, &rows->filled);
    return status == HEAT_OK ? heat_alloc(ctx, MOST_WAYS, sizeof *rows->share, &rows->share) : status;
}

/* Value a of a variable, as a row holds it. */
static int8_t value_of(const heat_learner *l, int32_t a)
{
    return (int8_t)(l->coding == HEAT_CODING_SPIN ? 2 * a - 1 : a);
}

/* Writes all ways to fill in row r, with their shares of its weight; returns the log of that. */
static double fill(const heat_learner *l, const heat_learn_rows *rows, int64_t r, int64_t *ways)
{
    const int8_t *gaps = rows->missing + r * l->n_visible;
    double sum;

    *ways = 1;
    heat_rows_copy(&l->form, 1, heat_row_at(&l->form, rows->states, r), rows->filled);
    for (int32_t i = 0; i < l->n_visible; i++) {
        if (!gaps[i])
            continue;
        for (int32_t a = 0; a < l->n_states; a++)
            for (int64_t c = 0; c < *ways; c++) {
                int8_t *to = rows->filled + (a * *ways + c) * l->n_visible;
                memcpy(to, rows->filled + c * l->n_visible, (size_t)l->n_visible);
                to[i] = value_of(l, a);
            }
        *ways *= l->n_states;
    }
    l->kind->log_weights(l, *ways, rows->filled, rows->share);
    sum = heat_log_sum_exp(*ways, rows->share);
    for (int64_t c = 0; c < *ways; c++)
        rows->share[c] = exp(rows->share[c] - sum);
    return sum;
}

static heat_status add_row(heat_context *ctx, const heat_learner *l, const heat_learn_rows *rows, int64_t r,
                           double *sum)
{
    const void *row = heat_row_at(&l->form, rows->states, r);
    int64_t ways;

    if (is_sampled(l, rows, r) || (is_real(l) && !has_gaps(l, rows, r))) {
        l->kind->add_statistics(l, 1, row, rows->weight + r, sum);
        return HEAT_OK;
    }
    if (is_real(l))
        return l->kind->integrate(ctx, l, row, gaps_of(l, rows, r), rows->weight[r], sum, NULL);
    fill(l, rows, r, &ways);
    for (int64_t c = 0; c < ways; c++)
        rows->share[c] *= rows->weight[r];
    l->kind->add_statistics(l, ways, rows->filled, rows->share, sum);
    return HEAT_OK;
}

heat_status heat_learn_rows_add_statistics(heat_context *ctx, const heat_learner *l,
                                           const heat_learn_rows *rows, double *sum)
{
    const bool are_whole = rows->missing == NULL || l->n_drawn > 0;
    heat_status status = HEAT_OK;

    if (are_whole)
        l->kind->add_statistics(l, rows->n, rows->states, rows->weight, sum);
    for (int64_t r = 0; r < rows->n && !are_whole && status == HEAT_OK; r++)
        status = add_row(ctx, l, rows, r, sum);
    return status;
}

heat_status heat_learn_rows_log_weights(heat_context *ctx, const heat_learner *l, const heat_learn_rows *rows,
                                        double *out)
{
    heat_status status = HEAT_OK;

    l->kind->log_weights(l, rows->n, rows->states, out);
    for (int64_t r = 0; r < rows->n && rows->missing != NULL && status == HEAT_OK; r++) {
        int64_t ways;
        if (is_sampled(l, rows, r))
            out[r] = (double)NAN;
        else if (has_gaps(l, rows, r) && is_real(l))
            status = l->kind->integrate(ctx, l, heat_row_at(&l->form, rows->states, r), gaps_of(l, rows, r),
                                        1, NULL, &out[r]);
        else if (has_gaps(l, rows, r))
            out[r] = fill(l, rows, r, &ways);
    }
    return status;
}

static void draw_gaps(const heat_learner *l, heat_stream *stream, heat_learn_rows *rows, int64_t r)
{
    l->kind->draw_gaps(l, stream, gaps_of(l, rows, r), heat_row_edit(&l->form, rows->states, r));
}

void heat_learn_rows_fill(const heat_learner *l, heat_stream *stream, heat_learn_rows *rows)
{
    for (int64_t r = 0; r < rows->n && rows->missing != NULL; r++) {
        double u = heat_stream_uniform(stream);
        int64_t ways, c = 0;
        if (!has_gaps(l, rows, r) || is_sampled(l, rows, r))
            continue;
        if (is_real(l)) {
            draw_gaps(l, stream, rows, r);
            continue;
        }
        fill(l, rows, r, &ways);
        while (c < ways - 1 && !((u -= rows->share[c]) < 0))
            c++;
        heat_rows_copy(&l->form, 1, rows->filled + c * l->n_visible,
                       heat_row_edit(&l->form, rows->states, r));
    }
}

/* One value given all others, by the heat bath. */
static int32_t draw_value(const heat_learner *l, const heat_learn_rows *rows, const int8_t *row, int32_t i,
                          double u)
{
    int32_t a = 0;
    double sum;

    for (int32_t b = 0; b < l->n_states; b++) {
        int8_t *candidate = rows->filled + b * l->n_visible;
        memcpy(candidate, row, (size_t)l->n_visible);
        candidate[i] = value_of(l, b);
    }
    l->kind->log_weights(l, l->n_states, rows->filled, rows->share);
    sum = heat_log_sum_exp(l->n_states, rows->share);
    while (a < l->n_states - 1 && !((u -= exp(rows->share[a] - sum)) < 0))
        a++;
    return a;
}

heat_status heat_learn_rows_sweep(heat_context *ctx, const heat_negative *negative, const heat_learner *l,
                                  bool fresh, heat_learn_rows *rows)
{
    heat_stream stream;

    if (l->n_drawn > 0)
        return l->kind->refresh(ctx, negative, fresh ? FRESH_SWEEPS : SWEEPS, l, rows->n, rows->states,
                                rows->missing);
    if (rows->missing == NULL)
        return HEAT_OK;
    heat_stream_init(&stream, negative->seed, HEAT_PURPOSE_GAPS, (uint64_t)negative->n_updates);
    for (int64_t r = 0; r < rows->n; r++) {
        const int8_t *gaps = rows->missing + r * l->n_visible;
        int8_t *row = heat_row_edit(&l->form, rows->states, r);
        if (!is_sampled(l, rows, r))
            continue;
        if (is_real(l)) {
            draw_gaps(l, &stream, rows, r);
            continue;
        }
        for (int32_t i = 0; i < l->n_visible; i++)
            if (gaps[i])
                row[i] = value_of(l, draw_value(l, rows, row, i, heat_stream_uniform(&stream)));
    }
    return HEAT_OK;
}
